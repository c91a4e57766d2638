import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { CodecName } from '../../media/index.js';
import { codecs } from '../../media/index.js';
import { parseRtcp } from '../../media/rtcp/packet.js';
import { MediaStage, roomId, type StagePhone } from '../support/media-stage.js';
import { TrackEar } from '../support/track-ear.js';

const two = [
  { mid: 'a', midExtensionId: 4 },
  { mid: 'b', midExtensionId: 4 },
] as const;
const room = roomId('r');

let stage: MediaStage;

beforeEach(() => {
  stage = new MediaStage();
});

async function member(toneHz: number, codec: CodecName, tracks?: typeof two): Promise<StagePhone> {
  const phone = await stage.phone(toneHz, { roomId: 'r', codecs: [codec], ...(tracks && { tracks }) });
  phone.leg.join(room, { echo: false });
  return phone;
}

describe('single tracks in place of the mix', () => {
  test('each of the two loudest others has a track of its own, whether its packets fit or are encoded', async () => {
    const ear = new TrackEar(stage, await member(0, 'pcma', two), 'pcma');
    await member(400, 'pcma');
    await member(1000, 'g722');
    await stage.clock.advance(300);
    ear.tones();
    await stage.clock.advance(600);
    const heard = ear.tones(400, 1000);
    expect(Object.keys(heard).sort()).toEqual(['a', 'b']);
    expect(Object.values(heard).sort()).toEqual([[1000], [400]]);
  });

  test('packets that fit are sent on byte by byte, numbered anew without a gap', async () => {
    const ear = new TrackEar(stage, await member(0, 'pcma', two), 'pcma');
    await stage.clock.advance(200);
    const speaker = await member(400, 'pcma');
    await stage.clock.advance(200);
    ear.packets.clear();
    const sent: string[] = [];
    stage.network.filter = ((inner) => (datagram) => {
      const { to, data } = datagram;
      if (to.port === speaker.leg.rtpPort && data.length > 160) sent.push(data.subarray(12).toString('hex'));
      return inner?.(datagram) ?? true;
    })(stage.network.filter);
    await stage.clock.advance(1000);
    const [packets] = [...ear.packets.values()];
    const got = packets!.map(({ payload }) => payload.toString('hex'));
    const common = sent.slice(0, got.length - 2);
    expect(common.length).toBeGreaterThan(40);
    expect(got.join()).toContain(common.join());
    for (const [i, { sequence, timestamp }] of packets!.entries()) {
      expect(sequence).toBe((packets![0]!.sequence + i) & 0xffff);
      expect(timestamp).toBe((packets![0]!.timestamp + i * 160) >>> 0);
    }
  });

  test('who speaks up takes the place of who fell silent, on the same line of numbers', async () => {
    const ear = new TrackEar(stage, await member(0, 'pcma', two), 'pcma');
    const [first, second] = [await member(400, 'pcma'), await member(700, 'pcma')];
    const third = await member(0, 'pcma');
    await stage.clock.advance(600);
    expect(Object.values(ear.tones(400, 700)).sort()).toEqual([[400], [700]]);
    await stage.clock.advance(100);
    const last = ear.packets.get('b')!.at(-1)!;
    ear.packets.clear();
    second.voice.toneHz = 0;
    third.voice.toneHz = 1200;
    await stage.clock.advance(400);
    const next = ear.packets.get('b')![0]!;
    expect([next.sequence, next.timestamp]).toEqual([(last.sequence + 1) & 0xffff, (last.timestamp + 160) >>> 0]);
    ear.packets.clear();
    await stage.clock.advance(600);
    expect(ear.tones(400, 700, 1200)).toEqual({ a: [400], b: [1200] });
    expect(first.voice.toneHz).toBe(400);
  });

  test('muted members, those who may not be heard and the deaf have no track; then they have one again', async () => {
    const listener = await member(0, 'pcma', two);
    const ear = new TrackEar(stage, listener, 'pcma');
    const [fits, encoded] = [await member(400, 'pcma'), await member(700, 'pcmu')];
    await stage.clock.advance(400);
    expect(Object.values(ear.tones(400, 700)).sort()).toEqual([[400], [700]]);
    fits.leg.setMember({ isMuted: true });
    await stage.clock.advance(100);
    ear.packets.clear();
    await stage.clock.advance(400);
    expect(Object.values(ear.tones(400, 700))).toEqual([[700]]);
    encoded.leg.setHearing({ heardBy: [fits.leg.legId], hears: null });
    await stage.clock.advance(100);
    ear.packets.clear();
    await stage.clock.advance(400);
    expect(ear.tones(400, 700)).toEqual({});
    fits.leg.setMember({ isMuted: false });
    encoded.leg.setHearing({ heardBy: null, hears: null });
    await stage.clock.advance(100);
    ear.packets.clear();
    await stage.clock.advance(400);
    expect(Object.values(ear.tones(400, 700)).sort()).toEqual([[400], [700]]);
    listener.leg.setMember({ isDeaf: true });
    await stage.clock.advance(100);
    ear.packets.clear();
    await stage.clock.advance(400);
    expect(ear.tones(400, 700)).toEqual({});
  });

  test('who has tracks is heard by the others, hears nobody twice, and a member that leaves makes room', async () => {
    const listener = await member(300, 'pcma', two);
    const ear = new TrackEar(stage, listener, 'pcma');
    const phones = [await member(400, 'pcma'), await member(700, 'pcma'), await member(1200, 'pcmu')];
    await stage.clock.advance(300);
    expect(await stage.listen([listener, ...phones], 400)).toEqual([
      expect.anything(),
      [300, 700, 1200],
      [300, 400, 1200],
      [300, 400, 700],
    ]);
    expect(Object.values(ear.tones(300, 400, 700, 1200)).sort()).toEqual([[400], [700]]);
    await stage.close(phones[0]!.leg);
    await stage.clock.advance(300);
    ear.packets.clear();
    await stage.clock.advance(400);
    expect(Object.values(ear.tones(300, 400, 700, 1200)).sort()).toEqual([[1200], [700]]);
  });

  test('encoders of formats that nobody is sent any more are given back, while others go on', async () => {
    let open = 0;
    const { createEncoder } = codecs.pcmu;
    const spy = vi.spyOn(codecs.pcmu, 'createEncoder').mockImplementation((parameters) => {
      open += 1;
      return Object.assign(createEncoder(parameters), { close: () => (open -= 1) });
    });
    await member(0, 'pcma', two);
    const other = await member(0, 'pcmu', two);
    await member(400, 'g722');
    await stage.clock.advance(400);
    // The phone's own, the line of its leg, and the voices of both others: silence is not quite zero in PCMA.
    expect(open).toBe(4);
    await stage.close(other.leg);
    await stage.clock.advance(40);
    expect(open).toBe(1);
    spy.mockRestore();
  });

  test('RFC 3550 §6.1 each track has a sender report of its own, with the packets that were sent', async () => {
    const listener = await member(0, 'pcma', two);
    const ear = new TrackEar(stage, listener, 'pcma');
    await member(400, 'pcma');
    const reports = new Map<number, number>();
    stage.network.filter = ((inner) => (datagram) => {
      const parsed =
        datagram.from.port === listener.leg.rtcpPort ? parseRtcp(datagram.data, datagram.data.length) : null;
      for (const packet of parsed?.ok === true ? parsed.value : []) {
        if (packet.type === 'sr') reports.set(packet.ssrc, packet.packetCount);
      }
      return inner?.(datagram) ?? true;
    })(stage.network.filter);
    await stage.clock.advance(20_000);
    const [packets] = [...ear.packets.values()];
    const counts = [...reports.values()];
    expect(counts).toHaveLength(1);
    expect(counts[0]).toBeGreaterThan(100);
    expect(counts[0]).toBeLessThanOrEqual(packets!.length);
  });

  test('a change of the room’s rate leaves tracks as they are', async () => {
    const ear = new TrackEar(stage, await member(0, 'pcma', two), 'pcma');
    await member(400, 'pcmu');
    await stage.clock.advance(400);
    const wide = await member(0, 'g722');
    await stage.clock.advance(400);
    ear.packets.clear();
    await stage.clock.advance(400);
    expect(Object.values(ear.tones(400, 1000)).filter((tones) => tones.length > 0)).toEqual([[400]]);
    wide.voice.toneHz = 1000;
    await stage.clock.advance(300);
    ear.packets.clear();
    await stage.clock.advance(400);
    expect(Object.values(ear.tones(400, 1000)).sort()).toEqual([[1000], [400]]);
  });
});
