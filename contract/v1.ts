import { z } from 'zod';
import { apiErrorCode } from './errors.js';
import { mediaEventBody } from './quality.js';
import { memberEntry, roomSettings } from './rooms.js';

// What a reader takes: a missing optional field equals null, unknown fields are ignored, anything else is a fault.
// What a writer sends: optional hook values as explicit null, so the types of requests say `| null` and not `?`.

const text = z.string().max(255);
const name = z.string().min(1).max(255);
const epochMs = z.number().int().describe('Milliseconds since the Unix epoch.');
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused here.
const printable = /^[^\u0000-\u001f\u007f]*$/;
const optionalText = z
  .string()
  .max(2048)
  .nullish()
  .transform((value) => value ?? null);

// Hooks (gateway → application)

/** POST {hook_url}/auth. `algorithm` is there only when the client did not pick MD5. */
export const authHookRequest = z.object({
  username: z.string().describe('The digest username that the client claims.'),
  realm: z.string().describe("The gateway's realm, not the client's echo of it."),
  session_id: z.string().describe('The id that the registration will have if it succeeds.'),
  algorithm: z
    .enum(['SHA-256', 'SHA-512-256'])
    .optional()
    .describe('Present when the client answered with another algorithm than MD5; `ha1` is then that hash.'),
});
export type AuthHookRequest = z.output<typeof authHookRequest>;

export const authHookReply = z.object({
  success: z.boolean(),
  ha1: z
    .string()
    .nullish()
    .transform((value) => value ?? null)
    .describe('Lowercase hex hash of `username:realm:password`; required when `success` is true.'),
});
export type AuthHookReply = z.output<typeof authHookReply>;

/** POST {hook_url}/register and {hook_url}/unregister. */
export const registrationHookRequest = z.object({
  username: z.string(),
  realm: z.string(),
  session_id: z.string().describe('Compare it before deleting: a newer registration of that user may exist.'),
});
export type RegistrationHookRequest = z.output<typeof registrationHookRequest>;

/** Answer of the register, unregister and call-event hooks; its value changes nothing. */
export const acknowledgeHookReply = z.object({ success: z.boolean() });
export type AcknowledgeHookReply = z.output<typeof acknowledgeHookReply>;

/** POST {hook_url}/invite. */
export const inviteHookRequest = z.object({
  source: z.string().describe('Source of the INVITE, `ip:port` or `[ipv6]:port`.'),
  username: z.string().nullable().describe('The registered user bound to exactly that source, else null.'),
  from_number: z.string().describe('User part of the From header URI.'),
  to_number: z.string().describe('User part of the To header URI.'),
  conn_id: z.string().describe('Id of this leg; `DELETE /sip/conn/{conn_id}` closes it.'),
  referred_by: z
    .string()
    .optional()
    .describe('A member of a room who sends this one to that number by a blind transfer; its leg is up already.'),
});
export type InviteHookRequest = z.output<typeof inviteHookRequest>;

export const inviteStrategy = z.enum(['Reject', 'Accept', 'WaitOtherPeers']);

export const inviteHookReply = z.object({
  strategy: inviteStrategy,
  room_id: z
    .string()
    .nullish()
    .transform((value) => value ?? null)
    .describe('The room to join; without one (or empty) the caller is refused with 486.'),
  echo: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false)
    .describe('The member also hears itself.'),
  room: roomSettings
    .nullish()
    .describe('What the room is like if this caller makes it; one that is there stays as it is.'),
  member: memberEntry.nullish().describe('How the caller comes in.'),
});
export type InviteHookReply = z.output<typeof inviteHookReply>;

export const callDirection = z.enum(['in', 'out']);

export const callState = z.enum(['Connecting', 'Ringing', 'Connected', 'Rejected', 'Canceled', 'Failed', 'Ended']);
export type CallState = z.output<typeof callState>;

/** States that end a call; exactly one of them is reported per call. */
export const terminalCallStates: readonly CallState[] = ['Rejected', 'Canceled', 'Failed', 'Ended'];

/** POST to the call's `hook_uri`, else to {hook_url}/event; in order per call. */
export const callEventBody = z.object({
  type: z.literal('call'),
  direction: callDirection,
  session_id: z.string().describe('Id of the leg: `conn_id` of the invite hook, `session_id` of the invite API.'),
  room_id: z.string(),
  peer_id: z.string().describe("The member's name in the room."),
  from_number: z.string(),
  to_number: z.string(),
  server_alias: z.string().nullable(),
  state: callState,
  code: z.number().int().nullable().describe('SIP status code that ended or refused the call, where there was one.'),
  reason: z.string().nullable(),
  ts: epochMs,
});
export type CallEventBody = z.output<typeof callEventBody>;

