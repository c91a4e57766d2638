import { codecs, type Decoder } from './codec/codec.js';
import { isOpusRefusal } from './codec/opus/opus.js';
import type { SampleRateHz } from './codec/resample.js';
import type { CodecName, ReceiveFormat } from './sdp/leg-media.js';
import { SteadySilence } from './steady-silence.js';
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
  /** Anew with each source; null until the first packet, since most of what is agreed on never comes. */
  decoder: Decoder | null;
  /** Where the decoder does not know silence by itself. */
  silence: SteadySilence | null;
}

/** The formats of one leg, with a decoder each once it has been heard. It has to be closed. */
export class ReceiveFormats {
  #formats: OpenFormat[] = [];

  /** Those that stay keep their decoders. */
  set(formats: readonly ReceiveFormat[]): void {
    const before = this.#formats;
    this.#formats = formats.map((format) => before.find((known) => isSame(known, format)) ?? open(format));
    for (const format of before) if (!this.#formats.includes(format)) format.decoder?.close?.();
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

  /** Made with the first packet of each source; null where as many are open as may be (OpusLimitError). */
  decoderOf(format: OpenFormat): Decoder | null {
    try {
      if (format.decoder === null) openDecoder(format);
    } catch (error) {
      if (!isOpusRefusal(error)) throw error;
    }
    return format.decoder;
  }

  /** Another source speaks: what its sound goes on from is nothing. */
  renew(): void {
    for (const format of this.#formats) {
      format.decoder?.close?.();
      format.decoder = null;
      format.silence = null;
    }
  }

  close(): void {
    this.renew();
    this.#formats = [];
  }
}

function isSame(known: OpenFormat, { codec, payloadType, parameters }: ReceiveFormat): boolean {
  return known.codec === codec && known.payloadType === payloadType && known.parameters === parameters;
}

function open({ codec, payloadType, clockRateHz, parameters }: ReceiveFormat): OpenFormat {
  const { sampleRateHz, maxReceivedBytes: maxBytes } = codecs[codec];
  const scale = new TimeScale(sampleRateHz);
  return { codec, payloadType, clockRateHz, sampleRateHz, maxBytes, parameters, scale, decoder: null, silence: null };
}

function openDecoder(format: OpenFormat): void {
  const decoder = codecs[format.codec].createDecoder(format.parameters);
  const knowsSilence = decoder.passSilence !== undefined || decoder.unheardPower !== undefined;
  format.decoder = decoder;
  format.silence = knowsSilence ? null : new SteadySilence();
}

/** What nobody would hear of what is decoded next, and what its sender says of it (RFC 6464; −1 = nothing). */
export function tellUnheard(decoder: Decoder, unheardPower: number, toldLevel: number): void {
  if (decoder.unheardPower === undefined) return;
  decoder.unheardPower = unheardPower;
  decoder.toldLevel = toldLevel;
}
