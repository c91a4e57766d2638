import { RTP_HEADER_BYTES } from '../rtp/packet.js';
import { sequenceDelta } from '../rtp/sequence.js';

/** The clear part of an SRTCP packet: its first header and SSRC (RFC 3711 §3.4). */
export const rtcpHeaderBytes = 8;
/** E bit and index of SRTCP (RFC 3711 §3.4). */
export const rtcpIndexBytes = 4;

/**
 * How many bytes of an RTP packet stay clear: header, CSRCs and header extension (RFC 3711 §3.1). Padding is not looked
 * at, as it is encrypted. −1 for what is no RTP of version 2 or too short for its own header. Hot path, no allocation.
 */
export function rtpHeaderBytes(data: Uint8Array, length: number): number {
  if (length < RTP_HEADER_BYTES || data[0]! >> 6 !== 2) return -1;
  let bytes = RTP_HEADER_BYTES + (data[0]! & 0x0f) * 4;
  if ((data[0]! & 0x10) !== 0) {
    if (bytes + 4 > length) return -1;
    bytes += 4 + ((data[bytes + 2]! << 8) | data[bytes + 3]!) * 4;
  }
  return bytes <= length ? bytes : -1;
}

/**
 * The index of 48 bits that a sequence number means, next to the highest one so far, or, with −1 for none, in the
 * first turn: RFC 3711 §3.3.1. Negative for a packet from before the first turn. Hot path, no allocation.
 */
export function packetIndexOf(sequence: number, highestIndex: number): number {
  if (highestIndex < 0) return sequence;
  const delta = sequenceDelta(sequence, highestIndex % 0x1_0000);
  // Half a line away is neither ahead nor behind; the RFC leaves such a packet in the present turn.
  if (delta === -0x8000 && highestIndex % 0x1_0000 < 0x8000) return highestIndex + 0x8000;
  return highestIndex + delta;
}
