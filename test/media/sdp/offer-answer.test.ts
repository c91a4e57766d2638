import { describe, expect, test } from 'vitest';
import {
  acceptAnswer,
  answerOffer,
  earlyAnswer,
  makeOffer,
  mediaForOffer,
  withdrawOffer,
} from '../../../media/sdp/offer-answer.js';
import { accepted, answered, fresh, local, phone } from '../../support/offer-answer-bench.js';
import { linesOf, sdpText, versionOf } from '../../support/sdp-text.js';

describe('RFC 3264 §5 our offer', () => {
  test('RFC 3264 §5 one audio line with all we have, in our order', () => {
    expect(makeOffer(fresh(), local).sdp).toBe(
      [
        'v=0',
        'o=- 77 1 IN IP4 198.51.100.9',
        's=-',
        'c=IN IP4 198.51.100.9',
        't=0 0',
        'm=audio 20000 RTP/AVP 8 0 101',
        'a=rtpmap:8 PCMA/8000',
        'a=rtpmap:0 PCMU/8000',
        'a=rtpmap:101 telephone-event/8000',
        'a=fmtp:101 0-16',
        'a=sendrecv',
        '',
      ].join('\r\n'),
    );
  });

  test('RFC 3605 §2.1 a=rtcp only where RTCP is not on the next port; IPv6 says IP6', () => {
    const { sdp } = makeOffer(fresh(), { ...local, address: '2001:db8::9', rtcpPort: 30000 });
    expect(linesOf(sdp, 'c')).toEqual(['IN IP6 2001:db8::9']);
    expect(linesOf(sdp, 'o')[0]).toContain('IN IP6 2001:db8::9');
    expect(linesOf(sdp, 'a')).toContain('rtcp:30000');
  });

  test('RFC 3264 §5.1 while it is out everything offered is heard and nothing is sent', () => {
    expect(mediaForOffer(local)).toEqual({
      remote: null,
      direction: 'recvonly',
      held: false,
      send: null,
      receive: [
        { codec: 'pcma', payloadType: 8, clockRateHz: 8000, parameters: '' },
        { codec: 'pcmu', payloadType: 0, clockRateHz: 8000, parameters: '' },
      ],
      telephoneEvents: [{ sendPayloadType: 101, receivePayloadType: 101, clockRateHz: 8000 }],
      rtcpMux: false,
    });
    expect(mediaForOffer({ ...local, direction: 'sendonly' }).direction).toBe('inactive');
  });

  test('RFC 3264 §8 the same offer again has the same version, a changed one the next', () => {
    const first = makeOffer(fresh(), local);
    const agreed = accepted(first.state, sdpText(phone));
    const again = makeOffer(agreed.state, local);
    expect(again.sdp).toBe(first.sdp);
    const hold = makeOffer(accepted(again.state, sdpText(phone)).state, { ...local, direction: 'sendonly' });
    expect(versionOf(hold.sdp)).toBe(versionOf(first.sdp) + 1);
    expect(linesOf(hold.sdp, 'a')).toContain('sendonly');
  });

  test('RFC 3264 §8 a later offer keeps the m-lines of the session and their places', () => {
    const { state } = answered(sdpText(['m=video 5000 RTP/AVP 31', ...phone, 'm=image 9 udptl t38']));
    expect(linesOf(makeOffer(state, local).sdp, 'm')).toEqual([
      'video 0 RTP/AVP 31',
      'audio 20000 RTP/AVP 8 0 101',
      'image 0 udptl t38',
    ]);
  });

  test('RFC 3264 §8.3.2 a later offer keeps the payload numbers of the session', () => {
    const { state } = answered(
      sdpText(['m=audio 4000 RTP/AVP 101 97', 'a=rtpmap:101 PCMU/8000', 'a=rtpmap:97 telephone-event/8000']),
    );
    const { sdp } = makeOffer(state, local);
    expect(linesOf(sdp, 'm')).toEqual(['audio 20000 RTP/AVP 8 101 97']);
    expect(linesOf(sdp, 'a')).toContain('rtpmap:97 telephone-event/8000');
  });

  test('a number that the session uses otherwise is not taken: the next free one is', () => {
    const { state } = answered(sdpText(['m=audio 4000 RTP/AVP 101', 'a=rtpmap:101 PCMU/8000']), fresh(), {
      ...local,
      telephoneEvent: false,
    });
    expect(linesOf(makeOffer(state, local).sdp, 'm')).toEqual(['audio 20000 RTP/AVP 8 101 96']);
  });
});

