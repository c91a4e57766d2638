import { afterEach, describe, expect, test, vi } from 'vitest';
import { codecs, type Decoder } from '../../media/codec/codec.js';
import { describeNoise } from '../../media/codec/comfort-noise.js';
import { createOpusHost } from '../../media/codec/opus/opus.js';
import { snrDb, spectralDistanceDb } from '../support/fidelity.js';
import { decodeAll, encodeAll, voiceAt } from '../support/opus-line.js';
import { pcmuFormat, ReceiverLine } from '../support/receiver-line.js';
import { createSeededRandom } from '../support/seeded-random.js';

const loud = new Uint8Array(160).fill(0x90);
const LOUD = 15_996;

const rms = (pcm: Int16Array): number => Math.sqrt(pcm.reduce((sum, sample) => sum + sample ** 2, 0) / pcm.length);

describe('a sender that is silent between talkspurts', () => {
  /** What its timestamps do over a pause. */
  const clocks = {
    'that counts the pause': (pauseMs: number) => pauseMs * 8,
    'that does not': () => 0,
    'that jumps back': () => -1_000_000,
    'that jumps anywhere': (_pauseMs: number, index: number) => (index * 0x3456_789a) | 0,
  };

  describe.each(Object.entries(clocks))('%s', (_name, jump) => {
    test.each([60, 100, 180, 220, 500, 3000])(
      '%i ms: no onset is lost, no delay grows, nothing is made up for long',
      (pauseMs) => {
        const line = new ReceiverLine({ phaseMs: 3 });
        const onsets: number[] = [];
        let atMs = 0;
        let timestamp = 0;
        for (let spurt = 0; spurt < 40; spurt += 1) {
          onsets.push(atMs);
          for (let i = 0; i < 25; i += 1) {
            line.send({ atMs, timestamp, payload: loud, marker: i === 0 });
            atMs += 20;
            timestamp += 160;
          }
          atMs += pauseMs;
          timestamp += jump(pauseMs, spurt);
        }
        line.run(atMs + 500);
        // Concealment fades over 60 ms behind each of them.
        expect(line.receiver.framesConcealed).toBeLessThanOrEqual(40 * 4);
        const { heard, beats } = line;
        const starts: number[] = [];
        const lengthsMs: number[] = [];
        for (let i = 0, since = -1; i < heard.length; i += 1) {
          const isLoud = heard[i] === LOUD;
          if (isLoud && since < 0) {
            since = i;
            starts.push(beats[Math.floor(i / 160)]!.atMs);
          }
          if (!isLoud && since >= 0 && i - since < 800) since = -1;
          if (!isLoud && since >= 0) {
            lengthsMs.push((i - since) / 8);
            since = -1;
          }
        }
        // Two splices may have brought the first delay down to 20 ms.
        for (const ms of lengthsMs) expect(ms).toBeGreaterThanOrEqual(500 - 24);
        expect(lengthsMs.length).toBe(40);
        starts.forEach((startMs, spurt) => {
          expect(startMs - onsets[spurt]!).toBeGreaterThanOrEqual(0);
          expect(startMs - onsets[spurt]!).toBeLessThanOrEqual(65);
        });
      },
    );
  });
});

