import { z } from 'zod';

const name = z.string().min(1).max(255);
const maybeName = name.nullish().transform((value) => value ?? null);
const extraData = z
  .string()
  .max(4096)
  .nullish()
  .transform((value) => value ?? null)
  .describe('What the application says of the member; signed, so that the client cannot change it.');

// Tokens

/** Which door a v1 token is for. Read in any case of letters, written so. */
export const webProtocols = ['Whip', 'Whep', 'Webrtc', 'Rtmp', 'Sip'] as const;
export type WebProtocol = (typeof webProtocols)[number];

/** `iss` of a v2 token. */
export const webIssuers = ['whip', 'whep', 'webrtc', 'rtp'] as const;
export type WebIssuer = (typeof webIssuers)[number];

const protocol = z.string().transform((value, context) => {
  const found = webProtocols.find((word) => word.toLowerCase() === value.toLowerCase());
  if (found !== undefined) return found;
  context.addIssue({ code: 'custom', message: 'unknown protocol' });
  return z.NEVER;
});

/** Claims of a v1 token; a null room or peer is any. `ts`: when it was made, in ms. */
export const v1Claims = z.object({
  room: maybeName,
  peer: maybeName,
  protocol,
  publish: z.boolean().nullish(),
  subscribe: z.boolean().nullish(),
  ts: z.number().nullish(),
  exp: z.number().nullish(),
  extra_data: extraData,
});

/** Claims of a v2 token. `sub`: the application, missing for the root one. `guest`: nobody has invited its bearer (`/join/token`). */
export const v2Claims = z.object({
  iss: z.enum(webIssuers),
  sub: z.string().max(255).nullish(),
  exp: z.number(),
  room: maybeName,
  peer: maybeName,
  record: z.boolean().nullish(),
  extra_data: extraData,
  guest: z.boolean().nullish(),
});

// Making them

/** POST /app/{protocol}_session. */
export const sessionTokenBody = z.object({
  room: maybeName.describe('Null: any.'),
  peer: maybeName.describe('Null: any.'),
  expires_in: z.number().int().min(1).max(31_536_000).nullish().describe('Seconds; without it the token never ends.'),
  publish: z.boolean().nullish().describe('`webrtc` only; true unless told.'),
  subscribe: z.boolean().nullish().describe('`webrtc` only; true unless told.'),
  extra_data: extraData,
});
export type SessionTokenBody = z.output<typeof sessionTokenBody>;

/** POST /token/{door}. */
export const doorTokenBody = z.object({
  room: name,
  peer: maybeName,
  ttl: z.number().int().min(1).max(31_536_000).describe('Seconds.'),
  record: z.boolean().nullish(),
  extra_data: extraData,
});
export type DoorTokenBody = z.output<typeof doorTokenBody>;

/** POST /join/token. */
export const joinTokenBody = z.object({ room: name });
export type JoinTokenBody = z.output<typeof joinTokenBody>;

export const tokenResult = z.object({ token: z.string() });
/** The answer of /app/…: `success`, where all else says `status`. */
export const sessionTokenAnswer = z.object({ success: z.literal(true), data: tokenResult });

// The SDK's way in

/** POST /webrtc/connect; what a page sends besides (senders, client, metadata …) is not looked at. */
export const connectBody = z.object({
  room: maybeName,
  peer: maybeName,
  token: z.string().max(8192),
  sdp: z.string().max(65_536),
  sub_scope: z.string().max(32).nullish(),
  pub_scope: z
    .string()
    .max(32)
    .nullish()
    .describe("`stream_only`: it is heard, and counts as nobody's company: who is with it alone is alone."),
  mix_minus_audio: z
    .enum(['Disabled', 'AllAudioStreams', 'ManualAudioStreams'])
    .nullish()
    .describe('Disabled: it hears nothing. The room has one mix for all, so that there is no manual choice.'),
});
export type ConnectBody = z.output<typeof connectBody>;

export const connectResult = z.object({ node_id: z.number().int(), conn_id: z.string(), sdp: z.string() });

/** POST /webrtc/ice_remote. */
export const iceRemoteBody = z.object({
  conn_id: z.string().max(1024),
  candidate: z.string().max(4096).describe('A value of `a=candidate`; empty: there are no more.'),
});
