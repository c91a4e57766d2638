/** The answer of a peer that takes an offer as it is: the same lines with the peer's port. */
export function mirrored(offer: string, port: number): string {
  return offer
    .split('\r\n')
    .filter((line) => !line.startsWith('a=rtcp:'))
    .map((line) => line.replace(/^m=audio \d+/, `m=audio ${port}`))
    .join('\r\n');
}

/** The first number of the m-line. */
export function payloadTypeOf(sdp: string): number {
  return Number(/^m=audio \d+ \S+ (\d+)/m.exec(sdp)?.[1] ?? -1);
}

/** 20 unless a codec has frames of 30 ms alone (RFC 3952 §5). */
export function frameMsOf(sdp: string): number {
  return /^a=fmtp:\d+ .*mode=30/m.test(sdp) || /^a=ptime:30/m.test(sdp) ? 30 : 20;
}
