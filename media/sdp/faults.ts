import type { AudioFault } from './negotiate.js';

/** For the Warning header of a 488: RFC 3261 §20.43. */
export interface MediaWarning {
  readonly code: number;
  readonly text: string;
}

export type OfferFault = 'unparsable' | 'offer-pending' | AudioFault;
export type AnswerFault = OfferFault | 'no-offer' | 'no-answer';

export interface Refused<F extends string> {
  readonly ok: false;
  readonly fault: F;
  readonly warning: MediaWarning;
}

const warnings: Readonly<Record<AnswerFault, MediaWarning>> = {
  unparsable: { code: 399, text: 'Session description not understood' },
  'offer-pending': { code: 399, text: 'Another offer has not been answered yet' },
  'no-offer': { code: 399, text: 'No offer is waiting for an answer' },
  'no-answer': { code: 399, text: 'The answer carries no session description' },
  'no-audio': { code: 304, text: 'Media type not available: one audio stream is needed' },
  'bad-transport': { code: 302, text: 'Incompatible transport protocol' },
  'srtp-required': { code: 302, text: 'Incompatible transport protocol: no sound without SRTP' },
  'no-common-crypto': { code: 302, text: 'Incompatible transport protocol: no a=crypto that can be used' },
  'bad-address': { code: 301, text: 'Incompatible network address format' },
  multicast: { code: 330, text: 'Multicast not available' },
  'no-common-codec': { code: 305, text: 'Incompatible media format: no common audio codec' },
};

/** Which fault says most about a description whose audio lines are all unusable, each for its own reason. */
export const mostTelling: readonly AudioFault[] = [
  'no-common-codec',
  'bad-address',
  'multicast',
  'no-common-crypto',
  'srtp-required',
  'bad-transport',
  'no-audio',
];

/** A refusal; `detail` goes behind the warning's text. */
export function refused<F extends AnswerFault>(fault: F, detail?: string): Refused<F> {
  const { code, text } = warnings[fault];
  return { ok: false, fault, warning: { code, text: detail === undefined ? text : `${text}: ${detail}` } };
}
