import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Codec, Decoder, Encoder } from '../../../media/codec/codec.js';
import { G722Decoder, G722Encoder, g722 } from '../../../media/codec/g722.js';
import { KernelG722Decoder, KernelG722Encoder } from '../../../media/codec/g722-kernel.js';
import { KernelLimitError } from '../../../media/kernels/instance.js';
import { kernelsOfThread } from '../../../media/kernels/load.js';
import { tone } from '../../../media/tone.js';
import { createSeededRandom } from '../../support/seeded-random.js';

const frame = 320;
/** What encoder and decoder are late by, together: the middle of two filters of 24 taps, less the sample in hand. */
const delay = 22;
/** ADPCM has no code for standing still: the smallest step up and down is −78 dB. */
const idle = 4;

/** Both that do the work: the kernel where it is built, else the plain twin. */
const kinds = [
  ['the kernel', () => new KernelG722Encoder(kernelsOfThread()!), () => new KernelG722Decoder(kernelsOfThread()!)],
  ['its plain twin', () => new G722Encoder(), () => new G722Decoder()],
] as const;

function encodeBy(encoder: Encoder, pcm: Int16Array): Uint8Array {
  const out = new Uint8Array(pcm.length >> 1);
  expect(encoder.encode(pcm, 0, pcm.length, out, 0)).toBe(pcm.length >> 1);
  return out;
}

function decodeBy(decoder: Decoder, payload: Uint8Array): Int16Array {
  const out = new Int16Array(2 * payload.length);
  expect(decoder.decode(payload, 0, payload.length, out, 0)).toBe(2 * payload.length);
  return out;
}

/** Signal to noise in dB, the delay taken out, after 20 ms for the step to settle. */
function snrOf(said: Int16Array, heard: Int16Array): number {
  let signal = 0;
  let noise = 0;
  for (let i = frame; i + delay < said.length; i += 1) {
    signal += said[i]! ** 2;
    noise += (heard[i + delay]! - said[i]!) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

function peak(pcm: Int16Array): number {
  return pcm.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}

const toneAt = (hz: number, levelDb: number, durationMs = 500): Int16Array =>
  tone({ frequenciesHz: [hz], sampleRateHz: 16000, levelDb, durationMs });

/** Noise that swells and dies: every step size and both signs come up. */
function swellingNoise(seed: number, samples: number): Int16Array {
  const random = createSeededRandom(seed);
  return Int16Array.from({ length: samples }, (_, i) => {
    const level = Math.sin((Math.PI * i) / samples) ** 4;
    return ((random.uint32() & 0xffff) - 32768) * level;
  });
}

describe.each(kinds)('ITU-T G.722 at 64 kbit/s by %s', (_name, createEncoder, createDecoder) => {
  const encode = (pcm: Int16Array, encoder: Encoder = createEncoder()): Uint8Array => encodeBy(encoder, pcm);
  const decode = (payload: Uint8Array, decoder: Decoder = createDecoder()): Int16Array => decodeBy(decoder, payload);

  test('a new codec starts in the reset state of the recommendation: silence is 0xfa and comes out as silence', () => {
    const octets = encode(new Int16Array(frame));
    // Lower band 111010: a difference of 0 from a prediction of 0. Higher band 11: the same.
    expect([...octets.subarray(0, 4)]).toEqual([0xfa, 0xfa, 0xfa, 0xfa]);
    expect(peak(decode(octets))).toBeLessThanOrEqual(idle);
  });

  test('silence after sound dies out to the same', () => {
    const pcm = new Int16Array(16000);
    pcm.set(toneAt(1000, -6));
    expect(peak(decode(encode(pcm)).subarray(12000))).toBeLessThanOrEqual(idle);
  });

  test.each([
    [200, -10, 40],
    [1000, -10, 40],
    [3000, -10, 30],
    [5000, -10, 15],
    [6500, -10, 15],
    [1000, -40, 25],
  ])('a tone of %d Hz at %d dB comes back with at least %d dB over the noise', (hz, levelDb, leastDb) => {
    const said = toneAt(hz, levelDb);
    expect(snrOf(said, decode(encode(said)))).toBeGreaterThan(leastDb);
  });

  test('sound at full scale is coded without a wrap: tones keep their shape, squares and steps their sign', () => {
    for (const hz of [300, 1000, 3000]) {
      const said = toneAt(hz, 0);
      expect(snrOf(said, decode(encode(said)))).toBeGreaterThan(20);
    }
    const square = Int16Array.from({ length: 16000 }, (_, i) => (i % 160 < 80 ? 32767 : -32768));
    const heard = decode(encode(square));
    let wrong = 0;
    for (let i = frame; i + delay < square.length; i += 1) {
      const settled = i % 80 > 8 && i % 80 < 72;
      if (settled && Math.sign(heard[i + delay]!) !== Math.sign(square[i]!)) wrong += 1;
    }
    expect(wrong).toBe(0);
  });

  test('any cut into pieces gives the same octets and the same sound', () => {
    const pcm = swellingNoise(1, 6000);
    const whole = encode(pcm);
    const sound = decode(whole);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 40 }), (lengths) => {
        const encoder = createEncoder();
        const decoder = createDecoder();
        const octets = new Uint8Array(whole.length);
        const out = new Int16Array(pcm.length);
        let at = 0;
        for (const length of [...lengths, whole.length]) {
          const count = Math.min(length, whole.length - at);
          expect(encoder.encode(pcm, 2 * at, 2 * count, octets, at)).toBe(count);
          expect(decoder.decode(octets, at, count, out, 2 * at)).toBe(2 * count);
          at += count;
        }
        expect(Buffer.compare(octets, whole)).toBe(0);
        expect(Buffer.compare(Buffer.from(out.buffer), Buffer.from(sound.buffer))).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  test('a copy of an encoder goes on with the same octets, and then on its own', () => {
    const pcm = swellingNoise(2, 3200);
    const shared = createEncoder();
    encode(pcm.subarray(0, 1000), shared);
    const own = createEncoder();
    encode(swellingNoise(3, 700), own);
    (own as Encoder).copyFrom(shared);
    const next = pcm.subarray(1000, 2000);
    const octets = encode(next, shared);
    expect(encode(next, own)).toEqual(octets);
    encode(swellingNoise(4, 320), own);
    const alone = createEncoder();
    encode(pcm.subarray(0, 2000), alone);
    expect(encode(pcm.subarray(2000), shared)).toEqual(encode(pcm.subarray(2000), alone));
  });

  test('reset makes an encoder new', () => {
    const pcm = swellingNoise(5, 3200);
    const encoder = createEncoder();
    encode(pcm, encoder);
    encoder.reset();
    expect(encode(pcm, encoder)).toEqual(encode(pcm));
  });

  test('no octets make the decoder throw or leave its state wild: a tone after them is heard', () => {
    const said = toneAt(1000, -10, 600);
    const octets = encode(said);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 2000 }), (noise) => {
        const decoder = createDecoder();
        decode(noise, decoder);
        const heard = decode(octets, decoder);
        expect(snrOf(said.subarray(6400), heard.subarray(6400))).toBeGreaterThan(30);
      }),
    );
  });

  test('the outermost codes drive the decoder to the rails, and there it stays', () => {
    // 1000 00 and 0001 00 in the lower band, the smallest differences in the higher one.
    expect(
      decode(new Uint8Array(400).fill(0xe0))
        .subarray(40)
        .every((sample) => sample > 30000),
    ).toBe(true);
    expect(
      decode(new Uint8Array(400).fill(0xc4))
        .subarray(40)
        .every((sample) => sample < -28000),
    ).toBe(true);
    const swinging = decode(Uint8Array.from({ length: 4000 }, (_, i) => ((i >> 5) & 1 ? 0xe0 : 0xc4)));
    let steps = 0;
    for (let i = 1; i < swinging.length; i += 1) if (Math.abs(swinging[i]! - swinging[i - 1]!) > 40000) steps += 1;
    expect(steps).toBe(0);
  });

  test('reads and writes at the offsets given, and nothing beside; an odd sample is left', () => {
    const pcm = swellingNoise(6, 330);
    const out = new Uint8Array(170).fill(0xee);
    expect(createEncoder().encode(pcm, 5, 321, out, 3)).toBe(160);
    expect([...out.subarray(0, 3), ...out.subarray(163)]).toEqual(Array(10).fill(0xee));
    expect(out.subarray(3, 163)).toEqual(encode(pcm.slice(5, 325)));
    const back = new Int16Array(330).fill(77);
    expect(createDecoder().decode(out, 3, 159, back, 5)).toBe(318);
    expect([...back.subarray(0, 5), ...back.subarray(323)]).toEqual(Array(12).fill(77));
    expect(back.subarray(5, 323)).toEqual(decode(out.slice(3, 162)));
  });

  test('what is lost is made up from what was heard and fades', () => {
    const said = toneAt(400, -10, 200);
    const octets = encode(said);
    const decoder = createDecoder();
    const heard = decode(octets.subarray(0, 1280), decoder);
    const lost = new Int16Array(4 * frame);
    expect(decoder.conceal(lost, 0, 4 * frame)).toBe(4 * frame);
    expect(peak(lost.subarray(0, 160))).toBeGreaterThan(0.8 * peak(heard.subarray(frame)));
    expect(peak(lost.subarray(3 * frame))).toBe(0);
  });
});

