import type { NativeUdp } from './native-udp.js';

/**
 * SRTP of the addon, on Node's own OpenSSL; native/src/srtp.h says what each function does. Packets are changed in place.
 * A handle belongs to the thread that it was made in. Wrong arguments, and handles that are none or were closed, throw a
 * TypeError; packets have at most 65,536 bytes. Nothing is allocated for one.
 */
export interface NativeSrtp {
  /**
   * @param rtpTagBytes  16: AES-GCM; else AES in counter mode with HMAC-SHA1
   * @param rtpKeys  cipher key, authentication key (20 bytes; none for GCM) and salt, one behind the other
   * @returns a handle, or −1: there are 16,384 in the thread, or OpenSSL would not
   */
  srtpOpen(cipherKeyBytes: number, rtpTagBytes: number, rtpKeys: Uint8Array, rtcpKeys: Uint8Array): number;
  /** Zeroes the keys. */
  srtpClose(handle: number): void;
  /**
   * @param rollovers  the rollover counter, as an Int32
   * @returns the length with the tag, or −1 where OpenSSL failed
   */
  srtpSealRtp(handle: number, data: Uint8Array, headerBytes: number, length: number, rollovers: number): number;
  /** @returns the length without the tag, or −1: the tag is wrong, and the data as it was */
  srtpOpenRtp(handle: number, data: Uint8Array, headerBytes: number, length: number, rollovers: number): number;
  /** @param index  of 31 bits */
  srtpSealRtcp(handle: number, data: Uint8Array, length: number, index: number): number;
  srtpOpenRtcp(handle: number, data: Uint8Array, length: number): number;
}

/** Null on a Node that does not give OpenSSL to addons, or not version 3 of it. */
export function nativeSrtpOf(addon: NativeUdp): NativeSrtp | null {
  return addon.hasSrtp ? addon : null;
}
