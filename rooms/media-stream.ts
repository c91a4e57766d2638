import type { LegId, RoomId } from '../base/ids.js';
import type { SampleRateHz } from '../media/index.js';
import type { MediaRecorder, MediaSoundEnd, MemberChange, RecordOptions } from './media-pool.js';
import type { HearingLists } from './protocol.js';

export interface StreamOptions {
  readonly roomId: RoomId;
  /** Of both directions. */
  readonly sampleRateHz: SampleRateHz;
  /** It does not speak (`hears`), does not listen (`speaks`), or both. */
  readonly ways: 'both' | 'hears' | 'speaks';
  /** What is heard: the room without the stream itself, or one member alone. */
  readonly of: 'mix' | LegId;
  /** Length of the chunks, 20 … 500 ms in steps of 20. */
  readonly chunkMs: number;
  /** Sound that waits to be said; what comes beyond is refused (`feed` gives false). At most 60,000. */
  readonly bufferMs: number;
  /** 16 bits little-endian, mono. `lostFrames` sample frames are missing before it. `atMs`: since the stream began. */
  readonly onChunk: (pcm: Uint8Array, lostFrames: number, atMs: number) => void;
  /** What was fed before the mark has been said, or was cleared. In order. */
  readonly onMark: (mark: number) => void;
  /** Once, whatever ends it. */
  readonly onEnded: (end: MediaSoundEnd) => void;
}

/**
 * A member of a room whose sound comes from and goes to the main thread: an application that listens and talks (design §5).
 * It is a member like any other: muted, made louder, moved.
 */
export interface MediaStream {
  /** Its id as a member in the media host: for hearing lists and levels. */
  readonly legId: LegId;
  /** Mono, 16 bits little-endian, as it comes; false when the buffer has no room for all of it: nothing was taken then. */
  feed(pcm: Uint8Array): boolean;
  /** `onMark` when everything fed so far has been said; false when 1,000 wait: it is not told then. */
  mark(mark: number): boolean;
  /** Drops what has not been said yet; its marks come at once. */
  clear(): void;
  /** Sound that waits, in ms, as far as is known here. */
  readonly waitingMs: number;
  /** One chunk has been dealt with: 16 that are not are the most. */
  kept(): void;
  /** Mutes, deafens, makes louder; kept when it moves to another room. */
  setMember(change: MemberChange): void;
  /** As of a leg (MediaLeg.setHearing); one that hears a member alone goes on doing so where it moves. */
  setHearing(hearing: HearingLists): void;
  /** False: it only hears. */
  readonly speaks: boolean;
  /** Records what it says and hears; replaces the recorder before. Null: it has ended. */
  record(options: RecordOptions): MediaRecorder | null;
  /** Moves it, also to a room of another host: what it has to say goes with it. */
  join(roomId: RoomId): void;
  close(): void;
}
