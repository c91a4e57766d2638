import type { StreamEncoding, StreamFrames, StreamRateHz } from '../../contract/streams.js';
import type { SampleRateHz } from '../../media/index.js';

/** How the sound of one stream is written on its WebSocket. */
export interface StreamFormat {
  readonly encoding: StreamEncoding;
  readonly rateHz: StreamRateHz;
  readonly frames: StreamFrames;
  readonly chunkMs: number;
}

/** What `start` calls the encodings; µ-law is called as Twilio does. */
export const encodingNames = { mulaw: 'audio/x-mulaw', l16: 'audio/l16' } as const;

export const bytesPerSample = { mulaw: 1, l16: 2 } as const;

/**
 * At which rate the media host speaks with the stream. Rooms run at 8 or 16 kHz, so that 24 kHz, which is what speech models
 * like to have, is made of 16 at this edge: there is nothing above 8 kHz to be lost.
 */
export function mediaRateOf(rateHz: StreamRateHz): SampleRateHz {
  return rateHz === 24_000 ? 16_000 : rateHz;
}