describe('comfort noise', () => {
  const options = { comfortNoise: [{ payloadType: 13, clockRateHz: 8000 }] };
  const levelDb = (pcm: Int16Array): number => 20 * Math.log10(rms(pcm) / 32768);

  function talk(line: ReceiverLine, fromMs: number, packets: number): void {
    for (let i = 0; i < packets; i += 1) {
      line.send({ atMs: fromMs + i * 20, timestamp: (fromMs + i * 20) * 8, payload: loud, marker: i === 0 });
    }
  }

  function noise(line: ReceiverLine, atMs: number, payload: readonly number[], payloadType = 13): void {
    line.send({ atMs, timestamp: atMs * 8, payload: Uint8Array.from(payload), payloadType });
  }

  /** From one time to another, of what came out. */
  const part = (line: ReceiverLine, fromMs: number, toMs: number): Int16Array => line.heard.slice(fromMs * 8, toMs * 8);

  test('RFC 3389 §4 one packet is noise at its level until sound comes back, and nothing is made up', () => {
    const line = new ReceiverLine(options);
    talk(line, 0, 50);
    noise(line, 1000, [52]);
    talk(line, 3000, 50);
    line.run(4200);
    expect(line.receiver.framesConcealed).toBeLessThanOrEqual(4);
    expect(levelDb(part(line, 1100, 3000))).toBeCloseTo(-52, 0);
    expect(part(line, 1100, 3000).filter((sample) => sample === 0).length).toBeLessThan(1900 * 8 * 0.1);
    expect(part(line, 3100, 4000).every((sample) => sample === LOUD)).toBe(true);
    expect(line.receiver.packetsRefused).toBe(0);
  });

  test('RFC 3389 §4 a packet within the pause changes the noise', () => {
    const line = new ReceiverLine(options);
    talk(line, 0, 10);
    noise(line, 200, [60]);
    noise(line, 1200, [40, 60, 150]);
    line.run(2200);
    expect(levelDb(part(line, 300, 1200))).toBeCloseTo(-60, 0);
    expect(levelDb(part(line, 1400, 2200))).toBeCloseTo(-40, 0);
  });

  test('without another packet it ends after ten seconds', () => {
    const line = new ReceiverLine(options);
    noise(line, 0, [50]);
    line.run(12_000);
    expect(levelDb(part(line, 9000, 9800))).toBeCloseTo(-50, 0);
    expect(rms(part(line, 10_200, 12_000))).toBe(0);
    expect(line.beats.at(-1)!.isHeard).toBe(false);
  });

  test('a pause shorter than the delay is noise for as long as its timestamps say', () => {
    const line = new ReceiverLine(options);
    talk(line, 0, 20);
    noise(line, 400, [60]);
    talk(line, 460, 20);
    line.run(1200);
    const between = line.heard.subarray(300 * 8, 700 * 8).filter((sample) => sample !== LOUD);
    expect(between.length).toBeGreaterThanOrEqual(59 * 8);
    expect(between.length).toBeLessThanOrEqual(61 * 8);
  });

  test('lost, late, doubled, empty, long: nothing but noise comes of it', () => {
    const line = new ReceiverLine(options);
    const random = createSeededRandom(9);
    for (let i = 0; i < 200; i += 1) {
      const payload = Array.from({ length: random.uint32() % 30 }, () => random.uint32() & 0xff);
      if (i % 7 !== 0) noise(line, i * 20 - (i % 5) * 12 + 60, payload);
    }
    line.run(5000);
    expect(line.receiver.framesConcealed).toBe(0);
  });

  test('one that was not agreed on is refused, and so is one while the peer is not to send', () => {
    const line = new ReceiverLine(options);
    noise(line, 0, [40], 99);
    line.run(400);
    expect(line.receiver.packetsRefused).toBe(1);
    line.receiver.set([pcmuFormat], [], true);
    noise(line, 400, [40]);
    line.run(800);
    expect(line.receiver.packetsRefused).toBe(2);
    line.receiver.set([pcmuFormat], [], false, options.comfortNoise);
    noise(line, 800, [40]);
    line.run(1200);
    expect(rms(line.heard)).toBe(0);
  });

  test('what another gateway describes is heard like it', () => {
    const random = createSeededRandom(4);
    let last = 0;
    const room = Int16Array.from({ length: 8000 }, () => {
      last = last * 0.9 + (random.uint32() / 2 ** 32 - 0.5) * 200;
      return last;
    });
    const payload = new Uint8Array(11);
    describeNoise(room, 0, 480, 10, payload, 0);
    const line = new ReceiverLine(options);
    noise(line, 0, [...payload]);
    line.run(1200);
    const ear = { sampleRateHz: 8000, highestHz: 3400 };
    expect(spectralDistanceDb(room.subarray(0, 7200), part(line, 100, 1000), ear)).toBeLessThan(5);
  });
});

