import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { successEnvelope } from '../../contract/v1.js';
import { mostTracks } from '../../media/index.js';
import { parseFragment } from '../web/fragment.js';
import { linkHeaders } from '../web/ice-servers.js';
import type { WebDoor } from '../web/member.js';
import type { PatchOutcome, WebRefusal, WebService } from '../web/service.js';
import type { TokenDoor, WebGrant, WebTokens } from '../web/tokens.js';
import type { ApiEnv } from './auth.js';
import { ApiRefusal } from './errors.js';
import type { Guests } from './join-token.js';
import { failure } from './v1.js';
import { fragmentType, sdpType } from './web-types.js';

/** What the routes of browsers need of the gateway. */
export interface WebCommands {
  readonly service: WebService;
  readonly tokens: WebTokens;
  readonly guests: Guests;
}

/** Doors of the WHIP kind, and whose tokens open them: one for both ways is good at each. */
const opensTo: Readonly<Record<WebDoor, readonly TokenDoor[]>> = {
  whip: ['whip', 'webrtc'],
  whep: ['whep', 'webrtc'],
  webrtc: ['webrtc'],
};

const summaries: Readonly<Record<WebDoor, string>> = {
  whip: 'Publish into a room by WHIP (RFC 9725).',
  whep: 'Hear a room by WHEP.',
  webrtc: 'Hear a room and speak in it, in one request as of WHIP.',
};

/** `/webrtc/conn` is the SDK's, so that the other two-way member has a place of its own below it. */
export function connectionPath(door: WebDoor, sealed: string): string {
  return `/${door}/conn/${sealed}`;
}

/**
 * WHIP (RFC 9725) and WHEP, and the same with both ways: contract atm0s §5.2. A request is let in by its own token, and what is
 * done to a connection by its name in `Location`, which is its id and a key that only its page was told.
 */
export function addWebRoutes(app: OpenAPIHono<ApiEnv>, commands: WebCommands): void {
  for (const door of Object.keys(opensTo) as WebDoor[]) {
    describe(app, door);
    app.post(`/${door}/endpoint`, (c) => connect(c, door, commands));
    app.options(`/${door}/endpoint`, (c) => c.body(null, 204, { Allow: 'POST, OPTIONS' }));
    app.patch(`/${door}/conn/:id`, (c) => patch(c, commands));
    app.delete(`/${door}/conn/:id`, (c) => {
      if (!commands.service.end(openedId(c, commands.tokens))) throw gone();
      return c.json({ status: true as const, data: 'OK' });
    });
    app.options(`/${door}/conn/:id`, (c) => c.body(null, 204, { Allow: 'PATCH, DELETE, OPTIONS' }));
  }
}

async function connect(c: Context<ApiEnv>, door: WebDoor, { service, tokens }: WebCommands): Promise<Response> {
  const grant = bearerOf(c, tokens);
  if (!opensTo[door].includes(grant.door)) {
    throw new ApiRefusal('INVALID_TOKEN', `the token is for ${grant.door}, not for ${door}`);
  }
  wantType(c, sdpType);
  const outcome = await service.connect({
    door,
    grant,
    sdp: await c.req.text(),
    room: nameIn(c, 'room'),
    peer: nameIn(c, 'peer'),
    tracks: tracksIn(c),
    client: c.env.remoteAddress,
  });
  if (!outcome.ok) throw refusal(outcome);
  const { connId, sdp, etag, iceServers } = outcome;
  for (const value of linkHeaders(iceServers)) c.header('Link', value, { append: true });
  return c.body(sdp, 201, {
    'Content-Type': sdpType,
    Location: connectionPath(door, tokens.sealed(connId)),
    ETag: etag,
    'Accept-Patch': fragmentType,
  });
}

/** The connection of the path; a wrong key is answered like a connection that is not there. */
function openedId(c: Context<ApiEnv>, tokens: WebTokens): string {
  const connId = tokens.opened(c.req.param('id') ?? '');
  if (connId === null) throw gone();
  return connId;
}

async function patch(c: Context<ApiEnv>, { service, tokens }: WebCommands): Promise<Response> {
  const connId = openedId(c, tokens);
  const type = typeOf(c);
  if (type !== sdpType && type !== fragmentType) throw wrongType(`${fragmentType} or ${sdpType}`);
  if (!service.has(connId)) throw gone();
  const text = await c.req.text();
  const outcome = type === sdpType ? checked(c, service, connId, () => service.reoffer(connId, text)) : fragment();
  function fragment(): PatchOutcome {
    const read = parseFragment(text);
    if (read === null) throw new ApiRefusal('BAD_REQUEST', 'the body is no SDP fragment (RFC 8840 §9)');
    return checked(c, service, connId, () => service.patch(connId, read));
  }
  if (!outcome.ok) throw refusal(outcome);
  if (outcome.answer === null) return c.body(null, 204);
  for (const value of linkHeaders(outcome.iceServers ?? [])) c.header('Link', value, { append: true });
  return c.body(outcome.answer, 200, { 'Content-Type': type, ETag: outcome.etag });
}

