import { type Heard, hearingRateHz } from '../../support/hearing.js';

/** Correlation below which hearing.ts counts a piece as unheard, and the step between pieces. */
const UNHEARD = 0.1;
const HOP_MS = 100;
const FRAME = hearingRateHz / 50;

/** For people: nothing is asserted on these. */
export function figures(name: string, heard: Heard): string {
  let longest = 0;
  let run = 0;
  for (const strength of heard.pieces) {
    run = strength < UNHEARD ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  const weakest = Math.min(...heard.pieces).toFixed(2);
  return `${name}: score ${heard.score.toFixed(2)} at ${Math.round(heard.atMs)} ms, weakest piece ${weakest}, unheard in a row ${longest * HOP_MS} ms`;
}

/** Level, peak and dead frames of what was heard between its first and its last loud frame. */
export function levels(name: string, pcm: Int16Array): string {
  const loud: number[] = [];
  let power = 0;
  let peak = 0;
  for (let from = 0; from + FRAME <= pcm.length; from += FRAME) {
    const frame = pcm.subarray(from, from + FRAME);
    const energy = frame.reduce((sum, sample) => sum + sample * sample, 0);
    peak = frame.reduce((most, sample) => Math.max(most, Math.abs(sample)), peak);
    if (energy / FRAME < 300 ** 2) continue;
    loud.push(from);
    power += energy;
  }
  const rms = 10 * Math.log10(power / Math.max(1, loud.length * FRAME) / 32768 ** 2);
  const [first = 0, last = 0] = [loud[0], loud.at(-1)];
  let dead = 0;
  for (let from = first; from < last; from += FRAME) {
    if (pcm.subarray(from, from + FRAME).every((sample) => Math.abs(sample) < 16)) dead += 1;
  }
  const peakDb = 20 * Math.log10(Math.max(1, peak) / 32768);
  return `${name}: ${(pcm.length / hearingRateHz).toFixed(1)} s, sound from ${first / 8} to ${last / 8} ms, ${rms.toFixed(1)} dB, peak ${peakDb.toFixed(1)} dB, ${dead * 20} ms of silence inside`;
}
