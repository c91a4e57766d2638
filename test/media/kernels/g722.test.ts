import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { G722Decoder, G722Encoder } from '../../../media/codec/g722.js';
import { KernelG722Decoder, KernelG722Encoder } from '../../../media/codec/g722-kernel.js';
import { stateSamples } from '../../../media/codec/g722-state.js';
import { KernelLimitError, Kernels, stateBytes } from '../../../media/kernels/instance.js';
import { rootDir } from '../../support/dist.js';
import { createSeededRandom } from '../../support/seeded-random.js';

const binary = readFileSync(join(rootDir, 'dist/kernels/hookline.wasm'));
const kernels = new Kernels(binary);

type Sound = (seed: number, samples: number) => Int16Array;

/** Noise at full scale, or at any other. */
const noise =
  (amplitude: number): Sound =>
  (seed, samples) => {
    const random = createSeededRandom(seed);
    return Int16Array.from({ length: samples }, () => ((random.uint32() & 0xffff) - 32768) * amplitude);
  };

/** Overtones of a voice whose pitch and loudness wander, with hiss and pauses: what the predictors are made for. */
const speech: Sound = (seed, samples) => {
  const random = createSeededRandom(seed);
  let [turn, pitchHz, level, aim] = [0, 120, 0, 0];
  return Int16Array.from({ length: samples }, (_, i) => {
    if (i % 1600 === 0) {
      pitchHz = 80 + (random.uint32() % 200);
      aim = random.uint32() % 4 === 0 ? 0 : random.uint32() % 12_000;
    }
    level += (aim - level) / 400;
    turn += (2 * Math.PI * pitchHz) / 16_000;
    const voice = Math.sin(turn) + Math.sin(3 * turn) / 2 + Math.sin(11 * turn) / 4 + Math.sin(29 * turn) / 8;
    return level * voice + ((random.uint32() & 0xff) - 128) * (level / 8000);
  });
};

/** Squares of a few lengths at full scale: sums on the way that do not fit. */
const squares: Sound = (seed, samples) =>
  Int16Array.from({ length: samples }, (_, i) => ((i / (5 + (seed % 40))) & 1 ? 32_767 : -32_768));

/** Codes of the largest differences, the same sign for a while: the largest terms of the predictors. */
function rails(seed: number, octets: number): Uint8Array {
  const random = createSeededRandom(seed);
  return Uint8Array.from({ length: octets }, (_, i) => {
    const positive = (i >> (seed % 7)) & 1;
    return random.uint32() % 50 === 0 ? random.uint32() : positive ? 0xa0 : 0x04;
  });
}

function sameOctets(pcm: Int16Array): Uint8Array {
  const [kernel, twin] = [new KernelG722Encoder(kernels), new G722Encoder()];
  const [octets, expected] = [new Uint8Array(pcm.length >> 1), new Uint8Array(pcm.length >> 1)];
  kernel.encode(pcm, 0, pcm.length, octets, 0);
  twin.encode(pcm, 0, pcm.length, expected, 0);
  kernel.close();
  expect(Buffer.compare(octets, expected)).toBe(0);
  return octets;
}

function sameSound(octets: Uint8Array): void {
  const [kernel, twin] = [new KernelG722Decoder(kernels), new G722Decoder()];
  const [pcm, expected] = [new Int16Array(2 * octets.length), new Int16Array(2 * octets.length)];
  kernel.decode(octets, 0, octets.length, pcm, 0);
  twin.decode(octets, 0, octets.length, expected, 0);
  kernel.close();
  expect(Buffer.compare(Buffer.from(pcm.buffer), Buffer.from(expected.buffer))).toBe(0);
}

