import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RoomSettings } from '../../../contract/rooms.js';
import { RoomWorld, room } from '../../support/room-world.js';
import type { WorldPhone } from '../../support/virtual-world.js';

const tones = [440, 800, 1250] as const;
let world: RoomWorld;
let phones: WorldPhone[];

beforeEach(async () => {
  world = await RoomWorld.start();
  phones = [];
});

afterEach(async () => {
  expect(await world.close()).toEqual({ sockets: [], timers: 0 });
});

/** The first is a host. */
async function meet(settings: RoomSettings): Promise<void> {
  for (const [index, hz] of tones.entries()) {
    phones.push(await world.come(hz, { room: settings, ...(index === 0 ? { member: { role: 'host' } } : {}) }));
  }
}

const all = [
  [800, 1250],
  [440, 1250],
  [440, 800],
];

describe('the key menu of a room', () => {
  test('is what its settings say: keys of one to four digits, for hosts more than for others', async () => {
    await meet({ menu: { '*6': 'toggle_mute', '0': 'leave' }, host_menu: { '*5': 'mute_all', '*8': 'unmute_all' } });
    await world.press(phones[1]!, '*6');
    expect(await world.heard(phones, tones)).toEqual([[1250], [440, 1250], [440]]);
    await world.press(phones[1]!, '*6');
    expect(await world.heard(phones, tones)).toEqual(all);
    // Keys of hosts do nothing for others.
    await world.press(phones[1]!, '*5');
    expect(await world.heard(phones, tones)).toEqual(all);
    await world.press(phones[0]!, '*5');
    expect(await world.heard(phones, tones)).toEqual([[], [440], [440]]);
    await world.press(phones[0]!, '*8');
    expect(await world.heard(phones, tones)).toEqual(all);
    await world.press(phones[2]!, '0');
    expect(phones[2]?.call?.ended?.cause).toBe('bye');
    expect(world.events().at(-1)).toBe('member_left 1003 left');
    const pressed = world.rooms.logs
      .find(room)!
      .after(0, 1000)
      .events.flatMap((event) => (event.type === 'dtmf' ? [`${event.peer} ${event.digit} ${event.action}`] : []));
    expect(pressed.slice(0, 2)).toEqual(['1002 * null', '1002 6 toggle_mute']);
  });

  test('what a host has muted only a host lifts; a tone and a line say why', async () => {
    await meet({ menu: { '*6': 'toggle_mute' }, host_menu: { '*5': 'mute_all', '*8': 'unmute_all' } });
    await world.press(phones[2]!, '*6');
    await world.press(phones[0]!, '*5');
    expect(await world.heard(phones, tones)).toEqual([[], [440], [440]]);
    phones[1]!.voices.at(-1)?.takeHeard();
    await world.press(phones[1]!, '*6');
    await world.clock.advance(500);
    expect(world.peakOf(phones[1]!, 300)).toBeGreaterThan(-35);
    expect(phones[1]!.messages).toEqual(['A host has muted you.', 'A host has muted you.']);
    expect(await world.heard(phones, tones)).toEqual([[], [440], [440]]);
    await world.press(phones[0]!, '*8');
    // Who had muted itself stays so, until it says otherwise.
    expect(await world.heard(phones, tones)).toEqual([[800], [440], [440, 800]]);
    await world.press(phones[2]!, '*6');
    expect(await world.heard(phones, tones)).toEqual(all);
  });

  test('a host asks all to unmute themselves: nobody is heard by that, and each may do it', async () => {
    await meet({ menu: { '*6': 'toggle_mute' }, host_menu: { '*5': 'mute_all', '*4': 'ask_to_unmute_all' } });
    await world.press(phones[0]!, '*5');
    for (const phone of phones) phone.voices.at(-1)?.takeHeard();
    await world.press(phones[0]!, '*4');
    await world.clock.advance(500);
    expect(world.peakOf(phones[1]!, 660)).toBeGreaterThan(-35);
    expect(await world.heard(phones, tones)).toEqual([[], [440], [440]]);
    expect(phones[1]!.messages.at(-1)).toBe('You are asked to unmute yourself.');
    await world.press(phones[1]!, '*6');
    expect(await world.heard(phones, tones)).toEqual([[800], [440], [440, 800]]);
    expect(world.events().filter((event) => event === 'unmute_asked')).toHaveLength(2);
  });

  test('a key that begins a longer one waits 1.5 s for the next', async () => {
    await meet({ menu: { '1': 'toggle_mute', '12': 'toggle_deaf' } });
    await world.press(phones[1]!, '12');
    expect(await world.heard(phones, tones)).toEqual([[800, 1250], [], [440, 800]]);
    await world.press(phones[1]!, '12');
    await world.press(phones[1]!, '1');
    expect((await world.heard(phones, tones))[0]).toEqual([800, 1250]);
    await world.clock.advance(1500);
    expect((await world.heard(phones, tones))[0]).toEqual([1250]);
    // What begins nothing is dropped, and the next key counts by itself.
    await world.press(phones[1]!, '91');
    await world.clock.advance(1600);
    expect((await world.heard(phones, tones))[0]).toEqual([800, 1250]);
  });

  test('levels: 3 dB for each press', async () => {
    await meet({ menu: { '4': 'listen_quieter', '6': 'listen_louder', '7': 'quieter', '9': 'louder' } });
    const before = await world.levelFor(phones[1]!, 440);
    await world.press(phones[1]!, '44');
    expect((await world.levelFor(phones[1]!, 440)) - before).toBeCloseTo(-6, 0);
    const said = await world.levelFor(phones[0]!, 800);
    await world.press(phones[1]!, '9');
    expect((await world.levelFor(phones[0]!, 800)) - said).toBeCloseTo(3, 0);
  });

  test('a host locks the room and ends it', async () => {
    await meet({ host_menu: { '*7': 'toggle_lock', '*9': 'end_room' } });
    await world.press(phones[0]!, '*7');
    const late = await world.come(2100);
    expect(late.call?.ended?.statusCode).toBe(403);
    await world.press(phones[0]!, '*9');
    await world.clock.advance(500);
    expect(phones.map(({ call }) => call?.ended?.cause)).toEqual(['bye', 'bye', 'bye']);
    expect(world.events().at(-1)).toBe('room_ended closed');
  });
});

