import { defaultRoomRules, type RoomRules } from '../../rooms/index.js';
import { choice, integer, textReader } from './readers.js';
import { setting } from './setting.js';

const rates: readonly RoomRules['maxRateHz'][] = [8000, 16000, 48000];
const rate = textReader(`one of ${rates.join(', ')}`, (text) => rates.find((hz) => String(hz) === text) ?? null);

/** What holds for every room; the first three are those of rooms/room-rules.ts. */
export const roomSettings = {
  ungatedMembers: setting('Media', integer(0, 1000, 'members'), defaultRoomRules.ungatedMembers, {
    shape: 'N',
    unit: 'members',
    meaning: 'in a room of at most so many everybody is heard, background and all; in larger ones only who speaks',
  }),
  mostSpeakers: setting('Media', integer(1, 64, 'members'), defaultRoomRules.mostSpeakers, {
    shape: 'N',
    unit: 'members',
    meaning: 'so many are heard at once in a larger room, the loudest',
  }),
  maxRoomRateHz: setting('Media', rate, defaultRoomRules.maxRateHz, {
    shape: '8000|16000|48000',
    unit: 'Hz',
    meaning: 'a room runs at the rate that its best member needs, up to this; 48000 costs three times as much mixing',
  }),
  roomNotices: setting('Media', choice('on', 'off'), 'on', {
    shape: 'on|off',
    meaning: 'phones that take messages within a call are told in words that they are muted, or wait in a lobby',
  }),
};
