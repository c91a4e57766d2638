import { readUint32, writeUint32 } from '../rtp/packet.js';

/** RFC 3611 §4.4, §4.5, §4.7. */
const blockTypes = { receiverReferenceTime: 4, dlrr: 5, voipMetrics: 7 } as const;
const BLOCK_HEADER_BYTES = 4;
const DLRR_BYTES = 12;
const VOIP_METRICS_BYTES = 32;
/** Of the figures of VoIP metrics that nobody has measured (RFC 3611 §4.7.3 to §4.7.5). */
const UNAVAILABLE = 127;
/** More blocks of one packet are passed over; each source that is reported on needs one of each type. */
const MAX_BLOCKS = 32;

/** RFC 3611 §4.7.6: what stands in for a missing packet. */
export const concealments = ['unspecified', 'disabled', 'enhanced', 'standard'] as const;
/** RFC 3611 §4.7.6: whether the jitter buffer follows the jitter. */
export const adaptations = ['unknown', 'reserved', 'fixed', 'adaptive'] as const;

/** RFC 3611 §4.4: when it was sent, for those who answer with a DLRR block. */
export interface ReceiverReferenceTime {
  readonly type: 'receiver-reference-time';
  readonly ntpSeconds: number;
  readonly ntpFraction: number;
}

/** RFC 3611 §4.5: the answers to receivers' reference times. */
export interface DelaySinceLastRr {
  readonly type: 'dlrr';
  readonly receivers: readonly {
    readonly ssrc: number;
    /** Middle 32 bits of the reference time. */
    readonly lastRr: number;
    /** Since it came, in 1/65536 s. */
    readonly delaySinceLastRr: number;
  }[];
}

/** RFC 3611 §4.7: one source as a telephone user hears it. Null: not measured. */
export interface VoipMetrics {
  readonly type: 'voip-metrics';
  /** The source that it is about. */
  readonly ssrc: number;
  /** Of the packets expected since reception began, in 1/256: never came; came too late or too early. */
  readonly lossRate: number;
  readonly discardRate: number;
  /** Share of packets lost or discarded within bursts and between them, in 1/256. */
  readonly burstDensity: number;
  readonly gapDensity: number;
  /** Mean length of bursts and gaps. */
  readonly burstDurationMs: number;
  readonly gapDurationMs: number;
  readonly roundTripMs: number | null;
  /** From a packet's arrival to the ear and from the mouth to a packet, without what the network takes. */
  readonly endSystemDelayMs: number;
  /** In dBm0. */
  readonly signalLevelDb: number | null;
  readonly noiseLevelDb: number | null;
  readonly residualEchoReturnLossDb: number | null;
  /** How many packets in a row have to come for a burst to be over. */
  readonly gmin: number;
  /** 0 … 100. */
  readonly rFactor: number | null;
  readonly externalRFactor: number | null;
  /** 1.0 … 5.0: of listening, and of conversation. */
  readonly mosLq: number | null;
  readonly mosCq: number | null;
  readonly concealment: (typeof concealments)[number];
  readonly adaptation: (typeof adaptations)[number];
  readonly bufferRate: number;
  readonly bufferNominalMs: number;
  readonly bufferMaximumMs: number;
  readonly bufferAbsoluteMaximumMs: number;
}

export type ExtendedBlock = ReceiverReferenceTime | DelaySinceLastRr | VoipMetrics;

/** RFC 3611 §2. */
export interface ExtendedReport {
  readonly type: 'xr';
  readonly ssrc: number;
  readonly blocks: readonly ExtendedBlock[];
}

/**
 * Reads an XR packet behind its four header bytes, RFC 3611 §2, §3. Blocks of other types, and of a length that is not
 * their type's, are passed over (RFC 3611 §3: a receiver must be able to skip what it does not know); one that is longer
 * than the packet is a fault.
 */
