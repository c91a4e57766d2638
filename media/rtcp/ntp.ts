/** Seconds from 1900, where NTP counts from (RFC 3550 §4), to 1970. */
const NTP_EPOCH_SECONDS = 2_208_988_800;
const TWO_TO_32 = 0x1_0000_0000;
/** A longer round trip is no measurement: the peer has put together what does not belong together. */
const LONGEST_ROUND_TRIP_MS = 60_000;
/** Clocks are read in steps, so that a short round trip may come out below zero; more than this below is nonsense. */
const CLOCK_STEP_MS = 50;

/** NTP time as two words, RFC 3550 §4: whole seconds, and a fraction in 1/2³². */
export function ntpSecondsOf(epochMs: number): number {
  return (Math.floor(epochMs / 1000) + NTP_EPOCH_SECONDS) % TWO_TO_32;
}

export function ntpFractionOf(epochMs: number): number {
  return Math.floor(((epochMs - Math.floor(epochMs / 1000) * 1000) / 1000) * TWO_TO_32);
}

/** The middle 32 bits of an NTP time, in 1/65536 s. */
export function ntpMiddleOf(seconds: number, fraction: number): number {
  return ((seconds << 16) | (fraction >>> 16)) >>> 0;
}

/** A delay as LSR's companion tells it, in 1/65536 s. */
export function ntpDelayOf(ms: number): number {
  return Math.round((ms * 65_536) / 1000) >>> 0;
}

/**
 * RFC 3550 §6.4.1, RFC 3611 §4.5: round trip = arrival − last report − delay since it, all middle NTP words.
 * @returns milliseconds; −1 where the peer's words make no sense
 */
export function roundTripOf(arrival: number, lastReport: number, delaySince: number): number {
  const roundTripMs = (((arrival - lastReport - delaySince) | 0) * 1000) / 65_536;
  if (roundTripMs > LONGEST_ROUND_TRIP_MS || roundTripMs < -CLOCK_STEP_MS) return -1;
  return Math.max(0, roundTripMs);
}
