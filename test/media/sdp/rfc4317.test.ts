import { describe, expect, test } from 'vitest';
import type { LocalMedia } from '../../../media/sdp/local-media.js';
import {
  acceptAnswer,
  answerOffer,
  createOfferAnswer,
  makeOffer,
  type OfferAnswerState,
} from '../../../media/sdp/offer-answer.js';
import { linesOf, sdpText, versionOf } from '../../support/sdp-text.js';

/**
 * The exchanges of RFC 4317 that have audio, from both ends. Two things differ from its text: host names are
 * addresses (atlanta 192.0.2.1, biloxi 192.0.2.2), because a gateway does not resolve names in SDP; and where iLBC is
 * the only codec of a line, PCMA stands in its place under the same dynamic number.
 */
const atlanta: LocalMedia = {
  address: '192.0.2.1',
  rtpPort: 49170,
  rtcpPort: 49171,
  codecs: ['pcmu', 'pcma'],
  telephoneEvent: false,
  ptimeMs: 20,
  direction: 'sendrecv',
};
const biloxi: LocalMedia = { ...atlanta, address: '192.0.2.2', rtpPort: 49174, rtcpPort: 49175 };

const threeCodecs = [
  'm=audio 49170 RTP/AVP 0 8 97',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:97 iLBC/8000',
];
const video = ['m=video 51372 RTP/AVP 31 32', 'a=rtpmap:31 H261/90000', 'a=rtpmap:32 MPV/90000'];

function bob(lines: readonly string[], version = 1, connection = 'IN IP4 192.0.2.2'): string {
  return sdpText(lines, { user: 'bob', version, connection });
}

function fresh(): OfferAnswerState {
  return createOfferAnswer({ sessionId: '2808844564', username: 'bob' });
}

function answered(state: OfferAnswerState, offer: string, local: LocalMedia) {
  const result = answerOffer(state, offer, local);
  if (!result.ok) throw new Error(result.fault);
  return result;
}

function accepted(state: OfferAnswerState, answer: string) {
  const result = acceptAnswer(state, answer);
  if (!result.ok) throw new Error(result.fault);
  return result;
}