describe('RFC 3264 §6 our answer', () => {
  test("RFC 3264 §6.1 the offer's formats that we have, in its order and under its numbers", () => {
    const { sdp, media } = answered(
      sdpText([
        'm=audio 4000 RTP/AVP 18 0 96 8 100',
        'a=rtpmap:96 opus/48000/2',
        'a=rtpmap:100 telephone-event/8000',
        'a=fmtp:100 0-15',
      ]),
    );
    expect(linesOf(sdp, 'm')).toEqual(['audio 20000 RTP/AVP 0 8 100']);
    expect(linesOf(sdp, 'a')).toContain('fmtp:100 0-16');
    expect(media.send).toEqual({ codec: 'pcmu', payloadType: 0, clockRateHz: 8000, ptimeMs: 20, parameters: '' });
    expect(media.telephoneEvents).toEqual([{ sendPayloadType: 100, receivePayloadType: 100, clockRateHz: 8000 }]);
  });

  test('our order goes before that of the offer where it is asked for', () => {
    const { sdp, media } = answered(sdpText(phone), fresh(), { ...local, answerOrder: 'local' });
    expect(linesOf(sdp, 'm')).toEqual(['audio 20000 RTP/AVP 8 0 101']);
    expect(media.send?.codec).toBe('pcma');
  });

  test('RFC 3551 §6 static numbers need no rtpmap', () => {
    expect(answered(sdpText(['m=audio 4000 RTP/AVP 8 0'])).media.receive.map((format) => format.codec)).toEqual([
      'pcma',
      'pcmu',
    ]);
  });

  test('an rtpmap is believed before the static meaning of its number', () => {
    const result = answerOffer(fresh(), sdpText(['m=audio 4000 RTP/AVP 0', 'a=rtpmap:0 G729/8000']), local);
    expect(result).toMatchObject({ fault: 'no-common-codec' });
  });

  test('RFC 4855 §3 encoding names are compared without case; another clock or channel count is another codec', () => {
    const { media } = answered(
      sdpText([
        'm=audio 4000 RTP/AVP 96 97 98 99',
        'a=rtpmap:96 PCMU/16000',
        'a=rtpmap:97 pcma/8000/2',
        'a=rtpmap:98 pcmU/8000/1',
        'a=rtpmap:99 Telephone-Event/8000',
      ]),
    );
    expect(media.receive).toEqual([{ codec: 'pcmu', payloadType: 98, clockRateHz: 8000, parameters: '' }]);
    expect(media.telephoneEvents[0]?.sendPayloadType).toBe(99);
  });

  test('RFC 4733 §2.1 of two telephone-events the one at 8000 Hz is taken', () => {
    const { sdp } = answered(
      sdpText([
        'm=audio 4000 RTP/AVP 0 96 97',
        'a=rtpmap:96 telephone-event/48000',
        'a=rtpmap:97 telephone-event/8000',
      ]),
    );
    expect(linesOf(sdp, 'm')).toEqual(['audio 20000 RTP/AVP 0 97']);
  });

  test('RFC 3264 §6 a refused m-line keeps type, transport and formats; the t-line is that of the offer', () => {
    const offer = sdpText([
      'm=application 5000 DTLS/SCTP webrtc-datachannel',
      ...phone,
      'm=audio 4010 RTP/AVP 0',
      'm=video 4020/2 RTP/AVPF 96 97',
    ]);
    const { sdp } = answered(offer.replace('t=0 0', 't=12 34'));
    expect(linesOf(sdp, 'm')).toEqual([
      'application 0 DTLS/SCTP webrtc-datachannel',
      'audio 20000 RTP/AVP 0 8 101',
      'audio 0 RTP/AVP 0',
      'video 0 RTP/AVPF 96 97',
    ]);
    expect(linesOf(sdp, 't')).toEqual(['12 34']);
  });

  test('an audio line of SRTP before one of plain RTP is refused, the plain one taken', () => {
    const { sdp, media } = answered(sdpText(['m=audio 4000 RTP/SAVP 0', 'm=audio 4002 RTP/AVP 0']));
    expect(linesOf(sdp, 'm')).toEqual(['audio 0 RTP/SAVP 0', 'audio 20000 RTP/AVP 0']);
    expect(media.remote?.rtpPort).toBe(4002);
  });

  test('the audio line that carries the call is kept when an earlier one would do as well', () => {
    const first = answered(sdpText(['m=audio 0 RTP/AVP 0', 'm=audio 4002 RTP/AVP 0']));
    const second = answered(sdpText(['m=audio 4000 RTP/AVP 0', 'm=audio 4002 RTP/AVP 0']), first.state);
    expect(second.media.remote?.rtpPort).toBe(4002);
    expect(second.sdp).toBe(first.sdp);
  });

  test.each([
    [[], 20],
    [['a=ptime:30'], 30],
    [['a=ptime:10'], 10],
    [['a=ptime:25'], 20],
    [['a=ptime:5'], 10],
    [['a=ptime:100'], 60],
    [['a=ptime:40', 'a=maxptime:30'], 30],
    [['a=maxptime:10'], 10],
  ])('RFC 8866 §6.4 %s is sent in packets of %i ms', (attributes, ptimeMs) => {
    const { sdp, media } = answered(sdpText([...phone, ...attributes]));
    expect(media.send?.ptimeMs).toBe(ptimeMs);
    expect(linesOf(sdp, 'a')).not.toContain('ptime:20');
  });

  test('RFC 3605 §2.1 the RTCP port is the next one, or what a=rtcp says', () => {
    expect(answered(sdpText(phone)).media.remote?.rtcpPort).toBe(4001);
    expect(answered(sdpText([...phone, 'a=rtcp:53020 IN IP4 192.0.2.1'])).media.remote?.rtcpPort).toBe(53020);
    expect(answered(sdpText(['m=audio 65535 RTP/AVP 0'])).media.remote?.rtcpPort).toBe(65535);
  });

  test('RFC 5761 §5.1.1 rtcp-mux is accepted where offered, and never said where not', () => {
    const mux = answered(sdpText([...phone, 'a=rtcp-mux']), fresh(), { ...local, rtcpPort: 30000 });
    expect(mux.media).toMatchObject({ rtcpMux: true, remote: { rtpPort: 4000, rtcpPort: 4000 } });
    expect(linesOf(mux.sdp, 'a')).toContain('rtcp-mux');
    expect(linesOf(mux.sdp, 'a')).not.toContain('rtcp:30000');
    expect(answered(sdpText(phone)).sdp).not.toContain('rtcp');
  });

  test('RFC 9143 §7.3 the answer keeps the bundle, with the audio alone in it, and rtcp-mux as offered', () => {
    const bundle = sdpText([
      'a=group:BUNDLE a v',
      ...phone,
      'a=mid:a',
      'a=rtcp-mux',
      'm=video 0 RTP/AVP 96',
      'a=bundle-only',
      'a=mid:v',
    ]);
    const { sdp, media } = answered(bundle);
    expect(linesOf(sdp, 'm')).toEqual(['audio 20000 RTP/AVP 0 8 101', 'video 0 RTP/AVP 96']);
    const named = linesOf(sdp, 'a').filter((line) => /^(?:group|mid|bundle-only)/.test(line));
    expect(named).toEqual(['group:BUNDLE a', 'mid:a', 'mid:v']);
    expect(media).toMatchObject({ rtcpMux: true, remote: { rtpPort: 4000, rtcpPort: 4000 } });
  });

  test('RFC 3264 §8.3.2 a re-INVITE that changes the codec is answered in kind, and back again', () => {
    const first = answered(sdpText(phone));
    const second = answered(sdpText(['m=audio 4000 RTP/AVP 8', 'a=rtpmap:8 PCMA/8000'], { version: 2 }), first.state);
    const third = answered(sdpText(phone, { version: 3 }), second.state);
    expect([first, second, third].map(({ media }) => media.send?.codec)).toEqual(['pcmu', 'pcma', 'pcmu']);
    expect([first, second, third].map(({ sdp }) => versionOf(sdp))).toEqual([1, 2, 3]);
    expect(third.media).toEqual(first.media);
  });

  test('a c-line of the media alone, and IPv6', () => {
    const { media } = answered(sdpText([...phone, 'c=IN IP6 2001:db8::5'], { connection: null }), fresh(), {
      ...local,
      address: '2001:db8::9',
    });
    expect(media.remote?.address).toBe('2001:db8::5');
  });
});

