import type { RoomId } from '../../base/ids.js';
import type { MediaLeg, MediaPool, PlayOptions } from '../../rooms/index.js';
import { Playback } from './playback.js';
import type { SoundSources } from './sources.js';
import { tonePrefix } from './tone-sound.js';

/** Who hears a sound of the room itself. */
export type SoundPlace =
  | { readonly kind: 'leg'; readonly leg: MediaLeg }
  | { readonly kind: 'room'; readonly roomId: RoomId };

export interface LibrarySoundsOptions {
  readonly sources: SoundSources;
  readonly pool: Pick<MediaPool, 'playToRoom'>;
}

/**
 * The sounds that rooms play of themselves (entry, exit, alone, hold): a name of /sounds, or `tone:…`. It is what gateway/rooms
 * asks for as `RoomSounds`.
 */
export class LibrarySounds {
  readonly #options: LibrarySoundsOptions;

  constructor(options: LibrarySoundsOptions) {
    this.#options = options;
  }

  has(sound: string): boolean {
    return this.#find(sound).ok;
  }

  /** Null where there is no such sound. `onEnded` comes once, whatever ends it. */
  playTo(
    place: SoundPlace,
    sound: string,
    { loops, onEnded }: { readonly loops: boolean; readonly onEnded: () => void },
  ): { stop(): void } | null {
    const found = this.#find(sound);
    if (!found.ok) return null;
    const { pool } = this.#options;
    const open = (options: PlayOptions) =>
      place.kind === 'leg' ? place.leg.play({ ...options, over: true }) : pool.playToRoom(place.roomId, options);
    const playback = new Playback({
      view: {
        playback_id: '',
        room_id: place.kind === 'room' ? place.roomId : '',
        member_id: null,
        source: {},
        loops: loops ? 0 : 1,
        duck_db: 0,
        created_ms: 0,
      },
      gainDb: 0,
      load: found.load,
      open,
      news: { onStarted: () => undefined, onEnded },
    });
    playback.start();
    return { stop: () => playback.stop('stopped') };
  }

  #find(sound: string): ReturnType<SoundSources['find']> {
    return this.#options.sources.find(sound.startsWith(tonePrefix) ? { tone: sound } : { sound });
  }
}
