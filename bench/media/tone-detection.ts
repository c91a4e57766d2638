/** Mono PCM and its rate. */
export interface Sound16 {
  readonly pcm: Int16Array;
  readonly rateHz: number;
}

/**
 * Amplitude of one tone in `samples` from `from`, behind a Hann window, so that another tone two window widths away
 * does not count (Goertzel's sum, written as a correlation). 0 where the sound is shorter.
 */
export function toneAmplitude({ pcm, rateHz }: Sound16, hz: number, from: number, samples: number): number {
  if (from < 0 || from + samples > pcm.length) return 0;
  const step = (2 * Math.PI * hz) / rateHz;
  const shape = (2 * Math.PI) / samples;
  // Rotations instead of sines: the bench looks for hundreds of tones.
  const [stepCos, stepSin, shapeCos, shapeSin] = [Math.cos(step), Math.sin(step), Math.cos(shape), Math.sin(shape)];
  let [cos, sin, windowCos, windowSin, re, im] = [1, 0, 1, 0, 0, 0];
  for (let i = 0; i < samples; i += 1) {
    const sample = pcm[from + i]! * (1 - windowCos);
    re += sample * cos;
    im += sample * sin;
    [cos, sin] = [cos * stepCos - sin * stepSin, sin * stepCos + cos * stepSin];
    [windowCos, windowSin] = [windowCos * shapeCos - windowSin * shapeSin, windowSin * shapeCos + windowCos * shapeSin];
  }
  return (2 * Math.hypot(re, im)) / samples;
}

/** The amplitude of a tone in one window after the other. */
export function toneLine(sound: Sound16, hz: number, windowMs: number, hopMs: number): number[] {
  const samples = Math.round((windowMs * sound.rateHz) / 1000);
  const hop = Math.round((hopMs * sound.rateHz) / 1000);
  const line: number[] = [];
  for (let from = 0; from + samples <= sound.pcm.length; from += hop)
    line.push(toneAmplitude(sound, hz, from, samples));
  return line;
}

const ONSET_WINDOW_MS = 20;
const ONSET_HOP_MS = 1;

/**
 * Where bursts of a tone begin, as sample numbers: where the amplitude behind a 20 ms window reaches half of what it
 * has within a burst, which is when half of the window is in the burst. Exact to about half a millisecond.
 */
export function burstOnsets(sound: Sound16, hz: number, amplitude: number): number[] {
  const line = toneLine(sound, hz, ONSET_WINDOW_MS, ONSET_HOP_MS);
  const onsets: number[] = [];
  let isQuiet = false;
  for (const [i, level] of line.entries()) {
    if (level < amplitude * 0.2) isQuiet = true;
    if (!isQuiet || level < amplitude * 0.5) continue;
    isQuiet = false;
    onsets.push(Math.round(((i * ONSET_HOP_MS + ONSET_WINDOW_MS / 2) * sound.rateHz) / 1000));
  }
  return onsets;
}

/** Share of 20 ms windows in which a steady tone is 10 dB or more below its median. 1 when it is never there. */
export function dropoutShare(sound: Sound16, hz: number): number {
  const line = toneLine(sound, hz, 20, 10);
  const median = [...line].sort((a, b) => a - b)[line.length >> 1] ?? 0;
  if (median === 0) return 1;
  return line.filter((level) => level < median * 10 ** (-10 / 20)).length / line.length;
}
