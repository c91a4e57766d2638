import { describe, expect, test } from 'vitest';
import { makeOffer } from '../../../media/sdp/offer-answer.js';
import { answered, fresh, local } from '../../support/offer-answer-bench.js';
import { linesOf, sdpText } from '../../support/sdp-text.js';

const disc = { ...local, codecs: ['l16-44100'] as const };

describe('RFC 3551 §6 L16 at 44.1 kHz', () => {
  test('payload type 11, with or without its a=rtpmap; 10, in stereo, is not ours', () => {
    const { sdp, media } = answered(sdpText(['m=audio 4000 RTP/AVP 10 11']), fresh(), disc);
    expect(linesOf(sdp, 'm')).toEqual(['audio 20000 RTP/AVP 11']);
    expect(media.send).toEqual({
      codec: 'l16-44100',
      payloadType: 11,
      clockRateHz: 44_100,
      ptimeMs: 10,
      parameters: '',
    });
    const named = ['m=audio 4000 RTP/AVP 97 98', 'a=rtpmap:97 L16/44100/2', 'a=rtpmap:98 L16/44100'];
    expect(linesOf(answered(sdpText(named), fresh(), disc).sdp, 'm')).toEqual(['audio 20000 RTP/AVP 98']);
  });

  test('RFC 4733 §2.1 our offer has it with telephone-event at its clock', () => {
    const { sdp } = makeOffer(fresh(), disc);
    expect(linesOf(sdp, 'm')).toEqual(['audio 20000 RTP/AVP 11 101 96']);
    expect(linesOf(sdp, 'a')).toEqual(
      expect.arrayContaining(['rtpmap:11 L16/44100', 'rtpmap:96 telephone-event/44100']),
    );
  });
});
