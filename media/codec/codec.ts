import type { CodecName } from '../sdp/leg-media.js';
import { pcma, pcmu } from './g711.js';
import { g722 } from './g722.js';
import type { SampleRateHz } from './resample.js';

/** Turns PCM into payload. One per direction and leg, because some codecs keep state between frames. */
export interface Encoder {
  /** Encodes `samples` of `pcm` from `offset` into `out` at `outOffset`; returns the bytes written. No allocation. */
  encode(pcm: Int16Array, offset: number, samples: number, out: Uint8Array, outOffset: number): number;
  /** Goes on where `other`, of the same codec, stands. */
  copyFrom(other: Encoder): void;
}

/** Turns payload into PCM, and makes sound up where a packet is missing. */
export interface Decoder {
  /** Decodes `length` bytes of `payload` from `offset` into `out` at `outOffset`; returns the samples written. */
  decode(payload: Uint8Array, offset: number, length: number, out: Int16Array, outOffset: number): number;
  /** Fills `samples` of `out` from `offset` in place of a lost packet; fades to silence. Returns the samples written. */
  conceal(out: Int16Array, offset: number, samples: number): number;
}

/** One row of the registry: what SDP calls a codec, and how to make its two halves. */
export interface Codec {
  readonly name: CodecName;
  /** The encoding name of `a=rtpmap`, in the RFC's spelling; compared without case (RFC 4855 §3). */
  readonly encodingName: string;
  /** RFC 3551 §6; null for a codec that has none. */
  readonly staticPayloadType: number | null;
  /** The RTP clock, which for some codecs is not the sample rate. */
  readonly clockRateHz: number;
  /** Rate of the PCM that is given and taken. */
  readonly sampleRateHz: SampleRateHz;
  /** What an encoder writes depends on what it has heard before, and a decoder has to follow it. */
  readonly isStateful: boolean;
  readonly channels: number;
  /** The longest payload of `samples` PCM samples. */
  maxPayloadBytes(samples: number): number;
  createEncoder(): Encoder;
  createDecoder(): Decoder;
}

/** Every codec of `codecNames`. */
export const codecs: Readonly<Record<CodecName, Codec>> = { pcmu, pcma, g722 };
