import { createCipheriv } from 'node:crypto';
import { AppError } from '../../base/errors.js';
import type { SrtpProfile } from './profiles.js';

/** The keys of one direction and protocol. Never to be logged. */
export interface SessionKeys {
  readonly cipherKey: Buffer;
  /** Empty where the cipher authenticates by itself. */
  readonly authKey: Buffer;
  /** As long as the profile's master salt. */
  readonly salt: Buffer;
}

/** What one master key gives. */
export interface SrtpSessionKeys {
  readonly rtp: SessionKeys;
  readonly rtcp: SessionKeys;
}

/** A master key of the wrong length: the caller's mistake, as SDES and DTLS are read with their lengths checked. */
export class SrtpKeyError extends AppError {
  readonly code = 'BAD_SRTP_KEY';
}

const AUTH_KEY_BYTES = 20;
/** RFC 3711 §4.3.1: of the salt that goes into the derivation. */
const DERIVATION_SALT_BYTES = 14;
const LABEL_AT = 7;

/** RFC 3711 §4.3.1 and §4.3.2: what a derived key is for. */
export const keyLabels = {
  rtpCipher: 0,
  rtpAuth: 1,
  rtpSalt: 2,
  rtcpCipher: 3,
  rtcpAuth: 4,
  rtcpSalt: 5,
} as const;

/**
 * Derives the session keys of a master key and salt: RFC 3711 §4.3 with a key derivation rate of 0, that is once and
 * for all packets; RFC 6188 §3 for keys of 256 bits; RFC 7714 §11 for GCM.
 * @param keyAndSalt  the profile's keyBytes and saltBytes, one behind the other, as SDES carries them
 * @throws SrtpKeyError where the length is not the profile's
 */
export function deriveSessionKeys(profile: SrtpProfile, keyAndSalt: Uint8Array): SrtpSessionKeys {
  const { keyBytes, saltBytes } = profile;
  if (keyAndSalt.length !== keyBytes + saltBytes)
    throw new SrtpKeyError(`${profile.name} takes ${keyBytes + saltBytes} bytes of key and salt`);
  const key = keyAndSalt.subarray(0, keyBytes);
  const salt = keyAndSalt.subarray(keyBytes);
  const authKeyBytes = profile.cipher === 'gcm' ? 0 : AUTH_KEY_BYTES;
  return {
    rtp: {
      cipherKey: deriveKey(key, salt, keyLabels.rtpCipher, keyBytes),
      authKey: deriveKey(key, salt, keyLabels.rtpAuth, authKeyBytes),
      salt: deriveKey(key, salt, keyLabels.rtpSalt, saltBytes),
    },
    rtcp: {
      cipherKey: deriveKey(key, salt, keyLabels.rtcpCipher, keyBytes),
      authKey: deriveKey(key, salt, keyLabels.rtcpAuth, authKeyBytes),
      salt: deriveKey(key, salt, keyLabels.rtcpSalt, saltBytes),
    },
  };
}

/**
 * One derived key: RFC 3711 §4.3.1 with §4.3.3's function, AES in counter mode. A salt of 96 bits is filled with zeros
 * on the right (RFC 7714 §11).
 */
export function deriveKey(masterKey: Uint8Array, masterSalt: Uint8Array, label: number, bytes: number): Buffer {
  const counter = Buffer.alloc(16);
  counter.set(masterSalt.subarray(0, DERIVATION_SALT_BYTES));
  counter[LABEL_AT]! ^= label;
  return createCipheriv(`aes-${masterKey.length * 8}-ctr`, masterKey, counter).update(Buffer.alloc(bytes));
}
