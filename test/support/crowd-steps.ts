import { createRealClock, delay } from '../../base/clock.js';
import type { MemberActionBody, UpdateMemberBody } from '../../contract/rooms.js';
import { tone, writeWav } from '../../media/index.js';
import type { Crowd } from './crowd.js';
import { eventually } from './eventually.js';
import { reached } from './loopback-world.js';

const clock = createRealClock();
/** 400 Hz and more away from the talker's: neither hides the other's breaks. */
export const playedHz = 1600;

/** Members to whom something is done that changes what they hear, by number; the talker is 0. */
export const changed = { deaf: 2, softened: 3, moved: 5, aside: 6, coached: 8, kicked: 10 } as const;

function change(crowd: Crowd, index: number, body: UpdateMemberBody): Promise<unknown> {
  return crowd.rooms.ask('PATCH', `/rooms/${crowd.room}/members/${crowd.id(index)}`, body);
}

function act(crowd: Crowd, room: string, index: number, body: MemberActionBody) {
  return crowd.rooms.ask('POST', `/rooms/${room}/members/${crowd.id(index)}/actions`, body);
}

/** What members and the application do in the room, one after the other; each is heard, or not, by all who have no part in it. */
export async function doEverything(crowd: Crowd): Promise<void> {
  const { rooms, room } = crowd;
  const there = rooms.name('there');
  await crowd.step('nothing', () => delay(clock, 1000));
  await crowd.step('mute, unmute', async () => {
    await change(crowd, 1, { muted: true });
    await change(crowd, 1, { muted: false });
  });
  await crowd.step('mute all others', async () => {
    for (let index = 20; index < 40; index += 1) await change(crowd, index, { muted: index % 2 === 0 });
  });
  await crowd.step('deafen and back', async () => {
    await change(crowd, changed.deaf, { deaf: true });
    await change(crowd, changed.deaf, { deaf: false });
  });
  await crowd.step('gains, AGC, noise suppression', async () => {
    await change(crowd, changed.softened, { gain_db: 6, listen_gain_db: -6 });
    await change(crowd, 4, { agc: true, noise_suppression: true });
    await change(crowd, 4, { agc: false, noise_suppression: false });
  });
  await crowd.step('move away', async () => {
    await rooms.ask('POST', '/rooms', { room_id: there, empty_s: 1 });
    await act(crowd, room, changed.moved, { action: 'move', room_id: there });
  });
  await crowd.step('move back', () => act(crowd, there, changed.moved, { action: 'move', room_id: room }));
  let aside = '';
  await crowd.step('side room', async () => {
    aside = (await act(crowd, room, changed.aside, { action: 'side_room' })).room_id;
  });
  await crowd.step('return', () => act(crowd, aside, changed.aside, { action: 'return' }));
  await crowd.step('whisper', () => change(crowd, 7, { heard_by: [crowd.id(changed.coached)] }));
  await crowd.step('whisper ends', () => change(crowd, 7, { heard_by: null }));
  await record(crowd, 'the mix', { source: 'mix' });
  await record(crowd, 'each member', { source: 'members', format: 'wav', rate: 8000 });
  await play(crowd);
  await crowd.step('kick', async () => {
    await act(crowd, room, changed.kicked, { action: 'kick', reason: 'enough' });
    await reached(crowd.phone(changed.kicked).call!, 'ended bye');
  });
  await crowd.step('join', async () => void (await rooms.come(room, 0)));
  await crowd.step('nothing again', () => delay(clock, 500));
}

async function record(crowd: Crowd, what: string, body: object): Promise<void> {
  const { rooms, room } = crowd;
  let id = '';
  await crowd.step(`record ${what}`, async () => {
    id = (await rooms.ask('POST', `/rooms/${room}/recordings`, body)).recording_id;
  });
  await crowd.step(`${what}: pause, go on`, async () => {
    await rooms.ask('PATCH', `/recordings/${id}`, { paused: true });
    await rooms.ask('PATCH', `/recordings/${id}`, { paused: false });
  });
  await crowd.step(`${what}: stop`, () => rooms.ask('DELETE', `/recordings/${id}`));
}

async function play(crowd: Crowd): Promise<void> {
  const { rooms, room } = crowd;
  const file = writeWav({
    sampleRateHz: 16_000,
    channels: 1,
    samples: tone({ frequenciesHz: [playedHz], sampleRateHz: 16_000, levelDb: -18, durationMs: 1500 }),
  });
  const start = async (body: object): Promise<string> =>
    (await rooms.ask('POST', `/rooms/${room}/playbacks`, body)).playback_id;
  await rooms.ask('PUT', '/sounds/file', file, { 'content-type': 'audio/wav' });
  await crowd.step('play a file to all', async () => {
    const id = await start({ sound: 'file' });
    await eventually('it was played', async () => (await rooms.ask('GET', `/playbacks/${id}`)).state === 'ended');
  });
  let id = '';
  await crowd.step('play to one', async () => {
    id = await start({ sound: 'file', loops: 0, member_id: crowd.id(9) });
  });
  await crowd.step('stop playing', () => rooms.ask('DELETE', `/playbacks/${id}`));
}
