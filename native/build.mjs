import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const nativeDir = dirname(fileURLToPath(import.meta.url));
const sourceDir = join(nativeDir, 'src');
const buildDir = join(nativeDir, 'build');
/** A compiler that takes longer is not waited for. */
const DEADLINE_MS = 60_000;

/** One file for each Node that may share this folder. */
const { platform, arch, versions } = process;
export const addonFile = join(buildDir, `udp-${platform}-${arch}-${versions.modules}.node`);
const stampFile = `${addonFile}.stamp`;

/** The first that answers; null without a compiler. */
function findCompiler() {
  const named = process.env.CC === undefined ? [] : [process.env.CC];
  return [...named, 'cc', 'gcc', 'clang'].find((name) => spawnSync(name, ['--version']).status === 0) ?? null;
}

/** Folder with node_api.h: beside this Node, else of the npm package; null when neither is there. */
function findHeaders() {
  const beside = join(dirname(realpathSync(process.execPath)), '../include/node');
  const places = [beside, '/usr/include/node', '/usr/include/nodejs/src'];
  try {
    places.push(createRequire(import.meta.url)('node-api-headers').include_dir);
  } catch {
    // A development dependency: an installed package does not bring it.
  }
  return places.find((place) => existsSync(join(place, 'node_api.h'))) ?? null;
}

/**
 * What the addon is built with. @returns {{ compiler: string | null, headers: string | null }}
 */
export function nativeTools() {
  return platform === 'linux'
    ? { compiler: findCompiler(), headers: findHeaders() }
    : { compiler: null, headers: null };
}

function sourceFiles() {
  return readdirSync(sourceDir)
    .filter((name) => /\.[ch]$/.test(name))
    .sort();
}

function fingerprint() {
  const hash = createHash('sha256').update(`${versions.node}\0`);
  for (const name of sourceFiles()) hash.update(`${name}\0`).update(readFileSync(join(sourceDir, name)));
  return hash.digest('hex');
}

function compile(compiler, args) {
  return new Promise((resolve) => {
    const child = spawn(compiler, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: DEADLINE_MS });
    let output = '';
    child.stderr.on('data', (chunk) => {
      if (output.length < 4000) output += chunk;
    });
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code) => resolve(code === 0 ? null : output.trim() || `${compiler} ended with ${code}`));
  });
}

/** Of this process. */
let builds = 0;

/**
 * Compiles the addon unless it is what the sources give. Never throws: without a compiler, without headers, on another
 * system or where the folder cannot be written to there is none, and the media run on node:dgram.
 * @param {{ strict?: boolean }} options strict: a compiler's warning is an error
 * @returns {Promise<{ built: boolean, reason: string | null, output: string }>} `reason` says why there is none, in a line
 */
export async function buildNative({ strict = false } = {}) {
  const failed = (reason, output = '') => ({ built: false, reason, output });
  if (platform !== 'linux') return failed(`it is for Linux, and this is ${platform}`);
  const wanted = fingerprint();
  if (existsSync(addonFile) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) {
    return { built: true, reason: null, output: '' };
  }
  const { compiler, headers } = nativeTools();
  if (compiler === null) return failed('there is no C compiler (cc)');
  if (headers === null) return failed('there is no node_api.h beside this Node');
  // Several may build at once: each under a name of its own, and the last one to finish counts.
  builds += 1;
  const made = `${addonFile}.${process.pid}-${builds}`;
  try {
    mkdirSync(buildDir, { recursive: true });
    const flags = ['-std=c11', '-O2', '-fPIC', '-shared', '-fvisibility=hidden', '-Wall', '-Wextra'];
    const defines = ['-D_GNU_SOURCE', '-DNAPI_VERSION=8'];
    const files = sourceFiles().filter((name) => name.endsWith('.c'));
    const sources = files.map((name) => join(sourceDir, name));
    const warnings = strict ? ['-Werror'] : [];
    const output = await compile(compiler, [...flags, ...warnings, ...defines, '-I', headers, ...sources, '-o', made]);
    if (output !== null) return failed(`${compiler} could not compile it`, output);
    renameSync(made, addonFile);
    writeFileSync(stampFile, wanted);
    return { built: true, reason: null, output: '' };
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  } finally {
    rmSync(made, { force: true });
  }
}
