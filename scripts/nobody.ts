import type { ApiCommands } from '../gateway/api/commands.js';
import type { MediaswitchCommands } from '../gateway/api/mediaswitch.js';
import type { RecordingCommands } from '../gateway/api/recordings.js';
import type { SoundCommands } from '../gateway/api/sounds.js';
import type { WebCommands } from '../gateway/api/web.js';
import type { RoomCommands } from '../gateway/rooms/commands.js';
import type { StreamCommands } from '../gateway/streams/service.js';

const refused = { ok: false, code: 'INTERNAL_ERROR' } as const;

/** Somebody to call for routes that are only described. */
export const nobody: ApiCommands = {
  inviteClient: async () => refused,
  inviteServer: async () => refused,
  closeConnection: async () => refused,
  sessions: () => [],
  calls: () => [],
  messageSummary: () => refused,
  setMessageSummary: () => refused,
  ready: () => false,
  quality: async () => ({ ok: false, code: 'NOT_FOUND' }) as const,
  histograms: () => ({}),
  counters: () => ({}),
  logLevel: () => null,
  setLogLevel: () => undefined,
};

const noFault = { ok: false, fault: 'unknown', reason: '' } as const;
const noDialog = { ok: false, statusCode: 404, reason: '' } as const;
export const noMediaswitch: MediaswitchCommands = {
  directory: {
    putDomain: () => noFault,
    patchDomain: () => noFault,
    putUser: () => noFault,
    removeDomain: () => noFault,
    removeUser: () => noFault,
    view: () => null,
    top: () => [],
  },
  registrations: { count: () => 0, ofDomain: () => null },
  dialogs: {
    originate: () => noDialog,
    ring: () => noDialog,
    answer: () => noDialog,
    ok: () => noDialog,
    reinvite: () => noDialog,
    hangup: () => noDialog,
    notify: () => noDialog,
    note: () => noDialog,
    dialogsOf: () => [],
    dialogs: () => ({ count: 0, counter: 0 }),
    dialog: () => null,
  },
};

export const noRooms: RoomCommands = {
  list: () => [],
  create: () => refused,
  room: () => refused,
  update: () => refused,
  close: () => refused,
  members: () => refused,
  member: () => refused,
  updateMember: () => refused,
  act: async () => refused,
  dial: async () => refused,
  events: { find: () => null, follow: () => () => undefined },
  watchLevels: () => null,
};
/** Asked by nobody, as those below: their routes are only described. */
export const noWeb = {} as WebCommands;

export const noStreams = {} as StreamCommands;

export const noSounds = {} as SoundCommands & RecordingCommands;
