import type { Codec } from '../codec.js';
import { IlbcDecoder } from './decoder.js';
import { IlbcEncoder } from './encoder.js';
import { type IlbcFrameMs, ilbcModes } from './mode.js';

/** A registry row for one frame length: what `Codec` says, and what a frame is. */
export interface IlbcCodec extends Omit<Codec, 'name'> {
  readonly name: 'ilbc';
  /** The `mode` of `a=fmtp` (RFC 3952 §5). */
  readonly frameMs: IlbcFrameMs;
  /** PCM is encoded, and payloads are decoded, in wholes of these. */
  readonly frameSamples: number;
  readonly payloadBytes: number;
  createEncoder(): IlbcEncoder;
  createDecoder(): IlbcDecoder;
}

/** iLBC (RFC 3951, RFC 3952) in frames of 20 ms, 15.2 kbit/s, or 30 ms, 13.33 kbit/s. */
export function createIlbc(frameMs: IlbcFrameMs): IlbcCodec {
  const mode = ilbcModes[frameMs];
  const { frameSamples, payloadBytes } = mode;
  return {
    name: 'ilbc',
    encodingName: 'iLBC',
    staticPayloadType: null,
    clockRateHz: 8000,
    sampleRateHz: 8000,
    isStateful: true,
    channels: 1,
    frameMs,
    frameSamples,
    payloadBytes,
    maxPayloadBytes: (samples) => Math.floor(samples / frameSamples) * payloadBytes,
    createEncoder: () => new IlbcEncoder(mode),
    createDecoder: () => new IlbcDecoder(mode),
  };
}