export function readExtendedReport(data: Uint8Array, from: number, to: number): ExtendedReport | 'bad-length' {
  if (from + 4 > to) return 'bad-length';
  const blocks: ExtendedBlock[] = [];
  let at = from + 4;
  while (at < to && blocks.length < MAX_BLOCKS) {
    if (at + BLOCK_HEADER_BYTES > to) return 'bad-length';
    const bytes = ((data[at + 2]! << 8) | data[at + 3]!) * 4;
    const bodyAt = at + BLOCK_HEADER_BYTES;
    if (bodyAt + bytes > to) return 'bad-length';
    const block = readBlock(data, data[at]!, bodyAt, bytes);
    if (block !== null) blocks.push(block);
    at = bodyAt + bytes;
  }
  return { type: 'xr', ssrc: readUint32(data, from), blocks };
}

function readBlock(data: Uint8Array, blockType: number, at: number, bytes: number): ExtendedBlock | null {
  switch (blockType) {
    case blockTypes.receiverReferenceTime:
      if (bytes !== 8) return null;
      return {
        type: 'receiver-reference-time',
        ntpSeconds: readUint32(data, at),
        ntpFraction: readUint32(data, at + 4),
      };
    case blockTypes.dlrr:
      return bytes % DLRR_BYTES === 0 ? readDlrr(data, at, bytes / DLRR_BYTES) : null;
    case blockTypes.voipMetrics:
      return bytes === VOIP_METRICS_BYTES ? readVoipMetrics(data, at) : null;
    default:
      return null;
  }
}

function readDlrr(data: Uint8Array, from: number, count: number): DelaySinceLastRr {
  const receivers: { ssrc: number; lastRr: number; delaySinceLastRr: number }[] = [];
  for (let at = from; receivers.length < Math.min(count, MAX_BLOCKS); at += DLRR_BYTES) {
    receivers.push({
      ssrc: readUint32(data, at),
      lastRr: readUint32(data, at + 4),
      delaySinceLastRr: readUint32(data, at + 8),
    });
  }
  return { type: 'dlrr', receivers };
}

/**
 * RFC 3611 §4.7, behind the block's header:
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  0 |                            ssrc                               |
 *  4 |   loss rate   | discard rate  | burst density |  gap density  |
 *  8 |       burst duration          |         gap duration          |
 * 12 |     round trip delay          |       end system delay        |
 * 16 | signal level  |  noise level  |     RERL      |     Gmin      |
 * 20 |   R factor    | ext. R factor |    MOS-LQ     |    MOS-CQ     |
 * 24 |   RX config   |   reserved    |          JB nominal           |
 * 28 |          JB maximum           |          JB abs max           |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
function readVoipMetrics(data: Uint8Array, at: number): VoipMetrics {
  const roundTripMs = readUint16(data, at + 12);
  const config = data[at + 24]!;
  return {
    type: 'voip-metrics',
    ssrc: readUint32(data, at),
    lossRate: data[at + 4]!,
    discardRate: data[at + 5]!,
    burstDensity: data[at + 6]!,
    gapDensity: data[at + 7]!,
    burstDurationMs: readUint16(data, at + 8),
    gapDurationMs: readUint16(data, at + 10),
    roundTripMs: roundTripMs === 0 ? null : roundTripMs,
    endSystemDelayMs: readUint16(data, at + 14),
    signalLevelDb: measured((data[at + 16]! << 24) >> 24),
    noiseLevelDb: measured((data[at + 17]! << 24) >> 24),
    residualEchoReturnLossDb: measured(data[at + 18]!),
    gmin: data[at + 19]!,
    rFactor: within(data[at + 20]!, 0, 100),
    externalRFactor: within(data[at + 21]!, 0, 100),
    mosLq: mosOf(data[at + 22]!),
    mosCq: mosOf(data[at + 23]!),
    concealment: concealments[config >> 6]!,
    adaptation: adaptations[(config >> 4) & 3]!,
    bufferRate: config & 0x0f,
    bufferNominalMs: readUint16(data, at + 26),
    bufferMaximumMs: readUint16(data, at + 28),
    bufferAbsoluteMaximumMs: readUint16(data, at + 30),
  };
}

function measured(value: number): number | null {
  return value === UNAVAILABLE ? null : value;
}

/** Values that the RFC rules out say nothing. */
function within(value: number, min: number, max: number): number | null {
  return value >= min && value <= max ? value : null;
}

