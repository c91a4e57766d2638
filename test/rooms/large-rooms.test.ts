import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { LegId } from '../../base/ids.js';
import { tone } from '../../media/index.js';
import { MediaStage, roomId, type StagePhone } from '../support/media-stage.js';
import { gapsOf, levelOf } from '../support/voice.js';

const plain = { echo: false };

test('playing, recording, muting, whispering and moving in a room of a hundred leaves nobody else without sound', async () => {
  const stage = new MediaStage(2);
  const phones: StagePhone[] = [];
  for (let i = 0; i < 100; i += 1) phones.push(await stage.phone(i === 0 ? 400 : 0, { roomId: 'r' }));
  for (const { leg } of phones) leg.join(roomId('r'), plain);
  const [speaker, muted, deaf, movedAway, movedTwice, whisperer, leaver, ...others] = phones as [
    StagePhone,
    StagePhone,
    StagePhone,
    StagePhone,
    StagePhone,
    StagePhone,
    StagePhone,
    ...StagePhone[],
  ];
  movedAway.voice.toneHz = 700;
  await stage.clock.advance(600);
  for (const { voice } of phones) voice.takeHeard();
  const lines = rtpLines(stage);
  let recordedBytes = 0;
  const recorder = stage.pool.recordRoom(roomId('r'), {
    sampleRateHz: 8000,
    channels: 1,
    onChunk: (pcm) => {
      recordedBytes += pcm.length;
      recorder.kept();
    },
    onEnded: () => undefined,
  });
  const own = others[0]!.leg.record({
    sampleRateHz: 8000,
    channels: 2,
    onChunk: () => own?.kept(),
    onEnded: () => undefined,
  });
  await stage.clock.advance(200);
  const song = tone({ frequenciesHz: [1400], sampleRateHz: 8000, levelDb: -20, durationMs: 900 });
  const player = stage.pool.playToRoom(roomId('r'), {
    sampleRateHz: 8000,
    gainDb: -3,
    duckDb: 6,
    onWants: () => undefined,
    onEnded: () => undefined,
  });
  player.feed(new Uint8Array(song.buffer), true);
  await stage.clock.advance(200);
  muted.leg.setMember({ isMuted: true });
  deaf.leg.setMember({ isDeaf: true, gainDb: 6 });
  await stage.clock.advance(200);
  // The second host has the room that both move to.
  const elsewhere = await stage.phone(0, { roomId: 's' });
  elsewhere.leg.join(roomId('s'), plain);
  movedAway.leg.join(roomId('s'), plain);
  movedTwice.leg.join(roomId('s'), plain);
  await stage.clock.advance(300);
  whisperer.leg.setHearing({ heardBy: [deaf.leg.legId], hears: null });
  leaver.leg.leave();
  await stage.clock.advance(200);
  movedTwice.leg.join(roomId('r'), plain);
  const late = await stage.phone(0, { roomId: 'r' });
  late.leg.join(roomId('r'), plain);
  recorder.close();
  await stage.clock.advance(300);
  expect(stage.pool.counts().rooms).toBe(2);
  for (const [i, { voice }] of [muted, whisperer, ...others].entries()) {
    const heard = voice.takeHeard();
    expect([i, gapsOf(heard, 400)]).toEqual([i, []]);
    // The player was heard by all.
    expect(levelOf(heard.slice(8 * 400, 8 * 800), 1400)).toBeGreaterThan(-45);
  }
  // Packet by packet: one each 20 ms of media time, for who moved and changed too.
  expect(lines.size).toBe(102);
  const beats = lines.get(speaker.leg.rtpPort)!.length;
  expect(beats).toBeGreaterThanOrEqual(70);
  for (const { leg } of [muted, deaf, movedAway, movedTwice, whisperer, speaker, ...others]) {
    const packets = lines.get(leg.rtpPort) ?? [];
    expect([leg.legId, packets.length]).toEqual([leg.legId, beats]);
    expect(packets.map(([sequence]) => (sequence - packets[0]![0]) & 0xffff)).toEqual(packets.map((_, i) => i));
    expect(packets.map(([, timestamp]) => (timestamp - packets[0]![1]) >>> 0)).toEqual(packets.map((_, i) => 160 * i));
  }
  expect(levelOf(elsewhere.voice.takeHeard().slice(-8 * 300), 700)).toBeGreaterThan(-15);
  expect(gapsOf(movedTwice.voice.takeHeard().slice(-8 * 140), 400)).toEqual([]);
  expect(recordedBytes).toBeGreaterThan(16 * 1000);
  expect(speaker.events.filter(({ type }) => type === 'lost')).toEqual([]);
  expect((await stage.report()).map(({ commandsRefused }) => commandsRefused)).toEqual([0, 0]);
}, 180_000);

