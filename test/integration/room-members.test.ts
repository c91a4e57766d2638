import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createRealClock, delay } from '../../base/clock.js';
import { eventually } from '../support/eventually.js';
import { hear, hearsPeak, LoopbackRooms, listenMs, type Row } from '../support/loopback-rooms.js';
import { type LoopbackPhone, reached } from '../support/loopback-world.js';
import { rmsDb } from '../support/room-floor.js';
import { createSeededRandom } from '../support/seeded-random.js';
import { levelOf, steadyLevelOf } from '../support/voice.js';

/** What is changed of members, by the API and by keys, over real UDP: listened to by every phone. */

const clock = createRealClock();
const tones = [440, 800, 1250] as const;
let rooms: LoopbackRooms;

beforeAll(async () => {
  rooms = await LoopbackRooms.start();
});

afterEach(() => rooms.over());

afterAll(async () => {
  await rooms.close();
});

type Three = readonly [LoopbackPhone, LoopbackPhone, LoopbackPhone];

/** Three phones, the first a host, and a menu. */
async function meet(room: string): Promise<Three> {
  const menu = { menu: { '1': 'toggle_mute', '2': 'toggle_deaf', '3': 'listen_quieter' } } as const;
  const hostMenu = { host_menu: { '*5': 'mute_all', '*8': 'unmute_all', '*9': 'end_room' } } as const;
  await rooms.ask('POST', '/rooms', { room_id: room, empty_s: 1, ...menu, ...hostMenu });
  return [
    await rooms.come(room, 440, { member: { role: 'host' } }),
    await rooms.come(room, 800),
    await rooms.come(room, 1250),
  ];
}

const rows = (phones: Three, heard: readonly (readonly number[])[]): Row[] =>
  phones.map((phone, index) => [phone, heard[index]!]);
const everybody = [
  [800, 1250],
  [440, 1250],
  [440, 800],
];

describe('what is heard of a member', () => {
  test('by the API: muted, deaf, a listener, a coach of one, and as before', async () => {
    const room = rooms.name('changes');
    const phones = await meet(room);
    await hear(rows(phones, everybody), tones);
    const [, second] = phones;
    const host = await rooms.member(room, phones[0]);
    const steps = [
      [{ muted: true }, [[1250], [440, 1250], [440]]],
      [{ muted: false, deaf: true }, [[800, 1250], [], [440, 800]]],
      [{ deaf: false, role: 'listener' }, [[1250], [440, 1250], [440]]],
      [{ role: 'member', heard_by: [host.member_id] }, [[800, 1250], [440, 1250], [440]]],
      [{ heard_by: null, hears: [host.member_id] }, [[800, 1250], [440], [440, 800]]],
      [{ hears: null }, everybody],
    ] as const;
    for (const [change, expected] of steps) {
      await rooms.change(room, second, change as Parameters<LoopbackRooms['change']>[2]);
      await hear(rows(phones, expected), tones);
    }
    await rooms.act(room, second, { action: 'dtmf', digits: '12#' });
    await eventually('its phone has the keys', () => second.voices.at(-1)?.digits.join('') === '12#');
    const prompted = hearsPeak(second, 2000);
    await rooms.act(room, second, { action: 'kick', reason: 'Too loud', prompt: 'tone:2000*0.4:600' });
    await prompted;
    await reached(second.call!, 'ended bye');
    await hear(
      [
        [phones[0], [1250]],
        [phones[2], [440]],
      ],
      [...tones, 2000],
    );
  });

  test('by keys (RFC 4733): mute and deaf by the member, all by the host, who ends the room; each phone is told in words', async () => {
    const room = rooms.name('keys');
    const phones = await meet(room);
    const [host, second] = phones;
    const told = hearsPeak(second, 880);
    rooms.press(second, '1');
    await told;
    await hear(rows(phones, [[1250], [440, 1250], [440]]), tones);
    expect(await rooms.member(room, second)).toMatchObject({ muted: true });
    rooms.press(second, '12');
    await hear(rows(phones, [[800, 1250], [], [440, 800]]), tones);
    rooms.press(second, '2');
    rooms.press(host, '*5');
    await hear(rows(phones, [[], [440], [440]]), tones);
    rooms.press(host, '*8');
    await hear(rows(phones, everybody), tones);
    const before = steadyLevelOf(await listenMs(second, 1000), 440);
    rooms.press(second, '33');
    await eventually('6 dB less', async () => {
      const db = steadyLevelOf(await listenMs(second, 500), 440) - before;
      return db < -5 && db > -7;
    });
    await eventually('it is told', () => second.messages.length >= 4);
    expect(second.messages.slice(0, 2)).toEqual(['You are muted.', 'You can be heard.']);
    rooms.press(host, '*9');
    for (const { call } of phones) await reached(call!, 'ended bye');
  });
});

