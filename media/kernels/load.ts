import { existsSync, readFileSync } from 'node:fs';
import { messageOf } from '../../base/errors.js';
import { Kernels } from './instance.js';

/** What does the work of the hot loops in this thread. */
export interface KernelsInUse {
  readonly kind: 'wasm' | 'typescript';
  /** Why it is not WASM; null where it is. */
  readonly reason: string | null;
}

/** Built by kernels/build.mjs; seen from dist and from source. */
const places = ['../../kernels/hookline.wasm', '../../dist/kernels/hookline.wasm'];

let loaded: { readonly kernels: Kernels | null; readonly reason: string | null } | null = null;

function load(): { readonly kernels: Kernels | null; readonly reason: string | null } {
  const files = places.map((place) => new URL(place, import.meta.url));
  const file = files.find((each) => existsSync(each));
  if (file === undefined) return { kernels: null, reason: 'hookline.wasm was not built' };
  try {
    return { kernels: new Kernels(readFileSync(file)), reason: null };
  } catch (error) {
    return { kernels: null, reason: messageOf(error) };
  }
}

/** The instance of this thread, made by the first who asks; null where there can be none, and the plain twins do the work. */
export function kernelsOfThread(): Kernels | null {
  loaded ??= load();
  return loaded.kernels;
}

/** For the log and the metrics. */
export function kernelsInUse(): KernelsInUse {
  loaded ??= load();
  return { kind: loaded.kernels === null ? 'typescript' : 'wasm', reason: loaded.reason };
}
