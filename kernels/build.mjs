import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const kernelsDir = dirname(fileURLToPath(import.meta.url));
const distDir = join(kernelsDir, '../dist/kernels');
const wasmFile = join(distDir, 'hookline.wasm');
const stampFile = join(distDir, '.stamp');

/** Changes whenever the sources, their options or the compiler do. */
function fingerprint() {
  const assembly = join(kernelsDir, 'assembly');
  const sources = readdirSync(assembly)
    .sort()
    .map((name) => join(assembly, name));
  const compiler = join(kernelsDir, '../node_modules/assemblyscript/package.json');
  const hash = createHash('sha256');
  for (const file of [...sources, join(kernelsDir, 'asconfig.json'), compiler]) {
    hash
      .update(`${file.slice(kernelsDir.length)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return `${hash.digest('hex')}\n`;
}

/**
 * Compiles the kernels (AssemblyScript, kernels/assembly) into dist/kernels/hookline.wasm unless that is what they give.
 * Takes some seconds, and some milliseconds when there is nothing to do.
 * @returns {Promise<{ built: boolean, output: string }>} whether it is there; `output` is the compiler's when it is not
 */
export async function buildKernels() {
  const wanted = fingerprint();
  if (existsSync(wasmFile) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) {
    return { built: true, output: '' };
  }
  const { default: asc } = await import('assemblyscript/asc');
  mkdirSync(distDir, { recursive: true });
  // Whoever reads or builds at the same time finds a whole file.
  const outFile = join(distDir, `.hookline-${process.pid}.wasm`);
  const { error, stderr } = await asc.main(['--config', join(kernelsDir, 'asconfig.json'), '--outFile', outFile], {
    baseDir: kernelsDir,
  });
  if (error !== null) return { built: false, output: `${stderr.toString()}${error.message}` };
  renameSync(outFile, wasmFile);
  writeFileSync(stampFile, wanted);
  return { built: true, output: '' };
}
