import { readFileSync } from 'node:fs';
import alawmulaw from 'alawmulaw';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codecs } from '../../../media/codec/codec.js';

const laws = { pcmu: alawmulaw.mulaw, pcma: alawmulaw.alaw };
const everyCode = Uint8Array.from({ length: 256 }, (_, code) => code);

/** The 256 codes decoded by sox 14.4.2: `sox -D -t ul -r 8000 -c 1 codes -t raw -e signed -b 16 out` (`-t al`). */
function decodedBySox(name: string): Int16Array {
  const bytes = readFileSync(new URL(`../../fixtures/g711/${name}-decoded-by-sox.s16`, import.meta.url));
  return Int16Array.from({ length: 256 }, (_, i) => bytes.readInt16LE(i * 2));
}

function decodeAll(name: 'pcmu' | 'pcma', payload: Uint8Array): Int16Array {
  const out = new Int16Array(payload.length);
  expect(codecs[name].createDecoder().decode(payload, 0, payload.length, out, 0)).toBe(payload.length);
  return out;
}

describe.each(['pcmu', 'pcma'] as const)('RFC 3551 §4.5.14 %s', (name) => {
  test('encodes each of the 65536 samples as the package does', () => {
    const pcm = Int16Array.from({ length: 65536 }, (_, i) => i - 32768);
    const out = new Uint8Array(65536);
    expect(codecs[name].createEncoder().encode(pcm, 0, pcm.length, out, 0)).toBe(65536);
    expect(Buffer.compare(out, laws[name].encode(pcm))).toBe(0);
  });

  test('decodes each of the 256 codes as the package and as sox do', () => {
    const decoded = decodeAll(name, everyCode);
    expect([...decoded]).toEqual([...laws[name].decode(everyCode)]);
    expect([...decoded]).toEqual([...decodedBySox(name)]);
  });

  test('a decoded sample keeps its value when it is encoded again', () => {
    const decoded = decodeAll(name, everyCode);
    const out = new Uint8Array(256);
    codecs[name].createEncoder().encode(decoded, 0, 256, out, 0);
    expect([...decodeAll(name, out)]).toEqual([...decoded]);
  });

  test('no sample moves further than one step of its segment', () => {
    const levels = [...new Set(decodedBySox(name))].sort((a, b) => a - b);
    fc.assert(
      fc.property(fc.integer({ min: levels[0]!, max: levels.at(-1)! }), (sample) => {
        const code = new Uint8Array(1);
        codecs[name].createEncoder().encode(Int16Array.of(sample), 0, 1, code, 0);
        const error = Math.abs(laws[name].decodeSample(code[0]!) - sample);
        const above = levels.findIndex((level) => level >= sample);
        const step = above === 0 ? 0 : levels[above]! - levels[above - 1]!;
        // At the border of two segments the package takes the coarser one.
        expect(error).toBeLessThanOrEqual(Math.max(1, step));
      }),
    );
  });

  test('reads and writes at the offsets given, and nothing beside', () => {
    const pcm = Int16Array.of(9, 1000, -1000, 9);
    const out = new Uint8Array(4).fill(0xee);
    expect(codecs[name].createEncoder().encode(pcm, 1, 2, out, 1)).toBe(2);
    expect([out[0], out[3]]).toEqual([0xee, 0xee]);
    const back = new Int16Array(4).fill(77);
    expect(codecs[name].createDecoder().decode(out, 1, 2, back, 2)).toBe(2);
    expect([back[0], back[1]]).toEqual([77, 77]);
    expect(Math.abs(back[2]! - 1000)).toBeLessThan(32);
    expect(Math.abs(back[3]! + 1000)).toBeLessThan(32);
  });

  test('has the static payload type and the clock of the RFC', () => {
    expect([codecs[name].staticPayloadType, codecs[name].clockRateHz]).toEqual([name === 'pcmu' ? 0 : 8, 8000]);
  });
});
