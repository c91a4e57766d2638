import type { Clock } from '../../base/clock.js';
import type { Random } from '../../base/random.js';
import type { ReceiverStats } from '../rtp/receiver-stats.js';
import type { ExtendedBlock, ExtendedReport, VoipMetrics } from './extended-report.js';
import { ntpDelayOf, ntpFractionOf, ntpMiddleOf, ntpSecondsOf, roundTripOf } from './ntp.js';
import { parseRtcp, type ReportBlock, type RtcpPacket, writeRtcp } from './packet.js';
import { RtcpSchedule } from './schedule.js';

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

/** What one compound packet is made of. */
export interface ReportContents {
  readonly sending: SendingFigures;
  /** What we hear; null while nobody was heard. */
  readonly source: ReceiverStats | null;
  /** The last packet of the leg (RFC 3550 §6.6). */
  /** Lines beside `sending` on the same transport: each has a sender report of its own (RFC 3550 §6.1). */
  readonly tracks?: readonly (SendingFigures & { readonly ssrc: number })[];
  readonly bye: boolean;
  /** For a peer that wants them (RFC 3611 §5.1); null: it does not, or there are none. */
  readonly metrics?: VoipMetrics | null;
  /** The peer answers receivers' reference times (`rcvr-rtt`). */
  readonly asksRoundTrip?: boolean;
}

/** What the last compound packet of the peer said; −1 where it said nothing. One object, written over each time. */
export interface RtcpNews {
  /** There was an SR or RR: its senders say there what they hear. */
  hasReport: boolean;
  /** Of the block about us. */
  extendedHighestSequence: number;
  /** Of an SR. */
  packetsSent: number;
  bye: boolean;
}

/** RFC 3611 §4.4: one receiver that waits for our DLRR. */
interface Waiting {
  ssrc: number;
  middle: number;
  arrivalMs: number;
}

/**
 * One leg's RTCP: what we say (SR or RR, SDES CNAME, XR, BYE) and what we learn from what the peer says (its loss and
 * jitter, the round-trip time, its VoIP metrics). RFC 3550 §6, RFC 3611. Our own packets that come back (an echo, a
 * loop: RFC 3550 §8.2) say nothing about the peer and are counted as faults.
 */
export class RtcpReporter {
  readonly schedule: RtcpSchedule;
  /** From the peer's report about us, 0 … 1; null before the first. */
  remoteLostFraction: number | null = null;
  /** The same since the call began; −2²³ … 2²³−1. */
  remoteLost: number | null = null;
  /** In our clock-rate ticks. */
  remoteJitterTicks: number | null = null;
  roundTripMs: number | null = null;
  /** How the peer hears us, in its own words; null: it never said. */
  remoteMetrics: VoipMetrics | null = null;
  /** Datagrams that were not RTCP, or our own. */
  faults = 0;
  readonly news: RtcpNews = { hasReport: false, extendedHighestSequence: -1, packetsSent: -1, bye: false };
  readonly #ssrc: number;
  readonly #cname: string;
  readonly #epochOffsetMs: number;
  /** The newest SR, for LSR and DLSR (RFC 3550 §6.4.1). */
  #srSsrc = -1;
  #srMiddle = 0;
  #srArrivalMs = 0;
  #waiting: Waiting | null = null;
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