function mosOf(value: number): number | null {
  return value >= 10 && value <= 50 ? value / 10 : null;
}

/** Writes the body of an XR packet from `from` on, behind four bytes for its header; returns where it ends. */
export function writeExtendedReport(out: Uint8Array, from: number, packet: ExtendedReport): number {
  writeUint32(out, from + 4, packet.ssrc);
  let at = from + 8;
  for (const block of packet.blocks) at = writeBlock(out, at, block);
  return at;
}

function writeBlock(out: Uint8Array, at: number, block: ExtendedBlock): number {
  switch (block.type) {
    case 'receiver-reference-time':
      writeUint32(out, at + 4, block.ntpSeconds);
      writeUint32(out, at + 8, block.ntpFraction);
      return writeBlockHeader(out, at, at + 12, blockTypes.receiverReferenceTime);
    case 'dlrr': {
      let end = at + BLOCK_HEADER_BYTES;
      for (const receiver of block.receivers) {
        writeUint32(out, end, receiver.ssrc);
        writeUint32(out, end + 4, receiver.lastRr);
        writeUint32(out, end + 8, receiver.delaySinceLastRr);
        end += DLRR_BYTES;
      }
      return writeBlockHeader(out, at, end, blockTypes.dlrr);
    }
    case 'voip-metrics':
      writeVoipMetrics(out, at + BLOCK_HEADER_BYTES, block);
      return writeBlockHeader(out, at, at + BLOCK_HEADER_BYTES + VOIP_METRICS_BYTES, blockTypes.voipMetrics);
  }
}

/** Type, a byte of the type's own (here 0), length in words without the header: RFC 3611 §3. */
function writeBlockHeader(out: Uint8Array, at: number, end: number, blockType: number): number {
  out[at] = blockType;
  out[at + 1] = 0;
  writeUint16(out, at + 2, (end - at) / 4 - 1);
  return end;
}

function writeVoipMetrics(out: Uint8Array, at: number, block: VoipMetrics): void {
  writeUint32(out, at, block.ssrc);
  out[at + 4] = block.lossRate;
  out[at + 5] = block.discardRate;
  out[at + 6] = block.burstDensity;
  out[at + 7] = block.gapDensity;
  writeUint16(out, at + 8, block.burstDurationMs);
  writeUint16(out, at + 10, block.gapDurationMs);
  writeUint16(out, at + 12, block.roundTripMs ?? 0);
  writeUint16(out, at + 14, block.endSystemDelayMs);
  out[at + 16] = block.signalLevelDb ?? UNAVAILABLE;
  out[at + 17] = block.noiseLevelDb ?? UNAVAILABLE;
  out[at + 18] = block.residualEchoReturnLossDb ?? UNAVAILABLE;
  out[at + 19] = block.gmin;
  out[at + 20] = block.rFactor === null ? UNAVAILABLE : Math.round(block.rFactor);
  out[at + 21] = block.externalRFactor === null ? UNAVAILABLE : Math.round(block.externalRFactor);
  out[at + 22] = block.mosLq === null ? UNAVAILABLE : Math.round(block.mosLq * 10);
  out[at + 23] = block.mosCq === null ? UNAVAILABLE : Math.round(block.mosCq * 10);
  const adaptation = adaptations.indexOf(block.adaptation) << 4;
  out[at + 24] = (concealments.indexOf(block.concealment) << 6) | adaptation | block.bufferRate;
  out[at + 25] = 0;
  writeUint16(out, at + 26, block.bufferNominalMs);
  writeUint16(out, at + 28, block.bufferMaximumMs);
  writeUint16(out, at + 30, block.bufferAbsoluteMaximumMs);
}

function readUint16(data: Uint8Array, at: number): number {
  return (data[at]! << 8) | data[at + 1]!;
}

/** What does not fit is told as the largest that does. */
function writeUint16(out: Uint8Array, at: number, value: number): void {
  const rounded = Math.min(0xffff, Math.max(0, Math.round(value)));
  out[at] = rounded >> 8;
  out[at + 1] = rounded;
}
