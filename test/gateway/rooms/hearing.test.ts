import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { UpdateMemberBody } from '../../../contract/rooms.js';
import { RoomWorld, room } from '../../support/room-world.js';
import type { WorldPhone } from '../../support/virtual-world.js';

const tones = [440, 800, 1250] as const;
let world: RoomWorld;
let phones: WorldPhone[];

beforeEach(async () => {
  world = await RoomWorld.start();
  phones = [];
  for (const hz of tones)
    phones.push(await world.come(hz, { room: { menu: { '6': 'toggle_mute', '8': 'say_count' } } }));
});

afterEach(async () => {
  expect(await world.close()).toEqual({ sockets: [], timers: 0 });
});

function update(index: number, change: UpdateMemberBody) {
  return world.gateway.gateway.rooms.commands.updateMember(room, world.memberOf(phones[index]!), change);
}

describe('who hears whom', () => {
  test('a coach is heard by one alone, and hears all', async () => {
    update(0, { heard_by: [world.memberOf(phones[1]!)] });
    expect(await world.heard(phones, tones)).toEqual([[800, 1250], [440, 1250], [800]]);
    update(0, { heard_by: null });
    expect((await world.heard(phones, tones))[2]).toEqual([440, 800]);
  });

  test('one who hears but one', async () => {
    update(2, { hears: [world.memberOf(phones[0]!)] });
    expect(await world.heard(phones, tones)).toEqual([[800, 1250], [440, 1250], [440]]);
  });

  test('a list may name who is not there yet', async () => {
    const call = phones[1]!.call!;
    update(0, { heard_by: ['nobody'] });
    expect(await world.heard(phones, tones)).toEqual([[800, 1250], [1250], [800]]);
    call.hangUp();
    await world.clock.advance(500);
    const late = await world.come(2100);
    update(0, { heard_by: [world.memberOf(late)] });
    expect(await world.heard([late, phones[2]!], tones)).toEqual([[440, 1250], []]);
  });

  test('a list of one room is none of the next', async () => {
    update(0, { heard_by: [world.memberOf(phones[1]!)] });
    const { service } = world.gateway.gateway.rooms;
    for (const index of [0, 2]) {
      service.move(world.memberOf(phones[index]!), { to: 'r2' as typeof room, isAway: false, origin: null });
    }
    expect(await world.heard(phones, tones)).toEqual([[1250], [], [440]]);
  });
});

describe('care of a voice', () => {
  test('agc: one who speaks softly is brought up for the others', async () => {
    const voice = phones[0]!.voices.at(-1)!;
    voice.toneHz = 0;
    const tonesOfSpeech = [220, 440, 880];
    // Words of 600 ms and pauses of 400 ms.
    const soft = Int16Array.from({ length: 12 * 8000 }, (_, at) => {
      const sum = tonesOfSpeech.reduce((all, hz) => all + Math.sin((2 * Math.PI * hz * at) / 8000), 0);
      return at % 8000 < 4800 ? Math.round(350 * sum) : Math.round(3 * sum);
    });
    const loudness = async (): Promise<number> => {
      voice.say(soft);
      await world.clock.advance(8000);
      phones[1]!.voices.at(-1)!.takeHeard();
      await world.clock.advance(2000);
      return world.peakOf(phones[1]!, 440);
    };
    const before = await loudness();
    expect(update(0, { agc: true })).toMatchObject({ ok: true, value: { agc: true } });
    expect((await loudness()) - before).toBeGreaterThan(6);
  });
});

describe('what a member is told in its own ear', () => {
  test('its mute by key: a tone over the mix, for it alone', async () => {
    for (const phone of phones) world.peakOf(phone, 880);
    await world.press(phones[1]!, '6');
    await world.clock.advance(700);
    expect(world.peakOf(phones[1]!, 880)).toBeGreaterThan(-30);
    // What is left there is of the voice at 800 Hz.
    expect(world.peakOf(phones[0]!, 880)).toBeLessThan(-40);
  });

  test('how many they are: as many beeps', async () => {
    await world.press(phones[1]!, '8');
    phones[1]!.voices.at(-1)!.takeHeard();
    await world.clock.advance(2000);
    expect(world.peakOf(phones[1]!, 700)).toBeGreaterThan(-30);
  });

  test('a prompt before it is sent away is heard by it', async () => {
    const commands = world.gateway.gateway.rooms.commands;
    const kick = { action: 'kick', reason: 'Noise', prompt: 'tone:2000*0.4:600' } as const;
    expect(await commands.act(room, world.memberOf(phones[0]!), kick)).toMatchObject({ ok: true });
    await world.clock.advance(500);
    expect(phones[0]?.call?.ended).toBeNull();
    expect(world.peakOf(phones[0]!, 2000)).toBeGreaterThan(-30);
    expect(world.peakOf(phones[1]!, 2000)).toBeLessThan(-45);
    await world.clock.advance(1500);
    expect(phones[0]?.call?.ended?.cause).toBe('bye');
    expect(
      await commands.act(room, world.memberOf(phones[1]!), { action: 'kick', prompt: 'no-such.wav' }),
    ).toMatchObject({ ok: false, code: 'UNPROCESSABLE' });
  });
});
