import type { LegId } from '../base/ids.js';
import type { LegTracks, SampleRateHz, SharedSound } from '../media/index.js';
import { Resampler } from '../media/index.js';
import type { LegOverlay } from './leg-overlay.js';
import { Limiter } from './limiter.js';
import type { FrameReader, FrameWriter, RingEnd } from './ring.js';
import { RingTrackLines, RingTracks } from './ring-tracks.js';
import { frameSamplesAt } from './ticker.js';
import type { PacketSource } from './track-lines.js';

/**
 * What a room needs of whoever is in it, once per beat each: `hear` first for all members, then one of the others.
 * A member belongs to one room at a time and speaks at the room's rate, which changes without being heard: after
 * `prepare` one beat goes by in which `heardNext` and `prime` are used as well, then comes `retune`.
 */
export interface Member {
  readonly legId: LegId;
  /** The member also hears itself. */
  readonly echo: boolean;
  /** Brings back what is too loud in the mix that this member alone hears. */
  readonly limiter: Limiter;
  /** The rate at which nothing of its sound is lost. */
  readonly wantedRateHz: SampleRateHz;
  /** Only of a leg of this host. */
  readonly packets?: PacketSource | undefined;
  /** Joins a room of that rate. */
  tune(rateHz: SampleRateHz): void;
  prepare(rateHz: SampleRateHz): void;
  retune(): void;
  /**
   * This beat's sound of the member; null when it said nothing.
   * @param isUnheard nobody hears it unless it is louder than a background
   */
  hear(dueMs: number, isUnheard: boolean): Int16Array | null;
  /** On the last beat it had a sound that nobody would have heard, which `hear` left out. Never unless told. */
  readonly isResting?: boolean;
  /** It plays what somebody chose to play: it is always heard, and is nobody who speaks. */
  readonly isPlayer?: boolean;
  /** Only of players: whether somebody speaks, once per beat after all were heard. */
  duck?(isSpoken: boolean): void;
  /** It gets quieter while somebody speaks. */
  readonly ducks?: boolean;
  /** What `hear` gave, at the rate that is prepared. Only when it gave something. */
  heardNext(): Int16Array;
  /** The member's own mix of this beat; null = silence. The frame is only lent. */
  tell(dueMs: number, frame: Int16Array | null, shared: SharedSound): void;
  /** The mix of all who do not speak. */
  tellShared(dueMs: number, shared: SharedSound): void;
  /** The member's mix of this beat at the rate that is prepared. */
  prime(frame: Int16Array | null): void;
  /** Leaves the room whose mix it heard. */
  leave(shared: SharedSound): void;
}

/** What rooms need of media/session.ts. */
export interface Speaker {
  readonly sampleRateHz: SampleRateHz;
  readonly codecRateHz: SampleRateHz;
  prepare(rateHz: SampleRateHz | null): void;
  retune(): void;
  prime(frame: Int16Array | null): void;
  readonly isResting?: boolean;
  pull(dueMs: number, out: Int16Array, next: Int16Array | null, isUnheard?: boolean): boolean;
  push(dueMs: number, frame: Int16Array | null, shared?: SharedSound | null): void;
  pushShared(dueMs: number, shared: SharedSound): void;
  leave(shared: SharedSound): void;
  /** What it is told next does not go on from what it was told before. */
  cut(): void;
}

/** Has the speaker at that rate from now on, told by somebody else: what it was told before fades. */
export function tuneSpeaker(speaker: Speaker, rateHz: SampleRateHz): void {
  speaker.cut();
  // A change that another room had begun is not finished here.
  speaker.prepare(rateHz === speaker.sampleRateHz ? null : rateHz);
  speaker.retune();
}

/** What a leg hears besides its room; null while there never was anything. */
export interface Earpiece {
  readonly overlay: LegOverlay | null;
}

/** A leg of this host in a room of this host. */
export class LegMember implements Member {
  readonly legId: LegId;
  readonly echo: boolean;
  readonly limiter: Limiter;
  readonly packets: PacketSource | undefined;
  readonly #speaker: Speaker;
  readonly #earpiece: Earpiece | null;
  #frame: Int16Array = new Int16Array(0);
  #next: Int16Array | null = null;
  /** On the last beat it heard something besides the room. */
  #hasOverlay = false;

