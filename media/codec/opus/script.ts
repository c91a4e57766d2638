import { createRequire } from 'node:module';
import {
  code,
  ctl,
  MAX_PACKET_BYTES,
  MAX_PACKET_SAMPLES,
  type OpusEngine,
  type OpusHandle,
  type OpusRateHz,
} from './engine.js';

/** One encoder and one decoder of the module, mono. `destroy_handler` is never used: handlers are used again. */
interface Handler {
  _encode(pcm: number, pcmBytes: number, out: number, samples: number): number;
  _decode(packet: number, length: number, out: number): number;
  _encoder_ctl(request: number, value: number): number;
  _decoder_ctl(request: number, value: number): number;
}

/** The emscripten module inside `opusscript` 0.1.1 (libopus 1.4). Its views are replaced when its memory grows. */
interface ScriptModule {
  readonly HEAP16: Int16Array;
  readonly HEAPU8: Uint8Array;
  readonly OpusScriptHandler: new (rateHz: number, channels: number, application: number) => Handler;
  _malloc(bytes: number): number;
}

const VOIP = 2048;
const MONO = 1;
const SAMPLE_BYTES = 2;

/**
 * libopus by `opusscript`, for where the files of `@evan/opus` cannot be run: slower, and without what its binding
 * leaves out, namely the length of a concealment, FEC decoding and access to a state.
 *
 * The package's own class keeps views of the memory from when each object was made and finds its buffers by wrong
 * offsets: from the 80th object on they break, and all when the memory grows. So the module beneath is used, with one pair of buffers for all and
 * with views read anew. It cannot give a handler's memory back to other sizes, so closed ones wait here, by rate, for
 * the next of their kind: memory is bounded by the host's limit for each of the five rates. A handler takes 88 KB, of
 * which encoder and decoder are both a part; each handle has one.
 */
export class ScriptEngine implements OpusEngine {
  readonly build = 'script';
  readonly isComplete = false;
  readonly pcmAt: number;
  readonly packetAt: number;
  readonly #module: ScriptModule;
  /** Where the binding takes and gives PCM, in 16-bit places: two for a sample, one for each of its bytes. */
  readonly #wideAt: number;
  /** By handle; the first is no handler, because 0 is no handle. */
  readonly #handlers: Handler[] = [];
  readonly #free = new Map<OpusRateHz, OpusHandle[]>();
  readonly #rates: OpusRateHz[] = [];

  /** Throws where the package is missing or cannot be run. */
  constructor() {
    const load = createRequire(import.meta.url)('opusscript/build/opusscript_native_wasm.js') as () => ScriptModule;
    this.#module = load();
    this.pcmAt = this.#module._malloc(MAX_PACKET_SAMPLES * SAMPLE_BYTES) / SAMPLE_BYTES;
    this.#wideAt = this.#module._malloc(MAX_PACKET_SAMPLES * SAMPLE_BYTES * 2) / SAMPLE_BYTES;
    this.packetAt = this.#module._malloc(MAX_PACKET_BYTES);
  }

  get samples(): Int16Array {
    return this.#module.HEAP16;
  }

  get bytes(): Uint8Array {
    return this.#module.HEAPU8;
  }

  get memoryBytes(): number {
    return this.#module.HEAPU8.length;
  }

  openEncoder(rateHz: OpusRateHz): OpusHandle {
    return this.#open(rateHz);
  }

  openDecoder(rateHz: OpusRateHz): OpusHandle {
    return this.#open(rateHz);
  }

  closeEncoder(encoder: OpusHandle): void {
    this.#close(encoder);
  }

  closeDecoder(decoder: OpusHandle): void {
    this.#close(decoder);
  }

  resetEncoder(encoder: OpusHandle): void {
    this.#handler(encoder)._encoder_ctl(ctl.resetState, 0);
  }

  resetDecoder(decoder: OpusHandle): void {
    this.#handler(decoder)._decoder_ctl(ctl.resetState, 0);
  }

  setEncoder(encoder: OpusHandle, request: number, value: number): number {
    return this.#handler(encoder)._encoder_ctl(request, value);
  }

  encode(encoder: OpusHandle, samples: number, maxBytes: number): number {
    const memory = this.#module.HEAP16;
    for (let i = 0; i < samples; i += 1) {
      const sample = memory[this.pcmAt + i]!;
      memory[this.#wideAt + 2 * i] = sample & 0xff;
      memory[this.#wideAt + 2 * i + 1] = (sample >> 8) & 0xff;
    }
    try {
      const pcm = this.#wideAt * SAMPLE_BYTES;
      const length = this.#handler(encoder)._encode(pcm, samples * SAMPLE_BYTES, this.packetAt, samples);
      return length > maxBytes ? code.noRoom : length;
    } catch {
      return code.internal;
    }
  }

  decode(decoder: OpusHandle, length: number, _samples: number, fec: boolean): number {
    if (length === 0 || fec) return code.notThere;
    let samples: number;
    try {
      samples = this.#handler(decoder)._decode(this.packetAt, length, this.#wideAt * SAMPLE_BYTES);
    } catch {
      return code.internal;
    }
    const memory = this.#module.HEAP16;
    for (let i = 0; i < samples; i += 1) {
      const low = memory[this.#wideAt + 2 * i]! & 0xff;
      memory[this.pcmAt + i] = low | (memory[this.#wideAt + 2 * i + 1]! << 8);
    }
    return samples;
  }

  copyEncoder(): boolean {
    return false;
  }

  #handler(handle: OpusHandle): Handler {
    return this.#handlers[handle - 1]!;
  }

  #open(rateHz: OpusRateHz): OpusHandle {
    const used = this.#free.get(rateHz)?.pop();
    if (used !== undefined) {
      this.resetEncoder(used);
      this.resetDecoder(used);
      return used;
    }
    try {
      this.#handlers.push(new this.#module.OpusScriptHandler(rateHz, MONO, VOIP));
      this.#rates.push(rateHz);
      return this.#handlers.length;
    } catch {
      return 0;
    }
  }

  #close(handle: OpusHandle): void {
    const rateHz = this.#rates[handle - 1]!;
    const free = this.#free.get(rateHz);
    if (free === undefined) this.#free.set(rateHz, [handle]);
    else free.push(handle);
  }
}
