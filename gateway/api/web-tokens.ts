import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { successEnvelope } from '../../contract/v1.js';
import {
  type DoorTokenBody,
  doorTokenBody,
  type SessionTokenBody,
  sessionTokenAnswer,
  sessionTokenBody,
  tokenResult,
  type WebIssuer,
  type WebProtocol,
  webIssuers,
  webProtocols,
} from '../../contract/web.js';
import type { WebTokens } from '../web/tokens.js';
import { type ApiAuthOptions, type ApiEnv, createAccessRule } from './auth.js';
import { failure, named } from './v1.js';

const json = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});
const body = <T extends z.ZodType>(schema: T) => ({
  body: { required: true, content: { 'application/json': { schema } } },
});

function sessionRoute(protocol: WebProtocol) {
  return createRoute({
    method: 'post',
    path: `/app/${protocol.toLowerCase()}_session`,
    operationId: `make${protocol}Token`,
    summary: `Make a ${protocol} token of the first generation.`,
    security: [{ bearer: [] }, {}],
    request: {
      query: z.object({ app_secret: z.string().max(512).optional().describe('`api_secret`, in place of a Bearer.') }),
      ...body(named(sessionTokenBody, 'SessionTokenBody')),
    },
    responses: { 200: json(named(sessionTokenAnswer, 'SessionTokenAnswer'), 'The token.'), default: failure },
  });
}

/** Issuers by the word that the path has for them. */
const doorOf: Readonly<Record<string, WebIssuer>> = { whip: 'whip', whep: 'whep', webrtc: 'webrtc', rtpengine: 'rtp' };

function doorRoute(name: string) {
  return createRoute({
    method: 'post',
    path: `/token/${name}`,
    operationId: `make${name[0]!.toUpperCase()}${name.slice(1)}DoorToken`,
    summary: `Make a ${name} token of the second generation.`,
    request: body(named(doorTokenBody, 'DoorTokenBody')),
    responses: {
      200: json(
        z.union([
          successEnvelope(tokenResult),
          z.object({ status: z.literal(false), error: z.literal('APP_TOKEN_INVALID') }),
        ]),
        'The token, or that the Bearer is not `api_secret`.',
      ),
      default: failure,
    },
  });
}

/**
 * Tokens for applications to hand to browsers: contract atm0s §5.2. Who may make them is who may use the API; the first
 * generation also takes `api_secret` as `app_secret` in the query, and both answer in the words of their contract.
 */
export function addTokenRoutes(app: OpenAPIHono<ApiEnv>, tokens: WebTokens, access: ApiAuthOptions): void {
  const judge = createAccessRule(access);
  const mayMake = (c: Context<ApiEnv>, authorization: string | undefined): boolean =>
    judge({ ...c.env, authorization, host: c.req.header('host') }) === null;
  for (const protocol of webProtocols) {
    app.openapi(sessionRoute(protocol), (c) => {
      const secret = c.req.query('app_secret');
      const authorization = secret === undefined ? c.req.header('authorization') : `Bearer ${secret}`;
      if (!mayMake(c, authorization)) return c.json({ success: false, error: 'UNAUTHORIZED' }, 401) as never;
      const token = tokens.forSession(protocol, c.req.valid('json' as never) as SessionTokenBody);
      return c.json({ success: true as const, data: { token } }, 200);
    });
  }
  for (const name of Object.keys(doorOf)) {
    app.openapi(doorRoute(name), (c) => {
      if (!mayMake(c, c.req.header('authorization'))) {
        return c.json({ status: false as const, error: 'APP_TOKEN_INVALID' as const }, 200);
      }
      const token = tokens.forDoor(doorOf[name]!, c.req.valid('json' as never) as DoorTokenBody);
      return c.json({ status: true as const, data: { token } }, 200);
    });
  }
}

/** webIssuers and the paths name the same doors. */
export const tokenDoors: readonly string[] = webIssuers.map(
  (issuer) => Object.keys(doorOf).find((name) => doorOf[name] === issuer)!,
);
