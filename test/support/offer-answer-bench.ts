import type { LocalMedia } from '../../media/sdp/local-media.js';
import {
  type Accepted,
  type Answered,
  acceptAnswer,
  answerOffer,
  createOfferAnswer,
  type OfferAnswerState,
} from '../../media/sdp/offer-answer.js';

/** Our side in tests of offers and answers. */
export const local: LocalMedia = {
  address: '198.51.100.9',
  rtpPort: 20000,
  rtcpPort: 20001,
  codecs: ['pcma', 'pcmu'],
  telephoneEvent: true,
  ptimeMs: 20,
  direction: 'sendrecv',
};
/** What a plain phone offers. */
export const phone = [
  'm=audio 4000 RTP/AVP 0 8 101',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-15',
];

export function fresh(): OfferAnswerState {
  return createOfferAnswer({ sessionId: '77', username: '-' });
}

/** Our answer; throws where it is refused. */
export function answered(offer: string, state = fresh(), ours = local): Answered {
  const result = answerOffer(state, offer, ours);
  if (!result.ok) throw new Error(result.fault);
  return result;
}

/** The outcome of the peer's answer; throws where it is refused. */
export function accepted(state: OfferAnswerState, answer: string): Accepted {
  const result = acceptAnswer(state, answer);
  if (!result.ok) throw new Error(result.fault);
  return result;
}
