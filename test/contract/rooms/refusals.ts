import type { Shown } from './features.js';

/** What is bad of what a member sends: its answer, and the tests that show it. */
export type Refused = readonly [what: string, answer: string, shown: readonly Shown[]];

const api = 'gateway/api/unknown-names.test.ts';
const web = 'gateway/web/refusals.test.ts';
const whip = 'gateway/web/whip.test.ts';
const sounds = 'gateway/sounds/playbacks.test.ts';
const session = 'gateway/streams/session.test.ts';
const admission = 'gateway/contract/admission.test.ts';
const media = 'gateway/contract/media.test.ts';
const events = 'gateway/api/event-door.test.ts';
const realEvents = 'integration/room-events.test.ts';
const referred = 'gateway/rooms/referred-to-room.test.ts';

const realHttp: Shown = [
  'integration/room-refusals.test.ts',
  'over HTTP: tokens, offers without audio, sounds that are none or too large, rooms that are not there',
];
const realSip: Shown = [
  'integration/room-refusals.test.ts',
  'a SIP call without audio: 488; datagrams that are nothing, at the port of a call: not heard',
];
const realSockets: Shown = [
  'integration/room-refusals.test.ts',
  'WebSockets: handshakes that are none, bad tokens, frames that are none',
];
const realPin: Shown = [
  'integration/room-entrance.test.ts',
  'from the hook, then from the API: three wrong ones end the call; the right one lets in, and only then is it heard',
];

export const refusals: readonly Refused[] = [
  ['unknown room, on each REST path', '404 ROOM_NOT_FOUND', [[api, '%s %s is 404, in its word'], realHttp]],
  ['unknown member', '404 MEMBER_NOT_FOUND', [[api, '%s %s of a room that is there']]],
  ['a room with a name that cannot be', '404', [['gateway/streams/connect.test.ts', '%s is refused with %i']]],
  [
    'wrong PIN',
    'a low tone twice, then BYE, pin-failed',
    [
      [
        'gateway/rooms/heard-by-api.test.ts',
        'three wrong ones, each with its low tone and unheard by the room, end the call; the right one lets in',
      ],
      realPin,
    ],
  ],
  [
    'no PIN at all',
    'BYE after 30 s',
    [['gateway/rooms/entrance.test.ts', 'of whom does not press anything the call ends after 30 s']],
  ],
  [
    'a PIN that cannot be, from the hook',
    '503',
    [['gateway/rooms/entrance.test.ts', 'a value that cannot be refuses the caller, and the log names its field']],
  ],
  [
    'no, wrong and expired token: WHIP, WHEP, WebRTC, the SDK',
    '401',
    [[web, '%s: WHIP, WHEP, WebRTC and the SDK'], realHttp],
  ],
  ['wrong and expired token: /rooms and /streams', '401, 403', [[web, '/rooms and /streams, %s'], realSockets]],
  [
    'a token for another room or peer',
    '401 INVALID_TOKEN',
    [[whip, 'a token for any room and peer goes where the query says']],
  ],
  [
    'a token for other ways',
    '403',
    [['gateway/streams/connect.test.ts', 'a token that only hears may not speak, one that only speaks may not hear']],
  ],
  ["a participant's token for what it is not for", '403', [['gateway/api/rooms.test.ts', 'does nothing else: 403']]],
  [
    'oversized file',
    '413',
    [[sounds, 'what is none, too long, too large, of a bad name or type is refused, and leaves nothing'], realHttp],
  ],
  ['oversized file behind a URL', 'playback_failed URL_TOO_LARGE', [[sounds, '%s fails with %s']]],
  [
    'wrong format, wrong type',
    '422, 415',
    [[sounds, 'what is none, too long, too large, of a bad name or type is refused, and leaves nothing'], realHttp],
  ],
  ['a sound that cannot be played', '400, 404, 409, 501', [[sounds, 'what cannot be played is refused with its word']]],
  [
    'oversized body, broken JSON, wrong type',
    '413, 400, 415',
    [
      [
        'gateway/api/rooms.test.ts',
        'another method is 405 with Allow, another path 404, another type 415, a large body 413',
      ],
    ],
  ],
  [
    'fields out of range',
    '400 with the field',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the title as it stands there
    [['gateway/api/rooms.test.ts', '${what} is 400 and reaches no command; the field is named']],
  ],
  ['oversized offer', '413', [[whip, 'another type of body, and one that is too large']]],
  [
    'WebSocket garbage: texts and frames',
    '1002, 1003, 1007, 1008, 1009',
    [
      [session, 'binary that was not asked for'],
      [session, 'a message that is too long'],
      ['integration/streams.test.ts', '%i is what it gets for %s'],
      realSockets,
    ],
  ],
  [
    'a flood of messages',
    '1008',
    [
      [session, 'a flood of messages; a minute of speech at once is none'],
      ['integration/streams.test.ts', '1008 is what a flood gets, and another one hears on without a gap, at its pace'],
    ],
  ],
  ['SDP without audio: WHIP, WHEP, WebRTC, the SDK', '406 NOT_ACCEPTABLE', [[web, '%s: 406 on each door'], realHttp]],
  [
    'SDP without audio, from one that is in',
    '406, and it goes on',
    [[web, '%s, from one that is in: 406, and it is heard as before']],
  ],
  [
    'SDP without audio: SIP',
    '488 with Warning',
    [[admission, 'an offer without usable audio: 488 with Warning, without a hook'], realSip],
  ],
  [
    'SDP without audio: SIP, in a call',
    '488, and it goes on',
    [[media, 'a re-INVITE that cannot be: 488 with Warning, the call goes on as it was']],
  ],
  [
    'a track that stops: a browser',
    'silence, speaking_stopped; it stays',
    [
      [
        web,
        'of a page that stays: silence for the others, nobody speaks, it hears on; and it is heard again when it goes on',
      ],
    ],
  ],
  [
    'a track that stops: a phone',
    'silence, BYE after rtp_timeout_ms',
    [
      [web, 'of a phone: silence for the others at once, and no end of the call before rtp_timeout_ms'],
      ['integration/room-refusals.test.ts', 'is silence for the others, and its call ends after rtp_timeout_ms'],
    ],
  ],
  [
    'a page that is gone',
    'gone within 10 s',
    [
      [
        'gateway/web/rooms.test.ts',
        'RFC 7675 without a word is noticed within ten seconds, speaking or not, and the others are told',
      ],
    ],
  ],
  [
    'an application that is gone',
    'gone within 10 s',
    [[session, 'when its application answers no ping, within 10 s; one that does lives on']],
  ],
  [
    'events over WebSocket: an unknown room, wrong and expired tokens, those of others',
    '401, 403, 404',
    [
      [events, '%s is refused where a secret is set'],
      [events, '%s is refused'],
      [realEvents, '%s is refused with %i'],
    ],
  ],
  [
    'anything that is said to a feed of events',
    'close 1003, 1007, 1009',
    [
      [events, 'that says %s is closed'],
      [realEvents, '%i is what a client gets for %s; another one reads on'],
    ],
  ],
  [
    'a reader of events that does not read',
    'close 1008',
    [
      [events, 'for whom something waits 30 s is closed with 1008, and counted; another one reads on'],
      [realEvents, '1008 is what a client gets that does not read'],
    ],
  ],
  [
    'a REFER to where nobody is, or nobody may go',
    '403, 404, 486, 491, 503',
    [
      [referred, 'where the answer %s, nobody moves and the phone is told %i'],
      [referred, 'whoever is with several others, or with nobody, is told 404, and nobody is asked'],
    ],
  ],
];
