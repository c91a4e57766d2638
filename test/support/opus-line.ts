import type { OpusDecoder } from '../../media/codec/opus/decoder.js';
import type { OpusEncoder } from '../../media/codec/opus/encoder.js';
import { babble } from './babble.js';

/** Two seconds of a made-up voice: that of `babble`, played at twice its rate for 16 kHz, and stretched to 48. */
export function voiceAt(sampleRateHz: 8000 | 16000 | 48000, seed = 3): Int16Array {
  if (sampleRateHz === 8000) return babble(seed, 2000);
  const wide = babble(seed, 4000);
  if (sampleRateHz === 16000) return wide;
  return Int16Array.from({ length: wide.length * 3 }, (_, i) => {
    const at = Math.floor(i / 3);
    return Math.round(wide[at]! + ((i % 3) / 3) * ((wide[at + 1] ?? 0) - wide[at]!));
  });
}

export function toneAt(sampleRateHz: number, frequencyHz = 440, seconds = 2): Int16Array {
  return Int16Array.from({ length: sampleRateHz * seconds }, (_, i) =>
    Math.round(8000 * Math.sin((2 * Math.PI * frequencyHz * i) / sampleRateHz)),
  );
}

/** One payload a frame; empty where DTX had nothing to send. Throws on a fault. */
export function encodeAll(encoder: OpusEncoder, pcm: Int16Array, frameMs = 20): Uint8Array[] {
  const samples = (encoder.sampleRateHz * frameMs) / 1000;
  const out = new Uint8Array(4000);
  const payloads: Uint8Array[] = [];
  for (let at = 0; at + samples <= pcm.length; at += samples) {
    const length = encoder.encode(pcm, at, samples, out, 0);
    if (encoder.fault !== null) throw new Error(`frame ${payloads.length}: ${encoder.fault}`);
    payloads.push(out.slice(0, length));
  }
  return payloads;
}

/** Decodes payloads of `frameMs` each; where `lost` accepts the number, conceals, or takes FEC from the next one. */
export function decodeAll(
  decoder: OpusDecoder,
  payloads: readonly Uint8Array[],
  { frameMs = 20, lost = () => false, fec = false }: LossOptions = {},
): Int16Array {
  const samples = (decoder.sampleRateHz * frameMs) / 1000;
  const out = new Int16Array(payloads.length * samples);
  payloads.forEach((payload, index) => {
    const at = index * samples;
    const next = payloads[index + 1];
    if (!lost(index) && payload.length > 0) decoder.decode(payload, 0, payload.length, out, at);
    else if (fec && next !== undefined && !lost(index + 1)) decoder.decodeFec(next, 0, next.length, out, at, samples);
    else decoder.conceal(out, at, samples);
    if (decoder.fault !== null) throw new Error(`packet ${index}: ${decoder.fault}`);
  });
  return out;
}

export interface LossOptions {
  readonly frameMs?: number;
  readonly lost?: (index: number) => boolean;
  readonly fec?: boolean;
}
