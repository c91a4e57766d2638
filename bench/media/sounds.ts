import type { Codec, Encoder } from '../../media/index.js';
import type { Sound } from './wire-files.js';

/** Of each talker's tone: three of them together stay below the limiter. */
export const toneAmplitudeOfTalkers = 4000;
/** A whole number of packets of 20 and of 30 ms, and of periods of every tone here. */
export const loopMs = 1200;
const BURST_MS = 360;
const TONE_SETS = 45;
/** About −72 dB of full scale: a quiet room behind a microphone. */
const NOISE_AMPLITUDE = 12;

/** The tone of a room's talker, 0, 1 or 2; no two in 45 rooms are alike. */
export function talkerHz(room: number, talker: number): number {
  return 405 + 20 * (room % TONE_SETS) + 1000 * talker;
}

export interface Saying {
  /** null = silence, or what a microphone has in it. */
  readonly hz: number | null;
  /** Speaks for 0.36 s, then is silent for 0.84 s. */
  readonly bursts?: boolean;
  readonly noise?: boolean;
}

export function pcmOf({ hz, bursts = false, noise = false }: Saying, rateHz: number): Int16Array {
  const pcm = new Int16Array((loopMs * rateHz) / 1000);
  const spoken = bursts ? (BURST_MS * rateHz) / 1000 : pcm.length;
  let random = 1;
  for (let i = 0; i < pcm.length; i += 1) {
    random = (Math.imul(random, 1_103_515_245) + 12_345) & 0x7fffffff;
    const background = noise ? (random / 0x3fffffff - 1) * NOISE_AMPLITUDE : 0;
    const tone = hz === null || i >= spoken ? 0 : toneAmplitudeOfTalkers * Math.sin((2 * Math.PI * hz * i) / rateHz);
    pcm[i] = Math.round(tone + background);
  }
  return pcm;
}

/** An encoder for a peer that takes our offer as it is: iLBC in frames of 20 ms, which is not its default (RFC 3952 §5). */
export function encoderOf(codec: Codec): Encoder {
  const fmtp = codec.ownFmtp(null);
  return codec.createEncoder(codec.agree(fmtp, fmtp));
}

/**
 * Encoded over and over, of which the first time is not kept: the loop closes well enough for an ear, but an adaptive
 * codec is heard to start again. @param loops how often until then
 */
export function encoded(saying: Saying, codec: Codec, frameMs: number, loops = 1): Sound {
  const pcm = pcmOf(saying, codec.sampleRateHz);
  const samples = (frameMs * codec.sampleRateHz) / 1000;
  const encoder = encoderOf(codec);
  const out = new Uint8Array(codec.maxPayloadBytes(samples));
  const frames: Uint8Array[] = [];
  for (let loop = 0; loop <= loops; loop += 1) {
    for (let at = 0; at + samples <= pcm.length; at += samples) {
      const bytes = encoder.encode(pcm, at, samples, out, 0);
      if (loop > 0) frames.push(out.slice(0, bytes));
    }
  }
  return { frames, onsetFrame: saying.bursts === true ? 0 : -1, framesPerLoop: frames.length / loops };
}
