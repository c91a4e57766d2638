// What became of a member, by the room's log; and whether it is to come back by itself.

/**
 * @param events  of the room's log, in order
 * @returns `cause` and `reason` of its end, `movedTo` where it went on, `room` why the room ended (null: it has not); null while
 *   it is in the room
 */
export function endingIn(events, memberId) {
  let left = null;
  let room = null;
  for (const event of events) {
    if (event.type === 'room_ended') room = event.reason;
    if (event.type === 'member_joined' && event.member.member_id === memberId) left = null;
    if (event.type === 'member_left' && event.member_id === memberId) left = event;
  }
  if (left !== null) {
    return { cause: left.cause, reason: left.reason ?? '', movedTo: left.moved_to ?? null, room };
  }
  return room === null ? null : { cause: 'room-closed', reason: '', movedTo: null, room };
}

/** Nobody meant to send it away: its connection failed, or a part of the server did. */
export function isLoss({ cause, room }) {
  return cause === 'failed' || (cause === 'room-closed' && (room === 'drained' || room === 'lost'));
}

/** Its room ends, and it is not known yet why. */
export function isOpenQuestion({ cause, room }) {
  return cause === 'room-closed' && room === null;
}

const final = new Set([
  'LEFT',
  'UNAUTHORIZED',
  'INVALID_TOKEN',
  'TOKEN_EXPIRED',
  'FORBIDDEN',
  'BAD_REQUEST',
  'NOT_ACCEPTABLE',
  'UNSUPPORTED_MEDIA_TYPE',
  'ROOM_LOCKED',
  'ROOM_CLOSED',
]);

/** Refused for good. A full room is not: the place that is taken may be that of the lost connection. */
export function isFinal(error) {
  return final.has(error.code) || error.status === 401 || error.status === 403;
}
