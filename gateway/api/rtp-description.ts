import { OpenAPIHono } from '@hono/zod-openapi';
import type { ApiEnv } from './auth.js';
import { addRtpRoutes, channelEventHook, type RtpCommands } from './rtp.js';

const never = (): never => {
  throw new Error('nobody serves a description');
};
const nobody: RtpCommands = {
  workload: never,
  open: never,
  set: never,
  target: never,
  mix: never,
  unmix: never,
  play: never,
  record: never,
  dtmf: never,
  echo: never,
  close: never,
};

type Registry = OpenAPIHono<ApiEnv>['openAPIRegistry'];

/** Adds the RTP server's routes, which another listener serves, to a description. */
export function describeRtpServer(registry: Registry): void {
  const app = new OpenAPIHono<ApiEnv>();
  addRtpRoutes(app, nobody);
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type === 'route') registry.registerPath(definition.route);
  }
  registry.registerWebhook(channelEventHook);
}
