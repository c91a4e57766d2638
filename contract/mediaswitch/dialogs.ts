import { z } from 'zod';

// Dialogs between a peer and its control server: mediaswitch contract 1.4 and 1.5.2. Bodies are taken in both of the
// forms that its users send; unknown fields are ignored.

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused here.
const printable = /^[^\u0000-\u001f\u007f\ud800-\udfff]*$/u;
const words = (maxLength: number) => z.string().max(maxLength).regex(printable, 'has a control character');
const user = words(255);
const host = words(260).describe('A domain, with a port or without.');

/** A session description as JSON: contract 1.6. */
export const sessionJson = z.record(z.string(), z.unknown());
export type SessionJson = z.output<typeof sessionJson>;

const httpUrl = z
  .string()
  .max(2048)
  .refine((text) => /^https?:\/\//i.test(text) && URL.canParse(text), 'not an http URL');
const controlHost = z.object({ host: z.string().min(1).max(255), port: z.number().int().min(1).max(65_535) });

/** A control server, as a URL or as host and port; read into a URL without a slash at its end. */
export const controlAddress = z.union([httpUrl, controlHost]).transform((given, context) => {
  if (typeof given === 'string') return given.replace(/\/+$/, '');
  const named = given.host.includes(':') && !given.host.startsWith('[') ? `[${given.host}]` : given.host;
  const url = `http://${named}:${given.port}`;
  if (URL.canParse(url) && new URL(url).pathname === '/') return url;
  context.addIssue({ code: 'custom', message: 'not a host' });
  return z.NEVER;
});

const callerId = z.object({
  number: z.union([user, z.number().transform(String)]).nullish(),
  name: user.nullish(),
  private: z.boolean().nullish(),
});

const common = {
  maxforwards: z.number().int().min(1).max(255).nullish().describe('70 unless told.'),
  control: controlAddress
    .nullish()
    .describe("Who hears of it and drives it; the control of the callee's domain unless told."),
  callerid: callerId.nullish(),
  cid: callerId.nullish().describe('Another name of `callerid`; the caller unless told.'),
  sdp: sessionJson.nullish().describe('The offer; without it the callee makes one.'),
};

/** `from` and `to` as texts, `domain` beside them. */
export const plainOriginate = z.object({
  domain: host.min(1).nullish().describe('Of a user that is named without one.'),
  from: user.min(1).describe('A user, or user@domain.'),
  to: user.min(1).describe('A user, or user@domain.'),
  ...common,
});

/** `from` and `to` as objects. */
export const structuredOriginate = z.object({
  from: z.object({ domain: host.min(1), user: user.min(1), authsecret: z.string().max(512).nullish() }),
  to: z.object({ user: user.min(1), domain: host.min(1).nullish() }),
  ...common,
});

const originate = z.union([structuredOriginate, plainOriginate]);
export type OriginateBody = z.output<typeof originate>;

/** Calls that one request may ask for. */
export const MAX_ORIGINATED = 64;

/** POST /dialog/invite and /invite: one call, or a list of them. */
export const originateBody = z.union([originate, z.array(originate).min(1).max(MAX_ORIGINATED)]);

export const originatedBody = z.object({ callid: z.string().describe('The SIP Call-ID.') });
/** For a list of more than one call: in its order, the call or why there is none. */
export const originatedListBody = z.array(
  z.union([originatedBody, z.object({ code: z.number().int(), error: z.string() })]),
);

/** Without it the request is for no dialog: 404. */
const callid = z.string().max(4096).nullish();

export const ringBody = z.object({
  callid,
  alertinfo: words(1024).nullish().describe('Sent as Alert-Info.'),
});
export const answerBody = z.object({ callid, sdp: sessionJson.nullish() });
export const notifyBody = z.object({ callid });
/** Bytes of a note, as JSON in UTF-8. */
export const MAX_NOTE_BYTES = 4096;

/** POST and PUT /dialog/note. */
export const noteBody = z.object({
  callid,
  note: z
    .unknown()
    .refine((note) => noteText(note) !== null, `not JSON of at most ${MAX_NOTE_BYTES} bytes`)
    .describe('Any JSON, in place of the one before; null takes it away.'),
});

/** What is kept of a note; null for what is none or too long. */
export function noteText(note: unknown): string | null {
  try {
    const text: string | undefined = JSON.stringify(note);
    return text !== undefined && new TextEncoder().encode(text).length <= MAX_NOTE_BYTES ? text : null;
  } catch {
    // Nested deeper than the stack.
    return null;
  }
}

export const hangupBody = z.object({
  callid,
  code: z.number().int().min(300).max(699).nullish().describe('Of an unanswered incoming call; 404 unless told.'),
  reason: words(256).nullish().describe('The reason phrase.'),
});

/** GET /dialog. */
export const dialogsBody = z.object({
  count: z.number().int().describe('Dialogs now.'),
  counter: z.number().int().describe('Dialogs since the start.'),
});

const epoch = z.number().int().describe('Seconds since the Unix epoch; 0: not yet.');

/** GET /dialog?control=…: the dialogs of one control server as well. */
export const dialogsQuery = z.object({
  control: httpUrl.optional().describe('The URL of a control server.'),
});
export const ownDialogsBody = dialogsBody.extend({
  callids: z.array(z.string()).describe('Call-IDs of the dialogs whose events go to that control server.'),
});

/** PUT {control}/dialog/{callid}: always all of it. */
export const dialogDocument = z.object({
  callid: z.string().describe('The SIP Call-ID.'),
  domain: z.string().describe('Host of the Request-URI; of a call of ours that of the caller.'),
  to: z.string(),
  from: z.string(),
  contact: z.string().describe('Contact of the INVITE.'),
  maxforwards: z.number().int(),
  refer: z
    .object({
      to: z.string(),
      domain: z.string().optional(),
      replaces: z.string().optional().describe('Call-ID of the dialog to replace.'),
    })
    .optional()
    .describe('Only where a REFER is what happened.'),
  authenticated: z.boolean().describe('The caller has proved who he is; of a call of ours: it is answered.'),
  ring: z.boolean(),
  answered: z.boolean(),
  hold: z.boolean(),
  originator: z.boolean().describe('We sent the INVITE.'),
  hangup: z.boolean(),
  error: z.object({ code: z.number().int().describe('SIP status; 0: none.'), status: z.string() }),
  remote: z.object({ host: z.string(), port: z.number().int() }),
  sdp: z.object({ them: sessionJson, us: sessionJson }),
  epochs: z.object({ start: epoch, ring: epoch, answer: epoch, end: epoch }),
});
export type DialogDocument = z.output<typeof dialogDocument>;

/** GET /dialog/{callid}. */
export const dialogView = dialogDocument.extend({
  note: z.unknown().optional().describe('What its control server has noted with POST /dialog/note.'),
});
export type DialogView = z.output<typeof dialogView>;
