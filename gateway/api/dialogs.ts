import { type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import {
  answerBody,
  type DialogView,
  dialogsBody,
  dialogsQuery,
  dialogView,
  hangupBody,
  noteBody,
  notifyBody,
  type OriginateBody,
  originateBody,
  originatedBody,
  originatedListBody,
  ownDialogsBody,
  ringBody,
} from '../../contract/mediaswitch/dialogs.js';
import type { ApiEnv } from './auth.js';
import { addBodylessRoute, addPlainRoute, PlainRefusal, type PlainStatus } from './plain-routes.js';

/** Queued, or why not. */
export type DialogOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly statusCode: PlainStatus; readonly reason: string };

/** What the /dialog routes may ask of the gateway (mediaswitch contract 1.4). How it goes are events. */
export interface DialogCommands {
  originate(
    body: OriginateBody,
  ): { readonly ok: true; readonly callid: string } | Extract<DialogOutcome, { readonly ok: false }>;
  ring(body: z.output<typeof ringBody>): DialogOutcome;
  answer(body: z.output<typeof answerBody>): DialogOutcome;
  ok(body: z.output<typeof answerBody>): DialogOutcome;
  /** A re-INVITE. */
  reinvite(body: z.output<typeof answerBody>): DialogOutcome;
  hangup(body: z.output<typeof hangupBody>): DialogOutcome;
  notify(body: z.output<typeof notifyBody>): DialogOutcome;
  note(body: z.output<typeof noteBody>): DialogOutcome;
  dialogs(): z.output<typeof dialogsBody>;
  /** Call-IDs of those whose events go to that URL. */
  dialogsOf(control: string): string[];
  /** Null when there is none (any more). */
  dialog(callid: string): DialogView | null;
}

const queued = { description: 'Queued; how it goes is told by events.' };
const failure = { description: 'Refused: `{"error": …}`.' };
const json = <Schema extends z.ZodType>(schema: Schema) => ({ 'application/json': { schema } });

/** One command for a dialog, by POST and PUT alike. */
interface Action<Body extends z.ZodType> {
  readonly name: string;
  readonly summary: string;
  readonly body: Body;
  readonly run: (body: z.output<Body>) => DialogOutcome;
}

/** Adds /dialog and its actions, and the aliases that users of mediaswitch type. */
export function addDialogRoutes(app: OpenAPIHono<ApiEnv>, commands: DialogCommands): void {
  addOriginateRoutes(app, commands);
  const action = <Body extends z.ZodType>(one: Action<Body>): void => addAction(app, one);
  action({ name: 'ring', summary: '180 for an incoming call.', body: ringBody, run: (body) => commands.ring(body) });
  action({
    name: 'answer',
    summary: '200 for an incoming call, with the description given.',
    body: answerBody,
    run: (body) => commands.answer(body),
  });
  action({
    name: 'ok',
    summary: '200 for the latest INVITE: a re-INVITE, or the offer of a callee that had none from us.',
    body: answerBody,
    run: (body) => commands.ok(body),
  });
  action({
    name: 'notify',
    summary: 'A transfer that the peer asked for has succeeded.',
    body: notifyBody,
    run: (body) => commands.notify(body),
  });
  action({
    name: 'hangup',
    summary: 'BYE, CANCEL or a final response.',
    body: hangupBody,
    run: (body) => commands.hangup(body),
  });
  action({
    name: 'note',
    summary: 'What the control server wants to find again with the dialog: GET /dialog/{callid} has it.',
    body: noteBody,
    run: (body) => commands.note(body),
  });
  // As a README has it.
  addPlainRoute(
    app,
    {
      method: 'post',
      path: '/dir',
      operationId: 'ringDialogAlias',
      tags: ['mediaswitch'],
      summary: 'The same as POST /dialog/ring.',
      body: ringBody,
      responses: { 200: queued, 400: failure, 404: failure },
    },
    (c, body) => answered(c, commands.ring(body)),
  );
  addViews(app, commands);
  // What is no action of ours, and no method that nobody has.
  app.on(['POST', 'PUT'], ['/dialog/:action', '/dialog/:action/'], () => {
    throw new PlainRefusal(404, 'no such action');
  });
}

