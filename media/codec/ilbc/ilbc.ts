import { IlbcDecoder } from './decoder.js';
import { IlbcEncoder } from './encoder.js';
import { type IlbcFrameMs, ilbcModes } from './mode.js';

/** iLBC in one frame length: what a frame is, and its two halves. */
export interface IlbcFrames {
  /** The `mode` of `a=fmtp` (RFC 3952 §5). */
  readonly frameMs: IlbcFrameMs;
  /** PCM is encoded, and payloads are decoded, in wholes of these. */
  readonly frameSamples: number;
  readonly payloadBytes: number;
  maxPayloadBytes(samples: number): number;
  createEncoder(): IlbcEncoder;
  createDecoder(): IlbcDecoder;
}

/** iLBC (RFC 3951, RFC 3952) in frames of 20 ms, 15.2 kbit/s, or 30 ms, 13.33 kbit/s. */
export function createIlbc(frameMs: IlbcFrameMs): IlbcFrames {
  const mode = ilbcModes[frameMs];
  const { frameSamples, payloadBytes } = mode;
  return {
    frameMs,
    frameSamples,
    payloadBytes,
    maxPayloadBytes: (samples) => Math.floor(samples / frameSamples) * payloadBytes,
    createEncoder: () => new IlbcEncoder(mode),
    createDecoder: () => new IlbcDecoder(mode),
  };
}
