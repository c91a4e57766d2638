import type { LegId, RoomId, SoundId } from '../base/ids.js';
import type { SampleRateHz } from '../media/index.js';
import type { HostSlot } from './host-slot.js';
import type { MediaRecorder, MediaSoundEnd, MemberChange, RecordOptions } from './media-pool.js';
import type { MediaStream, StreamOptions } from './media-stream.js';
import { postHearing, type Roomer } from './pool-rooms.js';
import type { HearingLists, HostCommand, HostEvent } from './protocol.js';
import { type MemberSettings, plainMember } from './seat.js';
import { MAX_CHUNK_MS, MAX_MARKS, MAX_STREAM_MS } from './stream-line.js';
import { beatMs } from './ticker.js';

/** What a media host says of streams. */
export type StreamEvent = Extract<HostEvent, { readonly type: 'stream-heard' | 'stream-said' | 'stream-ended' }>;

/** What a stream asks of the pool. */
export interface StreamKeeper {
  join(stream: PoolStream, roomId: RoomId, echo: boolean): void;
  record(stream: PoolStream, options: RecordOptions): MediaRecorder;
  /** It has ended. */
  gone(stream: PoolStream): void;
}

/** Of one message to a host, in samples; longer feeds go in several. */
const MOST_PER_MESSAGE = 32_768;

/** A stream as the main thread knows it, until its host says that it has ended, or is gone. */
export class PoolStream implements MediaStream, Roomer {
  readonly legId: LegId;
  readonly soundId: SoundId;
  readonly slot: HostSlot;
  readonly codecRateHz: SampleRateHz;
  ringSlot: HostSlot | null = null;
  readonly #options: StreamOptions;
  readonly #keeper: StreamKeeper;
  readonly #bufferSamples: number;
  /** Samples fed, and of those the ones that are known to be said or cleared. */
  #fed = 0;
  #said = 0;
  #marksWaiting = 0;
  #kept = 0;
  #isOpen = true;
  #settings: MemberSettings = plainMember;

  constructor(soundId: SoundId, slot: HostSlot, options: StreamOptions, keeper: StreamKeeper) {
    this.legId = soundId as string as LegId;
    this.soundId = soundId;
    this.slot = slot;
    this.codecRateHz = options.sampleRateHz;
    this.#options = options;
    this.#keeper = keeper;
    const bufferMs = within(Math.round(options.bufferMs), beatMs, MAX_STREAM_MS);
    const chunkMs = within(Math.round(options.chunkMs / beatMs) * beatMs, beatMs, MAX_CHUNK_MS);
    const { roomId, sampleRateHz, ways } = options;
    this.#bufferSamples = (bufferMs * sampleRateHz) / 1000;
    slot.post({ type: 'open-stream', soundId, roomId, sampleRateHz, ways, chunkMs, bufferMs });
    this.#hearOne();
  }

  feed(pcm: Uint8Array): boolean {
    const samples = pcm.length >> 1;
    const hasRoom = this.#fed - this.#said + samples <= this.#bufferSamples;
    if (!this.#isOpen || this.#options.ways === 'hears' || !hasRoom) return false;
    this.#fed += samples;
    for (let at = 0; at < samples; at += MOST_PER_MESSAGE) {
      // A message carries no more than its piece of what may be a large buffer.
      this.#post({ type: 'feed-stream', pcm: pcm.slice(2 * at, 2 * Math.min(samples, at + MOST_PER_MESSAGE)) });
    }
    return true;
  }

  mark(mark: number): boolean {
    if (!this.#isOpen || this.#marksWaiting === MAX_MARKS) return false;
    this.#marksWaiting += 1;
    this.#post({ type: 'mark-stream', mark });
    return true;
  }

  clear(): void {
    this.#said = this.#fed;
    this.#post({ type: 'clear-stream' });
  }

  get waitingMs(): number {
    return ((this.#fed - this.#said) * 1000) / this.codecRateHz;
  }

  kept(): void {
    this.#kept += 1;
    this.#post({ type: 'stream-kept', chunks: this.#kept });
  }

  setMember(change: MemberChange): void {
    this.#settings = { ...this.#settings, ...change };
    this.#postSettings();
  }

  setHearing(hearing: HearingLists): void {
    if (this.#isOpen) postHearing(this, hearing);
  }

  get speaks(): boolean {
    return this.#options.ways !== 'hears';
  }

  record(options: RecordOptions): MediaRecorder | null {
    return this.#isOpen ? this.#keeper.record(this, options) : null;
  }

  join(roomId: RoomId): void {
    if (!this.#isOpen) return;
    this.#keeper.join(this, roomId, false);
    this.#hearOne();
    if (this.#settings !== plainMember) this.#postSettings();
  }

  close(): void {
    this.#post({ type: 'close-stream' });
  }

  onEvent(event: StreamEvent): void {
    if (!this.#isOpen) return;
    switch (event.type) {
      case 'stream-heard':
        this.#options.onChunk(event.pcm, event.lostFrames, event.atMs);
        return;
      case 'stream-said':
        this.#said = Math.max(this.#said, event.samples);
        for (const mark of event.marks) {
          this.#marksWaiting -= 1;
          this.#options.onMark(mark);
        }
        return;
      case 'stream-ended':
        this.end(event.end);
    }
  }

  onRoomLost(): void {
    this.#post({ type: 'close-stream' });
    this.end('lost');
  }

  /** Nothing more is heard of it. */
  end(end: MediaSoundEnd): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#keeper.gone(this);
    this.#options.onEnded(end);
  }

  #hearOne(): void {
    const { of } = this.#options;
    if (of !== 'mix') this.setHearing({ heardBy: null, hears: [of] });
  }

  #postSettings(): void {
    if (!this.#isOpen) return;
    (this.ringSlot ?? this.slot).post({ type: 'set-member', legId: this.legId, settings: this.#settings });
  }

  #post(command: StreamRest): void {
    if (this.#isOpen) this.slot.post({ ...command, soundId: this.soundId } as HostCommand);
  }
}

type StreamRest =
  | { readonly type: 'feed-stream'; readonly pcm: Uint8Array }
  | { readonly type: 'mark-stream'; readonly mark: number }
  | { readonly type: 'clear-stream' | 'close-stream' }
  | { readonly type: 'stream-kept'; readonly chunks: number };

function within(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
