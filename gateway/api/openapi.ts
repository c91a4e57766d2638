import type { OpenAPIHono } from '@hono/zod-openapi';
import { stringify } from 'yaml';
import type { z } from 'zod';
import {
  acknowledgeHookReply,
  authHookReply,
  authHookRequest,
  eventHookBody,
  inviteHookReply,
  inviteHookRequest,
  registrationHookRequest,
} from '../../contract/v1.js';
import type { ApiEnv } from './auth.js';
import { describeControlServer } from './control-description.js';
import { describeRtpServer } from './rtp-description.js';
import { named } from './v1.js';

const info = {
  title: 'Hookline',
  version: '1',
  license: { name: 'MIT', identifier: 'MIT' },
  description:
    'What an application asks of the gateway (paths) and what the gateway asks of an application (webhooks). ' +
    'Optional fields may be missing or null, unknown ones are ignored.',
};

interface Hook {
  readonly route: string;
  readonly summary: string;
  readonly request: z.ZodType;
  readonly reply: z.ZodType;
}

const acknowledged = named(acknowledgeHookReply, 'AcknowledgeHookReply');
const registration = named(registrationHookRequest, 'RegistrationHookRequest');

const hooks: readonly Hook[] = [
  {
    route: 'auth',
    summary: 'Who is this user? Asked with the first REGISTER of a binding, 5 s, never repeated.',
    request: named(authHookRequest, 'AuthHookRequest'),
    reply: named(authHookReply, 'AuthHookReply'),
  },
  {
    route: 'register',
    summary: 'A user registered. Told in order per user, up to 5 times.',
    request: registration,
    reply: acknowledged,
  },
  {
    route: 'unregister',
    summary: 'A registration ended. Told in order per user, up to 5 times.',
    request: registration,
    reply: acknowledged,
  },
  {
    route: 'invite',
    summary: 'Where does this call go? 5 s, never repeated.',
    request: named(inviteHookRequest, 'InviteHookRequest'),
    reply: named(inviteHookReply, 'InviteHookReply'),
  },
  {
    route: 'event',
    summary:
      'What became of a call, the keys pressed in it, and with `media_events` how it sounds. Told in order per call, up to 5 times.',
    request: named(eventHookBody, 'EventHookBody'),
    reply: acknowledged,
  },
];

/** openapi.yaml: OpenAPI 3.1 of the app's routes, with the hooks as webhooks. */
export function openApiText(app: OpenAPIHono<ApiEnv>): string {
  const registry = app.openAPIRegistry;
  registry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: '`api_secret`; needed when the gateway has one and the caller is not in `api_allow`.',
  });
  for (const { route, summary, request, reply } of hooks) {
    registry.registerWebhook({
      method: 'post',
      path: route,
      operationId: `${route}Hook`,
      summary,
      description: `POST {hook_url}/${route}, with \`Authorization: Bearer\` when \`hook_secret\` is set.`,
      request: { body: { required: true, content: { 'application/json': { schema: request } } } },
      responses: { 200: { description: 'The answer.', content: { 'application/json': { schema: reply } } } },
    });
  }
  describeRtpServer(registry);
  describeControlServer(registry);
  const document = app.getOpenAPI31Document({ openapi: '3.1.0', info, security: [{ bearer: [] }, {}] });
  return stringify(document, { aliasDuplicateObjects: false, lineWidth: 120 });
}
