import type { SampleRateHz } from '../codec/resample.js';
import { createMp3FileDecoder } from './mp3-file-decoder.js';
import { OggOpusDecoder } from './ogg-opus-decoder.js';
import type { FileDecoder, SoundFormat } from './sound-file.js';
import { WavFileDecoder } from './wav-file-decoder.js';

/** A decoder for a file of that kind, giving mono PCM of `rateHz`; close it. */
export async function createFileDecoder(format: SoundFormat, rateHz: SampleRateHz): Promise<FileDecoder> {
  switch (format) {
    case 'wav':
      return new WavFileDecoder(rateHz);
    case 'ogg':
      return new OggOpusDecoder(rateHz);
    case 'mp3':
      return createMp3FileDecoder(rateHz);
  }
}
