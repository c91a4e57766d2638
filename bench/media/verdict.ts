import type { Codec } from '../../media/index.js';
import { HeardLine } from './heard-line.js';
import { toneAmplitudeOfTalkers } from './sounds.js';
import type { Seat } from './stage.js';
import { burstOnsets, dropoutShare, type Sound16, toneAmplitude, toneLine } from './tone-detection.js';
import type { CapturedPacket, WireResult } from './wire-files.js';

const WINDOW_MS = 400;
const SETTLE_MS = 300;
const HEARD = toneAmplitudeOfTalkers * 10 ** (-12 / 20);
/** Above what a jump or a hole in a tone 20 Hz away leaves here. */
const UNHEARD = toneAmplitudeOfTalkers * 10 ** (-18 / 20);
/** Where the tones of other rooms are looked for, and in how many of them one has to be. */
const PLACES = 10;
const PLACES_HEARD = 3;
/** A burst comes once in 1.2 s. */
const LONGEST_TRANSIT_MS = 800;

export interface Verdict {
  /** Sampled endpoints that heard exactly whom they should. */
  readonly right: number;
  /** What the others heard, in words. */
  readonly wrong: readonly string[];
  /** Onset sent to onset received, in the order of time. */
  readonly transitsMs: readonly number[];
  /** Share of 20 ms windows without the steady talker; the worst endpoint. */
  readonly dropouts: number;
}

export interface Evidence {
  readonly seats: readonly Seat[];
  readonly packets: Map<number, CapturedPacket[]>;
  readonly bursts: WireResult['bursts'];
  readonly codec: Codec;
  /** Everybody hears itself alone. */
  readonly isReflector: boolean;
}

interface Transit {
  readonly sentMs: number;
  readonly ms: number;
}

/** Who heard whom, how late, and with how many holes. */
export function judge(evidence: Evidence): Verdict {
  const { seats, packets, codec, isReflector } = evidence;
  const tones = [...new Set(seats.flatMap(({ hz }) => (hz === null ? [] : [hz])))];
  const wrong: string[] = [];
  const found: Transit[] = [];
  let right = 0;
  let dropouts = 0;
  for (const [index, seat] of seats.entries()) {
    if (!seat.isSampled) continue;
    const line = new HeardLine(packets.get(index) ?? [], codec);
    const heardSeats = seats.filter((other) => hears(seat, other, isReflector));
    const fault = faultOf(line, heardSeats, tones);
    if (fault === null) right += 1;
    else wrong.push(`room ${seat.room}, place ${seat.place}: ${fault}`);
    const steady = heardSeats.find(({ bursts }) => !bursts)?.hz;
    if (steady !== undefined && steady !== null) dropouts = Math.max(dropouts, dropoutShare(settled(line), steady));
    found.push(...transits(evidence, seat, line));
  }
  found.sort((a, b) => a.sentMs - b.sentMs);
  return { right, wrong, transitsMs: found.map(({ ms }) => ms), dropouts };
}

/** Without its beginning: the decoder of an adaptive codec came in the middle of what was said. */
function settled({ pcm, rateHz }: HeardLine): Sound16 {
  return { pcm: pcm.subarray((SETTLE_MS * rateHz) / 1000), rateHz };
}

function hears(listener: Seat, other: Seat, isReflector: boolean): boolean {
  if (other.hz === null) return false;
  return isReflector ? other === listener : other.room === listener.room && other !== listener;
}

/** Null, or what is missing or too much. */
function faultOf(line: HeardLine, heardSeats: readonly Seat[], tones: readonly number[]): string | null {
  const samples = (WINDOW_MS * line.rateHz) / 1000;
  if (line.pcm.length < samples * 4) return `only ${Math.round((line.pcm.length * 1000) / line.rateHz)} ms of sound`;
  for (const { hz, bursts } of heardSeats) {
    const levels = toneLine(line, hz ?? 0, WINDOW_MS / 2, WINDOW_MS / 2).sort((a, b) => a - b);
    // A burst fills three windows in ten.
    const level = levels[Math.floor(levels.length * (bursts ? 0.85 : 0.5))] ?? 0;
    if (level < HEARD) return `${hz} Hz is missing`;
  }
  const expected = new Set(heardSeats.map(({ hz }) => hz));
  for (const hz of tones) {
    if (expected.has(hz)) continue;
    let places = 0;
    for (let place = 0; place < PLACES; place += 1) {
      const from = Math.floor(((line.pcm.length - samples) * place) / (PLACES - 1));
      if (toneAmplitude(line, hz, from, samples) > UNHEARD) places += 1;
    }
    if (places >= PLACES_HEARD) return `${hz} Hz should not be there`;
  }
  return null;
}

function transits({ seats, bursts, isReflector }: Evidence, seat: Seat, line: HeardLine): Transit[] {
  const speaker = seats.findIndex((other) => other.bursts && hears(seat, other, isReflector));
  const hz = seats[speaker]?.hz;
  if (hz === undefined || hz === null) return [];
  const arrivals = burstOnsets(line, hz, toneAmplitudeOfTalkers).map((sample) => line.timeOf(sample));
  return bursts.flatMap(([endpoint, sentMs]) => {
    if (endpoint !== speaker) return [];
    const arrival = arrivals.find((atMs) => atMs > sentMs - 1);
    return arrival === undefined || arrival - sentMs > LONGEST_TRANSIT_MS ? [] : [{ sentMs, ms: arrival - sentMs }];
  });
}
