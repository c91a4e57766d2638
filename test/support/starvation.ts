import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRealClock, type Timer } from '../../base/clock.js';

/** A moment in which a thread had to wait for a core, in milliseconds since the Unix epoch. */
export interface Starved {
  readonly fromMs: number;
  readonly toMs: number;
  readonly waitedMs: number;
}

const LOOK_MS = 50;
const clock = createRealClock();

/**
 * When threads of these processes had work and no core to do it on, by the kernel's own account (schedstat): what a busy machine
 * did, and not the program. Where there is no /proc it finds nothing.
 */
export class Starvation {
  readonly #pids: readonly number[];
  readonly #leastMs: number;
  readonly #found: Starved[] = [];
  #waited = new Map<string, number>();
  #lastMs = 0;
  #timer: Timer | null = null;

  /** @param leastMs  shorter waits are not told */
  constructor(pids: readonly number[], leastMs: number) {
    this.#pids = pids;
    this.#leastMs = leastMs;
    this.#look();
  }

  /** Looks no more. */
  end(): readonly Starved[] {
    this.#look();
    this.#timer?.cancel();
    this.#timer = null;
    return this.#found;
  }

  readonly #look = (): void => {
    const waited = new Map(this.#pids.flatMap(waitedOf));
    const nowMs = clock.epochMs();
    const longestMs = Math.max(0, ...[...waited].map(([task, ms]) => ms - (this.#waited.get(task) ?? ms)));
    if (longestMs >= this.#leastMs) this.#found.push({ fromMs: this.#lastMs, toMs: nowMs, waitedMs: longestMs });
    this.#waited = waited;
    this.#lastMs = nowMs;
    this.#timer = clock.setTimer(LOOK_MS, this.#look);
  };
}

/** How long each thread of a process has waited so far. */
function waitedOf(pid: number): [string, number][] {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return [];
  return readdirSync(tasks).flatMap((task): [string, number][] => {
    try {
      return [[`${pid}/${task}`, Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[1]) / 1e6]];
    } catch {
      // It ended while we looked.
      return [];
    }
  });
}
