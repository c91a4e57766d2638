import { codecs, type Decoder } from './codec/codec.js';
import type { SampleRateHz } from './codec/resample.js';
import type { CodecName, ReceiveFormat } from './sdp/leg-media.js';
import { TimeScale } from './time-scale.js';

/** One format that a leg receives, with what its sound goes through. */
export interface OpenFormat {
  readonly codec: CodecName;
  readonly payloadType: number;
  readonly clockRateHz: number;
  readonly sampleRateHz: SampleRateHz;
  /** A longer payload is refused. */
  readonly maxBytes: number;
  readonly parameters: string;
  readonly scale: TimeScale;
  /** Anew with each source. */
  decoder: Decoder;
}

/** The formats of one leg, with a decoder each. It has to be closed. */
export class ReceiveFormats {
  #formats: OpenFormat[] = [];

  /** Those that stay keep their decoders. Throws OpusLimitError, and then nothing has changed. */
  set(formats: readonly ReceiveFormat[]): void {
    const before = this.#formats;
    const made: OpenFormat[] = [];
    try {
      this.#formats = formats.map((format) => {
        const same = before.find((known) => isSame(known, format));
        if (same !== undefined) return same;
        made.push(open(format));
        return made.at(-1)!;
      });
    } catch (error) {
      for (const { decoder } of made) decoder.close?.();
      throw error;
    }
    for (const format of before) if (!this.#formats.includes(format)) format.decoder.close?.();
  }

  has(format: OpenFormat): boolean {
    return this.#formats.includes(format);
  }

  /** Hot path, no allocation. */
  of(payloadType: number): OpenFormat | null {
    const formats = this.#formats;
    for (let i = 0; i < formats.length; i += 1) {
      if (formats[i]!.payloadType === payloadType) return formats[i]!;
    }
    return null;
  }

  /** Another source speaks: what its sound goes on from is nothing. */
  renew(): void {
    for (const format of this.#formats) {
      // The old one first: where there is a limit, the new one takes its place.
      format.decoder.close?.();
      format.decoder = codecs[format.codec].createDecoder(format.parameters);
    }
  }

  close(): void {
    for (const { decoder } of this.#formats) decoder.close?.();
    this.#formats = [];
  }
}

function isSame(known: OpenFormat, { codec, payloadType, parameters }: ReceiveFormat): boolean {
  return known.codec === codec && known.payloadType === payloadType && known.parameters === parameters;
}

function open({ codec, payloadType, clockRateHz, parameters }: ReceiveFormat): OpenFormat {
  const { sampleRateHz, maxReceivedBytes: maxBytes, createDecoder } = codecs[codec];
  const [decoder, scale] = [createDecoder(parameters), new TimeScale(sampleRateHz)];
  return { codec, payloadType, clockRateHz, sampleRateHz, maxBytes, parameters, decoder, scale };
}
