import { readFileSync } from 'node:fs';
import { HighPass } from '../../../../media/codec/ilbc/filters.js';
import { INPUT_HIGH_PASS, OUTPUT_HIGH_PASS } from '../../../../media/codec/ilbc/tables.js';
import { transform } from '../../../support/fft.js';

/**
 * What independent coders made of `speech.s16` (two voices of espeak-ng 1.51, 8 kHz, 1.92 s): `rfc-…` by the
 * floating-point code of RFC 3951 appendix A as pjproject (b7317ffc) ships it, `webrtc-…` by the fixed-point code of
 * WebRTC as libilbc (6adb26d4, after 3.0.4) ships it. `…-decoded.s16` is each one's own decoder, enhancer on.
 */
export type Maker = 'rfc' | 'webrtc';

function fixture(name: string): Buffer {
  return readFileSync(new URL(`../../../fixtures/ilbc/${name}`, import.meta.url));
}

export function samplesOf(bytes: Uint8Array): Int16Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Int16Array.from({ length: bytes.length >> 1 }, (_, i) => view.getInt16(2 * i, true));
}

export const speech = samplesOf(fixture('speech.s16'));

export function codedBy(maker: Maker, frameMs: number): Uint8Array {
  return fixture(`${maker}-${frameMs}.ilbc`);
}

export function decodedBy(maker: Maker, frameMs: number): Int16Array {
  return samplesOf(fixture(`${maker}-${frameMs}-decoded.s16`));
}

/** What a codec without any loss would give: the sound through the filters at both ends (RFC 3951 §3.1, §4.8). */
export function highPassed(sound: Int16Array): Int16Array {
  const [input, output] = [new HighPass(INPUT_HIGH_PASS), new HighPass(OUTPUT_HIGH_PASS)];
  return sound.map((sample) => Math.max(-32768, Math.min(32767, Math.round(output.next(input.next(sample))))));
}

/** Energy of the sound over energy of the difference, over all samples, in dB. */
export function snrDb(sound: Int16Array, other: Int16Array): number {
  let energy = 1;
  let error = 1;
  for (let i = 0; i < sound.length; i += 1) {
    energy += sound[i]! ** 2;
    error += (sound[i]! - other[i]!) ** 2;
  }
  return 10 * Math.log10(energy / error);
}

const WINDOW = 160;
const AUDIBLE = 100;

/** Mean of the SNR of each 20 ms that are audible, in dB: soft parts count as much as loud ones. */
export function segmentalSnrDb(sound: Int16Array, other: Int16Array): number {
  const found: number[] = [];
  for (let from = 0; from + WINDOW <= sound.length; from += WINDOW) {
    const part = sound.subarray(from, from + WINDOW);
    if (rms(part) > AUDIBLE) found.push(snrDb(part, other.subarray(from, from + WINDOW)));
  }
  return found.reduce((sum, db) => sum + db, 0) / found.length;
}

export function rms(sound: Int16Array): number {
  return Math.sqrt(sound.reduce((sum, sample) => sum + sample * sample, 0) / sound.length);
}

const BANDS = 16;

/** Mean difference of the levels in 16 bands of 250 Hz from 0 to 4 kHz, of each 32 ms that are audible, in dB. */
export function spectralDistanceDb(sound: Int16Array, other: Int16Array): number {
  const found: number[] = [];
  for (let from = 0; from + 256 <= sound.length; from += 256) {
    const part = sound.subarray(from, from + 256);
    if (rms(part) <= AUDIBLE) continue;
    const [a, b] = [bandsOf(part), bandsOf(other.subarray(from, from + 256))];
    found.push(a.reduce((sum, level, band) => sum + Math.abs(level - b[band]!), 0) / BANDS);
  }
  return found.reduce((sum, db) => sum + db, 0) / found.length;
}

function bandsOf(part: Int16Array): number[] {
  const re = Float64Array.from(part, (sample, i) => sample * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / 256)));
  const im = new Float64Array(256);
  transform({ re, im });
  return Array.from({ length: BANDS }, (_, band) => {
    let energy = 1000;
    for (let bin = band * 8; bin < band * 8 + 8; bin += 1) energy += re[bin]! ** 2 + im[bin]! ** 2;
    return 10 * Math.log10(energy);
  });
}
