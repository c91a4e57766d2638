import { fileURLToPath, pathToFileURL } from 'node:url';

/** The repository's root, without a trailing slash; also where this file is a built one, as for a bench. */
export const rootDir = fileURLToPath(new URL('../..', import.meta.url)).replace(/(?:\/dist)?\/$/, '');

/** Path of a built file: workers and child processes cannot start from TypeScript. */
export function distFile(path: string): string {
  return `${rootDir}/dist/${path}`;
}

/** Imports a built module; name its source as the type: `fromDist<typeof import('…/x.js')>('…/x.js')`. */
export async function fromDist<Module>(path: string): Promise<Module> {
  return (await import(pathToFileURL(distFile(path)).href)) as Module;
}