describe('RFC 4317 offer/answer examples', () => {
  test('RFC 4317 §2.1 one codec of several is accepted', () => {
    const { sdp, media } = answered(fresh(), sdpText([...threeCodecs, ...video]), { ...biloxi, codecs: ['pcmu'] });
    expect(linesOf(sdp, 'm')).toEqual(['audio 49174 RTP/AVP 0', 'video 0 RTP/AVP 31 32']);
    expect(media).toMatchObject({ remote: { address: '192.0.2.1', rtpPort: 49170 }, send: { codec: 'pcmu' } });
  });

  test('RFC 4317 §2.2 two codecs accepted, video refused; the second offer leaves one codec and both versions grow', () => {
    const first = answered(fresh(), sdpText([...threeCodecs, ...video]), biloxi);
    expect(linesOf(first.sdp, 'm')).toEqual(['audio 49174 RTP/AVP 0 8', 'video 0 RTP/AVP 31 32']);
    const secondOffer = sdpText(
      ['m=audio 51372 RTP/AVP 0', 'a=rtpmap:0 PCMU/8000', 'm=video 0 RTP/AVP 31', 'a=rtpmap:31 H261/90000'],
      { version: 2 },
    );
    const second = answered(first.state, secondOffer, biloxi);
    expect(linesOf(second.sdp, 'm')).toEqual(['audio 49174 RTP/AVP 0', 'video 0 RTP/AVP 31']);
    expect(versionOf(second.sdp)).toBe(versionOf(first.sdp) + 1);
    expect(second.media.remote?.rtpPort).toBe(51372);
  });

  test('RFC 4317 §2.3 the answer may use another dynamic number: we send its number and hear ours', () => {
    const withEvents = { ...atlanta, telephoneEvent: true };
    const offer = makeOffer(fresh(), withEvents);
    expect(linesOf(offer.sdp, 'm')).toEqual(['audio 49170 RTP/AVP 0 8 101']);
    const { media } = accepted(
      offer.state,
      bob(['m=audio 49172 RTP/AVP 99 98', 'a=rtpmap:99 PCMA/8000', 'a=rtpmap:98 telephone-event/8000']),
    );
    expect(media.send).toMatchObject({ codec: 'pcma', payloadType: 99 });
    expect(media.receive).toEqual([{ codec: 'pcma', payloadType: 8, clockRateHz: 8000, parameters: '' }]);
    expect(media.telephoneEvents).toEqual([{ sendPayloadType: 98, receivePayloadType: 101, clockRateHz: 8000 }]);
  });

  test('RFC 4317 §2.4 a second audio stream for telephone-events alone is refused', () => {
    const offer = sdpText([
      'm=audio 49170 RTP/AVP 0 97',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:97 iLBC/8000',
      'm=audio 49172 RTP/AVP 98',
      'a=rtpmap:98 telephone-event/8000',
      'a=sendonly',
    ]);
    const { sdp, media } = answered(fresh(), offer, { ...biloxi, telephoneEvent: true });
    expect(linesOf(sdp, 'm')).toEqual(['audio 49174 RTP/AVP 0', 'audio 0 RTP/AVP 98']);
    expect(media).toMatchObject({ direction: 'sendrecv', held: false, telephoneEvents: [] });
  });

  test('RFC 4317 §2.5 the peer moves, we answer with the same description and the same version', () => {
    const offer = makeOffer(fresh(), atlanta);
    const first = accepted(offer.state, bob(['m=audio 49174 RTP/AVP 0 8']));
    const moved = bob(['m=audio 49178 RTP/AVP 0 8'], 2, 'IN IP4 192.0.2.3');
    const second = answered(first.state, moved, atlanta);
    expect(second.sdp).toBe(offer.sdp);
    expect(second.media.remote).toEqual({ address: '192.0.2.3', rtpPort: 49178, rtcpPort: 49179 });
  });

  test('RFC 4317 §2.6 of two alternatives the first is refused and the second accepted', () => {
    const offer = sdpText([
      'm=audio 49170 RTP/AVP 0',
      'a=rtpmap:0 PCMU/8000',
      'm=audio 51372 RTP/AVP 97 101',
      'a=rtpmap:97 PCMA/8000',
      'a=rtpmap:101 telephone-event/8000',
    ]);
    const { sdp, media } = answered(fresh(), offer, { ...biloxi, codecs: ['pcma'], telephoneEvent: true });
    expect(linesOf(sdp, 'm')).toEqual(['audio 0 RTP/AVP 0', 'audio 49174 RTP/AVP 97 101']);
    expect(linesOf(sdp, 'a')).toContain('rtpmap:97 PCMA/8000');
    expect(media).toMatchObject({ send: { codec: 'pcma', payloadType: 97 }, remote: { rtpPort: 51372 } });
  });

  test('RFC 4317 §2.8 another address for the video changes nothing for the audio', () => {
    const offer = sdpText([...threeCodecs, ...video, 'c=IN IP4 192.0.2.77']);
    expect(answered(fresh(), offer, biloxi).media.remote?.address).toBe('192.0.2.1');
  });

  test('RFC 4317 §3.1 the callee answers on hold, then takes the caller off hold in an offer of its own', () => {
    const offer = makeOffer(fresh(), atlanta);
    const held = accepted(offer.state, bob(['m=audio 49172 RTP/AVP 97', 'a=rtpmap:97 PCMA/8000', 'a=sendonly']));
    expect(held.media).toMatchObject({ held: true, direction: 'recvonly' });
    const resumed = answered(held.state, bob(['m=audio 49170 RTP/AVP 97', 'a=rtpmap:97 PCMA/8000'], 2), {
      ...atlanta,
      rtpPort: 49178,
      rtcpPort: 49179,
    });
    expect(resumed.media).toMatchObject({ held: false, direction: 'sendrecv' });
    expect(linesOf(resumed.sdp, 'm')).toEqual(['audio 49178 RTP/AVP 97']);
    expect(versionOf(resumed.sdp)).toBe(versionOf(offer.sdp) + 1);
  });

  test('RFC 4317 §3.2 one of two streams goes on hold', () => {
    const two = (direction: string): string[] => [
      'm=audio 49172 RTP/AVP 97',
      'a=rtpmap:97 PCMA/8000',
      direction,
      'm=audio 49174 RTP/AVP 98',
      'a=rtpmap:98 telephone-event/8000',
      'a=recvonly',
    ];
    const first = answered(fresh(), bob(two('a=sendrecv')), atlanta);
    const second = answered(first.state, bob(two('a=sendonly'), 2), atlanta);
    expect(first.media.held).toBe(false);
    expect(second.media).toMatchObject({ held: true, direction: 'recvonly' });
    expect(linesOf(second.sdp, 'a')).toContain('recvonly');
  });

  test('RFC 4317 §4.1 a second audio stream is added and refused; the first goes on as it was', () => {
    const first = answered(fresh(), bob(['m=audio 49170 RTP/AVP 8']), atlanta);
    const added = ['m=audio 48282 RTP/AVP 98', 'c=IN IP4 192.0.2.9', 'a=rtpmap:98 telephone-event/8000', 'a=recvonly'];
    const second = answered(first.state, bob(['m=audio 49170 RTP/AVP 8', ...added], 2), atlanta);
    expect(linesOf(second.sdp, 'm')).toEqual(['audio 49170 RTP/AVP 8', 'audio 0 RTP/AVP 98']);
    expect(second.media).toEqual(first.media);
  });

  test('RFC 4317 §4.2 video is added later and refused', () => {
    const first = answered(fresh(), sdpText(['m=audio 49170 RTP/AVP 0']), biloxi);
    const second = answered(first.state, sdpText(['m=audio 49170 RTP/AVP 0', ...video], { version: 2 }), biloxi);
    expect(linesOf(second.sdp, 'm')).toEqual(['audio 49174 RTP/AVP 0', 'video 0 RTP/AVP 31 32']);
    expect(versionOf(second.sdp)).toBe(versionOf(first.sdp) + 1);
  });

  test('RFC 4317 §4.3 the peer deletes its video, which was refused before: same answer, same version', () => {
    const first = answered(fresh(), bob(['m=audio 49174 RTP/AVP 8', 'm=video 49170 RTP/AVP 31']), atlanta);
    const second = answered(first.state, bob(['m=audio 49174 RTP/AVP 8', 'm=video 0 RTP/AVP 31'], 2), atlanta);
    expect(second.sdp).toBe(first.sdp);
  });

  test('RFC 4317 §5.1 an offer without media is refused here: a call without audio has no use', () => {
    expect(answerOffer(fresh(), sdpText([]), biloxi)).toMatchObject({ fault: 'no-audio', warning: { code: 304 } });
  });

  test('RFC 4317 §5.2 an offer of 0.0.0.0 is answered, nothing is sent there, and a later address starts the media', () => {
    const blackHole = sdpText(['m=audio 23442 RTP/AVP 8'], { connection: 'IN IP4 0.0.0.0' });
    const first = answered(fresh(), blackHole, biloxi);
    expect(first.media).toMatchObject({ remote: null, held: true, direction: 'recvonly' });
    expect(linesOf(first.sdp, 'c')).toEqual(['IN IP4 192.0.2.2']);
    const second = answered(first.state, sdpText(['m=audio 49170 RTP/AVP 8'], { version: 2 }), biloxi);
    expect(second.media).toMatchObject({ remote: { address: '192.0.2.1', rtpPort: 49170 }, held: false });
  });

  test('RFC 4317 §5.3 an answer of 0.0.0.0 holds until the peer offers an address', () => {
    const offer = makeOffer(fresh(), atlanta);
    const first = accepted(offer.state, bob(['m=audio 9322 RTP/AVP 8'], 1, 'IN IP4 0.0.0.0'));
    expect(first.media).toMatchObject({ remote: null, held: true, direction: 'recvonly' });
    const second = answered(first.state, bob(['m=audio 49172 RTP/AVP 8'], 2), atlanta);
    expect(second.media).toMatchObject({ remote: { address: '192.0.2.2' }, held: false, direction: 'sendrecv' });
  });
});
