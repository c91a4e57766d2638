/** The API rates of libopus; RTP's clock is 48 kHz with each of them (RFC 7587 §4.1). */
export const opusRatesHz = [8000, 12000, 16000, 24000, 48000] as const;
export type OpusRateHz = (typeof opusRatesHz)[number];

/** Ways to have libopus: WASM with and without SIMD from `@evan/opus`, and `opusscript`. */
export type OpusBuild = 'simd' | 'plain' | 'script';

/** Samples of the longest packet, 120 ms at 48 kHz: the size of an engine's room for PCM. */
export const MAX_PACKET_SAMPLES = 5760;
/** Payload bytes that an engine has room for: 120 ms at 510 kbit/s take 7,650. */
export const MAX_PACKET_BYTES = 8192;

/** The error numbers of libopus that are told apart, and one of our own for a handle that was closed. */
export const code = {
  badArgument: -1,
  noRoom: -2,
  internal: -3,
  invalidPacket: -4,
  notThere: -5,
  closed: -100,
} as const;

/** Why encoding or decoding gave nothing. */
export type OpusFault = 'bad-argument' | 'no-room' | 'invalid-packet' | 'closed' | 'internal';

/** The fault of an error number. */
export function faultOf(error: number): OpusFault {
  switch (error) {
    case code.badArgument:
      return 'bad-argument';
    case code.noRoom:
      return 'no-room';
    case code.invalidPacket:
      return 'invalid-packet';
    case code.closed:
      return 'closed';
    default:
      return 'internal';
  }
}

/** Settings of libopus by the numbers of its `opus_defines.h`; each of these takes one integer. */
export const ctl = {
  setBitrate: 4002,
  setMaxBandwidth: 4004,
  setVbr: 4006,
  setComplexity: 4010,
  setInbandFec: 4012,
  setPacketLossPercent: 4014,
  setDtx: 4016,
  resetState: 4028,
} as const;

/** Names a state inside an engine; 0 is none. */
export type OpusHandle = number;

/**
 * libopus with its memory, as both builds can offer it: many mono states, one room for PCM and one for a packet, through
 * which all samples and bytes go. Calls return what libopus does: a count, or a negative `code`. Nothing throws.
 */
export interface OpusEngine {
  readonly build: OpusBuild;
  /** The decoder conceals any length, uses FEC, and states can be copied. */
  readonly isComplete: boolean;
  /** Engine memory as samples and as bytes: asked for anew with each packet, since a view dies when the memory grows. */
  readonly samples: Int16Array;
  readonly bytes: Uint8Array;
  /** Where the room for PCM starts, in `samples`: `MAX_PACKET_SAMPLES` long. */
  readonly pcmAt: number;
  /** Where the room for a packet starts, in `bytes`: `MAX_PACKET_BYTES` long. */
  readonly packetAt: number;
  readonly memoryBytes: number;

  /** A new or used state in its first condition; 0 when there is no memory. */
  openEncoder(rateHz: OpusRateHz): OpusHandle;
  openDecoder(rateHz: OpusRateHz): OpusHandle;
  closeEncoder(encoder: OpusHandle): void;
  closeDecoder(decoder: OpusHandle): void;
  /** Back to the first condition; settings have to be made again. */
  resetEncoder(encoder: OpusHandle, rateHz: OpusRateHz): void;
  resetDecoder(decoder: OpusHandle, rateHz: OpusRateHz): void;
  setEncoder(encoder: OpusHandle, request: number, value: number): number;
  /** From the room for PCM into the room for a packet. */
  encode(encoder: OpusHandle, samples: number, maxBytes: number): number;
  /**
   * From the room for a packet into the room for PCM. `length` 0 makes up `samples` for a loss; `fec` decodes the copy of
   * the frame before, `samples` long; else `samples` is what the packet holds. Without `isComplete`: the packet alone.
   */
  decode(decoder: OpusHandle, length: number, samples: number, fec: boolean): number;
  /** Makes one encoder the same as another of its rate; false when this engine cannot. */
  copyEncoder(from: OpusHandle, to: OpusHandle): boolean;
}
