import type { RoomId } from '../../base/ids.js';
import type { HookClient } from '../hooks/client.js';
import type { RoomEventSource } from '../rooms/log.js';
import type { Attention } from './attention.js';

/**
 * `room_events`: posts each event of each room to the application, in order per room (the queue of gateway/hooks/delivery.ts has
 * the limits and retries). Returns what ends that.
 */
export function tellOfRooms(
  rooms: RoomEventSource,
  hooks: Pick<HookClient, 'room'>,
  attention: Pick<Attention, 'hold'>,
): () => void {
  const heard = new Set<string>();
  return rooms.follow((event) => {
    hooks.room(event);
    // Before anybody is in it there is nobody to listen to.
    if (event.type === 'room_ended') heard.delete(event.room_id);
    if (event.type !== 'member_joined' || heard.has(event.room_id)) return;
    heard.add(event.room_id);
    attention.hold(event.room_id as RoomId);
  });
}
