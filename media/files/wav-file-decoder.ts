import { fault, type Parsed, parsed } from '../../base/errors.js';
import type { SampleRateHz } from '../codec/resample.js';
import { createWavDecoder, readWavLayout, type WavDecoder, type WavLayout } from '../wav-layout.js';
import { RateLine } from './rate-line.js';
import { type FileDecoder, joined, monoOf, noSamples, type SoundFileFault, type SoundFileInfo } from './sound-file.js';

/** The chunks before the sound have to fit into so much. */
export const wavStartBytes = 65_536;
const MAX_CHANNELS = 8;

interface Begun {
  readonly layout: WavLayout;
  readonly decode: WavDecoder;
  readonly line: RateLine;
  bytesLeft: number;
}

/** A RIFF WAVE file of every coding of media/wav-layout.ts, as it comes. Keeps the start until it is whole, then less than a unit. */
export class WavFileDecoder implements FileDecoder {
  readonly #rateHz: SampleRateHz;
  #rest: Uint8Array = new Uint8Array(0);
  #begun: Begun | null = null;

  constructor(rateHz: SampleRateHz) {
    this.#rateHz = rateHz;
  }

  get info(): SoundFileInfo | null {
    return this.#begun?.layout ?? null;
  }

  decode(bytes: Uint8Array, isLast: boolean): Parsed<Int16Array, SoundFileFault> {
    let data = joined(this.#rest, bytes);
    if (this.#begun === null) {
      const read = readWavLayout(data);
      if (!read.ok) {
        const mayCome = read.fault === 'no-data' || read.fault === 'no-format' || data.length < 12;
        if (!mayCome || isLast || data.length > wavStartBytes) return fault(faultOf(read.fault), read.at);
        this.#rest = data.slice();
        return parsed(noSamples);
      }
      const { sampleRateHz, channels, dataAt, dataBytes } = read.value;
      if (!RateLine.converts(sampleRateHz) || channels > MAX_CHANNELS) return fault('unsupported-format');
      this.#begun = {
        layout: read.value,
        decode: createWavDecoder(read.value),
        line: new RateLine(sampleRateHz, this.#rateHz),
        bytesLeft: dataBytes ?? Number.POSITIVE_INFINITY,
      };
      data = data.subarray(dataAt);
    }
    return parsed(this.#take(this.#begun, data));
  }

  close(): void {}

  #take(begun: Begun, data: Uint8Array): Int16Array {
    const { unitBytes, channels } = begun.layout;
    const own = Math.min(data.length, begun.bytesLeft);
    const whole = own - (own % unitBytes);
    begun.bytesLeft -= whole;
    this.#rest = data.slice(whole, begun.bytesLeft < unitBytes ? whole : own);
    if (whole === 0) return noSamples;
    return begun.line.process(monoOf(begun.decode(data.subarray(0, whole)), channels));
  }
}

function faultOf(name: string): SoundFileFault {
  return name === 'not-wav' ? 'not-sound' : name === 'no-data' ? 'no-sound' : 'unsupported-format';
}
