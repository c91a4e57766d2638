import type { NativeSrtp } from '../../base/native-srtp.js';
import { CounterModeCipher, CounterModeKeys } from './counter-mode.js';
import { GcmCipher, GcmKeys } from './gcm.js';
import { deriveSessionKeys } from './keys.js';
import { openNativeCipher } from './native-cipher.js';
import type { SrtpProfile } from './profiles.js';

/**
 * What a profile does to the packets of one source, in place. Lengths are in bytes and include what is added: the
 * caller sees to the room for it. Opening returns −1, and leaves the data as it was, where the tag is wrong; the data
 * has at least the bytes of header, tag and index. Sealing may fail with 0, and the data is then of no use.
 */
export interface PacketCipher {
  /** @param index  of 48 bits: rollover counter and sequence number (RFC 3711 §3.3.1) */
  sealRtp(data: Uint8Array, headerBytes: number, length: number, index: number): number;
  openRtp(data: Uint8Array, headerBytes: number, length: number, index: number): number;
  /** @param index  of 31 bits (RFC 3711 §3.4) */
  sealRtcp(data: Uint8Array, length: number, index: number): number;
  /** Reads the index and the E bit from the packet itself: what is not encrypted needs a right tag all the same. */
  openRtcp(data: Uint8Array, length: number): number;
}

/** The ciphers of one master key. */
export interface CipherMaker {
  /** For one source. */
  make(ssrc: number): PacketCipher;
  /** Nothing of it, and none of its ciphers, may be used afterwards. */
  close(): void;
}

const nothingToClose = (): void => undefined;

/**
 * By the addon where there is one and it has room for more keys, else by node:crypto.
 * @throws SrtpKeyError where key and salt have not the profile's length
 */
export function createCipherMaker(
  profile: SrtpProfile,
  keyAndSalt: Uint8Array,
  native: NativeSrtp | null,
): CipherMaker {
  const derived = deriveSessionKeys(profile, keyAndSalt);
  const byAddon = native === null ? null : openNativeCipher(native, profile, derived);
  if (byAddon !== null) return byAddon;
  if (profile.cipher === 'gcm') {
    const keys = new GcmKeys(derived);
    return { make: (ssrc) => new GcmCipher(keys, ssrc), close: nothingToClose };
  }
  const keys = new CounterModeKeys(derived, profile);
  return { make: (ssrc) => new CounterModeCipher(keys, ssrc), close: nothingToClose };
}
