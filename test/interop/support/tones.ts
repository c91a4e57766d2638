import { hearingRateHz, toneWindows } from '../../support/hearing.js';

/** Somebody in a room who plays one tone all the time, or none, and keeps what it hears. */
export interface ToneMember {
  readonly name: string;
  /** Null: it only listens. */
  readonly toneHz: number | null;
  /** Nothing is sent to it, not even silence; not unless told. */
  readonly isDeaf?: boolean;
  /** Which sound it has heard so far, as `since` takes it. */
  mark(): Promise<number>;
  /** What it has heard since then, at 8 kHz. */
  since(mark: number): Promise<Int16Array>;
}

/** Tones that are no multiples, sums or differences of each other, and go through every codec. */
export const toneOf = { join: 430, jssip: 610, sipjs: 890, baresip: 1270, sipp: 1810, whip: 2570 } as const;
/** Six of them together do not reach full scale. */
export const TONE_PEAK = 0.1;

const LISTEN_MS = 3000;
/** Below a tone's own level, and far above what a codec adds. */
const HEARD_DB = -42;
/** Of tones that are not to be heard, below the quietest of the others. */
const APART_DB = 18;
const ROUNDS = 8;

/** The level of a tone in the middle of all half seconds. */
export function levelOf(pcm: Int16Array, toneHz: number): number {
  const levels = toneWindows(pcm, toneHz).map(({ toneDb }) => toneDb);
  return levels.sort((a, b) => a - b)[Math.floor(levels.length / 2)] ?? Number.NEGATIVE_INFINITY;
}

/**
 * Everybody listens for some seconds, until each hears all the others. Resolves with what is not as it should be, in words:
 * who is not heard, or hears himself. A machine that stands still loses sound: what was missed is listened for again.
 * @param tones  what `listener` is to hear; everybody else unless told
 */
export async function whatIsWrong(
  members: readonly ToneMember[],
  tones = (listener: ToneMember): readonly ToneMember[] => members.filter((other) => other !== listener),
): Promise<string[]> {
  for (let round = 1; ; round += 1) {
    const faults = (await Promise.all(members.map((member) => listen(member, members, tones(member))))).flat();
    if (faults.length === 0 || round === ROUNDS) return faults;
  }
}

async function listen(
  listener: ToneMember,
  members: readonly ToneMember[],
  wanted: readonly ToneMember[],
): Promise<string[]> {
  const mark = await listener.mark();
  await new Promise((resolve) => setTimeout(resolve, LISTEN_MS));
  const pcm = await listener.since(mark);
  if (listener.isDeaf === true) return pcm.length === 0 ? [] : [`${listener.name} hears ${pcm.length} samples`];
  if (pcm.length < hearingRateHz) return [`${listener.name} hears ${pcm.length} samples`];
  const sounding = members.filter(({ toneHz }) => toneHz !== null);
  const levels = sounding.map((member) => ({ member, db: levelOf(pcm, member.toneHz!) }));
  const heard = levels.filter(({ member }) => wanted.includes(member));
  const quietest = Math.min(0, ...heard.map(({ db }) => db));
  const said = levels.map(({ member, db }) => `${member.name} ${db.toFixed(0)}`).join(', ');
  const missed = heard.filter(({ db }) => db < HEARD_DB);
  const overheard = levels.filter(({ member, db }) => !wanted.includes(member) && db > quietest - APART_DB);
  return [
    ...missed.map(({ member }) => `${listener.name} does not hear ${member.name} (dB: ${said})`),
    ...(missed.length > 0 ? [] : overheard).map(({ member }) => `${listener.name} hears ${member.name} (dB: ${said})`),
  ];
}
