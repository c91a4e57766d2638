import { codecs } from './codec/codec.js';
import type { SampleRateHz } from './codec/resample.js';
import type { CodecName, Direction, LegMedia, MediaAddress } from './sdp/leg-media.js';

/** The rate at which nothing is lost of what that leg sends, or will send; 8000 while nothing is known. */
export function codecRateOf(media: LegMedia | null): SampleRateHz {
  const codec = media?.send?.codec ?? media?.receive[0]?.codec;
  return codec === undefined ? 8000 : codecs[codec].sampleRateHz;
}

/** What a payload type of the peer is; null: no sound, or nothing that was agreed on. */
export function codecOf(media: LegMedia | null, payloadType: number): CodecName | null {
  if (media === null) return null;
  const { receive } = media;
  for (let i = 0; i < receive.length; i += 1) if (receive[i]!.payloadType === payloadType) return receive[i]!.codec;
  return null;
}

export function receives(direction: Direction): boolean {
  return direction === 'sendrecv' || direction === 'recvonly';
}

export function sends(direction: Direction): boolean {
  return direction === 'sendrecv' || direction === 'sendonly';
}

export function isSameAddress(a: MediaAddress, b: MediaAddress | null): boolean {
  return b !== null && a.address === b.address && a.rtpPort === b.rtpPort;
}
