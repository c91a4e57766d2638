import { describe, expect, test } from 'vitest';
import { codecs } from '../../../media/codec/codec.js';
import { InbandDetector } from '../../../media/dtmf/inband.js';
import { columnsHz, keypad, rowsHz } from '../../../media/dtmf/keypad.js';
import { tone } from '../../../media/tone.js';
import { createSeededRandom } from '../../support/seeded-random.js';

interface Sound {
  readonly key: number;
  readonly durationMs?: number;
  readonly beforeMs?: number;
  readonly afterMs?: number;
  /** Peak of each tone, in dB below full scale. */
  readonly lowDb?: number;
  readonly highDb?: number;
  /** Of both frequencies. */
  readonly offBy?: number;
  readonly rateHz?: number;
  /** White noise under everything, below the power of both tones. */
  readonly snrDb?: number;
}

const random = createSeededRandom(11);
const keys = [...keypad].map((_, key) => key);

function noise(): number {
  let sum = 0;
  for (let i = 0; i < 12; i += 1) sum += random.uint32() / 2 ** 32;
  return sum - 6;
}

/** A digit with hard edges, at a place that no block of the detector knows of. */
function digit(sound: Sound): Int16Array {
  const {
    key,
    durationMs = 60,
    beforeMs = 60,
    afterMs = 80,
    lowDb = -13,
    highDb = -13,
    offBy = 0,
    rateHz = 8000,
  } = sound;
  const [low, high] = [32767 * 10 ** (lowDb / 20), 32767 * 10 ** (highDb / 20)];
  const from = Math.round((beforeMs * rateHz) / 1000) + (random.uint32() % (rateHz / 200));
  const to = from + Math.round((durationMs * rateHz) / 1000);
  const step = (2 * Math.PI * (1 + offBy)) / rateHz;
  const phases = [random.uint32(), random.uint32()] as const;
  const { snrDb } = sound;
  const noiseAmplitude = snrDb === undefined ? 0 : Math.sqrt((low * low + high * high) / 2 / 10 ** (snrDb / 10));
  return Int16Array.from({ length: to + Math.round((afterMs * rateHz) / 1000) }, (_, i) => {
    const isOn = i >= from && i < to;
    const tones =
      low * Math.sin(phases[0] + step * rowsHz[key >> 2]! * i) +
      high * Math.sin(phases[1] + step * columnsHz[key & 3]! * i);
    return Math.max(-32768, Math.min(32767, Math.round((isOn ? tones : 0) + noiseAmplitude * noise())));
  });
}

