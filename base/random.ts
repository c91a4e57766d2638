import { randomBytes } from 'node:crypto';

/** Randomness as everything in the project sees it: cryptographic in production, seeded in tests. */
export interface Random {
  /** `count` random bytes. */
  bytes(count: number): Buffer;
  /** A uniform integer in 0 … 2³²−1. */
  uint32(): number;
  /** `bytes(count)` as lowercase hex, where that is cheaper to make at once. */
  hex?(count: number): string;
}

const POOL_BYTES = 4096;

/** The operating system's randomness, drawn in pools because each call to the kernel costs microseconds. */
export function createRealRandom(): Random {
  let pool = randomBytes(POOL_BYTES);
  let used = 0;
  const bytes = (count: number): Buffer => {
    if (count > POOL_BYTES) return randomBytes(count);
    if (used + count > POOL_BYTES) {
      pool = randomBytes(POOL_BYTES);
      used = 0;
    }
    const taken = Buffer.from(pool.subarray(used, used + count));
    used += count;
    return taken;
  };
  const hex = (count: number): string => {
    if (used + count > POOL_BYTES) return bytes(count).toString('hex');
    used += count;
    return pool.toString('hex', used - count, used);
  };
  return { bytes, uint32: () => bytes(4).readUInt32LE(0), hex };
}

/** `count` random bytes as lowercase hex: tags, branches, nonces. */
export function randomHex(random: Random, count: number): string {
  return random.hex?.(count) ?? random.bytes(count).toString('hex');
}

/** `count` random bytes as URL-safe text: ids that a stranger must not guess need 16 or more. */
export function randomToken(random: Random, count = 16): string {
  return random.bytes(count).toString('base64url');
}

/** A fraction in [0, 1). */
export function randomFraction(random: Random): number {
  return random.uint32() / 0x1_0000_0000;
}

/** A random UUID: RFC 9562 §5.4. */
export function randomUuid(random: Random): string {
  const bytes = random.bytes(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
