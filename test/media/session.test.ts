import { afterEach, describe, expect, test, vi } from 'vitest';
import { OpusLimitError } from '../../media/codec/opus/opus.js';
import { codecs } from '../../media/index.js';
import type { SharedSound } from '../../media/shared-sound.js';
import { MediaBench, mediaOf, SOUND_AT } from '../support/media-bench.js';
import { sampleOf, steps } from '../support/rtp-peer.js';

/** A room's sound of which every payload is one code. */
function shareOf(code: keyof typeof sampleOf): SharedSound & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    frame: new Int16Array(160).fill(sampleOf[code]),
    isSilent: false,
    payloadsOf: ({ codec }) => {
      asked.push(codec);
      return { count: 1, packets: [new Uint8Array(160).fill(code)], pendingSamples: 0 };
    },
    before: () => null,
    after: () => null,
  };
}

describe('sound', () => {
  test('what the peer says is heard, in its order, though the network swaps and repeats packets', async () => {
    const bench = await MediaBench.open();
    bench.session.set(mediaOf());
    const codes = [0x80, 0x90, 0xa0] as const;
    bench.network.jitterMs = 30;
    bench.beats(60, (beat) => bench.peer.send(new Uint8Array(160).fill(codes[beat % 3]!)));
    bench.network.jitterMs = 0;
    bench.beats(10);
    // Frames may be squeezed out to win delay back, never doubled or swapped.
    let squeezed = 0;
    let beat = 0;
    for (const heard of bench.pulled.filter((each) => each !== null).slice(0, 57)) {
      // A squeezed frame has begun to fade into the next one.
      const sample = Object.values(sampleOf).find((one) => Math.abs(one - heard) < 2500);
      if (sample !== sampleOf[codes[beat % 3]!]) {
        squeezed += 1;
        beat += 1;
      }
      expect(sample).toBe(sampleOf[codes[beat % 3]!]);
      beat += 1;
    }
    expect(squeezed).toBeLessThanOrEqual(3);
    expect(bench.events).toEqual(['started 10.0.0.2:4000']);
    expect(bench.session.stats()).toMatchObject({ packetsReceived: 60, bytesReceived: 9600, packetsLost: 0 });
    expect(bench.session.stats().jitterMs).toBeGreaterThan(2);
    await bench.session.close();
  });

  test('what the room says goes out each 20 ms, and silence where it says nothing', async () => {
    const bench = await MediaBench.open();
    bench.session.set(mediaOf());
    bench.beats(5, undefined, new Int16Array(160).fill(sampleOf[0x90]));
    bench.beats(5);
    bench.deliver();
    expect(bench.peer.heard.map(({ payload }) => payload[SOUND_AT])).toEqual([
      ...Array(5).fill(0x90),
      ...Array(5).fill(0xff),
    ]);
    expect(new Set(bench.peer.heard.map(({ payload }) => payload.length))).toEqual(new Set([160]));
    expect(bench.peer.heard[0]?.from).toBe('10.0.0.1:10000');
    await bench.session.close();
  });

  test('a payload encoded once for all listeners goes out as if it had been encoded here', async () => {
    const bench = await MediaBench.open();
    bench.session.set(mediaOf());
    const shared = shareOf(0x90);
    bench.session.pushShared(bench.clock.nowMs() + 20, shared);
    expect(shared.asked).toEqual(['pcmu']);
    bench.beats(1, undefined, new Int16Array(160).fill(sampleOf[0x90]));
    bench.deliver();
    const heard = bench.peer.heard.map(({ payload }) => payload.subarray(SOUND_AT).equals(Buffer.alloc(148, 0x90)));
    expect(heard).toEqual([true, true]);
    expect(steps(bench.peer.heard).sequences).toEqual(new Set([1]));
    bench.session.set(
      mediaOf({ send: { codec: 'pcmu', payloadType: 0, clockRateHz: 8000, ptimeMs: 30, parameters: '' } }),
    );
    await bench.session.close();
  });

  test.each(['pcmu', 'g722'] as const)(
    '%s: what is longer than any packet should be is refused, and the next is heard',
    async (codec) => {
      const bench = await MediaBench.open();
      const format = { codec, payloadType: 0, clockRateHz: 8000, parameters: '' };
      bench.session.set(mediaOf({ send: { ...format, ptimeMs: 20 }, receive: [format] }));
      bench.beats(1, () => bench.peer.send(new Uint8Array(9000).fill(0x90)));
      bench.beats(1, () => bench.peer.send(new Uint8Array(1400).fill(0x90)));
      bench.beats(12);
      expect(bench.session.stats()).toMatchObject({ packetsReceived: 2, packetsRefused: 1 });
      expect(bench.pulled.filter((heard) => heard !== null).length).toBeGreaterThan(7);
      await bench.session.close();
    },
  );

  test('a lost packet is made up and counted; a long silence is not', async () => {
    const bench = await MediaBench.open();
    bench.session.set(mediaOf());
    bench.beats(20, (beat) => (beat === 10 ? bench.peer.skip(160) : bench.peer.send(new Uint8Array(160).fill(0x90))));
    bench.beats(50);
    const stats = bench.session.stats();
    expect(stats.packetsLost).toBe(1);
    // One frame for the loss, three until concealment has faded at the end.
    expect(stats.framesConcealed).toBe(4);
    expect(bench.pulled.slice(-40)).toEqual(Array(40).fill(null));
    await bench.session.close();
  });

  test('RFC 3551 §4.1 any payload type that was agreed is taken at any time, another is refused', async () => {
    const bench = await MediaBench.open();
    bench.session.set(mediaOf());
    bench.beats(10, () => bench.peer.send(new Uint8Array(160).fill(0x80)));
    bench.beats(10, () => bench.peer.send(new Uint8Array(160).fill(0xaa), { payloadType: 8 }));
    bench.beats(10, () => bench.peer.send(new Uint8Array(160).fill(0x80), { payloadType: 97 }));
    expect(new Set(bench.pulled)).toContain(32256);
    expect(new Set(bench.pulled)).toContain(32124);
    expect(bench.session.stats().packetsRefused).toBe(10);
    await bench.session.close();
  });

  test('RFC 3550 §8.2 a new SSRC is heard at once, whatever its numbers; the figures go on', async () => {
    const bench = await MediaBench.open();
    bench.session.set(mediaOf());
    bench.talk(20);
    Object.assign(bench.peer, { ssrc: 99, sequence: 60_000, timestamp: 7 });
    bench.pulled.length = 0;
    bench.talk(20, 0x90);
    expect(bench.pulled.slice(5).every((sample) => sample === sampleOf[0x90])).toBe(true);
    expect(bench.session.stats()).toMatchObject({ packetsReceived: 40, packetsLost: 0, packetsLate: 0 });
    await bench.session.close();
  });
});

