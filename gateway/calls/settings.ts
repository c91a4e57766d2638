import { type DtlsIdentity, dtlsOffer } from '../../media/index.js';
import type { Config } from '../config.js';
import type { CallSettings } from './service.js';

/** Retry-After of our 503s. */
export const RETRY_AFTER_S = 5;

/** What the configuration says of calls. */
export function callSettingsOf(config: Config, identity: DtlsIdentity): CallSettings {
  return {
    timeouts: {
      waitOtherPeersMs: config.waitOtherPeersTimeoutMs,
      emptyGraceMs: config.emptyGraceMs,
      acceptAloneMs: config.acceptAloneTimeoutMs,
      outgoingAloneMs: config.outgoingAloneTimeoutMs,
    },
    ringTimeoutMs: config.ringTimeoutMs,
    rtpTimeoutMs: config.rtpTimeoutMs,
    consentTimeoutMs: config.webrtcTimeoutMs,
    inbandDtmf: config.dtmfInband === 'on' ? 'auto' : 'off',
    comfortNoise: config.comfortNoise,
    codecs: config.codecs,
    srtp: {
      policy: config.srtp,
      suites: config.srtpOffer.filter((name) => name !== dtlsOffer),
      offersDtls: config.srtpOffer.includes(dtlsOffer),
      identity,
    },
    duplicatePeer: config.duplicatePeer,
    callEvents: config.callEvents,
    mediaEvents: config.mediaEvents,
    rtcpXr: config.rtcpXr,
    earlyAudio: config.earlyAudio,
    maxConn: config.maxConn,
    retryAfterS: RETRY_AFTER_S,
  };
}
