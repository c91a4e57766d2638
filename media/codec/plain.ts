const MIN_PTIME_MS = 10;
const MAX_PTIME_MS = 60;

/** What the rows of codecs without parameters have in common: nothing in `a=fmtp`, packets of 10 to 60 ms. */
export const plain = {
  /** A datagram on a network with an MTU of 1500. */
  maxReceivedBytes: 1500,
  ownFmtp: (): string | null => null,
  agree: (): string => '',
  ptimeMs: (_parameters: string, wantedMs: number, mostMs: number): number => tens(wantedMs, mostMs, MAX_PTIME_MS),
};

/** Within what is wanted, borne and possible, in steps of 10 ms; 10 where that is too short. */
export function tens(wantedMs: number, mostMs: number, longestMs: number): number {
  return Math.max(MIN_PTIME_MS, Math.floor(Math.min(wantedMs, mostMs, longestMs) / 10) * 10);
}
