import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createSeededRandom } from '../support/seeded-random.js';
import { agentTarget } from './agent-target.js';
import { bodyTargets } from './body-targets.js';
import { BlockCoverage } from './coverage.js';
import { distilled, type Finding, readCorpus, search, tryInput, writeCorpus } from './fuzzer.js';
import { mediaTargets } from './media-targets.js';
import { messageTargets } from './message-targets.js';

/*
 * `npm run fuzz -- --seconds 600` looks for bytes that break what reads them, for that long in all. `--target sdp`
 * takes one target, `--seed 7` looks elsewhere, `--keep` adds what showed new coverage to the corpus, `--replay file`
 * tries one input, `--input` one as base64. What breaks something is printed at once, whole, and is written to the corpus:
 * the unit tests replay it from then on.
 */

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '40' },
    target: { type: 'string' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
    replay: { type: 'string' },
    input: { type: 'string' },
  },
});

const corpusDir = join(process.cwd(), 'test/fuzz/corpus');
/** Our code, and the packages that read for us. */
const built = /\/dist\/(?:sip|media|base)\/|\/node_modules\/(?:@xmldom|dns-packet|sdp-transform)\//;
const all = [...messageTargets, ...bodyTargets, ...mediaTargets, agentTarget];
const chosen = values.target === undefined ? all : all.filter(({ name }) => name === values.target);

async function main(): Promise<number> {
  if (chosen.length === 0) {
    console.error(`no such target; there are ${all.map(({ name }) => name).join(', ')}`);
    return 2;
  }
  if (values.input !== undefined) return replay(Buffer.from(values.input, 'base64'));
  return values.replay === undefined ? fuzz() : replay(readFileSync(values.replay));
}

async function replay(input: Buffer): Promise<number> {
  let failed = 0;
  for (const target of chosen) {
    const error = await tryInput(target, input);
    console.log(`${target.name}: ${error ?? 'holds'}`);
    if (error !== null) failed = 1;
  }
  return failed;
}

/** With the whole input: a log is often all that is left of a run. */
function tell({ target, error, input }: Finding, how = `--input ${input.toString('base64')}`): void {
  const bytes = `${input.length} bytes: ${input.toString('base64')}`;
  console.error(`\n${error}\n${bytes}\nRepeat it with: npm run fuzz -- --target ${target} ${how}\n`);
}

async function fuzz(): Promise<number> {
  const random = createSeededRandom(Number(values.seed));
  const eachMs = (Number(values.seconds) * 1000) / chosen.length;
  let found = 0;
  for (const target of chosen) {
    const folder = join(corpusDir, target.name);
    // A fresh one each: what one target has covered is new to the next.
    const coverage = new BlockCoverage((url) => built.test(url));
    const deadlineMs = performance.now() + eachMs;
    const corpus = readCorpus(folder);
    const report = await search({
      target,
      coverage,
      random,
      corpus,
      deadlineMs,
      nowMs: () => performance.now(),
      onFinding: tell,
    });
    coverage.close();
    if (values.keep) {
      const blocks = new BlockCoverage((url) => built.test(url), false);
      const known = [...target.seeds(), ...corpus];
      for (const input of await distilled(target, blocks, { known, inputs: report.kept })) writeCorpus(folder, input);
      blocks.close();
    }
    console.log(
      `${target.name}: ${report.runs} inputs, corpus ${report.corpus}, ${report.kept.length} with new coverage, ` +
        `${coverage.size} features, ${report.findings.length} findings`,
    );
    for (const { error, input } of report.findings) {
      const path = writeCorpus(folder, input);
      tell({ target: target.name, error, input }, `--replay ${path}`);
    }
    found += report.findings.length;
  }
  return found === 0 ? 0 : 1;
}

process.exitCode = await main();
