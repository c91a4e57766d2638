import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { delay } from '../../base/clock.js';
import type { RoomId } from '../../base/ids.js';
import { roomEventPage, roomFeedNotice } from '../../contract/room-events.js';
import { EventStreamLine } from '../events/event-stream-line.js';
import type { FeedSource } from '../events/feed.js';
import type { RoomEvents } from '../rooms/log.js';
import type { Api } from './app.js';
import type { ApiEnv } from './auth.js';
import { problem } from './problem.js';
import { ofRoom, type RoomApi, roomEvent, tags } from './room-api.js';
import {
  allRoomsSource,
  type EventQuery,
  eventQuery,
  type ReadingStart,
  roomSource,
  startOf,
  visible,
} from './room-feed.js';
import type { RoomReaders } from './room-readers.js';
import { named } from './v1.js';

const eventStream = { 'text/event-stream': { schema: z.string() } };

const roomRoute = createRoute({
  method: 'get',
  path: '/rooms/{room_id}/events',
  operationId: 'readRoomEvents',
  summary: 'What happened in a room: as JSON, or as it happens with `Accept: text/event-stream` or over WebSocket.',
  description:
    'Server-sent events have the event as `data`, its type as `event` and an `id` that goes on after a break (`Last-Event-ID`). ' +
    'A WebSocket handshake at this path opens the same feed: each text frame is a RoomEvent or a RoomFeedNotice. ' +
    'A room can be read for some minutes after its end; who has read all of it gets 204.',
  tags,
  request: {
    params: ofRoom,
    query: eventQuery,
    headers: z.object({ 'last-event-id': z.string().optional() }),
  },
  responses: {
    200: {
      description: 'Events in order.',
      content: {
        'application/json': { schema: named(roomEventPage.extend({ events: z.array(roomEvent) }), 'RoomEventPage') },
        ...eventStream,
      },
    },
    204: { description: 'The room is over and all of it was read; server-sent events only.' },
    default: problem,
  },
});

const allRoute = createRoute({
  method: 'get',
  path: '/events',
  operationId: 'followEvents',
  summary: 'What happens in all rooms from now on, as server-sent events or over WebSocket.',
  description:
    'What happened before, and what a reader missed, is in the events of each room: `seq` tells what is missing.',
  tags,
  responses: { 200: { description: 'Events as they happen.', content: eventStream }, default: problem },
});

/** GET /rooms/{room_id}/events and GET /events; as WebSockets they are at gateway/api/event-door.ts. */
export function addRoomEventRoutes(app: Api, api: RoomApi): void {
  const { commands, readers, attention } = api;
  // What a feed sends beside events; no route answers with it.
  app.openAPIRegistry.register('RoomFeedNotice', named(roomFeedNotice, 'RoomFeedNotice'));
  app.openapi(roomRoute, async (c) => {
    const { room_id } = c.req.valid('param');
    const asked = c.req.valid('query');
    const grant = c.get('grant');
    const isStream = wantsStream(c.req.header('accept'));
    const start = startOf(commands, room_id as RoomId, asked, isStream ? c.req.header('last-event-id') : undefined);
    const { log, after } = start;
    if (!isStream) {
      attention.touch(log.roomId);
      const page = await readPage(readers, start, asked, c.req.raw.signal);
      const maySee = visible(grant, commands);
      return c.json(maySee === null ? page : { ...page, events: page.events.filter(maySee) }, 200);
    }
    if (log.isOver && after >= log.lastSeq) return c.body(null, 204);
    return openStream(c, readers, log.startedMs, () => roomSource(api, start, { grant, levels: asked.levels }));
  });
  app.openapi(allRoute, (c) => openStream(c, readers, null, () => allRoomsSource(api)));
}

async function readPage(
  readers: RoomReaders,
  { log, after }: ReadingStart,
  { limit = 1000, wait_s: waitS = 0 }: EventQuery,
  gone: AbortSignal,
): Promise<z.output<typeof roomEventPage>> {
  if (after >= log.lastSeq && !log.isOver && waitS > 0) await somethingNew(readers, log, waitS * 1000, gone);
  const { events, missed } = log.after(after, limit);
  return {
    room_id: log.roomId,
    started_ms: log.startedMs,
    last_seq: log.lastSeq,
    missed,
    next_after: events.at(-1)?.seq ?? Math.min(after, log.lastSeq),
    is_over: log.isOver,
    events: [...events],
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

/** Proxies are asked not to hold back what they have. */
const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
} as const;

/** What is sent has no schema that openapi.yaml could hold a stream to, hence `never`. Throws what `readers` refuse with. */
function openStream(
  c: Context<ApiEnv>,
  readers: RoomReaders,
  startedMs: number | null,
  openSource: () => FeedSource,
): never {
  // A HEAD is served by the route of GET, and nobody would ever read or end its stream.
  if (c.req.raw.method === 'HEAD') return c.body(null, 200, streamHeaders) as never;
  const refusal = readers.refusal();
  if (refusal !== null) throw refusal;
  const line = new EventStreamLine({ clock: readers.clock, heartbeatMs: readers.limits.heartbeatMs, startedMs });
  // Its connection is full when it is dropped, so that it cannot be told.
  readers.tell(openSource(), line, () => c.env.drop?.());
  return c.body(line.body, 200, streamHeaders) as never;
}

function wantsStream(accept: string | undefined): boolean {
  return /\btext\/event-stream\b/i.test(accept ?? '');
}
