import type { LegReceiver } from './leg-receiver.js';
import type { LegSender } from './leg-sender.js';
import type { LegWire } from './leg-wire.js';
import type { QualitySummary } from './quality/report.js';
import type { RtcpReporter } from './rtcp/reporter.js';

/** What one leg's media did from `open` to now; plain data, because it crosses from the media host. */
export interface LegStats {
  readonly packetsReceived: number;
  readonly bytesReceived: number;
  readonly packetsLost: number;
  readonly packetsLate: number;
  readonly packetsDuplicate: number;
  /** From a source that is not the learned one, not RTP, of a payload type that was not agreed, or not genuine SRTP. */
  readonly packetsRefused: number;
  /** Of those refused: SRTP and SRTCP whose tag was wrong, or that came in the clear. */
  readonly srtpAuthFailures: number;
  /** Of those refused: SRTP and SRTCP that had come before, or too late to tell. */
  readonly srtpReplayed: number;
  /** Frames made up because a packet was missing at its beat. */
  readonly framesConcealed: number;
  readonly jitterMs: number;
  readonly packetsSent: number;
  readonly bytesSent: number;
  /** Of those sent: comfort noise in place of silence (RFC 3389). */
  readonly noiseSent: number;
  /** Packets not sent because three of the leg were still waiting for the kernel. */
  readonly sendDropped: number;
  /** From the peer's receiver reports; null before the first. */
  readonly remoteLostFraction: number | null;
  readonly roundTripMs: number | null;
  /** Second by second, in short; only of a leg that is closed. */
  readonly quality?: QualitySummary;
}

/** As of now. */
export function statsOf(wire: LegWire, receiver: LegReceiver, sender: LegSender, rtcp: RtcpReporter): LegStats {
  return {
    packetsReceived: receiver.packetsReceived,
    bytesReceived: receiver.bytesReceived,
    packetsLost: receiver.packetsLost,
    packetsLate: receiver.packetsLate,
    packetsDuplicate: receiver.packetsDuplicate,
    packetsRefused: wire.refused + receiver.packetsRefused + rtcp.faults,
    srtpAuthFailures: wire.srtp.authFailures,
    srtpReplayed: wire.srtp.replayed,
    framesConcealed: receiver.framesConcealed,
    jitterMs: receiver.source?.jitterMs ?? 0,
    packetsSent: sender.rtp.packetsSent,
    bytesSent: sender.rtp.bytesSent,
    noiseSent: sender.noiseSent,
    sendDropped: wire.pair.dropped,
    remoteLostFraction: rtcp.remoteLostFraction,
    roundTripMs: rtcp.roundTripMs,
  };
}