  constructor(
    legId: LegId,
    speaker: Speaker,
    options: {
      readonly echo: boolean;
      readonly earpiece?: Earpiece | undefined;
      readonly packets?: PacketSource | undefined;
    },
  ) {
    this.legId = legId;
    this.packets = options.packets;
    this.#earpiece = options.earpiece ?? null;
    this.echo = options.echo;
    this.limiter = new Limiter(frameSamplesAt(speaker.sampleRateHz));
    this.#speaker = speaker;
  }

  get wantedRateHz(): SampleRateHz {
    return this.#speaker.codecRateHz;
  }

  tune(rateHz: SampleRateHz): void {
    tuneSpeaker(this.#speaker, rateHz);
    this.#use(new Int16Array(frameSamplesAt(rateHz)));
  }

  prepare(rateHz: SampleRateHz): void {
    this.#speaker.prepare(rateHz);
    this.#next = new Int16Array(frameSamplesAt(rateHz));
  }

  retune(): void {
    this.#speaker.retune();
    if (this.#next !== null) this.#use(this.#next);
  }

  get isResting(): boolean {
    return this.#speaker.isResting === true;
  }

  hear(dueMs: number, isUnheard: boolean): Int16Array | null {
    return this.#speaker.pull(dueMs, this.#frame, this.#next, isUnheard) ? this.#frame : null;
  }

  heardNext(): Int16Array {
    return this.#next ?? this.#frame;
  }

  tell(dueMs: number, frame: Int16Array | null, shared: SharedSound): void {
    const overlay = this.#earpiece?.overlay ?? null;
    this.#hasOverlay = overlay !== null && !overlay.isIdle;
    const heard = this.#hasOverlay && overlay !== null ? overlay.apply(frame, this.#speaker.sampleRateHz) : frame;
    this.#speaker.push(dueMs, heard, shared);
  }

  tellShared(dueMs: number, shared: SharedSound): void {
    const overlay = this.#earpiece?.overlay ?? null;
    if (overlay !== null && !overlay.isIdle) {
      this.tell(dueMs, shared.isSilent ? null : shared.frame, shared);
      return;
    }
    this.#hasOverlay = false;
    this.#speaker.pushShared(dueMs, shared);
  }

  prime(frame: Int16Array | null): void {
    const overlay = this.#earpiece?.overlay ?? null;
    const next = this.#next;
    const isPlain = !this.#hasOverlay || overlay === null || next === null;
    this.#speaker.prime(isPlain ? frame : overlay.applyNext(frame, next.length));
  }

  leave(shared: SharedSound): void {
    this.#speaker.leave(shared);
  }

  #use(frame: Int16Array): void {
    this.#frame = frame;
    this.#next = null;
    this.limiter.retune(frame.length);
  }
}

/** Both ways between a room's rate and a ring's, and the frames for it. */
interface Edge {
  readonly toRoom: Resampler;
  readonly fromRoom: Resampler;
  readonly heard: Int16Array;
  readonly told: Int16Array;
}

function edgeBetween(ringHz: SampleRateHz, roomHz: SampleRateHz): Edge {
  return {
    toRoom: new Resampler(ringHz, roomHz),
    fromRoom: new Resampler(roomHz, ringHz),
    heard: new Int16Array(frameSamplesAt(roomHz)),
    told: new Int16Array(frameSamplesAt(ringHz)),
  };
}

/**
 * A member whose sound comes and goes frame by frame: a leg of another host, through two rings (design: ring member), or a
 * stream.
 */
export class RingMember implements Member {
  readonly legId: LegId;
  readonly echo: boolean;
  readonly limiter: Limiter;
  readonly reader: FrameReader;
  readonly writer: FrameWriter;
  readonly wantedRateHz: SampleRateHz;
  /** Only of a leg that is sent single tracks. */
  readonly packets: PacketSource | undefined;
  /** What came through the ring. */
  readonly #frame: Int16Array;
  readonly #silence = new Int16Array(frameSamplesAt(48_000));
  #edge: Edge;
  #next: Edge | null = null;
  /** The last beat had sound: the end of it is still in the resampler. */
  #wasHeard = false;

  constructor(legId: LegId, end: Omit<RingEnd, 'close'>, options: { readonly echo: boolean }) {
    const samples = frameSamplesAt(end.sampleRateHz);
    this.legId = legId;
    this.echo = options.echo;
    this.limiter = new Limiter(samples);
    this.reader = end.reader;
    this.writer = end.writer;
    this.wantedRateHz = end.sampleRateHz;
    const { trackWriters = [] } = end;
    if (trackWriters.length > 0) {
      this.packets = { codec: null, forward: null, tracks: new RingTracks(trackWriters, end.sampleRateHz) };
    }
    this.#frame = new Int16Array(samples);
    this.#edge = edgeBetween(end.sampleRateHz, end.sampleRateHz);
  }

