import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const rootDir = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * Runs a program in the root and waits for its end, with our output as its own.
 * @returns {Promise<number>} exit code; 1 when it could not start or died of a signal
 */
export function run(command, args, options = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, { cwd: rootDir, stdio: 'inherit', ...options });
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`);
      done(1);
    });
    child.on('exit', (code) => done(code ?? 1));
  });
}

/** As `run`, but what it prints goes to a file, which is printed when it has ended. @returns {Promise<number>} exit code */
export async function runKept(command, args, file) {
  const output = openSync(file, 'w');
  const code = await run(command, args, { stdio: ['ignore', output, output] });
  closeSync(output);
  process.stdout.write(readFileSync(file));
  return code;
}

/** Runs a quick program silently. @returns {{ ok: boolean, output: string }} */
export function probe(command, args) {
  const result = spawnSync(command, args, { cwd: rootDir, encoding: 'utf8' });
  return { ok: result.status === 0, output: `${result.stdout ?? ''}` };
}
