/**
 * What the first bytes of an Opus packet tell, RFC 6716 §3.1 and §3.2:
 *
 *      0 1 2 3 4 5 6 7
 *     +-+-+-+-+-+-+-+-+
 *     | config  |s| c |     config: mode, bandwidth, frame size; s: stereo; c: frames in the packet
 *     +-+-+-+-+-+-+-+-+
 *
 * Nothing here allocates, and any bytes may be given: what is no packet has 0 samples.
 */

/** RFC 6716 §3.2.5 R5: no packet is longer than 120 ms. */
export const MAX_PACKET_MS = 120;
/** All durations here are counted at 48 kHz, of which every Opus rate and frame size is a whole part. */
const TICKS_PER_MS = 48;
const MAX_PACKET_TICKS = MAX_PACKET_MS * TICKS_PER_MS;

const FIRST_HYBRID_CONFIG = 12;
const FIRST_CELT_CONFIG = 16;

/** One frame's duration in 48 kHz ticks, by the packet's first byte: RFC 6716 §3.1 table 2. */
function frameTicks(toc: number): number {
  const config = toc >> 3;
  if (config >= FIRST_CELT_CONFIG) return 120 << (config & 3);
  if (config >= FIRST_HYBRID_CONFIG) return 480 << (config & 1);
  return (config & 3) === 3 ? 2880 : 480 << (config & 3);
}

/** Frames in a packet, 0 where the count is missing (RFC 6716 §3.2, code 3). */
function frameCount(payload: Uint8Array, offset: number, length: number): number {
  const code = payload[offset]! & 3;
  if (code === 0) return 1;
  if (code < 3) return 2;
  return length < 2 ? 0 : payload[offset + 1]! & 0x3f;
}

/** Samples that a packet decodes to at `sampleRateHz`; 0 for what cannot be an Opus packet. */
export function packetSamples(payload: Uint8Array, offset: number, length: number, sampleRateHz: number): number {
  if (length < 1 || offset < 0 || offset + length > payload.length) return 0;
  const ticks = frameTicks(payload[offset]!) * frameCount(payload, offset, length);
  return ticks > MAX_PACKET_TICKS ? 0 : (ticks / TICKS_PER_MS) * (sampleRateHz / 1000);
}

/** Samples of one frame of a packet that `packetSamples` accepts: what an FEC copy restores. */
export function packetFrameSamples(payload: Uint8Array, offset: number, sampleRateHz: number): number {
  return (frameTicks(payload[offset]!) / TICKS_PER_MS) * (sampleRateHz / 1000);
}

/**
 * Whether a packet carries no sound and says that none comes for a while: its frames are empty. What is missing after
 * it was not sent (RFC 7587 §3.1.3) and is comfort, not loss.
 */
export function isDtxPacket(length: number): boolean {
  return length === 1 || length === 2;
}

/**
 * Whether a packet brings a copy of the frame before it: the LBRR flag of its first SILK frame, RFC 6716 §4.2.3.
 * One VAD bit for each 20 ms of the frame and the flag behind them, for the middle and then for the side channel.
 */
export function packetHasFec(payload: Uint8Array, offset: number, length: number): boolean {
  if (packetSamples(payload, offset, length, 48000) === 0) return false;
  const toc = payload[offset]!;
  if (toc >> 3 >= FIRST_CELT_CONFIG) return false;
  const at = firstFrameAt(payload, offset, length);
  if (at < 0) return false;
  const vadBits = Math.max(1, frameTicks(toc) / 960);
  const header = payload[at]!;
  const middle = (header >> (7 - vadBits)) & 1;
  const side = (toc & 4) === 0 ? 0 : (header >> (6 - 2 * vadBits)) & 1;
  return (middle | side) === 1;
}

/** Where the frame's bytes start in a packet of a single one; −1 in others. */
export function singleFrameAt(payload: Uint8Array, offset: number, length: number): number {
  if (packetSamples(payload, offset, length, 48000) === 0 || frameCount(payload, offset, length) !== 1) return -1;
  return firstFrameAt(payload, offset, length);
}

/** Where the first frame's bytes start; −1 when it is empty or beyond the end. */
function firstFrameAt(payload: Uint8Array, offset: number, length: number): number {
  const end = offset + length;
  const code = payload[offset]! & 3;
  let at = offset + 1;
  if (code === 3) {
    const isVbr = (payload[at]! & 0x80) !== 0;
    const isPadded = (payload[at]! & 0x40) !== 0;
    at += 1;
    if (isPadded) {
      while (at < end && payload[at] === 255) at += 1;
      at += 1;
    }
    const sizes = isVbr ? frameCount(payload, offset, length) - 1 : 0;
    let firstSize = 1;
    for (let i = 0; i < sizes && at < end; i += 1) {
      if (i === 0) firstSize = payload[at]!;
      at += payload[at]! < 252 ? 1 : 2;
    }
    if (firstSize === 0) return -1;
  } else if (code === 2 && at < end) {
    if (payload[at] === 0) return -1;
    at += payload[at]! < 252 ? 1 : 2;
  }
  return at < end ? at : -1;
}
