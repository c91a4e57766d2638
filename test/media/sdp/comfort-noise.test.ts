import { describe, expect, test } from 'vitest';
import { acceptAnswer, answerOffer, makeOffer } from '../../../media/sdp/offer-answer.js';
import { accepted, answered, fresh, local, phone } from '../../support/offer-answer-bench.js';
import { linesOf, sdpText, versionOf } from '../../support/sdp-text.js';

const [line, ...attributes] = phone;
/** A phone that leaves out silence. */
const silent = sdpText([`${line} 13`, ...attributes]);

describe('RFC 3389 comfort noise', () => {
  test('RFC 3389 §5 where it is offered it is answered, with its number, and heard', () => {
    const { sdp, media } = answered(silent);
    expect(linesOf(sdp, 'm')).toEqual(['audio 20000 RTP/AVP 0 8 101 13']);
    expect(linesOf(sdp, 'a')).toContain('rtpmap:13 CN/8000');
    expect(media.comfortNoise).toEqual([{ payloadType: 13, clockRateHz: 8000 }]);
    expect(media.receive.map(({ payloadType }) => payloadType)).toEqual([0, 8]);
  });

  test('RFC 3389 §4 a dynamic number that names it is taken; another clock is not, for no sound has it', () => {
    const named = answered(sdpText([`${line} 98`, ...attributes, 'a=rtpmap:98 cn/8000']));
    expect(named.media.comfortNoise).toEqual([{ payloadType: 98, clockRateHz: 8000 }]);
    const wide = answered(sdpText([`${line} 98`, ...attributes, 'a=rtpmap:98 CN/16000']));
    expect(wide.media.comfortNoise).toBeUndefined();
    expect(linesOf(wide.sdp, 'm')).toEqual(['audio 20000 RTP/AVP 0 8 101']);
  });

  test('where another thing has number 13, it is that', () => {
    const { media } = answered(sdpText([`${line} 13`, ...attributes, 'a=rtpmap:13 PCMA/8000']));
    expect(media.comfortNoise).toBeUndefined();
  });

  test('our order of codecs leaves it at the end', () => {
    const { sdp } = answered(silent, fresh(), { ...local, answerOrder: 'local' });
    expect(linesOf(sdp, 'm')).toEqual(['audio 20000 RTP/AVP 8 0 101 13']);
  });

  test('it is no codec: an offer of it alone is refused', () => {
    expect(answerOffer(fresh(), sdpText(['m=audio 4000 RTP/AVP 13']), local)).toMatchObject({
      ok: false,
      fault: 'no-common-codec',
    });
  });

  test('we do not offer it first, and an answer that brings it in changes nothing', () => {
    const offer = makeOffer(fresh(), local);
    expect(linesOf(offer.sdp, 'm')).toEqual(['audio 20000 RTP/AVP 8 0 101']);
    expect(accepted(offer.state, silent).media.comfortNoise).toBeUndefined();
  });

  test('RFC 3264 §8 once agreed on it stays in our later offers, under its number and the same version', () => {
    const { state, sdp } = answered(silent);
    const again = makeOffer(state, { ...local, codecs: ['pcmu', 'pcma'] });
    expect(linesOf(again.sdp, 'm')).toEqual(linesOf(sdp, 'm'));
    expect(versionOf(again.sdp)).toBe(versionOf(sdp));
    const kept = acceptAnswer(again.state, silent);
    expect(kept.ok && kept.media.comfortNoise).toEqual([{ payloadType: 13, clockRateHz: 8000 }]);
    const dropped = acceptAnswer(again.state, sdpText(phone));
    expect(dropped.ok && dropped.media.comfortNoise).toBeUndefined();
  });
});
