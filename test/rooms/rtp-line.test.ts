import { expect, test } from 'vitest';
import type { LegMedia } from '../../media/index.js';
import { MediaStage, roomId, type StagePhone } from '../support/media-stage.js';

/** Steps of a tapped line that are not those of one packet a beat: [at index, sequence step, timestamp step]. */
function jumps(packets: readonly [number, number, number][], ticks: number): [number, number, number][] {
  return packets.flatMap(([sequence, timestamp], index) => {
    const before = packets[index - 1];
    if (before === undefined) return [];
    const step: [number, number, number] = [index, (sequence - before[0]) & 0xffff, (timestamp - before[1]) >>> 0];
    return step[1] === 1 && step[2] === ticks ? [] : [step];
  });
}

async function talk(codec: 'pcmu' | 'g722' = 'pcmu'): Promise<{ stage: MediaStage; listener: StagePhone }> {
  const stage = new MediaStage(2);
  const talker = await stage.phone(500, { roomId: 'r' });
  const listener = await stage.phone(0, { roomId: 'r', codecs: [codec, 'pcma'] });
  for (const { leg } of [talker, listener]) leg.join(roomId('r'), { echo: false });
  await stage.clock.advance(200);
  return { stage, listener };
}

/** The same media, changed: what a re-INVITE brings. */
function change({ leg }: StagePhone, changes: Partial<LegMedia> = {}): void {
  leg.set({ ...agreed, ...changes });
}

const agreed: LegMedia = {
  remote: { address: '10.0.1.2', rtpPort: 4000, rtcpPort: 4001 },
  direction: 'sendrecv',
  held: false,
  send: { codec: 'pcmu', payloadType: 0, clockRateHz: 8000, ptimeMs: 20, parameters: '' },
  receive: [{ codec: 'pcmu', payloadType: 0, clockRateHz: 8000, parameters: '' }],
  telephoneEvents: [],
  rtcpMux: false,
};

test('mute, deafness and a room of another host are not seen in the RTP line', async () => {
  const { stage, listener } = await talk();
  const packets = stage.tap(listener);
  listener.leg.setMember({ isMuted: true });
  await stage.clock.advance(300);
  listener.leg.setMember({ isDeaf: true });
  await stage.clock.advance(300);
  listener.leg.setMember({ isMuted: false, isDeaf: false });
  listener.leg.leave();
  await stage.clock.advance(300);
  const other = await stage.phone(700, { roomId: 'elsewhere' });
  other.leg.join(roomId('elsewhere'), { echo: false });
  listener.leg.join(roomId('elsewhere'), { echo: false });
  await stage.clock.advance(300);
  expect(packets.length).toBeGreaterThan(55);
  expect(jumps(packets, 160)).toEqual([]);
});

test('RFC 3550 §5.1 hold leaves a gap in time alone, as long as it took', async () => {
  const { stage, listener } = await talk();
  const packets = stage.tap(listener);
  await stage.clock.advance(200);
  change(listener, { direction: 'inactive', held: true });
  await stage.clock.advance(1000);
  change(listener);
  await stage.clock.advance(200);
  expect(jumps(packets, 160)).toEqual([[expect.any(Number), 1, 51 * 160]]);
});

test('RFC 3550 §5.1 another codec of the same clock goes on in the same line', async () => {
  const { stage, listener } = await talk();
  const packets = stage.tap(listener);
  const g722 = { codec: 'g722', payloadType: 9, clockRateHz: 8000, parameters: '' } as const;
  await stage.clock.advance(200);
  change(listener, { send: { ...g722, ptimeMs: 20 }, receive: [g722] });
  await stage.clock.advance(200);
  change(listener);
  await stage.clock.advance(200);
  expect(packets.length).toBeGreaterThan(25);
  expect(jumps(packets, 160)).toEqual([]);
});

test('RFC 7160 §4.1 at another clock rate the line goes on from where it is, at the new pace', async () => {
  const { stage, listener } = await talk();
  const packets = stage.tap(listener);
  const opus = { codec: 'opus', payloadType: 111, clockRateHz: 48_000, parameters: '' } as const;
  await stage.clock.advance(200);
  change(listener, { send: { ...opus, ptimeMs: 20 }, receive: [opus] });
  const before = packets.length;
  await stage.clock.advance(200);
  expect(jumps(packets.slice(0, before), 160)).toEqual([]);
  expect(jumps(packets.slice(before), 960)).toEqual([]);
  expect(jumps(packets.slice(before - 1, before + 1), 960)).toEqual([]);
});

test('RFC 3711 §8.1 new keys of a re-INVITE leave SSRC, sequence and timestamps as they are', async () => {
  const { stage, listener } = await talk();
  const packets = stage.tap(listener);
  const keying = (fill: number) =>
    ({ profile: 'AES_CM_128_HMAC_SHA1_80', keyAndSalt: new Uint8Array(30).fill(fill) }) as const;
  for (const fill of [1, 2]) {
    change(listener, { srtp: { send: keying(fill), receive: keying(fill) } });
    await stage.clock.advance(200);
  }
  expect(packets.length).toBeGreaterThan(15);
  expect(jumps(packets, 160)).toEqual([]);
});

test.each([10, 30, 50])('packets of %i ms leave as far apart as they are long, alone and shared', async (ptimeMs) => {
  const stage = new MediaStage();
  const edit = (sdp: string): string => `${sdp}a=ptime:${ptimeMs}\r\n`;
  const phones = [await stage.phone(500, { roomId: 'r', edit }), await stage.phone(0, { roomId: 'r', edit })];
  for (const { leg } of phones) leg.join(roomId('r'), { echo: false });
  await stage.clock.advance(400);
  const lines = phones.map((phone) => stage.tap(phone));
  await stage.clock.advance(1200);
  for (const packets of lines) {
    expect(packets.length).toBeGreaterThanOrEqual(1200 / ptimeMs - 1);
    expect(jumps(packets, ptimeMs * 8)).toEqual([]);
    const gaps = packets.slice(1).map(([, , atMs], index) => Math.round(atMs - packets[index]![2]));
    expect(new Set(gaps)).toEqual(new Set([ptimeMs]));
  }
});
