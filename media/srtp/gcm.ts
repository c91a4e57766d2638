import { type CipherGCMTypes, createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { readUint32, writeUint32 } from '../rtp/packet.js';
import { rtcpHeaderBytes, rtcpIndexBytes } from './framing.js';
import type { SessionKeys, SrtpSessionKeys } from './keys.js';
import type { PacketCipher } from './packet-cipher.js';

const TAG_BYTES = 16;
const IV_BYTES = 12;

const nothing = Buffer.alloc(0);
/** Associated data of an encrypted SRTCP packet; scratch of the thread. */
const rtcpAssociated = Buffer.alloc(rtcpHeaderBytes + rtcpIndexBytes);

interface GcmKey {
  readonly algorithm: CipherGCMTypes;
  readonly key: KeyObject;
  readonly salt: Buffer;
}

/** What all sources of one master key share. */
export class GcmKeys {
  readonly rtp: GcmKey;
  readonly rtcp: GcmKey;

  constructor(keys: SrtpSessionKeys) {
    this.rtp = gcmKey(keys.rtp);
    this.rtcp = gcmKey(keys.rtcp);
  }
}

function gcmKey({ cipherKey, salt }: SessionKeys): GcmKey {
  return {
    algorithm: cipherKey.length === 32 ? 'aes-256-gcm' : 'aes-128-gcm',
    key: createSecretKey(cipherKey),
    salt,
  };
}

/**
 * AES-GCM: RFC 7714. node:crypto has no way to give a cipher another IV, so each packet makes one: its allocations are
 * node's, ours are views. docs/adr/0014-own-srtp.md has the figures. What is decrypted is copied into the
 * packet only when its tag was right.
 */
export class GcmCipher implements PacketCipher {
  readonly #keys: GcmKeys;
  readonly #ssrc: number;
  readonly #iv = Buffer.alloc(IV_BYTES);

  constructor(keys: GcmKeys, ssrc: number) {
    this.#keys = keys;
    this.#ssrc = ssrc;
  }

  sealRtp(data: Uint8Array, headerBytes: number, length: number, index: number): number {
    const key = this.#keys.rtp;
    this.#writeIv(key.salt, index);
    return this.#seal(key, data, headerBytes, length, data.subarray(0, headerBytes));
  }

  openRtp(data: Uint8Array, headerBytes: number, length: number, index: number): number {
    const key = this.#keys.rtp;
    this.#writeIv(key.salt, index);
    const end = length - TAG_BYTES;
    return this.#open(key, data, headerBytes, end, data.subarray(0, headerBytes)) ? end : -1;
  }

  /** RFC 7714 §9.2: header | encrypted | tag | E and index. */
  sealRtcp(data: Uint8Array, length: number, index: number): number {
    const key = this.#keys.rtcp;
    this.#writeIv(key.salt, index);
    rtcpAssociated.set(data.subarray(0, rtcpHeaderBytes));
    writeUint32(rtcpAssociated, rtcpHeaderBytes, index | 0x8000_0000);
    const end = this.#seal(key, data, rtcpHeaderBytes, length, rtcpAssociated);
    writeUint32(data, end, index | 0x8000_0000);
    return end + rtcpIndexBytes;
  }

  openRtcp(data: Uint8Array, length: number): number {
    const key = this.#keys.rtcp;
    const indexAt = length - rtcpIndexBytes;
    const end = indexAt - TAG_BYTES;
    const word = readUint32(data, indexAt);
    this.#writeIv(key.salt, word & 0x7fff_ffff);
    if (word >= 0x8000_0000) {
      rtcpAssociated.set(data.subarray(0, rtcpHeaderBytes));
      writeUint32(rtcpAssociated, rtcpHeaderBytes, word);
      return this.#open(key, data, rtcpHeaderBytes, end, rtcpAssociated) ? end : -1;
    }
    // RFC 7714 §9.3: what is only authenticated is all associated data, with the index behind it.
    const associated = Buffer.alloc(end + rtcpIndexBytes);
    associated.set(data.subarray(0, end));
    writeUint32(associated, end, word);
    return this.#open(key, data, end, end, associated) ? end : -1;
  }

  #seal(key: GcmKey, data: Uint8Array, from: number, to: number, associated: Uint8Array): number {
    const cipher = createCipheriv(key.algorithm, key.key, this.#iv);
    cipher.setAAD(associated);
    const sealed = cipher.update(data.subarray(from, to));
    cipher.final();
    data.set(sealed, from);
    data.set(cipher.getAuthTag(), to);
    return to + TAG_BYTES;
  }

  /** The tag stands behind what is encrypted. */
  #open(key: GcmKey, data: Uint8Array, from: number, to: number, associated: Uint8Array): boolean {
    const decipher = createDecipheriv(key.algorithm, key.key, this.#iv);
    decipher.setAAD(associated);
    decipher.setAuthTag(data.subarray(to, to + TAG_BYTES));
    const opened = from === to ? nothing : decipher.update(data.subarray(from, to));
    try {
      decipher.final();
    } catch {
      return false;
    }
    data.set(opened, from);
    return true;
  }

  /** RFC 7714 §8.1 and §9.1: 16 zero bits, SSRC, 48 bits of index, all ⊕ salt. */
  #writeIv(salt: Buffer, index: number): void {
    const iv = this.#iv;
    writeUint32(iv, 2, this.#ssrc);
    writeUint32(iv, 6, Math.floor(index / 0x1_0000));
    iv[10] = (index % 0x1_0000) >>> 8;
    iv[11] = index % 0x1_0000;
    iv[0] = 0;
    iv[1] = 0;
    for (let i = 0; i < IV_BYTES; i += 1) iv[i]! ^= salt[i]!;
  }
}
