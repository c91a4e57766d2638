import { readUint32, writeUint32 } from '../rtp/packet.js';
import { rtcpHeaderBytes, rtcpIndexBytes } from './framing.js';
import { HmacSha1 } from './hmac-sha1.js';
import type { SrtpSessionKeys } from './keys.js';
import { CounterKey, Keystream } from './keystream.js';
import type { PacketCipher } from './packet-cipher.js';
import type { SrtpProfile } from './profiles.js';

/** One call into node:crypto for so many packets; docs/adr/0014-own-srtp.md has what it saves. */
const RTP_PACKETS_AHEAD = 8;

const NO_TRAILER = -1;

/** What all sources of one master key share. */
export class CounterModeKeys {
  readonly rtp: CounterKey;
  readonly rtcp: CounterKey;
  readonly rtpHmac: HmacSha1;
  readonly rtcpHmac: HmacSha1;
  readonly rtpTagBytes: number;
  readonly rtcpTagBytes: number;

  constructor(keys: SrtpSessionKeys, profile: SrtpProfile) {
    this.rtp = new CounterKey(keys.rtp);
    this.rtcp = new CounterKey(keys.rtcp);
    this.rtpHmac = new HmacSha1(keys.rtp.authKey);
    this.rtcpHmac = new HmacSha1(keys.rtcp.authKey);
    this.rtpTagBytes = profile.rtpTagBytes;
    this.rtcpTagBytes = profile.rtcpTagBytes;
  }
}

/**
 * AES in counter mode with HMAC-SHA1: RFC 3711 §3.1, §3.4, §4.1.1 and §4.2, RFC 6188. A packet is checked before it is
 * decrypted. Hot path: allocates nothing but one buffer of node:crypto for every 8 packets.
 */
export class CounterModeCipher implements PacketCipher {
  readonly #keys: CounterModeKeys;
  readonly #rtp: Keystream;
  readonly #rtcp: Keystream;

  constructor(keys: CounterModeKeys, ssrc: number) {
    this.#keys = keys;
    this.#rtp = new Keystream(keys.rtp, ssrc, RTP_PACKETS_AHEAD);
    this.#rtcp = new Keystream(keys.rtcp, ssrc, 1);
  }

  sealRtp(data: Uint8Array, headerBytes: number, length: number, index: number): number {
    const { rtpHmac, rtpTagBytes } = this.#keys;
    this.#rtp.apply(data, headerBytes, length, index);
    rtpHmac.sign(data, length, Math.floor(index / 0x1_0000), data, length, rtpTagBytes);
    return length + rtpTagBytes;
  }

  openRtp(data: Uint8Array, headerBytes: number, length: number, index: number): number {
    const { rtpHmac, rtpTagBytes } = this.#keys;
    const signedBytes = length - rtpTagBytes;
    if (!rtpHmac.verify(data, signedBytes, Math.floor(index / 0x1_0000), data, signedBytes, rtpTagBytes)) return -1;
    this.#rtp.apply(data, headerBytes, signedBytes, index);
    return signedBytes;
  }

  /** RFC 3711 §3.4: header | encrypted | E and index | tag. */
  sealRtcp(data: Uint8Array, length: number, index: number): number {
    const { rtcpHmac, rtcpTagBytes } = this.#keys;
    this.#rtcp.apply(data, rtcpHeaderBytes, length, index);
    writeUint32(data, length, index | 0x8000_0000);
    const signedBytes = length + rtcpIndexBytes;
    rtcpHmac.sign(data, signedBytes, NO_TRAILER, data, signedBytes, rtcpTagBytes);
    return signedBytes + rtcpTagBytes;
  }

  openRtcp(data: Uint8Array, length: number): number {
    const { rtcpHmac, rtcpTagBytes } = this.#keys;
    const signedBytes = length - rtcpTagBytes;
    if (!rtcpHmac.verify(data, signedBytes, NO_TRAILER, data, signedBytes, rtcpTagBytes)) return -1;
    const plainBytes = signedBytes - rtcpIndexBytes;
    const word = readUint32(data, plainBytes);
    if (word >= 0x8000_0000) this.#rtcp.apply(data, rtcpHeaderBytes, plainBytes, word & 0x7fff_ffff);
    return plainBytes;
  }
}
