import { z } from '@hono/zod-openapi';
import type { RoomId } from '../../base/ids.js';
import type { RoomEventBody, RoomLevelsBody } from '../../contract/room-events.js';
import { AllRoomsSource } from '../events/all-rooms-source.js';
import { RoomSource } from '../events/room-source.js';
import type { RoomCommands } from '../rooms/commands.js';
import type { RoomEvents } from '../rooms/log.js';
import { ApiRefusal } from './errors.js';
import { type RoomGrant, seesOthers } from './room-access.js';
import type { RoomApi } from './room-api.js';

// What is common to all ways of reading events: as JSON, as server-sent events, over WebSocket.

const count = (most: number) => z.coerce.number().int().min(0).max(most);

export const eventQuery = z.object({
  after: count(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('The last event that was read; 0 or left out: from the beginning.'),
  started_ms: count(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe(
      'Of the room that `after` belongs to; where another one has begun since, that one is given from its beginning.',
    ),
  limit: z.coerce.number().int().min(1).max(1000).optional().describe('JSON only; 1000.'),
  wait_s: count(60).optional().describe('JSON only: waits so long for something to tell; 0.'),
  levels: z.enum(['0', '1']).optional().describe('Feeds only: 1 also sends `levels`, ten times a second.'),
});
export type EventQuery = z.output<typeof eventQuery>;

/** A place in the log of a room. */
export interface ReadingStart {
  readonly log: RoomEvents;
  readonly after: number;
}

/**
 * Where a reader goes on: its Last-Event-ID (`started_ms-seq`), which is newer than what is in the URL, or `after`, in the room that
 * was read before while it is kept, else in the one of that name. Throws ROOM_NOT_FOUND.
 */
export function startOf(
  { events }: RoomCommands,
  roomId: RoomId,
  { after = 0, started_ms }: EventQuery,
  lastEventId?: string,
): ReadingStart {
  const id = /^(\d{1,16})-(\d{1,16})$/.exec(lastEventId ?? '');
  const startedMs = id === null ? (started_ms ?? null) : Number(id[1]);
  const before = startedMs === null ? null : events.find(roomId, startedMs);
  const log = before ?? events.find(roomId);
  if (log === null) throw new ApiRefusal('ROOM_NOT_FOUND');
  const isSame = startedMs === null || startedMs === log.startedMs;
  return { log, after: isSame ? (id === null ? after : Number(id[2])) : 0 };
}

/**
 * Which keys others pressed (an account number, a PIN) is no participant's business; nor is who they are a guest's, until it has been
 * let in. What it was not told then it finds in the list of members.
 */
export function visible(
  grant: RoomGrant | undefined,
  commands: Pick<RoomCommands, 'members'>,
): ((event: RoomEventBody) => boolean) | null {
  if (grant === undefined) return null;
  let isIn = false;
  return (event) => {
    const id = 'member' in event ? event.member.member_id : 'member_id' in event ? event.member_id : null;
    if (id === null || grant.owns(id)) return true;
    isIn ||= seesOthers(grant, commands);
    return isIn && event.type !== 'dtmf';
  };
}

/** One room from there on. @param grant  of whom it is told; undefined: who may read everything */
export function roomSource(
  { commands, readers, attention }: RoomApi,
  { log, after }: ReadingStart,
  { grant, levels }: { readonly grant: RoomGrant | undefined; readonly levels: EventQuery['levels'] },
): RoomSource {
  return new RoomSource({
    ...{ clock: readers.clock, log, attention, after, maySee: visible(grant, commands) },
    watchLevels: levels === '1' ? levelsOf(commands, log.roomId, grant) : null,
    lingerMs: readers.limits.lingerMs,
  });
}

/** All rooms from now on. */
export function allRoomsSource({ commands, attention }: RoomApi): AllRoomsSource {
  const rooms = commands.list().map(({ room_id }) => room_id as RoomId);
  return new AllRoomsSource({ source: commands.events, attention, rooms });
}

function levelsOf(commands: RoomCommands, roomId: RoomId, grant: RoomGrant | undefined) {
  let isIn = false;
  return (tell: (levels: RoomLevelsBody) => void): (() => void) =>
    commands.watchLevels(roomId, ({ members, omitted }) => {
      isIn ||= seesOthers(grant, commands);
      if (!isIn) return;
      tell({
        room_id: roomId,
        levels: members.map(({ memberId, level, isSpeaking }) => ({
          ...{ member_id: memberId, level, speaking: isSpeaking },
        })),
        omitted,
      });
    }) ?? (() => undefined);
}
