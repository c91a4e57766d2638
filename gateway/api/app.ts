import { OpenAPIHono, type z } from '@hono/zod-openapi';
import { cors } from 'hono/cors';
import { type Logger, silentLogger } from '../../base/log.js';
import { type ApiAuthOptions, type ApiEnv, createApiAuth } from './auth.js';
import { limitBody } from './body-limit.js';
import type { ApiCommands } from './commands.js';
import { ApiRefusal, createErrorHandler, type ErrorFormat } from './errors.js';
import { addHealthRoutes } from './health.js';
import { addJoinPage } from './join-page.js';
import { addLogRoutes } from './log.js';
import { addMediaswitchRoutes, isPush, MAX_PUSH_BYTES, type MediaswitchCommands } from './mediaswitch.js';
import { addMessageSummaryRoutes } from './message-summary.js';
import { openApiText } from './openapi.js';
import { isUpload } from './sounds.js';
import { addV1Routes } from './v1.js';
import { tellTypes } from './web-types.js';

export interface ApiOptions extends ApiAuthOptions {
  readonly errorFormat: ErrorFormat;
  /** Origin that browsers may call from, or `*`; null: no CORS headers at all. */
  readonly corsOrigin: string | null;
  readonly log?: Logger;
}

export type Api = OpenAPIHono<ApiEnv>;

/** Adds the routes of one part of the gateway: rooms, sounds, recordings … */
export type ApiPart = (app: Api) => void;

/** What pages of `corsOrigin` may read beside what all may: WHIP needs the first five (RFC 9725 §4). */
const exposeHeaders = ['Location', 'ETag', 'Link', 'Accept-Patch', 'Accept-Post', 'Retry-After'];

/** OPTIONS too: by it a page learns of the bodies that WHIP takes. */
const allowMethods = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS'];

/** Largest request body that is read. */
const MAX_BODY_BYTES = 65_536;

/**
 * The HTTP API (contract §3 and design.md §3) as a hono app. It knows neither SIP nor RTP: everything it does is a
 * call of ApiCommands, and everything it says has a schema in contract/.
 */
export function createApi(
  commands: ApiCommands,
  options: ApiOptions,
  mediaswitch: MediaswitchCommands | null = null,
  parts: readonly ApiPart[] = [],
): Api {
  const app = emptyApi(options);
  addV1Routes(app, commands);
  addHealthRoutes(app, commands);
  addMessageSummaryRoutes(app, commands);
  addLogRoutes(app, commands);
  addJoinPage(app);
  if (mediaswitch !== null) addMediaswitchRoutes(app, mediaswitch);
  for (const addRoutes of parts) addRoutes(app);
  let document: string | null = null;
  app.get('/openapi.yaml', (c) => {
    document ??= openApiText(app);
    return c.text(document, 200, { 'content-type': 'application/yaml; charset=utf-8' });
  });
  return app;
}

/** The routes of the mediaswitch API alone, for a listener of their own; who may use it is the same. */
export function createMediaswitchApi(commands: MediaswitchCommands, options: ApiOptions): Api {
  const app = emptyApi(options);
  addMediaswitchRoutes(app, commands);
  return app;
}

/** The first thing that is wrong, with its field. Of a body that may have several forms: in the form that it fits best. */
function faultIn(issues: readonly z.core.$ZodIssue[], at: readonly PropertyKey[] = []): string {
  const [issue] = issues;
  const path = [...at, ...(issue?.path ?? [])];
  const forms = issue?.code === 'invalid_union' ? issue.errors : [];
  const best = [...forms].sort((a, b) => a.length - b.length)[0];
  if (best !== undefined && best.length > 0) return faultIn(best, path);
  return `${path.join('.') || 'body'}: ${issue?.message ?? 'invalid'}`;
}

/** Who may come, how much they may send, and how everything that is refused is answered. */
function emptyApi(options: ApiOptions): Api {
  const app = new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      throw new ApiRefusal('BAD_REQUEST', faultIn(result.error.issues));
    },
  });
  app.onError(createErrorHandler(options.errorFormat, options.log ?? silentLogger));
  app.use(tellTypes);
  if (options.corsOrigin !== null)
    app.use(cors({ origin: options.corsOrigin, maxAge: 600, allowMethods, exposeHeaders }));
  app.use(createApiAuth(options));
  const usual = limitBody(MAX_BODY_BYTES);
  const large = limitBody(MAX_PUSH_BYTES);
  app.use((c, next) => {
    // Its own route reads it piece by piece, up to a limit of its own.
    if (isUpload(c.req.method, c.req.path)) return next();
    return (isPush(c.req.method, c.req.path) ? large : usual)(c, next);
  });
  app.notFound((c) => {
    const methods = methodsOf(app, c.req.path);
    if (methods.length === 0) throw new ApiRefusal('UNKNOWN_ROUTE');
    throw new ApiRefusal('METHOD_NOT_ALLOWED', undefined, { Allow: methods.join(', ') });
  });
  return app;
}

/** Methods that the path has a route for; middleware is registered for ALL and does not count. */
export function methodsOf(app: Api, path: string): string[] {
  const methods = new Set<string>();
  for (const route of app.routes) {
    if (route.method === 'ALL' || !matches(route.path, path)) continue;
    methods.add(route.method);
    if (route.method === 'GET') methods.add('HEAD');
  }
  return [...methods];
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const given = path.split('/');
  return (
    wanted.length === given.length &&
    wanted.every((part, at) => (part.startsWith(':') ? given[at] !== '' : part === given[at]))
  );
}
