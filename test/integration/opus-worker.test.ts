import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { distFile } from '../support/dist.js';

/** A program that has the build `build` code a second of a tone, and says how loud it came out. */
const coding = (build: string): string => `
  const { createOpusHost } = await import(${JSON.stringify(pathToFileURL(distFile('media/codec/opus/opus.js')).href)});
  const host = createOpusHost({ builds: ['${build}'] });
  const encoder = host.createEncoder(16000);
  const decoder = host.createDecoder(16000);
  const pcm = Int16Array.from({ length: 320 }, (_, i) => 8000 * Math.sin((2 * Math.PI * 400 * i) / 16000));
  const payload = new Uint8Array(400);
  const heard = new Int16Array(320);
  for (let i = 0; i < 50; i += 1) decoder.decode(payload, 0, encoder.encode(pcm, 0, 320, payload, 0), heard, 0);
  const peak = heard.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);`;

/** Runs a module of its own in a process of its own; what it wrote and how it ended. */
function run(source: string): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, output: stdout + stderr };
}

describe.each(['simd', 'plain', 'script'])('Opus by the build %s', (build) => {
  test('does not keep a process alive, and adds no listener to it', () => {
    const { status, output } = run(`
      const before = process.eventNames().length;
      ${coding(build)}
      console.log(peak > 6000, process.eventNames().length - before);`);
    expect({ status, output }).toEqual({ status: 0, output: 'true 0\n' });
  });

  test('works in ten workers, whose process outlives them', () => {
    const worker = `import { parentPort } from 'node:worker_threads'; ${coding(build)} parentPort.postMessage(peak > 6000);`;
    const { status, output } = run(`
      import { once } from 'node:events';
      import { Worker } from 'node:worker_threads';
      const url = new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(worker)}));
      const ends = [];
      for (let i = 0; i < 5; i += 1) {
        const two = [new Worker(url), new Worker(url)];
        const ended = once(two[0], 'exit');
        for (const [said] of await Promise.all(two.map((each) => once(each, 'message')))) ends.push(said);
        // One ends by itself, one is ended.
        await Promise.all([ended, two[1].terminate()]);
      }
      ${coding(build)}
      console.log(ends.length, ends.every(Boolean), peak > 6000);`);
    expect({ status, output }).toEqual({ status: 0, output: '10 true true\n' });
  });
});
