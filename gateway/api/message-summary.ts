import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { messageSummaryBody } from '../../contract/message-summary.js';
import { successEnvelope } from '../../contract/v1.js';
import type { ApiEnv } from './auth.js';
import type { ApiCommands } from './commands.js';
import { failure, granted, named } from './v1.js';

const path = '/sip/message-summary/{aor}';
const params = z.object({
  aor: z
    .string()
    .max(1024)
    .openapi({ param: { description: 'Address of the user, `sip:alice@example.com` or without the scheme.' } }),
});
const schema = named(messageSummaryBody, 'MessageSummary');
const known = {
  description: 'What phones are told.',
  content: { 'application/json': { schema: successEnvelope(schema) } },
};

const getRoute = createRoute({
  method: 'get',
  path,
  operationId: 'getMessageSummary',
  summary: 'Which messages wait for a user.',
  request: { params },
  responses: { 200: known, default: failure },
});

const putRoute = createRoute({
  method: 'put',
  path,
  operationId: 'setMessageSummary',
  summary: "Lights or darkens the message lamp of a user's phones.",
  request: { params, body: { required: true, content: { 'application/json': { schema } } } },
  responses: { 200: known, default: failure },
});

/** Messages waiting (RFC 3842): the application has the mailboxes, the gateway tells the phones that subscribe. */
export function addMessageSummaryRoutes(app: OpenAPIHono<ApiEnv>, commands: ApiCommands): void {
  app.openapi(getRoute, (c) => {
    const data = granted(commands.messageSummary(c.req.valid('param').aor));
    return c.json({ status: true as const, data }, 200);
  });
  app.openapi(putRoute, (c) => {
    const data = granted(commands.setMessageSummary(c.req.valid('param').aor, c.req.valid('json')));
    return c.json({ status: true as const, data }, 200);
  });
}
