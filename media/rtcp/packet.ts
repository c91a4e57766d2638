import { fault, type Parsed, parsed } from '../../base/errors.js';
import { readUint32, writeUint32 } from '../rtp/packet.js';
import { type ExtendedReport, readExtendedReport, writeExtendedReport } from './extended-report.js';

/** RFC 3550 §12.1, RFC 3611 §7.1. */
const packetTypes = { sr: 200, rr: 201, sdes: 202, bye: 203, xr: 207 } as const;
/** SDES item CNAME, RFC 3550 §6.5.1. */
const SDES_CNAME = 1;
const REPORT_BLOCK_BYTES = 24;
const HEADER_BYTES = 4;
/** Of a text: its length is one byte (RFC 3550 §6.5, §6.6). */
const MAX_TEXT_BYTES = 255;
/** A compound packet that says more is cut here: what a peer sends is bounded by its datagram, what we keep by this. */
const MAX_PACKETS = 32;

/** RFC 3550 §6.4.1. */
export interface ReportBlock {
  /** The source this is about. */
  readonly ssrc: number;
  /** Since the previous report, in 1/256. */
  readonly fractionLost: number;
  /** −2²³ … 2²³−1. */
  readonly cumulativeLost: number;
  readonly extendedHighestSequence: number;
  /** In clock-rate ticks. */
  readonly jitter: number;
  /** Middle 32 bits of the last SR's NTP time, 0 without one. */
  readonly lastSr: number;
  /** Since that SR came, in 1/65536 s. */
  readonly delaySinceLastSr: number;
}

/** RFC 3550 §6.4.1; NTP time as two words (RFC 3550 §4). */
export interface SenderReport {
  readonly type: 'sr';
  readonly ssrc: number;
  readonly ntpSeconds: number;
  readonly ntpFraction: number;
  readonly rtpTimestamp: number;
  readonly packetCount: number;
  readonly octetCount: number;
  readonly reports: readonly ReportBlock[];
}

/** RFC 3550 §6.4.2. */
export interface ReceiverReport {
  readonly type: 'rr';
  readonly ssrc: number;
  readonly reports: readonly ReportBlock[];
}

/** RFC 3550 §6.5; only the CNAME of each chunk is kept. */
export interface SourceDescription {
  readonly type: 'sdes';
  readonly chunks: readonly { readonly ssrc: number; readonly cname: string | null }[];
}

/** RFC 3550 §6.6. */
export interface Goodbye {
  readonly type: 'bye';
  readonly ssrcs: readonly number[];
  readonly reason: string | null;
}

export type RtcpPacket = SenderReport | ReceiverReport | SourceDescription | Goodbye | ExtendedReport;

export type RtcpFault = 'short' | 'bad-version' | 'bad-length' | 'bad-padding';

