import { createRoute, z } from '@hono/zod-openapi';
import type { RoomId } from '../../base/ids.js';
import { createRoomBody, roomList, roomSettings } from '../../contract/rooms.js';
import type { Api } from './app.js';
import { idempotencyHeaders } from './idempotency.js';
import { problem } from './problem.js';
import { allowed, body, json, ofRoom, type RoomApi, room, roomEvent, tags } from './room-api.js';
import { addRoomEventRoutes } from './room-events.js';
import { addRoomMemberRoutes } from './room-members.js';
import { named } from './v1.js';

/** The routes of rooms, their members and events (docs/rooms.md). What is refused is a problem document (RFC 9457). */
export function addRoomRoutes(app: Api, api: RoomApi): void {
  addRoomsThemselves(app, api);
  addRoomMemberRoutes(app, api);
  addRoomEventRoutes(app, api);
  app.openAPIRegistry.registerWebhook({
    method: 'post',
    path: 'room',
    operationId: 'roomHook',
    tags,
    summary: 'What happened in a room. Told in order per room, up to 5 times, with `room_events`.',
    description: 'POST {hook_url}/room, with `Authorization: Bearer` when `hook_secret` is set.',
    request: { body: body(roomEvent) },
    responses: { 200: { description: 'Taken.' } },
  });
}

function addRoomsThemselves(app: Api, { commands, keys }: RoomApi): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/rooms',
      operationId: 'listRooms',
      summary: 'Rooms that are open.',
      tags,
      responses: {
        200: json(named(roomList.extend({ rooms: z.array(room) }), 'RoomList'), 'The oldest first.'),
        default: problem,
      },
    }),
    (c) => c.json({ rooms: [...commands.list()] }, 200),
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/rooms',
      operationId: 'createRoom',
      summary: 'Makes an empty room. A room also begins with its first member.',
      tags,
      middleware: keys.guard(),
      request: { headers: idempotencyHeaders, body: body(named(createRoomBody, 'CreateRoomBody')) },
      responses: { 201: json(room, 'It is open, and stays so for `empty_s` without members.'), default: problem },
    }),
    (c) => {
      const made = allowed(commands.create(c.req.valid('json')));
      c.header('Location', `/rooms/${encodeURIComponent(made.room_id)}`);
      return c.json(made, 201);
    },
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/rooms/{room_id}',
      operationId: 'getRoom',
      summary: 'A room.',
      tags,
      request: { params: ofRoom },
      responses: { 200: json(room, 'As it is now.'), default: problem },
    }),
    (c) => c.json(allowed(commands.room(c.req.valid('param').room_id as RoomId)), 200),
  );
  app.openapi(
    createRoute({
      method: 'patch',
      path: '/rooms/{room_id}',
      operationId: 'updateRoom',
      summary: 'Changes what is given; the rest stays.',
      tags,
      request: { params: ofRoom, body: body(named(roomSettings, 'RoomSettings')) },
      responses: { 200: json(room, 'As it is now.'), default: problem },
    }),
    (c) => c.json(allowed(commands.update(c.req.valid('param').room_id as RoomId, c.req.valid('json'))), 200),
  );
  app.openapi(
    createRoute({
      method: 'delete',
      path: '/rooms/{room_id}',
      operationId: 'closeRoom',
      summary: 'Sends everybody away and ends the room.',
      tags,
      request: { params: ofRoom },
      responses: { 200: json(room, 'It is ending.'), default: problem },
    }),
    (c) => c.json(allowed(commands.close(c.req.valid('param').room_id as RoomId)), 200),
  );
}
