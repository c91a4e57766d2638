import alawmulaw from 'alawmulaw';
import type { Codec, Decoder, Encoder } from './codec.js';
import { Concealer } from './conceal.js';
import { plain } from './plain.js';

/** Both directions of one companding law, looked up instead of computed. */
interface Tables {
  /** Code of each sample, by the sample's 16 bits read as unsigned. */
  readonly codeOf: Uint8Array;
  /** Sample of each code. */
  readonly sampleOf: Int16Array;
  /** Both codes of the smallest sample, without their sign bit. */
  readonly silentCode: number;
}

const SIGN = 0x80;
/** More than any concealment or resampler remembers. */
const SILENT_AFTER_SAMPLES = 400;

function buildTables(law: { encodeSample(sample: number): number; decodeSample(code: number): number }): Tables {
  const codeOf = new Uint8Array(65536);
  const sampleOf = new Int16Array(256);
  for (let sample = -32768; sample <= 32767; sample += 1) codeOf[sample & 0xffff] = law.encodeSample(sample);
  for (let code = 0; code <= 255; code += 1) sampleOf[code] = law.decodeSample(code);
  return { codeOf, sampleOf, silentCode: codeOf[0]! & ~SIGN };
}

class G711Encoder implements Encoder {
  readonly #codeOf: Uint8Array;

  constructor(codeOf: Uint8Array) {
    this.#codeOf = codeOf;
  }

  encode(pcm: Int16Array, offset: number, samples: number, out: Uint8Array, outOffset: number): number {
    const codeOf = this.#codeOf;
    for (let i = 0; i < samples; i += 1) out[outOffset + i] = codeOf[pcm[offset + i]! & 0xffff]!;
    return samples;
  }

  /** Each sample stands for itself. */
  copyFrom(): void {}
}

class G711Decoder implements Decoder {
  readonly #sampleOf: Int16Array;
  readonly #silentCode: number;
  readonly #concealer = new Concealer(8000);
  /** Since the last sample that was none of silence. */
  #silentSamples = 0;

  constructor({ sampleOf, silentCode }: Tables) {
    this.#sampleOf = sampleOf;
    this.#silentCode = silentCode;
  }

  /** What a muted phone sends. A-law has no zero: its silence is ±8. */
  passSilence(payload: Uint8Array, offset: number, length: number): number {
    const silentCode = this.#silentCode;
    for (let i = offset; i < offset + length; i += 1) {
      if ((payload[i]! & ~SIGN) === silentCode) continue;
      this.#silentSamples = 0;
      return 0;
    }
    if (this.#silentSamples >= SILENT_AFTER_SAMPLES) return length;
    this.#silentSamples += length;
    return 0;
  }

  decode(payload: Uint8Array, offset: number, length: number, out: Int16Array, outOffset: number): number {
    const sampleOf = this.#sampleOf;
    for (let i = 0; i < length; i += 1) out[outOffset + i] = sampleOf[payload[offset + i]!]!;
    this.#concealer.heard(out, outOffset, length);
    return length;
  }

  conceal(out: Int16Array, offset: number, samples: number): number {
    this.#silentSamples = 0;
    this.#concealer.conceal(out, offset, samples);
    return samples;
  }
}

function createG711(
  name: 'pcmu' | 'pcma',
  staticPayloadType: number,
  law: { encodeSample(sample: number): number; decodeSample(code: number): number },
): Codec {
  const tables = buildTables(law);
  return {
    ...plain,
    name,
    encodingName: name.toUpperCase(),
    staticPayloadType,
    clockRateHz: 8000,
    sampleRateHz: 8000,
    isStateful: false,
    channels: 1,
    maxPayloadBytes: (samples) => samples,
    createEncoder: () => new G711Encoder(tables.codeOf),
    createDecoder: () => new G711Decoder(tables),
  };
}

/** G.711 µ-law: RFC 3551 §4.5.14. */
export const pcmu = createG711('pcmu', 0, alawmulaw.mulaw);

/** G.711 A-law: RFC 3551 §4.5.14. */
export const pcma = createG711('pcma', 8, alawmulaw.alaw);
