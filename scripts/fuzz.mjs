#!/usr/bin/env node
import { join } from 'node:path';
import { ensureBuilt } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { rootDir, run } from './lib/run.mjs';

/** `npm run fuzz -- --seconds 600`: see test/fuzz/main.ts. */
const ready = (await ensureInstalled()) && (await ensureBuilt());
process.exitCode = ready
  ? await run(process.execPath, [join(rootDir, 'dist/test/fuzz/main.js'), ...process.argv.slice(2)])
  : 1;
