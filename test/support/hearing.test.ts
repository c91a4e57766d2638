import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { codecs } from '../../media/codec/codec.js';
import { tone } from '../../media/tone.js';
import { writeWav } from '../../media/wav.js';
import { babble } from './babble.js';
import { hear, isAbsent, isWhole, Recording, toneHeardMs, toneWindows } from './hearing.js';
import { readRecording, toHearingRate, writeSentence } from './wav-file.js';

interface Part {
  readonly pcm: Int16Array;
  readonly atMs: number;
  readonly gain?: number;
}

function mix(parts: readonly Part[], durationMs: number): Int16Array {
  const sum = new Float64Array(durationMs * 8);
  for (const { pcm, atMs, gain = 0.5 } of parts) {
    for (let i = 0; i < pcm.length; i += 1) sum[atMs * 8 + i]! += pcm[i]! * gain;
  }
  return Int16Array.from(sum, Math.round);
}

/** Through G.711 and back; frames whose number `lost` accepts are concealed. */
function overTheLine(pcm: Int16Array, lost: (frame: number) => boolean = () => false): Int16Array {
  const decoder = codecs.pcmu.createDecoder();
  const encoder = codecs.pcmu.createEncoder();
  const payload = new Uint8Array(160);
  const out = new Int16Array(pcm.length - (pcm.length % 160));
  for (let at = 0; at < out.length; at += 160) {
    encoder.encode(pcm, at, 160, payload, 0);
    if (lost(at / 160)) decoder.conceal(out, at, 160);
    else decoder.decode(payload, 0, 160, out, at);
  }
  return out;
}

const [alice, bob, carol, dave] = [babble(1), babble(2), babble(3), babble(4)] as [
  Int16Array,
  Int16Array,
  Int16Array,
  Int16Array,
];

describe('hearing tones', () => {
  test('a tone is found with its level, in the half seconds in which it sounds', () => {
    const pcm = mix(
      [{ pcm: tone({ frequenciesHz: [1000], sampleRateHz: 8000, durationMs: 1000 }), atMs: 500, gain: 1 }],
      2000,
    );
    const windows = toneWindows(pcm, 1000);
    expect(windows.map((window) => [window.atMs, window.share > 0.95])).toEqual([
      [0, false],
      [500, true],
      [1000, true],
      [1500, false],
    ]);
    expect(windows[1]?.toneDb).toBeCloseTo(-13, 0);
    expect(toneHeardMs(pcm, 1000)).toBe(1000);
    expect(toneHeardMs(pcm, 1020)).toBe(0);
  });

  test('each of three tones is found in their mix, another one is not', () => {
    const parts = [440, 1000, 1700].map((hz) => ({
      pcm: tone({ frequenciesHz: [hz], sampleRateHz: 8000, durationMs: 2000 }),
      atMs: 0,
    }));
    const pcm = overTheLine(mix(parts, 2000));
    expect([440, 1000, 1700, 700].map((hz) => toneHeardMs(pcm, hz))).toEqual([2000, 2000, 2000, 0]);
  });
});

describe('hearing sentences', () => {
  test('a sentence in silence is whole and in its place, another one is absent', () => {
    const recording = new Recording(overTheLine(mix([{ pcm: alice, atMs: 750 }], 4000)));
    const heard = recording.find(alice);
    expect(isWhole(heard)).toBe(true);
    expect(Math.abs(heard.atMs - 750)).toBeLessThanOrEqual(20);
    expect(isAbsent(recording.find(bob))).toBe(true);
    expect(isWhole(recording.find(bob))).toBe(false);
  });

  test('of three who speak at once each is whole, a fourth is absent', () => {
    const recording = new Recording(
      overTheLine(
        mix(
          [
            { pcm: alice, atMs: 300 },
            { pcm: bob, atMs: 0 },
            { pcm: carol, atMs: 611 },
          ],
          3000,
        ),
      ),
    );
    for (const voice of [alice, bob, carol]) expect(isWhole(recording.find(voice))).toBe(true);
    expect(isAbsent(recording.find(dave))).toBe(true);
  });

  test('concealed, dropped and repeated frames leave a sentence whole', () => {
    const line = overTheLine(
      mix(
        [
          { pcm: alice, atMs: 300 },
          { pcm: bob, atMs: 0 },
        ],
        3000,
      ),
      (frame) => frame % 31 === 30,
    );
    const dropped = Int16Array.from([
      ...line.subarray(0, 8000),
      ...line.subarray(8160, 12000),
      ...line.subarray(11840),
    ]);
    const recording = new Recording(dropped);
    for (const voice of [alice, bob]) expect(isWhole(recording.find(voice))).toBe(true);
  });

  test('the first half of a sentence is neither whole nor absent', () => {
    const heard = hear(mix([{ pcm: alice.subarray(0, 9000), atMs: 300 }], 3000), alice);
    expect([isWhole(heard), isAbsent(heard)]).toEqual([false, false]);
    expect(heard.score).toBeGreaterThan(0.4);
    expect(heard.score).toBeLessThan(0.65);
  });

  test('silence, a tone and an empty recording hold no sentence', () => {
    for (const pcm of [
      new Int16Array(0),
      new Int16Array(24000),
      tone({ frequenciesHz: [440], sampleRateHz: 8000, durationMs: 3000 }),
    ]) {
      expect(hear(pcm, alice).score).toBe(0);
    }
  });
});

describe('recordings of clients', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hearing-'));

  test('what is written at 8 kHz is read as it is', () => {
    writeSentence(join(folder, 'a.wav'), alice);
    expect([...readRecording(join(folder, 'a.wav'))]).toEqual([...alice]);
  });

  test('48 kHz stereo becomes 8 kHz mono of the first channel, without what 8 kHz cannot hold', () => {
    const left = tone({ frequenciesHz: [1000], sampleRateHz: 48000, durationMs: 1000 });
    const above = tone({ frequenciesHz: [7000], sampleRateHz: 48000, durationMs: 1000 });
    const samples = new Int16Array(left.length * 2);
    for (let i = 0; i < left.length; i += 1) {
      samples[i * 2] = left[i]! + above[i]!;
      samples[i * 2 + 1] = 12345;
    }
    const pcm = toHearingRate({ sampleRateHz: 48000, channels: 2, samples });
    expect(pcm.length).toBe(8000);
    const [window] = toneWindows(pcm, 1000);
    expect(window?.toneDb).toBeCloseTo(-13, 0);
    expect(window?.share).toBeGreaterThan(0.99);
  });

  test('a sentence is whole after a stay at 16 kHz', () => {
    const doubled = Int16Array.from({ length: alice.length * 2 }, (_, i) =>
      Math.round((alice[i >> 1]! + (alice[(i + 1) >> 1] ?? 0)) / 2),
    );
    expect(isWhole(hear(toHearingRate({ sampleRateHz: 16000, channels: 1, samples: doubled }), alice))).toBe(true);
  });

  test('a file that is no WAV is named in the error', () => {
    writeFileSync(join(folder, 'b.wav'), 'nothing');
    expect(() => readRecording(join(folder, 'b.wav'))).toThrow(/b\.wav: not-wav/);
    writeFileSync(join(folder, 'c.wav'), writeWav({ sampleRateHz: 8000, channels: 1, samples: bob }).subarray(0, 60));
    expect(readRecording(join(folder, 'c.wav')).length).toBe(8);
  });
});
