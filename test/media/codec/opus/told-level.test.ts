import { describe, expect, test } from 'vitest';
import type { OpusDecoder } from '../../../../media/codec/opus/decoder.js';
import { createOpusHost } from '../../../../media/codec/opus/opus.js';
import { encodeAll, voiceAt } from '../../../support/opus-line.js';
import { createSeededRandom } from '../../../support/seeded-random.js';

const host = createOpusHost();
/** −55 dBov, as media/leg-receiver.ts has it for a line that is left out of a room until it speaks. */
const UNHEARD = 3395;
const RATE = 48_000;
const FRAME = 960;
const LIAR = 127;

/** Talk, two seconds of pause, twice, over the noise of a room; CELT alone, whose packets do not say how loud they are. */
function talk(): Int16Array {
  const random = createSeededRandom(9);
  const all = new Int16Array(RATE * 8);
  all.set(voiceAt(RATE, 3), 0);
  all.set(voiceAt(RATE, 4), RATE * 4);
  return all.map((sample) => sample + Math.round((random.uint32() / 2 ** 31 - 1) * 12));
}

/** RFC 6464 §3, of each 20 ms. */
function levelsOf(pcm: Int16Array, frame: number): number[] {
  return Array.from({ length: pcm.length / frame }, (_, i) => {
    const sum = pcm.subarray(i * frame, (i + 1) * frame).reduce((all, sample) => all + sample ** 2, 0);
    return Math.min(127, Math.max(0, Math.round(-10 * Math.log10(sum / frame / 32_768 ** 2 + 1e-13))));
  });
}

const said = talk();
const payloads = encodeAll(host.createEncoder(RATE, { bitrate: 72_000, complexity: 3 }), said);
const told = levelsOf(said, FRAME);

function decoded(levelOf: (index: number) => number): { heard: number[]; decoder: OpusDecoder } {
  const decoder = host.createDecoder(16_000);
  decoder.unheardPower = UNHEARD;
  const out = new Int16Array(payloads.length * 320);
  payloads.forEach((payload, index) => {
    decoder.toldLevel = levelOf(index);
    decoder.decode(payload, 0, payload.length, out, index * 320);
  });
  return { heard: levelsOf(out, 320), decoder };
}

/** Frames that are heard when all is decoded, and not here. */
function missing(heard: readonly number[]): number[] {
  const { heard: all } = decoded(() => -1);
  return all.flatMap((level, index) => (level < 50 && heard[index]! > level + 3 ? [index] : []));
}

describe('RFC 6464 the level that a sender tells', () => {
  test('these packets tell nothing by themselves', () => {
    expect(payloads.every((payload) => payload[0]! >> 3 >= 16)).toBe(true);
    expect(decoded(() => -1).decoder.framesSaved).toBe(0);
  });

  test('leaves the pauses of a line that is left out of a room undecoded, and nothing of what is said', () => {
    const { heard, decoder } = decoded((index) => told[index]!);
    expect(decoder.framesSaved).toBeGreaterThan(130);
    expect(missing(heard)).toEqual([]);
  });

  test('of a sender that always says silence is not believed', () => {
    const { heard, decoder } = decoded(() => LIAR);
    expect([decoder.framesSaved, missing(heard)]).toEqual([0, []]);
  });

  test('of a sender that begins to lie costs half a second at most, once', () => {
    const { heard } = decoded((index) => (index < 150 ? told[index]! : LIAR));
    const lost = missing(heard);
    expect(lost.length).toBeLessThan(26);
    expect((lost.at(-1) ?? 0) - (lost[0] ?? 0)).toBeLessThan(30);
  });

  test('of a sender that says that it speaks makes nothing be heard that was not said', () => {
    const { heard } = decoded(() => 0);
    expect(heard).toEqual(decoded(() => -1).heard);
  });
});
