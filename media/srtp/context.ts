import type { NativeSrtp } from '../../base/native-srtp.js';
import { readUint32 } from '../rtp/packet.js';
import { packetIndexOf, rtcpHeaderBytes, rtcpIndexBytes, rtpHeaderBytes } from './framing.js';
import { type KeyedStreams, KeyHistory, type SrtpKeying } from './keyed-streams.js';

/** Why a packet was refused; a constant, so that refusing costs no allocation. */
export type SrtpFault =
  | 'unknown-profile'
  | 'too-short'
  | 'no-room'
  | 'too-many-ssrcs'
  | 'replayed'
  | 'bad-auth'
  | 'expired';

/** What came of the packets of one direction, RTP and RTCP together; never set back, through all re-keyings. */
export interface SrtpStats {
  /** Protected, or taken as genuine. */
  packets: number;
  /** Seen before, or so late that nobody can tell; when sending, a packet index for the second time. */
  replayed: number;
  badAuth: number;
  /** Too short for header, tag and index, or not of version 2. */
  tooShort: number;
  /** There were no keys, or those of a profile that we do not have. */
  unknownProfile: number;
  /** Of one source more than the limit. */
  tooManySsrcs: number;
  /** The caller's buffer had no room for the tag. */
  noRoom: number;
  /** The key's lifetime was over. */
  expired: number;
}

export interface SrtpContextOptions {
  /** How many sources one master key may have; 32 unless told. */
  readonly maxSsrcs?: number;
  /** The addon's SRTP; without it node:crypto does the work. */
  readonly native?: NativeSrtp | null;
}

const MAX_SSRCS = 32;
const MAX_RTP_INDEX = 2 ** 48 - 1;
const MAX_RTCP_INDEX = 2 ** 31 - 1;

const counterOf = {
  'unknown-profile': 'unknownProfile',
  'too-short': 'tooShort',
  'no-room': 'noRoom',
  'too-many-ssrcs': 'tooManySsrcs',
  replayed: 'replayed',
  'bad-auth': 'badAuth',
  expired: 'expired',
} as const satisfies Record<SrtpFault, keyof SrtpStats>;

/** What both directions have in common: keys, figures, and the fault of the last packet. */
class SrtpContext {
  readonly stats: SrtpStats = {
    packets: 0,
    replayed: 0,
    badAuth: 0,
    tooShort: 0,
    unknownProfile: 0,
    tooManySsrcs: 0,
    noRoom: 0,
    expired: 0,
  };
  /** Of the packet that was refused last; of no meaning after one that was not. */
  fault: SrtpFault | null = null;
  protected readonly keys: KeyHistory;

  constructor({ maxSsrcs = MAX_SSRCS, native = null }: SrtpContextOptions = {}) {
    this.keys = new KeyHistory({ maxSsrcs, native });
  }

  /**
   * New keys, or the same ones again, or none: the same ones keep rollover counters and replay windows, new ones begin
   * with a rollover counter of 0. Without keys of a profile that we have every packet is refused, none goes unprotected.
   * @returns false for an unknown profile
   * @throws SrtpKeyError where key and salt have not the profile's length
   */
  setKeys(keying: SrtpKeying | null): boolean {
    return this.keys.set(keying);
  }

  /** Zeroes all keys, those before the present ones too; every packet is refused from now on. */
  close(): void {
    this.keys.close();
  }

  protected refuse(fault: SrtpFault): 0 {
    this.fault = fault;
    this.stats[counterOf[fault]] += 1;
    return 0;
  }
}

/**
 * Protects what is sent: RFC 3711 §3.3 and §3.4. Packets are encrypted in place; the caller's buffer has room for
 * `maxSrtpOverheadBytes` behind them. The rollover counter of a source begins at 0 and goes up as its sequence numbers
 * wrap, also when they come out of order; a packet index is never used twice under one key, since that would give
 * away both packets (RFC 3711 §9.1). Both methods return the new length, 0 when refused: `fault` and `stats` say why.
 * Hot path, no allocation but node:crypto's.
 */
export class SrtpSender extends SrtpContext {
  protectRtp(data: Uint8Array, length: number): number {
    const keys = this.keys.current;
    if (keys === null) return this.refuse('unknown-profile');
    const headerBytes = rtpHeaderBytes(data, length);
    if (headerBytes < 0) return this.refuse('too-short');
    if (length + keys.profile.rtpTagBytes > data.length) return this.refuse('no-room');
    const stream = keys.find(readUint32(data, 8) | 0);
    if (stream === null) return this.refuse('too-many-ssrcs');
    const sequence = (data[2]! << 8) | data[3]!;
    const index = packetIndexOf(sequence, stream.rtp.highest);
    if (index < 0 || !stream.rtp.isFresh(index)) return this.refuse('replayed');
    if (keys.packetsSent >= keys.lifetimePackets || index > MAX_RTP_INDEX) return this.refuse('expired');
    keys.packetsSent += 1;
    keys.keep(stream);
    stream.rtp.note(index);
    this.stats.packets += 1;
    return stream.cipher.sealRtp(data, headerBytes, length, index);
  }

