import type { Random } from '../../base/random.js';

/** Repeatable randomness (xorshift128): the same seed gives the same run. Never for production. */
export function createSeededRandom(seed = 1): Random {
  const state = new Uint32Array([seed || 1, 0x9e3779b9, 0x243f6a88, 0xb7e15162]);
  const uint32 = (): number => {
    let t = state[3]!;
    const s = state[0]!;
    state[3] = state[2]!;
    state[2] = state[1]!;
    state[1] = s;
    t ^= t << 11;
    t ^= t >>> 8;
    state[0] = t ^ s ^ (s >>> 19);
    return state[0]!;
  };
  const bytes = (count: number): Buffer => {
    const out = Buffer.alloc(count);
    for (let i = 0; i < count; i += 1) out[i] = uint32() & 0xff;
    return out;
  };
  for (let i = 0; i < 16; i += 1) uint32();
  return { bytes, uint32 };
}
