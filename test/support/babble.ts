import { createSeededRandom } from './seeded-random.js';

/**
 * Two or more seconds of made-up speech at 8 kHz: syllables of a gliding pitch through two resonances, with hisses
 * and short pauses between them. The same seed gives the same sentence, another seed another voice and text.
 */
export function babble(seed: number, durationMs = 2000): Int16Array {
  const random = createSeededRandom(seed);
  const between = (min: number, max: number): number => min + ((max - min) * random.uint32()) / 2 ** 32;
  const out = new Int16Array(durationMs * 8);
  const voiceHz = between(90, 220);
  let at = 0;
  while (at < out.length) {
    const length = Math.round(between(60, 160) * 8);
    const kind = between(0, 1);
    if (kind < 0.85) {
      const syllable = {
        length,
        hiss: kind < 0.2,
        fromHz: voiceHz * between(0.8, 1.2),
        toHz: voiceHz * between(0.8, 1.2),
      };
      out.set(syllableOf(syllable, between).subarray(0, out.length - at), at);
    }
    at += length;
  }
  return out;
}

interface Syllable {
  readonly length: number;
  readonly hiss: boolean;
  readonly fromHz: number;
  readonly toHz: number;
}

function syllableOf(
  { length, hiss, fromHz, toHz }: Syllable,
  between: (min: number, max: number) => number,
): Int16Array {
  const formants = [between(300, 900), between(1000, 2800)].map((hz) => ({ hz, last: 0, before: 0 }));
  const raw = new Float64Array(length);
  let turn = 0;
  for (let i = 0; i < length; i += 1) {
    turn += (fromHz + ((toHz - fromHz) * i) / length) / 8000;
    let source = between(-0.05, 0.05);
    if (hiss) source = between(-1, 1);
    else if (turn >= 1) source += 4;
    if (turn >= 1) turn -= 1;
    for (const formant of formants) {
      const next = source + 1.88 * Math.cos((2 * Math.PI * formant.hz) / 8000) * formant.last - 0.885 * formant.before;
      formant.before = formant.last;
      formant.last = next;
      raw[i]! += next;
    }
  }
  const peak = raw.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1e-9);
  return Int16Array.from(raw, (sample, i) => (sample / peak) * 9000 * Math.sin((Math.PI * i) / length));
}