describe('a codec that cannot be had', () => {
  afterEach(() => void vi.restoreAllMocks());

  test('is silence on that leg, counted and told once; when it can be had again the next answer brings it', async () => {
    const opus = { codec: 'opus', payloadType: 111, clockRateHz: 48_000, parameters: '' } as const;
    const media = mediaOf({ send: { ...opus, ptimeMs: 20 }, receive: [opus] });
    const bench = await MediaBench.open();
    const full = (): never => {
      throw new OpusLimitError(2, 2);
    };
    vi.spyOn(codecs.opus, 'createEncoder').mockImplementation(full);
    vi.spyOn(codecs.opus, 'createDecoder').mockImplementation(full);
    bench.session.set(media);
    const packet = Buffer.from('680bf0', 'hex');
    bench.beats(10, () => bench.peer.send(packet, { payloadType: 111, ticks: 960 }));
    bench.deliver();
    expect(bench.peer.heard).toEqual([]);
    expect(bench.session.stats().packetsRefused).toBeGreaterThan(5);
    vi.restoreAllMocks();
    const refused = bench.session.stats().packetsRefused;
    bench.session.set(media);
    bench.beats(10, () => bench.peer.send(packet, { payloadType: 111, ticks: 960 }));
    bench.deliver();
    expect(bench.peer.heard.length).toBeGreaterThan(8);
    expect(bench.session.stats().packetsRefused).toBe(refused);
    await bench.session.close();
  });
});

