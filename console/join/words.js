// What a person reads when something went wrong: a sentence on what happened, and what to do.

const problems = {
  NotAllowedError: [
    'The microphone is blocked.',
    'Allow it for this page in your browser (beside the address), then press Join again. Or listen without one.',
  ],
  NotFoundError: ['No microphone was found.', 'Connect one, then press Join again. Or listen without one.'],
  OverconstrainedError: ['That microphone is gone.', 'Choose another one, then press Join again.'],
  NotReadableError: [
    'The microphone cannot be used.',
    'Another program may have it. Close that one, then press Join again. Or listen without one.',
  ],
  SecurityError: [
    'This browser gives the microphone to secure pages only.',
    'Open the page with https. Or listen without one.',
  ],
  UNAUTHORIZED: ['You need an invitation.', 'Open the link that you were sent.'],
  INVALID_TOKEN: ['The invitation is not good for this room.', 'Ask for a new link.'],
  TOKEN_EXPIRED: ['The invitation has expired.', 'Ask for a new link.'],
  FORBIDDEN: ['The invitation does not allow that.', 'Ask for a new link.'],
  ROOM_LOCKED: ['The room is locked.', 'Ask somebody in it to unlock it, then press Join again.'],
  ROOM_FULL: ['The room is full.', 'Try again when somebody has left.'],
  ROOM_CLOSED: ['The room is closed.', 'Ask whoever invited you.'],
  OFFLINE: ['The server does not answer.', 'Check your network, then press Join again.'],
  DRAINING: ['The server is being restarted.', 'Press Join again in a minute.'],
  MAX_CONN: ['The server is full.', 'Try again in a few minutes.'],
  OVERLOADED: ['The server is busy.', 'Try again in a few minutes.'],
  CLOSED: ['The server ended the call at once.', 'The room may be full or locked. Press Join to try again.'],
  NO_WAY: [
    'No sound gets through to the server.',
    'Your network may not let it. Try another network, then press Join.',
  ],
  CONNECTION_LOST: ['The connection was lost.', 'It did not come back for five minutes. Press Join to try again.'],
};

const askAgain = 'Ask whoever invited you whether and when it opens again.';
const leaves = {
  kicked: ['You were removed from the room.', 'Ask whoever runs the room before you join again.'],
  'room-closed': ['The room was closed.', askAgain],
  'room-expired': ['The time of the room is over.', askAgain],
  replaced: [
    'You joined again from somewhere else.',
    'This page has left the room. Press Join to speak from here again.',
  ],
  moved: ['You were moved to another room, and the call has ended there.', 'Press Join to come back to this one.'],
  left: ['You left the room.', 'Press Join to come back.'],
  'lobby-timeout': ['Nobody let you in.', 'Press Join to wait once more.'],
  'pin-failed': ['The PIN was wrong.', 'Ask for the right one, then press Join.'],
};

/** @param error  `{ code: 'LEFT', cause, reason }` of who was in the room, or what joining was refused with */
export function problemOf(error) {
  if (error.code === 'LEFT') {
    const [what, advice] = leaves[error.cause] ?? ['The call was ended by the server.', 'Press Join to come back.'];
    return error.reason ? [what, `The reason: ${error.reason}`, advice] : [what, advice];
  }
  const known = problems[error.code] ?? problems[error.name];
  return known ?? ['That did not work.', `The server said: ${error.code ?? error.name ?? 'nothing'}.`];
}

/** What a person is told who comes to that place. */
export function placeWords(place, canSpeak) {
  const words = {
    lobby: 'You wait until somebody lets you in',
    pin: canSpeak
      ? 'This room has a PIN: enter it with the keypad'
      : 'This room has a PIN: join with a microphone to enter it with the keypad',
  };
  return words[place] ?? 'You are in the room now';
}

export function wrongPinWords(left) {
  return left === 1
    ? 'That PIN was wrong: you can try once more'
    : `That PIN was wrong: you can try ${left} more times`;
}

const microphoneErrors = [
  'NotAllowedError',
  'NotFoundError',
  'OverconstrainedError',
  'NotReadableError',
  'SecurityError',
];

/** Whether it is the microphone that is missing, without which one can still listen. */
export function isAboutMicrophone(error) {
  return microphoneErrors.includes(error?.name);
}

/** Why nobody hears this member, and what to do: for somebody in the room. */
export function silenceOf(error) {
  const why = {
    NotAllowedError:
      'The microphone is blocked. To speak, allow it for this page in your browser (beside the address), then turn it on.',
    NotFoundError: 'No microphone was found. To speak, connect one, then turn it on.',
    NotReadableError: 'Another program has the microphone. To speak, close that one, then turn it on.',
    SecurityError: 'This browser gives the microphone to secure pages (https) only.',
  };
  return why[error?.name] ?? 'You are listening without a microphone.';
}

/** Why a person stays muted, by the code of the refusal. */
export function stillMuted({ code }) {
  const why = {
    FORBIDDEN: 'You may not unmute yourself here',
    MUTED_BY_HOST: 'A host has muted you: only a host can change that',
    TOKEN_EXPIRED: 'Your invitation has expired: you cannot unmute yourself any more',
    OFFLINE: 'The server does not answer: you are still muted',
  };
  return why[code] ?? 'Unmuting did not work';
}

/** Why it is not shown who is in the room. */
export function blindnessOf({ code }) {
  const why = {
    TOKEN_EXPIRED: 'Your invitation has expired.',
    FORBIDDEN: 'Your invitation does not show who is in this room.',
  };
  return `${why[code] ?? 'The server does not tell who is in the room.'} You still hear it and are heard.`;
}