/** RFC 9725 §4.3.1: without a tag nobody knows which session of ICE is meant; `*` is the one that is there. */
function checked(c: Context<ApiEnv>, service: WebService, connId: string, act: () => PatchOutcome): PatchOutcome {
  const given = c.req.header('if-match')?.trim();
  if (given === undefined || given === '') throw new ApiRefusal('PRECONDITION_REQUIRED', 'If-Match is missing');
  const etag = service.etagOf(connId);
  if (etag === null) throw gone();
  const isMatch = given === '*' || given.split(',').some((each) => each.trim() === etag);
  if (!isMatch) throw new ApiRefusal('PRECONDITION_FAILED', 'ICE has been restarted since', { ETag: etag });
  return act();
}

/** The token of a request; a refusal that says what is wrong with it (RFC 6750 §3.1) where there is none that is good. */
export function bearerOf(c: Context<ApiEnv>, tokens: WebTokens): WebGrant {
  const token = /^bearer +(\S+) *$/i.exec(c.req.header('authorization') ?? '')?.[1];
  if (token === undefined) throw new ApiRefusal('UNAUTHORIZED', 'Authorization: Bearer with a token is needed');
  const read = tokens.read(token);
  if (read.ok) return read.grant;
  throw read.fault === 'expired' ? new ApiRefusal('TOKEN_EXPIRED') : new ApiRefusal('INVALID_TOKEN');
}

export function refusal({ code, message }: WebRefusal): ApiRefusal {
  return new ApiRefusal(code, message);
}

export function gone(): ApiRefusal {
  return new ApiRefusal('CONNECTION_NOT_FOUND', 'it is not there, or has ended');
}

function typeOf(c: Context<ApiEnv>): string {
  return (c.req.header('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
}

function wantType(c: Context<ApiEnv>, type: string): void {
  if (typeOf(c) !== type) throw wrongType(type);
}

function wrongType(wanted: string): ApiRefusal {
  return new ApiRefusal('UNSUPPORTED_MEDIA_TYPE', `the body has to be ${wanted}`);
}

const wantedName = z.string().min(1).max(255);

/** A name in the query; null without one. */
function nameIn(c: Context<ApiEnv>, key: string): string | null {
  const value = c.req.query(key);
  if (value === undefined) return null;
  const read = wantedName.safeParse(value);
  if (!read.success) throw new ApiRefusal('BAD_REQUEST', `${key}: 1 to 255 characters`);
  return read.data;
}

const wantedTracks = z.coerce.number().int().min(1).max(mostTracks);

/** Single voices that are asked for in place of the mix; 0: none. */
function tracksIn(c: Context<ApiEnv>): number {
  const value = c.req.query('tracks');
  if (value === undefined) return 0;
  const read = wantedTracks.safeParse(value);
  if (!read.success) throw new ApiRefusal('BAD_REQUEST', `tracks: 1 to ${mostTracks}`);
  return read.data;
}

function describe(app: OpenAPIHono<ApiEnv>, door: WebDoor): void {
  const registry = app.openAPIRegistry;
  const text = { schema: z.string() };
  const name = door[0]!.toUpperCase() + door.slice(1);
  const query = z.object({
    room: wantedName.optional().describe('Where the token is for any.'),
    peer: wantedName.optional().describe('Where the token names none.'),
    tracks: wantedTracks
      .optional()
      .describe('So many single voices, the loudest, in place of the mix: one for each m-line.'),
  });
  const params = z.object({ conn_id: z.string().max(1024) });
  const security = [{ bearer: [] }];
  registry.registerPath({
    method: 'post',
    path: `/${door}/endpoint`,
    operationId: `connect${name}`,
    summary: summaries[door],
    description: 'The Bearer is a token of the room, made by `/app/…` or `/token/…`.',
    security,
    request: { query, body: { required: true, content: { [sdpType]: text } } },
    responses: {
      201: {
        description: 'The answer. `Location`: the connection; `ETag`: its session of ICE; `Link`: ICE servers.',
        content: { [sdpType]: text },
      },
      default: failure,
    },
  });
  registry.registerPath({
    method: 'patch',
    path: `/${door}/conn/{conn_id}`,
    operationId: `patch${name}`,
    summary: 'Candidates of the client, a restart of ICE, or a new offer. `If-Match` is needed.',
    security: [],
    request: { params, body: { required: true, content: { [fragmentType]: text, [sdpType]: text } } },
    responses: {
      200: { description: 'What the restart or the offer is answered with.', content: { [fragmentType]: text } },
      204: { description: 'Candidates were taken.' },
      default: failure,
    },
  });
  registry.registerPath({
    method: 'delete',
    path: `/${door}/conn/{conn_id}`,
    operationId: `end${name}`,
    summary: 'End the connection.',
    security: [],
    request: { params },
    responses: {
      200: {
        description: 'It has ended.',
        content: { 'application/json': { schema: successEnvelope(z.literal('OK')) } },
      },
      default: failure,
    },
  });
}
