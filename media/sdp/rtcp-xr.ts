/** The report blocks of RFC 3611 that both sides of a leg may send each other. */
export interface RtcpXr {
  /** RFC 3611 §4.7. */
  readonly voipMetrics: boolean;
  /** Receivers' reference times are answered (RFC 3611 §4.4, §4.5). */
  readonly roundTrip: boolean;
}

/** Whether we ask for it in offers of ours too, or only tell those who ask. */
export type RtcpXrPolicy = 'off' | 'answer' | 'offer';

export const everyBlock: RtcpXr = { voipMetrics: true, roundTrip: true };

/**
 * The value of `a=rtcp-xr` among a level's lines, RFC 3611 §5.1: what its writer wants to be sent. Formats that are not
 * known, and what is not understood, are passed over. Null: no such line; a line without formats asks for nothing.
 */
export function readRtcpXr(lines: readonly string[]): RtcpXr | null {
  const line = lines.find((each) => /^a=rtcp-xr(?::|$)/.test(each));
  if (line === undefined) return null;
  const formats = line.slice('a=rtcp-xr:'.length).split(' ');
  return {
    voipMetrics: formats.includes('voip-metrics'),
    roundTrip: formats.some((format) => /^rcvr-rtt=(?:all|sender)(?::\d+)?$/.test(format)),
  };
}

/** The attribute; null when there is nothing to ask for. */
export function rtcpXrAttribute(xr: RtcpXr | null): string | null {
  if (xr === null || !(xr.voipMetrics || xr.roundTrip)) return null;
  const formats = [...(xr.roundTrip ? ['rcvr-rtt=all'] : []), ...(xr.voipMetrics ? ['voip-metrics'] : [])];
  return `rtcp-xr:${formats.join(' ')}`;
}
