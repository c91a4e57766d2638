import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { logLevelBody } from '../../contract/log.js';
import { successEnvelope } from '../../contract/v1.js';
import type { ApiEnv } from './auth.js';
import type { ApiCommands } from './commands.js';
import { ApiRefusal } from './errors.js';
import { failure } from './v1.js';

const level = {
  description: 'The level now.',
  content: { 'application/json': { schema: successEnvelope(logLevelBody) } },
};

const getRoute = createRoute({
  method: 'get',
  path: '/log/level',
  operationId: 'getLogLevel',
  summary: 'Which log lines are written.',
  responses: { 200: level, default: failure },
});

const putRoute = createRoute({
  method: 'put',
  path: '/log/level',
  operationId: 'setLogLevel',
  summary: 'Changes which log lines are written, for this run.',
  request: { body: { required: true, content: { 'application/json': { schema: logLevelBody } } } },
  responses: { 200: level, default: failure },
});

/** The level of the log while the process runs. Not found where the gateway is a library and its owner has the log. */
export function addLogRoutes(app: OpenAPIHono<ApiEnv>, commands: ApiCommands): void {
  const current = () => {
    const now = commands.logLevel();
    if (now === null) throw new ApiRefusal('NOT_FOUND', 'the log is not ours');
    return { status: true as const, data: { level: now } };
  };
  app.openapi(getRoute, (c) => c.json(current(), 200));
  app.openapi(putRoute, (c) => {
    current();
    commands.setLogLevel(c.req.valid('json').level);
    return c.json(current(), 200);
  });
}
