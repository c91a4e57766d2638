import type { Codec, Decoder } from '../codec.js';
import { readFmtp } from '../fmtp.js';
import { plain } from '../plain.js';
import type { IlbcDecoder } from './decoder.js';
import { createIlbc, type IlbcFrames } from './ilbc.js';
import type { IlbcFrameMs } from './mode.js';

const frames: Readonly<Record<IlbcFrameMs, IlbcFrames>> = { 20: createIlbc(20), 30: createIlbc(30) };

/** RFC 3952 §5: without a mode that can be read it is 30. */
function modeOf(fmtp: string | null): IlbcFrameMs {
  return readFmtp(fmtp).get('mode') === '20' ? 20 : 30;
}

/**
 * Decodes frames of either length, told apart by the payload's: until our offer is answered the peer may send either, and
 * some send what they did not agree on.
 */
class AnyIlbcDecoder implements Decoder {
  #frames: IlbcFrames;
  #decoder: IlbcDecoder;

  constructor(frameMs: IlbcFrameMs) {
    this.#frames = frames[frameMs];
    this.#decoder = this.#frames.createDecoder();
  }

  decode(payload: Uint8Array, offset: number, length: number, out: Int16Array, outOffset: number): number {
    if (length % this.#frames.payloadBytes !== 0) this.#change(length);
    return this.#decoder.decode(payload, offset, length, out, outOffset);
  }

  conceal(out: Int16Array, offset: number, samples: number): number {
    return this.#decoder.conceal(out, offset, samples);
  }

  #change(length: number): void {
    const other = frames[this.#frames.frameMs === 20 ? 30 : 20];
    if (length % other.payloadBytes !== 0) return;
    this.#frames = other;
    this.#decoder = other.createDecoder();
  }
}

/** iLBC (RFC 3951, RFC 3952). We ask for frames of 20 ms, which fit the beat, and send 30 to who does not agree. */
export const ilbc: Codec = {
  ...plain,
  name: 'ilbc',
  encodingName: 'iLBC',
  staticPayloadType: null,
  usualPayloadType: 97,
  clockRateHz: 8000,
  sampleRateHz: 8000,
  isStateful: true,
  channels: 1,
  // 180 ms in frames of 20 or 30 ms: far more than anybody puts into a packet.
  maxReceivedBytes: 9 * frames[20].payloadBytes,
  ownFmtp: (offered) => `mode=${offered === null ? 20 : modeOf(offered)}`,
  // RFC 3952 §5: 20 only where both say so, else the lower bit rate.
  agree: (ours, theirs) => `mode=${modeOf(ours) === 20 && modeOf(theirs) === 20 ? 20 : 30}`,
  ptimeMs: (parameters, wantedMs, mostMs) => {
    const frameMs = modeOf(parameters);
    return Math.max(1, Math.floor(Math.min(wantedMs, mostMs, 60) / frameMs)) * frameMs;
  },
  maxPayloadBytes: (samples) => frames[20].maxPayloadBytes(samples),
  createEncoder: (parameters = '') => frames[modeOf(parameters)].createEncoder(),
  createDecoder: (parameters = '') => new AnyIlbcDecoder(modeOf(parameters)),
};
