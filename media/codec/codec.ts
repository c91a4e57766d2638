import type { CodecName } from '../sdp/leg-media.js';
import { pcma, pcmu } from './g711.js';
import { g722 } from './g722.js';
import { ilbc } from './ilbc/codec.js';
import { createL16 } from './l16.js';
import { opus } from './opus/codec.js';
import type { SampleRateHz } from './resample.js';

/** Turns PCM into payload. One per direction and leg, because some codecs keep state between frames. */
export interface Encoder {
  /**
   * Encodes `samples` of `pcm` from `offset` into `out` at `outOffset`; returns the bytes written, 0 where nothing is to
   * be sent for them. No allocation.
   */
  encode(pcm: Int16Array, offset: number, samples: number, out: Uint8Array, outOffset: number): number;
  /** Goes on where `other`, of the same codec and parameters, stands. */
  copyFrom(other: Encoder): void;
  /** Gives back what garbage collection does not find. */
  close?(): void;
}

/** Turns payload into PCM, and makes sound up where a packet is missing. */
export interface Decoder {
  /** Decodes `length` bytes of `payload` from `offset` into `out` at `outOffset`; returns the samples written. */
  decode(payload: Uint8Array, offset: number, length: number, out: Int16Array, outOffset: number): number;
  /**
   * In place of `decode`: the samples of a packet that is digital silence after so much of it that nothing is changed by
   * leaving it out. 0 = decode it.
   */
  passSilence?(payload: Uint8Array, offset: number, length: number): number;
  /** Fills `samples` of `out` from `offset` in place of a lost packet; fades to silence. Returns the samples written. */
  conceal(out: Int16Array, offset: number, samples: number): number;
  /**
   * Fills `samples` of `out` in place of what was lost just before the packet that is given, from the copy in that
   * packet (forward error correction), which is then decoded as usual. 0 = it cannot; `conceal` then does. Only where a
   * codec has such copies.
   */
  decodeFec?(
    payload: Uint8Array,
    offset: number,
    length: number,
    out: Int16Array,
    outOffset: number,
    samples: number,
  ): number;
  /** The last packet said that nothing comes for a while: what `conceal` makes then is the noise of a pause. */
  readonly inDtx?: boolean;
  /**
   * Mean square up to which nobody would hear what is decoded, for the calls that follow; 0 = all is heard. A codec that
   * can tell from a packet how loud it is then saves the work, and writes zeros. Only where there is such a codec.
   */
  unheardPower?: number;
  /** The level that the sender tells of the packet that is decoded next (RFC 6464), −1 = none. With `unheardPower`. */
  toldLevel?: number;
  /** The last call wrote zeros in place of what nobody would hear. */
  readonly isResting?: boolean;
  /** As that of an encoder. */
  close?(): void;
}

/** One row of the registry: what SDP calls a codec, and how to make its two halves. */
export interface Codec {
  readonly name: CodecName;
  /** The encoding name of `a=rtpmap`, in the RFC's spelling; compared without case (RFC 4855 §3). */
  readonly encodingName: string;
  /** RFC 3551 §6; null for a codec that has none. */
  readonly staticPayloadType: number | null;
  /** The number that a codec without a static one has in our offers, where it is free. */
  readonly usualPayloadType?: number;
  /** The RTP clock, which for some codecs is not the sample rate. */
  readonly clockRateHz: number;
  /** Rate of the PCM that is given and taken. */
  readonly sampleRateHz: SampleRateHz;
  /** What an encoder writes depends on what it has heard before, and a decoder has to follow it. */
  readonly isStateful: boolean;
  /**
   * Beats of equal sound after which a decoder may go from one encoder to another that has heard the same, unheard: for a
   * codec whose encoders come to agree by themselves. Unless told that takes a silence, or long.
   */
  readonly mergeBeats?: number;
  /** As `a=rtpmap` has it; PCM is mono whatever it says. */
  readonly channels: number;
  /** Longest payload that is taken from a peer: 190 ms, or a datagram. */
  readonly maxReceivedBytes: number;
  /** What we say in `a=fmtp`; answering, `offered` is what the offer said. null = nothing. */
  ownFmtp(offered: string | null): string | null;
  /**
   * What our encoder has to know of the two sides' `a=fmtp`. Equal text means that the same sound becomes the same
   * payloads, which listeners can then share.
   */
  agree(ours: string | null, theirs: string | null): string;
  /** The length of packet to send to a peer that asks for `wantedMs` and bears `mostMs`. */
  ptimeMs(parameters: string, wantedMs: number, mostMs: number): number;
  /** The longest payload of `samples` PCM samples. */
  maxPayloadBytes(samples: number): number;
  /** @param parameters  as `agree` gave them; what holds without any `a=fmtp` unless told */
  createEncoder(parameters?: string): Encoder;
  createDecoder(parameters?: string): Decoder;
}

/** Every codec of `codecNames`. */
export const codecs: Readonly<Record<CodecName, Codec>> = {
  opus,
  g722,
  pcma,
  pcmu,
  ilbc,
  'l16-8000': createL16('l16-8000', 8000),
  'l16-16000': createL16('l16-16000', 16000),
  'l16-44100': createL16('l16-44100', 44100),
  'l16-48000': createL16('l16-48000', 48000),
};
