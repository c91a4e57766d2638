import { describe, expect, test } from 'vitest';
import type { LocalMedia } from '../../../media/sdp/local-media.js';
import { answerOffer, makeOffer } from '../../../media/sdp/offer-answer.js';
import { accepted, answered, fresh, local } from '../../support/offer-answer-bench.js';
import { linesOf, sdpText, versionOf } from '../../support/sdp-text.js';
import { createSeededRandom } from '../../support/seeded-random.js';

const ours: LocalMedia = { ...local, iceRandom: createSeededRandom(4) };
const password = 'p'.repeat(22);
const host = 'a=candidate:1 1 UDP 2130706431 192.0.2.1 4000 typ host';

function offer(ufrag = 'them', ...more: readonly string[]): string {
  const lines = [`a=ice-ufrag:${ufrag}`, `a=ice-pwd:${password}`, host, 'a=rtcp-mux', ...more];
  return sdpText(['m=audio 4000 RTP/AVP 0', ...lines]);
}

function saidOfIce(sdp: string): string[] {
  return linesOf(sdp, 'a').filter((value) => /^(?:ice|candidate|end-of)/.test(value));
}

describe('RFC 8839 §4.4.1 our answer', () => {
  test('is lite, with credentials, the address of the m-line as only candidate, and no more to come', () => {
    const { sdp, media } = answered(offer(), fresh(), ours);
    expect(saidOfIce(sdp)).toEqual([
      'ice-lite',
      expect.stringMatching(/^ice-ufrag:[0-9a-f]{16}$/),
      expect.stringMatching(/^ice-pwd:[0-9a-f]{32}$/),
      'candidate:1 1 UDP 2130706431 198.51.100.9 20000 typ host',
      'end-of-candidates',
    ]);
    expect(sdp.indexOf('a=ice-lite')).toBeLessThan(sdp.indexOf('m='));
    expect(media).toMatchObject({
      rtcpMux: true,
      ice: { localUfrag: saidOfIce(sdp)[1]!.slice(10), remoteUfrag: 'them', isRemoteLite: false },
    });
    expect(JSON.stringify(media)).not.toContain(password);
  });

  test('RFC 8445 §5.1.2 every other place at which the leg is reached is a candidate too, and none is told twice', () => {
    const places = [
      { address: '10.0.0.5', port: 7000 },
      { address: '198.51.100.9', port: 20_000 },
      { address: '2001:db8::1', port: 7000 },
    ];
    const { sdp } = answered(offer(), fresh(), { ...ours, candidates: places });
    expect(saidOfIce(sdp).filter((value) => value.startsWith('candidate'))).toEqual([
      'candidate:1 1 UDP 2130706431 198.51.100.9 20000 typ host',
      'candidate:2 1 UDP 2130706175 10.0.0.5 7000 typ host',
      'candidate:3 1 UDP 2130705919 2001:db8::1 7000 typ host',
    ]);
    const many = Array.from({ length: 40 }, (_, at) => ({ address: `10.0.1.${at}`, port: 7000 }));
    const { sdp: long } = answered(offer(), fresh(), { ...ours, candidates: many });
    expect(saidOfIce(long).filter((value) => value.startsWith('candidate'))).toHaveLength(16);
  });

  test('credentials of the session level, whose ice-lite makes the peer a lite one', () => {
    const text = sdpText([
      'a=ice-lite',
      'a=ice-ufrag:all1',
      `a=ice-pwd:${password}`,
      'm=audio 4000 RTP/AVP 0',
      'a=rtcp-mux',
    ]);
    expect(answered(text, fresh(), ours).media.ice).toMatchObject({ remoteUfrag: 'all1', isRemoteLite: true });
  });

  test('RFC 8445 §6.1.1 to a lite peer it is not lite: our leg is told where to check, places of our family alone', () => {
    const more = ['a=candidate:2 1 UDP 100 2001:db8::7 4000 typ host', 'a=candidate:3 1 UDP 90 10.1.1.7 4002 typ host'];
    const none = ['a=candidate:4 1 UDP 80 224.1.1.1 4000 typ host', 'a=candidate:5 1 UDP 70 2e8b.local 4000 typ host'];
    const text = offer('them', ...more, ...none, 'a=candidate:6 1 UDP 60 10.1.1.7 70000 typ host');
    const lite = text.replace('t=0 0', 't=0 0\r\na=ice-lite');
    const one = answered(lite, fresh(), ours);
    expect(saidOfIce(one.sdp)).not.toContain('ice-lite');
    const places = [
      { address: '192.0.2.1', port: 4000 },
      { address: '10.1.1.7', port: 4002 },
    ];
    expect(one.media.ice).toMatchObject({ isRemoteLite: true, checks: { remotePassword: password, places } });
    expect(one.media).toMatchObject({ held: false, remote: { address: '192.0.2.1', rtpPort: 4000 } });
    expect(saidOfIce(makeOffer(one.state, ours).sdp)).toEqual(saidOfIce(one.sdp));
    // It is found where its candidates are, below the m-line of an SDP that shows no address too.
    const nowhere = offer('them', ...more, 'a=ice-lite')
      .replace('IN IP4 192.0.2.1\r\nt=', 'IN IP4 0.0.0.0\r\nt=')
      .replace('audio 4000', 'audio 9');
    const found = answered(nowhere, fresh(), ours).media;
    expect(found).toMatchObject({ held: false, direction: 'sendrecv', remote: { address: '0.0.0.0' } });
    expect(found.ice).toMatchObject({ checks: { places } });
  });

  test.each([
    ['no ICE', sdpText(['m=audio 4000 RTP/AVP 0', 'a=rtcp-mux']), []],
    ['no rtcp-mux', offer().replace('a=rtcp-mux\r\n', ''), []],
    ['a short password', offer().replace(password, 'short'), []],
    ['no user', offer().replace('a=ice-ufrag:them\r\n', ''), []],
    ['an address that was rewritten', offer().replace('192.0.2.1 4000', '10.1.1.1 4000'), ['ice-mismatch']],
  ])('RFC 8839 §3.2.5 %s: none of it', (_, text, said) => {
    const { sdp, media } = answered(text, fresh(), ours);
    expect(saidOfIce(sdp)).toEqual(said);
    expect(media).not.toHaveProperty('ice');
  });

  test('candidates that come later are not missed, and who has no use for ICE answers without', () => {
    const later = offer().replace('m=audio 4000', 'm=audio 9').replace(`${host}\r\n`, '');
    expect(answered(later, fresh(), ours).media.ice).toBeDefined();
    expect(saidOfIce(answered(offer(), fresh(), local).sdp)).toEqual([]);
  });

  test('RFC 8445 §9 the same credentials again change nothing, others are a restart with new ones of ours', () => {
    const one = answered(offer(), fresh(), ours);
    const two = answered(offer(), one.state, ours);
    expect(two.sdp).toBe(one.sdp);
    const three = answered(offer('anew'), two.state, ours);
    expect(versionOf(three.sdp)).toBe(versionOf(one.sdp) + 1);
    expect(three.media.ice?.localUfrag).not.toBe(one.media.ice?.localUfrag);
    const four = answered(offer().replaceAll(/a=(?:ice|candidate).*\r\n/g, ''), three.state, ours);
    expect([saidOfIce(four.sdp), four.media.ice]).toEqual([[], undefined]);
  });
});

describe('RFC 8839 §4.2 our offer', () => {
  test('has none of it first, and later what the session has', () => {
    expect(saidOfIce(makeOffer(fresh(), ours).sdp)).toEqual([]);
    const one = answered(offer(), fresh(), ours);
    const two = makeOffer(one.state, ours);
    expect(saidOfIce(two.sdp)).toEqual(saidOfIce(one.sdp));
    expect(linesOf(two.sdp, 'a')).toContain('rtcp-mux');
    const same = accepted(two.state, offer());
    expect(same.media).toMatchObject({ rtcpMux: true, ice: one.media.ice });
    const without = accepted(two.state, sdpText(['m=audio 4000 RTP/AVP 0']));
    expect(without.media.ice).toBeUndefined();
    expect(saidOfIce(makeOffer(without.state, ours).sdp)).toEqual([]);
  });

  test('a refused offer leaves it as it was', () => {
    const one = answered(offer(), fresh(), ours);
    expect(answerOffer(one.state, sdpText(['m=audio 0 RTP/AVP 0']), ours)).toMatchObject({ ok: false });
    expect(makeOffer(one.state, ours).sdp).toContain(one.media.ice!.localUfrag);
  });
});
