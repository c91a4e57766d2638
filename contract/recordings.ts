import { z } from 'zod';

export const recordingBody = z.object({
  source: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe(
      '`mix`, which is usual: all together; `members`: each in a file of its own, also who comes later; or a member_id.',
    ),
  format: z.enum(['wav', 'ogg']).optional().describe('16-bit PCM, or Opus in Ogg; wav unless told.'),
  rate: z
    .union([z.literal(8000), z.literal(16_000), z.literal(48_000)])
    .optional()
    .describe('Hz; 16000 unless told.'),
  split_s: z
    .number()
    .int()
    .min(1)
    .max(86_400)
    .optional()
    .describe('A new file after so many seconds; no sample is lost.'),
  max_s: z.number().int().min(1).max(604_800).optional().describe('The recording ends after so many seconds.'),
});
export type RecordingBody = z.output<typeof recordingBody>;

export const updateRecordingBody = z.object({ paused: z.boolean() });

export const recordingFile = z.object({
  file: z.string().describe('GET /recordings/{recording_id}/files/{file}.'),
  member_id: z.string().nullable().describe('Whose sound it is; null: the mix.'),
  start_ms: z.number().describe('When it begins, from the start of the recording: the time line of all its files.'),
  duration_ms: z.number(),
  bytes: z.number().int(),
  sha256: z.string().describe('In hex.'),
});
export type RecordingFile = z.output<typeof recordingFile>;

export const recordingView = z.object({
  recording_id: z.string(),
  room_id: z.string(),
  source: z.string(),
  format: z.enum(['wav', 'ogg']),
  rate: z.number().int(),
  state: z.enum(['recording', 'paused', 'stopped', 'failed']),
  started_ms: z.number().int().describe('Milliseconds since the Unix epoch.'),
  reason: z
    .enum(['requested', 'max-length', 'room-ended', 'member-left', 'lost', 'shutdown', 'crashed'])
    .nullable()
    .describe('Why it was stopped. `crashed`: by the end of the program; its files were repaired at the next start.'),
  error: z.string().nullable().describe('Of `failed`: what the system said, as ENOSPC.'),
  lost_ms: z.number().describe('Left out, because it could not be written in time.'),
  files: z.array(recordingFile).describe('Those that are finished.'),
});
export type RecordingView = z.output<typeof recordingView>;

export const recordingList = z.object({ recordings: z.array(recordingView) });
