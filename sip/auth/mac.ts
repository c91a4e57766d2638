import * as crypto from 'node:crypto';

const BLOCK_BYTES = 64;

/** The key in the two forms that HMAC mixes into its two hashes: RFC 2104 §2. Keys are at most a block long. */
function padded(key: Uint8Array, byte: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES, byte);
  for (let at = 0; at < key.length; at += 1) block[at]! ^= key[at]!;
  return block;
}

/**
 * HMAC-SHA-256 (RFC 2104 §2) of short UTF-8 texts under one key of at most 64 bytes, as lowercase hex. As two one-shot
 * hashes it costs a third of node:crypto's Hmac, whose object is made anew for every text; that one serves where
 * `crypto.hash` is missing (before Node 20.12).
 */
export function createMac(key: Uint8Array): (text: string) => string {
  if (typeof crypto.hash !== 'function') {
    return (text) => crypto.createHmac('sha256', key).update(text, 'utf8').digest('hex');
  }
  const outer = Buffer.concat([padded(key, 0x5c), Buffer.alloc(32)]);
  const start = padded(key, 0x36);
  // Texts of one user have one length: the buffer of the last one serves the next.
  let inner = start;
  return (text) => {
    const bytes = BLOCK_BYTES + Buffer.byteLength(text);
    if (inner.length !== bytes) {
      inner = Buffer.allocUnsafeSlow(bytes);
      inner.set(start);
    }
    inner.write(text, BLOCK_BYTES);
    outer.write(crypto.hash('sha256', inner, 'hex'), BLOCK_BYTES, 'hex');
    return crypto.hash('sha256', outer, 'hex');
  };
}
