import { z } from 'zod';

// What a control server is sent: mediaswitch contract 2.1, 1.5 and 3.4. It has to serve the original's SIP server too, so
// that fields which carry no decision may be missing.

const text = z.string().nullish().transform(orEmpty);
const flag = z.boolean().nullish().transform(Boolean);
const whole = z.coerce.number().int().nullish().transform(orZero);

function orEmpty(value: string | null | undefined): string {
  return value ?? '';
}

function orZero(value: number | null | undefined): number {
  return value ?? 0;
}

const connection = z.looseObject({ address: z.string(), ipver: z.number().optional(), nettype: z.string().optional() });
const encoding = z.looseObject({ encoding: z.string(), clock: z.union([z.number(), z.string()]) });
const mediaLine = z.looseObject({
  media: z.string(),
  port: z.coerce.number().int().min(0).max(65_535),
  payloads: z
    .array(z.union([z.number().int(), z.string()]))
    .default([])
    // Formats of what is no RTP are words.
    .transform((formats) => formats.map(Number).filter(Number.isInteger)),
  rtpmap: z.record(z.string(), encoding).optional(),
  fmtp: z.record(z.string(), z.string()).optional(),
  direction: z.string().optional(),
  c: z.union([connection, z.array(connection)]).optional(),
});

/** A session description as JSON (contract 1.6), as far as a control server looks at it; all else is kept. `{}`: none. */
export const sdpSeen = z.looseObject({ c: z.array(connection).optional(), m: z.array(mediaLine).optional() });
export type SdpSeen = z.output<typeof sdpSeen>;

const error = z.object({ code: whole, status: text });
const noError = { code: 0, status: '' };
const epochs = z.object({ start: whole, ring: whole, answer: whole, end: whole });
const noEpochs = { start: 0, ring: 0, answer: 0, end: 0 };

export const referSeen = z.looseObject({
  to: z.string(),
  replaces: z.string().nullish(),
  domain: z.string().nullish(),
});

/** `PUT /dialog/{callid}`, contract 1.5.2: the whole state of a dialog, never a change of it. Epochs are Unix seconds. */
export const dialogNews = z.looseObject({
  callid: text,
  domain: text,
  to: text,
  from: text,
  contact: text,
  maxforwards: z.coerce
    .number()
    .int()
    .nullish()
    .transform((hops) => hops ?? 70),
  refer: referSeen.optional(),
  authenticated: flag,
  ring: flag,
  answered: flag,
  hold: flag,
  originator: flag,
  hangup: flag,
  error: error.nullish().transform((given) => given ?? noError),
  remote: z
    .object({ host: text, port: whole })
    .nullish()
    .transform((given) => given ?? { host: '', port: 0 }),
  sdp: z
    .object({
      them: sdpSeen.nullish().transform((sdp) => sdp ?? {}),
      us: sdpSeen.nullish().transform((sdp) => sdp ?? {}),
    })
    .nullish()
    .transform((given) => given ?? { them: {}, us: {} }),
  epochs: epochs.nullish().transform((given) => given ?? noEpochs),
});
export type DialogNews = z.output<typeof dialogNews>;

/**
 * What `hookline/control` leaves with its dialogs (`POST /dialog/note`) to know them again after a restart. `ring`,
 * `answered` and `hold`: as it knew them then. Legs are named by their Call-IDs.
 */
export const legNote = z.object({
  hookline: z.literal(1),
  ring: z.boolean(),
  answered: z.boolean(),
  hold: z.boolean(),
  parent: z.string().nullable(),
  isParent: z.boolean(),
  /** One of a ring group of its parent. */
  isGrouped: z.boolean(),
  mixed: z.string().nullable(),
  /** Who are mixed once this leg is over. */
  mixAfter: z.tuple([z.string(), z.string()]).nullable(),
  referred: z.object({ to: z.string(), referedby: z.string() }).nullable(),
  cid: z.object({ name: z.string().optional(), number: z.string().optional(), private: z.boolean().optional() }),
  codecs: z.array(z.string()).max(16),
  channel: z
    .object({
      uuid: z.string().min(1),
      ip: z.string(),
      port: z.number().int().min(0).max(65_535),
      rtp: z.string().describe('URL of the RTP server.'),
    })
    .nullable(),
});
export type LegNote = z.output<typeof legNote>;

const port = z.coerce.number().int().min(0).max(65_535);
const registrationDetails = { host: z.string().optional(), port: port.optional(), agent: z.string().optional() };

/** `PUT /reg/{domain}/{user}`: who it is stands in the path. */
export const registrationNews = z.object(registrationDetails);

/** `PUT`, `POST` and `DELETE /reg`: the form of the README's examples, who it is stands in the body. */
export const registrationBody = z.object({
  domain: z.string().min(1),
  user: z.string().min(1),
  ...registrationDetails,
});

const callerId = z.object({
  name: z.string().optional(),
  number: z.string().optional(),
  private: z.boolean().optional(),
});

const party = z.union([
  z.object({ user: z.string().min(1), domain: z.string().optional() }),
  z
    .string()
    .min(1)
    .transform((address) => {
      const [user = '', domain] = address.split('@', 2);
      return domain === undefined ? { user } : { user, domain };
    }),
]);

const inviteOrder = z
  .object({
    to: party,
    from: party.optional(),
    domain: z.string().optional(),
    callerid: callerId.optional(),
    cid: callerId.optional(),
    maxforwards: z.number().int().min(0).max(255).optional(),
  })
  .transform(({ to, from, domain, callerid, cid, maxforwards }) => ({
    to: to.user,
    from: from?.user ?? cid?.number ?? callerid?.number ?? 'anonymous',
    domain: from?.domain ?? domain ?? to.domain ?? '',
    cid: cid ?? callerid ?? {},
    maxforwards: maxforwards ?? 70,
  }));
export type InviteOrder = z.output<typeof inviteOrder>;

/** `POST /invite`: both forms of contract 1.4.1. At most 32 at a time. */
export const inviteBody = z.union([z.array(inviteOrder).min(1).max(32), inviteOrder.transform((order) => [order])]);

/** `POST /channel/{uuid}`, contract 3.4: what became of an RTP channel. */
export const channelNews = z.looseObject({
  event: z.enum(['dtmf', 'record', 'close', 'play']),
  reason: z.string().optional(),
  digit: z.string().optional(),
  stats: z.looseObject({}).optional(),
});
export type ChannelNews = z.output<typeof channelNews>;
