import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir, run } from './run.mjs';

const stampFile = join(rootDir, 'node_modules/.hookline-install');

/** What node_modules has to match: the lockfile, and the Node and machine that chose binary packages. */
function wanted() {
  const lockfile = readFileSync(join(rootDir, 'package-lock.json'));
  const hash = createHash('sha256').update(lockfile).digest('hex');
  return `${hash} ${process.platform}-${process.arch}\n`;
}

/** Every package of the lockfile that belongs here is there in its version; the answer for a tree without our stamp. */
function isComplete() {
  const { packages } = JSON.parse(readFileSync(join(rootDir, 'package-lock.json'), 'utf8'));
  return Object.entries(packages).every(([path, entry]) => {
    if (path === '' || entry.optional === true || entry.link === true) return true;
    const manifest = join(rootDir, path, 'package.json');
    return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version === entry.version;
  });
}

/**
 * Installs the npm packages of the lockfile unless they are there.
 * @returns {Promise<boolean>} whether they are there now
 */
export async function ensureInstalled() {
  const [major = 0] = process.versions.node.split('.').map(Number);
  if (major < 20) {
    console.error(`Hookline needs Node 20 or newer; this is ${process.version}.`);
    return false;
  }
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted()) return true;
  if (!existsSync(join(rootDir, 'node_modules')) || !isComplete()) {
    console.error('Installing npm packages …');
    const code = await run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], { stdio: ['ignore', 2, 2] });
    if (code !== 0) {
      console.error('npm ci failed: the packages of package-lock.json could not be installed.');
      return false;
    }
  }
  writeFileSync(stampFile, wanted());
  return true;
}