function addOriginateRoutes(app: OpenAPIHono<ApiEnv>, commands: DialogCommands): void {
  for (const path of ['/dialog/invite', '/invite']) {
    addPlainRoute(
      app,
      {
        method: 'post',
        path,
        operationId: path === '/invite' ? 'originateDialogAlias' : 'originateDialog',
        tags: ['mediaswitch'],
        summary: 'Call somebody; of a list with more than one call, each.',
        body: originateBody,
        responses: {
          200: { description: 'On its way.', content: json(z.union([originatedBody, originatedListBody])) },
          400: failure,
          404: { description: 'The domain is ours, and has no such user.' },
          480: { description: 'The user is not registered.' },
          503: { description: 'No more dialogs can be made now.' },
        },
      },
      (c, body) => originate(c, commands, body),
    );
  }
  addPlainRoute(
    app,
    {
      method: 'put',
      path: '/dialog/invite',
      operationId: 'reinviteDialog',
      tags: ['mediaswitch'],
      summary: 'A re-INVITE in an answered dialog; without a description the peer makes the offer.',
      body: answerBody,
      responses: { 200: queued, 400: failure, 404: failure },
    },
    (c, body) => answered(c, commands.reinvite(body)),
  );
}

function originate(c: Context<ApiEnv>, commands: DialogCommands, body: z.output<typeof originateBody>): Response {
  const calls = Array.isArray(body) ? body : [body];
  const results = calls.map((call) => commands.originate(call));
  const [only] = results;
  if (only === undefined || results.length > 1) {
    return c.json(
      results.map((result) =>
        result.ok ? { callid: result.callid } : { code: result.statusCode, error: result.reason },
      ),
    );
  }
  if (!only.ok) throw new PlainRefusal(only.statusCode, only.reason);
  return c.json({ callid: only.callid });
}

function addAction<Body extends z.ZodType>(app: OpenAPIHono<ApiEnv>, { name, summary, body, run }: Action<Body>): void {
  for (const method of ['post', 'put'] as const) {
    addPlainRoute(
      app,
      {
        method,
        path: `/dialog/${name}`,
        operationId: `${name}Dialog${method === 'put' ? 'ByPut' : ''}`,
        tags: ['mediaswitch'],
        summary,
        body,
        responses: { 200: queued, 400: failure, 404: failure },
      },
      (c, read) => answered(c, run(read)),
    );
  }
}

function addViews(app: OpenAPIHono<ApiEnv>, commands: DialogCommands): void {
  addBodylessRoute(
    app,
    {
      method: 'get',
      path: '/dialog',
      operationId: 'countDialogs',
      tags: ['mediaswitch'],
      summary: 'How many dialogs there are, and have been; with `control` also which are of that control server.',
      query: dialogsQuery,
      responses: {
        200: { description: 'The counts.', content: json(z.union([ownDialogsBody, dialogsBody])) },
        400: failure,
      },
    },
    (c) => {
      const read = dialogsQuery.safeParse({ control: c.req.query('control') });
      if (!read.success) throw new PlainRefusal(400, 'control: not an http URL');
      const { control } = read.data;
      return c.json({
        ...commands.dialogs(),
        ...(control === undefined ? {} : { callids: commands.dialogsOf(control.replace(/\/+$/, '')) }),
      });
    },
  );
  addBodylessRoute(
    app,
    {
      method: 'get',
      path: '/dialog/{callid}',
      operationId: 'getDialog',
      tags: ['mediaswitch'],
      summary: 'One dialog, as its events tell it, and what was noted with it.',
      params: z.object({ callid: z.string().max(4096) }),
      responses: { 200: { description: 'The dialog.', content: json(dialogView) }, 404: failure },
    },
    (c) => {
      const found = commands.dialog(c.req.param('callid') ?? '');
      if (found === null) throw new PlainRefusal(404, 'no dialog has this callid');
      return c.json(found);
    },
  );
}

/** Empty where it is queued. */
function answered(c: Context<ApiEnv>, outcome: DialogOutcome): Response {
  if (!outcome.ok) throw new PlainRefusal(outcome.statusCode, outcome.reason);
  return c.body(null, 200);
}
