export const RTP_HEADER_BYTES = 12;

/** Why a datagram is not an RTP packet that can be used; a constant, so that refusing costs no allocation. */
export type RtpFault = 'short' | 'bad-version' | 'bad-padding' | 'rtcp';

/** The fields of one RTP packet, filled in place and used again for the next one (RFC 3550 §5.1). */
export class RtpHeader {
  marker = false;
  payloadType = 0;
  sequence = 0;
  timestamp = 0;
  ssrc = 0;
  csrcCount = 0;
  /** The header extension's profile number, −1 without one (RFC 3550 §5.3.1). */
  extensionProfile = -1;
  extensionOffset = 0;
  extensionBytes = 0;
  /** Told by the sender (RFC 6464), −1 = none; for who knows the number of the extension to fill in. */
  audioLevel = -1;
  payloadOffset = 0;
  /** Without padding; 0 is allowed. */
  payloadBytes = 0;
}

/** Whether a datagram is RTCP, also a protected one: RFC 5761 §4. Hot path, no allocation. */
export function isRtcpDatagram(data: Uint8Array, length: number): boolean {
  return length >= 2 && data[0]! >> 6 === 2 && isRtcp(data[1]!);
}

/**
 * Reads the header of one datagram into `header`, RFC 3550 §5.1.
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                           timestamp                           |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |           synchronization source (SSRC) identifier            |
 *    +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
 *    |  CSRC (CC words) | profile, length in words | extension words  …
 *
 * @param length bytes of `data` that belong to the datagram
 * @returns null, or the fault; then `header` holds nothing of use. RTCP on the same port (RFC 5761 §4) is a fault.
 * Hot path, no allocation.
 */
export function readRtp(data: Uint8Array, length: number, header: RtpHeader): RtpFault | null {
  if (length < 2) return 'short';
  const first = data[0]!;
  const second = data[1]!;
  if (first >> 6 !== 2) return 'bad-version';
  // Asked before the length: an empty receiver report is shorter than an RTP header.
  if (isRtcp(second)) return 'rtcp';
  if (length < RTP_HEADER_BYTES) return 'short';
  header.marker = second >= 0x80;
  header.payloadType = second & 0x7f;
  header.sequence = (data[2]! << 8) | data[3]!;
  header.timestamp = readUint32(data, 4);
  header.ssrc = readUint32(data, 8);
  header.csrcCount = first & 0x0f;
  let offset = RTP_HEADER_BYTES + header.csrcCount * 4;
  header.extensionProfile = -1;
  header.extensionOffset = 0;
  header.extensionBytes = 0;
  if ((first & 0x10) !== 0) {
    if (offset + 4 > length) return 'short';
    header.extensionProfile = (data[offset]! << 8) | data[offset + 1]!;
    header.extensionBytes = ((data[offset + 2]! << 8) | data[offset + 3]!) * 4;
    header.extensionOffset = offset + 4;
    offset = header.extensionOffset + header.extensionBytes;
  }
  if (offset > length) return 'short';
  const paddingBytes = (first & 0x20) !== 0 ? data[length - 1]! : 0;
  if ((first & 0x20) !== 0 && (paddingBytes === 0 || offset + paddingBytes > length)) return 'bad-padding';
  header.payloadOffset = offset;
  header.payloadBytes = length - offset - paddingBytes;
  return null;
}

/**
 * Writes the 12 bytes of a header without CSRC, padding or extension at the start of `out`.
 * Hot path, no allocation.
 */
export function writeRtpHeader(out: Uint8Array, header: RtpHeader): void {
  out[0] = 0x80;
  out[1] = (header.marker ? 0x80 : 0) | header.payloadType;
  out[2] = header.sequence >> 8;
  out[3] = header.sequence;
  writeUint32(out, 4, header.timestamp);
  writeUint32(out, 8, header.ssrc);
}

/** By the second byte of a datagram: packet types 192 to 223 are RTCP, which RTP must not use (RFC 5761 §4). */
export function isRtcp(secondByte: number): boolean {
  return secondByte >= 192 && secondByte <= 223;
}

/** Big-endian, as all of RTP. */
export function readUint32(data: Uint8Array, offset: number): number {
  return ((data[offset]! << 24) | (data[offset + 1]! << 16) | (data[offset + 2]! << 8) | data[offset + 3]!) >>> 0;
}

/** Big-endian; `value` is taken modulo 2³². */
export function writeUint32(out: Uint8Array, offset: number, value: number): void {
  out[offset] = value >>> 24;
  out[offset + 1] = value >>> 16;
  out[offset + 2] = value >>> 8;
  out[offset + 3] = value;
}
