import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CodecName } from '../../../media/index.js';

/** The last version in C++; later ones are built with cargo out of crates that npm does not bring. */
export const projectrtpVersion = '2.6.20';
const name = '@babblevoice/projectrtp';
/** Debian’s names of what it is built with. */
export const projectrtpNeeds =
  'g++ make cmake python3 libnode-dev libboost-dev libspandsp-dev libtiff-dev libgnutls28-dev libsrtp2-dev';

export const projectrtpCodecs: ReadonlyMap<CodecName, number> = new Map([
  ['pcmu', 0],
  ['pcma', 8],
  ['g722', 9],
]);

export type Installed = { readonly folder: string } | { readonly reason: string };

/**
 * The package in a folder of its own outside of the project, kept for the next run. Its libilbc is in the package as
 * sources and has to be compiled first. Two minutes the first time.
 */
export function installProjectRtp(): Installed {
  const folder = join(tmpdir(), `hookline-bench-projectrtp-${projectrtpVersion}`);
  const built = join(folder, 'node_modules', name, 'build/Release/projectrtp.node');
  if (existsSync(built)) return { folder };
  mkdirSync(join(folder, 'ilbc'), { recursive: true });
  const log = join(folder, 'install.log');
  const sources = join(folder, 'sources/package/libilbc');
  const steps = `
    set -e
    mkdir -p sources
    npm pack --silent ${name}@${projectrtpVersion} --pack-destination sources
    tar xzf sources/*.tgz -C sources
    cmake -S ${sources} -B ilbc -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF -DCMAKE_POSITION_INDEPENDENT_CODE=ON
    cmake --build ilbc --target ilbc
    npm init --yes > /dev/null
    npm install --no-audit --no-fund ${name}@${projectrtpVersion}`;
  const env = { ...process.env, CPLUS_INCLUDE_PATH: `${sources}:${folder}/ilbc`, LIBRARY_PATH: `${folder}/ilbc` };
  spawnSync('sh', ['-c', `(${steps}) > install.log 2>&1`], { cwd: folder, env });
  if (existsSync(built)) return { folder };
  return { reason: `not built: ${reasonIn(log)} (it needs ${projectrtpNeeds}; the whole log is ${log})` };
}

function reasonIn(log: string): string {
  const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n') : [];
  const telling = lines.find((line) => /fatal error|not found|cannot find|CMake Error|E404|ENOTFOUND/.test(line));
  return (telling ?? lines.at(-2) ?? 'npm did not start').replace(/^npm error /, '').trim();
}