describe('RFC 3261 §20.43 refused offers say why', () => {
  test.each([
    ['unparsable', 399, 'nonsense'],
    ['unparsable', 399, ''],
    ['no-audio', 304, sdpText(['m=video 4000 RTP/AVP 31'])],
    ['no-audio', 304, sdpText(['m=audio 0 RTP/AVP 0'])],
    ['bad-transport', 302, sdpText(['m=audio 4000 RTP/SAVP 0', 'm=video 4002 RTP/AVP 31'])],
    ['bad-transport', 302, sdpText(['m=audio 4000 UDP/TLS/RTP/SAVPF 0'])],
    ['bad-address', 301, sdpText(phone, { connection: null })],
    ['bad-address', 301, sdpText(phone, { connection: 'IN IP4 phone.example.com' })],
    ['bad-address', 301, sdpText(phone, { connection: 'IN IP6 2001:db8::1' })],
    ['multicast', 330, sdpText(phone, { connection: 'IN IP4 233.252.0.1/127' })],
    ['no-common-codec', 305, sdpText(['m=audio 4000 RTP/AVP 18', 'm=audio 4002 RTP/SAVP 0'])],
    ['no-common-codec', 305, sdpText(['m=audio 4000 RTP/AVP 101', 'a=rtpmap:101 telephone-event/8000'])],
  ])('%s is %i', (fault, code, offer) => {
    const result = answerOffer(fresh(), offer, local);
    expect(result).toMatchObject({ ok: false, fault, warning: { code } });
    expect(!result.ok && result.warning.text).toMatch(/^[^"\\\r\n]{10,120}$/);
  });

  test('an unspecified address of ours takes either family: a trial run before there is a port', () => {
    const offer = sdpText(phone, { connection: 'IN IP6 2001:db8::1' });
    expect(answerOffer(fresh(), offer, { ...local, address: '0.0.0.0' }).ok).toBe(true);
  });
});

describe('RFC 3264 §7 the answer to our offer', () => {
  test("RFC 3264 §7 we send the answer's first codec and hear what both have", () => {
    const { media } = accepted(makeOffer(fresh(), local).state, sdpText(['m=audio 4000 RTP/AVP 0 18', 'a=ptime:30']));
    expect(media).toEqual({
      remote: { address: '192.0.2.1', rtpPort: 4000, rtcpPort: 4001 },
      direction: 'sendrecv',
      held: false,
      send: { codec: 'pcmu', payloadType: 0, clockRateHz: 8000, ptimeMs: 30, parameters: '' },
      receive: [{ codec: 'pcmu', payloadType: 0, clockRateHz: 8000, parameters: '' }],
      telephoneEvents: [],
      rtcpMux: false,
    });
  });

  test('RFC 3264 §4 a second answer to one offer is refused', () => {
    const { state } = accepted(makeOffer(fresh(), local).state, sdpText(phone));
    expect(acceptAnswer(state, sdpText(phone))).toMatchObject({ ok: false, fault: 'no-offer' });
    expect(earlyAnswer(state, sdpText(phone))).toMatchObject({ ok: false, fault: 'no-offer' });
  });

  test('RFC 3264 §4 an offer that crosses ours is refused until ours is answered or withdrawn', () => {
    const { state } = makeOffer(fresh(), local);
    expect(answerOffer(state, sdpText(phone), local)).toMatchObject({ ok: false, fault: 'offer-pending' });
    expect(answerOffer(withdrawOffer(state), sdpText(phone), local).ok).toBe(true);
  });

  test('RFC 3264 §8 after a withdrawn offer the next description has a higher version', () => {
    const call = answered(sdpText(phone));
    const withdrawn = withdrawOffer(makeOffer(call.state, { ...local, direction: 'inactive' }).state);
    expect(versionOf(answered(sdpText(phone), withdrawn).sdp)).toBe(3);
  });

  test('RFC 6337 §3.1.1 an early answer is heard, and the final one may differ', () => {
    const offer = makeOffer(fresh(), local);
    const early = earlyAnswer(offer.state, sdpText(['m=audio 6000 RTP/AVP 8']));
    expect(early).toMatchObject({ ok: true, media: { remote: { rtpPort: 6000 }, send: { codec: 'pcma' } } });
    const state = early.ok ? early.state : offer.state;
    expect(accepted(state, sdpText(phone)).media).toMatchObject({ remote: { rtpPort: 4000 }, send: { codec: 'pcmu' } });
  });

  test('a 2xx without a description settles on the early answer, once', () => {
    const offer = makeOffer(fresh(), local);
    expect(acceptAnswer(offer.state, null)).toMatchObject({ ok: false, fault: 'no-answer' });
    const early = earlyAnswer(offer.state, sdpText(['m=audio 6000 RTP/AVP 8']));
    const settled = acceptAnswer(early.ok ? early.state : offer.state, null);
    expect(settled).toMatchObject({ ok: true, media: { remote: { rtpPort: 6000 } } });
    if (settled.ok) expect(acceptAnswer(settled.state, null)).toMatchObject({ ok: false, fault: 'no-offer' });
  });

  test.each([
    ['unparsable', 'v=0'],
    ['no-audio', sdpText([])],
    ['no-audio', sdpText(['m=audio 0 RTP/AVP 8'])],
    ['no-audio', sdpText(['m=video 4000 RTP/AVP 8'])],
    ['bad-transport', sdpText(['m=audio 4000 RTP/SAVP 8'])],
    ['bad-address', sdpText(['m=audio 4000 RTP/AVP 8'], { connection: null })],
    ['no-common-codec', sdpText(['m=audio 4000 RTP/AVP 9 101', 'a=rtpmap:101 telephone-event/8000'])],
  ])('an answer that is %s is refused and leaves the offer open', (fault, answer) => {
    const { state } = makeOffer(fresh(), local);
    expect(acceptAnswer(state, answer)).toMatchObject({ ok: false, fault });
    expect(acceptAnswer(state, sdpText(phone)).ok).toBe(true);
  });

  test('RFC 5761 §5.1.1 rtcp-mux that was not offered is not taken from an answer', () => {
    const { media } = accepted(makeOffer(fresh(), local).state, sdpText([...phone, 'a=rtcp-mux']));
    expect(media).toMatchObject({ rtcpMux: false, remote: { rtcpPort: 4001 } });
  });
});

describe('RFC 3611 §5 extended reports', () => {
  const asking = sdpText([...phone, 'a=rtcp-xr:rcvr-rtt=all:10000 pkt-loss-rle=500 voip-metrics']);
  const wanted = { voipMetrics: true, roundTrip: true };

  test('RFC 3611 §5.2 a peer that asks is told, and asked for the same; one that does not is not', () => {
    const { media, sdp } = answered(asking);
    expect(media.rtcpXr).toEqual(wanted);
    expect(linesOf(sdp, 'a')).toContain('rtcp-xr:rcvr-rtt=all voip-metrics');
    const plain = answered(sdpText(phone));
    expect(plain.media.rtcpXr ?? null).toBeNull();
    expect(plain.sdp).not.toContain('rtcp-xr');
  });

  test.each([
    ['a=rtcp-xr:voip-metrics', { voipMetrics: true, roundTrip: false }, 'rtcp-xr:voip-metrics'],
    ['a=rtcp-xr:rcvr-rtt=sender', { voipMetrics: false, roundTrip: true }, 'rtcp-xr:rcvr-rtt=all'],
    ['a=rtcp-xr:stat-summary=loss,dup', { voipMetrics: false, roundTrip: false }, null],
    ['a=rtcp-xr', { voipMetrics: false, roundTrip: false }, null],
    ['a=rtcp-xr:', { voipMetrics: false, roundTrip: false }, null],
    ['a=rtcp-xr:rcvr-rtt=never voip-metricsX', { voipMetrics: false, roundTrip: false }, null],
  ])('RFC 3611 §5.1 %s', (line, rtcpXr, ours) => {
    const { media, sdp } = answered(sdpText([...phone, line]));
    expect(media.rtcpXr).toEqual(rtcpXr);
    expect(linesOf(sdp, 'a').filter((value) => value.startsWith('rtcp-xr'))).toEqual(ours === null ? [] : [ours]);
  });

  test('RFC 3611 §5.1 at the session level it is for all media; a line of the media’s own counts before', () => {
    const head = sdpText(['a=rtcp-xr:voip-metrics', ...phone]);
    expect(answered(head).media.rtcpXr).toEqual({ voipMetrics: true, roundTrip: false });
    const own = sdpText(['a=rtcp-xr:voip-metrics', ...phone, 'a=rtcp-xr:rcvr-rtt=all']);
    expect(answered(own).media.rtcpXr).toEqual({ voipMetrics: false, roundTrip: true });
  });

  test('off: nobody is told; offer: we ask first, and tell who answers so', () => {
    const off = answered(asking, fresh(), { ...local, rtcpXr: 'off' });
    expect(off.media.rtcpXr ?? null).toBeNull();
    expect(off.sdp).not.toContain('rtcp-xr');
    const { state, sdp } = makeOffer(fresh(), { ...local, rtcpXr: 'offer' });
    expect(linesOf(sdp, 'a')).toContain('rtcp-xr:rcvr-rtt=all voip-metrics');
    expect(accepted(state, asking).media.rtcpXr).toEqual(wanted);
    expect(accepted(state, sdpText(phone)).media.rtcpXr ?? null).toBeNull();
    const silent = makeOffer(fresh(), { ...local, rtcpXr: 'off' });
    expect(accepted(silent.state, asking).media.rtcpXr ?? null).toBeNull();
    expect(makeOffer(fresh(), local).sdp).not.toContain('rtcp-xr');
  });
});
