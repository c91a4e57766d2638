import type { Clock } from '../../base/clock.js';
import type { Random } from '../../base/random.js';
import type { ReceiverStats } from '../rtp/receiver-stats.js';
import { parseRtcp, type ReportBlock, type RtcpPacket, writeRtcp } from './packet.js';
import { RtcpSchedule } from './schedule.js';

/** Seconds from 1900, where NTP counts from (RFC 3550 §4), to 1970. */
const NTP_EPOCH_SECONDS = 2_208_988_800;
const TWO_TO_32 = 0x1_0000_0000;

export interface RtcpReporterOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly ssrc: number;
  readonly cname: string;
}

/** Our own sending, as a sender report tells it. */
export interface SendingFigures {
  readonly rtpTimestamp: number;
  readonly packetsSent: number;
  readonly bytesSent: number;
}

/**
 * One leg's RTCP: what we say (SR or RR, SDES CNAME, BYE) and what we learn from what the peer says (its loss, the
 * round-trip time). RFC 3550 §6.
 */
export class RtcpReporter {
  readonly schedule: RtcpSchedule;
  /** From the peer's report about us, 0 … 1; null before the first. */
  remoteLostFraction: number | null = null;
  roundTripMs: number | null = null;
  /** Datagrams that were not RTCP. */
  faults = 0;
  readonly #ssrc: number;
  readonly #cname: string;
  readonly #epochOffsetMs: number;
  /** The newest SR, for LSR and DLSR (RFC 3550 §6.4.1). */
  #srSsrc = -1;
  #srMiddle = 0;
  #srArrivalMs = 0;
  /** Packets sent and received up to the last report, and sent up to the one before. */
  #sentAtReport = 0;
  #sentAtReportBefore = 0;
  #receivedAtReport = 0;
  #receivedFrom = -1;

  constructor(options: RtcpReporterOptions) {
    this.schedule = new RtcpSchedule(options.random);
    this.#ssrc = options.ssrc >>> 0;
    this.#cname = options.cname;
    this.#epochOffsetMs = options.clock.epochMs() - options.clock.nowMs();
  }

  /** Takes one datagram from the peer; false when it is not RTCP. */
  receive(data: Uint8Array, length: number, nowMs: number): boolean {
    const compound = parseRtcp(data, length);
    if (!compound.ok) {
      this.faults += 1;
      return false;
    }
    this.schedule.received(length);
    for (const packet of compound.value) {
      if (packet.type === 'sr') {
        this.#srSsrc = packet.ssrc;
        this.#srMiddle = middleOf(packet.ntpSeconds, packet.ntpFraction);
        this.#srArrivalMs = nowMs;
      }
      if (packet.type === 'sr' || packet.type === 'rr') this.#readBlocks(packet.reports, nowMs);
    }
    return true;
  }

  /**
   * Writes one compound packet (RFC 3550 §6.1) and begins the next interval.
   * @param source what we hear, null while nobody was heard
   * @param bye the last packet of the leg (RFC 3550 §6.6)
   * @returns its bytes
   */
  write(
    out: Uint8Array,
    nowMs: number,
    report: { readonly sending: SendingFigures; readonly source: ReceiverStats | null; readonly bye: boolean },
  ): number {
    const { sending, source, bye } = report;
    const packets: RtcpPacket[] = [
      this.#report(nowMs, sending, this.#blocks(nowMs, source)),
      { type: 'sdes', chunks: [{ ssrc: this.#ssrc, cname: this.#cname }] },
    ];
    if (bye) packets.push({ type: 'bye', ssrcs: [this.#ssrc], reason: null });
    const bytes = writeRtcp(out, packets);
    this.schedule.sent(nowMs, bytes);
    return bytes;
  }

  /** SR when something was sent since the report before the last (RFC 3550 §6.4), else RR. */
  #report(nowMs: number, sending: SendingFigures, reports: readonly ReportBlock[]): RtcpPacket {
    const isSender = sending.packetsSent > this.#sentAtReportBefore;
    this.#sentAtReportBefore = this.#sentAtReport;
    this.#sentAtReport = sending.packetsSent;
    if (!isSender) return { type: 'rr', ssrc: this.#ssrc, reports };
    return {
      type: 'sr',
      ssrc: this.#ssrc,
      ntpSeconds: this.#ntpSeconds(nowMs),
      ntpFraction: this.#ntpFraction(nowMs),
      rtpTimestamp: sending.rtpTimestamp,
      packetCount: sending.packetsSent >>> 0,
      octetCount: sending.bytesSent >>> 0,
      reports,
    };
  }

  /** One block when something of the source came since the last report (RFC 3550 §6.4). */
  #blocks(nowMs: number, source: ReceiverStats | null): ReportBlock[] {
    if (source === null) return [];
    if (source.ssrc !== this.#receivedFrom) this.#receivedAtReport = 0;
    this.#receivedFrom = source.ssrc;
    if (source.packetsReceived === this.#receivedAtReport) return [];
    this.#receivedAtReport = source.packetsReceived;
    const hasSr = source.ssrc === this.#srSsrc;
    const lastSr = hasSr ? this.#srMiddle : 0;
    const delaySinceLastSr = hasSr ? Math.round(((nowMs - this.#srArrivalMs) * 65_536) / 1000) >>> 0 : 0;
    return [{ ssrc: source.ssrc, ...source.report(), lastSr, delaySinceLastSr }];
  }

  /** RFC 3550 §6.4.1: round trip = arrival − LSR − DLSR. */
  #readBlocks(reports: readonly ReportBlock[], nowMs: number): void {
    for (const report of reports) {
      if (report.ssrc !== this.#ssrc) continue;
      this.remoteLostFraction = report.fractionLost / 256;
      if (report.lastSr === 0) continue;
      const now = middleOf(this.#ntpSeconds(nowMs), this.#ntpFraction(nowMs));
      const roundTrip = (now - report.lastSr - report.delaySinceLastSr) | 0;
      this.roundTripMs = Math.max(0, (roundTrip * 1000) / 65_536);
    }
  }

  #ntpSeconds(nowMs: number): number {
    return (Math.floor((nowMs + this.#epochOffsetMs) / 1000) + NTP_EPOCH_SECONDS) % TWO_TO_32;
  }

  #ntpFraction(nowMs: number): number {
    const epochMs = nowMs + this.#epochOffsetMs;
    return Math.floor(((epochMs - Math.floor(epochMs / 1000) * 1000) / 1000) * TWO_TO_32);
  }
}

/** The middle 32 bits of an NTP time, in 1/65536 s. */
function middleOf(seconds: number, fraction: number): number {
  return ((seconds << 16) | (fraction >>> 16)) >>> 0;
}
