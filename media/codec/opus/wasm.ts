import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import {
  code,
  MAX_PACKET_BYTES,
  MAX_PACKET_SAMPLES,
  type OpusEngine,
  type OpusHandle,
  type OpusRateHz,
} from './engine.js';

/** What we use of the global `WebAssembly`: neither Node's types nor the language's have it, only those of browsers. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

/**
 * What `wasm/simd.wasm` and `wasm/opus.wasm` of `@evan/opus` 1.0.3 export (libopus 1.3 by emscripten), all but
 * `opus_strerror`, the table and `stackAlloc`. Pointers are byte offsets in `memory`, results negative on error.
 * There is no `opus_encoder_create`: a state is `…_get_size` bytes of ours that `…_init` fills, which is why one can be
 * copied. The `…_ctl_set` and `…_ctl_get` stand for the varargs of `opus_…_ctl`. `opus_decode` has the frame size and
 * the FEC flag. No repacketizer, no packet functions, no multistream, no float API: packet.ts reads the TOC itself.
 */
interface OpusExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  _initialize(): void;
  malloc(bytes: number): number;
  free(pointer: number): void;
  stackSave(): number;
  stackRestore(pointer: number): void;
  opus_encoder_get_size(channels: number): number;
  opus_encoder_init(state: number, rateHz: number, channels: number, application: number): number;
  opus_encoder_ctl_set(state: number, request: number, value: number): number;
  opus_encoder_ctl_get(state: number, request: number): number;
  opus_encode(state: number, pcm: number, samples: number, out: number, maxBytes: number): number;
  opus_decoder_get_size(channels: number): number;
  opus_decoder_init(state: number, rateHz: number, channels: number): number;
  opus_decoder_ctl_set(state: number, request: number, value: number): number;
  opus_decoder_ctl_get(state: number, request: number): number;
  opus_decode(state: number, packet: number, length: number, pcm: number, samples: number, fec: number): number;
}

const files = { simd: 'simd.wasm', plain: 'opus.wasm' } as const;

/** `OPUS_APPLICATION_VOIP`: speech first, and the one mode in which SILK with its FEC is preferred. */
const VOIP = 2048;
const MONO = 1;
const SAMPLE_BYTES = 2;

/**
 * One instance of libopus in WebAssembly, of whose package neither the entry nor the native part is loaded: that ends
 * the process together with the worker it was loaded in. An instance belongs to one thread and holds as many
 * states as its memory (2 GiB at most) does: 43,512 bytes an encoder, 18,172 a decoder.
 *
 * Memory: the two rooms are taken once. States come from `malloc` and go back by `free`, so that used memory is used
 * again. Only `malloc` can grow the memory, which detaches every view; the module tells so and the views are replaced,
 * hence they are read from this object for each packet and never kept. Coding uses the module's stack alone.
 *
 * Should the code trap, which no bytes are known to do, the stack pointer is put back and the call is an
 * `internal` error; the caller then starts that state afresh.
 */
export class WasmEngine implements OpusEngine {
  readonly build: 'simd' | 'plain';
  readonly isComplete = true;
  samples: Int16Array;
  bytes: Uint8Array;
  readonly pcmAt: number;
  readonly packetAt: number;
  readonly #exports: OpusExports;
  readonly #encoderBytes: number;
  readonly #decoderBytes: number;
  readonly #stack: number;
  readonly #pcm: number;
  readonly #packet: number;

  /** Throws where the file is missing or this machine's WebAssembly cannot run it. */
  constructor(build: 'simd' | 'plain') {
    const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyApi };
    const path = createRequire(import.meta.url).resolve(`@evan/opus/wasm/${files[build]}`);
    const nothing = (): number => 0;
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(path)), {
      wasi_snapshot_preview1: { fd_seek: nothing, fd_write: nothing, fd_close: nothing, proc_exit: nothing },
      env: { emscripten_notify_memory_growth: () => this.#view() },
    });
    this.build = build;
    this.#exports = exports as OpusExports;
    this.#exports._initialize();
    this.#encoderBytes = this.#exports.opus_encoder_get_size(MONO);
    this.#decoderBytes = this.#exports.opus_decoder_get_size(MONO);
    this.#stack = this.#exports.stackSave();
    this.#pcm = this.#exports.malloc(MAX_PACKET_SAMPLES * SAMPLE_BYTES);
    this.#packet = this.#exports.malloc(MAX_PACKET_BYTES);
    this.pcmAt = this.#pcm / SAMPLE_BYTES;
    this.packetAt = this.#packet;
    this.samples = new Int16Array(this.#exports.memory.buffer);
    this.bytes = new Uint8Array(this.#exports.memory.buffer);
  }

  get memoryBytes(): number {
    return this.#exports.memory.buffer.byteLength;
  }

  openEncoder(rateHz: OpusRateHz): OpusHandle {
    const encoder = this.#exports.malloc(this.#encoderBytes);
    if (encoder !== 0) this.resetEncoder(encoder, rateHz);
    return encoder;
  }

  openDecoder(rateHz: OpusRateHz): OpusHandle {
    const decoder = this.#exports.malloc(this.#decoderBytes);
    if (decoder !== 0) this.resetDecoder(decoder, rateHz);
    return decoder;
  }

  closeEncoder(encoder: OpusHandle): void {
    this.#exports.free(encoder);
  }

  closeDecoder(decoder: OpusHandle): void {
    this.#exports.free(decoder);
  }

  resetEncoder(encoder: OpusHandle, rateHz: OpusRateHz): void {
    this.#exports.opus_encoder_init(encoder, rateHz, MONO, VOIP);
  }

  resetDecoder(decoder: OpusHandle, rateHz: OpusRateHz): void {
    this.#exports.opus_decoder_init(decoder, rateHz, MONO);
  }

  setEncoder(encoder: OpusHandle, request: number, value: number): number {
    return this.#exports.opus_encoder_ctl_set(encoder, request, value);
  }

  /** Asks libopus for one of an encoder's numbers, by the requests of `opus_defines.h`. */
  getEncoder(encoder: OpusHandle, request: number): number {
    return this.#exports.opus_encoder_ctl_get(encoder, request);
  }

  encode(encoder: OpusHandle, samples: number, maxBytes: number): number {
    try {
      return this.#exports.opus_encode(encoder, this.#pcm, samples, this.#packet, maxBytes);
    } catch {
      return this.#trapped();
    }
  }

  decode(decoder: OpusHandle, length: number, samples: number, fec: boolean): number {
    try {
      const packet = length === 0 ? 0 : this.#packet;
      return this.#exports.opus_decode(decoder, packet, length, this.#pcm, samples, fec ? 1 : 0);
    } catch {
      return this.#trapped();
    }
  }

  /** A state holds no pointer into itself: libopus finds its parts by offsets and its tables in constant memory. */
  copyEncoder(from: OpusHandle, to: OpusHandle): boolean {
    this.bytes.copyWithin(to, from, from + this.#encoderBytes);
    return true;
  }

  #trapped(): number {
    this.#exports.stackRestore(this.#stack);
    return code.internal;
  }

  #view(): void {
    this.samples = new Int16Array(this.#exports.memory.buffer);
    this.bytes = new Uint8Array(this.#exports.memory.buffer);
  }
}
