import type { Random } from '../../base/random.js';
import type { AudioName } from './bundle-lines.js';
import { type AudioSecurity, browserSecurity, type LocalSrtp, srtpWhileOffered } from './crypto-lines.js';
import { type IceState, offeredIce } from './ice-lines.js';
import type { LegMedia } from './leg-media.js';
import type { MediaDescription, SessionDescription } from './parse.js';

/**
 * Whether a description is a browser's: what RFC 8829 §5.2.1, §5.3.1 make it say all at once, and phones with some of it do
 * not. By which transport SIP came does not tell: between a browser and us there may be a proxy.
 */
export function isOfBrowser(audio: MediaDescription, { bundles }: Pick<SessionDescription, 'bundles'>): boolean {
  const { protocol, dtls, ice, rtcpMux, mid } = audio;
  const isChecking = ice !== null && !ice.isLite;
  const isBundled = mid !== null && bundles.some((mids) => mids.includes(mid));
  return /^UDP\/TLS\/RTP\/SAVPF$/i.test(protocol) && dtls !== null && isChecking && rtcpMux && isBundled;
}

/** The part of our side that decides how a first offer is secured and finds its way. */
interface OfferingSide {
  readonly srtp?: LocalSrtp;
  readonly iceRandom?: Random;
  readonly toBrowser?: boolean;
}

export interface BrowserOffer {
  readonly security: AudioSecurity;
  readonly ice: IceState;
  readonly name: AudioName;
}

/** RFC 8829 §5.2.1 numbers the m-lines, of which ours has one. */
const name: AudioName = { mid: '0', isBundled: true };

/**
 * A first offer to a browser: DTLS and ICE, which it takes nothing without (RFC 8829 §5.8, RFC 8827 §6.5), and the line's name in a BUNDLE group (RFC 9143); null for who is no
 * browser, and where we cannot have both.
 */
export function browserOffer({ toBrowser, srtp, iceRandom }: OfferingSide): BrowserOffer | null {
  const security = toBrowser === true ? browserSecurity(srtp) : null;
  return security === null || iceRandom === undefined ? null : { security, ice: offeredIce(iceRandom), name };
}

/** What a leg is to use while that offer, or the usual one, is out: what may be protected is not taken in the clear. */
export function mediaWhileOffered(local: OfferingSide): Pick<LegMedia, 'srtp'> {
  return browserOffer(local) === null ? srtpWhileOffered(local.srtp) : { srtp: { send: null, receive: null } };
}
