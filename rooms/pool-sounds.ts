import type { LegId, RoomId, SoundId } from '../base/ids.js';
import type { HostSlot } from './host-slot.js';
import type { MediaPlayer, MediaRecorder, MediaSoundEnd, PlayOptions, RecordOptions } from './media-pool.js';
import { playerCapacityAt } from './player.js';
import type { HostEvent, PlayerPlace } from './protocol.js';

/** What a media host says of players and recorders. */
export type SoundEvent = Extract<
  HostEvent,
  { readonly type: 'player-wants' | 'player-ended' | 'recorded' | 'recorder-ended' }
>;

interface Sound {
  readonly slot: HostSlot;
  readonly play: PlayOptions | null;
  readonly record: RecordOptions | null;
  readonly onGone: (() => void) | null;
  kept: number;
}

/** Players and recorders as the main thread knows them, each until its host says that it has ended, or is gone. */
export class PoolSounds {
  readonly #sounds = new Map<SoundId, Sound>();
  #lastId = 0;

  get size(): number {
    return this.#sounds.size;
  }

  newId(): SoundId {
    this.#lastId += 1;
    return `sound-${this.#lastId}` as SoundId;
  }

  /** @param onGone  its place is free again */
  play(soundId: SoundId, slot: HostSlot, place: PlayerPlace, play: PlayOptions, onGone?: () => void): MediaPlayer {
    const { sampleRateHz, gainDb = 0, duckDb = 0, over = false, waits = false } = play;
    this.#sounds.set(soundId, { slot, play, record: null, onGone: onGone ?? null, kept: 0 });
    slot.post({ type: 'open-player', soundId, place, sampleRateHz, gainDb, duckDb, over, waits });
    const state = { gainDb, isPaused: false };
    const isOpen = (): boolean => this.#sounds.has(soundId);
    return {
      capacity: playerCapacityAt(sampleRateHz),
      feed: (pcm, isLast) => {
        if (isOpen()) slot.post({ type: 'feed-player', soundId, pcm, isLast });
      },
      pause: (on) => {
        state.isPaused = on;
        if (isOpen()) slot.post({ type: 'set-player', soundId, ...state });
      },
      setGain: (db) => {
        state.gainDb = db;
        if (isOpen()) slot.post({ type: 'set-player', soundId, ...state });
      },
      close: () => {
        if (isOpen()) slot.post({ type: 'close-player', soundId });
      },
    };
  }

  record(slot: HostSlot, legId: LegId, record: RecordOptions): MediaRecorder {
    const { sampleRateHz, channels } = record;
    return this.#record(slot, record, (soundId) =>
      slot.post({ type: 'open-recorder', soundId, legId, sampleRateHz, channels }),
    );
  }

  /** @param slot  where the room is; null: nowhere */
  recordRoom(slot: HostSlot | null, roomId: RoomId, record: RecordOptions): MediaRecorder {
    const { sampleRateHz } = record;
    if (slot !== null) {
      return this.#record(slot, record, (soundId) =>
        slot.post({ type: 'open-room-recorder', soundId, roomId, sampleRateHz }),
      );
    }
    queueMicrotask(() => record.onEnded('gone'));
    return { kept: () => undefined, close: () => undefined };
  }

  #record(slot: HostSlot, record: RecordOptions, open: (soundId: SoundId) => void): MediaRecorder {
    const soundId = this.newId();
    const sound: Sound = { slot, play: null, record, onGone: null, kept: 0 };
    this.#sounds.set(soundId, sound);
    open(soundId);
    const isOpen = (): boolean => this.#sounds.has(soundId);
    return {
      kept: () => {
        sound.kept += 1;
        if (isOpen()) slot.post({ type: 'recorder-kept', soundId, chunks: sound.kept });
      },
      close: () => {
        if (isOpen()) slot.post({ type: 'close-recorder', soundId });
      },
    };
  }

  onEvent(event: SoundEvent): void {
    const sound = this.#sounds.get(event.soundId);
    if (sound === undefined) return;
    switch (event.type) {
      case 'player-wants':
        sound.play?.onWants(event.samples);
        return;
      case 'recorded':
        sound.record?.onChunk(event.pcm, event.lostFrames);
        return;
      case 'player-ended':
        this.#end(event.soundId, event.end, event.playedMs);
        return;
      case 'recorder-ended':
        this.#end(event.soundId, event.end, 0);
        return;
    }
  }

  /** The host is gone, and its players and recorders with it. */
  onLost(slot: HostSlot): void {
    for (const [soundId, sound] of [...this.#sounds]) if (sound.slot === slot) this.#end(soundId, 'lost', 0);
  }

  #end(soundId: SoundId, end: MediaSoundEnd, playedMs: number): void {
    const sound = this.#sounds.get(soundId);
    if (sound === undefined) return;
    this.#sounds.delete(soundId);
    sound.onGone?.();
    sound.play?.onEnded(end, playedMs);
    sound.record?.onEnded(end);
  }
}

/** Where a room's player holds the room: as a member does. */
export function holderOf(soundId: SoundId): LegId {
  return soundId as string as LegId;
}

export function soundOf(holder: LegId): SoundId {
  return holder as string as SoundId;
}
