import type { RoomId } from '../../base/ids.js';
import type { RoomCommands } from '../rooms/commands.js';

/** What the bearer of a participant's token may do: read its room, and mute or end what came by the token. */
export interface RoomGrant {
  readonly roomId: string;
  /** Nobody has vouched for its bearer: it may know who else is there once it has been let in itself. */
  readonly isGuest: boolean;
  /** Whether this member came by the token: its connection, or its call. */
  owns(memberId: string): boolean;
}

/** Whether the bearer may know who else is in the room; undefined: who may read everything. O(members) for a guest. */
export function seesOthers(grant: RoomGrant | undefined, commands: Pick<RoomCommands, 'members'>): boolean {
  if (grant?.isGuest !== true) return true;
  const members = commands.members(grant.roomId as RoomId);
  return members.ok && members.value.some(({ member_id, place }) => place === 'room' && grant.owns(member_id));
}

/** Knows participants' tokens (gateway/web). */
export interface RoomTokenVerifier {
  /** `expired`: it was one. Null: none of ours, damaged, or of another kind. Never throws. */
  verify(token: string): RoomGrant | 'expired' | null;
}

/** Path below the room → methods; what is not here is refused. */
const ofTheRoom: Readonly<Record<string, readonly string[]>> = {
  '': ['GET', 'HEAD'],
  events: ['GET', 'HEAD'],
  members: ['GET', 'HEAD'],
};
const ofOthers: readonly string[] = ['GET', 'HEAD'];
const ofItself: readonly string[] = ['GET', 'HEAD', 'PATCH', 'DELETE'];

/** Whether a participant may make this request. `path` as hono has it: what is escaped in it is so still. */
export function allows(grant: RoomGrant, method: string, path: string): boolean {
  const [start, root, room = '', below = '', member, ...more] = path.split('/').map(plain);
  if (start !== '' || root !== 'rooms' || room !== grant.roomId || more.length > 0) return false;
  if (member === undefined) return Object.hasOwn(ofTheRoom, below) && ofTheRoom[below]!.includes(method);
  return below === 'members' && member !== '' && (grant.owns(member) ? ofItself : ofOthers).includes(method);
}

function plain(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** What a participant may change of itself. */
const own: ReadonlySet<string> = new Set(['muted', 'deaf']);

/** The first field that a participant may not change; null: it may change all of them. */
export function forbiddenField(change: object): string | null {
  return Object.keys(change).find((field) => !own.has(field)) ?? null;
}
