/** How far `a` is ahead of `b` on the 16-bit line that wraps: −32768 … 32767 (RFC 3550 §5.1). */
export function sequenceDelta(a: number, b: number): number {
  return ((a - b) << 16) >> 16;
}

/** How far `a` is ahead of `b` on the 32-bit line that wraps, in ticks: −2³¹ … 2³¹−1 (RFC 3550 §5.1). */
export function timestampDelta(a: number, b: number): number {
  return (a - b) | 0;
}
