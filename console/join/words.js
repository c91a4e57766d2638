// What a person reads when something went wrong: a sentence on what happened, and one on what to do.

const problems = {
  NotAllowedError: ['The microphone is blocked.', 'Allow it for this page in your browser, then press Join again.'],
  NotFoundError: ['No microphone was found.', 'Connect one, then press Join again.'],
  OverconstrainedError: ['That microphone is gone.', 'Choose another one, then press Join again.'],
  NotReadableError: [
    'The microphone cannot be used.',
    'Another program may have it. Close that one, then press Join again.',
  ],
  SecurityError: ['This browser gives the microphone to secure pages only.', 'Open the page with https.'],
  UNAUTHORIZED: ['You need an invitation.', 'Open the link that you were sent.'],
  INVALID_TOKEN: ['The invitation is not good for this room.', 'Ask for a new link.'],
  TOKEN_EXPIRED: ['The invitation has expired.', 'Ask for a new link.'],
  ROOM_LOCKED: ['The room is locked.', 'Ask somebody in it to unlock it, then press Join again.'],
  ROOM_FULL: ['The room is full.', 'Try again when somebody has left.'],
  ROOM_CLOSED: ['The room is closed.', 'Ask whoever invited you.'],
  OFFLINE: ['The server does not answer.', 'Check your network, then press Join again.'],
  CONNECTION_LOST: ['The connection was lost.', 'It did not come back within 30 seconds. Press Join to try again.'],
  CONNECTION_NOT_FOUND: ['The connection was lost.', 'Press Join to come back.'],
};

const leaves = {
  kicked: 'You were removed from the room.',
  'room-closed': 'The room was closed.',
  'room-expired': 'The time of the room is over.',
  replaced: 'You joined again from somewhere else.',
  'lobby-timeout': 'Nobody let you in.',
  'pin-failed': 'The PIN was wrong.',
};

/** @returns [what happened, what to do] */
export function problemOf(error) {
  if (error.code === 'LEFT') return [leaves[error.cause] ?? 'The call has ended.', 'Press Join to come back.'];
  const known = problems[error.code] ?? problems[error.name];
  return known ?? ['That did not work.', `The server said: ${error.code ?? error.name ?? 'nothing'}.`];
}