  /** Of the room: what `hear` gives. */
  get rateHz(): SampleRateHz {
    return this.#edge.toRoom.toHz;
  }

  /** What is prepared; null: nothing. */
  get nextRateHz(): SampleRateHz | null {
    return this.#next?.toRoom.toHz ?? null;
  }

  tune(rateHz: SampleRateHz): void {
    this.#next = null;
    if (rateHz !== this.#edge.toRoom.toHz) this.#use(edgeBetween(this.wantedRateHz, rateHz));
  }

  prepare(rateHz: SampleRateHz): void {
    this.#next = edgeBetween(this.wantedRateHz, rateHz);
  }

  retune(): void {
    if (this.#next !== null) this.#use(this.#next);
    this.#next = null;
  }

  hear(_dueMs: number): Int16Array | null {
    const isHeard = this.reader.read(this.#frame);
    if (!isHeard && !this.#wasHeard) return null;
    if (!isHeard) this.#frame.fill(0);
    this.#wasHeard = isHeard;
    this.#convert(this.#edge);
    if (this.#next !== null) this.#convert(this.#next);
    return this.#edge.heard;
  }

  heardNext(): Int16Array {
    return (this.#next ?? this.#edge).heard;
  }

  tell(_dueMs: number, frame: Int16Array | null): void {
    const { fromRoom, told } = this.#edge;
    const sound = frame ?? this.#silence;
    fromRoom.process(sound, 0, frameSamplesAt(fromRoom.fromHz), told, 0);
    this.writer.write(frame === null && told.every(isZero) ? null : told);
  }

  tellShared(dueMs: number, shared: SharedSound): void {
    this.tell(dueMs, shared.isSilent ? null : shared.frame);
  }

  prime(frame: Int16Array | null): void {
    const next = this.#next;
    if (next === null) return;
    next.fromRoom.process(frame ?? this.#silence, 0, frameSamplesAt(next.fromRoom.fromHz), next.told, 0);
  }

  leave(): void {
    // Its sound is encoded elsewhere.
  }

  #convert(edge: Edge): void {
    edge.toRoom.process(this.#frame, 0, this.#frame.length, edge.heard, 0);
  }

  #use(edge: Edge): void {
    this.#edge = edge;
    this.limiter.retune(edge.heard.length);
  }
}

function isZero(sample: number): boolean {
  return sample === 0;
}

/** The other end of a ring member: in the leg's own host, carries the leg's sound to the rings and back. */
export class RingLeg {
  readonly reader: FrameReader;
  readonly writer: FrameWriter;
  readonly #speaker: Speaker;
  readonly #earpiece: Earpiece | null;
  readonly #frame: Int16Array;
  readonly #tracks: RingTrackLines;
  /** Something came through the ring, which begins in the middle of what the room says. */
  #hasBegun = false;

  constructor(
    speaker: Speaker & { readonly tracks: LegTracks | null },
    end: RingEnd,
    earpiece: Earpiece | null = null,
  ) {
    this.#speaker = speaker;
    this.#earpiece = earpiece;
    this.reader = end.reader;
    this.writer = end.writer;
    this.#frame = new Int16Array(frameSamplesAt(end.sampleRateHz));
    tuneSpeaker(speaker, end.sampleRateHz);
    this.#tracks = new RingTrackLines(end.trackReaders ?? [], end.sampleRateHz, speaker);
  }

  /** The leg hears something else from now on: what it heard of the room fades. */
  leave(): void {
    this.#tracks.close();
    this.#speaker.cut();
  }

  /** One beat, both ways. */
  beat(dueMs: number): void {
    this.writer.write(this.#speaker.pull(dueMs, this.#frame, null) ? this.#frame : null);
    this.#tracks.beat(dueMs);
    const frame = this.reader.read(this.#frame) ? this.#frame : null;
    if (frame !== null && !this.#hasBegun) {
      this.#hasBegun = true;
      this.#speaker.cut();
    }
    const overlay = this.#earpiece?.overlay ?? null;
    const isPlain = overlay === null || overlay.isIdle;
    this.#speaker.push(dueMs, isPlain ? frame : overlay.apply(frame, this.#speaker.sampleRateHz));
  }
}
