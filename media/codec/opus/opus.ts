import { AppError, messageOf } from '../../../base/errors.js';
import { OpusDecoder } from './decoder.js';
import { OpusEncoder, type OpusEncoderSettings } from './encoder.js';
import type { OpusBuild, OpusEngine, OpusRateHz } from './engine.js';
import { ScriptEngine } from './script.js';
import { WasmEngine } from './wasm.js';

/** Encoders and decoders of one host unless told: 4,000 participants of a mix, at most 350 MB. */
const MAX_HANDLES = 8192;
/** The same for `opusscript`, whose handlers are larger. */
const MAX_SCRIPT_HANDLES = 1024;

/** The best first: WASM with SIMD, without it for older processors, then another package. */
const everyBuild: readonly OpusBuild[] = ['simd', 'plain', 'script'];

/** As many encoders and decoders as allowed, or as the memory holds, are open: the caller has to do with another codec. */
export class OpusLimitError extends AppError {
  readonly code = 'OPUS_LIMIT';
  readonly openHandles: number;
  readonly maxHandles: number;

  constructor(openHandles: number, maxHandles: number) {
    const reason = openHandles < maxHandles ? 'there is no memory for another' : 'that is the limit';
    super(`${openHandles} Opus encoders and decoders are open, ${reason}`);
    this.openHandles = openHandles;
    this.maxHandles = maxHandles;
  }
}

/** No build of libopus can be run here. */
export class OpusUnavailableError extends AppError {
  readonly code = 'OPUS_UNAVAILABLE';
}

/** Whether an encoder or decoder could not be had, by no fault of the caller's. */
export function isOpusRefusal(error: unknown): boolean {
  return error instanceof OpusLimitError || error instanceof OpusUnavailableError;
}

export interface OpusHostOptions {
  /** Builds to try, in order; the first that can be run is used. All unless told. */
  readonly builds?: readonly OpusBuild[];
  readonly maxHandles?: number;
}

/** What there is of a host now; `refused` counts since it was made. */
export interface OpusStats {
  readonly build: OpusBuild;
  readonly encoders: number;
  readonly decoders: number;
  readonly refused: number;
  readonly memoryBytes: number;
}

/**
 * Opus (RFC 6716) for one thread: one instance of libopus that holds many mono encoders and decoders. To be made once
 * per media host; it keeps no handle of the event loop, and goes with its last reference.
 */
export class OpusHost {
  readonly build: OpusBuild;
  readonly #engine: OpusEngine;
  readonly #maxHandles: number;
  #encoders = 0;
  #decoders = 0;
  #refused = 0;

  constructor(engine: OpusEngine, maxHandles: number) {
    this.build = engine.build;
    this.#engine = engine;
    this.#maxHandles = maxHandles;
  }

  /** Takes mono PCM of `sampleRateHz`. Throws OpusLimitError; close what was made. */
  createEncoder(sampleRateHz: OpusRateHz, settings: Partial<OpusEncoderSettings> = {}): OpusEncoder {
    const handle = this.#admit(() => this.#engine.openEncoder(sampleRateHz));
    this.#encoders += 1;
    const onClose = (): void => {
      this.#encoders -= 1;
    };
    const all = { ...defaultSettings(sampleRateHz, settings.fec), ...settings };
    return new OpusEncoder(this.#engine, handle, { sampleRateHz, settings: all, onClose });
  }

  /** Gives mono PCM of `sampleRateHz`, whatever the packets hold. Throws OpusLimitError; close what was made. */
  createDecoder(sampleRateHz: OpusRateHz): OpusDecoder {
    const handle = this.#admit(() => this.#engine.openDecoder(sampleRateHz));
    this.#decoders += 1;
    const onClose = (): void => {
      this.#decoders -= 1;
    };
    return new OpusDecoder(this.#engine, handle, { sampleRateHz, onClose });
  }

  stats(): OpusStats {
    return {
      build: this.build,
      encoders: this.#encoders,
      decoders: this.#decoders,
      refused: this.#refused,
      memoryBytes: this.#engine.memoryBytes,
    };
  }

  #admit(open: () => number): number {
    const isOpen = this.#encoders + this.#decoders;
    const handle = isOpen < this.#maxHandles ? open() : 0;
    if (handle !== 0) return handle;
    this.#refused += 1;
    throw new OpusLimitError(isOpen, this.#maxHandles);
  }
}

/**
 * What an encoder does unless told. The bit rates are about those that RFC 7587 §3.1.1 recommends for speech; with FEC
 * they are what libopus needs at 10 % of loss to add the copies at all, and to do so without narrowing the bandwidth.
 */
export function defaultSettings(sampleRateHz: OpusRateHz, fec = false): OpusEncoderSettings {
  return {
    bitrate: defaultBitrate(sampleRateHz, fec),
    complexity: 1,
    maxPlaybackRateHz: sampleRateHz,
    fec,
    expectedLossPercent: 10,
    dtx: false,
    cbr: false,
  };
}

function defaultBitrate(sampleRateHz: OpusRateHz, fec: boolean): number {
  if (sampleRateHz <= 8000) return fec ? 24_000 : 12_000;
  if (sampleRateHz <= 16000) return fec ? 32_000 : 24_000;
  return fec ? 40_000 : 32_000;
}

/** Loads the first build that runs. Throws OpusUnavailableError. Takes some 10 ms and reads 400 KB from disk. */
export function createOpusHost({ builds = everyBuild, maxHandles }: OpusHostOptions = {}): OpusHost {
  const reasons: string[] = [];
  for (const build of builds) {
    try {
      const engine = build === 'script' ? new ScriptEngine() : new WasmEngine(build);
      return new OpusHost(engine, maxHandles ?? (build === 'script' ? MAX_SCRIPT_HANDLES : MAX_HANDLES));
    } catch (cause) {
      reasons.push(`${build}: ${messageOf(cause)}`);
    }
  }
  throw new OpusUnavailableError(`no build of libopus runs here (${reasons.join('; ')})`);
}
