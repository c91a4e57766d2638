import {
  type CodecName,
  isOpusRefusal,
  type LegTracks,
  type PacketTaker,
  type RtpHeader,
  type SampleRateHz,
} from '../media/index.js';
import { EncodedVoice } from './encoded-voice.js';
import type { RingTracks } from './ring-tracks.js';
import type { Seat } from './seat.js';
import { TrackSelector } from './track-selector.js';

/** The packets of a member, and the tracks that it is sent; a leg of this host has both. */
export interface PacketSource {
  /** Of what came last; null: nothing yet. */
  readonly codec: CodecName | null;
  forward: PacketTaker | null;
  /** Of a leg of another host: the rings to it, which take frames. */
  readonly tracks: LegTracks | RingTracks | null;
}

/** One who hears single voices. */
interface TrackListener {
  readonly seat: Seat;
  readonly tracks: LegTracks | RingTracks;
  readonly selector: TrackSelector<Seat>;
}

/** One member as those hear it who hear single voices. */
class Voice implements PacketTaker {
  readonly seat: Seat;
  /** One for each format that somebody is sent and the member does not send. */
  readonly encoded: EncodedVoice[] = [];
  readonly #listeners: readonly TrackListener[];

  constructor(seat: Seat, listeners: readonly TrackListener[]) {
    this.seat = seat;
    this.#listeners = listeners;
  }

  /** Its packets are sent on as they are where they fit. */
  take(header: RtpHeader, data: Uint8Array, codec: CodecName, nowMs: number): void {
    const levelDb = header.audioLevel >= 0 ? -header.audioLevel : this.seat.detector.levelDb;
    const listeners = this.#listeners;
    for (let i = 0; i < listeners.length; i += 1) {
      const { seat, tracks, selector } = listeners[i]!;
      if (tracks.format === null || tracks.format.codec !== codec || !mayHear(seat, this.seat)) continue;
      const track = selector.choose(this.seat, levelDb, nowMs);
      if (track >= 0) tracks.send(track, this.seat, header, data, nowMs);
    }
  }

  /** It says something else than packets that fit: encoded for the first who is sent it, for all of the same format. */
  say({ tracks, selector }: TrackListener, frame: Int16Array, dueMs: number, rateHz: SampleRateHz): void {
    const track = selector.choose(this.seat, this.seat.detector.levelDb, dueMs);
    if (track < 0) return;
    if (tracks.format === null) {
      tracks.put(track, frame, rateHz);
      return;
    }
    const voice = this.#encodedAs(tracks, rateHz);
    if (voice?.make(frame, dueMs) === true) tracks.send(track, this.seat, voice.header, voice.payload, dueMs);
  }

  /** A format that nobody is sent any more is not kept: each listener chooses its own. */
  trim(): void {
    for (let i = this.encoded.length - 1; i >= 0; i -= 1) {
      const { kind, line } = this.encoded[i]!;
      if (this.#listeners.some(({ tracks }) => tracks.kind?.key === kind.key)) continue;
      line.close();
      this.encoded.splice(i, 1);
    }
  }

  /** What was begun while the rate changed is begun anew. */
  retune(rateHz: SampleRateHz): void {
    for (let i = this.encoded.length - 1; i >= 0; i -= 1) {
      const { line } = this.encoded[i]!;
      line.retune();
      if (line.fromHz === rateHz) continue;
      line.close();
      this.encoded.splice(i, 1);
    }
  }

  close(): void {
    for (const { line } of this.encoded) line.close();
  }

  /** null: no encoder is to be had, and the voice is not heard there. */
  #encodedAs({ kind, format }: LegTracks, rateHz: SampleRateHz): EncodedVoice | null {
    for (let i = 0; i < this.encoded.length; i += 1)
      if (this.encoded[i]!.kind.key === kind.key) return this.encoded[i]!;
    try {
      const voice = new EncodedVoice(kind, format.clockRateHz, rateHz);
      this.encoded.push(voice);
      return voice;
    } catch (error) {
      if (!isOpusRefusal(error)) throw error;
      return null;
    }
  }
}