describe('RTP line', () => {
  test('RFC 3550 §5.1 one SSRC, one sequence, one timestamp line through hold, resume, codec change and skipped beats', async () => {
    const bench = await MediaBench.open();
    bench.session.set(mediaOf());
    bench.beats(10);
    bench.session.set(mediaOf({ direction: 'recvonly', held: true }));
    bench.beats(25);
    bench.session.set(
      mediaOf({ send: { codec: 'pcma', payloadType: 8, clockRateHz: 8000, ptimeMs: 20, parameters: '' } }),
    );
    bench.beats(10);
    bench.clock.advanceSync(60);
    bench.beats(10);
    bench.deliver();
    const { heard } = bench.peer;
    expect(heard.length).toBe(30);
    expect(new Set(heard.map(({ ssrc }) => ssrc))).toEqual(new Set([0xcafe_f00d]));
    expect(heard[0]).toMatchObject({ sequence: 65_530, timestamp: 0xffff_fe00 });
    expect(steps(heard).sequences).toEqual(new Set([1]));
    expect(heard.flatMap(({ marker }, index) => (marker ? [index] : []))).toEqual([0, 10, 20]);
    expect(heard.map(({ payloadType }) => payloadType)).toEqual([...Array(10).fill(0), ...Array(20).fill(8)]);
    for (const packet of heard) {
      expect((packet.timestamp - heard[0]!.timestamp) >>> 0).toBe((packet.atMs - heard[0]!.atMs) * 8);
    }
    await bench.session.close();
  });

  test('nothing is sent towards the address 0.0.0.0, to a peer that does not receive, or before an answer', async () => {
    const bench = await MediaBench.open();
    bench.beats(5);
    for (const changes of [
      { remote: null },
      { direction: 'recvonly' },
      { direction: 'inactive' },
      { send: null },
    ] as const) {
      bench.session.set(mediaOf(changes));
      bench.beats(5);
    }
    bench.deliver();
    expect(bench.peer.heard).toEqual([]);
    bench.session.set(mediaOf({ direction: 'sendonly' }));
    bench.beats(1);
    bench.deliver();
    expect(bench.peer.heard.length).toBe(1);
    await bench.session.close();
  });

  test.each([
    [10, 100, [10]],
    [20, 50, [20]],
    [30, 33, [30]],
    [40, 25, [40]],
    [50, 18, [50]],
    [60, 16, [60]],
  ])('ptime %i: %i packets a second, none longer, as far apart as they are long', async (ptimeMs, count, spacing) => {
    const bench = await MediaBench.open();
    // Packets begin on beats that their length divides.
    bench.beats(5);
    bench.session.set(mediaOf({ send: { codec: 'pcmu', payloadType: 0, clockRateHz: 8000, ptimeMs, parameters: '' } }));
    let value = 0;
    const frame = new Int16Array(160);
    bench.beats(
      50,
      () => {
        value += 1;
        frame.fill(value * 500);
      },
      frame,
    );
    bench.clock.advanceSync(10);
    bench.session.halfBeat();
    bench.deliver();
    const { heard } = bench.peer;
    expect(heard.length).toBe(count);
    expect(new Set(heard.map(({ payload }) => payload.length))).toEqual(new Set([ptimeMs * 8]));
    expect(steps(heard)).toEqual({ sequences: new Set([1]), timestamps: new Set([ptimeMs * 8]) });
    const gaps = new Set(heard.slice(1).map(({ atMs }, index) => atMs - heard[index]!.atMs));
    expect(gaps).toEqual(new Set(spacing));
    // Each 20 ms has a louder code than the one before, so the joined payload shows that no sample is lost or doubled.
    const joined = Buffer.concat(heard.map(({ payload }) => payload));
    const changes = [...joined].flatMap((code, index) =>
      index > 0 && code !== joined[index - 1] ? [index % 160] : [],
    );
    expect(new Set(changes)).toEqual(new Set([SOUND_AT]));
    expect(bench.session.stats().sendDropped).toBe(0);
    await bench.session.close();
  });
});
