import { type Clock, delay } from '../../base/clock.js';
import { type Random, randomHex } from '../../base/random.js';
import type { ApiErrorCode } from '../../contract/errors.js';
import type { PlaybackBody } from '../../contract/sounds.js';
import type { SampleRateHz } from '../../media/index.js';
import type { SoundCodecs } from './codecs.js';
import { type Download, fetchSound, isSoundUrl } from './download.js';
import type { SoundLibrary } from './library.js';
import type { CachedSound, SoundCache } from './sound-cache.js';
import { readSilence, readSoundFile, type SoundReader } from './sound-reader.js';
import type { Speech } from './speech.js';
import { readTone, readToneSound } from './tone-sound.js';

/** A sound that can be played now, as often as it is asked for. */
export interface ReadySound {
  /** At which it is opened. */
  readonly rateHz: SampleRateHz;
  /** Rejects where it cannot be (any more). */
  open(): Promise<SoundReader>;
  /** Nobody opens it any more. */
  release(): void;
}

/** A sound that is there, or is fetched or spoken first by `load`, which may reject with an AppError. */
export type FoundSound =
  | { readonly ok: true; readonly isHere: boolean; readonly load: (signal: AbortSignal) => Promise<ReadySound> }
  | { readonly ok: false; readonly code: ApiErrorCode; readonly reason: string };

export interface SourceOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly library: SoundLibrary;
  readonly cache: SoundCache;
  readonly codecs: SoundCodecs;
  readonly speech: Speech;
  readonly send: Download;
  /** No room has a higher one. */
  readonly maxRateHz: SampleRateHz;
  /** Of a file that is fetched. */
  readonly maxBytes: number;
  readonly fetchTimeoutMs: number;
}

type Source = Pick<PlaybackBody, 'url' | 'sound' | 'tone' | 'text' | 'silence_ms' | 'voice'>;

/** What is not known before is played at so much. */
const USUAL_HZ = 16_000;

/** Finds the sound that a request means. */
export class SoundSources {
  readonly #options: SourceOptions;

  constructor(options: SourceOptions) {
    this.#options = options;
  }

  find(source: Source): FoundSound {
    if (source.sound !== undefined) return this.#ofLibrary(source.sound);
    if (source.tone !== undefined) return this.#ofTone(source.tone);
    if (source.silence_ms !== undefined) {
      const { silence_ms: ms } = source;
      return here({ rateHz: 8000, open: async () => readSilence(ms, 8000), release: () => undefined });
    }
    if (source.text !== undefined) return this.#ofText(source.text, source.voice);
    return this.#ofUrl(source.url ?? '');
  }

  #ofLibrary(name: string): FoundSound {
    const { library, maxRateHz } = this.#options;
    const sound = library.get(name);
    if (sound === null) return { ok: false, code: 'SOUND_NOT_FOUND', reason: `no sound is called ${name}` };
    const wantedHz = sound.sample_rate_hz <= 8000 ? 8000 : sound.sample_rate_hz < 44_100 ? 16_000 : 48_000;
    const rateHz = Math.min(wantedHz, maxRateHz) as SampleRateHz;
    const open = async (): Promise<SoundReader> => {
      const reader = await library.open(name, rateHz);
      if (reader === null) throw new Error(`${name} is not there any more`);
      return reader;
    };
    return here({ rateHz, open, release: () => undefined });
  }

  #ofTone(description: string): FoundSound {
    const tone = readToneSound(description, this.#options.maxRateHz);
    if (!tone.ok) return { ok: false, code: 'BAD_REQUEST', reason: `tone: ${tone.reason}` };
    const { segments, rateHz } = tone;
    return here({ rateHz, open: async () => readTone(segments, rateHz), release: () => undefined });
  }

  #ofText(text: string, voice: string | undefined): FoundSound {
    const { speech } = this.#options;
    if (!speech.isConfigured) {
      return { ok: false, code: 'SPEECH_NOT_CONFIGURED', reason: 'text needs tts_command or tts_url' };
    }
    if (text.trim() === '') return { ok: false, code: 'BAD_REQUEST', reason: 'text: there is nothing to say' };
    return { ok: true, isHere: false, load: async () => this.#cached(await speech.speak(text, voice)) };
  }

  #ofUrl(url: string): FoundSound {
    const { cache, clock, random, send, maxBytes, fetchTimeoutMs } = this.#options;
    if (!isSoundUrl(url)) {
      return { ok: false, code: 'BAD_REQUEST', reason: 'url: not an absolute http or https URL without credentials' };
    }
    const load = async (signal: AbortSignal): Promise<ReadySound> => {
      const stop = new AbortController();
      const done = new AbortController();
      const abort = (): void => stop.abort();
      signal.addEventListener('abort', abort);
      delay(clock, fetchTimeoutMs, done.signal).then(abort, () => undefined);
      try {
        const key = `url-${randomHex(random, 8)}`;
        const options = { send, maxBytes, signal: stop.signal };
        return this.#cached(await cache.get(key, (write) => fetchSound(url, options, write), true));
      } finally {
        done.abort();
        signal.removeEventListener('abort', abort);
      }
    };
    return { ok: true, isHere: false, load };
  }

  #cached(cached: CachedSound): ReadySound {
    const { codecs, maxRateHz } = this.#options;
    const rateHz = Math.min(USUAL_HZ, maxRateHz) as SampleRateHz;
    return {
      rateHz,
      open: async () => {
        const file = await cached.open();
        if (file === null) throw new Error('the file is not there any more');
        return readSoundFile({ file, format: cached.format, rateHz, codecs });
      },
      release: () => cached.release(),
    };
  }
}

function here(sound: ReadySound): FoundSound {
  return { ok: true, isHere: true, load: async () => sound };
}
