import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { delay } from '../../base/clock.js';
import type { RoomId } from '../../base/ids.js';
import { type RoomEventBody, roomEventPage, type roomLevels } from '../../contract/room-events.js';
import type { Attention } from '../events/attention.js';
import { RoomStream } from '../events/room-stream.js';
import type { RoomCommands } from '../rooms/commands.js';
import type { RoomEvents } from '../rooms/log.js';
import type { Api } from './app.js';
import type { ApiEnv } from './auth.js';
import { ApiRefusal } from './errors.js';
import { problem } from './problem.js';
import type { RoomGrant } from './room-access.js';
import { ofRoom, type RoomApi, roomEvent, tags } from './room-api.js';
import type { RoomReaders } from './room-readers.js';
import { named } from './v1.js';

const count = (most: number) => z.coerce.number().int().min(0).max(most);

const query = z.object({
  after: count(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('The last event that was read; 0 or left out: from the beginning.'),
  started_ms: count(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe(
      'Of the room that `after` belongs to; where another one has begun since, that one is given from its beginning.',
    ),
  limit: z.coerce.number().int().min(1).max(1000).optional().describe('JSON only; 1000.'),
  wait_s: count(60).optional().describe('JSON only: waits so long for something to tell; 0.'),
  levels: z.enum(['0', '1']).optional().describe('Server-sent events only: 1 also sends `levels`, ten times a second.'),
});
type Query = z.output<typeof query>;

const route = createRoute({
  method: 'get',
  path: '/rooms/{room_id}/events',
  operationId: 'readRoomEvents',
  summary: 'What happened in a room: as JSON, or with `Accept: text/event-stream` as it happens.',
  description:
    'Server-sent events have the event as `data`, its type as `event` and an `id` that goes on after a break (`Last-Event-ID`). ' +
    'A room can be read for some minutes after its end; who has read all of it gets 204.',
  tags,
  request: {
    params: ofRoom,
    query,
    headers: z.object({ 'last-event-id': z.string().optional() }),
  },
  responses: {
    200: {
      description: 'Events in order.',
      content: {
        'application/json': { schema: named(roomEventPage.extend({ events: z.array(roomEvent) }), 'RoomEventPage') },
        'text/event-stream': { schema: z.string() },
      },
    },
    204: { description: 'The room is over and all of it was read; server-sent events only.' },
    default: problem,
  },
});

/** GET /rooms/{room_id}/events, in both forms. */
export function addRoomEventRoutes(app: Api, { commands, readers, attention }: RoomApi): void {
  app.openapi(route, async (c) => {
    const { room_id } = c.req.valid('param');
    const asked = c.req.valid('query');
    const isStream = wantsStream(c.req.header('accept'));
    const start = startOf(asked, isStream ? c.req.header('last-event-id') : undefined);
    const log = find(commands, room_id as RoomId, start.startedMs);
    const after = start.startedMs === null || start.startedMs === log.startedMs ? start.after : 0;
    const maySee = visible(c.get('grant'));
    const reading = { c, log, after, asked, readers, maySee };
    if (!isStream) attention.touch(log.roomId);
    if (!isStream) return c.json(await page(reading), 200);
    if (log.isOver && after >= log.lastSeq) return c.body(null, 204);
    // What is sent has no schema that openapi.yaml could hold a stream to.
    if (isHead(c)) return c.body(null, 200, streamHeaders) as never;
    return openStream(reading, commands, attention) as never;
  });
}

interface Reading {
  readonly c: Context<ApiEnv>;
  readonly log: RoomEvents;
  readonly after: number;
  readonly asked: Query;
  readonly readers: RoomReaders;
  readonly maySee: ((event: RoomEventBody) => boolean) | null;
}

async function page({ c, log, after, asked, readers, maySee }: Reading): Promise<z.output<typeof roomEventPage>> {
  const limit = asked.limit ?? 1000;
  if (after >= log.lastSeq && !log.isOver && (asked.wait_s ?? 0) > 0) {
    await somethingNew(readers, log, (asked.wait_s ?? 0) * 1000, c.req.raw.signal);
  }
  const { events, missed } = log.after(after, limit);
  return {
    room_id: log.roomId,
    started_ms: log.startedMs,
    last_seq: log.lastSeq,
    missed,
    next_after: events.at(-1)?.seq ?? Math.min(after, log.lastSeq),
    is_over: log.isOver,
    events: maySee === null ? [...events] : events.filter(maySee),
  };
}

/** Resolves with the next event, after `waitMs`, or when the client or the gateway goes. */
async function somethingNew(readers: RoomReaders, log: RoomEvents, waitMs: number, gone: AbortSignal): Promise<void> {
  const done = new AbortController();
  const stop = (): void => done.abort();
  const left = readers.enter(stop);
  const unwatch = log.watch(stop);
  gone.addEventListener('abort', stop, { once: true });
  await delay(readers.clock, waitMs, done.signal).catch(() => undefined);
  gone.removeEventListener('abort', stop);
  unwatch();
  left();
}

function openStream(
  { c, log, after, asked, readers, maySee }: Reading,
  commands: RoomCommands,
  attention: Attention,
): Response {
  const { clock, limits } = readers;
  const left = readers.enter(() => stream.close());
  const unheard = attention.hold(log.roomId);
  const stream: RoomStream = new RoomStream({
    clock,
    log,
    after,
    maySee,
    watchLevels: asked.levels === '1' ? levelsOf(commands, log.roomId) : null,
    ...{ heartbeatMs: limits.heartbeatMs, stallMs: limits.stallMs, lingerMs: limits.lingerMs },
    onClosed: (why) => {
      left();
      unheard();
      if (why !== 'dropped') return;
      readers.counts.room_event_readers_dropped_total += 1;
      // Its connection is full, so that it cannot be told.
      c.env.drop?.();
    },
  });
  return c.body(stream.body, 200, streamHeaders);
}

function levelsOf(commands: RoomCommands, roomId: RoomId) {
  return (tell: (levels: z.output<typeof roomLevels>) => void): (() => void) =>
    commands.watchLevels(roomId, ({ members, omitted }) =>
      tell({
        room_id: roomId,
        levels: members.map(({ memberId, level, isSpeaking }) => ({
          ...{ member_id: memberId, level, speaking: isSpeaking },
        })),
        omitted,
      }),
    ) ?? (() => undefined);
}

/** Proxies are asked not to hold back what they have. */
export const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
} as const;

/** A HEAD is served by the route of GET, and nobody would ever read or end its stream. */
export function isHead(c: Context<ApiEnv>): boolean {
  return c.req.raw.method === 'HEAD';
}

function wantsStream(accept: string | undefined): boolean {
  return /\btext\/event-stream\b/i.test(accept ?? '');
}

/** Where a reader goes on: its Last-Event-ID (`started_ms-seq`), which is newer than what is in the URL, or `after`. */
function startOf({ after = 0, started_ms }: Query, lastEventId: string | undefined) {
  const read = /^(\d{1,16})-(\d{1,16})$/.exec(lastEventId ?? '');
  if (read !== null) return { startedMs: Number(read[1]), after: Number(read[2]) };
  return { startedMs: started_ms ?? null, after };
}

/** The room that was read before, while it is kept; else the one of that name. */
function find({ events }: RoomCommands, roomId: RoomId, startedMs: number | null): RoomEvents {
  const before = startedMs === null ? null : events.find(roomId, startedMs);
  const log = before ?? events.find(roomId);
  if (log === null) throw new ApiRefusal('ROOM_NOT_FOUND');
  return log;
}

/** Which keys others pressed (an account number, a PIN) is no participant's business. */
function visible(grant: RoomGrant | undefined): ((event: RoomEventBody) => boolean) | null {
  return grant === undefined ? null : (event) => event.type !== 'dtmf' || grant.owns(event.member_id);
}