/** What each may hear, by the settings and rules of both. */
function mayHear(listener: Seat, speaker: Seat): boolean {
  if (listener === speaker || listener.settings.isDeaf || speaker.settings.isMuted) return false;
  if (speaker.rule.heardBy?.has(listener.member.legId) === false) return false;
  return listener.rule.hears?.has(speaker.member.legId) !== false;
}

/**
 * Those of one room who hear the loudest others as single tracks, and the voices that they hear (docs/adr/0026). A member whose
 * packets are of the listener's codec is not decoded for it; all others are encoded once for each format, on the beat. Made
 * with the first such listener; whoever hears the mix costs nothing here. Cost: O(listeners × tracks) for each packet.
 */
export class RoomTracks {
  readonly #seats: readonly Seat[];
  readonly #listeners: TrackListener[] = [];
  /** None while nobody listens to single ones. */
  readonly #voices: Voice[] = [];

  /** @param seats  of the room, as they come and go */
  constructor(seats: readonly Seat[]) {
    this.#seats = seats;
  }

  /** Somebody is sent single tracks. */
  get isLive(): boolean {
    return this.#listeners.length > 0;
  }

  /** The seat has come to the others. */
  add(seat: Seat): void {
    if (this.isLive) this.#addVoice(seat);
    this.listen(seat);
  }

  /** The seat has gone from them. */
  remove(seat: Seat): void {
    this.#forget(seat);
    this.#removeVoice(seat);
    for (const { selector } of this.#listeners) selector.drop(seat);
  }

  /** It may be sent other tracks than before, or the mix. */
  listen(seat: Seat): void {
    const tracks = seat.member.packets?.tracks ?? null;
    if (tracks?.isLive === true) return;
    this.#forget(seat);
    if (tracks === null) return;
    if (!this.isLive) for (const each of this.#seats) this.#addVoice(each);
    tracks.isLive = true;
    this.#listeners.push({ seat, tracks, selector: new TrackSelector(tracks.size) });
  }

  /** All have been heard. */
  beat(dueMs: number, rateHz: SampleRateHz): void {
    const listeners = this.#listeners;
    const voices = this.#voices;
    for (let i = 0; i < listeners.length; i += 1) {
      const listener = listeners[i]!;
      const { tracks } = listener;
      const codec = tracks.format?.codec;
      for (let k = 0; k < voices.length; k += 1) {
        const voice = voices[k]!;
        const { said, member } = voice.seat;
        const isSentOn = codec !== undefined && member.packets?.codec === codec;
        if (said === null || isSentOn || !mayHear(listener.seat, voice.seat)) continue;
        voice.say(listener, said, dueMs, rateHz);
      }
      if (tracks.format === null) tracks.flush();
    }
  }

  /** The room will have another rate, see Member. */
  prepare(rateHz: SampleRateHz): void {
    for (const { encoded } of this.#voices) for (const { line } of encoded) line.prepare(rateHz);
  }

  prime(): void {
    for (const { encoded, seat } of this.#voices) {
      for (const { line } of encoded) if (seat.said !== null) line.prime(seat.member.heardNext());
    }
  }

  retune(rateHz: SampleRateHz): void {
    for (const voice of this.#voices) voice.retune(rateHz);
  }

  #addVoice(seat: Seat): void {
    const voice = new Voice(seat, this.#listeners);
    this.#voices.push(voice);
    if (seat.member.packets !== undefined) seat.member.packets.forward = voice;
  }

  #removeVoice(seat: Seat): void {
    const at = this.#voices.findIndex((voice) => voice.seat === seat);
    if (at < 0) return;
    this.#voices[at]!.close();
    this.#voices.splice(at, 1);
    if (seat.member.packets !== undefined) seat.member.packets.forward = null;
  }

  /** It hears the mix from now on. */
  #forget(seat: Seat): void {
    const at = this.#listeners.findIndex((listener) => listener.seat === seat);
    if (at < 0) return;
    this.#listeners[at]!.tracks.isLive = false;
    this.#listeners.splice(at, 1);
    for (const voice of this.#voices) voice.trim();
    if (!this.isLive) for (const each of this.#voices.map((voice) => voice.seat)) this.#removeVoice(each);
  }
}
