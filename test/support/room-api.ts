import { type Api, type ApiOptions, createApi } from '../../gateway/api/app.js';
import { IdempotencyKeys, type IdempotencyLimits } from '../../gateway/api/idempotency.js';
import { type RoomReaderLimits, RoomReaders } from '../../gateway/api/room-readers.js';
import { addRoomRoutes } from '../../gateway/api/rooms.js';
import { Attention } from '../../gateway/events/attention.js';
import { nobody } from '../../scripts/nobody.js';
import { FakeRooms } from './fake-rooms.js';
import { ManualClock } from './manual-clock.js';

export interface RoomApiBench {
  readonly api: Api;
  readonly clock: ManualClock;
  readonly rooms: FakeRooms;
  readonly keys: IdempotencyKeys;
  readonly readers: RoomReaders;
  readonly attention: Attention;
  /** How many connections were ended without ceremony. */
  dropped: number;
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Status and body; a body that is no JSON as text. */
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<[number, unknown]>;
}

export interface RoomApiSetup {
  readonly options?: Partial<ApiOptions>;
  readonly keys?: Partial<IdempotencyLimits>;
  readonly readers?: Partial<RoomReaderLimits>;
  readonly remoteAddress?: string;
  /** Events that a room keeps. */
  readonly events?: number;
}

/** The routes of rooms over rooms without sound. */
export function roomApi(setup: RoomApiSetup = {}): RoomApiBench {
  const clock = new ManualClock();
  const rooms = new FakeRooms(clock, setup.events);
  const keys = new IdempotencyKeys(clock, setup.keys);
  const readers = new RoomReaders(clock, setup.readers);
  const attention = new Attention(clock, rooms);
  const options = {
    apiSecret: null,
    apiAllow: [],
    errorFormat: 'envelope',
    corsOrigin: null,
    ...setup.options,
  } as const;
  const parts = [(app: Api) => addRoomRoutes(app, { commands: rooms, keys, readers, attention })];
  const api = createApi(nobody, options, null, parts);
  const from = {
    remoteAddress: setup.remoteAddress ?? '127.0.0.1',
    localAddress: setup.remoteAddress === undefined ? '127.0.0.1' : '192.0.2.1',
    drop: () => {
      bench.dropped += 1;
    },
  };
  const request: RoomApiBench['request'] = async (method, path, body, headers = {}) => {
    const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const init = { method, headers: { host: 'localhost:8002', ...type, ...headers } };
    return api.request(path, body === undefined ? init : { ...init, body: text }, from);
  };
  const bench: RoomApiBench = {
    ...{ api, clock, rooms, keys, readers, attention, dropped: 0, request },
    ask: async (...args) => {
      const response = await request(...args);
      const text = await response.text();
      return [response.status, /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text];
    },
  };
  return bench;
}
