import { execFile } from 'node:child_process';
import { appendFileSync, chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nativeTools } from '../../native/build.mjs';
import { rootDir } from '../support/dist.js';

let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hookline-native-'));
  for (const part of ['src', 'build.mjs']) {
    cpSync(join(rootDir, 'native', part), join(directory, 'native', part), { recursive: true });
  }
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

interface Build {
  readonly built: boolean;
  readonly reason: string | null;
  readonly output: string;
}

/** Builds the copy in a process of its own, twice at once. */
async function build(variables: NodeJS.ProcessEnv = process.env): Promise<Build> {
  const program = `
    const { addonFile, buildNative } = await import(${JSON.stringify(join(directory, 'native/build.mjs'))});
    const [result] = await Promise.all([buildNative({ strict: true }), buildNative()]);
    if (result.built) process.dlopen({ exports: {} }, addonFile);
    console.log(JSON.stringify(result));`;
  return new Promise((resolve, reject) => {
    const args = ['--input-type=module', '-e', program];
    execFile(process.execPath, args, { env: variables, timeout: 170_000 }, (error, output) =>
      error === null ? resolve(JSON.parse(output) as Build) : reject(error),
    );
  });
}

test('without a compiler the reason is one line, and nothing throws', async () => {
  const result = await build({ PATH: join(directory, 'nothing') });
  expect(result).toEqual({ built: false, reason: 'there is no C compiler (cc)', output: '' });
});

test('what cannot be compiled is told in one line, with the compiler’s words beside it', async (context) => {
  const { compiler, headers } = nativeTools();
  if (compiler === null || headers === null) return context.skip();
  appendFileSync(join(directory, 'native/src/send.c'), '\nint broken(void) { return nothing; }\n');
  const result = await build();
  expect(result).toMatchObject({ built: false, reason: expect.stringMatching(/^\S+ could not compile it$/) });
  expect(result.output).toContain('nothing');
});

test('compiles without a warning, also when two ask at once, and what is there is not built again', async (context) => {
  const { compiler, headers } = nativeTools();
  if (compiler === null || headers === null) return context.skip();
  const beside = { built: true, reason: null, output: '' };
  // Headers of the npm package are not found from the copy; those beside Node are.
  if (headers.includes('node_modules')) return context.skip();
  expect(await build()).toEqual(beside);
  chmodSync(join(directory, 'native/build'), 0o500);
  expect(await build({ PATH: join(directory, 'nothing') })).toEqual(beside);
  chmodSync(join(directory, 'native/build'), 0o700);
});