describe('the sounds of a room', () => {
  test('who comes and goes is announced with tones; to nobody where they are off', async () => {
    await meet({ entry_sound: 'tone:2000*0.3:300', exit_sound: 'tone:2600*0.3:300' });
    await world.clock.advance(1000);
    for (const phone of phones) world.peakOf(phone, 2000);
    const late = await world.come(0);
    await world.clock.advance(500);
    for (const phone of [...phones, late]) expect(world.peakOf(phone, 2000)).toBeGreaterThan(-25);
    late.call?.hangUp();
    await world.clock.advance(700);
    for (const phone of phones) expect(world.peakOf(phone, 2600)).toBeGreaterThan(-25);
    world.rooms.change(world.runner(), { ...world.runner().room.policy, entrySound: null, exitSound: null });
    await world.call(late);
    await world.clock.advance(500);
    late.call?.hangUp();
    await world.clock.advance(700);
    for (const phone of phones) {
      expect(world.peakOf(phone, 2000)).toBeLessThan(-50);
    }
    expect(await world.finish(phones)).toEqual([]);
  });

  test('alone_sound: heard by who is alone, and by nobody else', async () => {
    const first = await world.come(440, { room: { alone_sound: 'tone:1600*0.5:2000' } });
    expect(await world.heard([first], [1600])).toEqual([[1600]]);
    const second = await world.come(800);
    expect(await world.heard([first, second], [...tones, 1600])).toEqual([[800], [440]]);
    second.call?.hangUp();
    await world.clock.advance(500);
    expect(await world.heard([first], [1600])).toEqual([[1600]]);
    expect(await world.finish([first])).toEqual([]);
  });

  test('a sound that is not there is silence, and a line in the log', async () => {
    await meet({ entry_sound: 'gone.wav' });
    expect(await world.heard(phones, tones)).toEqual(all);
    expect(world.gateway.log.some(({ event }) => event === 'room.sound-missing')).toBe(true);
  });
});

describe('who speaks', () => {
  test('is told while somebody follows the room, and only then', async () => {
    await meet({});
    await world.clock.advance(1000);
    expect(world.events().filter((event) => /speak/.test(event))).toEqual([]);
    for (const phone of phones) phone.voices.at(-1)!.toneHz = 0;
    await world.clock.advance(3000);
    const unfollow = world.runner().follow();
    await world.clock.advance(1000);
    phones[1]!.voices.at(-1)!.toneHz = 800;
    await world.clock.advance(1500);
    expect(world.events().slice(-2)).toEqual(['speaking_started 1002', 'active_speaker']);
    phones[1]!.voices.at(-1)!.toneHz = 0;
    await world.clock.advance(3000);
    expect(world.events().at(-1)).toBe('speaking_stopped 1002');
    unfollow();
    phones[0]!.voices.at(-1)!.toneHz = 440;
    await world.clock.advance(2000);
    expect(world.events().at(-1)).toBe('speaking_stopped 1002');
  });
});
