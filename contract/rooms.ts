import { z } from 'zod';
import { memberRole, memberView } from './room-events.js';

const name = z.string().min(1).max(255);
const seconds = z.number().int().min(0).max(604_800);
const gain = z.number().min(-60).max(20).describe('dB');
const ids = z.array(name).max(1000).nullable();

/** What a key, or a few, do for the member that presses them. */
export const menuAction = z.enum([
  'toggle_mute',
  'toggle_deaf',
  'louder',
  'quieter',
  'listen_louder',
  'listen_quieter',
  'leave',
  'toggle_lock',
  'mute_all',
  'unmute_all',
  'ask_to_unmute_all',
  'end_room',
  'say_count',
]);
export type MenuAction = z.output<typeof menuAction>;

/** How a room is; all of it may be left out. A hook's answer has the same in `room`. */
export const roomSettings = z.object({
  locked: z.boolean().optional().describe('Nobody comes in but hosts.'),
  pin: z
    .string()
    .regex(/^\d{3,16}$/)
    .nullable()
    .optional()
    .describe('Asked for by keys, three times; null: none.'),
  wait_for_host: z.boolean().optional().describe('Members wait in the lobby until a host is there.'),
  lobby: z.boolean().optional().describe('Members wait in the lobby until somebody lets them in.'),
  lobby_timeout_s: seconds.optional().describe('Longest wait in the lobby; 0: no limit.'),
  max_members: z.number().int().min(1).max(10_000).nullable().optional(),
  max_age_s: seconds.nullable().optional().describe('The room ends after so long.'),
  idle_s: seconds.nullable().optional().describe('The room ends after nobody has spoken for so long.'),
  empty_s: seconds.optional().describe('A room that was made over the API stays so long without members.'),
  ends_with_host: z.boolean().optional().describe('The room ends when the last host leaves.'),
  entry_sound: name.nullable().optional().describe('Sound of /sounds, or `tone:…`; null: none.'),
  exit_sound: name.nullable().optional(),
  alone_sound: name.nullable().optional().describe('What a member hears that is alone.'),
  hold_sound: name.nullable().optional().describe('What those in the lobby hear.'),
  mute_on_entry: z.boolean().optional(),
  menu: z
    .record(z.string().regex(/^[0-9*#A-D]{1,4}$/), menuAction)
    .nullable()
    .optional(),
  host_menu: z
    .record(z.string().regex(/^[0-9*#A-D]{1,4}$/), menuAction)
    .nullable()
    .optional(),
  refer: z
    .enum(['off', 'room'])
    .optional()
    .describe("A member's phone that asks us to call somebody (REFER) is refused, or has that one rung into the room."),
});
export type RoomSettings = z.output<typeof roomSettings>;

/** How somebody comes in that the application sends into a room. */
export const memberEntry = z.object({
  role: memberRole.optional(),
  muted: z.boolean().optional().describe('It comes muted.'),
  skips_pin: z.boolean().optional().describe('It is not asked for the PIN.'),
});
export type MemberEntry = z.output<typeof memberEntry>;

export const createRoomBody = roomSettings.extend({ room_id: name.optional() });
export type CreateRoomBody = z.output<typeof createRoomBody>;

export const roomView = z.object({
  room_id: z.string(),
  state: z.enum(['open', 'ending']),
  settings: roomSettings.omit({ pin: true }).extend({ has_pin: z.boolean() }),
  members: z.number().int(),
  in_lobby: z.number().int(),
  created_ms: z.number().int(),
  last_seq: z.number().int(),
  active_speaker: z.string().nullable(),
});
export type RoomView = z.output<typeof roomView>;

export const updateMemberBody = z.object({
  muted: z
    .boolean()
    .optional()
    .describe(
      "The application's word is a host's: what it mutes only it or a host unmutes. By a participant's token: its own.",
    ),
  deaf: z.boolean().optional(),
  gain_db: gain.optional(),
  listen_gain_db: gain.optional(),
  agc: z.boolean().optional(),
  noise_suppression: z.boolean().optional(),
  role: memberRole.optional(),
  heard_by: ids.optional(),
  hears: ids.optional(),
});
export type UpdateMemberBody = z.output<typeof updateMemberBody>;

/** How the one is who is rung; with `member` where nothing is said. */
const role = memberRole.optional();

/** Rings somebody into the room. A lock does not keep him out, `max_members` does. */
export const dialBody = z.union([
  z.object({ session_id: name.describe('A registration.'), from_number: name, to_number: name.optional(), role }),
  z.object({
    server: name.describe('A server profile, or `host[:port]`.'),
    from_number: name,
    to_number: name,
    username: name.optional(),
    password: z.string().max(255).optional(),
    role,
  }),
]);
export type DialBody = z.output<typeof dialBody>;

export const memberActionBody = z.discriminatedUnion('action', [
  z.object({ action: z.literal('admit') }),
  z.object({ action: z.literal('ask_to_unmute') }),
  z.object({ action: z.literal('move'), room_id: name }),
  z.object({ action: z.literal('side_room'), room_id: name.optional().describe('Made where it is left out.') }),
  z.object({ action: z.literal('return') }),
  z.object({ action: z.literal('transfer'), to: z.string().min(1).max(2048).describe('A SIP URI.') }),
  z.object({
    action: z.literal('dtmf'),
    digits: z.string().regex(/^[0-9*#A-D]{1,32}$/),
    duration_ms: z.number().int().min(40).max(2000).optional(),
  }),
  z.object({ action: z.literal('kick'), reason: z.string().max(255).optional(), prompt: name.optional() }),
]);
export type MemberActionBody = z.output<typeof memberActionBody>;

/** What an action led to. */
export const memberActionResult = z.object({
  member_id: name,
  room_id: name.describe('Where the member is now, or will be: the other room after `move`, `side_room` and `return`.'),
  status_code: z
    .number()
    .int()
    .optional()
    .describe("`transfer`: the last status that the member's phone told of the new call."),
});
export type MemberActionResult = z.output<typeof memberActionResult>;

export const roomList = z.object({ rooms: z.array(roomView) });
export const memberList = z.object({ members: z.array(memberView) });
export const dialResult = z.object({
  member_id: name.describe('The `session_id` of the call; its member is there once it is answered.'),
});

export { memberView };
