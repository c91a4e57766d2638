import type { Codec } from '../codec.js';
import { readFmtp, writeFmtp } from '../fmtp.js';
import type { OpusEncoder } from './encoder.js';
import {
  defaultOpusParameters,
  encoderSettingsFor,
  opusPtimeMs,
  opusRtpmap,
  ownOpusParameters,
  parseOpusFmtp,
  writeOpusFmtp,
} from './fmtp.js';
import { createOpusHost, defaultSettings, type OpusHost } from './opus.js';

/** Rate at which libopus takes and gives sound: nobody hears the band above 8 kHz of a phone conference. */
const SAMPLE_RATE_HZ = 16_000;

/**
 * 300 ms. Each SILK frame brings gains and filters of its own, so that two encoders with another past agree to less than
 * what the codec itself adds after 100 ms already: −41 dBov of the worst frame for −31 (test/media/codec/opus/handover).
 */
const MERGE_BEATS = 15;

/** One instance of libopus for this thread, made when the first call needs it (ADR 0013). */
let host: OpusHost | null = null;

/** Throws OpusUnavailableError. */
export function opusHost(): OpusHost {
  host ??= createOpusHost();
  return host;
}

/** A peer's `a=fmtp` as far as our encoder goes by it. */
function encoderParameters(theirs: string | null): string {
  const { maxPlaybackRateHz, maxAverageBitrate, cbr, useInbandFec, useDtx } = parseOpusFmtp(
    Object.fromEntries(readFmtp(theirs)),
  );
  // Playing at more than we encode is all the same.
  const playbackRateHz = maxPlaybackRateHz >= SAMPLE_RATE_HZ ? 48_000 : maxPlaybackRateHz;
  const heeded = { maxPlaybackRateHz: playbackRateHz, maxAverageBitrate, cbr, useInbandFec, useDtx };
  return writeFmtp(writeOpusFmtp({ ...defaultOpusParameters, ...heeded }));
}

function createEncoder(parameters = ''): OpusEncoder {
  const peer = parseOpusFmtp(Object.fromEntries(readFmtp(parameters)));
  const own = { ...defaultSettings(SAMPLE_RATE_HZ, peer.useInbandFec), dtx: true };
  return opusHost().createEncoder(SAMPLE_RATE_HZ, encoderSettingsFor(peer, own));
}

/**
 * Opus (RFC 6716, RFC 7587): mono at 16 kHz, with what the peer asks for. An encoder or decoder may be refused with
 * OpusLimitError, and has to be closed.
 */
export const opus: Codec = {
  name: 'opus',
  encodingName: opusRtpmap.encodingName,
  staticPayloadType: null,
  usualPayloadType: 111,
  clockRateHz: opusRtpmap.clockRateHz,
  sampleRateHz: SAMPLE_RATE_HZ,
  isStateful: true,
  mergeBeats: MERGE_BEATS,
  channels: opusRtpmap.channels,
  maxReceivedBytes: 1500,
  // What we are likely to send is only informative, and an INVITE with credentials should stay below 1300 bytes.
  ownFmtp: () => writeFmtp(writeOpusFmtp(ownOpusParameters(SAMPLE_RATE_HZ, { spropMaxCaptureRateHz: 48_000 }))),
  agree: (_ours, theirs) => encoderParameters(theirs),
  ptimeMs: (_parameters, wantedMs, mostMs) => opusPtimeMs(wantedMs, mostMs),
  // As long as a datagram may be; at the bit rates used here a payload of 60 ms takes a fifth of it.
  maxPayloadBytes: () => 1400,
  createEncoder,
  createDecoder: () => opusHost().createDecoder(SAMPLE_RATE_HZ),
};
