import { parseTone, renderTone } from '../../media/index.js';
import type { MediaPlayer, MediaSoundEnd } from '../../rooms/index.js';
import type { PlayingSound, RoomSoundOptions, RoomSounds, SoundPlace, SoundPool } from './sounds.js';

const PREFIX = 'tone:';
const RATE_HZ = 16_000;
/** Sounds that are kept rendered; the one not used for longest goes. */
const MAX_KEPT = 32;
/** A tone is a cue and no concert: longer ones are cut. */
const MAX_TONE_MS = 60_000;

/** The tones that members are told things with. Names of files are unknown here. */
export class ToneSounds implements RoomSounds {
  readonly #pool: SoundPool;
  readonly #kept = new Map<string, Uint8Array>();

  constructor(pool: SoundPool) {
    this.#pool = pool;
  }

  has(sound: string): boolean {
    return sound.startsWith(PREFIX) && parseTone(sound.slice(PREFIX.length)).ok;
  }

  playTo(place: SoundPlace, sound: string, options: RoomSoundOptions): PlayingSound | null {
    const pcm = this.#pcmOf(sound);
    if (pcm === null || pcm.length === 0) return null;
    const playing = new TonePlayer(pcm, options);
    return playing.start((handlers) =>
      place.kind === 'leg' ? place.leg.play(handlers) : this.#pool.playToRoom(place.roomId, handlers),
    )
      ? playing
      : null;
  }

  #pcmOf(sound: string): Uint8Array | null {
    const known = this.#kept.get(sound);
    if (known !== undefined) {
      this.#kept.delete(sound);
      this.#kept.set(sound, known);
      return known;
    }
    const tone = sound.startsWith(PREFIX) ? parseTone(sound.slice(PREFIX.length)) : null;
    if (tone === null || !tone.ok) return null;
    const samples = renderTone(tone.value, RATE_HZ).subarray(0, (RATE_HZ * MAX_TONE_MS) / 1000);
    const pcm = new Uint8Array(samples.length * 2);
    const view = new DataView(pcm.buffer);
    for (const [index, sample] of samples.entries()) view.setInt16(index * 2, sample, true);
    this.#kept.set(sound, pcm);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return pcm;
  }
}

interface Handlers {
  readonly sampleRateHz: typeof RATE_HZ;
  readonly over: true;
  readonly onWants: (samples: number) => void;
  readonly onEnded: (end: MediaSoundEnd, playedMs: number) => void;
}

/** Feeds one sound to one player, once or again and again. */
class TonePlayer implements PlayingSound {
  readonly #pcm: Uint8Array;
  readonly #options: RoomSoundOptions;
  #player: MediaPlayer | null = null;
  #at = 0;
  #isOver = false;

  constructor(pcm: Uint8Array, options: RoomSoundOptions) {
    this.#pcm = pcm;
    this.#options = options;
  }

  start(open: (handlers: Handlers) => MediaPlayer | null): boolean {
    try {
      this.#player = open({
        sampleRateHz: RATE_HZ,
        over: true,
        onWants: (samples) => this.#feed(samples),
        onEnded: () => this.#ended(),
      });
    } catch {
      // No media host is up: silence, as if the sound were not there.
      this.#player = null;
    }
    if (this.#player === null) return false;
    this.#feed(this.#player.capacity);
    return true;
  }

  stop(): void {
    this.#player?.close();
  }

  #feed(samples: number): void {
    if (this.#isOver || this.#player === null) return;
    const bytes = samples * 2;
    const left = this.#pcm.length - this.#at;
    if (!this.#options.loops) {
      const isLast = left <= bytes;
      this.#player.feed(this.#pcm.slice(this.#at, this.#at + Math.min(left, bytes)), isLast);
      this.#at += Math.min(left, bytes);
      return;
    }
    const piece = new Uint8Array(bytes);
    for (let i = 0; i < bytes; i += 1) piece[i] = this.#pcm[(this.#at + i) % this.#pcm.length]!;
    this.#at = (this.#at + bytes) % this.#pcm.length;
    this.#player.feed(piece, false);
  }

  #ended(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.onEnded();
  }
}
