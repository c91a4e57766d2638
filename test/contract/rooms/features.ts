/** Where something is shown: a file below test/, and the title of a test in it as it stands there. */
export type Shown = readonly [file: string, title: string];

/** A feature of rooms: heard on the virtual network, and over real sockets. */
export type Feature = readonly [feature: string, heard: Shown, real: Shown];

const entrance = 'gateway/rooms/entrance.test.ts';
const byApi = 'gateway/rooms/heard-by-api.test.ts';
const menu = 'gateway/rooms/menu.test.ts';
const hearing = 'gateway/rooms/hearing.test.ts';
const moves = 'gateway/rooms/moves.test.ts';
const playbacks = 'gateway/sounds/playbacks.test.ts';
const ofRooms = 'gateway/rooms/sounds-of-rooms.test.ts';
const recordings = 'gateway/recordings/recordings.test.ts';
const streams = 'gateway/streams/rooms.test.ts';

const realPin: Shown = [
  'integration/room-entrance.test.ts',
  'from the hook, then from the API: three wrong ones end the call; the right one lets in, and only then is it heard',
];
const realLobby: Shown = [
  'integration/room-entrance.test.ts',
  'members hear the hold sound until a host is there, then each other; who is let in is announced; a lock and a limit refuse',
];
const realEnd: Shown = [
  'integration/room-entrance.test.ts',
  'alone_sound for who is alone; max_age_s and idle_s end a room; muted on entry nobody is heard but hosts',
];
const realChanges: Shown = [
  'integration/room-members.test.ts',
  'by the API: muted, deaf, a listener, a coach of one, and as before',
];
const realKeys: Shown = [
  'integration/room-members.test.ts',
  'by keys (RFC 4733): mute and deaf by the member, all by the host, who ends the room; each phone is told in words',
];
const realLevels: Shown = [
  'integration/room-members.test.ts',
  'gain in and out from −20 to +20 dB; agc lifts a soft voice; noise_suppression takes a noise out',
];
const realMove: Shown = [
  'integration/room-moves.test.ts',
  'to a room of the other worker, and back: the call goes on, and each room hears it right',
];
const realDial: Shown = [
  'integration/room-moves.test.ts',
  'a registered phone and a number at a server are rung into the room, and heard',
];
const realSounds: Shown = [
  'integration/room-media.test.ts',
  'uploads of WAV, Opus and MP3, a URL, a text, tones; to all and to one, queued, looped, ducked, stopped; what failed is told',
];
const realRecordings: Shown = [
  'integration/room-media.test.ts',
  'the mix and each member, WAV and Opus, in pieces and with a pause: each file has the tones that it should',
];
const realStreams: Shown = [
  'integration/room-media.test.ts',
  '%s at 8, 16 and 24 kHz: each application hears the phones, and they hear it',
];

