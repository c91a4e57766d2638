import { createRoute, z } from '@hono/zod-openapi';
import type { RoomId } from '../../base/ids.js';
import { FeedStream } from '../events/feed-stream.js';
import type { Api } from './app.js';
import { problem } from './problem.js';
import { type RoomApi, tags } from './room-api.js';
import { isHead, streamHeaders } from './room-events.js';

/** Events that wait for one reader. */
const MOST_WAITING = 1000;

const route = createRoute({
  method: 'get',
  path: '/events',
  operationId: 'followEvents',
  summary: 'What happens in all rooms from now on, as server-sent events.',
  description:
    'What happened before, and what a reader missed, is in the events of each room: `seq` tells what is missing.',
  tags,
  responses: {
    200: { description: 'Events as they happen.', content: { 'text/event-stream': { schema: z.string() } } },
    default: problem,
  },
});

/** GET /events: one connection for who wants to know of all rooms. */
export function addEventFeed(app: Api, { commands, readers, attention }: RoomApi): void {
  app.openapi(route, (c) => {
    // What is sent has no schema that openapi.yaml could hold a stream to.
    if (isHead(c)) return c.body(null, 200, streamHeaders) as never;
    const { clock, limits } = readers;
    const left = readers.enter(() => stream.close());
    const stream: FeedStream = new FeedStream({
      ...{ clock, source: commands.events, attention, most: MOST_WAITING },
      ...{ heartbeatMs: limits.heartbeatMs, stallMs: limits.stallMs },
      rooms: commands.list().map(({ room_id }) => room_id as RoomId),
      onClosed: (why) => {
        left();
        if (why !== 'dropped') return;
        readers.counts.room_event_readers_dropped_total += 1;
        // Its connection is full, so that it cannot be told.
        c.env.drop?.();
      },
    });
    return c.body(stream.body, 200, streamHeaders) as never;
  });
}
