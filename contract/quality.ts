import { z } from 'zod';

// How calls sound: an addition to contract 2.5 and 3.3. `in` is what comes from the peer, `out` what goes to it.

const epochMs = z.number().int().describe('Milliseconds since the Unix epoch.');
const count = z.number().int();
const figure = z.number().nullable();
const mos = figure.describe('Mean opinion score by the E-model (ITU-T G.107), 1 to 4.5; null: no figure.');

const spread = z
  .object({
    min: z.number(),
    avg: z.number(),
    max: z.number(),
    p95: z.number().describe('19 of 20 seconds were no worse.'),
  })
  .nullable();

/** Contract words of RFC 3611 §4.7. */
export const voipMetricsView = z.object({
  loss_percent: z.number(),
  discard_percent: z.number(),
  burst_percent: z.number().describe('Share of packets missing within bursts.'),
  gap_percent: z.number().describe('Share of packets missing between bursts.'),
  burst_ms: count,
  gap_ms: count,
  round_trip_ms: figure,
  end_system_delay_ms: count,
  signal_level_db: figure,
  noise_level_db: figure,
  echo_return_loss_db: figure,
  r: figure,
  mos_lq: figure,
  mos_cq: figure,
  buffer_nominal_ms: count,
  buffer_maximum_ms: count,
});
export type VoipMetricsView = z.output<typeof voipMetricsView>;

export const qualitySummary = z.object({
  seconds: count.describe('Seconds that were measured.'),
  one_way_count: count.describe('How often sound went one way only.'),
  in: z.object({
    codec: z.string().nullable(),
    packets: count,
    lost: count,
    late: count.describe('Came too late to be heard.'),
    concealed_ms: count,
    bursts: count.describe('RFC 3611 §4.7.2, Gmin 16.'),
    burst_percent: z.number(),
    burst_ms: z.number(),
    gap_percent: z.number(),
    gap_ms: z.number(),
    loss_percent: spread,
    jitter_ms: spread,
    buffer_ms: spread,
    mos: spread,
  }),
  out: z.object({
    codec: z.string().nullable(),
    packets: count,
    lost: count.nullable().describe('By the RTCP of the peer; null: it sent none.'),
    loss_percent: spread,
    jitter_ms: spread,
    round_trip_ms: spread,
    mos: spread,
    voip_metrics: voipMetricsView.nullable().describe('What the peer said last of how it hears (RFC 3611 §4.7).'),
  }),
});
export type QualitySummaryView = z.output<typeof qualitySummary>;

export const oneWayView = z.object({
  way: z.enum(['in', 'out', 'both']).describe('The way that is broken.'),
  cause: z.enum(['nothing-came', 'from-elsewhere', 'stopped', 'not-heard']),
  silent_ms: count,
  local: z.string().describe('Where we wait for RTP, `ip:port`.'),
  sdp: z.string().describe('The address in the SDP of the peer.'),
  sdp_private: z.boolean().describe('It is one of a private network: nobody outside of it can reach it.'),
  latched: z.string().nullable().describe('Where RTP of the peer came from, and ours goes; null: to the SDP address.'),
  refused: z.string().nullable().describe('The last source whose RTP was not taken for the peer.'),
  packets_sent: count,
  packets_received: count,
});
export type OneWayView = z.output<typeof oneWayView>;

/** One second, or one minute: then packets are sums, `longest_run` the longest, all else the mean. */
export const qualityRow = z.object({
  at: epochMs.describe('When it began, in milliseconds since the Unix epoch.'),
  in: z.object({
    packets: figure,
    lost: figure,
    late: figure,
    longest_run: figure.describe('Packets missing in a row.'),
    jitter_ms: figure,
    buffer_ms: figure.describe('How long the packet that was heard last had waited.'),
    concealed_ms: figure,
    r: figure,
    mos,
  }),
  out: z.object({
    packets: figure,
    loss_percent: figure,
    jitter_ms: figure,
    round_trip_ms: figure,
    r: figure,
    mos,
  }),
});
export type QualityRow = z.output<typeof qualityRow>;

/** `data` of GET /sip/conn/{conn_id}/quality. */
export const qualityView = z.object({
  session_id: z.string(),
  one_way: oneWayView.nullable().describe('Sound goes one way only, now.'),
  seconds: z.array(qualityRow).describe('The last five to six minutes.'),
  minutes: z.array(qualityRow).describe('Whole minutes, of the last two hours.'),
  summary: qualitySummary,
});
export type QualityView = z.output<typeof qualityView>;

/** With `media_events`, posted to where the events of the call go and in order with them; `quality` comes last of all. */
export const mediaEventBody = z.object({
  type: z.literal('media'),
  event: z.enum(['one_way', 'two_way', 'quality']),
  session_id: z.string().describe('Id of the leg, as in call events.'),
  room_id: z.string(),
  peer_id: z.string(),
  one_way: oneWayView.nullable(),
  quality: qualitySummary.nullable(),
  ts: epochMs,
});
export type MediaEventBody = z.output<typeof mediaEventBody>;
