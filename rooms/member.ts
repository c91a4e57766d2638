import type { LegId } from '../base/ids.js';
import type { CodecName } from '../media/index.js';
import { Limiter } from './limiter.js';
import type { RingLink } from './protocol.js';
import { RingReader, RingWriter } from './ring.js';
import type { SharedMix } from './shared-mix.js';

/**
 * What a room needs of whoever is in it, once per beat each: `hear` first for all members, then one of the others.
 * A member belongs to one room at a time.
 */
export interface Member {
  readonly legId: LegId;
  /** The member also hears itself. */
  readonly echo: boolean;
  /** Brings back what is too loud in the mix that this member alone hears. */
  readonly limiter: Limiter;
  /** This beat's sound of the member; null when it said nothing. */
  hear(dueMs: number): Int16Array | null;
  /** The member's own mix of this beat; null = silence. The frame is only lent. */
  tell(dueMs: number, frame: Int16Array | null): void;
  /** The mix of all who do not speak. */
  tellShared(dueMs: number, shared: SharedMix): void;
}

/** What rooms need of media/session.ts. */
export interface Speaker {
  pull(dueMs: number, out: Int16Array): boolean;
  push(dueMs: number, frame: Int16Array | null): void;
  readonly sharedCodec: CodecName | null;
  pushEncoded(dueMs: number, codec: CodecName, payload: Uint8Array, length: number): void;
}

/** A leg of this host in a room of this host. */
export class LegMember implements Member {
  readonly legId: LegId;
  readonly echo: boolean;
  readonly limiter: Limiter;
  readonly #speaker: Speaker;
  readonly #frame: Int16Array;

  constructor(legId: LegId, speaker: Speaker, options: { readonly echo: boolean; readonly frameSamples: number }) {
    this.legId = legId;
    this.echo = options.echo;
    this.limiter = new Limiter(options.frameSamples);
    this.#speaker = speaker;
    this.#frame = new Int16Array(options.frameSamples);
  }

  hear(dueMs: number): Int16Array | null {
    return this.#speaker.pull(dueMs, this.#frame) ? this.#frame : null;
  }

  tell(dueMs: number, frame: Int16Array | null): void {
    this.#speaker.push(dueMs, frame);
  }

  tellShared(dueMs: number, shared: SharedMix): void {
    const codec = this.#speaker.sharedCodec;
    if (codec === null) {
      this.#speaker.push(dueMs, shared.frame);
      return;
    }
    const payload = shared.payloadOf(codec);
    this.#speaker.pushEncoded(dueMs, codec, payload, shared.lengthOf(codec));
  }
}

/** A leg of another host in a room of this host (design: ring member): its sound comes and goes through two rings. */
export class RingMember implements Member {
  readonly legId: LegId;
  readonly echo: boolean;
  readonly limiter: Limiter;
  readonly reader: RingReader;
  readonly writer: RingWriter;
  readonly #frame: Int16Array;

  constructor(legId: LegId, link: RingLink, options: { readonly echo: boolean; readonly frameSamples: number }) {
    this.legId = legId;
    this.echo = options.echo;
    this.limiter = new Limiter(options.frameSamples);
    this.reader = new RingReader(link.toRoom, options.frameSamples);
    this.writer = new RingWriter(link.fromRoom, options.frameSamples);
    this.#frame = new Int16Array(options.frameSamples);
  }

  hear(_dueMs: number): Int16Array | null {
    return this.reader.read(this.#frame) ? this.#frame : null;
  }

  tell(_dueMs: number, frame: Int16Array | null): void {
    this.writer.write(frame);
  }

  tellShared(_dueMs: number, shared: SharedMix): void {
    this.writer.write(shared.frame);
  }
}

/** The other end of a ring member: in the leg's own host, carries the leg's sound to the rings and back. */
export class RingLeg {
  readonly reader: RingReader;
  readonly writer: RingWriter;
  readonly #speaker: Speaker;
  readonly #frame: Int16Array;

  constructor(speaker: Speaker, link: RingLink, frameSamples: number) {
    this.#speaker = speaker;
    this.reader = new RingReader(link.fromRoom, frameSamples);
    this.writer = new RingWriter(link.toRoom, frameSamples);
    this.#frame = new Int16Array(frameSamples);
  }

  /** One beat, both ways. */
  beat(dueMs: number): void {
    this.writer.write(this.#speaker.pull(dueMs, this.#frame) ? this.#frame : null);
    this.#speaker.push(dueMs, this.reader.read(this.#frame) ? this.#frame : null);
  }
}
