#!/usr/bin/env node
import { join } from 'node:path';
import { ensureBuilt, ensureNative } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { ensurePeers } from './lib/peers.mjs';
import { rootDir } from './lib/run.mjs';
import { check, suite, tool } from './lib/suites.mjs';

/** Colours are for people at a terminal; biome would write them into a file too. */
const plain = process.stdout.isTTY ? [] : ['--colors=off'];

/**
 * `npm test`: everything, in this order; a stage with `beside` runs at the same time as that one. `npm test -- unit lint`: only the named stages, with what they need.
 * Prints `N passed, N failed` on its last line; a stage that is no suite counts as one. Exits 1 on any failure.
 */
const stages = {
  lint: { title: 'Format and lint', needs: [], run: () => tool('@biomejs/biome/bin/biome', 'ci', ...plain, '.') },
  types: {
    title: 'Types',
    needs: [],
    run: () => tool('typescript/bin/tsc', '-p', 'tsconfig.json', '--noEmit'),
  },
  openapi: {
    title: 'openapi.yaml is what contract/ says',
    needs: ['build'],
    run: () => check(process.execPath, [join(rootDir, 'dist/scripts/write-openapi.js'), '--check']),
  },
  rfc: {
    title: 'docs/rfc.md is what code and tests say',
    needs: ['build'],
    run: () => check(process.execPath, [join(rootDir, 'dist/scripts/rfc-index.js'), '--check']),
  },
  unit: { title: 'Unit tests', needs: [], run: () => suite('unit') },
  fuzz: {
    title: 'Fuzzing, some seconds of it',
    needs: ['build'],
    run: () => check(process.execPath, [join(rootDir, 'dist/test/fuzz/main.js'), '--seconds', '32']),
  },
  integration: { title: 'Integration tests', needs: ['build', 'native', 'peers'], run: () => suite('integration') },
  interop: {
    title: 'Interop tests',
    needs: ['build', 'native', 'peers'],
    // Both mostly wait for sound; the ports are divided between them (PORT_HALF).
    beside: 'integration',
    run: () => suite('interop', { kept: true }),
  },
};

/** What several stages need: tried once, and a stage without it counts as failed. */
const needs = { build: ensureBuilt, native: ensureNative, peers: ensurePeers };

async function main() {
  const chosen = process.argv.slice(2);
  const unknown = chosen.filter((name) => !Object.hasOwn(stages, name));
  if (unknown.length > 0) {
    console.error(`${unknown.join(', ')}: no such stage; use ${Object.keys(stages).join(', ')}`);
    return 2;
  }
  if (!(await ensureInstalled())) return finish([['npm packages', { passed: 0, failed: 1 }]]);
  const names = chosen.length === 0 ? Object.keys(stages) : chosen;
  const met = new Map();
  // Peers come first: whoever cannot install them learns it in the first second.
  for (const need of ['peers', 'native', 'build']) {
    if (names.some((name) => stages[name].needs.includes(need))) met.set(need, await needs[need]());
  }
  const results = [];
  const isBeside = (name) => names.includes(stages[name].beside);
  for (const name of names) {
    if (isBeside(name)) continue;
    const together = [name, ...names.filter((other) => stages[other].beside === name)];
    const counts = await Promise.all(together.map((each) => runStage(stages[each], met)));
    results.push(...together.map((each, index) => [stages[each].title, counts[index]]));
  }
  return finish(results);
}

async function runStage(stage, met) {
  console.log(`\n── ${stage.title}`);
  const unmet = stage.needs.filter((need) => !met.get(need));
  if (unmet.length > 0) {
    console.error(`Not run: ${unmet.join(' and ')} failed.`);
    return { passed: 0, failed: 1 };
  }
  return stage.run();
}

function finish(results) {
  const sum = (key) => results.reduce((total, [, count]) => total + count[key], 0);
  console.log('');
  for (const test of results.flatMap(([, count]) => count.retried ?? []))
    console.log(`PASSED AT THE SECOND TRY ${test}`);
  for (const failure of results.flatMap(([, count]) => count.failures ?? [])) console.log(`FAILED ${failure}`);
  for (const [title, { passed, failed }] of results) console.log(`${title}: ${passed} passed, ${failed} failed`);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
  return sum('failed') === 0 && sum('passed') > 0 ? 0 : 1;
}

process.exitCode = await main();
