import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { qualityView } from '../../contract/quality.js';
import {
  callView,
  errorEnvelope,
  type InviteResult,
  inviteClientBody,
  inviteResult,
  inviteServerBody,
  sessionView,
  successEnvelope,
} from '../../contract/v1.js';
import type { ApiEnv } from './auth.js';
import type { ApiCommands, CommandResult } from './commands.js';
import { ApiRefusal } from './errors.js';

/** A copy of a contract schema that carries its name in openapi.yaml; the originals know nothing of OpenAPI. */
export function named<T extends z.ZodType>(schema: T, name: string): T {
  return (schema.clone() as T).openapi(name);
}

function json<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

export const failure = json(named(errorEnvelope, 'ErrorEnvelope'), 'Not done; `error` says why.');

function body<T extends z.ZodType>(schema: T) {
  return { body: { required: true, content: { 'application/json': { schema } } } };
}

const invited = json(successEnvelope(named(inviteResult, 'InviteResult')), 'The leg exists; it does not ring yet.');

const inviteClientRoute = createRoute({
  method: 'post',
  path: '/sip/invite/client',
  operationId: 'inviteClient',
  summary: 'Ring a registered phone and put it into a room.',
  request: body(named(inviteClientBody, 'InviteClientBody')),
  responses: { 200: invited, default: failure },
});

const inviteServerRoute = createRoute({
  method: 'post',
  path: '/sip/invite/server',
  operationId: 'inviteServer',
  summary: 'Call a number at a SIP server and put it into a room.',
  request: body(named(inviteServerBody, 'InviteServerBody')),
  responses: { 200: invited, default: failure },
});

const closeRoute = createRoute({
  method: 'delete',
  path: '/sip/conn/{conn_id}',
  operationId: 'closeConnection',
  summary: 'End a leg: CANCEL, 486 or BYE, by its state.',
  request: { params: z.object({ conn_id: z.string().max(1024) }) },
  responses: { 200: json(successEnvelope(z.literal('OK')), 'The leg is ending.'), default: failure },
});

const qualityRoute = createRoute({
  method: 'get',
  path: '/sip/conn/{conn_id}/quality',
  operationId: 'getQuality',
  summary: 'How a leg sounds, second by second.',
  request: { params: z.object({ conn_id: z.string().max(1024) }) },
  responses: {
    200: json(successEnvelope(named(qualityView, 'QualityView')), 'Both directions, and what is wrong now.'),
    default: failure,
  },
});

const sessionsRoute = createRoute({
  method: 'get',
  path: '/sip/sessions',
  operationId: 'listSessions',
  summary: 'Registrations that are live.',
  responses: {
    200: json(successEnvelope(z.array(named(sessionView, 'SessionView'))), 'One entry per registration.'),
    default: failure,
  },
});

const callsRoute = createRoute({
  method: 'get',
  path: '/sip/calls',
  operationId: 'listCalls',
  summary: 'Legs that are up.',
  responses: {
    200: json(successEnvelope(z.array(named(callView, 'CallView'))), 'One entry per leg.'),
    default: failure,
  },
});

/** The v1 routes (contract §3): each reads its body, asks one command and wraps the answer. */
export function addV1Routes(app: OpenAPIHono<ApiEnv>, commands: ApiCommands): void {
  app.openapi(inviteClientRoute, async (c) => {
    const { sessionId } = granted(await commands.inviteClient(c.req.valid('json')));
    return c.json({ status: true as const, data: inviteData(sessionId) }, 200);
  });
  app.openapi(inviteServerRoute, async (c) => {
    const { sessionId } = granted(await commands.inviteServer(c.req.valid('json')));
    return c.json({ status: true as const, data: inviteData(sessionId) }, 200);
  });
  app.openapi(closeRoute, async (c) => {
    const data = granted(await commands.closeConnection(c.req.valid('param').conn_id));
    return c.json({ status: true as const, data }, 200);
  });
  app.openapi(qualityRoute, async (c) => {
    const data = granted(await commands.quality(c.req.valid('param').conn_id));
    return c.json({ status: true as const, data }, 200);
  });
  app.openapi(sessionsRoute, (c) => c.json({ status: true as const, data: [...commands.sessions()] }, 200));
  app.openapi(callsRoute, (c) => c.json({ status: true as const, data: [...commands.calls()] }, 200));
}

function inviteData(sessionId: string): InviteResult {
  return { session_id: sessionId, call_id: sessionId };
}

/** What a command gave; throws its refusal. */
export function granted<T>(result: CommandResult<T>): T {
  if (!result.ok) throw new ApiRefusal(result.code, result.message);
  return result.value;
}