function join(...pieces: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** The digits and their durations, from frames of 20 ms or what is given. */
function detect(pcm: Int16Array, rateHz = 8000, frame = rateHz / 50): { text: string; durationsMs: number[] } {
  const durationsMs: number[] = [];
  let text = '';
  const detector = new InbandDetector({
    sampleRateHz: rateHz,
    onDigit: (found, durationMs) => {
      text += found;
      durationsMs.push(durationMs);
    },
  });
  for (let at = 0; at < pcm.length; at += frame) detector.push(pcm, at, Math.min(frame, pcm.length - at));
  detector.reset();
  return { text, durationsMs };
}

/** What is heard of each of the 16 keys, several times. */
function heard(sound: Omit<Sound, 'key'>, times = 5): string[] {
  return keys.map((key) =>
    Array.from({ length: times }, () => detect(digit({ ...sound, key }), sound.rateHz).text).join(),
  );
}

const each = (times = 5): string[] => [...keypad].map((key) => Array(times).fill(key).join());
const none = (times = 5): string[] => [...keypad].map(() => Array(times).fill('').join());

describe('ITU-T Q.24: what is a digit', () => {
  test.each([8000, 16_000, 48_000])('all 16 of 40 ms and more, once each, at %i Hz', (rateHz) => {
    for (const durationMs of [40, 50, 100, 400]) expect(heard({ durationMs, rateHz }, 2)).toEqual(each(2));
  });

  test.each([-3, -10, -20, -30, -40])('at %i dBm0 a tone', (level) => {
    // A full-scale sine has 3.14 dBm0.
    const db = level - 3.14;
    const sound = level > -9 ? { lowDb: -6.2, highDb: -6.2 } : { lowDb: db, highDb: db };
    expect(heard({ ...sound, durationMs: 40 })).toEqual(each());
  });

  test.each([
    ['the high tone 4 dB stronger', -16, -12],
    ['the low tone 8 dB stronger', -12, -20],
  ])('with twist: %s', (_, lowDb, highDb) => {
    expect(heard({ lowDb, highDb, durationMs: 40 })).toEqual(each());
  });

  test.each([0.015, -0.015])('with both frequencies off by %f', (offBy) => {
    expect(heard({ offBy, durationMs: 40 })).toEqual(each());
    expect(heard({ offBy, durationMs: 50, lowDb: -16, highDb: -12.5 })).toEqual(each());
    expect(heard({ offBy, durationMs: 50, lowDb: -12, highDb: -19.5 })).toEqual(each());
  });

  test('with noise 15 dB below', () => {
    expect(heard({ snrDb: 15, durationMs: 40 }, 20)).toEqual(each(20));
    expect(heard({ snrDb: 15, durationMs: 50, offBy: 0.015 }, 10)).toEqual(each(10));
    expect(heard({ snrDb: 15, durationMs: 50, lowDb: -12, highDb: -19 }, 10)).toEqual(each(10));
  });

  test.each(['pcmu', 'pcma'] as const)('through %s and back', (name) => {
    for (const db of [-7, -20, -40]) {
      for (const key of keys) {
        const pcm = digit({ key, durationMs: 40, lowDb: db, highDb: db });
        const payload = new Uint8Array(pcm.length);
        codecs[name].createEncoder().encode(pcm, 0, pcm.length, payload, 0);
        codecs[name].createDecoder().decode(payload, 0, pcm.length, pcm, 0);
        expect(detect(pcm).text).toBe(keypad[key]);
      }
    }
  });

  test('with a constant part under it', () => {
    for (const key of keys) expect(detect(digit({ key }).map((sample) => sample + 6000)).text).toBe(keypad[key]);
  });
});

describe('ITU-T Q.24: what is none', () => {
  test.each([10, 20, 23])('%i ms', (durationMs) => {
    expect(heard({ durationMs }, 20)).toEqual(none(20));
  });

  test.each([0.035, -0.035, 0.05, -0.05])('both frequencies off by %f', (offBy) => {
    expect(heard({ offBy, durationMs: 100 })).toEqual(none());
  });

  test.each([
    ['the high tone 6 dB stronger', -18, -12],
    ['the low tone 11 dB stronger', -12, -23],
    ['too weak', -50, -50],
    ['one tone alone', -12, -120],
  ])('%s', (_, lowDb, highDb) => {
    expect(heard({ lowDb, highDb, durationMs: 100 })).toEqual(none());
  });

  test('two tones with what a voice has beside them: a second harmonic, a third tone', () => {
    for (const key of keys) {
      const [low, high] = [rowsHz[key >> 2]!, columnsHz[key & 3]!];
      for (const other of [2 * high, 440, 620, 2000]) {
        const frequenciesHz = [low, high, other];
        const options = { frequenciesHz, levelsDb: [-15, -15, -23], sampleRateHz: 8000, durationMs: 200 };
        expect(detect(tone(options)).text).toBe(other > 2400 ? '' : keypad[key]);
        expect(detect(tone({ ...options, levelsDb: [-15, -15, -18] })).text).toBe('');
      }
    }
  });

  test('tones of the network, noise, silence, a sweep', () => {
    const sampleRateHz = 8000;
    for (const frequenciesHz of [
      [350, 440],
      [440, 480],
      [480, 620],
      [425],
      [1100],
      [2100],
      [1004],
      [700, 900],
      [900, 1500],
    ])
      expect(detect(tone({ frequenciesHz, sampleRateHz, durationMs: 2000 })).text).toBe('');
    expect(detect(Int16Array.from({ length: 80_000 }, () => 3000 * noise())).text).toBe('');
    expect(detect(new Int16Array(8000)).text).toBe('');
    const sweep = Int16Array.from(
      { length: 80_000 },
      (_, i) => 9000 * Math.sin(2 * Math.PI * ((i / 8000) * 100 + i * i * 1.5e-6)),
    );
    expect(detect(sweep).text).toBe('');
  });
});

describe('one digit or two', () => {
  test.each([5, 10, 15, 20])('a gap of %i ms does not make two', (gapMs) => {
    for (const snrDb of [undefined, 15]) {
      const noisy = snrDb === undefined ? {} : { snrDb };
      for (const key of keys) {
        const pcm = join(digit({ key, afterMs: gapMs, ...noisy }), digit({ key, beforeMs: -5, ...noisy }).subarray(40));
        expect(detect(pcm).text).toBe(keypad[key]);
      }
    }
  });

  test('a pause of 40 ms does', () => {
    for (const key of keys) {
      const pcm = join(digit({ key, durationMs: 40, afterMs: 40 }), digit({ key, durationMs: 40, beforeMs: 0 }));
      expect(detect(pcm).text).toBe(keypad[key]!.repeat(2));
    }
  });

  test('another digit is another one, with a pause or without', () => {
    for (const gapMs of [0, 20, 40]) {
      for (const key of keys) {
        const next = (key + 5) % 16;
        const pcm = join(digit({ key, afterMs: gapMs }), digit({ key: next, beforeMs: 0 }));
        expect(detect(pcm).text).toBe(keypad[key]! + keypad[next]!);
      }
    }
  });

  test.each([40, 65, 100, 250, 1000])('%i ms are reported as such, to 5 ms', (durationMs) => {
    for (const key of keys) {
      const [reportedMs] = detect(digit({ key, durationMs })).durationsMs;
      expect(Math.abs(reportedMs! - durationMs)).toBeLessThanOrEqual(5);
    }
  });

  test('frames of any length say the same', () => {
    const pcm = join(...keys.map((key) => digit({ key })));
    for (const frame of [1, 7, 80, 160, 480, pcm.length]) expect(detect(pcm, 8000, frame).text).toBe(keypad);
  });

  test('the digit that is on can be asked for, and ends with the sound', () => {
    const found: string[] = [];
    const detector = new InbandDetector({ sampleRateHz: 8000, onDigit: (text) => found.push(text) });
    const pcm = digit({ key: 5, durationMs: 200, afterMs: 0 });
    detector.push(pcm, 0, pcm.length);
    expect([detector.active, found]).toEqual(['5', []]);
    detector.reset();
    expect([detector.active, found]).toEqual([null, ['5']]);
    detector.reset();
    expect(found).toEqual(['5']);
  });

  test('a rate without whole blocks is the mistake of the caller', () => {
    expect(() => new InbandDetector({ sampleRateHz: 11_025, onDigit: () => undefined })).toThrow(RangeError);
    expect(() => new InbandDetector({ sampleRateHz: 6000, onDigit: () => undefined })).toThrow(RangeError);
  });
});