describe('what a codec brings itself', () => {
  const host = createOpusHost();
  const format = { ...pcmuFormat, payloadType: 96, clockRateHz: 48_000 };
  afterEach(() => vi.restoreAllMocks());

  /** Has the leg decode Opus at 8 kHz, whose clock is 48 kHz. */
  function hear(
    payloads: readonly Uint8Array[],
    decoder: Decoder,
    isLost = (_index: number): boolean => false,
  ): ReceiverLine {
    vi.spyOn(codecs.pcmu, 'createDecoder').mockReturnValue(decoder);
    // At this phase the delay is right from the start, and no splice moves the sound.
    const line = new ReceiverLine({ formats: [format], phaseMs: 1 });
    payloads.forEach((payload, i) => {
      if (payload.length === 0 || isLost(i)) return;
      line.send({ atMs: i * 20, timestamp: i * 960, payload, payloadType: 96, sequence: i });
    });
    line.run(payloads.length * 20 + 100);
    return line;
  }

  test('RFC 6716 §2.1.6 a lost packet is made of the one after it', () => {
    const payloads = encodeAll(host.createEncoder(8000, { fec: true, expectedLossPercent: 15 }), voiceAt(8000));
    const isLost = (index: number): boolean => index % 7 === 4;
    const clean = hear(payloads, host.createDecoder(8000)).heard;
    const decoder = host.createDecoder(8000);
    const restored = hear(payloads, decoder, isLost);
    const plain = host.createDecoder(8000);
    const concealed = hear(payloads, { decode: plain.decode.bind(plain), conceal: plain.conceal.bind(plain) }, isLost);
    expect(decoder.recoveredSamples).toBeGreaterThan(10 * 160);
    expect(decoder.concealedSamples).toBeLessThan(decoder.recoveredSamples);
    expect(snrDb(clean, restored.heard)).toBeGreaterThan(snrDb(clean, concealed.heard) + 3);
  });

  test('several in a row are made of the one after them, and longer gaps without', () => {
    const payloads = encodeAll(host.createEncoder(8000, { fec: true, expectedLossPercent: 15 }), voiceAt(8000));
    for (const count of [2, 3, 5, 9]) {
      const line = hear(payloads, host.createDecoder(8000), (index) => index >= 30 && index < 30 + count);
      expect(line.receiver.packetsLost).toBe(count);
      expect(rms(line.heard.subarray(34 * 160 + count * 160))).toBeGreaterThan(500);
    }
  });

  test('RFC 7587 §3.1.3 a pause of DTX is the noise that the codec makes, and no loss', () => {
    const random = createSeededRandom(8);
    const pcm = Int16Array.from({ length: 40_000 }, () => (random.uint32() % 120) - 60);
    pcm.set(voiceAt(8000).subarray(0, 12_000));
    const payloads = encodeAll(host.createEncoder(8000, { dtx: true }), pcm);
    expect(payloads.filter(({ length }) => length === 0).length).toBeGreaterThan(30);
    const whole = decodeAll(host.createDecoder(8000), payloads);
    const line = hear(payloads, host.createDecoder(8000));
    expect(line.receiver.framesConcealed).toBe(0);
    const quiet = line.heard.subarray(24_000, 38_000);
    expect(20 * Math.log10(rms(quiet) / rms(whole.subarray(24_000, 38_000)))).toBeGreaterThan(-6);
    line.run(payloads.length * 20 + 2000);
    expect(line.beats.at(-1)!.isHeard).toBe(false);
  });
});

describe('RFC 7160 §4.2 two clock rates in one leg', () => {
  const formats = [pcmuFormat, { ...pcmuFormat, payloadType: 96, clockRateHz: 16_000 }];

  test('a payload type with another clock is heard from its first packet on', () => {
    const line = new ReceiverLine({ formats });
    for (let i = 0; i < 200; i += 1) {
      const isOther = i % 100 >= 50;
      line.send({ atMs: i * 20, timestamp: i * (isOther ? 320 : 160), payload: loud, payloadType: isOther ? 96 : 0 });
    }
    line.run(4000);
    expect(line.beats.slice(6).filter(({ isHeard }) => !isHeard)).toEqual([]);
    // The delay begins anew at each change.
    expect(line.receiver.framesConcealed).toBeLessThanOrEqual(3 * 4);
    expect(line.receiver.packetsLate).toBe(0);
  });
});
