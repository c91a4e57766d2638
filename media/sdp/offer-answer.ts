import type { CodecName, Direction, LegMedia } from './leg-media.js';

/** What our side brings to an offer or answer. */
export interface LocalMedia {
  /** What the SDP shows to this peer. Unspecified (`0.0.0.0`, `::`) in a trial run: any address family is then taken. */
  readonly address: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
  /** In our order of preference. */
  readonly codecs: readonly CodecName[];
  readonly telephoneEvent: boolean;
  /** What we ask to be sent. */
  readonly ptimeMs: number;
  /** What we want; the outcome is at most this. */
  readonly direction: Direction;
  /** Whose order an answer follows: the offerer's (RFC 3264 §6.1, the default) or that of `codecs`. */
  readonly answerOrder?: 'offer' | 'local';
}

/** One leg's offer/answer history: plain data, replaced and never changed. */
export interface OfferAnswerState {
  readonly sessionId: string;
  readonly username: string;
}

/** For the Warning header of a 488: RFC 3261 §20.43. */
export interface MediaWarning {
  readonly code: number;
  readonly text: string;
}

export type OfferFault =
  | 'unparsable'
  | 'offer-pending'
  | 'no-audio'
  | 'bad-transport'
  | 'bad-address'
  | 'no-common-codec';
export type AnswerFault = OfferFault | 'no-offer';

export interface Refused<F extends string> {
  readonly ok: false;
  readonly fault: F;
  readonly warning: MediaWarning;
}

export interface Answered {
  readonly ok: true;
  readonly state: OfferAnswerState;
  /** Our answer. */
  readonly sdp: string;
  readonly media: LegMedia;
}

export interface Accepted {
  readonly ok: true;
  readonly state: OfferAnswerState;
  readonly media: LegMedia;
}

/** @param sessionId decimal, unique per leg (RFC 8866 §5.2); at most 63 bits */
export function createOfferAnswer(_options: { sessionId: string; username: string }): OfferAnswerState {
  throw new Error('soon');
}

/** Our offer, first or later. An offer of ours that is still out counts as refused. */
export function makeOffer(
  _state: OfferAnswerState,
  _local: LocalMedia,
): { readonly state: OfferAnswerState; readonly sdp: string } {
  throw new Error('soon');
}

/** The peer refused our offer (4xx to a re-INVITE, 491): the session stays as it was (RFC 3261 §14.1). */
export function withdrawOffer(_state: OfferAnswerState): OfferAnswerState {
  throw new Error('soon');
}

/** What to hear while our first offer is out (RFC 3264 §5.1). */
export function mediaForOffer(_local: LocalMedia): LegMedia {
  throw new Error('soon');
}

/** SDP of an unreliable 18x: heard and remembered, but the offer stays open for the final answer. */
export function earlyAnswer(_state: OfferAnswerState, _sdp: string): Accepted | Refused<AnswerFault> {
  throw new Error('soon');
}

/** The answer to our offer. `null`: the 2xx carried none, so the last early answer stands. */
export function acceptAnswer(_state: OfferAnswerState, _sdp: string | null): Accepted | Refused<AnswerFault> {
  throw new Error('soon');
}

/** Our answer to the peer's offer, first or later. A refusal changes nothing. */
export function answerOffer(
  _state: OfferAnswerState,
  _sdp: string,
  _local: LocalMedia,
): Answered | Refused<OfferFault> {
  throw new Error('soon');
}
