import { z } from 'zod';

// What happens in rooms (design §7). Numbers grow by one per room; nothing is left out of them.

const common = {
  seq: z.number().int().min(1).describe('Grows by one from event to event of this room, from 1 at room_started.'),
  room_id: z.string(),
  ts: z.number().int().describe('Milliseconds since the Unix epoch.'),
};

export const memberKind = z.enum(['sip', 'webrtc', 'stream']);
export const memberDevice = z
  .enum(['phone', 'browser', 'application'])
  .describe('What it is to the others. A browser may come by WHIP or WHEP (`webrtc`) or as a phone does (`sip`).');
export const memberRole = z.enum(['host', 'member', 'listener']);
export const memberPlace = z
  .enum(['room', 'lobby', 'pin'])
  .describe('`lobby`: waits to be let in; `pin`: is asked for the PIN. Neither hears the room nor is heard.');

/** A member of a room, as it is now. */
export const memberView = z.object({
  member_id: z
    .string()
    .describe('`session_id` of a call, `conn_id` of a browser up to its dot, `stream_id` of a stream.'),
  kind: memberKind,
  device: memberDevice,
  peer: z.string().describe('The name the room shows; unique in the room.'),
  identity: z.string().nullable().describe('The registered user or the one that the token names; null: unknown.'),
  direction: z.enum(['in', 'out']),
  role: memberRole,
  place: memberPlace,
  pin_tries_left: z.number().int().nullable().describe('How often it may still enter the PIN; null: it is not asked.'),
  muted: z.boolean(),
  muted_by: z
    .enum(['self', 'host'])
    .nullable()
    .describe('`host`: by a host or the application, so that it cannot unmute itself; null: it is not muted.'),
  deaf: z.boolean(),
  held: z.boolean().describe('Its own phone has put us on hold.'),
  gain_db: z.number(),
  listen_gain_db: z.number(),
  agc: z.boolean(),
  noise_suppression: z.boolean(),
  heard_by: z.array(z.string()).nullable().describe('Only these members hear it; null: all.'),
  hears: z.array(z.string()).nullable().describe('It hears only these members; null: all.'),
  speaking: z.boolean(),
  extra_data: z.string().nullable(),
  joined_ms: z.number().int().describe('When it came, in milliseconds since the Unix epoch.'),
});
export type MemberView = z.output<typeof memberView>;

const member = { member_id: z.string(), peer: z.string() };
const leaveCause = z.enum([
  'left',
  'kicked',
  'moved',
  'replaced',
  'room-closed',
  'room-expired',
  'pin-failed',
  'lobby-timeout',
  'failed',
]);
const soundId = { playback_id: z.string(), member_id: z.string().nullable() };
const recording = { recording_id: z.string() };

export const roomStarted = z.object({ ...common, type: z.literal('room_started') });

export const roomEventBody = z.discriminatedUnion('type', [
  roomStarted,
  z.object({ ...common, type: z.literal('room_updated'), locked: z.boolean() }),
  z.object({
    ...common,
    type: z.literal('room_ended'),
    reason: z.enum(['empty', 'closed', 'expired', 'lost', 'drained']),
  }),
  z.object({ ...common, type: z.literal('member_joined'), member: memberView }),
  z.object({ ...common, type: z.literal('member_updated'), member: memberView }),
  z.object({
    ...common,
    type: z.literal('member_left'),
    ...member,
    cause: leaveCause,
    moved_to: z.string().optional(),
    reason: z.string().optional().describe('Of a `kick` for which one was given; all who read the events read it.'),
  }),
  z.object({ ...common, type: z.literal('unmute_asked'), ...member }),
  z.object({ ...common, type: z.literal('speaking_started'), ...member }),
  z.object({ ...common, type: z.literal('speaking_stopped'), ...member }),
  z.object({ ...common, type: z.literal('active_speaker'), member_id: z.string().nullable() }),
  z.object({
    ...common,
    type: z.literal('dtmf'),
    ...member,
    digit: z.string().describe('0-9 * # A-D.'),
    action: z.string().nullable().describe('What the menu of the room did with it; null: nothing.'),
  }),
  z.object({ ...common, type: z.literal('playback_started'), ...soundId }),
  z.object({
    ...common,
    type: z.literal('playback_ended'),
    ...soundId,
    reason: z.enum(['played', 'stopped', 'gone']),
    played_ms: z.number(),
  }),
  z.object({ ...common, type: z.literal('playback_failed'), ...soundId, error: z.string() }),
  z.object({ ...common, type: z.literal('recording_started'), ...recording }),
  z.object({ ...common, type: z.literal('recording_paused'), ...recording }),
  z.object({ ...common, type: z.literal('recording_resumed'), ...recording }),
  z.object({
    ...common,
    type: z.literal('recording_ready'),
    ...recording,
    file: z.string().describe('Its name; GET /recordings/{recording_id}/files/{file}.'),
    member_id: z.string().nullable().describe('Whose sound it is; null: the mix.'),
    duration_ms: z.number(),
    bytes: z.number().int(),
    sha256: z.string(),
  }),
  z.object({ ...common, type: z.literal('recording_stopped'), ...recording, reason: z.string() }),
  z.object({ ...common, type: z.literal('recording_failed'), ...recording, error: z.string() }),
  z.object({ ...common, type: z.literal('stream_started'), stream_id: z.string() }),
  z.object({ ...common, type: z.literal('stream_stopped'), stream_id: z.string(), reason: z.string() }),
]);
export type RoomEventBody = z.output<typeof roomEventBody>;

/** Part of a room's log, as GET /rooms/{room_id}/events gives it. */
export const roomEventPage = z.object({
  room_id: z.string(),
  started_ms: z.number().int().describe('When this room began: tells it from an earlier one of the same name.'),
  last_seq: z.number().int().describe('Of the newest event there is.'),
  next_after: z.number().int().describe('What to give as `after` next.'),
  missed: z.number().int().describe('Events after `after` that are not kept any more; 0 for who reads in time.'),
  is_over: z.boolean().describe('`room_ended` is in the log.'),
  events: z.array(roomEventBody),
});
export type RoomEventPage = z.output<typeof roomEventPage>;

/** How loud members are, ten times a second, for who asks for it with `levels=1`. It has no number and is not kept. */
export const roomLevels = z.object({
  room_id: z.string(),
  levels: z.array(
    z.object({
      member_id: z.string(),
      level: z.number().int().describe('RFC 6464: −dBov, 0 (loudest) … 127 (silence).'),
      speaking: z.boolean(),
    }),
  ),
  omitted: z.number().int().describe('Members left out: there were too many.'),
});
export type RoomLevelsBody = z.output<typeof roomLevels>;

/** What a reader that is told as it happens hears beside the events. None of it has a number. */
export const roomFeedNotice = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('opened').describe('First of all, over WebSocket only: from here on nothing is left out.'),
    room_id: z.string().optional().describe('Left out of the feed of all rooms, as what follows.'),
    started_ms: z.number().int().optional().describe('When this room began: for `started_ms` of the next connection.'),
    last_seq: z.number().int().optional().describe('Of the newest event there is.'),
  }),
  z.object({
    type: z.literal('missed'),
    missed: z.number().int().describe('So many events after `after` are not kept any more.'),
  }),
  roomLevels.extend({ type: z.literal('levels') }),
  z.object({ type: z.literal('end').describe('The room is over, and all of it was told.') }),
]);
export type RoomFeedMessage = RoomEventBody | z.output<typeof roomFeedNotice>;
