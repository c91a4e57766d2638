import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../base/random.js';
import type { BlockCoverage } from './coverage.js';
import { mutate } from './mutate.js';
import type { FuzzTarget } from './target.js';

/** Inputs between two looks at the coverage, which cost more than the inputs do. */
const BATCH = 64;
/** CPU time of one input after which it counts as a hang. */
const HANG_MS = 3000;
/** Larger inputs are tried but not kept. */
const MAX_KEPT_BYTES = 2048;

export interface Finding {
  readonly target: string;
  readonly error: string;
  readonly input: Buffer;
}

export interface FuzzReport {
  readonly target: string;
  readonly runs: number;
  readonly corpus: number;
  /** Inputs that did something no other had done. */
  readonly kept: readonly Buffer[];
  readonly findings: readonly Finding[];
}

/** The name of a corpus file: what is in it. */
export function nameOf(input: Buffer): string {
  return createHash('sha256').update(input).digest('hex').slice(0, 16);
}

export function readCorpus(folder: string): Buffer[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((file) => readFileSync(join(folder, file)));
}

export function writeCorpus(folder: string, input: Buffer): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, nameOf(input));
  writeFileSync(path, input);
  return path;
}

/** What is wrong with that input; null when nothing is. */
export async function tryInput(target: FuzzTarget, input: Buffer): Promise<string | null> {
  const before = process.cpuUsage();
  try {
    await target.run(Buffer.from(input));
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const { user, system } = process.cpuUsage(before);
  const ms = (user + system) / 1000;
  return ms > HANG_MS ? `took ${Math.round(ms)} ms of CPU time` : null;
}

/** Of the inputs those that reach a block that neither `known` nor a shorter one of them reaches. */
export async function distilled(
  target: FuzzTarget,
  coverage: BlockCoverage,
  { known, inputs }: { readonly known: readonly Buffer[]; readonly inputs: readonly Buffer[] },
): Promise<Buffer[]> {
  for (const input of known) await tryInput(target, input);
  coverage.takeNew();
  const kept: Buffer[] = [];
  for (const input of [...inputs].sort((a, b) => a.length - b.length)) {
    await tryInput(target, input);
    if (coverage.takeNew() > 0) kept.push(input);
  }
  return kept;
}

interface Search {
  readonly target: FuzzTarget;
  readonly coverage: BlockCoverage;
  readonly random: Random;
  /** Of earlier runs. */
  readonly corpus: readonly Buffer[];
  readonly deadlineMs: number;
  readonly nowMs: () => number;
  /** Told at once of the first of its kind: who ends the search early has it all the same. */
  readonly onFinding?: (finding: Finding) => void;
}

/**
 * Looks for inputs that break the target until the deadline: mutates what has shown new coverage, keeps what shows
 * more. Findings with the same first lines are one.
 */
export async function search({
  target,
  coverage,
  random,
  corpus,
  deadlineMs,
  nowMs,
  onFinding,
}: Search): Promise<FuzzReport> {
  const pool: Buffer[] = [];
  const kept: Buffer[] = [];
  const findings = new Map<string, Finding>();
  let runs = 0;
  const run = async (input: Buffer): Promise<void> => {
    runs += 1;
    const error = await tryInput(target, input);
    if (error === null) return;
    const place = /\n\s+at .*/.exec(error)?.[0] ?? '';
    const key = error.slice(0, 24) + place;
    const known = findings.get(key);
    if (known !== undefined && input.length >= known.input.length) return;
    const finding = { target: target.name, error, input };
    findings.set(key, finding);
    if (known === undefined) onFinding?.(finding);
  };
  coverage.takeNew();
  for (const input of [...corpus, ...target.seeds()]) {
    await run(input);
    if (coverage.takeNew() > 0 || pool.length === 0) pool.push(input);
  }
  while (nowMs() < deadlineMs) {
    const batch = Array.from({ length: BATCH }, () => mutate(pick(pool, random), pick(pool, random), random));
    for (const input of batch) await run(input);
    if (coverage.takeNew(true) === 0) continue;
    for (const input of batch) {
      await run(input);
      if (coverage.takeNew() === 0 || input.length > MAX_KEPT_BYTES) continue;
      pool.push(input);
      kept.push(input);
    }
  }
  return { target: target.name, runs, corpus: corpus.length, kept, findings: [...findings.values()] };
}

/** The younger half of the pool is asked as often as the whole. */
function pick(pool: readonly Buffer[], random: Random): Buffer {
  const from = random.uint32() % 2 === 0 ? 0 : pool.length >> 1;
  return pool[from + (random.uint32() % (pool.length - from))] ?? Buffer.alloc(0);
}
