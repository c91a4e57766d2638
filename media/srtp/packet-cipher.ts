import { CounterModeCipher, CounterModeKeys } from './counter-mode.js';
import { GcmCipher, GcmKeys } from './gcm.js';
import { deriveSessionKeys } from './keys.js';
import type { SrtpProfile } from './profiles.js';

/**
 * What a profile does to the packets of one source, in place. Lengths are in bytes and include what is added: the
 * caller sees to the room for it. Opening returns −1, and leaves the data as it was, where the tag is wrong; the data
 * has at least the bytes of header, tag and index.
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

/**
 * Makes the ciphers of one master key, one for each source.
 * @throws SrtpKeyError where key and salt have not the profile's length
 */
export function createCipherMaker(profile: SrtpProfile, keyAndSalt: Uint8Array): (ssrc: number) => PacketCipher {
  const derived = deriveSessionKeys(profile, keyAndSalt);
  if (profile.cipher === 'gcm') {
    const keys = new GcmKeys(derived);
    return (ssrc) => new GcmCipher(keys, ssrc);
  }
  const keys = new CounterModeKeys(derived, profile);
  return (ssrc) => new CounterModeCipher(keys, ssrc);
}
