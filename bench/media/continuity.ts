import type { Sound16 } from './tone-detection.js';
import type { CapturedPacket } from './wire-files.js';

/** What is not whole about one endpoint's RTP, whenever it came. */
export interface LineFaults {
  /** Sequence numbers that never came. */
  readonly missing: number;
  /** Packets that came after a newer one, or twice. */
  readonly outOfOrder: number;
  /** By how many packets' time the timestamp went on too far or too little, together. */
  readonly skippedFrames: number;
}

/** @param packets in the order of arrival, of one payload length each */
export function lineFaults(packets: readonly CapturedPacket[], ticksPerFrame: number): LineFaults {
  let [missing, outOfOrder, skippedTicks] = [0, 0, 0];
  for (let i = 1; i < packets.length; i += 1) {
    const [before, packet] = [packets[i - 1]!, packets[i]!];
    const ahead = ((packet.sequence - before.sequence) << 16) >> 16;
    if (ahead > 1) missing += ahead - 1;
    if (ahead < 1) outOfOrder += 1;
    skippedTicks += Math.abs(((packet.timestamp - before.timestamp) | 0) - ahead * ticksPerFrame);
  }
  return { missing, outOfOrder, skippedFrames: skippedTicks / ticksPerFrame };
}

/** The times from one packet to the next, of those that are within, or reach into, these. */
export function gapsBetween(packets: readonly CapturedPacket[], fromMs: number, toMs: number): number[] {
  const gapsMs: number[] = [];
  for (let i = 1; i < packets.length; i += 1) {
    const { atMs } = packets[i]!;
    const beforeMs = packets[i - 1]!.atMs;
    if (atMs >= fromMs && beforeMs <= toMs) gapsMs.push(atMs - beforeMs);
  }
  return gapsMs;
}

const WINDOW_MS = 10;
const HOP_MS = 5;
/** From before a break to after it, with no window that has both. */
const ACROSS_HOPS = 6;
/** In a window that lacks half of the tone's power, 3 ms are missing. */
const LEAST_SHARE = 0.7;
/** A splice of the jitter buffer is right to half a sample; 20 ms less or more of a tone of x.25 periods in 20 ms is 0.25. */
const MOST_TURN = 0.08;

/**
 * Where a steady tone is broken: where some of it is missing, and where it goes on at another place of its period than it
 * should, as it does when sound was left out or said twice. One for each break, in samples. The tone must not have a whole
 * number of periods in 20 ms.
 */
export function toneBreaks({ pcm, rateHz }: Sound16, hz: number, amplitude: number): number[] {
  const samples = (WINDOW_MS * rateHz) / 1000;
  const hop = (HOP_MS * rateHz) / 1000;
  const [cos, sin] = windowed(samples, hz / rateHz);
  const turns: number[] = [];
  const breaks: number[] = [];
  let lastBad = Number.NEGATIVE_INFINITY;
  for (let from = 0, i = 0; from + samples <= pcm.length; from += hop, i += 1) {
    let [re, im] = [0, 0];
    for (let k = 0; k < samples; k += 1) {
      re += pcm[from + k]! * cos[k]!;
      im -= pcm[from + k]! * sin[k]!;
    }
    // Where in its period the tone would be at sample 0.
    turns.push(Math.atan2(im, re) / (2 * Math.PI) - (from * hz) / rateHz);
    const turned = i < ACROSS_HOPS ? 0 : turns[i]! - turns[i - ACROSS_HOPS]!;
    const isBad = Math.hypot(re, im) < LEAST_SHARE * amplitude || Math.abs(turned - Math.round(turned)) > MOST_TURN;
    if (!isBad) continue;
    if (i - lastBad > ACROSS_HOPS) breaks.push(from);
    lastBad = i;
  }
  return breaks;
}

/** One window of the tone, behind Hann's: what correlates with it has the tone's amplitude. */
function windowed(samples: number, periodsPerSample: number): [Float64Array, Float64Array] {
  const [cos, sin] = [new Float64Array(samples), new Float64Array(samples)];
  for (let i = 0; i < samples; i += 1) {
    const shape = (2 * (1 - Math.cos((2 * Math.PI * i) / samples))) / samples;
    cos[i] = shape * Math.cos(2 * Math.PI * periodsPerSample * i);
    sin[i] = shape * Math.sin(2 * Math.PI * periodsPerSample * i);
  }
  return [cos, sin];
}