  /** Takes one datagram from the peer; false when it is not RTCP of another's. `news` says what was in it. */
  receive(data: Uint8Array, length: number, nowMs: number): boolean {
    const compound = parseRtcp(data, length);
    if (!compound.ok || compound.value.some((packet) => this.#isOurs(packet))) {
      this.faults += 1;
      return false;
    }
    this.schedule.received(length);
    const { news } = this;
    news.hasReport = false;
    news.extendedHighestSequence = -1;
    news.packetsSent = -1;
    news.bye = false;
    for (const packet of compound.value) this.#read(packet, nowMs);
    return true;
  }

  /** Writes one compound packet (RFC 3550 §6.1), begins the next interval, and gives the packet's bytes. */
  write(out: Uint8Array, nowMs: number, contents: ReportContents): number {
    const { sending, source, bye, tracks = [] } = contents;
    const report = this.#report(nowMs, sending, this.#blocks(nowMs, source));
    const senders = tracks.filter(({ packetsSent }) => packetsSent > 0);
    const ssrcs = [this.#ssrc, ...senders.map(({ ssrc }) => ssrc)];
    const packets: RtcpPacket[] = [
      report,
      ...senders.map((track) => this.#senderReport(nowMs, track.ssrc, track, [])),
      { type: 'sdes', chunks: ssrcs.map((ssrc) => ({ ssrc, cname: this.#cname })) },
    ];
    const extended = this.#extended(nowMs, contents, report.type === 'rr');
    if (extended !== null) packets.push(extended);
    if (bye) packets.push({ type: 'bye', ssrcs, reason: null });
    const bytes = writeRtcp(out, packets);
    this.schedule.sent(nowMs, bytes);
    return bytes;
  }

  #isOurs(packet: RtcpPacket): boolean {
    return (packet.type === 'sr' || packet.type === 'rr' || packet.type === 'xr') && packet.ssrc === this.#ssrc;
  }

  #read(packet: RtcpPacket, nowMs: number): void {
    switch (packet.type) {
      case 'sr':
        this.#srSsrc = packet.ssrc;
        this.#srMiddle = ntpMiddleOf(packet.ntpSeconds, packet.ntpFraction);
        this.#srArrivalMs = nowMs;
        this.news.packetsSent = packet.packetCount;
        this.#readBlocks(packet.reports, nowMs);
        return;
      case 'rr':
        this.#readBlocks(packet.reports, nowMs);
        return;
      case 'xr':
        this.#readExtended(packet, nowMs);
        return;
      case 'bye':
        this.news.bye = true;
        // RFC 3550 §6.3.4: what is known of that source is forgotten.
        if (packet.ssrcs.includes(this.#srSsrc)) this.#srSsrc = -1;
        return;
      case 'sdes':
        return;
    }
  }

  /** SR when something was sent since the report before the last (RFC 3550 §6.4), else RR. */
  #report(nowMs: number, sending: SendingFigures, reports: readonly ReportBlock[]): RtcpPacket {
    const isSender = sending.packetsSent > this.#sentAtReportBefore;
    this.#sentAtReportBefore = this.#sentAtReport;
    this.#sentAtReport = sending.packetsSent;
    if (!isSender) return { type: 'rr', ssrc: this.#ssrc, reports };
    return this.#senderReport(nowMs, this.#ssrc, sending, reports);
  }

  #senderReport(
    nowMs: number,
    ssrc: number,
    { rtpTimestamp, packetsSent, bytesSent }: SendingFigures,
    reports: readonly ReportBlock[],
  ): RtcpPacket {
    const epochMs = nowMs + this.#epochOffsetMs;
    return {
      type: 'sr',
      ssrc,
      ntpSeconds: ntpSecondsOf(epochMs),
      ntpFraction: ntpFractionOf(epochMs),
      rtpTimestamp,
      packetCount: packetsSent >>> 0,
      octetCount: bytesSent >>> 0,
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
    const delaySinceLastSr = hasSr ? ntpDelayOf(nowMs - this.#srArrivalMs) : 0;
    return [{ ssrc: source.ssrc, ...source.report(), lastSr, delaySinceLastSr }];
  }

  /** RFC 3611 §4.4, §4.5, §4.7; null when there is nothing to say. Who sends SR learns the round trip from that. */
  #extended(nowMs: number, { metrics, asksRoundTrip }: ReportContents, isReceiver: boolean): ExtendedReport | null {
    const blocks: ExtendedBlock[] = [];
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting !== null) {
      const delaySinceLastRr = ntpDelayOf(nowMs - waiting.arrivalMs);
      blocks.push({ type: 'dlrr', receivers: [{ ssrc: waiting.ssrc, lastRr: waiting.middle, delaySinceLastRr }] });
    }
    if (asksRoundTrip === true && isReceiver) {
      const epochMs = nowMs + this.#epochOffsetMs;
      const ntp = { ntpSeconds: ntpSecondsOf(epochMs), ntpFraction: ntpFractionOf(epochMs) };
      blocks.push({ type: 'receiver-reference-time', ...ntp });
    }
    if (metrics !== null && metrics !== undefined) blocks.push(metrics);
    return blocks.length === 0 ? null : { type: 'xr', ssrc: this.#ssrc, blocks };
  }

  #readBlocks(reports: readonly ReportBlock[], nowMs: number): void {
    this.news.hasReport = true;
    for (const report of reports) {
      if (report.ssrc !== this.#ssrc) continue;
      this.news.extendedHighestSequence = report.extendedHighestSequence;
      this.remoteLostFraction = report.fractionLost / 256;
      this.remoteLost = report.cumulativeLost;
      this.remoteJitterTicks = report.jitter;
      if (report.lastSr !== 0) this.#measured(nowMs, report.lastSr, report.delaySinceLastSr);
    }
  }

  #readExtended(packet: ExtendedReport, nowMs: number): void {
    for (const block of packet.blocks) {
      if (block.type === 'receiver-reference-time') {
        const middle = ntpMiddleOf(block.ntpSeconds, block.ntpFraction);
        this.#waiting = { ssrc: packet.ssrc, middle, arrivalMs: nowMs };
      } else if (block.type === 'dlrr') {
        for (const { ssrc, lastRr, delaySinceLastRr } of block.receivers) {
          if (ssrc === this.#ssrc && lastRr !== 0) this.#measured(nowMs, lastRr, delaySinceLastRr);
        }
      } else if (block.ssrc === this.#ssrc) this.remoteMetrics = block;
    }
  }

  #measured(nowMs: number, lastReport: number, delaySince: number): void {
    const epochMs = nowMs + this.#epochOffsetMs;
    const now = ntpMiddleOf(ntpSecondsOf(epochMs), ntpFractionOf(epochMs));
    const roundTripMs = roundTripOf(now, lastReport, delaySince);
    if (roundTripMs >= 0) this.roundTripMs = roundTripMs;
  }
}
