import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** What we use of the global `WebAssembly`: neither Node's types nor the language's have it, only those of browsers. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

/**
 * What `dist/rnnoise.wasm` of `@jitsi/rnnoise-wasm` 0.2.1 exports (RNNoise 0.1 by emscripten, names made short): memory,
 * constructors, `rnnoise_create`, `malloc`, `rnnoise_destroy` and `rnnoise_process_frame`. Pointers are byte offsets in memory.
 */
interface RnnoiseExports {
  /** Memory. */
  readonly c: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  /** Constructors. */
  d(): void;
  /** rnnoise_create; 0 = the model that is in the file. */
  f(model: number): number;
  /** malloc. */
  g(bytes: number): number;
  /** rnnoise_destroy. */
  h(state: number): void;
  /** rnnoise_process_frame: how likely it is that it is speech, 0 … 1. */
  j(state: number, out: number, input: number): number;
}

/** What RNNoise works on: 10 ms at 48 kHz, floats on the scale of Int16. */
export const rnnoiseFrameSamples = 480;

const FLOAT_BYTES = 4;
const PAGE_BYTES = 65_536;
const MOST_BYTES = 2 ** 31;
/** States at a time in one thread: more than a core can work through. */
const MAX_STATES = 500;

/** One instance of RNNoise in WebAssembly; of its package only the file is used (docs/adr/0027). */
export class Rnnoise {
  /** States that are open. */
  size = 0;
  readonly #exports: RnnoiseExports;
  readonly #frame: number;
  #floats: Float32Array;

  /** Throws where the file is missing or cannot be run. */
  constructor() {
    const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyApi };
    const path = createRequire(import.meta.url).resolve('@jitsi/rnnoise-wasm/dist/rnnoise.wasm');
    const resize = (bytes: number): number => this.#resize(bytes >>> 0);
    const copy = (to: number, from: number, bytes: number): void => {
      new Uint8Array(this.#exports.c.buffer).copyWithin(to, from, from + bytes);
    };
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(path)), {
      a: { a: resize, b: copy },
    });
    this.#exports = exports as RnnoiseExports;
    this.#exports.d();
    this.#frame = this.#exports.g(rnnoiseFrameSamples * FLOAT_BYTES);
    this.#floats = new Float32Array(this.#exports.c.buffer);
  }

  /** 0 when there are as many as may be. */
  open(): number {
    if (this.size === MAX_STATES) return 0;
    const state = this.#exports.f(0);
    if (state !== 0) this.size += 1;
    return state;
  }

  close(state: number): void {
    this.#exports.h(state);
    this.size -= 1;
  }

  /** Takes the noise out of one frame in place; the result comes 10 ms later. No allocation. */
  process(state: number, samples: Int16Array, at: number): void {
    if (this.#floats.buffer !== this.#exports.c.buffer) this.#floats = new Float32Array(this.#exports.c.buffer);
    const floats = this.#floats;
    const base = this.#frame / FLOAT_BYTES;
    for (let i = 0; i < rnnoiseFrameSamples; i += 1) floats[base + i] = samples[at + i]!;
    this.#exports.j(state, this.#frame, this.#frame);
    for (let i = 0; i < rnnoiseFrameSamples; i += 1) {
      const sample = floats[base + i]!;
      samples[at + i] = sample > 32767 ? 32767 : sample < -32768 ? -32768 : Math.round(sample);
    }
  }

  #resize(bytes: number): number {
    const { c: memory } = this.#exports;
    if (bytes > MOST_BYTES) return 0;
    try {
      memory.grow(Math.ceil((bytes - memory.buffer.byteLength) / PAGE_BYTES));
      return 1;
    } catch {
      return 0;
    }
  }
}

let engine: Rnnoise | null | undefined;

/** This thread's; made for who asks first. null: there is none to be had. */
export function rnnoiseOfThread(): Rnnoise | null {
  if (engine === undefined) {
    try {
      engine = new Rnnoise();
    } catch {
      engine = null;
    }
  }
  return engine;
}
