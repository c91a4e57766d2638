import { timingSafeEqual } from 'node:crypto';
import type { NativeSrtp } from '../../base/native-srtp.js';
import { type CipherMaker, createCipherMaker, type PacketCipher } from './packet-cipher.js';
import { type SrtpProfile, srtpProfileNamed } from './profiles.js';
import { ReplayWindow } from './replay-window.js';

/** What one direction is protected with; plain data, so that it can be sent to a media host. Never to be logged. */
export interface SrtpKeying {
  /** A name of `srtpProfileNames`; packets of any other are refused and counted. */
  readonly profile: string;
  /** Master key and master salt, one behind the other. */
  readonly keyAndSalt: Uint8Array;
  /** So many RTP packets may be sent with the key (RFC 4568 §6.1); without it 2⁴⁸, the most there is. */
  readonly lifetimePackets?: number;
}

/** RFC 3711 §9.2. */
const MAX_LIFETIME_PACKETS = 2 ** 48;

/** One source under one master key. */
export class SrtpStream {
  /** As an Int32, which the engine keeps without allocating. */
  readonly ssrc: number;
  readonly cipher: PacketCipher;
  readonly rtp = new ReplayWindow();
  readonly rtcp = new ReplayWindow();

  constructor(ssrc: number, cipher: PacketCipher) {
    this.ssrc = ssrc;
    this.cipher = cipher;
  }
}

/**
 * The sources of one master key. Their number has a limit; one beyond it is refused, not put in place of another,
 * because the replays of a forgotten source would be new packets.
 */
export class KeyedStreams {
  readonly profile: SrtpProfile;
  readonly keying: SrtpKeying;
  readonly lifetimePackets: number;
  /** RTP packets that were sent with the key. */
  packetsSent = 0;
  readonly #maxSsrcs: number;
  readonly #ciphers: CipherMaker;
  readonly #streams: SrtpStream[] = [];
  /** Of the packet before, as most legs have one source only. */
  #last: SrtpStream | null = null;
  /** A source that nothing genuine has come from yet. */
  #candidate: SrtpStream | null = null;

  /** @throws SrtpKeyError where the key has not the profile's length */
  constructor(profile: SrtpProfile, keying: SrtpKeying, { maxSsrcs, native }: KeyHistoryOptions) {
    this.profile = profile;
    this.keying = { ...keying, keyAndSalt: Uint8Array.from(keying.keyAndSalt) };
    this.lifetimePackets = keying.lifetimePackets ?? MAX_LIFETIME_PACKETS;
    this.#maxSsrcs = maxSsrcs;
    this.#ciphers = createCipherMaker(profile, this.keying.keyAndSalt, native);
  }

  get isEmpty(): boolean {
    return this.#streams.length === 0;
  }

  /**
   * The source's state: that of before, or one that counts only once it is kept. Null when there are too many.
   * @param ssrc  as an Int32
   */
  find(ssrc: number): SrtpStream | null {
    if (this.#last !== null && this.#last.ssrc === ssrc) return this.#last;
    for (let i = 0; i < this.#streams.length; i += 1) {
      const stream = this.#streams[i]!;
      if (stream.ssrc !== ssrc) continue;
      this.#last = stream;
      return stream;
    }
    if (this.#streams.length >= this.#maxSsrcs) return null;
    if (this.#candidate?.ssrc !== ssrc) this.#candidate = new SrtpStream(ssrc, this.#ciphers.make(ssrc));
    return this.#candidate;
  }

  /** A packet of this source was sent, or was genuine. */
  keep(stream: SrtpStream): void {
    if (stream !== this.#candidate) return;
    this.#candidate = null;
    this.#streams.push(stream);
    this.#last = stream;
  }

  /** Zeroes the master key, and gives back what the addon holds; nothing of it may be used afterwards. */
  close(): void {
    this.keying.keyAndSalt.fill(0);
    this.#ciphers.close();
  }
}

export interface KeyHistoryOptions {
  /** Sources of one master key. */
  readonly maxSsrcs: number;
  /** Null: node:crypto does the work. */
  readonly native: NativeSrtp | null;
}

/**
 * The keys of one direction through its re-keyings. The same keys again change nothing, so rollover counters and replay
 * windows go on through hold and re-INVITE; new keys begin with nothing (RFC 4568 §6.4). The keys before
 * the present ones are remembered with all their counters: going back to them, as after a re-INVITE that failed,
 * must not use a packet index for a second time.
 */
export class KeyHistory {
  current: KeyedStreams | null = null;
  previous: KeyedStreams | null = null;
  readonly #options: KeyHistoryOptions;

  constructor(options: KeyHistoryOptions) {
    this.#options = options;
  }

  /** False for a profile that we do not have; then there are no present keys. @throws SrtpKeyError */
  set(keying: SrtpKeying | null): boolean {
    if (keying !== null && isSame(this.current, keying)) return true;
    const profile = keying === null ? null : srtpProfileNamed(keying.profile);
    const next =
      keying === null || profile === null
        ? null
        : isSame(this.previous, keying)
          ? this.previous
          : new KeyedStreams(profile, keying, this.#options);
    // Keys that nothing was protected with have nothing to remember.
    const used = this.current === null || this.current.isEmpty ? this.previous : this.current;
    this.#keep(next, used === next ? null : used);
    return keying === null || next !== null;
  }

  /** The first packet under new keys has come. */
  forgetPrevious(): void {
    this.#keep(this.current, null);
  }

  /** As if there had never been keys. */
  close(): void {
    this.#keep(null, null);
  }

  /** Closes what is not kept. */
  #keep(current: KeyedStreams | null, previous: KeyedStreams | null): void {
    const before = [this.current, this.previous];
    this.current = current;
    this.previous = previous;
    for (const streams of before) if (streams !== current && streams !== previous) streams?.close();
  }
}

function isSame(streams: KeyedStreams | null, keying: SrtpKeying): boolean {
  if (streams === null || streams.profile !== srtpProfileNamed(keying.profile)) return false;
  const known = streams.keying.keyAndSalt;
  return known.length === keying.keyAndSalt.length && timingSafeEqual(known, keying.keyAndSalt);
}
