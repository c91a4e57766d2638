import { createRoute, z } from '@hono/zod-openapi';
import type { RoomId } from '../../base/ids.js';
import {
  dialBody,
  dialResult,
  memberActionBody,
  memberActionResult,
  memberList,
  updateMemberBody,
} from '../../contract/rooms.js';
import type { Api } from './app.js';
import { ApiRefusal } from './errors.js';
import { idempotencyHeaders } from './idempotency.js';
import { problem } from './problem.js';
import { forbiddenField, seesOthers } from './room-access.js';
import { allowed, body, json, member, ofRoom, type RoomApi, tags } from './room-api.js';
import { named } from './v1.js';

const ofMember = ofRoom.extend({ member_id: z.string().min(1).max(1024) });
const acted = json(named(memberActionResult, 'MemberActionResult'), 'It is done.');

/** Why and how a member is sent away, in the query: a DELETE has no body (RFC 9110 §9.3.5). */
const farewell = z.object({
  reason: z.string().max(255).optional().describe('Text of the Reason header, of the log and of `member_left`.'),
  prompt: z.string().min(1).max(255).optional().describe('Sound that the member hears before it goes.'),
});

/** The routes of the members of a room. */
export function addRoomMemberRoutes(app: Api, api: RoomApi): void {
  addReaders(app, api);
  addChanges(app, api);
  addActions(app, api);
}

function addReaders(app: Api, { commands }: RoomApi): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/rooms/{room_id}/members',
      operationId: 'listMembers',
      summary: 'Who is in the room, in its lobby and at its PIN.',
      tags,
      request: { params: ofRoom },
      responses: {
        200: json(
          named(memberList.extend({ members: z.array(member) }), 'MemberList'),
          'In the order in which they came.',
        ),
        default: problem,
      },
    }),
    (c) => {
      const grant = c.get('grant');
      const members = allowed(commands.members(c.req.valid('param').room_id as RoomId));
      const seen = seesOthers(grant, commands) ? members : members.filter((one) => grant?.owns(one.member_id));
      return c.json({ members: [...seen] }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/rooms/{room_id}/members/{member_id}',
      operationId: 'getMember',
      summary: 'A member.',
      tags,
      request: { params: ofMember },
      responses: { 200: json(member, 'As it is now.'), default: problem },
    }),
    (c) => {
      const { room_id, member_id } = c.req.valid('param');
      const grant = c.get('grant');
      const isSeen = seesOthers(grant, commands) || grant?.owns(member_id) === true;
      if (!isSeen) throw new ApiRefusal('FORBIDDEN', 'not before it is let in');
      return c.json(allowed(commands.member(room_id as RoomId, member_id)), 200);
    },
  );
}

function addChanges(app: Api, { commands }: RoomApi): void {
  app.openapi(
    createRoute({
      method: 'patch',
      path: '/rooms/{room_id}/members/{member_id}',
      operationId: 'updateMember',
      summary: 'Mutes, deafens, makes louder, gives a role, says who hears whom. What is left out stays.',
      tags,
      request: { params: ofMember, body: body(named(updateMemberBody, 'UpdateMemberBody')) },
      responses: { 200: json(member, 'As it is now.'), default: problem },
    }),
    (c) => {
      const { room_id, member_id } = c.req.valid('param');
      const change = c.req.valid('json');
      const by = c.get('grant') === undefined ? 'host' : 'self';
      const forbidden = by === 'host' ? null : forbiddenField(change);
      if (forbidden !== null) throw new ApiRefusal('FORBIDDEN', `${forbidden}: not with this token`);
      return c.json(allowed(commands.updateMember(room_id as RoomId, member_id, change, by)), 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'delete',
      path: '/rooms/{room_id}/members/{member_id}',
      operationId: 'removeMember',
      summary: 'Sends a member away: the action `kick`.',
      tags,
      request: { params: ofMember, query: farewell },
      responses: { 200: acted, default: problem },
    }),
    async (c) => {
      const { room_id, member_id } = c.req.valid('param');
      const action = { action: 'kick', ...c.req.valid('query') } as const;
      return c.json(allowed(await commands.act(room_id as RoomId, member_id, action)), 200);
    },
  );
}

function addActions(app: Api, { commands, keys }: RoomApi): void {
  app.openapi(
    createRoute({
      method: 'post',
      path: '/rooms/{room_id}/members',
      operationId: 'dialMember',
      summary: 'Rings somebody into the room: a registration, or a number at a SIP server.',
      tags,
      middleware: keys.guard(),
      request: { params: ofRoom, headers: idempotencyHeaders, body: body(named(dialBody, 'DialBody')) },
      responses: {
        201: json(named(dialResult, 'DialResult'), 'The leg exists; it does not ring yet.'),
        default: problem,
      },
    }),
    async (c) => {
      const { room_id } = c.req.valid('param');
      const { memberId } = allowed(await commands.dial(room_id as RoomId, c.req.valid('json')));
      c.header('Location', `/rooms/${encodeURIComponent(room_id)}/members/${encodeURIComponent(memberId)}`);
      return c.json({ member_id: memberId }, 201);
    },
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/rooms/{room_id}/members/{member_id}/actions',
      operationId: 'actOnMember',
      summary: 'Lets a member in, moves it, takes it aside and back, transfers it, sends digits to it, sends it away.',
      tags,
      middleware: keys.guard(),
      request: {
        params: ofMember,
        headers: idempotencyHeaders,
        body: body(named(memberActionBody, 'MemberActionBody')),
      },
      responses: { 200: acted, default: problem },
    }),
    async (c) => {
      const { room_id, member_id } = c.req.valid('param');
      return c.json(allowed(await commands.act(room_id as RoomId, member_id, c.req.valid('json'))), 200);
    },
  );
}