/** Who comes in and stays, and how: the model of a room. */
const room: readonly Feature[] = [
  ['role host', [entrance, '403: the room is locked; a host comes in all the same'], realLobby],
  ['role member', ['gateway/room-call.test.ts', 'each hears the other two and nothing of itself'], realLobby],
  ['role listener', ['gateway/rooms/members.test.ts', 'a listener is not heard, whether muted or not'], realChanges],
  ['lock', [byApi, 'by the API: nobody else is heard, until it is taken away'], realLobby],
  [
    'wait for host, with hold audio',
    [entrance, 'wait_for_host: members hear the hold sound and nobody, until a host is there'],
    realLobby,
  ],
  ['lobby', [entrance, 'lobby: members wait until they are let in'], realLobby],
  [
    'hold audio from a file',
    [ofRooms, 'hold_sound: heard in the lobby, again and again, until one is let in'],
    realLobby,
  ],
  [
    'PIN by DTMF, three tries, from hook and API',
    [byApi, 'three wrong ones, each with its low tone and unheard by the room, end the call; the right one lets in'],
    realPin,
  ],
  [
    'limit of members',
    [byApi, 'max_members: one more is refused and heard by nobody, until there is a place'],
    realLobby,
  ],
  ['limit of age', [byApi, 'max_age_s: all are heard until then, and sent away with its word'], realEnd],
  ['limit of idleness', [byApi, 'idle_s: who is silent is sent away in time, who hears somebody is not'], realEnd],
  [
    'entry and exit tones',
    [menu, 'who comes and goes is announced with tones; to nobody where they are off'],
    realLobby,
  ],
  ['announcements on and off', [ofRooms, 'entry_sound: heard by who is there when another one comes'], realLobby],
  [
    'music while alone',
    [ofRooms, 'alone_sound: heard by who is alone, until another one comes, and when it has gone'],
    realEnd,
  ],
  ['mute on entry', [entrance, 'muted, and mute_on_entry, which hosts are spared'], realEnd],
  ['mute and deafen by the API', [byApi, 'is %s, and as before'], realChanges],
  [
    'mute by DTMF and by a host',
    [menu, 'is what its settings say: keys of one to four digits, for hosts more than for others'],
    realKeys,
  ],
  ['mute is told in its ear', [hearing, 'its mute by key: a tone over the mix, for it alone'], realKeys],
  ['gain −20…+20 dB in and out', [byApi, 'is heard, and hears, %i dB louder'], realLevels],
  ['AGC', [hearing, 'agc: one who speaks softly is brought up for the others'], realLevels],
  ['noise suppression', [byApi, 'noise_suppression: its noise is heard by nobody, its voice by all'], realLevels],
  [
    'kick with reason and prompt',
    [byApi, 'kick: it hears its prompt, is told the reason in the BYE, and is heard no more'],
    realChanges,
  ],
  [
    'move, also to another worker',
    [moves, 'the call goes on, in another room, which is made; those who stay and those who are there hear it right'],
    realMove,
  ],
  ['whisper and coach', [hearing, 'a coach is heard by one alone, and hears all'], realChanges],
  ['who hears whom', [hearing, 'one who hears but one'], realChanges],
  [
    'side room and return',
    [moves, 'two talk by themselves and return, one after the other'],
    ['integration/room-moves.test.ts', 'aside and back: two talk by themselves, and return one by one'],
  ],
  ['dial-out to a client', [moves, 'a registered phone is rung into the room, without its PIN'], realDial],
  ['dial-out to a server', [moves, 'a number at a server'], realDial],
  ['menu of keys per room', [menu, 'a key that begins a longer one waits 1.5 s for the next'], realKeys],
  ['levels by keys', [menu, 'levels: 3 dB for each press'], realKeys],
  [
    'transfer by REFER out',
    [moves, 'one that does it is gone from the room once the new call stands'],
    [
      'integration/room-moves.test.ts',
      'out: a member is transferred to who is in another room, and is heard there and no longer here',
    ],
  ],
  [
    'REFER in',
    [moves, 'refer: room: he is rung into the room, and the phone is told how it goes'],
    ['integration/room-moves.test.ts', 'in: whom a member’s phone refers us to is rung into the room, and heard'],
  ],
  [
    'REFER in, to a number of ours',
    [
      'gateway/rooms/referred-to-room.test.ts',
      'is asked as a call of who is with the transferor, who goes where the answer says, by the leg that he has',
    ],
    [
      'interop/room-transfers.test.ts',
      'RFC 5589 §6 baresip sends who is with it to another room; he hears those there by the call that he has',
    ],
  ],
  [
    'REFER in, with Replaces',
    [
      'gateway/rooms/attended.test.ts',
      'a REFER in the call to the room: who was consulted is in, the other call is over, its phone ends the first',
    ],
    [
      'interop/room-transfers.test.ts',
      'RFC 5589 §7 linphone consults a baresip and transfers it into the room of another',
    ],
  ],
  [
    'hold by a phone',
    ['gateway/rooms/members.test.ts', 'RFC 3264 §8.4 held by its phone: the others are told, and hear no music of it'],
    ['integration/rooms.test.ts', 'hold and resume: the room does not hear who is on hold, and hears it again'],
  ],
];

