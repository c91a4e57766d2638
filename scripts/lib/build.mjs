import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildKernels } from '../../kernels/build.mjs';
import { buildNative, nativeTools } from '../../native/build.mjs';
import { buildControlCommonJs, commonJsFiles } from './control-commonjs.mjs';
import { rootDir, run } from './run.mjs';

const distDir = join(rootDir, 'dist');
const stampFile = join(distDir, '.build-stamp');
const settingFiles = [
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'],
  'scripts/lib/control-commonjs.mjs',
];

/** The folders that tsconfig.build.json names. */
function sourceFolders() {
  return JSON.parse(readFileSync(join(rootDir, 'tsconfig.build.json'), 'utf8')).include;
}

function sources(folder) {
  const path = join(rootDir, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

function builtFrom(source) {
  return join(distDir, `${source.slice(rootDir.length, -'.ts'.length)}.js`);
}

/** Changes whenever a source file appears, goes or changes. About 10 ms. */
function fingerprint() {
  const hash = createHash('sha256');
  const files = [...settingFiles.map((file) => join(rootDir, file)), ...sourceFolders().flatMap(sources)].sort();
  for (const file of files)
    hash
      .update(`${file.slice(rootDir.length)}\0`)
      .update(readFileSync(file))
      .update('\0');
  return `${hash.digest('hex')}\n`;
}

/** A compiled file whose source is gone would still be imported, or shipped. */
function removeStale() {
  if (!existsSync(distDir)) return;
  for (const entry of readdirSync(distDir, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || entry.name.startsWith('.')) continue;
    const built = join(entry.parentPath ?? entry.path, entry.name);
    if (built.startsWith(join(distDir, 'kernels'))) continue;
    const source = join(rootDir, built.slice(distDir.length)).replace(/(?:\.d\.ts|\.js\.map|\.js)$/, '.ts');
    if (!existsSync(source)) rmSync(built);
  }
}

/**
 * Compiles the addon (native/), which is never required: where it cannot be, a line says why.
 * @returns {Promise<boolean>} false where it could not be although a compiler and headers are there
 */
export async function ensureNative() {
  const { built, reason, output } = await buildNative({ strict: true });
  if (built) return true;
  console.error(`The addon for batched UDP is not built, node:dgram does its work: ${reason}.`);
  if (output !== '') console.error(output);
  const { compiler, headers } = nativeTools();
  return compiler === null || headers === null;
}

/**
 * Compiles TypeScript and the kernels into dist/ unless dist/ is what the sources give, and the addon where that is
 * possible.
 * @returns {Promise<boolean>} whether dist/ is up to date now
 */
export async function ensureBuilt() {
  const [isBuilt, hasKernels] = await Promise.all([buildDist(), ensureKernels(), ensureNative()]);
  return isBuilt && hasKernels;
}

async function ensureKernels() {
  const { built, output } = await buildKernels();
  if (!built) console.error(`The kernels could not be built:\n${output}`);
  return built;
}

async function buildDist() {
  const wanted = fingerprint();
  const outputs = [
    ...sourceFolders().flatMap(sources).map(builtFrom),
    ...commonJsFiles.map((file) => join(distDir, file)),
  ];
  const isWhole = outputs.every((file) => existsSync(file));
  if (isWhole && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) return true;
  rmSync(stampFile, { force: true });
  // The compiler's incremental state does not know that somebody removed files, and would not write them again.
  if (!isWhole) rmSync(join(rootDir, 'node_modules/.cache/build.tsbuildinfo'), { force: true });
  removeStale();
  console.error('Building dist/ …');
  const tsc = join(rootDir, 'node_modules/typescript/bin/tsc');
  const code = await run(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: ['ignore', 2, 2] });
  if (code !== 0) {
    console.error('The build failed; see above.');
    return false;
  }
  await buildControlCommonJs(distDir);
  mkdirSync(distDir, { recursive: true });
  writeFileSync(stampFile, wanted);
  return true;
}
