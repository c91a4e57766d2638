import { type Cipher, createCipheriv } from 'node:crypto';
import type { SessionKeys } from './keys.js';

const AES_BLOCK_BYTES = 16;
/** Of one packet; more than an MTU, and far below the 2¹⁶ of RFC 3711 §4.1.1. */
const MAX_CACHED_BLOCKS = 128;
const nothing = Buffer.alloc(0);

/** AES in counter mode under one session key: RFC 3711 §4.1.1, RFC 6188 §2. Shared by the streams of that key. */
export class CounterKey {
  readonly salt: Buffer;
  readonly #blockCipher: Cipher;

  constructor(keys: SessionKeys) {
    this.salt = keys.salt;
    this.#blockCipher = createCipheriv(`aes-${keys.cipherKey.length * 8}-ecb`, keys.cipherKey, null);
    this.#blockCipher.setAutoPadding(false);
  }

  encrypt(counters: Buffer): Buffer {
    return this.#blockCipher.update(counters);
  }
}

/**
 * The keystream of one source: RFC 3711 §4.1.1. What a packet is encrypted with depends on its number alone, so the
 * keystream of `packetsAhead` packets is made at once: that is one call into node:crypto for all of them. Holds the
 * keystream of these packets, at most 16 KB; a longer packet than 2 KB has its keystream made for itself.
 */
export class Keystream {
  readonly #key: CounterKey;
  readonly #packetsAhead: number;
  /** Salt and SSRC: what all counters of the source have in common. */
  readonly #prefix: Buffer;
  #counters: Buffer = nothing;
  #blocksPerPacket = 0;
  #firstIndex = -1;
  #stream: Buffer = nothing;

  constructor(key: CounterKey, ssrc: number, packetsAhead: number) {
    this.#key = key;
    this.#packetsAhead = packetsAhead;
    this.#prefix = Buffer.alloc(AES_BLOCK_BYTES);
    this.#prefix.set(key.salt);
    this.#prefix.writeUInt32BE((this.#prefix.readUInt32BE(4) ^ ssrc) >>> 0, 4);
  }

  /** Encrypts or decrypts `data` between two offsets in place, as the packet of that index (48 bits). */
  apply(data: Uint8Array, from: number, to: number, index: number): void {
    const blocks = (to - from + AES_BLOCK_BYTES - 1) >> 4;
    if (blocks === 0) return;
    let ahead = index - this.#firstIndex;
    if (this.#firstIndex < 0 || ahead < 0 || ahead >= this.#packetsAhead || blocks > this.#blocksPerPacket) {
      if (blocks > MAX_CACHED_BLOCKS) {
        this.#applyOnce(data, from, to, index);
        return;
      }
      this.#make(index, blocks);
      ahead = 0;
    }
    xor(data, from, to, this.#stream, ahead * this.#blocksPerPacket * AES_BLOCK_BYTES);
  }

  #make(index: number, blocks: number): void {
    if (blocks > this.#blocksPerPacket) {
      this.#blocksPerPacket = blocks;
      this.#counters = this.#layOut(this.#packetsAhead, blocks);
    }
    for (let packet = 0; packet < this.#packetsAhead; packet += 1) {
      this.#number(this.#counters, packet * this.#blocksPerPacket, this.#blocksPerPacket, index + packet);
    }
    this.#stream = this.#key.encrypt(this.#counters);
    this.#firstIndex = index;
  }

  #applyOnce(data: Uint8Array, from: number, to: number, index: number): void {
    const blocks = (to - from + AES_BLOCK_BYTES - 1) >> 4;
    const counters = this.#layOut(1, blocks);
    this.#number(counters, 0, blocks, index);
    xor(data, from, to, this.#key.encrypt(counters), 0);
  }

  /** IV = (salt · 2¹⁶) ⊕ (SSRC · 2⁶⁴) ⊕ (index · 2¹⁶), counted up in its last 16 bits: all but the index. */
  #layOut(packets: number, blocks: number): Buffer {
    const counters = Buffer.alloc(packets * blocks * AES_BLOCK_BYTES);
    for (let i = 0; i < packets * blocks; i += 1) {
      counters.set(this.#prefix, i * AES_BLOCK_BYTES);
      counters.writeUInt16BE(i % blocks, (i + 1) * AES_BLOCK_BYTES - 2);
    }
    return counters;
  }

  /** The index of one packet into all its counters. */
  #number(counters: Buffer, firstBlock: number, blocks: number, index: number): void {
    const prefix = this.#prefix;
    const high = Math.floor(index / 0x1_0000);
    const low = index % 0x1_0000;
    for (let block = 0, at = firstBlock * AES_BLOCK_BYTES; block < blocks; block += 1, at += AES_BLOCK_BYTES) {
      counters[at + 8] = prefix[8]! ^ (high >>> 24);
      counters[at + 9] = prefix[9]! ^ (high >>> 16);
      counters[at + 10] = prefix[10]! ^ (high >>> 8);
      counters[at + 11] = prefix[11]! ^ high;
      counters[at + 12] = prefix[12]! ^ (low >>> 8);
      counters[at + 13] = prefix[13]! ^ low;
    }
  }
}

function xor(data: Uint8Array, from: number, to: number, stream: Uint8Array, streamFrom: number): void {
  for (let at = from, k = streamFrom; at < to; at += 1, k += 1) data[at]! ^= stream[k]!;
}
