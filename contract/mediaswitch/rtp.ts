import { z } from 'zod';

// The RTP server of mediaswitch, contract §3. Unknown keys are ignored; a missing optional key equals null.

const port = z.number().int().min(0).max(65_535);
const address = z.union([z.ipv4(), z.ipv6()]);
const count = z.number().int();

/** A control server: its URL, or host and port. */
const controlServer = z.union([
  z.url({ protocol: /^https?$/ }),
  z.object({ host: z.string().min(1).max(255), port: port.min(1) }),
]);

/** POST / and POST /channel. */
export const openChannelBody = z.object({
  control: controlServer.nullish().describe('Where the events of the channel are posted: `{control}/channel/{uuid}`.'),
});
export type OpenChannelBody = z.output<typeof openChannelBody>;

export const channelWorkload = z.object({
  active: count.describe('Channels that are open.'),
  available: count.describe('Channels that could be opened now.'),
});
export type ChannelWorkload = z.output<typeof channelWorkload>;

const load = z
  .object({
    busy_share: z.number().describe('Of one core, 0 to 1, of the busiest media host.'),
    mixer_lateness_ms: z.number().describe('99th percentile of how late the beats of the worst host are.'),
  })
  .describe('Workload beyond the channels.');

const server = z.string().describe('Another one when the server was started anew: it has no channel from before.');

/** GET /channel. */
export const rtpWorkload = z.object({ channels: channelWorkload, server, load });
export type RtpWorkload = z.output<typeof rtpWorkload>;

/** The answer of POST / and POST /channel. */
export const openedChannel = z.object({
  uuid: z.string(),
  channel: z.string().describe('The same id under its other name.'),
  ip: z.string().describe('The published address.'),
  port: count.describe('The even port of the pair: RTP; RTCP is on the next one.'),
  channels: channelWorkload,
  server,
  load,
});
export type OpenedChannel = z.output<typeof openedChannel>;

/** The answer of DELETE /channel/{uuid}. */
export const closedChannel = z.object({ channels: channelWorkload });
export type ClosedChannel = z.output<typeof closedChannel>;

const payloads = z
  .array(z.number().int().min(0).max(127))
  .max(128)
  .describe('Payload types agreed on; the first of 0, 8, 9 and 97 is sent, 101 is telephone-event.');

/** PUT /channel/{uuid}. */
export const setChannelBody = z.object({
  ip: address.describe('Where the peer wants its RTP; 0.0.0.0 is hold.'),
  port: port.describe('0 is hold.'),
  audio: z.object({ payloads: payloads.nullish() }).nullish(),
  direction: z
    .object({ send: z.boolean().nullish(), recv: z.boolean().nullish() })
    .nullish()
    .describe('`recv` false: the peer is on hold and need not send anything. Both true unless told.'),
});
export type SetChannelBody = z.output<typeof setChannelBody>;

/** PUT /channel/target/{uuid}. */
export const targetBody = z
  .object({ ip: address.nullish(), address: address.nullish(), port })
  .refine(({ ip, address: other }) => (ip ?? other ?? null) !== null, { message: 'ip is missing', path: ['ip'] });
export type TargetBody = z.output<typeof targetBody>;

const loop = z.union([z.boolean(), z.number().int().min(0).max(1_000_000)]);
const names = z.union([z.string().min(1).max(1024), z.array(z.string().min(1).max(1024)).min(1).max(64)]);
const momentMs = z.number().min(0).max(86_400_000);

/** Sound files of one entry, in the formats that there are of it. */
export const soundKinds = ['pcmu', 'pcma', 'l168k', 'l1616k', 'ilbc', 'g722', 'wav'] as const;
export type SoundKind = (typeof soundKinds)[number];

const soundFile = z
  .object({
    pcmu: names.nullish(),
    pcma: names.nullish(),
    l168k: names.nullish(),
    l1616k: names.nullish(),
    ilbc: names.nullish(),
    g722: names.nullish(),
    wav: names.nullish(),
    start: momentMs.nullish().describe('Milliseconds into the file.'),
    stop: momentMs.nullish(),
    loop: loop.nullish().describe('How often the entry is played; true: for ever.'),
  })
  .refine((file) => soundKinds.some((kind) => (file[kind] ?? null) !== null), {
    message: `one of ${soundKinds.join(', ')} is missing`,
  });

/** PUT /channel/{uuid}/play: a sound soup. */
export const soundSoup = z.object({
  loop: loop.nullish().describe('How often the list is played; true: for ever.'),
  files: z.array(soundFile).min(1).max(256),
});
export type SoundSoup = z.output<typeof soundSoup>;

/** PUT /channel/{uuid}/record. */
export const recordBody = z.object({
  file: z.string().min(1).max(1024).describe('Below the directory of the sounds; a WAV file.'),
  maxduration: z.number().int().min(1).max(86_400_000).nullish().describe('Milliseconds.'),
  numchannels: z
    .union([z.literal(1), z.literal(2)])
    .nullish()
    .describe('2, the default: left what the peer says, right what it hears. 1: the sum of both.'),
});
export type RecordBody = z.output<typeof recordBody>;

/** PUT /channel/{uuid}/dtmf. */
export const dtmfBody = z.object({ digits: z.string().regex(/^[0-9*#A-Da-d]{1,64}$/) });
export type DtmfBody = z.output<typeof dtmfBody>;

/** PUT /channel/{uuid}/echo. */
export const echoBody = z.object({ on: z.boolean() });
export type EchoBody = z.output<typeof echoBody>;

export const channelStats = z.object({
  in: z.object({ pkts: count, lost: count, jitter_ms: z.number() }),
  out: z.object({ pkts: count }),
  mos: z.number().describe('1 + 0.035R + 0.000007R(R-60)(100-R), R = percent of packets that came; 0 if none did.'),
});
export type ChannelStats = z.output<typeof channelStats>;

export const closeReason = z.enum(['requested', 'idle-timeout', 'media-host-lost', 'shutdown']);
export type CloseReason = z.output<typeof closeReason>;

/** POST {control}/channel/{uuid}, in order per channel; `close` is the last. */
export const channelEvent = z.discriminatedUnion('event', [
  z.object({ event: z.literal('dtmf'), digit: z.string().regex(/^[0-9*#A-D]$/) }),
  z.object({
    event: z.literal('record'),
    file: z.string(),
    reason: z
      .enum(['started', 'requested', 'timeout', 'replaced', 'channelclosed', 'failed'])
      .describe('`started`, and then exactly one of the others.'),
    filesize: count.optional().describe('Bytes, once it is finished.'),
  }),
  z.object({ event: z.literal('close'), reason: closeReason, stats: channelStats }),
]);
export type ChannelEvent = z.output<typeof channelEvent>;

/** Every answer that is not 200. */
export const rtpFailure = z.object({ error: z.string() });
