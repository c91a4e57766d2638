import type { Clock } from '../../base/clock.js';
import type { RoomId } from '../../base/ids.js';
import type { WebSocketEntrance } from '../../base/web-socket.js';
import { Attention } from '../events/attention.js';
import { tellOfRooms } from '../events/room-hooks.js';
import type { HookClient } from '../hooks/client.js';
import type { RoomCommands } from '../rooms/commands.js';
import type { ApiPart } from './app.js';
import type { ApiAuthOptions } from './auth.js';
import { EventDoor } from './event-door.js';
import { IdempotencyKeys } from './idempotency.js';
import { RoomReaders } from './room-readers.js';
import { addRoomRoutes } from './rooms.js';

export interface RoomApiOptions {
  readonly clock: Clock;
  readonly commands: RoomCommands;
  readonly hooks: Pick<HookClient, 'room'>;
  /** `room_events`. */
  readonly roomEvents: 'on' | 'off';
  /** Where the handshakes of EVENTS_PATHS arrive; undefined: events are not read over WebSocket. */
  readonly entrance: WebSocketEntrance | undefined;
  /** Who may read them there. */
  readonly access: ApiAuthOptions;
}

/** The API of rooms and the readers of their events, put together. */
export interface RoomApiParts {
  readonly addRoutes: ApiPart;
  /** For the routes of sounds, recordings and streams that create. */
  readonly keys: IdempotencyKeys;
  counters(): Readonly<Record<string, number>>;
  /** Lets readers in over WebSocket. */
  start(): void;
  /** Ends who reads; before the HTTP listeners are closed, which wait for them. May be called twice. */
  close(): void;
}

export function createRoomApi(options: RoomApiOptions): RoomApiParts {
  const { clock, commands, hooks, roomEvents, entrance, access } = options;
  const keys = new IdempotencyKeys(clock);
  const attention = new Attention(clock, commands);
  const readers = new RoomReaders(clock);
  if (roomEvents === 'on') tellOfRooms(commands.events, hooks, attention);
  commands.events.follow(({ type, room_id }) => {
    if (type === 'room_ended') attention.end(room_id as RoomId);
  });
  const api = { commands, keys, readers, attention };
  const door = new EventDoor(api, access);
  return {
    addRoutes: (app) => addRoomRoutes(app, api),
    keys,
    counters: () => ({ ...keys.counters(), ...readers.counters(), ...door.counters }),
    start: () => entrance?.admit(door),
    close: () => {
      entrance?.admit(null);
      readers.close();
      keys.close();
      attention.close();
    },
  };
}
