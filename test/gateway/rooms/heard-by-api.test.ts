import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RoomSettings, UpdateMemberBody } from '../../../contract/rooms.js';
import { rmsDb } from '../../support/room-floor.js';
import { RoomWorld } from '../../support/room-world.js';
import { createSeededRandom } from '../../support/seeded-random.js';
import type { WorldPhone } from '../../support/virtual-world.js';

/** What the API sets of rooms and members, listened to by every phone that is there. */

const tones = [440, 800, 1250] as const;
const all = [
  [800, 1250],
  [440, 1250],
  [440, 800],
];
let world: RoomWorld;
let phones: WorldPhone[];
/** What went over the wire to phones and began as a BYE. */
let byes: string[];

beforeEach(async () => {
  world = await RoomWorld.start();
  phones = [];
  byes = [];
  world.network.filter = ({ from, data }) => {
    const text = data.toString('latin1');
    if (from.address === '10.0.0.1' && text.startsWith('BYE ')) byes.push(text);
    return true;
  };
});

afterEach(async () => {
  expect(await world.finish(phones)).toEqual([]);
  expect(await world.close()).toEqual({ sockets: [], timers: 0 });
});

async function ask(method: string, path: string, body?: unknown): Promise<number> {
  return (await world.gateway.fetch(method, path, body)).status;
}

/** A room that was made over the API, and phones that are asked in by the hook without a word of it. */
async function meet(settings: RoomSettings, count = 3): Promise<void> {
  expect(await ask('POST', '/rooms', { room_id: 'r1', empty_s: 1, ...settings })).toBe(201);
  for (const hz of tones.slice(0, count)) phones.push(await world.come(hz));
}

const memberPath = (index: number): string => `/rooms/r1/members/${world.memberOf(phones[index]!)}`;

const change = (index: number, body: UpdateMemberBody) => ask('PATCH', memberPath(index), body);

const endOf = ({ call }: WorldPhone) => call?.ended?.cause ?? null;

describe.each(['the hook', 'the API'] as const)('a PIN from %s', (from) => {
  test('three wrong ones, each with its low tone and unheard by the room, end the call; the right one lets in', async () => {
    const settings = { pin: '4711', empty_s: 1 };
    if (from === 'the API') expect(await ask('POST', '/rooms', { room_id: 'r1', ...settings })).toBe(201);
    const asks = from === 'the API' ? {} : { room: settings };
    const [inside, guesser] = [await world.come(440, asks), await world.come(800, asks)];
    phones = [inside, guesser];
    for (const phone of phones) expect(world.peakOf(phone, 620)).toBeGreaterThan(-25);
    await world.press(inside, '4711');
    expect(await world.heard(phones, tones)).toEqual([[], []]);
    for (const wrong of ['0000', '12#', '4712']) {
      expect(endOf(guesser)).toBeNull();
      for (const phone of phones) phone.voices.at(-1)?.takeHeard();
      await world.press(guesser, wrong);
      await world.clock.advance(600);
      const heard = inside.voices.at(-1)!.takeHeard();
      expect(rmsDb(heard)).toBeLessThan(-60);
      expect(world.peakOf(guesser, 300)).toBeGreaterThan(-25);
    }
    await world.clock.advance(1000);
    expect(endOf(guesser)).toBe('bye');
    expect(byes.at(-1)).toContain('Wrong PIN');
    await world.call(guesser, asks);
    await world.press(guesser, '4711');
    expect(await world.heard(phones, tones)).toEqual([[800], [440]]);
  });
});

describe('limits', () => {
  test('max_members: one more is refused and heard by nobody, until there is a place', async () => {
    await meet({ max_members: 2 });
    expect(phones[2]?.call?.ended?.statusCode).toBe(480);
    expect(await world.heard(phones.slice(0, 2), tones)).toEqual([[800], [440]]);
    expect(await ask('PATCH', '/rooms/r1', { max_members: 3 })).toBe(200);
    await world.call(phones[2]!);
    expect(await world.heard(phones, tones)).toEqual(all);
  });

  test('max_age_s: all are heard until then, and sent away with its word', async () => {
    await meet({ max_age_s: 60 });
    await world.clock.advance(60_000 - world.clock.nowMs() - 2000);
    expect(await world.heard(phones, tones)).toEqual(all);
    await world.clock.advance(2500);
    expect(phones.map(endOf)).toEqual(['bye', 'bye', 'bye']);
    expect(byes.map((bye) => /text="(.*)"/.exec(bye)?.[1])).toEqual(Array(3).fill('Room expired'));
  });

  test('idle_s: who is silent is sent away in time, who hears somebody is not', async () => {
    await meet({ idle_s: 20 });
    for (const phone of phones.slice(1)) phone.voices.at(-1)!.toneHz = 0;
    await world.clock.advance(40_000);
    expect(await world.heard(phones, tones)).toEqual([[], [440], [440]]);
    phones[0]!.voices.at(-1)!.toneHz = 0;
    await world.clock.advance(10_000);
    expect(await world.heard(phones, tones)).toEqual([[], [], []]);
    await world.clock.advance(15_000);
    expect(phones.map(endOf)).toEqual(['bye', 'bye', 'bye']);
  });

  test('lobby_timeout_s: the hold sound until then, and a BYE', async () => {
    await meet({ lobby: true, lobby_timeout_s: 20, hold_sound: 'tone:1600*0.3:2000' });
    await world.clock.advance(10_000);
    expect(await world.heard(phones, [...tones, 1600])).toEqual([[1600], [1600], [1600]]);
    await world.clock.advance(11_000);
    expect(phones.map(endOf)).toEqual(['bye', 'bye', 'bye']);
  });
});

