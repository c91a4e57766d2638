import type { Random } from '../../base/random.js';
import type { AudioName } from './bundle-lines.js';
import { type AudioSecurity, browserSecurity, type LocalSrtp, srtpWhileOffered } from './crypto-lines.js';
import { type IceState, offeredIce } from './ice-lines.js';
import type { LegMedia } from './leg-media.js';

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
