import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { successEnvelope } from '../../contract/v1.js';
import { connectBody, connectResult, iceRemoteBody } from '../../contract/web.js';
import type { ApiEnv } from './auth.js';
import { failure, named } from './v1.js';
import { gone, refusal, type WebCommands } from './web.js';

/** One gateway is one node: what upstream's clients put into their logs. */
const NODE_ID = 1;

const connectRoute = createRoute({
  method: 'post',
  path: '/webrtc/connect',
  operationId: 'connectSdk',
  summary: 'Join a room with an offer, as the SDK of the original does. Audio only.',
  security: [],
  request: { body: { required: true, content: { 'application/json': { schema: named(connectBody, 'ConnectBody') } } } },
  responses: {
    200: {
      description: 'The answer; or `INVALID_TOKEN`, which upstream says with this status.',
      content: {
        'application/json': {
          schema: z.union([
            successEnvelope(named(connectResult, 'ConnectResult')),
            z.object({ status: z.literal(false), error: z.literal('INVALID_TOKEN'), message: z.string().optional() }),
          ]),
        },
      },
    },
    default: failure,
  },
});

const iceRemoteRoute = createRoute({
  method: 'post',
  path: '/webrtc/ice_remote',
  operationId: 'addIceCandidate',
  summary: 'A candidate of the client. It is not needed: the client checks, and that shows where it is.',
  security: [],
  request: {
    body: { required: true, content: { 'application/json': { schema: named(iceRemoteBody, 'IceRemoteBody') } } },
  },
  responses: {
    200: { description: 'Taken.', content: { 'application/json': { schema: successEnvelope(z.literal('OK')) } } },
    default: failure,
  },
});

/** The way in of the original's SDK: contract atm0s §5.2. Its tokens are those of `webrtc`. */
export function addSdkRoutes(app: OpenAPIHono<ApiEnv>, { service, tokens }: WebCommands): void {
  app.openapi(connectRoute, async (c) => {
    const { token, sdp, room, peer, mix_minus_audio: mix, pub_scope: scope } = c.req.valid('json');
    const invalid = (message?: string) =>
      c.json({ status: false as const, error: 'INVALID_TOKEN' as const, ...(message && { message }) }, 200);
    const read = tokens.read(token);
    if (!read.ok) return invalid(read.fault === 'expired' ? 'it has expired' : undefined);
    const { grant } = read;
    if (grant.door !== 'webrtc') return invalid(`it is for ${grant.door}`);
    const client = c.env.remoteAddress;
    const outcome = await service.connect({
      door: 'webrtc',
      grant,
      sdp,
      room,
      peer,
      client,
      isDeaf: mix === 'Disabled',
      hasNoPresence: scope === 'stream_only',
    });
    if (!outcome.ok && outcome.code === 'INVALID_TOKEN') return invalid(outcome.message);
    if (!outcome.ok) throw refusal(outcome);
    const data = { node_id: NODE_ID, conn_id: tokens.sealed(outcome.connId), sdp: outcome.sdp };
    return c.json({ status: true as const, data }, 200);
  });
  app.openapi(iceRemoteRoute, (c) => {
    const { conn_id, candidate } = c.req.valid('json');
    const connId = tokens.opened(conn_id);
    if (connId === null) throw gone();
    const candidates = candidate === '' ? [] : [candidate];
    const outcome = service.patch(connId, { ufrag: null, password: null, candidates, isLast: candidate === '' });
    if (!outcome.ok) throw gone();
    return c.json({ status: true as const, data: 'OK' as const }, 200);
  });
}
