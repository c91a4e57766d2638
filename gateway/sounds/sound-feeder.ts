import { messageOf } from '../../base/errors.js';
import type { MediaPlayer, MediaSoundEnd, PlayOptions } from '../../rooms/index.js';
import type { SoundReader } from './sound-reader.js';

/** What becomes known of a player that is fed; `fault`: the sound could not be read to its end. */
export interface FedEnd {
  readonly end: MediaSoundEnd;
  readonly playedMs: number;
  readonly fault: string | null;
}

export interface FeedOptions {
  readonly reader: SoundReader;
  readonly sampleRateHz: PlayOptions['sampleRateHz'];
  /** Opens the player; null: its place is not there. */
  readonly play: (options: PlayOptions) => MediaPlayer | null;
  /** Once, unless the player could not be opened. The reader is the caller's, to be closed or played on. */
  readonly onEnded: (end: FedEnd) => void;
}

/**
 * Feeds a player from a reader, ahead of its time. A sound that cannot be read on ends with what was read. Null where the player
 * could not be opened. Throws what `play` throws.
 */
export function feedPlayer({ reader, sampleRateHz, play, onEnded }: FeedOptions): MediaPlayer | null {
  let fault: string | null = null;
  let isEnded = false;
  const feed = async (player: MediaPlayer, samples: number): Promise<void> => {
    let pcm: Uint8Array = new Uint8Array(0);
    try {
      pcm = await reader.read(samples);
    } catch (thrown) {
      fault = messageOf(thrown);
    }
    if (!isEnded) player.feed(pcm, fault !== null || reader.isOver);
  };
  const player = play({
    sampleRateHz,
    onWants: (samples) => {
      if (player !== null) void feed(player, samples);
    },
    onEnded: (end, playedMs) => {
      if (isEnded) return;
      isEnded = true;
      onEnded({ end, playedMs, fault });
    },
  });
  if (player !== null) void feed(player, player.capacity);
  return player;
}
