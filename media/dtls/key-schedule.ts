import { createHash, createHmac } from 'node:crypto';
import type { SrtpProfile } from '../srtp/profiles.js';

/** P_SHA256 of TLS 1.2: RFC 5246 §5. */
export function prf(secret: Uint8Array, label: string, seed: Uint8Array, bytes: number): Buffer {
  const labelled = Buffer.concat([Buffer.from(label, 'ascii'), seed]);
  const blocks: Buffer[] = [];
  let a = labelled;
  for (let made = 0; made < bytes; made += 32) {
    a = createHmac('sha256', secret).update(a).digest();
    blocks.push(createHmac('sha256', secret).update(a).update(labelled).digest());
  }
  return Buffer.concat(blocks).subarray(0, bytes);
}

export interface Randoms {
  readonly client: Uint8Array;
  readonly server: Uint8Array;
}

export function hashOf(transcript: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const message of transcript) hash.update(message);
  return hash.digest();
}

/**
 * RFC 7627 §4 where both sides have it, else RFC 5246 §8.1.
 * @param transcript  up to the ClientKeyExchange, that included
 */
export function masterSecret(
  shared: Uint8Array,
  { client, server }: Randoms,
  transcript: readonly Uint8Array[] | null,
): Buffer {
  return transcript === null
    ? prf(shared, 'master secret', Buffer.concat([client, server]), 48)
    : prf(shared, 'extended master secret', hashOf(transcript), 48);
}

/** What the records of one direction are protected with: RFC 5288 §3. */
export interface WriteKeys {
  readonly key: Buffer;
  readonly salt: Buffer;
}

/** RFC 5246 §6.3 for AES_128_GCM. */
export function recordKeys(
  master: Uint8Array,
  { client, server }: Randoms,
): { readonly client: WriteKeys; readonly server: WriteKeys } {
  const block = prf(master, 'key expansion', Buffer.concat([server, client]), 40);
  return {
    client: { key: block.subarray(0, 16), salt: block.subarray(32, 36) },
    server: { key: block.subarray(16, 32), salt: block.subarray(36, 40) },
  };
}

/** RFC 5246 §7.4.9. */
export function verifyData(master: Uint8Array, side: 'client' | 'server', transcript: readonly Uint8Array[]): Buffer {
  return prf(master, `${side} finished`, hashOf(transcript), 12);
}

/** Master key and salt of what each side sends: RFC 5764 §4.2. */
export function srtpKeys(
  master: Uint8Array,
  { client, server }: Randoms,
  { keyBytes, saltBytes }: SrtpProfile,
): { readonly client: Buffer; readonly server: Buffer } {
  const seed = Buffer.concat([client, server]);
  const block = prf(master, 'EXTRACTOR-dtls_srtp', seed, 2 * (keyBytes + saltBytes));
  const [keysEnd, saltsFrom] = [2 * keyBytes, 2 * keyBytes + saltBytes];
  return {
    client: Buffer.concat([block.subarray(0, keyBytes), block.subarray(keysEnd, saltsFrom)]),
    server: Buffer.concat([block.subarray(keyBytes, keysEnd), block.subarray(saltsFrom)]),
  };
}
