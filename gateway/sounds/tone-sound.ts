import { parseTone, type SampleRateHz, type ToneFault, ToneRun, type ToneSegment } from '../../media/index.js';
import { bytesOf, type SoundReader } from './sound-reader.js';

export const tonePrefix = 'tone:';
/** Of a tone whose description has no durations. */
const USUAL_MS = 500;
/** A longer one is a loop of a shorter one. */
export const maxToneMs = 600_000;
/** Rounded down, so that 8 kHz carries them. */
const NARROW_HZ = 3400;

export const toneFaults: Readonly<Record<ToneFault, string>> = {
  'no-cadence': 'durations in ms are missing, as in 350+440*0.5:1000',
  'bad-frequency': 'not a frequency from 0 to 24000, or a sweep 400~450',
  'bad-amplitude': 'not an amplitude from 0 to 1, or a sweep 0~1',
  'bad-duration': 'not a duration in ms',
  'too-many-tones': 'too many tones or frequencies',
  'too-long': `longer than ${maxToneMs / 1000} s; use loops`,
  'not-mono-pcm': 'not a tone',
};

export type ToneSound =
  | { readonly ok: true; readonly segments: readonly ToneSegment[]; readonly rateHz: SampleRateHz }
  | { readonly ok: false; readonly reason: string };

/**
 * Reads a tone as media/tone-file.ts has it, with or without `tone:` before it. A comma stands for `/`; where there are no
 * durations each tone takes half a second.
 */
export function readToneSound(text: string, maxRateHz: SampleRateHz): ToneSound {
  const bare = (text.startsWith(tonePrefix) ? text.slice(tonePrefix.length) : text).replaceAll(',', '/');
  const read = parseTone(bare.includes(':') ? bare : `${bare}:${USUAL_MS}`);
  if (!read.ok) return { ok: false, reason: toneFaults[read.fault] };
  let totalMs = 0;
  let highestHz = 0;
  for (const { durationMs, frequencies } of read.value) {
    totalMs += durationMs;
    for (const { fromHz, toHz } of frequencies) highestHz = Math.max(highestHz, fromHz, toHz);
  }
  if (totalMs > maxToneMs) return { ok: false, reason: toneFaults['too-long'] };
  if (totalMs === 0) return { ok: false, reason: 'a tone of no length' };
  const wanted: SampleRateHz = highestHz <= NARROW_HZ ? 8000 : highestHz < 8000 ? 16_000 : 48_000;
  const rateHz = Math.min(wanted, maxRateHz) as SampleRateHz;
  if (highestHz >= rateHz / 2) return { ok: false, reason: `a room has no frequencies of ${rateHz / 2} Hz and above` };
  return { ok: true, segments: read.value, rateHz };
}

export function readTone(segments: readonly ToneSegment[], rateHz: SampleRateHz): SoundReader {
  const run = new ToneRun(segments, rateHz);
  return {
    get isOver() {
      return run.samplesLeft === 0;
    },
    read: async (samples) => {
      const out = new Int16Array(Math.min(samples, run.samplesLeft));
      run.write(out, 0, out.length);
      return bytesOf(out);
    },
    close: async () => {
      run.samplesLeft = 0;
    },
  };
}