/** A key that a phone pressed, with `call_events` on; posted and ordered as the events of its call. */
export const dtmfEventBody = z.object({
  type: z.literal('dtmf'),
  direction: callDirection,
  session_id: z.string().describe('Id of the leg: `conn_id` of the invite hook, `session_id` of the invite API.'),
  room_id: z.string(),
  peer_id: z.string().describe("The member's name in the room."),
  digit: z.string().regex(/^[0-9*#A-D]$/),
  duration_ms: z.number().int().nullable().describe('How long the key was held; null where the phone did not say.'),
  source: z
    .enum(['rfc4733', 'inband', 'info'])
    .describe('telephone-event, tones in the sound (`dtmf_inband`), or SIP INFO: the first that told the key.'),
  ts: epochMs,
});
export type DtmfEventBody = z.output<typeof dtmfEventBody>;

/** POST /event. */
export const eventHookBody = z.discriminatedUnion('type', [callEventBody, dtmfEventBody, mediaEventBody]);
export type EventHookBody = z.output<typeof eventHookBody>;

// HTTP API (application → gateway)

const roomId = name.regex(printable).describe('The room, named by the application.');
const fromNumber = text.regex(printable).describe('User part of the From URI of the INVITE.');
const hookUri = optionalText.describe("Absolute http(s) URL for this call's events.");

/** POST /sip/invite/client. */
export const inviteClientBody = z.object({
  room_id: roomId,
  dest_session_id: z.string().min(1).max(1024).describe('`session_id` of the register hook: the phone to ring.'),
  from_number: fromNumber,
  server_alias: optionalText.describe('Server profile, or else the host of the From URI; null: the gateway itself.'),
  hook_uri: hookUri,
});
export type InviteClientBody = z.output<typeof inviteClientBody>;

/** POST /sip/invite/server. */
export const inviteServerBody = z.object({
  room_id: roomId,
  dest_addr: z.string().max(512).describe('`ip:port`, `[ipv6]:port`, `host` or `host:port`; port 5060 by default.'),
  dest_auth: z
    .object({ username: text, password: text })
    .nullish()
    .transform((value) => value ?? null)
    .describe('Answers one digest challenge of the server.'),
  from_number: fromNumber,
  to_number: name.regex(printable).describe('User part of the To and Request-URI.'),
  server_alias: optionalText.describe('Server profile: From domain, default credentials, outbound proxy.'),
  hook_uri: hookUri,
});
export type InviteServerBody = z.output<typeof inviteServerBody>;

/** `data` of both invite routes. */
export const inviteResult = z.object({
  session_id: z.string().describe('Id of the new leg.'),
  call_id: z.string().describe('The same id under its other name.'),
});
export type InviteResult = z.output<typeof inviteResult>;

/** One binding, `data[]` of GET /sip/sessions. */
export const sessionView = z.object({
  session_id: z.string(),
  username: z.string(),
  realm: z.string(),
  source: z.string().describe('`ip:port` or `[ipv6]:port` that the REGISTER came from.'),
  transport: z.enum(['udp', 'tcp', 'tls', 'ws', 'wss']),
  contact: z.string().describe('The Contact URI as registered.'),
  user_agent: z.string().nullable(),
  registered_at: epochMs,
  expires_at: epochMs,
});
export type SessionView = z.output<typeof sessionView>;

/** One leg, `data[]` of GET /sip/calls. */
export const callView = z.object({
  session_id: z.string(),
  call_id: z.string().describe('The same id under its other name.'),
  direction: callDirection,
  room_id: z.string().describe('Empty while the invite hook is pending.'),
  peer_id: z.string(),
  from_number: z.string(),
  to_number: z.string(),
  state: callState,
  codec: z.string().nullable(),
  server_alias: z.string().nullable(),
  started_at: epochMs,
  answered_at: epochMs.nullable(),
});
export type CallView = z.output<typeof callView>;

/** `{"status":true,"data":…}`. */
export function successEnvelope<T extends z.ZodType>(data: T) {
  return z.object({ status: z.literal(true), data });
}

/** `{"status":false,"error":"CODE"}`; `message` is for people and may change. */
export const errorEnvelope = z.object({
  status: z.literal(false),
  error: apiErrorCode,
  message: z.string().optional().describe('For people; may change.'),
});
export type ErrorEnvelope = z.output<typeof errorEnvelope>;

/** What a client reads before it knows which of the two came. An envelope with `status` false is a failure. */
export const anyEnvelope = z.object({
  status: z.boolean(),
  error: z.string().optional(),
  data: z.unknown().optional(),
});
