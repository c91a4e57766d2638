/**
 * How large the SIP library is: its code as one minified file, alone and with the packages it needs, and the heap that
 * a process holds after importing it. Beside it stands reSIProcate's claim for itself: below 1 MB.
 * Run: npm run build && node dist/bench/sip-size.bench.js
 */

import { execFileSync } from 'node:child_process';
import { isBuiltin } from 'node:module';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

const door = new URL('../sip/index.js', import.meta.url).pathname;

async function bundled(isExternal: (id: string) => boolean): Promise<string> {
  const bundle = await rolldown({ input: door, platform: 'node', external: isExternal });
  const { output } = await bundle.generate({ format: 'esm', minify: true, codeSplitting: false });
  await bundle.close();
  return output.map((chunk) => (chunk.type === 'chunk' ? chunk.code : '')).join('');
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(0)} KB`.padStart(9);
}

/** In a process of its own, whose figure before the import is taken away. */
const heapCode = `
const held = () => { gc(); gc(); return process.memoryUsage().heapUsed; };
const before = held();
globalThis.library = await import(${JSON.stringify(door)});
console.log(held() - before);
`;
const heap = Number(execFileSync(process.execPath, ['--expose-gc', '--input-type=module', '-e', heapCode]));

const own = await bundled((id) => isBuiltin(id) || (!id.startsWith('.') && !id.startsWith('/')));
const whole = await bundled(isBuiltin);
process.stdout.write(
  `code of sip/ and base/, minified    ${kilobytes(own.length)}, compressed ${kilobytes(gzipSync(own).length)}\n` +
    `the same with the packages it needs ${kilobytes(whole.length)}, compressed ${kilobytes(gzipSync(whole).length)}\n` +
    `heap after its import               ${kilobytes(heap)}\n`,
);
