/**
 * What the bench and its wire tell each other. The wire is a process of its own, endpoints-node.ts or c/endpoints.c,
 * started with the number of endpoints and their address. It binds a socket for each and prints `ports …`, then takes
 * one line, `run PLAN PREFIX`, and prints `measuring`, `measured` and `written` (PREFIX.json, PREFIX.capture). Another line
 * ends the measurement before its time.
 *
 * PLAN is words of 32 bits, little-endian: a header of 16, 8 for each endpoint, 4 for each sound, 2 for each frame; then
 * the frames' payloads. PREFIX.capture is, for each packet that a sampled endpoint received: endpoint and length (32 bits
 * each), when (64 bits, ns), the packet.
 */
export const wireMagic = 0x484b4c45;
export const headerWords = 16;
export const endpointWords = 8;
export const soundWords = 4;
export const frameWords = 2;
export const rtpHeaderBytes = 12;
const CAPTURE_HEADER_BYTES = 16;

/** Payloads that are sent over and over. */
export interface Sound {
  readonly frames: readonly Uint8Array[];
  /** The frame of each loop with which a burst begins; −1 when there is none. */
  readonly onsetFrame: number;
  /** The frames may hold several loops. */
  readonly framesPerLoop: number;
}

export interface PlannedEndpoint {
  readonly remotePort: number;
  readonly payloadType: number;
  /** RTP clock ticks of one frame. */
  readonly ticksPerFrame: number;
  readonly frameMs: number;
  /** Index of what it says. */
  readonly sound: number;
  /** What it hears is kept. */
  readonly isSampled: boolean;
  /** When in a frame's time it sends. */
  readonly phaseMs: number;
}

export interface WirePlan {
  readonly endpoints: readonly PlannedEndpoint[];
  readonly sounds: readonly Sound[];
  readonly warmMs: number;
  readonly measureMs: number;
  /** Each packet is up to so much late, in order. */
  readonly jitterMs: number;
  /** Share of packets that are not sent, 0 … 1. */
  readonly loss: number;
  readonly seed: number;
  /** Of so many endpoints one reads what it is sent, and those that are sampled; only in C. */
  readonly readEvery: number;
}

export function writePlan(plan: WirePlan): Buffer {
  const frames = plan.sounds.flatMap((sound) => sound.frames);
  const words =
    headerWords + plan.endpoints.length * endpointWords + plan.sounds.length * soundWords + frames.length * frameWords;
  const file = Buffer.alloc(words * 4 + frames.reduce((sum, frame) => sum + frame.length, 0));
  let at = 0;
  const put = (...values: readonly number[]): void => {
    for (const value of values) at = file.writeInt32LE(value, at);
  };
  const { warmMs, measureMs, jitterMs, loss, seed, readEvery } = plan;
  put(wireMagic, plan.endpoints.length, plan.sounds.length, frames.length, warmMs, measureMs, jitterMs);
  put(Math.round(loss * 10_000), seed, readEvery, 0, 0, 0, 0, 0, 0);
  for (const each of plan.endpoints) {
    put(each.remotePort, each.payloadType, each.ticksPerFrame, each.sound, each.isSampled ? 1 : 0);
    put(each.phaseMs, each.frameMs, 0);
  }
  let first = 0;
  for (const sound of plan.sounds) {
    put(first, sound.frames.length, sound.onsetFrame, sound.framesPerLoop);
    first += sound.frames.length;
  }
  let offset = 0;
  for (const frame of frames) {
    put(offset, frame.length);
    file.set(frame, words * 4 + offset);
    offset += frame.length;
  }
  return file;
}

/** Counts by bucket of 0.1 ms; the last one has all that is longer. */
export type Buckets = readonly (readonly [bucket: number, count: number])[];

export const bucketMs = 0.1;
export const lastBucket = 10_000;

/** PREFIX.json: what was measured after the warm-up. */
export interface WireResult {
  readonly sent: number;
  /** Not sent, because of `loss`. */
  readonly dropped: number;
  readonly received: number;
  /** Sequence numbers that never came. */
  readonly lost: number;
  readonly duplicates: number;
  /** Endpoints that received nothing. */
  readonly silent: number;
  readonly sendFailures: number;
  readonly worstGapMs: number;
  readonly worstLateMs: number;
  /** Between one packet and the next at one endpoint. */
  readonly gaps: Buckets;
  /** How late the wire itself sent: what the machine did to the measurement. */
  readonly lateness: Buckets;
  /** Endpoint and time of each burst's first packet. */
  readonly bursts: readonly (readonly [endpoint: number, atMs: number])[];
}

export interface CapturedPacket {
  readonly atMs: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

/** By endpoint, in the order of arrival. */
export function readCapture(file: Buffer): Map<number, CapturedPacket[]> {
  const heard = new Map<number, CapturedPacket[]>();
  for (let at = 0; at + CAPTURE_HEADER_BYTES <= file.length; ) {
    const endpoint = file.readInt32LE(at);
    const bytes = file.readInt32LE(at + 4);
    const atMs = Number(file.readBigInt64LE(at + 8)) / 1e6;
    const packet = file.subarray(at + CAPTURE_HEADER_BYTES, at + CAPTURE_HEADER_BYTES + bytes);
    const payload = packet.subarray(rtpHeaderBytes);
    const packets = heard.get(endpoint) ?? [];
    packets.push({ atMs, sequence: packet.readUInt16BE(2), timestamp: packet.readUInt32BE(4), payload });
    heard.set(endpoint, packets);
    at += CAPTURE_HEADER_BYTES + bytes;
  }
  return heard;
}
