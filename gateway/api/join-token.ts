import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { successEnvelope } from '../../contract/v1.js';
import { type JoinTokenBody, joinTokenBody, tokenResult } from '../../contract/web.js';
import { type ApiAuthOptions, type ApiEnv, createAccessRule } from './auth.js';
import { ApiRefusal } from './errors.js';
import { failure, named } from './v1.js';

/** Who comes without an invitation. */
export interface Guests {
  /** Whether strangers may join that room: `join_open`. */
  readonly isOpen: (room: string) => boolean;
  readonly makeToken: (room: string) => string;
}

const route = createRoute({
  method: 'post',
  path: '/join/token',
  operationId: 'makeGuestToken',
  summary: 'A token for a visitor of the page /join who has no invitation.',
  description:
    'For rooms of `join_open`, and for whoever may use the API. It is a `webrtc` token of this room for a day, whose bearer is asked for ' +
    'the PIN of the room, if it has one. `UNAUTHORIZED`: an invitation is needed.',
  security: [{ bearer: [] }, {}],
  request: {
    body: { required: true, content: { 'application/json': { schema: named(joinTokenBody, 'JoinTokenBody') } } },
  },
  responses: {
    200: { description: 'The token.', content: { 'application/json': { schema: successEnvelope(tokenResult) } } },
    default: failure,
  },
});

/** POST /join/token: how the page /join comes to a token where its link has none. Nothing is kept of it. */
export function addJoinTokenRoute(app: OpenAPIHono<ApiEnv>, guests: Guests, access: ApiAuthOptions): void {
  const judge = createAccessRule(access);
  app.openapi(route, (c) => {
    const { room } = c.req.valid('json' as never) as JoinTokenBody;
    const [authorization, host] = [c.req.header('authorization'), c.req.header('host')];
    if (!guests.isOpen(room) && judge({ ...c.env, authorization, host }) !== null) {
      throw new ApiRefusal('UNAUTHORIZED', 'this room is for those who are invited');
    }
    return c.json({ status: true as const, data: { token: guests.makeToken(room) } }, 200);
  });
}
