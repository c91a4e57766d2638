import type { RtpHeader } from './packet.js';

/** RFC 6464 §4. */
export const audioLevelUri = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level';

/** RFC 8285 §4.2: the elements have a header of one byte. */
const ONE_BYTE_PROFILE = 0xbede;
const LAST_ID = 14;
const MASK = 0x7f;

/**
 * The level that the sender tells of a packet, −dBov from 0 to 127 (RFC 6464 §3); −1 where it tells none. Whatever else is
 * there, or is broken, is passed over. Hot path, no allocation.
 *
 *      0                   1
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |  ID   | len=0 |V| level       |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * @param id  as SDP agreed, 1 … 14; 0: none
 */
export function readAudioLevel(header: RtpHeader, data: Uint8Array, id: number): number {
  if (id === 0 || header.extensionProfile !== ONE_BYTE_PROFILE) return -1;
  const end = header.extensionOffset + header.extensionBytes;
  for (let at = header.extensionOffset; at < end; ) {
    const head = data[at]!;
    at += 1;
    // Padding, and what ends the list (RFC 8285 §4.2).
    if (head === 0) continue;
    if (head >> 4 > LAST_ID) return -1;
    const bytes = (head & 0x0f) + 1;
    if (at + bytes > end) return -1;
    if (head >> 4 === id) return bytes === 1 ? data[at]! & MASK : -1;
    at += bytes;
  }
  return -1;
}
