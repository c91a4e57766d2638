const BLOCK_BYTES = 64;
const DIGEST_WORDS = 5;
/** Of a block that has the length in its last 8 bytes. */
const LENGTH_AT = 56;

const initialState = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);

// Scratch of the thread, filled anew by each call: no call is interrupted by another one.
const words = new Int32Array(80);
const state = new Int32Array(DIGEST_WORDS);
const tail = new Uint8Array(2 * BLOCK_BYTES);

/**
 * HMAC-SHA1 (RFC 2104) of packets, for the tags of RFC 3711 §4.2.1. Both halves of the key are hashed once, so a packet
 * costs its own blocks and one more. SHA-1 has neither branches nor look-ups that depend on what is hashed, so it tells
 * nothing by its time. docs/adr/0014-own-srtp.md says why this is not `createHmac`. Hot path, no allocation.
 */
export class HmacSha1 {
  readonly #inner = new Int32Array(DIGEST_WORDS);
  readonly #outer = new Int32Array(DIGEST_WORDS);

  /** @param key  at most 64 bytes; those of SRTP have 20 */
  constructor(key: Uint8Array) {
    startWith(key, 0x36);
    this.#inner.set(state);
    startWith(key, 0x5c);
    this.#outer.set(state);
  }

  /**
   * The code of `length` bytes of `data` and, with `trailer` 0 or more, of its four bytes behind them (the rollover
   * counter); −1 is no trailer. Writes the first `tagBytes` of it into `out` at `offset`, which may be in `data`.
   */
  sign(data: Uint8Array, length: number, trailer: number, out: Uint8Array, offset: number, tagBytes: number): void {
    this.#compute(data, length, trailer);
    for (let i = 0; i < tagBytes; i += 1) out[offset + i] = state[i >> 2]! >>> (24 - 8 * (i & 3));
  }

  /** Whether `tagBytes` of `tag` at `offset` are those that `sign` writes. Looks at all of them, whatever they are. */
  verify(
    data: Uint8Array,
    length: number,
    trailer: number,
    tag: Uint8Array,
    offset: number,
    tagBytes: number,
  ): boolean {
    this.#compute(data, length, trailer);
    let different = 0;
    for (let i = 0; i < tagBytes; i += 1) {
      different |= tag[offset + i]! ^ ((state[i >> 2]! >>> (24 - 8 * (i & 3))) & 0xff);
    }
    return different === 0;
  }

  #compute(data: Uint8Array, length: number, trailer: number): void {
    copyState(this.#inner);
    let at = 0;
    for (; at + BLOCK_BYTES <= length; at += BLOCK_BYTES) absorb(data, at);
    absorbTail(data, at, length, trailer);
    for (let i = 0; i < DIGEST_WORDS; i += 1) words[i] = state[i]!;
    words[DIGEST_WORDS] = 0x8000_0000 | 0;
    for (let i = DIGEST_WORDS + 1; i < 15; i += 1) words[i] = 0;
    words[15] = (BLOCK_BYTES + DIGEST_WORDS * 4) * 8;
    copyState(this.#outer);
    compress();
  }
}

function startWith(key: Uint8Array, pad: number): void {
  const block = new Uint8Array(BLOCK_BYTES).fill(pad);
  for (let i = 0; i < key.length; i += 1) block[i]! ^= key[i]!;
  copyState(initialState);
  absorb(block, 0);
}

function copyState(from: Int32Array): void {
  for (let i = 0; i < DIGEST_WORDS; i += 1) state[i] = from[i]!;
}

/** What is left of the data, the trailer, and the padding of FIPS 180-4 with the length in bits. */
function absorbTail(data: Uint8Array, from: number, length: number, trailer: number): void {
  let at = 0;
  for (let i = from; i < length; i += 1, at += 1) tail[at] = data[i]!;
  let hashedBytes = BLOCK_BYTES + length;
  if (trailer >= 0) {
    tail[at] = trailer >>> 24;
    tail[at + 1] = trailer >>> 16;
    tail[at + 2] = trailer >>> 8;
    tail[at + 3] = trailer;
    at += 4;
    hashedBytes += 4;
  }
  tail[at] = 0x80;
  const blocks = at < LENGTH_AT ? 1 : 2;
  for (at += 1; at < blocks * BLOCK_BYTES; at += 1) tail[at] = 0;
  const bits = hashedBytes * 8;
  for (let i = 1; i <= 4; i += 1) tail[blocks * BLOCK_BYTES - i] = bits >>> (8 * (i - 1));
  absorb(tail, 0);
  if (blocks === 2) absorb(tail, BLOCK_BYTES);
}

function absorb(data: Uint8Array, from: number): void {
  for (let i = 0, at = from; i < 16; i += 1, at += 4) {
    words[i] = (data[at]! << 24) | (data[at + 1]! << 16) | (data[at + 2]! << 8) | data[at + 3]!;
  }
  compress();
}

/** FIPS 180-4 §6.1.2: one block, in `words`, into `state`. Four loops, because one that asks each time takes 1.5 times as long. */
function compress(): void {
  for (let i = 16; i < 80; i += 1) {
    const mixed = words[i - 3]! ^ words[i - 8]! ^ words[i - 14]! ^ words[i - 16]!;
    words[i] = (mixed << 1) | (mixed >>> 31);
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  for (let i = 0; i < 20; i += 1) {
    const next = (((a << 5) | (a >>> 27)) + (d ^ (b & (c ^ d))) + 0x5a827999 + e + words[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let i = 20; i < 40; i += 1) {
    const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + 0x6ed9eba1 + e + words[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let i = 40; i < 60; i += 1) {
    const next = (((a << 5) | (a >>> 27)) + ((b & c) | (d & (b | c))) + 0x8f1bbcdc + e + words[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let i = 60; i < 80; i += 1) {
    const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + 0xca62c1d6 + e + words[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  state[0] = (state[0]! + a) | 0;
  state[1] = (state[1]! + b) | 0;
  state[2] = (state[2]! + c) | 0;
  state[3] = (state[3]! + d) | 0;
  state[4] = (state[4]! + e) | 0;
}
