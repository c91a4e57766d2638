import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { createStreamBody, streamView } from '../../contract/streams.js';
import type { StreamCommands } from '../streams/service.js';
import type { ApiEnv } from './auth.js';
import { problem } from './problem.js';
import { named } from './v1.js';

const body = named(createStreamBody, 'CreateStreamBody');
const view = named(streamView, 'StreamView');
const ofRoom = z.object({ room_id: z.string().min(1).max(255) });
const ofStream = z.object({ stream_id: z.string().min(1).max(64) });
const one = { description: 'The stream.', content: { 'application/json': { schema: view } } };
const many = {
  description: 'Those that are open.',
  content: { 'application/json': { schema: z.object({ streams: z.array(view) }) } },
};

const createStreamRoute = createRoute({
  method: 'post',
  path: '/rooms/{room_id}/streams',
  operationId: 'createStream',
  summary: 'Connects the room to an application over WebSocket, which becomes a member: it hears, and speaks.',
  request: { params: ofRoom, body: { required: true, content: { 'application/json': { schema: body } } } },
  responses: { 201: { ...one, description: 'The application has been told `start`.' }, default: problem },
});

const listRoomRoute = createRoute({
  method: 'get',
  path: '/rooms/{room_id}/streams',
  operationId: 'listRoomStreams',
  summary: 'The streams of a room.',
  request: { params: ofRoom },
  responses: { 200: many, default: problem },
});

const listRoute = createRoute({
  method: 'get',
  path: '/streams',
  operationId: 'listStreams',
  summary: 'All streams.',
  responses: { 200: many, default: problem },
});

const getRoute = createRoute({
  method: 'get',
  path: '/streams/{stream_id}',
  operationId: 'getStream',
  summary: 'One stream. As a WebSocket handshake, the path is that of a room, to which an application connects itself.',
  request: { params: ofStream },
  responses: { 200: one, default: problem },
});

const deleteRoute = createRoute({
  method: 'delete',
  path: '/streams/{stream_id}',
  operationId: 'deleteStream',
  summary: 'Ends a stream: the application is told `stop`, and the connection is closed with 1000.',
  request: { params: ofStream },
  responses: { 204: { description: 'It has ended.' }, default: problem },
});

/**
 * Live streams between rooms and applications. The WebSocket that they go by is in docs/streams.md.
 * @param once  what does requests that create once for each Idempotency-Key
 */
export function addStreamRoutes(
  app: OpenAPIHono<ApiEnv>,
  commands: StreamCommands,
  once?: MiddlewareHandler<ApiEnv>,
): void {
  if (once !== undefined) app.on('POST', '/rooms/:room_id/streams', once);
  app.openapi(createStreamRoute, async (c) => {
    const created = await commands.create(c.req.valid('param').room_id, c.req.valid('json'));
    c.header('Location', `/streams/${created.stream_id}`);
    return c.json(created, 201);
  });
  app.openapi(listRoomRoute, (c) => c.json({ streams: [...commands.list(c.req.valid('param').room_id)] }, 200));
  app.openapi(listRoute, (c) => c.json({ streams: [...commands.list(null)] }, 200));
  app.openapi(getRoute, (c) => c.json(commands.one(c.req.valid('param').stream_id), 200));
  app.openapi(deleteRoute, (c) => {
    commands.remove(c.req.valid('param').stream_id);
    return c.body(null, 204);
  });
}
