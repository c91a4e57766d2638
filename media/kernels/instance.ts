import { AppError } from '../../base/errors.js';
import { type BandTables, highBand, lowBand } from '../codec/g722-tables.js';
import type { FilterTaps } from '../codec/resample-taps.js';

/** What we use of the global `WebAssembly`: neither Node's types nor the language's have it, only those of browsers. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

/** What kernels/assembly/index.ts exports. Pointers are byte offsets in `memory`. */
interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  /** The first byte that is nobody's. */
  freeAt(): number;
  pcmAt(): number;
  octetsAt(): number;
  setCode(band: number, code: number, core: number, output: number, change: number): void;
  setStep(band: number, log: number, step: number): void;
  codesAt(band: number): number;
  encode(state: number, octets: number): void;
  decode(state: number, octets: number): void;
  lineAt(): number;
  convertedAt(): number;
  resample(taps: number, rowBytes: number, up: number, step: number, at: number, samples: number): number;
}

/** Octets of one call of the G.722 kernel at most, 20 ms. */
export const pieceOctets = 160;
/** Bytes of one G.722 encoder or decoder. */
export const stateBytes = 144;
const PAGE_BYTES = 65_536;
/** Two for each of the legs that a host's ports suffice for, and more; 4.7 MB. */
const MAX_STATES = 32_768;
/** One for each pair of rates there is. */
const MAX_FILTERS = 16;

/** As many states are open as one thread may have. */
export class KernelLimitError extends AppError {
  readonly code = 'MEDIA_KERNEL_LIMIT';
  readonly maxStates: number;

  constructor(maxStates: number) {
    super(`${maxStates} G.722 encoders and decoders are open in this thread, which is the limit`);
    this.maxStates = maxStates;
  }
}

/** A filter in the memory of the kernels. */
export interface KernelFilter {
  readonly at: number;
  readonly rowBytes: number;
}

/**
 * One instance of the kernels (kernels/assembly, AssemblyScript) with a memory of its own, for one thread. States of
 * G.722 are blocks in it: opened, closed and used again, and copied by copying memory. Sound and payloads are copied
 * in and out at fixed places.
 *
 * Opening a state or a filter may make the memory grow, which detaches every view of it: `samples`, `bytes` and `piece` are read
 * anew for each call and never kept. Nothing else allocates.
 */
export class Kernels {
  samples: Int16Array;
  bytes: Uint8Array;
  /** The samples of a whole `decode`, to be copied at once: a loop over them takes eight times as long. */
  piece: Int16Array;
  /** Where `encode` finds and `decode` leaves samples, and octets: indexes in `samples` and `bytes`. */
  readonly pcmAt: number;
  readonly octetsAt: number;
  /** Where `resample` finds what it converts, what was heard before ending there, and where it leaves it. */
  readonly lineAt: number;
  readonly convertedAt: number;
  readonly #exports: KernelExports;
  readonly #maxStates: number;
  readonly #free: number[] = [];
  readonly #filters = new Map<FilterTaps, KernelFilter>();
  #end: number;
  #open = 0;

  /** Throws where this machine's WebAssembly cannot run it. */
  constructor(binary: Uint8Array, maxStates = MAX_STATES) {
    const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyApi };
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), {});
    this.#exports = exports as KernelExports;
    this.#maxStates = maxStates;
    this.samples = new Int16Array(this.#exports.memory.buffer);
    this.bytes = new Uint8Array(this.#exports.memory.buffer);
    this.pcmAt = this.#exports.pcmAt() / 2;
    this.octetsAt = this.#exports.octetsAt();
    this.lineAt = this.#exports.lineAt() / 2;
    this.convertedAt = this.#exports.convertedAt() / 2;
    this.piece = this.samples.subarray(this.pcmAt, this.pcmAt + 2 * pieceOctets);
    this.#end = this.#exports.freeAt();
    this.#setTables(0, lowBand);
    this.#setTables(1, highBand);
  }

  /** States that are open. */
  get openStates(): number {
    return this.#open;
  }

  get memoryBytes(): number {
    return this.bytes.length;
  }

  /** A state as a new encoder or decoder has it: its byte offset. Throws KernelLimitError. */
  open(): number {
    if (this.#open >= this.#maxStates) throw new KernelLimitError(this.#maxStates);
    const state = this.#free.pop() ?? this.#take(stateBytes);
    this.reset(state);
    this.#open += 1;
    return state;
  }

  /** Once for each that was opened. */
  close(state: number): void {
    this.#free.push(state);
    this.#open -= 1;
  }

  reset(state: number): void {
    this.bytes.fill(0, state, state + stateBytes);
  }

  copy(from: number, to: number): void {
    this.bytes.copyWithin(to, from, from + stateBytes);
  }

  /** Twice as many samples at `pcmAt` become octets at `octetsAt`, at most 160. */
  encode(state: number, octets: number): void {
    this.#exports.encode(state, octets);
  }

  /** And back. */
  decode(state: number, octets: number): void {
    this.#exports.decode(state, octets);
  }

  /** The same filter is laid down once; null when there are too many. */
  filterOf(taps: FilterTaps): KernelFilter | null {
    const known = this.#filters.get(taps);
    if (known !== undefined) return known;
    if (this.#filters.size >= MAX_FILTERS) return null;
    const at = this.#take(taps.rows.length * 2);
    this.samples.set(taps.rows, at / 2);
    const filter = { at, rowBytes: taps.rowLength * 2 };
    this.#filters.set(taps, filter);
    return filter;
  }

  /** @returns the samples written to `convertedAt` */
  resample({ at, rowBytes }: KernelFilter, { up, step }: FilterTaps, phase: number, samples: number): number {
    return this.#exports.resample(at, rowBytes, up, step, phase, samples);
  }

  #take(bytes: number): number {
    const at = Math.ceil(this.#end / 16) * 16;
    const missing = at + bytes - this.bytes.length;
    if (missing > 0) {
      // Throws a RangeError beyond the maximum of asconfig.json, which the limits above keep away from.
      this.#exports.memory.grow(Math.ceil(missing / PAGE_BYTES));
      this.samples = new Int16Array(this.#exports.memory.buffer);
      this.bytes = new Uint8Array(this.#exports.memory.buffer);
      this.piece = this.samples.subarray(this.pcmAt, this.pcmAt + 2 * pieceOctets);
    }
    this.#end = at + bytes;
    return at;
  }

  #setTables(band: number, { coreOf, outputOf, logChangeOf, stepOf, codeOf }: BandTables): void {
    for (const [code, core] of coreOf.entries()) {
      this.#exports.setCode(band, code, core, outputOf[code]!, logChangeOf[code]!);
    }
    for (const [log, step] of stepOf.entries()) this.#exports.setStep(band, log, step);
    this.bytes.set(codeOf, this.#exports.codesAt(band));
  }
}
