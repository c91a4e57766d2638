import { readFileSync, writeFileSync } from 'node:fs';
import { readWav, type WavSound, writeWav } from '../../media/wav.js';
import { hearingRateHz } from './hearing.js';

/** Half the length of the low-pass, in samples of the lower rate. */
const TAPS_EACH_SIDE = 16;
/** Of the lower rate: what is above is folded down. */
const CUT_OFF = 0.45;

/** A WAV file as a client wrote it (16-bit or float, any rate, finished or not): its first channel at 8 kHz. */
export function readRecording(path: string): Int16Array {
  const read = readWav(readFileSync(path));
  if (!read.ok) throw new Error(`${path}: ${read.fault} at ${read.at}`);
  return toHearingRate(read.value);
}

/** Writes 8 kHz mono, for a client to say. */
export function writeSentence(path: string, samples: Int16Array): void {
  writeFileSync(path, writeWav({ sampleRateHz: hearingRateHz, channels: 1, samples }));
}

/** The first channel at 8 kHz, by a windowed sinc. */
export function toHearingRate(sound: WavSound): Int16Array {
  const { channels, sampleRateHz } = sound;
  const mono = sound.samples.filter((_, i) => i % channels === 0);
  if (sampleRateHz === hearingRateHz) return mono;
  const ratio = sampleRateHz / hearingRateHz;
  const reach = Math.ceil(TAPS_EACH_SIDE * Math.max(1, ratio));
  const cutOff = CUT_OFF / Math.max(1, ratio);
  return Int16Array.from({ length: Math.floor(mono.length / ratio) }, (_, i) => {
    const centre = i * ratio;
    let sum = 0;
    for (let at = Math.ceil(centre - reach); at <= centre + reach; at += 1) {
      sum += (mono[at] ?? 0) * lowPass(at - centre, cutOff, reach);
    }
    return Math.max(-32768, Math.min(32767, Math.round(sum)));
  });
}

function lowPass(distance: number, cutOff: number, reach: number): number {
  const window = 0.5 + 0.5 * Math.cos((Math.PI * distance) / reach);
  const turn = 2 * Math.PI * cutOff * distance;
  return 2 * cutOff * window * (distance === 0 ? 1 : Math.sin(turn) / turn);
}
