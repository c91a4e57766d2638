import { z } from 'zod';
import { memberRole } from './room-events.js';

const name = z.string().min(1).max(255);

export const streamEncoding = z
  .enum(['mulaw', 'l16'])
  .describe('`mulaw`: G.711 µ-law, one byte a sample. `l16`: 16 bits a sample, signed, little-endian. Both mono.');
export type StreamEncoding = z.output<typeof streamEncoding>;

export const streamRate = z
  .union([z.literal(8000), z.literal(16_000), z.literal(24_000)])
  .describe('Samples a second.');
export type StreamRateHz = z.output<typeof streamRate>;

export const streamWays = z
  .enum(['both', 'hears', 'speaks'])
  .describe('What the application does: `hears` is never heard and keeps no room alive.');
export type StreamWays = z.output<typeof streamWays>;

export const streamFrames = z
  .enum(['json', 'binary'])
  .describe('`json`: sound as base64 in `media` messages. `binary`: sound as binary frames without a header.');
export type StreamFrames = z.output<typeof streamFrames>;

/** How a stream is: all of it may be left out, and what is left is what Twilio Media Streams do. */
export const streamSettings = z.object({
  encoding: streamEncoding.default('mulaw'),
  rate: streamRate.default(8000),
  ways: streamWays.default('both'),
  of: name
    .default('mix')
    .describe('`mix`: the room without the stream itself. A member_id: that member alone, who alone hears the stream.'),
  name: name.default('stream').describe('What the room shows.'),
  role: memberRole.default('member'),
  custom_parameters: z
    .record(z.string().max(100), z.string().max(500))
    .refine((all) => Object.keys(all).length <= 50, 'at most 50')
    .default({})
    .describe('Told in `start`.'),
  chunk_ms: z.number().int().min(20).max(500).multipleOf(20).default(20).describe('Sound in one message.'),
  frames: streamFrames.default('json'),
  stays: z.boolean().default(false).describe('It stays when nobody but streams is left, who otherwise end then.'),
  buffer_ms: z
    .number()
    .int()
    .min(100)
    .max(60_000)
    .default(60_000)
    .describe('Sound of the application that may wait to be said; what comes beyond is dropped and counted.'),
});
export type StreamSettings = z.output<typeof streamSettings>;

export const createStreamBody = streamSettings.extend({
  url: z
    .url({ protocol: /^wss?$/ })
    .max(2048)
    .describe('Where we connect to.'),
  reconnects: z
    .number()
    .int()
    .min(0)
    .max(10)
    .default(0)
    .describe(
      'How often a connection that broke is made again, after 0.5 s, 1 s, 2 s …; each begins with `connected`.',
    ),
});
export type CreateStreamBody = z.output<typeof createStreamBody>;

/** What the query of `GET /streams/{room_id}` may hold: the settings as text, and `param.NAME` for custom parameters. */
export const streamQuery = streamSettings.omit({ custom_parameters: true }).extend({
  rate: z.coerce.number().pipe(streamRate).default(8000),
  stays: z.stringbool().default(false),
  chunk_ms: z.coerce.number().pipe(streamSettings.shape.chunk_ms.unwrap()).default(20),
  buffer_ms: z.coerce.number().pipe(streamSettings.shape.buffer_ms.unwrap()).default(60_000),
});

export const streamState = z.enum(['open', 'reconnecting']);

export const streamView = z.object({
  stream_id: z.string().describe('Also its member_id in the room.'),
  room_id: z.string(),
  state: streamState,
  direction: z.enum(['in', 'out']).describe('`out`: we connected.'),
  url: z.string().nullable().describe('Without its credentials and query; null: the application connected.'),
  name: z.string(),
  encoding: streamEncoding,
  rate: streamRate,
  ways: streamWays,
  of: z.string(),
  frames: streamFrames,
  chunk_ms: z.number().int(),
  started_ms: z.number().int().describe('In milliseconds since the Unix epoch.'),
  sent_chunks: z.number().int(),
  lost_chunks: z.number().int().describe('Sound that the application did not take in time, oldest first.'),
  received_ms: z.number().int().describe('Sound that came from the application.'),
  refused_ms: z.number().int().describe('Sound from it for which `buffer_ms` had no room.'),
  waiting_ms: z.number().int().describe('Sound from it that has not been said yet.'),
});
export type StreamView = z.output<typeof streamView>;
