import { Concealer } from './codec/conceal.js';
import type { SampleRateHz } from './codec/resample.js';

/** In which sound comes and goes where it is cut: short enough that no word is lost, long enough that no click is heard. */
const FADE_MS = 5;
const FRAME_FADES = 20 / FADE_MS;
/** How loud sound is at its end is told by so much of it: what it was before may be over already. */
const END_MS = 4;

export function fadeSamplesAt(rateHz: number): number {
  return (rateHz * FADE_MS) / 1000;
}

/**
 * How sound that was cut would go on (media/codec/conceal.ts), faded to silence within 5 ms and not louder than it was at its end;
 * the rest of `out` is silence.
 * @param last  what was heard last, 10 ms or more, at `rateHz`
 * Not for each beat: it allocates.
 */
export function fadeAway(last: Int16Array, rateHz: SampleRateHz, out: Int16Array): void {
  out.fill(0);
  const peak = peakOf(last, last.length - (rateHz * END_MS) / 1000, last.length);
  if (peak === 0) return;
  const samples = fadeSamplesAt(rateHz);
  const concealer = new Concealer(rateHz);
  concealer.heard(last, 0, last.length);
  concealer.conceal(out, 0, samples);
  const less = 1 - Math.min(1, peak / peakOf(out, 0, samples));
  for (let i = 0; i < samples; i += 1) {
    const gone = (i + 1) / samples;
    out[i] = Math.round(out[i]! * (1 - less * Math.min(1, 4 * gone)) * (1 - gone));
  }
}

/** Brings in a frame of 20 ms from a sample on, in place, within 5 ms. */
export function fadeIn(frame: Int16Array, from = 0, frameSamples = frame.length): void {
  const samples = frameSamples / FRAME_FADES;
  for (let i = 0; i < samples; i += 1) frame[from + i] = Math.round(frame[from + i]! * ((i + 1) / samples));
}

function peakOf(sound: Int16Array, from: number, to: number): number {
  let peak = 0;
  for (let i = Math.max(0, from); i < to; i += 1) peak = Math.max(peak, Math.abs(sound[i]!));
  return peak;
}