  protectRtcp(data: Uint8Array, length: number): number {
    const keys = this.keys.current;
    if (keys === null) return this.refuse('unknown-profile');
    if (length < rtcpHeaderBytes || data[0]! >> 6 !== 2) return this.refuse('too-short');
    if (length + rtcpIndexBytes + keys.profile.rtcpTagBytes > data.length) return this.refuse('no-room');
    const stream = keys.find(readUint32(data, 4) | 0);
    if (stream === null) return this.refuse('too-many-ssrcs');
    const index = stream.rtcp.highest + 1;
    if (index > MAX_RTCP_INDEX) return this.refuse('expired');
    keys.keep(stream);
    stream.rtcp.note(index);
    this.stats.packets += 1;
    return stream.cipher.sealRtcp(data, length, index);
  }
}

/**
 * Opens what is received: RFC 3711 §3.3 and §3.4. Packets are decrypted in place, those that are refused stay as they
 * were. Replays are refused within a window of 128 packets and before it; tags are compared in constant time. A source
 * is remembered from its first genuine packet on. Until the first genuine packet under new keys, packets under
 * the keys before are taken too, because they are still on their way while the answer that changes them travels.
 * Both methods return the new length, 0 when refused: `fault` and `stats` say why. Never throws, whatever the bytes.
 * Hot path, no allocation but node:crypto's.
 */
export class SrtpReceiver extends SrtpContext {
  unprotectRtp(data: Uint8Array, length: number): number {
    const { current, previous } = this.keys;
    if (current === null) return this.refuse('unknown-profile');
    let opened = this.#openRtp(current, data, length);
    if (previous !== null && opened > 0) this.keys.forgetPrevious();
    else if (previous !== null && this.fault === 'bad-auth') opened = this.#openRtp(previous, data, length);
    if (opened === 0) return this.refuse(this.fault!);
    this.stats.packets += 1;
    return opened;
  }

  unprotectRtcp(data: Uint8Array, length: number): number {
    const { current, previous } = this.keys;
    if (current === null) return this.refuse('unknown-profile');
    let opened = this.#openRtcp(current, data, length);
    if (previous !== null && opened > 0) this.keys.forgetPrevious();
    else if (previous !== null && this.fault === 'bad-auth') opened = this.#openRtcp(previous, data, length);
    if (opened === 0) return this.refuse(this.fault!);
    this.stats.packets += 1;
    return opened;
  }

  #openRtp(keys: KeyedStreams, data: Uint8Array, length: number): number {
    const headerBytes = rtpHeaderBytes(data, length);
    if (headerBytes < 0 || headerBytes + keys.profile.rtpTagBytes > length) return this.#not('too-short');
    const stream = keys.find(readUint32(data, 8) | 0);
    if (stream === null) return this.#not('too-many-ssrcs');
    const sequence = (data[2]! << 8) | data[3]!;
    const isFirst = stream.rtp.highest < 0;
    let index = packetIndexOf(sequence, stream.rtp.highest);
    if (index < 0 || !stream.rtp.isFresh(index)) return this.#not('replayed');
    let opened = stream.cipher.openRtp(data, headerBytes, length, index);
    // RFC 3711 §3.3.1 leaves the rollover counter of a source that is heard late to signalling, and SDES has none. One
    // that began close before the wrap, while we did not listen yet, is understood by a second try with 1.
    if (opened < 0 && isFirst && sequence < 0x8000) {
      index = sequence + 0x1_0000;
      opened = stream.cipher.openRtp(data, headerBytes, length, index);
    }
    if (opened < 0) return this.#not('bad-auth');
    keys.keep(stream);
    stream.rtp.note(index);
    return opened;
  }

  #openRtcp(keys: KeyedStreams, data: Uint8Array, length: number): number {
    const { cipher, rtcpTagBytes } = keys.profile;
    if (length < rtcpHeaderBytes + rtcpIndexBytes + rtcpTagBytes || data[0]! >> 6 !== 2) return this.#not('too-short');
    const stream = keys.find(readUint32(data, 4) | 0);
    if (stream === null) return this.#not('too-many-ssrcs');
    // GCM has its index behind the tag (RFC 7714 §9.2), counter mode before it.
    const indexAt = length - rtcpIndexBytes - (cipher === 'gcm' ? 0 : rtcpTagBytes);
    const index = readUint32(data, indexAt) & 0x7fff_ffff;
    if (!stream.rtcp.isFresh(index)) return this.#not('replayed');
    const opened = stream.cipher.openRtcp(data, length);
    if (opened < 0) return this.#not('bad-auth');
    keys.keep(stream);
    stream.rtcp.note(index);
    return opened;
  }

  /** Not counted yet: the keys before may open it. */
  #not(fault: SrtpFault): 0 {
    this.fault = fault;
    return 0;
  }
}
