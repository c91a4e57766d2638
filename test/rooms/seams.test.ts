import { describe, expect, test } from 'vitest';
import { tone } from '../../media/index.js';
import type { MediaPlayer, PlayOptions } from '../../rooms/index.js';
import { slopeOf, steepest } from '../support/clicks.js';
import { MediaStage, roomId, type StagePhone } from '../support/media-stage.js';
import { levelOf } from '../support/voice.js';

const plain = { echo: false };
const [here, there] = [roomId('here'), roomId('there')];
/** Of a phone's voice; and of what a player plays, at −12 dB. */
const VOICE = 8000;
const SONG = 8230;
/** Codecs that keep every sample: what is heard is what was said. */
const exact = { codecs: ['l16-8000'] } as const;

/** Two tones that follow each other, one coming while the other goes. */
function clean(hz: number, otherHz: number): number {
  return slopeOf(hz, SONG) + slopeOf(otherHz, SONG) + (2 * SONG) / 40;
}

function bytesOf(samples: Int16Array): Uint8Array {
  return new Uint8Array(samples.buffer.slice(samples.byteOffset, samples.byteOffset + samples.byteLength));
}

/** A tone from its top on: a sound that begins and ends with a click of its own. */
function song(hz: number, durationMs = 1900): Uint8Array {
  const skipped = Math.round(2000 / hz);
  const samples = tone({ frequenciesHz: [hz], sampleRateHz: 8000, levelDb: -12, durationMs: durationMs + 100 });
  return bytesOf(samples.slice(240 + skipped, 240 + skipped + durationMs * 8));
}

function play(options: Partial<PlayOptions>, open: (options: PlayOptions) => MediaPlayer | null, hz: number) {
  const ends: string[] = [];
  const player = open({
    sampleRateHz: 8000,
    onWants: () => undefined,
    onEnded: (end) => ends.push(end),
    ...options,
  })!;
  player.feed(song(hz), false);
  return { player, ends };
}

async function phones(stage: MediaStage, ...tones: readonly [hz: number, room: string][]): Promise<StagePhone[]> {
  const all: StagePhone[] = [];
  for (const [hz, room] of tones) {
    const phone = await stage.phone(hz, { roomId: room, ...exact });
    phone.leg.join(roomId(room), plain);
    all.push(phone);
  }
  return all;
}

describe.each([
  ['of the same host', 1],
  ['of another host', 2],
])('a leg that moves to a room %s', (_where, hosts) => {
  test('hears the one go and the other come, and is heard to go and to come, without a click', async () => {
    const stage = new MediaStage(hosts);
    const [stays, left, , waits] = await phones(stage, [200, 'here'], [0, 'here'], [300, 'there'], [0, 'there']);
    const mover = await stage.phone(100, { roomId: 'here', ...exact });
    await stage.clock.advance(200);
    mover.leg.join(here, plain);
    await stage.clock.advance(210);
    for (const room of [there, here, there]) {
      mover.leg.join(room, plain);
      await stage.clock.advance(230);
    }
    mover.leg.leave();
    await stage.clock.advance(230);
    const heard = mover.voice.takeHeard();
    expect(levelOf(heard.slice(3200, 4000), 200)).toBeGreaterThan(-15);
    expect(steepest(heard)).toBeLessThan(clean(200, 300));
    expect(levelOf(heard.slice(-800), 300)).toBeLessThan(-80);
    for (const [phone, hz] of [
      [left!, 200],
      [waits!, 300],
    ] as const) {
      const other = phone.voice.takeHeard().slice(3200);
      expect([hz, steepest(other) < slopeOf(hz, VOICE) + slopeOf(100, VOICE) + VOICE / 40 + 4]).toEqual([hz, true]);
    }
    expect(stays!.voice.takeHeard().length).toBeGreaterThan(0);
  });

  test('and whose call ends while it speaks fades for the others', async () => {
    const stage = new MediaStage(hosts);
    const [speaker, listener] = await phones(stage, [200, 'here'], [0, 'here']);
    await stage.clock.advance(310);
    void stage.close(speaker!.leg);
    await stage.clock.advance(200);
    const heard = listener!.voice.takeHeard().slice(1600);
    expect(levelOf(heard.slice(0, 800), 200)).toBeGreaterThan(-15);
    expect(steepest(heard)).toBeLessThan(slopeOf(200, VOICE) + VOICE / 40);
    expect(levelOf(heard.slice(-800), 200)).toBeLessThan(-80);
  });
});

describe('what is played to one leg', () => {
  test.each([
    ['in no room', null, false],
    ['in place of its room', 'here', false],
    ['over its room', 'here', true],
  ] as const)('%s begins, is replaced and is stopped without a click', async (_where, room, over) => {
    const stage = new MediaStage();
    const phone = await stage.phone(0, { roomId: 'here', ...exact });
    const [guest] = await phones(stage, [0, 'here']);
    if (room !== null) phone.leg.join(here, plain);
    await stage.clock.advance(210);
    const first = play({ over }, (options) => phone.leg.play(options), 200);
    await stage.clock.advance(310);
    const second = play({ over }, (options) => phone.leg.play(options), 300);
    await stage.clock.advance(310);
    second.player.close();
    await stage.clock.advance(40);
    const third = play({ over }, (options) => phone.leg.play(options), 200);
    await stage.clock.advance(210);
    third.player.close();
    const fourth = play({ over }, (options) => phone.leg.play(options), 300);
    await stage.clock.advance(210);
    fourth.player.close();
    await stage.clock.advance(210);
    const heard = phone.voice.takeHeard();
    expect(steepest(heard)).toBeLessThan(clean(200, 300));
    expect(levelOf(heard.slice(3200, 4000), 200)).toBeGreaterThan(-15);
    expect(levelOf(heard.slice(-800), 300)).toBeLessThan(-80);
    expect([first, second, third, fourth].map(({ ends }) => ends)).toEqual([
      ['replaced'],
      ['closed'],
      [room === null ? 'closed' : 'replaced'],
      ['closed'],
    ]);
    expect(guest!.voice.takeHeard().every((sample) => sample === 0)).toBe(true);
  });

  test('and ended outside of its room is not heard in the next one', async () => {
    const stage = new MediaStage();
    const phone = await stage.phone(0, { roomId: 'here', ...exact });
    await phones(stage, [0, 'here']);
    phone.leg.join(here, plain);
    const { player } = play({ over: true }, (options) => phone.leg.play(options), 200);
    await stage.clock.advance(310);
    phone.leg.leave();
    await stage.clock.advance(110);
    player.close();
    await stage.clock.advance(110);
    phone.voice.takeHeard();
    phone.leg.join(here, plain);
    await stage.clock.advance(200);
    expect(
      phone.voice
        .takeHeard()
        .slice(800)
        .every((sample) => sample === 0),
    ).toBe(true);
  });
});

test('what is played to a room begins, is stopped and gives way to the next without a click', async () => {
  const stage = new MediaStage();
  const [listener] = await phones(stage, [0, 'here']);
  await stage.clock.advance(210);
  let { player } = play({}, (options) => stage.pool.playToRoom(here, options), 200);
  for (const hz of [300, 200, 300]) {
    await stage.clock.advance(310);
    player.close();
    ({ player } = play({}, (options) => stage.pool.playToRoom(here, options), hz));
  }
  await stage.clock.advance(310);
  player.close();
  await stage.clock.advance(200);
  const heard = listener!.voice.takeHeard();
  expect(steepest(heard)).toBeLessThan(clean(200, 300));
  expect(levelOf(heard.slice(-800), 300)).toBeLessThan(-80);
});
