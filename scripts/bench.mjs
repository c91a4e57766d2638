#!/usr/bin/env node
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { rootDir, run } from './lib/run.mjs';

/**
 * `npm run bench`: every bench one after the other; `npm run bench -- mixer`: the named ones. What follows from the
 * first option on is given to them: `npm run bench -- sip-load --seconds 60`.
 */
const given = process.argv.slice(2);
const optionsFrom = given.findIndex((word) => word.startsWith('-'));
const chosen = optionsFrom < 0 ? given : given.slice(0, optionsFrom);
const options = optionsFrom < 0 ? [] : given.slice(optionsFrom);
const names = readdirSync(join(rootDir, 'bench'))
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.slice(0, -'.bench.ts'.length))
  .filter((name) => chosen.length === 0 || chosen.includes(name));

if (names.length === 0 || !(await ensureInstalled()) || !(await ensureBuilt())) process.exitCode = 1;
else {
  for (const name of names) {
    console.log(`\n── ${name}`);
    const code = await run(process.execPath, [join(rootDir, 'dist/bench', `${name}.bench.js`), ...options], {
      stdio: 'inherit',
    });
    if (code !== 0) process.exitCode = 1;
  }
}
