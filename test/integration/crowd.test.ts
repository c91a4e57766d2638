import { afterEach, expect, test } from 'vitest';
import { type LineFaults, lineFaults, toneBreaks } from '../../bench/media/continuity.js';
import { HeardLine } from '../../bench/media/heard-line.js';
import type { CapturedPacket } from '../../bench/media/wire-files.js';
import { codecs } from '../../media/index.js';
import { Crowd, talkerHz } from '../support/crowd.js';
import { changed, doEverything, playedHz } from '../support/crowd-steps.js';
import { Starvation } from '../support/starvation.js';
import { levelOf } from '../support/voice.js';

const MEMBERS = 100;
/** Of the tone that the talker sends. */
const AMPLITUDE = 4000;
const FRAME_TICKS = 160;
/** Jitter buffers wait at least 20 ms: whoever got no core for that long may have missed sound. */
const STARVED_MS = 15;
/** So long after such a moment what was missed may be heard: jitter buffer, ring and mixer. */
const AFTER_MS = 500;

let crowd: Crowd | null = null;

afterEach(() => crowd?.close());

interface Fault extends Partial<LineFaults> {
  readonly member: number;
  /** When the tone was broken, and what had been done last. */
  readonly breaks?: readonly string[];
}

const isMissing = ({ missing, outOfOrder }: LineFaults): boolean => missing > 0 || outOfOrder > 0;

test('moves, mutes, recordings, sounds, whispers, kicks and joins in a room of a hundred: each other member hears a talker without a gap', async () => {
  crowd = await Crowd.start({ members: MEMBERS, mediaWorkers: 2, wire: 'c' });
  const { steps, pids } = crowd;
  await crowd.begin();
  const starvation = new Starvation(pids, STARVED_MS);
  await doEverything(crowd);
  const starved = starvation.end();
  const { result, packets } = await crowd.end();

  const isExcused = (atMs: number): boolean =>
    starved.some(({ fromMs, toMs }) => atMs > fromMs && atMs < toMs + AFTER_MS);
  const during = (atMs: number): string =>
    `${Math.round(atMs - steps[0]!.fromMs)}: ${steps.findLast(({ fromMs }) => fromMs <= atMs)?.name ?? 'before'}`;
  const faults: Fault[] = [];
  let excused = 0;
  const judge = (member: number, received: readonly CapturedPacket[]): void => {
    const line = new HeardLine(received, codecs.pcma);
    const broken = toneBreaks(line, talkerHz, AMPLITUDE).map((sample) => line.timeOf(sample));
    const skipped = received.filter(
      (packet, i) => i > 0 && lineFaults([received[i - 1]!, packet], FRAME_TICKS).skippedFrames > 0,
    );
    const all = [...broken, ...skipped.map(({ atMs }) => atMs)];
    const breaks = all.filter((atMs) => !isExcused(atMs));
    excused += all.length - breaks.length;
    if (breaks.length > 0) faults.push({ member, breaks: breaks.map(during) });
    if (levelOf(line.pcm, playedHz) < -50) faults.push({ member, breaks: ['the file was not heard'] });
  };
  for (const [member, received] of packets) {
    const numbers = lineFaults(received, FRAME_TICKS);
    if (isMissing(numbers)) faults.push({ member, ...numbers });
    if (member > 0 && !Object.values<number>(changed).includes(member)) judge(member, received);
  }
  console.log(
    `${steps.length} steps, ${result.received} packets; ${starved.length} moments without a core, which excuse ${excused} breaks`,
  );
  expect(faults).toEqual([]);
  expect(packets.size).toBe(MEMBERS);
});
