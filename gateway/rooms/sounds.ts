import type { RoomId } from '../../base/ids.js';
import type { MediaLeg, MediaPool } from '../../rooms/index.js';

/** Who hears a sound. */
export type SoundPlace =
  | { readonly kind: 'leg'; readonly leg: MediaLeg }
  | { readonly kind: 'room'; readonly roomId: RoomId };

export interface RoomSoundOptions {
  /** Again from its start when it has ended, until it is stopped. */
  readonly loops: boolean;
  /** Once, whatever ends it. */
  readonly onEnded: () => void;
}

export interface PlayingSound {
  /** Silence; `onEnded` follows. Safe to call twice. */
  stop(): void;
}

/** The sounds that rooms play of themselves: who has them plays them (gateway/sounds). */
export interface RoomSounds {
  /** Whether there is such a sound: a name of /sounds, or `tone:…` with a description as media/tone-file.ts reads it. */
  has(sound: string): boolean;
  /** Null where the sound or its place is not there; nothing was begun then. */
  playTo(place: SoundPlace, sound: string, options: RoomSoundOptions): PlayingSound | null;
}

export type SoundPool = Pick<MediaPool, 'playToRoom'>;
