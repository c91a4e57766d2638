import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { inviteBody, registrationBody } from '../../contract/mediaswitch/control.js';
import { dialogDocument, originatedBody } from '../../contract/mediaswitch/dialogs.js';
import { registrationNews } from '../../contract/mediaswitch/registrations.js';
import type { ApiEnv } from './auth.js';
import { named } from './v1.js';

type Registry = OpenAPIHono<ApiEnv>['openAPIRegistry'];

const tags = ['control server'];
const servers = [
  { url: 'http://127.0.0.1:9001', description: 'The control server (`projectcontrol`), its usual port.' },
];
const taken = { 200: { description: 'Taken.' } };
const refused = { 400: { description: 'Refused: `{"error": …}`.' } };
const json = <Schema extends z.ZodType>(schema: Schema) => ({ 'application/json': { schema } });
const body = <Schema extends z.ZodType>(schema: Schema) => ({ required: true, content: json(schema) });
const user = z.object({ domain: z.string(), user: z.string() });

/**
 * Adds what a control server serves to a description (contract mediaswitch 1.5 and 2.1): what it is told are webhooks,
 * what others may ask of it are operations with a server of their own. OpenAPI has one operation per path and method:
 * POST /invite is the gateway's, so that the control server's is a webhook too.
 */
export function describeControlServer(registry: Registry): void {
  describeNews(registry);
  registry.registerPath({
    ...{ method: 'get', path: '/calls', operationId: 'getControlCalls', servers, tags },
    summary: 'The Call-IDs of live calls.',
    responses: { 200: { description: 'The list.', content: json(z.array(z.string())) } },
  });
  const registration = named(registrationBody, 'ControlRegistration');
  for (const [method, operationId, summary] of [
    ['put', 'putControlRegistration', 'A phone has registered.'],
    ['post', 'postControlRegistration', 'The same.'],
    ['delete', 'deleteControlRegistration', 'A registration has ended.'],
  ] as const) {
    registry.registerPath({
      ...{ method, path: '/reg', operationId, summary, servers, tags },
      description: 'Who it is stands in the body: the form for people. The gateway sends reg/{domain}/{user}.',
      request: { body: body(registration) },
      responses: { ...taken, ...refused },
    });
  }
  registry.registerWebhook({
    ...{ method: 'post', path: 'control/invite', operationId: 'controlInvite', servers, tags },
    summary: 'A call through call processing: one without a phone, which `onnewcall` routes.',
    description:
      'POST {control}/invite. Sent by nobody but its users; among the webhooks since /invite is a path of the gateway.',
    request: { body: body(named(inviteBody, 'ControlInviteBody')) },
    responses: {
      200: {
        description: 'The call; of a list with more than one, a list.',
        content: json(named(originatedBody, 'ControlCall')),
      },
      ...refused,
      503: { description: 'No `onnewcall` is there to route it.' },
    },
  });
}

/** What the gateway tells: contract mediaswitch 1.5. */
function describeNews(registry: Registry): void {
  registry.registerWebhook({
    ...{ method: 'put', path: 'dialog/{callid}', operationId: 'dialogEvent', tags },
    summary: 'Something has happened in a dialog: its whole state. Told in order per dialog, 10 s.',
    description:
      'PUT {control}/dialog/{callid}. Any other status than 200, or none, ends a call that is not answered with 480. Nothing comes after `hangup`.',
    request: { params: z.object({ callid: z.string() }), body: body(named(dialogDocument, 'DialogEvent')) },
    responses: taken,
  });
  registry.registerWebhook({
    ...{ method: 'put', path: 'reg/{domain}/{user}', operationId: 'registrationEvent', tags },
    summary: 'A phone has registered, or registered again. Told in order per user, 10 s.',
    description: 'PUT {control}/reg/{domain}/{user}. The status does not matter.',
    request: { params: user, body: body(named(registrationNews, 'RegistrationEvent')) },
    responses: taken,
  });
  registry.registerWebhook({
    ...{ method: 'delete', path: 'reg/{domain}/{user}', operationId: 'registrationEndEvent', tags },
    summary: 'A registration has ended: it was taken back, is over, or the phone answers no OPTIONS.',
    description: 'DELETE {control}/reg/{domain}/{user}, without a body. The status does not matter.',
    request: { params: user },
    responses: taken,
  });
}
