import type { LegId, RoomId, SoundId } from '../base/ids.js';
import type { SoundTap } from '../media/index.js';
import type { Tapped } from './host-sounds.js';
import type { HostCommand, HostEvent, SoundEnd } from './protocol.js';
import type { RoomRegistry } from './registry.js';
import type { RingEnd } from './ring.js';
import { StreamEar, StreamLine } from './stream-line.js';
import { StreamMember } from './stream-member.js';
import { frameSamplesAt } from './ticker.js';

/** The commands for streams. */
export type StreamCommand = Extract<
  HostCommand,
  {
    readonly type: 'open-stream' | 'feed-stream' | 'mark-stream' | 'clear-stream' | 'stream-kept' | 'close-stream';
  }
>;

interface HostStream extends Tapped {
  readonly soundId: SoundId;
  readonly legId: LegId;
  readonly line: StreamLine;
  readonly ear: StreamEar;
  /** What a room, or a ring, takes for a member's two ways. */
  readonly ways: Omit<RingEnd, 'close'>;
  readonly frame: Int16Array;
  /** The ring to another host's room; null: it is in a room of this host, or in none. */
  ring: RingEnd | null;
  /** It is a member of a room of this host. */
  isInRoom: boolean;
  /** Who records it, at the rate of the room or ring that it is in. */
  tap: SoundTap | null;
}

export interface HostStreamsOptions {
  readonly rooms: RoomRegistry;
  readonly post: (event: HostEvent) => void;
  readonly beat: () => number;
  /** It has ended. */
  readonly onGone: (stream: Tapped) => void;
}

/** The streams of one media host: members whose sound the main thread feeds and takes. Bounded by the main thread, which opens them. */
export class HostStreams {
  readonly #options: HostStreamsOptions;
  readonly #streams = new Map<SoundId, HostStream>();
  /** The streams again, for the beat. */
  readonly #beating: HostStream[] = [];
  #dropped = 0;

  constructor(options: HostStreamsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#streams.size;
  }

  /** See HostReport.streamDropped. */
  get dropped(): number {
    return this.#beating.reduce((sum, { line, ear }) => sum + line.overfed + ear.dropped, this.#dropped);
  }

  /** Null, or why the command makes no sense. What has ended by itself meanwhile is no reason to complain. */
  apply(command: StreamCommand): string | null {
    if (command.type === 'open-stream') return this.#open(command);
    const stream = this.#streams.get(command.soundId);
    if (stream === undefined) return null;
    switch (command.type) {
      case 'feed-stream':
        stream.line.feed(command.pcm);
        return null;
      case 'mark-stream':
        stream.line.mark(command.mark);
        return null;
      case 'clear-stream':
        stream.line.clear();
        return null;
      case 'stream-kept':
        stream.ear.kept(command.chunks);
        return null;
      case 'close-stream':
        this.#end(stream, 'closed');
        return null;
    }
  }

  has(legId: LegId): boolean {
    return this.#streams.has(soundOf(legId));
  }

  tappedOf(legId: LegId): Tapped | null {
    return this.#streams.get(soundOf(legId)) ?? null;
  }

  /** Moves it to that room of this host. */
  join(legId: LegId, roomId: RoomId): void {
    const stream = this.#streams.get(soundOf(legId));
    if (stream === undefined) return;
    this.#leave(stream);
    stream.isInRoom = true;
    this.#options.rooms.join(roomId, new StreamMember(legId, stream.ways, stream));
  }

  /** Moves it to a room of another host, or to none (null). */
  joinRing(legId: LegId, ring: RingEnd | null): void {
    const stream = this.#streams.get(soundOf(legId));
    if (stream === undefined) return;
    this.#leave(stream);
    stream.ring = ring;
  }

  /** After rooms and legs have had their beat. O(streams). */
  beat(dueMs: number): void {
    for (let i = 0; i < this.#beating.length; i += 1) {
      const stream = this.#beating[i]!;
      if (!stream.isInRoom) this.#beatAlone(stream, dueMs);
      this.#tell(stream);
    }
  }

  /** In no room of this host. */
  #beatAlone({ ring, ways, frame, tap }: HostStream, dueMs: number): void {
    if (ring === null) {
      tap?.heard(dueMs, null, ways.sampleRateHz);
      tap?.told(dueMs, null, ways.sampleRateHz);
      return;
    }
    const said = ways.reader.read(frame) ? frame : null;
    ring.writer.write(said);
    tap?.heard(dueMs, said, ways.sampleRateHz);
    const told = ring.reader.read(frame) ? frame : null;
    ways.writer.write(told);
    tap?.told(dueMs, told, ways.sampleRateHz);
  }

  /** How far it has come, when there is news of it. */
  #tell({ soundId, line }: HostStream): void {
    const marks = line.news();
    const { post, beat } = this.#options;
    if (marks !== null) post({ type: 'stream-said', soundId, samples: line.said, marks, beat: beat() });
  }

  /** The host goes. */
  close(): void {
    for (const stream of [...this.#beating]) this.#end(stream, 'gone');
  }

  #open(command: Extract<StreamCommand, { type: 'open-stream' }>): string | null {
    const { soundId, roomId, sampleRateHz, ways, chunkMs, bufferMs } = command;
    if (this.#streams.has(soundId)) return 'stream exists';
    const { post, beat } = this.#options;
    const line = new StreamLine(sampleRateHz, bufferMs);
    const ear = new StreamEar({
      sampleRateHz,
      chunkMs,
      beat,
      onChunk: (pcm, lostFrames, atMs) => post({ type: 'stream-heard', soundId, pcm, lostFrames, atMs, beat: beat() }),
    });
    const stream: HostStream = {
      soundId,
      legId: soundId as string as LegId,
      line,
      ear,
      ways: {
        reader: { overruns: 0, underruns: 0, read: (out) => ways !== 'hears' && line.read(out) },
        writer: {
          overruns: 0,
          write: (frame) => {
            if (ways !== 'speaks') ear.write(frame);
          },
        },
        sampleRateHz,
      },
      frame: new Int16Array(frameSamplesAt(sampleRateHz)),
      ring: null,
      isInRoom: false,
      tap: null,
    };
    this.#streams.set(soundId, stream);
    this.#beating.push(stream);
    this.join(stream.legId, roomId);
    return null;
  }

  #leave(stream: HostStream): void {
    if (stream.ring === null) this.#options.rooms.leave(stream.legId);
    else stream.ring.close();
    stream.ring = null;
    stream.isInRoom = false;
  }

  #end(stream: HostStream, end: SoundEnd): void {
    const { soundId, line, ear } = stream;
    if (!this.#streams.delete(soundId)) return;
    this.#beating.splice(this.#beating.indexOf(stream), 1);
    this.#leave(stream);
    this.#options.onGone(stream);
    ear.flush();
    this.#tell(stream);
    this.#dropped += line.overfed + ear.dropped;
    this.#options.post({ type: 'stream-ended', soundId, end, beat: this.#options.beat() });
  }
}

function soundOf(legId: LegId): SoundId {
  return legId as string as SoundId;
}
