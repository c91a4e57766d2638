import { describe, expect, test } from 'vitest';
import type { CodecName } from '../../media/index.js';
import { MediaStage, roomId, type StagePhone } from '../support/media-stage.js';
import { TrackEar } from '../support/track-ear.js';

const lines = ['a', 'b', 'c', 'd', 'e'].map((mid) => ({ mid, midExtensionId: 4 }));
const [here, there] = [roomId('here'), roomId('there')];

async function member(stage: MediaStage, toneHz: number, codec: CodecName, tracks = 0): Promise<StagePhone> {
  const room = tracks > 0 ? here : there;
  const asked = tracks > 0 ? { tracks: lines.slice(0, tracks) } : {};
  const phone = await stage.phone(toneHz, { roomId: room, codecs: [codec], ...asked });
  phone.leg.join(room, { echo: false });
  return phone;
}

async function heardOn(stage: MediaStage, ear: TrackEar, ms = 600): Promise<number[][]> {
  await stage.clock.advance(400);
  ear.packets.clear();
  await stage.clock.advance(ms);
  return Object.values(ear.tones(300, 400, 1000)).sort();
}

describe.each([
  ['in shared memory', () => Promise.resolve(new MediaStage(2))],
  ['over wires', () => MediaStage.overWires(2)],
])('single tracks of a leg whose room is in another host, %s', (_, make) => {
  test('each of the others has a track of its own, in place of the mix; in a room of its own host again as well', async () => {
    const stage = await make();
    const listener = await member(stage, 300, 'pcma', 2);
    const ear = new TrackEar(stage, listener, 'pcma');
    const stayer = await stage.phone(0, { roomId: 'here' });
    stayer.leg.join(here, { echo: false });
    const others = [await member(stage, 400, 'pcma'), await member(stage, 1000, 'g722')];
    await stage.clock.advance(100);
    listener.leg.join(there, { echo: false });
    expect(stage.pool.counts().ringLinks).toBe(1);
    expect(await heardOn(stage, ear)).toEqual([[1000], [400]]);
    expect([...ear.packets.keys()].includes('')).toBe(false);
    // It is heard there too, and hears nothing of itself.
    expect(await stage.listen([listener, ...others], 400)).toEqual([expect.anything(), [300, 1000], [300, 400]]);
    others[0]!.leg.setMember({ isMuted: true });
    expect((await heardOn(stage, ear)).filter(({ length }) => length > 0)).toEqual([[1000]]);
    others[0]!.leg.setMember({ isMuted: false });
    expect(await heardOn(stage, ear)).toEqual([[1000], [400]]);
    stayer.voice.toneHz = 400;
    listener.leg.join(here, { echo: false });
    expect(stage.pool.counts().ringLinks).toBe(0);
    expect(await heardOn(stage, ear)).toEqual([[400]]);
    for (const { leg } of [listener, stayer, ...others]) await stage.close(leg);
    await stage.clock.advance(40);
    const reports = await stage.report();
    expect(reports.map(({ ringMembers, commandsRefused }) => [ringMembers, commandsRefused])).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  test('numbers go on without a gap from one who speaks to the next, and no beat is missing', async () => {
    const stage = await make();
    const listener = await member(stage, 0, 'pcma', 1);
    const ear = new TrackEar(stage, listener, 'pcma');
    const stayer = await stage.phone(0, { roomId: 'here' });
    stayer.leg.join(here, { echo: false });
    const speaker = await member(stage, 400, 'pcmu');
    listener.leg.join(there, { echo: false });
    await stage.clock.advance(400);
    ear.packets.clear();
    await stage.clock.advance(1000);
    const packets = ear.packets.get('a')!;
    expect(packets).toHaveLength(50);
    for (const [i, { sequence, timestamp }] of packets.entries()) {
      expect(sequence).toBe((packets[0]!.sequence + i) & 0xffff);
      expect(timestamp).toBe((packets[0]!.timestamp + i * 160) >>> 0);
    }
    for (const { leg } of [listener, stayer, speaker]) await stage.close(leg);
  });
});

test('five tracks on one beat find room for five packets', async () => {
  const stage = new MediaStage(1);
  const listener = await stage.phone(0, { roomId: 'there', codecs: ['pcma'], tracks: lines });
  listener.leg.join(there, { echo: false });
  const ear = new TrackEar(stage, listener, 'pcma');
  const tones = [300, 400, 1000, 1200, 700];
  for (const toneHz of tones) await member(stage, toneHz, 'pcma');
  await stage.clock.advance(400);
  ear.packets.clear();
  await stage.clock.advance(500);
  const heard = Object.values(ear.tones(...tones));
  expect(heard.map(([tone]) => tone).sort((a, b) => a! - b!)).toEqual([300, 400, 700, 1000, 1200]);
});
