#!/usr/bin/env node
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { rootDir } from './lib/run.mjs';

/**
 * `npm start -- [flags]` and `npm run hooks -- [flags]` (whose first argument is hooks-reference): installs and
 * builds what is missing, then becomes the program. It runs in this very process, so that signals and the exit code
 * are the program's own.
 */
const programs = { gateway: 'dist/gateway/main.js', 'hooks-reference': 'dist/hooks-reference/main.js' };
const [first = ''] = process.argv.slice(2);
const program = first === 'hooks-reference' ? 'hooks-reference' : 'gateway';

if ((await ensureInstalled()) && (await ensureBuilt())) {
  const file = join(rootDir, programs[program]);
  process.argv = [process.argv[0], file, ...process.argv.slice(program === 'gateway' ? 2 : 3)];
  await import(pathToFileURL(file).href);
} else process.exitCode = 1;