describe('the G.722 kernel gives bit for bit what its plain twin does', () => {
  test.each([
    ['noise at full scale', noise(1)],
    ['faint noise', noise(0.002)],
    ['speech', speech],
    ['squares at full scale', squares],
  ])('a minute of %s', (_name, sound) => {
    for (let seed = 1; seed <= 6; seed += 1) sameSound(sameOctets(sound(seed, 160_000)));
  });

  test('any octets, a minute of them, and those that drive it to the rails', () => {
    for (let seed = 1; seed <= 3; seed += 1) {
      const random = createSeededRandom(seed);
      sameSound(Uint8Array.from({ length: 160_000 }, () => random.uint32()));
    }
    for (let seed = 1; seed <= 14; seed += 1) sameSound(rails(seed, 40_000));
  });

  test('any samples and octets in any pieces', () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        pieces,
        fc.integer(),
        fc.constantFrom(noise(1), noise(0.05), speech, squares),
        (lengths, seed, sound) => {
          const [encoder, otherEncoder] = [new KernelG722Encoder(kernels), new G722Encoder()];
          const [decoder, otherDecoder] = [new KernelG722Decoder(kernels), new G722Decoder()];
          const pcm = sound(seed >>> 0, 1000);
          for (const length of lengths) {
            const [a, b] = [new Uint8Array(length + 3), new Uint8Array(length + 3)];
            expect(encoder.encode(pcm, 0, 2 * length, a, 3)).toBe(otherEncoder.encode(pcm, 0, 2 * length, b, 3));
            expect(a).toEqual(b);
            const [heard, expected] = [new Int16Array(2 * length + 5), new Int16Array(2 * length + 5)];
            expect(decoder.decode(a, 3, length, heard, 5)).toBe(otherDecoder.decode(b, 3, length, expected, 5));
            if (length % 3 === 0) {
              decoder.conceal(heard, 0, 40);
              otherDecoder.conceal(expected, 0, 40);
            }
            expect(heard).toEqual(expected);
          }
          encoder.close();
          decoder.close();
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('states', () => {
  const sound = speech(9, 6400);
  const next = speech(10, 3200);

  function octetsOf(encoder: KernelG722Encoder | G722Encoder, pcm: Int16Array): Uint8Array {
    const out = new Uint8Array(pcm.length >> 1);
    encoder.encode(pcm, 0, pcm.length, out, 0);
    return out;
  }

  test('go over from each kind to each, bit for bit', () => {
    const kinds = [() => new KernelG722Encoder(kernels), () => new G722Encoder()];
    for (const from of kinds) {
      for (const to of kinds) {
        const [shared, own] = [from(), to()];
        octetsOf(shared, sound);
        octetsOf(own, next);
        own.copyFrom(shared);
        expect(octetsOf(own, next)).toEqual(octetsOf(shared, next));
        octetsOf(own, sound);
        const [saved, other] = [new Int16Array(stateSamples), new Int16Array(stateSamples)];
        shared.save(saved, 0);
        own.save(other, 0);
        expect(other).not.toEqual(saved);
      }
    }
  });

  test('are used again, new, after they were closed, and closing twice is once', () => {
    const few = new Kernels(binary, 2);
    const first = new KernelG722Encoder(few);
    octetsOf(first, sound);
    first.close();
    first.close();
    expect(few.openStates).toBe(0);
    expect(octetsOf(first, sound)).toEqual(new Uint8Array(3200));
    const [one, two] = [new KernelG722Encoder(few), new KernelG722Encoder(few)];
    expect(octetsOf(one, sound)).toEqual(octetsOf(new G722Encoder(), sound));
    expect(octetsOf(two, next)).toEqual(octetsOf(new G722Encoder(), next));
    expect(() => new KernelG722Decoder(few)).toThrow(KernelLimitError);
    expect(() => new KernelG722Decoder(few)).toThrow('2 G.722 encoders and decoders are open');
    two.close();
    expect(() => new KernelG722Decoder(few)).not.toThrow();
  });

  test('more than fit make the memory grow under those in use, which go on; closed ones keep it from growing', () => {
    const many = new Kernels(binary);
    const before = many.memoryBytes;
    const decoder = new KernelG722Decoder(many);
    const twin = new G722Decoder();
    const octets = sameOctets(sound);
    const [heard, expected] = [new Int16Array(6400), new Int16Array(6400)];
    decoder.decode(octets, 0, 1600, heard, 0);
    const others = Array.from({ length: 2000 }, () => new KernelG722Encoder(many));
    expect(many.memoryBytes).toBeGreaterThan(before);
    expect(many.memoryBytes - before).toBeLessThan(2000 * stateBytes + 65_536);
    decoder.decode(octets, 1600, 1600, heard, 3200);
    twin.decode(octets, 0, 3200, expected, 0);
    expect(heard).toEqual(expected);
    const grown = many.memoryBytes;
    for (let round = 0; round < 5; round += 1) {
      for (const other of others) other.close();
      for (let i = 0; i < others.length; i += 1) others[i] = new KernelG722Encoder(many);
    }
    expect(many.memoryBytes).toBe(grown);
    expect(many.openStates).toBe(2001);
  });
});
