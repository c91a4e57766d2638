import type { OpusEncoderSettings } from './encoder.js';

/** The one way Opus stands in `a=rtpmap`, whatever is sent: RFC 7587 §7. */
export const opusRtpmap = { encodingName: 'opus', clockRateHz: 48000, channels: 2 } as const;

/** What one side says in `a=fmtp` about itself: RFC 7587 §6.1. Only the `sprop` ones speak of what it sends. */
export interface OpusParameters {
  /** The highest sample rate it can play, 8000 to 48000. */
  readonly maxPlaybackRateHz: number;
  /** The highest sample rate it is likely to send. */
  readonly spropMaxCaptureRateHz: number;
  /** Bits per second it wants to receive at most, 6,000 to 510,000; null = no limit. */
  readonly maxAverageBitrate: number | null;
  /** It rather receives stereo; mono is right in any case. */
  readonly stereo: boolean;
  /** It is likely to send stereo. */
  readonly spropStereo: boolean;
  /** It rather receives packets of constant length. */
  readonly cbr: boolean;
  /** It makes use of in-band FEC. */
  readonly useInbandFec: boolean;
  /** It rather receives DTX. */
  readonly useDtx: boolean;
}

/** What holds for a side that says nothing: RFC 7587 §6.1. */
export const defaultOpusParameters: OpusParameters = {
  maxPlaybackRateHz: 48000,
  spropMaxCaptureRateHz: 48000,
  maxAverageBitrate: null,
  stereo: false,
  spropStereo: false,
  cbr: false,
  useInbandFec: false,
  useDtx: false,
};

const names = {
  maxPlaybackRateHz: 'maxplaybackrate',
  spropMaxCaptureRateHz: 'sprop-maxcapturerate',
  maxAverageBitrate: 'maxaveragebitrate',
  stereo: 'stereo',
  spropStereo: 'sprop-stereo',
  cbr: 'cbr',
  useInbandFec: 'useinbandfec',
  useDtx: 'usedtx',
} as const satisfies Record<keyof OpusParameters, string>;

/**
 * Reads the parameters of `a=fmtp` as name and value. Names are compared without case (RFC 4855 §3); unknown ones are
 * ignored (RFC 7587 §7.1); numbers out of range count as the nearest in range, what is no number as not said.
 */
export function parseOpusFmtp(record: Readonly<Record<string, string | number>>): OpusParameters {
  const said = new Map(Object.entries(record).map(([name, value]) => [name.toLowerCase(), String(value).trim()]));
  const flag = (name: string): boolean => said.get(name) === '1';
  const number = (name: string, low: number, high: number): number | null => {
    const text = said.get(name);
    return text === undefined || !/^\d{1,9}$/.test(text) ? null : Math.max(low, Math.min(high, Number(text)));
  };
  return {
    maxPlaybackRateHz: number(names.maxPlaybackRateHz, 8000, 48000) ?? defaultOpusParameters.maxPlaybackRateHz,
    spropMaxCaptureRateHz:
      number(names.spropMaxCaptureRateHz, 8000, 48000) ?? defaultOpusParameters.spropMaxCaptureRateHz,
    maxAverageBitrate: number(names.maxAverageBitrate, 6000, 510_000),
    stereo: flag(names.stereo),
    spropStereo: flag(names.spropStereo),
    cbr: flag(names.cbr),
    useInbandFec: flag(names.useInbandFec),
    useDtx: flag(names.useDtx),
  };
}

/** Writes what differs from the defaults, in a steady order; an empty record needs no `a=fmtp`. */
export function writeOpusFmtp(parameters: OpusParameters): Record<string, string> {
  const record: Record<string, string> = {};
  for (const key of Object.keys(names) as (keyof OpusParameters)[]) {
    const value = parameters[key];
    if (value !== null && value !== defaultOpusParameters[key]) record[names[key]] = String(Number(value));
  }
  return record;
}

/**
 * What we say of ourselves, in an offer and in an answer alike: RFC 7587 §7.1 ties neither to the other, each side
 * speaks of itself, and what was unknown in an offer is not in the answer because it never came in here. Mono, with FEC,
 * and no more of the spectrum than our rate carries.
 */
export function ownOpusParameters(sampleRateHz: number, own: Partial<OpusParameters> = {}): OpusParameters {
  return {
    ...defaultOpusParameters,
    maxPlaybackRateHz: sampleRateHz,
    spropMaxCaptureRateHz: sampleRateHz,
    useInbandFec: true,
    ...own,
  };
}

/**
 * How to encode for a peer that said `peer`, where we would do `own`: never above its bit rate and bandwidth (both MUST
 * NOT in RFC 7587 §7.1), FEC and DTX only where it wants them and we do, constant length where either does.
 */
export function encoderSettingsFor(peer: OpusParameters, own: OpusEncoderSettings): OpusEncoderSettings {
  return {
    ...own,
    bitrate: Math.min(own.bitrate, peer.maxAverageBitrate ?? own.bitrate),
    maxPlaybackRateHz: Math.min(own.maxPlaybackRateHz, peer.maxPlaybackRateHz),
    fec: own.fec && peer.useInbandFec,
    dtx: own.dtx && peer.useDtx,
    cbr: own.cbr || peer.cbr,
  };
}

/**
 * The length of packet to send when the peer asks for `ptimeMs` and bears `maxptimeMs`: the longest of 10, 20, 40 and
 * 60 ms that is above neither, 10 where all are. The `ptime` of RFC 7587 §6.1 may be any sum of frames; an encoder
 * makes these.
 */
export function opusPtimeMs(ptimeMs = 20, maxptimeMs = 120): 10 | 20 | 40 | 60 {
  const most = Math.min(ptimeMs, maxptimeMs);
  if (most >= 60) return 60;
  if (most >= 40) return 40;
  return most >= 20 ? 20 : 10;
}
