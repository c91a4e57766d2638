import { MPEGDecoder } from 'mpg123-decoder';
import { fault, messageOf, type Parsed, parsed } from '../../base/errors.js';
import type { FileRateHz, SampleRateHz } from '../codec/resample.js';
import { concatenated } from './ogg-opus-decoder.js';
import { RateLine } from './rate-line.js';
import type { FileDecoder, SoundFileFault, SoundFileInfo } from './sound-file.js';

/** What is decoded at one time: the package makes a list of all that it gives for one call. */
const PIECE_BYTES = 4096;
/** Errors of the file after which it is given up. */
const MAX_ERRORS = 64;
/** How long a first frame is looked for: tags with pictures stand before it. */
const START_BYTES = 16_777_216;

/**
 * MPEG audio, by libmpg123 compiled to WebAssembly; gapless where the file says how. Made by `createMp3FileDecoder`, because
 * its code is compiled in the background. A change of rate inside of a file is followed.
 */
class Mp3FileDecoder implements FileDecoder {
  info: SoundFileInfo | null = null;
  readonly #rateHz: SampleRateHz;
  readonly #decoder: MPEGDecoder;
  #line: RateLine | null = null;
  #errors = 0;
  #seen = 0;
  #isClosed = false;

  constructor(decoder: MPEGDecoder, rateHz: SampleRateHz) {
    this.#decoder = decoder;
    this.#rateHz = rateHz;
  }

  decode(bytes: Uint8Array, isLast: boolean): Parsed<Int16Array, SoundFileFault> {
    const made: Int16Array[] = [];
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      const wrong = this.#piece(bytes.subarray(at, at + PIECE_BYTES), made);
      if (wrong !== null) return fault(wrong, this.#seen);
    }
    if (this.info === null && (isLast || this.#seen > START_BYTES)) return fault('not-sound');
    return parsed(concatenated(made));
  }

  close(): void {
    if (!this.#isClosed) this.#decoder.free();
    this.#isClosed = true;
  }

  #piece(bytes: Uint8Array, made: Int16Array[]): SoundFileFault | null {
    if (this.#isClosed) return 'damaged';
    this.#seen += bytes.length;
    const decoded = quietly(() => this.#decoder.decode(bytes));
    if (decoded === null) return 'damaged';
    this.#errors += decoded.errors.length;
    if (this.#errors > MAX_ERRORS) return this.info === null ? 'not-sound' : 'damaged';
    const { channelData, samplesDecoded, sampleRate } = decoded;
    if (samplesDecoded === 0) return null;
    if (this.info?.sampleRateHz !== sampleRate) {
      if (!RateLine.converts(sampleRate)) return 'unsupported-format';
      this.info = { sampleRateHz: sampleRate, channels: channelData.length };
      this.#line = new RateLine(sampleRate as FileRateHz, this.#rateHz);
    }
    made.push(this.#line!.process(mixed(channelData, samplesDecoded)));
    return null;
  }
}

/** The package writes each error to the console as well; null: it threw. */
function quietly<T>(run: () => T): T | null {
  // biome-ignore lint/suspicious/noConsole: it is silenced, not used
  const say = console.error;
  console.error = () => undefined;
  try {
    return run();
  } catch {
    return null;
  } finally {
    console.error = say;
  }
}

/** One channel comes as two that are the same. */
function mixed(channels: readonly Float32Array[], samples: number): Int16Array {
  const pcm = new Int16Array(samples);
  const [left, right = left] = channels;
  for (let i = 0; i < samples; i += 1) {
    const value = Math.round((left![i]! + right![i]!) * 16_384);
    pcm[i] = value > 32767 ? 32767 : value < -32768 ? -32768 : value;
  }
  return pcm;
}

/** Throws an Error where WebAssembly cannot run it. */
export async function createMp3FileDecoder(rateHz: SampleRateHz): Promise<FileDecoder> {
  const decoder = new MPEGDecoder();
  try {
    await decoder.ready;
  } catch (thrown) {
    throw new Error(`no MP3 decoder: ${messageOf(thrown)}`, { cause: thrown });
  }
  return new Mp3FileDecoder(decoder, rateHz);
}
