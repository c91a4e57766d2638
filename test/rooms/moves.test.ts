import { describe, expect, test } from 'vitest';
import { MediaStage, roomId, type StagePhone } from '../support/media-stage.js';
import { gapsOf, levelOf } from '../support/voice.js';

const plain = { echo: false };
const [old, other] = [roomId('old'), roomId('other')];

interface Scene {
  readonly stage: MediaStage;
  /** A speaker and a listener in each room, in this order: old, old, other, other. */
  readonly stayers: readonly StagePhone[];
  readonly mover: StagePhone;
}

const places: [string, () => Promise<MediaStage>, string][] = [
  ['of the same host', async () => new MediaStage(1), 'other'],
  ['of another host, by shared memory', async () => new MediaStage(2), 'other'],
  ['of another host, by a wire', () => MediaStage.overWires(2), 'other'],
];

async function scene(stage: MediaStage): Promise<Scene> {
  await stage.clock.advance(20);
  const mover = await stage.phone(1000, { roomId: 'old' });
  const stayers = [
    await stage.phone(400, { roomId: 'old' }),
    await stage.phone(0, { roomId: 'old' }),
    await stage.phone(700, { roomId: 'other' }),
    await stage.phone(0, { roomId: 'other' }),
  ];
  for (const [i, { leg }] of stayers.entries()) leg.join(i < 2 ? old : other, plain);
  mover.leg.join(old, plain);
  await stage.clock.advance(500);
  for (const { voice } of [mover, ...stayers]) voice.takeHeard();
  return { stage, stayers, mover };
}

describe.each(places)('a leg that moves to a room %s', (_where, make) => {
  test('leaves nobody else without sound, goes on in its RTP line, and hears nothing of the old room', async () => {
    const { stage, stayers, mover } = await scene(await make());
    const packets = stage.tap(mover);
    await stage.clock.advance(200);
    mover.leg.join(other, plain);
    await stage.clock.advance(1000);
    const [, inOld, , inOther] = stayers.map(({ voice }) => voice.takeHeard()) as [
      Int16Array,
      Int16Array,
      Int16Array,
      Int16Array,
    ];
    // 60 beats.
    expect([inOld.length, inOther.length]).toEqual([9600, 9600]);
    expect(gapsOf(inOld, 400)).toEqual([]);
    expect(gapsOf(inOther, 700)).toEqual([]);
    // Heard in the old room before, and in the other one after it.
    const after = 8 * (200 + 140);
    expect([levelOf(inOld.slice(0, 1600), 1000) > -15, levelOf(inOld.slice(after), 1000) < -60]).toEqual([true, true]);
    expect([levelOf(inOther.slice(0, 1600), 1000) < -60, levelOf(inOther.slice(after), 1000) > -15]).toEqual([
      true,
      true,
    ]);
    const heard = mover.voice.takeHeard();
    expect([400, 700].map((hz) => levelOf(heard.slice(after), hz) > -60)).toEqual([false, true]);
    // Without sound for no longer than the way through a ring takes, and the beat between two.
    const silent = gapsOf(heard, 400).filter((gap) => gapsOf(heard, 700).includes(gap));
    expect(silent.length).toBeLessThanOrEqual(5);
    expect(packets.map(([sequence]) => (sequence - packets[0]![0]) & 0xffff)).toEqual(packets.map((_, i) => i));
    expect(packets.map(([, timestamp]) => (timestamp - packets[0]![1]) >>> 0)).toEqual(packets.map((_, i) => 160 * i));
  });

  test('comes back, to and fro ten times, and leaves no link behind', async () => {
    const { stage, stayers, mover } = await scene(await make());
    for (let i = 0; i < 10; i += 1) {
      mover.leg.join(i % 2 === 0 ? other : old, plain);
      await stage.clock.advance(100);
    }
    await stage.clock.advance(200);
    expect(gapsOf(stayers[1]!.voice.takeHeard(), 400)).toEqual([]);
    expect(gapsOf(stayers[3]!.voice.takeHeard(), 700)).toEqual([]);
    expect(stage.pool.counts()).toMatchObject({ ringLinks: 0, rooms: 2 });
    for (const { leg } of [mover, ...stayers]) await stage.close(leg);
    await stage.clock.advance(40);
    expect(stage.pool.counts()).toMatchObject({ legs: 0, rooms: 0, ringLinks: 0 });
    const reports = await stage.report();
    expect(reports.map(({ ringMembers, rooms, commandsRefused }) => [ringMembers, rooms, commandsRefused])).toEqual(
      reports.map(() => [0, 0, 0]),
    );
  });
});
