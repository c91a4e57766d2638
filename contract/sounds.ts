import { z } from 'zod';

/** A name of /sounds. */
export const soundName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/)
  .describe('1 to 64 letters, digits, `-` and `_`.');

export const soundView = z.object({
  name: soundName,
  format: z.enum(['wav', 'ogg', 'mp3']),
  bytes: z.number().int(),
  duration_ms: z.number().int(),
  sample_rate_hz: z.number().int(),
  channels: z.number().int(),
  sha256: z.string().describe('Of the file, in hex.'),
  changed_ms: z.number().int().describe('Milliseconds since the Unix epoch.'),
});
export type SoundView = z.output<typeof soundView>;

export const soundList = z.object({ sounds: z.array(soundView) });

const gainDb = z.number().min(-60).max(20).describe('dB');

const playbackSource = {
  url: z.string().max(2048).optional().describe('An http or https URL of a WAV, Ogg Opus or MP3 file.'),
  sound: soundName.optional(),
  tone: z
    .string()
    .max(4096)
    .optional()
    .describe('`440*0.5/0:400/200`: frequencies, then durations in ms; see docs/sounds.md.'),
  text: z.string().min(1).max(4000).optional().describe('Is spoken.'),
  silence_ms: z.number().int().min(1).max(3_600_000).optional(),
};

/** Plays one sound to a room, or to one member of it. */
export const playbackBody = z
  .object({
    ...playbackSource,
    member_id: z.string().min(1).max(255).optional().describe('It alone hears the sound; left out: all do.'),
    voice: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9+_-]{0,63}$/)
      .optional()
      .describe('Of `text`; that of tts_voice where it is left out.'),
    loops: z
      .number()
      .int()
      .min(0)
      .max(10_000)
      .optional()
      .describe('How often in all; 0: until it is stopped. Left out: once.'),
    gain_db: gainDb.optional(),
    duck_db: z.number().min(0).max(60).optional().describe('So much quieter while a member speaks.'),
    over: z
      .boolean()
      .optional()
      .describe('With member_id: heard beside the room, which is usual; false: in place of it.'),
    queue: z
      .boolean()
      .optional()
      .describe(
        'After what plays and waits for the same room or member. Else at once: a room hears both, a member the new one alone.',
      ),
  })
  .refine(
    (body) =>
      [body.url, body.sound, body.tone, body.text, body.silence_ms].filter((one) => one !== undefined).length === 1,
    { message: 'needs one of url, sound, tone, text and silence_ms', path: ['url'] },
  );
export type PlaybackBody = z.output<typeof playbackBody>;

export const updatePlaybackBody = z.object({ paused: z.boolean().optional(), gain_db: gainDb.optional() });
export type UpdatePlaybackBody = z.output<typeof updatePlaybackBody>;

export const playbackState = z
  .enum(['loading', 'queued', 'playing', 'paused', 'ended', 'failed'])
  .describe('`loading`: the file is fetched or the text is spoken; `queued`: others are before it.');

export const playbackView = z.object({
  playback_id: z.string(),
  room_id: z.string(),
  member_id: z.string().nullable(),
  source: z.object(playbackSource),
  state: playbackState,
  loops: z.number().int(),
  gain_db: z.number(),
  duck_db: z.number(),
  created_ms: z.number().int(),
  played_ms: z.number().nullable().describe('Known at the end.'),
  reason: z.enum(['played', 'stopped', 'gone']).nullable().describe('Of `ended`.'),
  error: z.string().nullable().describe('Of `failed`.'),
});
export type PlaybackView = z.output<typeof playbackView>;

export const playbackList = z.object({ playbacks: z.array(playbackView) });
