import type { Codec } from '../../media/index.js';
import { percentile } from './gap-statistics.js';
import { HeardLine } from './heard-line.js';
import { glitchesAbove, periodicResidualDb, pureToneHz } from './periodic-residual.js';
import { encoded, encoderOf } from './sounds.js';
import type { Seat } from './stage.js';
import type { CapturedPacket } from './wire-files.js';

/** What may stay of a tone that went through a room. */
const LIMIT_DB = -50;
/** Above what the codec does to the tone by itself. */
const ABOVE_FLOOR_DB = 3;
const FLOOR_LOOPS = 5;
/** The delay of the first and of the last part is compared. */
const PART = 0.1;

export interface ToneVerdict {
  /** Of the codec alone, coded twice over as a mixer does. */
  readonly floorDb: number;
  readonly limitDb: number;
  readonly worstDb: number;
  readonly glitches: number;
  readonly listeners: number;
}

/** The worst of what is left of the pure tone after the codec alone: speaker’s encoder, mixer’s decoder and encoder. */
export function floorOf(codec: Codec, frameMs: number): number {
  const samples = (frameMs * codec.sampleRateHz) / 1000;
  const { frames } = encoded({ hz: pureToneHz }, codec, frameMs, FLOOR_LOOPS);
  const [first, encoder, second] = [codec.createDecoder(), encoderOf(codec), codec.createDecoder()];
  const pcm = new Int16Array((frames.length + 1) * samples);
  const between = new Int16Array(samples * 2);
  const payload = new Uint8Array(codec.maxPayloadBytes(samples));
  let used = 0;
  for (const frame of frames) {
    first.decode(frame, 0, frame.length, between, 0);
    used += second.decode(payload, 0, encoder.encode(between, 0, samples, payload, 0), pcm, used);
  }
  // The first half second is the codecs' own beginning.
  const settled = pcm.subarray(codec.sampleRateHz / 2, used);
  return Math.max(...periodicResidualDb({ pcm: settled, rateHz: codec.sampleRateHz }, pureToneHz));
}

/** Glitches of the pure tone at those who hear it. */
export function judgeTone(
  seats: readonly Seat[],
  packets: Map<number, CapturedPacket[]>,
  codec: Codec,
  frameMs: number,
): ToneVerdict {
  const floorDb = floorOf(codec, frameMs);
  const limitDb = Math.max(LIMIT_DB, floorDb + ABOVE_FLOOR_DB);
  let worstDb = Number.NEGATIVE_INFINITY;
  let glitches = 0;
  let listeners = 0;
  for (const [index, seat] of seats.entries()) {
    if (seat.room !== 0 || !seat.isSampled || seat.hz !== null) continue;
    const residual = periodicResidualDb(new HeardLine(packets.get(index) ?? [], codec), pureToneHz);
    for (const each of residual) worstDb = Math.max(worstDb, each);
    glitches += glitchesAbove(residual, limitDb);
    listeners += 1;
  }
  return { floorDb, limitDb, worstDb, glitches, listeners };
}

/** By how much the median delay of the last tenth of the bursts is above that of the first, in ms. */
export function delayGrowthMs(transitsMs: readonly number[]): number {
  const part = Math.max(1, Math.floor(transitsMs.length * PART));
  return percentile(transitsMs.slice(-part), 0.5) - percentile(transitsMs.slice(0, part), 0.5);
}
