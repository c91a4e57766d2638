#!/usr/bin/env node
import { join } from 'node:path';
import { ensureBuilt } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { rootDir, run } from './lib/run.mjs';

/** `npm run soak`: bench/soak.ts; its options after `--`. */
process.exitCode =
  (await ensureInstalled()) && (await ensureBuilt())
    ? await run(process.execPath, [join(rootDir, 'dist/bench/soak.js'), ...process.argv.slice(2)])
    : 1;