test('a thousand come and go within a minute: nothing is left of them, and the heap is not grown', async () => {
  const stage = new MediaStage(2);
  const gc = collector();
  const first = await stage.phone(400, { roomId: 'r' });
  first.leg.join(roomId('r'), plain);
  let opened = 0;
  const come = async (): Promise<() => Promise<unknown>> => {
    opened += 1;
    const leg = await stage.openLeg({
      legId: `guest${opened}` as LegId,
      roomId: opened % 3 === 0 ? null : roomId('r'),
    });
    leg.join(roomId('r'), plain);
    if (opened % 5 === 0) leg.setMember({ agc: true, denoise: opened % 10 === 0 });
    if (opened % 7 === 0) leg.setHearing({ heardBy: [first.leg.legId], hears: null });
    if (opened % 11 === 0) leg.join(roomId('s'), plain);
    return () => stage.close(leg);
  };
  const minute = async (members: number): Promise<void> => {
    const goers: (() => Promise<unknown>)[] = [];
    const startedMs = stage.clock.nowMs();
    for (let i = 0; i < members; i += 1) {
      goers.push(await come());
      if (goers.length > 10) await goers.shift()!();
      await stage.clock.advance(Math.max(0, startedMs + ((i + 1) * 59_000) / 1000 - stage.clock.nowMs()));
    }
    for (const go of goers) await go();
  };
  await minute(100);
  first.voice.takeHeard();
  const before = gc();
  const startedMs = stage.clock.nowMs();
  await minute(1000);
  expect(stage.clock.nowMs() - startedMs).toBeLessThanOrEqual(60_000);
  first.voice.takeHeard();
  const grown = gc() - before;
  await stage.close(first.leg);
  await stage.clock.advance(100);
  expect(stage.pool.counts()).toMatchObject({ legs: 0, rooms: 0, ringLinks: 0, sounds: 0 });
  const figures = (await stage.report()).map(({ legs, rooms, ringMembers, openSockets, commandsRefused }) => [
    ...[legs, rooms, ringMembers, openSockets],
    commandsRefused,
  ]);
  expect(figures).toEqual([
    [0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0],
  ]);
  // A leg alone is some 20 KB: a thousand that were kept would be 20 MB.
  expect(grown).toBeLessThan(3_000_000);
}, 180_000);

/** Sequence and timestamp of every RTP packet that phones are sent from now on, by the port that it comes from. */
function rtpLines(stage: MediaStage): Map<number, [number, number][]> {
  const lines = new Map<number, [number, number][]>();
  stage.network.filter = ({ from, data }) => {
    if (from.address !== '10.0.0.1' || from.port % 2 !== 0) return true;
    const line = lines.get(from.port) ?? [];
    lines.set(from.port, line);
    line.push([data.readUInt16BE(2), data.readUInt32BE(4)]);
    return true;
  };
  return lines;
}

/** Collects what is garbage, and tells what is not, in bytes. */
function collector(): () => number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  return () => {
    collect();
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
}
