import type { HookClient } from '../hooks/client.js';
import type { RoomEventSource } from '../rooms/log.js';

/**
 * `room_events`: posts each event of each room to the application, in order per room (the queue of gateway/hooks/delivery.ts has
 * the limits and retries). Returns what ends that.
 */
export function tellOfRooms(rooms: RoomEventSource, hooks: Pick<HookClient, 'room'>): () => void {
  return rooms.follow((event) => hooks.room(event));
}