describe('RFC 3551 §4.5.2 G722', () => {
  test('is the work of the kernel', () => {
    const [encoder, decoder] = [g722.createEncoder(), g722.createDecoder()];
    expect(encoder).toBeInstanceOf(KernelG722Encoder);
    expect(decoder).toBeInstanceOf(KernelG722Decoder);
    encoder.close?.();
    decoder.close?.();
  });

  test('is the work of the plain twin where the kernel has no room left, from the state of any other', () => {
    const kernels = kernelsOfThread()!;
    const shared = g722.createEncoder();
    const states: number[] = [];
    expect(() => {
      for (;;) states.push(kernels.open());
    }).toThrow(KernelLimitError);
    const [encoder, decoder] = [g722.createEncoder(), g722.createDecoder()];
    for (const state of states) kernels.close(state);
    expect(encoder).toBeInstanceOf(G722Encoder);
    expect(decoder).toBeInstanceOf(G722Decoder);
    encodeBy(shared, swellingNoise(7, 3200));
    encoder.copyFrom(shared);
    expect(encodeBy(encoder, swellingNoise(8, 3200))).toEqual(encodeBy(shared, swellingNoise(8, 3200)));
    shared.close?.();
  });

  test('has payload type 9 and a clock of 8000 for sound at 16000', () => {
    const row: Omit<Codec, 'name'> = g722;
    expect([row.encodingName, row.staticPayloadType, row.clockRateHz, row.sampleRateHz, row.channels]).toEqual([
      'G722',
      9,
      8000,
      16000,
      1,
    ]);
  });

  test('20 ms are 160 octets, and as many ticks of the clock', () => {
    expect(g722.maxPayloadBytes(frame)).toBe(160);
    expect(g722.createEncoder().encode(new Int16Array(frame), 0, frame, new Uint8Array(160), 0)).toBe(160);
    expect(g722.createDecoder().decode(new Uint8Array(160), 0, 160, new Int16Array(frame), 0)).toBe(frame);
  });
});