describe('a lock', () => {
  test('by the API: nobody else is heard, until it is taken away', async () => {
    await meet({ locked: true }, 1);
    expect(phones[0]?.call?.ended?.statusCode).toBe(403);
    await world.call(phones[0]!, { member: { role: 'host' } });
    phones.push(await world.come(800));
    expect(phones[1]?.call?.ended?.statusCode).toBe(403);
    expect(await world.heard(phones.slice(0, 1), tones)).toEqual([[]]);
    expect(await ask('PATCH', '/rooms/r1', { locked: false })).toBe(200);
    await world.call(phones[1]!);
    expect(await world.heard(phones, tones)).toEqual([[800], [440]]);
  });
});

describe('a member', () => {
  test.each([
    ['muted', { muted: true }, { muted: false }, [[800, 1250], [1250], [800]]],
    ['deaf', { deaf: true }, { deaf: false }, [[], [440, 1250], [440, 800]]],
    ['a listener', { role: 'listener' }, { role: 'member' }, [[800, 1250], [1250], [800]]],
    ['turned down to nothing', { gain_db: -60 }, { gain_db: 0 }, [[800, 1250], [1250], [800]]],
    ['heard by nobody', { heard_by: [] }, { heard_by: null }, [[800, 1250], [1250], [800]]],
    ['hearing nobody', { hears: [] }, { hears: null }, [[], [440, 1250], [440, 800]]],
  ] as const)('is %s, and as before', async (_, there, back, expected) => {
    await meet({});
    expect(await change(0, there as UpdateMemberBody)).toBe(200);
    expect(await world.heard(phones, tones)).toEqual(expected);
    expect(await change(0, back)).toBe(200);
    expect(await world.heard(phones, tones)).toEqual(all);
  });

  test.each([-20, 20])('is heard, and hears, %i dB louder', async (db) => {
    await meet({}, 2);
    // Soft enough for 20 dB more.
    for (const [index, { voices }] of phones.entries()) {
      const turn = (2 * Math.PI * tones[index]!) / 8000;
      voices.at(-1)!.say(Int16Array.from({ length: 60 * 8000 }, (_, at) => 1500 * Math.sin(turn * at)));
    }
    const [first, second] = phones as [WorldPhone, WorldPhone];
    const before = [await world.levelFor(second, 440), await world.levelFor(first, 800)];
    expect(await change(0, { gain_db: db })).toBe(200);
    const louder = [await world.levelFor(second, 440), await world.levelFor(first, 800)];
    expect(await change(0, { gain_db: 0, listen_gain_db: db })).toBe(200);
    const listening = [await world.levelFor(second, 440), await world.levelFor(first, 800)];
    const rounded = (levels: number[]) => levels.map((level, i) => Math.round(level - before[i]!) + 0);
    expect([rounded(louder), rounded(listening)]).toEqual([
      [db, 0],
      [0, db],
    ]);
    expect(await change(0, { gain_db: 20.1 })).toBe(400);
  });

  test('noise_suppression: its noise is heard by nobody, its voice by all', async () => {
    await meet({}, 2);
    const [noisy, listener] = phones as [WorldPhone, WorldPhone];
    for (const { voices } of phones) voices.at(-1)!.toneHz = 0;
    const random = createSeededRandom(5);
    const noise = Int16Array.from({ length: 30 * 8000 }, () => 600 * (random.uint32() / 2 ** 31 - 1));
    const heardDb = async (): Promise<number> => {
      noisy.voices.at(-1)!.say(noise);
      await world.clock.advance(2500);
      listener.voices.at(-1)!.takeHeard();
      await world.clock.advance(1000);
      return rmsDb(listener.voices.at(-1)!.takeHeard());
    };
    const before = await heardDb();
    expect(before).toBeGreaterThan(-45);
    expect(await change(0, { noise_suppression: true })).toBe(200);
    expect((await heardDb()) - before).toBeLessThan(-12);
    expect(await change(0, { noise_suppression: false })).toBe(200);
    expect(Math.abs((await heardDb()) - before)).toBeLessThan(2);
  });

  test('kick: it hears its prompt, is told the reason in the BYE, and is heard no more', async () => {
    await meet({});
    const path = `${memberPath(0)}?reason=Too%20loud&prompt=${encodeURIComponent('tone:2000*0.4:600')}`;
    expect(await ask('DELETE', path)).toBe(200);
    await world.clock.advance(500);
    expect(phones.map((phone) => world.peakOf(phone, 2000) > -30)).toEqual([true, false, false]);
    await world.clock.advance(1000);
    expect(phones.map(endOf)).toEqual(['bye', null, null]);
    expect(byes[0]).toMatch(/^Reason: .*text="Too loud"\r$/m);
    // A page has no BYE: it reads it from the room's events.
    expect(world.events().find((event) => event.startsWith('member_left'))).toBe('member_left 1001 kicked Too loud');
    expect(await world.heard(phones.slice(1), tones)).toEqual([[1250], [800]]);
  });
});