/**
 * Reads one compound datagram, RFC 3550 §6.1. Packet types that are not listed here are passed over. A fault anywhere
 * refuses the whole datagram (RFC 3550 §A.2); that it begins with SR or RR is not asked, for peers that follow RFC 5506.
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |V=2|P|  count  |      PT       |   length in words, minus one  |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export function parseRtcp(data: Uint8Array, length: number): Parsed<RtcpPacket[], RtcpFault> {
  const packets: RtcpPacket[] = [];
  let at = 0;
  if (length < HEADER_BYTES) return fault('short');
  while (at < length && packets.length < MAX_PACKETS) {
    if (at + HEADER_BYTES > length) return fault('short', at);
    if (data[at]! >> 6 !== 2) return fault('bad-version', at);
    const end = at + 4 + ((data[at + 2]! << 8) | data[at + 3]!) * 4;
    if (end > length) return fault('bad-length', at);
    const paddingBytes = (data[at]! & 0x20) !== 0 ? data[end - 1]! : 0;
    if ((data[at]! & 0x20) !== 0 && (paddingBytes === 0 || paddingBytes % 4 !== 0 || end - paddingBytes < at + 4)) {
      return fault('bad-padding', at);
    }
    const body = { data, from: at + 4, to: end - paddingBytes, count: data[at]! & 0x1f };
    const packet = readPacket(data[at + 1]!, body);
    if (packet === 'bad-length') return fault('bad-length', at);
    if (packet !== null) packets.push(packet);
    at = end;
  }
  return parsed(packets);
}

/** Bytes of one packet behind its four header bytes. */
interface Body {
  readonly data: Uint8Array;
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

function readPacket(packetType: number, body: Body): RtcpPacket | 'bad-length' | null {
  switch (packetType) {
    case packetTypes.sr:
      return readSenderReport(body);
    case packetTypes.rr:
      return readReceiverReport(body);
    case packetTypes.sdes:
      return readSourceDescription(body);
    case packetTypes.bye:
      return readGoodbye(body);
    case packetTypes.xr:
      return readExtendedReport(body.data, body.from, body.to);
    default:
      return null;
  }
}

function readSenderReport({ data, from, to, count }: Body): SenderReport | 'bad-length' {
  if (from + 24 + count * REPORT_BLOCK_BYTES > to) return 'bad-length';
  return {
    type: 'sr',
    ssrc: readUint32(data, from),
    ntpSeconds: readUint32(data, from + 4),
    ntpFraction: readUint32(data, from + 8),
    rtpTimestamp: readUint32(data, from + 12),
    packetCount: readUint32(data, from + 16),
    octetCount: readUint32(data, from + 20),
    reports: readReportBlocks(data, from + 24, count),
  };
}

function readReceiverReport({ data, from, to, count }: Body): ReceiverReport | 'bad-length' {
  if (from + 4 + count * REPORT_BLOCK_BYTES > to) return 'bad-length';
  return { type: 'rr', ssrc: readUint32(data, from), reports: readReportBlocks(data, from + 4, count) };
}

function readReportBlocks(data: Uint8Array, from: number, count: number): ReportBlock[] {
  const reports: ReportBlock[] = [];
  for (let at = from; reports.length < count; at += REPORT_BLOCK_BYTES) {
    const lost = readUint32(data, at + 4);
    reports.push({
      ssrc: readUint32(data, at),
      fractionLost: lost >>> 24,
      cumulativeLost: (lost << 8) >> 8,
      extendedHighestSequence: readUint32(data, at + 8),
      jitter: readUint32(data, at + 12),
      lastSr: readUint32(data, at + 16),
      delaySinceLastSr: readUint32(data, at + 20),
    });
  }
  return reports;
}

/** RFC 3550 §6.5: chunks of items, each chunk ended by a zero byte and filled up to a whole word. */
function readSourceDescription({ data, from, to, count }: Body): SourceDescription | 'bad-length' {
  const chunks: { ssrc: number; cname: string | null }[] = [];
  let at = from;
  while (chunks.length < count) {
    if (at + 4 > to) return 'bad-length';
    const ssrc = readUint32(data, at);
    let cname: string | null = null;
    at += 4;
    while (at < to && data[at] !== 0) {
      const end = at + 2 + (data[at + 1] ?? 0);
      if (end > to) return 'bad-length';
      if (data[at] === SDES_CNAME) cname = readText(data, at + 2, end);
      at = end;
    }
    at = from + ((at - from + 4) & ~3);
    chunks.push({ ssrc, cname });
  }
  return { type: 'sdes', chunks };
}

function readGoodbye({ data, from, to, count }: Body): Goodbye | 'bad-length' {
  const reasonAt = from + count * 4;
  if (reasonAt > to) return 'bad-length';
  const ssrcs: number[] = [];
  for (let at = from; at < reasonAt; at += 4) ssrcs.push(readUint32(data, at));
  if (reasonAt === to) return { type: 'bye', ssrcs, reason: null };
  const reasonEnd = reasonAt + 1 + data[reasonAt]!;
  if (reasonEnd > to) return 'bad-length';
  return { type: 'bye', ssrcs, reason: readText(data, reasonAt + 1, reasonEnd) };
}

/** Bytes that are no UTF-8 stand as U+FFFD, which is three bytes for one: the text is cut to what can be written again. */
function readText(data: Uint8Array, from: number, to: number): string {
  return textOf(bytesOf(textOf(data.subarray(from, to))));
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}

/** As many whole characters as have room. */
function bytesOf(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= MAX_TEXT_BYTES) return bytes;
  let end = MAX_TEXT_BYTES;
  while ((bytes[end]! & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end);
}

/**
 * Writes a compound packet at the start of `out` (RFC 3550 §6.1: SR or RR first, then SDES, BYE last) and gives its
 * bytes. `out` must hold it: 28 + 24 a block for SR, 8 + 24 a block for RR, 12 + CNAME for SDES, 8 for BYE, 8 and
 * 12, 4 + 12 a receiver, 36 for the blocks of XR.
 */
export function writeRtcp(out: Uint8Array, packets: readonly RtcpPacket[]): number {
  let at = 0;
  for (const packet of packets) at = writePacket(out, at, packet);
  return at;
}

function writePacket(out: Uint8Array, at: number, packet: RtcpPacket): number {
  switch (packet.type) {
    case 'sr': {
      writeUint32(out, at + 4, packet.ssrc);
      writeUint32(out, at + 8, packet.ntpSeconds);
      writeUint32(out, at + 12, packet.ntpFraction);
      writeUint32(out, at + 16, packet.rtpTimestamp);
      writeUint32(out, at + 20, packet.packetCount);
      writeUint32(out, at + 24, packet.octetCount);
      const end = writeReportBlocks(out, at + 28, packet.reports);
      return writeHeader(out, at, end, { packetType: packetTypes.sr, count: packet.reports.length });
    }
    case 'rr': {
      writeUint32(out, at + 4, packet.ssrc);
      const end = writeReportBlocks(out, at + 8, packet.reports);
      return writeHeader(out, at, end, { packetType: packetTypes.rr, count: packet.reports.length });
    }
    case 'sdes':
      return writeSourceDescription(out, at, packet);
    case 'bye':
      return writeGoodbye(out, at, packet);
    case 'xr': {
      const end = writeExtendedReport(out, at, packet);
      return writeHeader(out, at, end, { packetType: packetTypes.xr, count: 0 });
    }
  }
}

function writeHeader(
  out: Uint8Array,
  at: number,
  end: number,
  { packetType, count }: { readonly packetType: number; readonly count: number },
): number {
  const words = (end - at) / 4 - 1;
  out[at] = 0x80 | count;
  out[at + 1] = packetType;
  out[at + 2] = words >> 8;
  out[at + 3] = words;
  return end;
}

function writeReportBlocks(out: Uint8Array, from: number, reports: readonly ReportBlock[]): number {
  let at = from;
  for (const report of reports) {
    writeUint32(out, at, report.ssrc);
    writeUint32(out, at + 4, (report.fractionLost << 24) | (report.cumulativeLost & 0xff_ffff));
    writeUint32(out, at + 8, report.extendedHighestSequence);
    writeUint32(out, at + 12, report.jitter);
    writeUint32(out, at + 16, report.lastSr);
    writeUint32(out, at + 20, report.delaySinceLastSr);
    at += REPORT_BLOCK_BYTES;
  }
  return at;
}

function writeSourceDescription(out: Uint8Array, from: number, packet: SourceDescription): number {
  let at = from + 4;
  for (const chunk of packet.chunks) {
    writeUint32(out, at, chunk.ssrc);
    at += 4;
    if (chunk.cname !== null) at = writeText(out, at + 1, chunk.cname, SDES_CNAME);
    const end = from + ((at - from + 4) & ~3);
    out.fill(0, at, end);
    at = end;
  }
  return writeHeader(out, from, at, { packetType: packetTypes.sdes, count: packet.chunks.length });
}

function writeGoodbye(out: Uint8Array, from: number, packet: Goodbye): number {
  let at = from + 4;
  for (const ssrc of packet.ssrcs) {
    writeUint32(out, at, ssrc);
    at += 4;
  }
  if (packet.reason !== null) {
    const textEnd = writeText(out, at, packet.reason);
    at = from + ((textEnd - from + 3) & ~3);
    out.fill(0, textEnd, at);
  }
  return writeHeader(out, from, at, { packetType: packetTypes.bye, count: packet.ssrcs.length });
}

/** A length byte at `at` and the text, as much of it as has room; with `itemType` that number goes before the length. */
function writeText(out: Uint8Array, at: number, text: string, itemType?: number): number {
  const bytes = bytesOf(text);
  if (itemType !== undefined) out[at - 1] = itemType;
  out[at] = bytes.length;
  out.set(bytes, at + 1);
  return at + 1 + bytes.length;
}
