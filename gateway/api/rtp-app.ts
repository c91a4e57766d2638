import { OpenAPIHono } from '@hono/zod-openapi';
import { type Logger, silentLogger } from '../../base/log.js';
import { type Api, methodsOf } from './app.js';
import { type ApiAuthOptions, type ApiEnv, createApiAuth } from './auth.js';
import { limitBody } from './body-limit.js';
import { createErrorHandler } from './errors.js';
import { addHealthRoutes, type HealthCommands } from './health.js';
import { PlainRefusal } from './plain-routes.js';
import { addRtpRoutes, type RtpCommands } from './rtp.js';

export interface RtpApiOptions extends ApiAuthOptions {
  readonly log?: Logger;
}

/** Largest request body that is read: a sound soup of 256 entries. */
const MAX_BODY_BYTES = 262_144;

/** The RTP server's own HTTP API: its routes, and the health of its process. Who may use it: as with the main one. */
export function createRtpApi(commands: RtpCommands, health: HealthCommands, options: RtpApiOptions): Api {
  const app = new OpenAPIHono<ApiEnv>();
  app.onError(createErrorHandler('envelope', options.log ?? silentLogger));
  app.use(createApiAuth(options));
  app.use(limitBody(MAX_BODY_BYTES));
  addRtpRoutes(app, commands);
  addHealthRoutes(app, health);
  app.notFound((c) => {
    const methods = methodsOf(app, c.req.path);
    if (methods.length === 0) throw new PlainRefusal(404, 'no such path');
    c.header('Allow', methods.join(', '));
    throw new PlainRefusal(405, 'no such method here');
  });
  return app;
}
