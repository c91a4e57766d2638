import { isOpusRefusal, type LegTracks, Resampler, type SampleRateHz } from '../media/index.js';
import { EncodedVoice } from './encoded-voice.js';
import type { FrameReader, FrameWriter } from './ring.js';
import { frameSamplesAt } from './ticker.js';

/** One track on its way to another host. */
interface Way {
  readonly writer: FrameWriter;
  readonly frame: Int16Array;
  resampler: Resampler | null;
  /** On this beat, and on the one before: then the end of it is still in the resampler. */
  hasSound: boolean;
  hadSound: boolean;
}

/**
 * The single tracks of a leg of another host, at its room (docs/adr/0026): whoever has one is sent as frames, a ring for each
 * track, because packets of members do not leave their host. No allocation but where the room changes its rate.
 */
export class RingTracks {
  /** A room fills the tracks. */
  isLive = false;
  /** No packets go here. */
  readonly format = null;
  readonly kind = null;
  readonly #ways: readonly Way[];
  readonly #ringHz: SampleRateHz;
  readonly #silence = new Int16Array(frameSamplesAt(48_000));

  constructor(writers: readonly FrameWriter[], ringHz: SampleRateHz) {
    this.#ringHz = ringHz;
    const samples = frameSamplesAt(ringHz);
    this.#ways = writers.map((writer) => {
      return { writer, frame: new Int16Array(samples), resampler: null, hasSound: false, hadSound: false };
    });
  }

  get size(): number {
    return this.#ways.length;
  }

  /** What that track has on this beat; the frame is only lent. */
  put(track: number, frame: Int16Array, rateHz: SampleRateHz): void {
    const way = this.#ways[track]!;
    if (way.resampler?.fromHz !== rateHz) way.resampler = new Resampler(rateHz, this.#ringHz);
    way.resampler.process(frame, 0, frame.length, way.frame, 0);
    way.hasSound = true;
  }

  /** Once a beat, after all was put: a track without sound is a silent one. */
  flush(): void {
    for (let i = 0; i < this.#ways.length; i += 1) {
      const way = this.#ways[i]!;
      const { resampler, frame } = way;
      const isEnd = !way.hasSound && way.hadSound && resampler !== null;
      if (isEnd) resampler.process(this.#silence, 0, frameSamplesAt(resampler.fromHz), frame, 0);
      way.writer.write(way.hasSound || isEnd ? frame : null);
      way.hadSound = way.hasSound;
      way.hasSound = false;
    }
  }
}

/** What it needs of the leg. */
interface TrackedLeg {
  readonly tracks: LegTracks | null;
}

/**
 * The other end, in the leg's own host: what comes is encoded here and sent on the leg's tracks, in place of the mix. Those that
 * were agreed on after the link was made have nothing to send before the leg joins again. Holds an encoder for each track.
 */
export class RingTrackLines {
  readonly #readers: readonly FrameReader[];
  readonly #rateHz: SampleRateHz;
  readonly #leg: TrackedLeg;
  readonly #frame: Int16Array;
  #tracks: LegTracks | null = null;
  #voices: readonly (EncodedVoice | null)[] = [];

  constructor(readers: readonly FrameReader[], rateHz: SampleRateHz, leg: TrackedLeg) {
    this.#readers = readers;
    this.#rateHz = rateHz;
    this.#leg = leg;
    this.#frame = new Int16Array(frameSamplesAt(rateHz));
  }

  /** Before the leg's mix is pushed, which is left out then. */
  beat(dueMs: number): void {
    if (this.#leg.tracks !== this.#tracks) this.#use(this.#leg.tracks);
    const tracks = this.#tracks;
    for (let i = 0; i < this.#readers.length; i += 1) {
      const isHeard = this.#readers[i]!.read(this.#frame);
      const voice = this.#voices[i] ?? null;
      if (!isHeard || tracks === null || voice === null || !voice.make(this.#frame, dueMs)) continue;
      tracks.send(i, voice, voice.header, voice.payload, dueMs);
    }
  }

  close(): void {
    this.#use(null);
  }

  #use(tracks: LegTracks | null): void {
    if (this.#tracks !== null) this.#tracks.isLive = false;
    for (const voice of this.#voices) voice?.line.close();
    this.#tracks = tracks;
    this.#voices = [];
    if (tracks === null || this.#readers.length === 0) return;
    tracks.isLive = true;
    this.#voices = Array.from({ length: Math.min(tracks.size, this.#readers.length) }, () => this.#voiceFor(tracks));
  }

  /** Null: no encoder is to be had, and that track is silent. */
  #voiceFor({ kind, format }: LegTracks): EncodedVoice | null {
    try {
      return new EncodedVoice(kind, format.clockRateHz, this.#rateHz);
    } catch (error) {
      if (!isOpusRefusal(error)) throw error;
      return null;
    }
  }
}