/** Words of 600 ms with pauses of 400 ms, in which a line is not quite silent. */
function words(seconds: number, amplitude: number): Int16Array {
  const pitches = [220, 440, 880].map((hz) => (2 * Math.PI * hz) / 8000);
  return Int16Array.from({ length: seconds * 8000 }, (_, at) =>
    Math.round((at % 8000 < 4800 ? amplitude : 3) * pitches.reduce((sum, turn) => sum + Math.sin(turn * at), 0)),
  );
}

describe('how loud a member is', () => {
  test('gain in and out from −20 to +20 dB; agc lifts a soft voice; noise_suppression takes a noise out', async () => {
    const room = rooms.name('levels');
    const phones = await meet(room);
    const [talker, listener, third] = phones;
    third.call?.hangUp();
    await eventually('two are left', async () => (await rooms.members(room)).length === 2);
    for (const phone of [listener, talker]) phone.voices.at(-1)!.toneHz = 0;
    const voice = talker.voices.at(-1)!;
    const soft = (hz: number): Int16Array =>
      Int16Array.from({ length: 40 * 8000 }, (_, at) => 1500 * Math.sin((2 * Math.PI * hz * at) / 8000));
    voice.say(soft(500));
    listener.voices.at(-1)!.say(soft(1000));
    const levels = async (): Promise<number[]> => [
      steadyLevelOf(await listenMs(listener, 500), 500),
      steadyLevelOf(await listenMs(talker, 500), 1000),
    ];
    const before = await eventually('both are heard', async () => {
      const found = await levels();
      return found.every((db) => db > -30) && found;
    });
    for (const [gain_db, listen_gain_db] of [
      [20, 0],
      [-20, 20],
      [0, -20],
    ] as const) {
      await rooms.change(room, talker, { gain_db, listen_gain_db });
      await eventually(`${gain_db} dB out, ${listen_gain_db} dB in`, async () => {
        const [out, into] = (await levels()).map((db, i) => db - before[i]!);
        return Math.abs(out! - gain_db) < 1.5 && Math.abs(into! - listen_gain_db) < 1.5;
      });
    }
    await rooms.change(room, talker, { gain_db: 0, listen_gain_db: 0 });
    listener.voices.at(-1)!.say(new Int16Array(160));
    voice.say(words(40, 350));
    const loudest = async (): Promise<number> => {
      const heard = await listenMs(listener, 1000);
      const windows = Array.from({ length: 18 }, (_, i) => heard.subarray(i * 400, i * 400 + 800));
      return Math.max(...windows.map((window) => levelOf(window, 440)));
    };
    const softly = await eventually('soft words', async () => {
      const db = await loudest();
      return db < -35 && db > -45 && db;
    });
    await rooms.change(room, talker, { agc: true });
    await eventually('louder words', async () => (await loudest()) - softly > 6);
    await rooms.change(room, talker, { agc: false });
    const random = createSeededRandom(5);
    voice.say(Int16Array.from({ length: 40 * 8000 }, () => 600 * (random.uint32() / 2 ** 31 - 1)));
    const noise = async (): Promise<number> => rmsDb(await listenMs(listener, 500));
    const noisy = await eventually('a noise', async () => {
      await delay(clock, 300);
      const db = await noise();
      return db > -43 && db < -37 && db;
    });
    await rooms.change(room, talker, { noise_suppression: true });
    await eventually('less of a noise', async () => (await noise()) - noisy < -12);
    expect(await rooms.member(room, talker)).toMatchObject({ agc: false, noise_suppression: true });
  });
});