/** Sound into rooms. */
const into: readonly Feature[] = [
  [
    'WAV, Opus, MP3 by upload',
    [playbacks, 'WAV, Opus and MP3 are taken, listed, heard by the phones of a room, and deleted'],
    realSounds,
  ],
  ['WAV, Opus, MP3 by URL', [playbacks, '%s is heard, to its end'], realSounds],
  [
    'tones and silence',
    [playbacks, 'tones by description, with commas and without durations, and silence'],
    realSounds,
  ],
  ['to all', [ofRooms, 'is heard by all phones of the room once it is played, and no longer than it is'], realSounds],
  ['to one', [ofRooms, 'is heard by one member alone, beside the room or in place of it'], realSounds],
  [
    'queue, stop, loop, pause',
    [playbacks, 'that are queued follow each other; a loop goes on until it is stopped; a pause stands still'],
    realSounds,
  ],
  [
    'duck under speech',
    ['gateway/sounds/ducking.test.ts', 'of %i turns the sound down by so many dB under speech, at a gain of %i dB'],
    realSounds,
  ],
  ['done and failed', [playbacks, 'that never answer fail in time, and what waits behind them is played'], realSounds],
  [
    'text to speech by a program',
    ['gateway/sounds/speech.test.ts', 'by a program is heard in the room, and the same text is spoken once'],
    ['interop/sounds.test.ts', 'espeak-ng speaks, once for the same text'],
  ],
  ['text to speech by a server', ['gateway/sounds/speech.test.ts', 'by a server is posted text and voice'], realSounds],
];

/** Sound out of rooms. */
const out: readonly Feature[] = [
  [
    'the mix, WAV and Opus, with length and hash',
    [recordings, 'as %s has both voices, its length, its hash, and is there after the room'],
    ['interop/sounds.test.ts', 'two phones are recorded to WAV and Ogg Opus, as ffprobe, ffmpeg and sox see them'],
  ],
  [
    'each member',
    [recordings, 'have files of their own, also who comes later, on one time line, each with its voice alone'],
    realRecordings,
  ],
  [
    'each application',
    [
      recordings,
      'that are applications have files too, each with what it says, in step with the phones; one that only hears has none',
    ],
    [
      'integration/room-media.test.ts',
      'an application that is recorded has a file of its own beside those of the phones, each with its sound alone',
    ],
  ],
  ['start, stop, pause', [recordings, 'leaves out what is said in a pause, and ends at its longest'], realRecordings],
  [
    'split by time',
    [recordings, 'split by time has every sample once: the pieces put together are the sound'],
    realRecordings,
  ],
  [
    'ready event with length and SHA-256',
    [ofRooms, 'a recording of the mix has the tones of both phones; recording_ready has its length and its hash'],
    realRecordings,
  ],
  [
    'disk full',
    [
      'gateway/recordings/full-disk.test.ts',
      'that is full ends the recording; what is there can be played, and the call goes on (%s)',
    ],
    [
      'integration/full-disk.test.ts',
      '%s: every file is whole and told, the recordings fail with the reason, the room goes on, and records again',
    ],
  ],
  [
    'stream of the mix, and sound back',
    [streams, 'it hears the phones and not itself, they hear it, and it is a member with a name'],
    realStreams,
  ],
  ['L16 and µ-law at 8, 16 and 24 kHz', [streams, '%s at %i Hz: it hears the phone, the phone hears it'], realStreams],
  [
    'stream of one member',
    [streams, 'of one member alone: it hears that phone, that phone hears it, and nobody else does'],
    ['integration/room-media.test.ts', 'of one member: it hears that phone alone, and that phone alone hears it'],
  ],
  [
    'barge-in and marks',
    [streams, 'clear: nobody hears it any more from the next beats on'],
    ['interop/streams.test.ts', 'somebody speaks while it answers: it is silent at once, and answers when he has done'],
  ],
  [
    'a stream moves, is muted and sent away',
    [streams, 'moved to another room, also of another host, it hears and is heard there'],
    [
      'integration/room-sound.test.ts',
      'a bot hears, speaks, is marked and cleared, is moved to a room of the other host; a room is recorded',
    ],
  ],
];

/** What a hundred in one room, and a thousand that come and go, do to the others. */
export const crowds: readonly Shown[] = [
  [
    'rooms/large-rooms.test.ts',
    'playing, recording, muting, whispering and moving in a room of a hundred leaves nobody else without sound',
  ],
  [
    'gateway/rooms/crowd.test.ts',
    'a thousand members come and go in a minute: no call, leg, socket, timer, token, room or log is left, and who stays hears well',
  ],
];

export const features: readonly Feature[] = [...room, ...into, ...out];
