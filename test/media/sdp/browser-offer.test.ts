import { describe, expect, test } from 'vitest';
import { createDtlsIdentity } from '../../../media/dtls/identity.js';
import type { SrtpPolicy } from '../../../media/sdp/crypto-lines.js';
import type { LocalMedia } from '../../../media/sdp/local-media.js';
import { acceptAnswer, makeOffer, makeOtherOffer, mediaForOffer } from '../../../media/sdp/offer-answer.js';
import { accepted, answered, fresh, local } from '../../support/offer-answer-bench.js';
import { linesOf, sdpText } from '../../support/sdp-text.js';
import { createSeededRandom } from '../../support/seeded-random.js';

const random = createSeededRandom(8);
const identity = createDtlsIdentity(random, Date.UTC(2026, 0, 1));
const theirs = createDtlsIdentity(random, Date.UTC(2026, 0, 1));

function ours(policy: SrtpPolicy = 'optional', changes: Partial<LocalMedia> = {}): LocalMedia {
  return { ...local, toBrowser: true, iceRandom: random, srtp: { policy, suites: [], random, identity }, ...changes };
}

const answer = sdpText([
  'm=audio 4000 UDP/TLS/RTP/SAVPF 8 101',
  'a=rtpmap:101 telephone-event/8000',
  'a=ice-ufrag:them',
  `a=ice-pwd:${'p'.repeat(24)}`,
  'a=candidate:1 1 udp 2122260223 192.0.2.1 4000 typ host',
  `a=fingerprint:sha-256 ${theirs.fingerprint}`,
  'a=setup:active',
  'a=rtcp-mux',
]);

function said(sdp: string): string[] {
  const about = /^(?:ice|candidate|fingerprint|setup|rtcp-mux|end-of|crypto|group|mid)/;
  return linesOf(sdp, 'a').filter((value) => about.test(value));
}

describe('RFC 8829 §5.2.1 our first offer to a browser', () => {
  test.each(['optional', 'required'] as const)('with srtp %s: DTLS, ICE and one port for RTP and RTCP', (policy) => {
    const { sdp } = makeOffer(fresh(), ours(policy));
    expect(linesOf(sdp, 'm')[0]).toMatch(/^audio 20000 UDP\/TLS\/RTP\/SAVPF 8 0 /);
    expect(said(sdp)).toEqual([
      'ice-lite',
      'group:BUNDLE 0',
      'rtcp-mux',
      'mid:0',
      expect.stringMatching(/^ice-ufrag:[0-9a-f]{16}$/),
      expect.stringMatching(/^ice-pwd:[0-9a-f]{32}$/),
      'candidate:1 1 UDP 2130706431 198.51.100.9 20000 typ host',
      'end-of-candidates',
      `fingerprint:sha-256 ${identity.fingerprint}`,
      'setup:actpass',
    ]);
  });

  test('the answer makes it a leg with both; a later offer of ours repeats all of it', () => {
    const offered = makeOffer(fresh(), ours());
    const { media, state } = accepted(offered.state, answer);
    const ufrag = /ice-ufrag:(\w+)/.exec(offered.sdp)![1];
    expect(media).toMatchObject({
      direction: 'sendrecv',
      rtcpMux: true,
      ice: { localUfrag: ufrag, remoteUfrag: 'them', isRemoteLite: false },
      dtls: { role: 'passive', fingerprints: [{ value: theirs.fingerprint }] },
    });
    const later = makeOffer(state, ours());
    expect(said(later.sdp)).toEqual(said(offered.sdp));
  });

  test('RFC 9143 §7.2 the line has a name in a BUNDLE group, and a track: later too, and in an answer the peer’s own', () => {
    const offered = makeOffer(fresh(), ours());
    expect(linesOf(offered.sdp, 'a')).toContain('msid:hookline audio');
    const { state } = accepted(offered.state, `${answer}a=mid:0\r\n`);
    expect(said(makeOffer(state, ours()).sdp)).toEqual(said(offered.sdp));
    const theirOffer = answer
      .replace('a=setup:active', 'a=setup:actpass')
      .replace('t=0 0', 't=0 0\r\na=group:BUNDLE x');
    const answering = answered(`${theirOffer}a=mid:x\r\n`, state, ours());
    expect(said(answering.sdp)).toEqual(expect.arrayContaining(['group:BUNDLE x', 'mid:x']));
  });

  test.each([
    ['no address yet', 'IN IP4 0.0.0.0', 'm=audio 9 '],
    ['an address behind mDNS', 'IN IP4 2e8b.local', 'm=audio 54321 '],
    ['an address of another family', 'IN IP6 2001:db8::7', 'm=audio 54321 '],
    ['multicast, which no check comes from', 'IN IP4 224.2.1.1', 'm=audio 54321 '],
  ])('RFC 8840 §4.1.1 an answer with %s is no hold: checks will show where the browser is', (_, connection, m) => {
    const candidate = 'a=candidate:1 1 udp 2122260223 2e8b.local 54321 typ host';
    const text = answer
      .replace('IN IP4 192.0.2.1\r\nt=', `${connection}\r\nt=`)
      .replace('m=audio 4000 ', m)
      .replace(/a=candidate.*/, candidate);
    expect(text).toContain(connection);
    const { media } = accepted(makeOffer(fresh(), ours()).state, text);
    expect(media).toMatchObject({ direction: 'sendrecv', held: false, remote: { address: '0.0.0.0', rtpPort: 9 } });
  });

  test('RFC 3264 §8.4 a browser that does hold says so by its direction', () => {
    const text = answer
      .replace('m=audio 4000 ', 'm=audio 9 ')
      .replace('a=setup:active', 'a=setup:active\r\na=sendonly');
    const { media } = accepted(makeOffer(fresh(), ours()).state, text);
    expect(media).toMatchObject({ direction: 'recvonly', held: true });
  });

  test('RFC 6337 §5.3 without ICE in the answer 0.0.0.0 stays a hold', () => {
    const text = answer
      .replaceAll(/a=(?:ice|candidate).*\r\n/g, '')
      .replace('IN IP4 192.0.2.1\r\nt=', 'IN IP4 0.0.0.0\r\nt=');
    const { media } = accepted(makeOffer(fresh(), ours()).state, text);
    expect(media).toMatchObject({ direction: 'recvonly', held: true, remote: null });
  });

  test('an answer in the clear is refused', () => {
    const { state } = makeOffer(fresh(), ours());
    const clear = sdpText(['m=audio 4000 RTP/AVP 8']);
    expect(acceptAnswer(state, clear)).toMatchObject({ ok: false, fault: 'srtp-required' });
  });

  test('until it is answered nothing in the clear is taken', () => {
    expect(mediaForOffer(ours()).srtp).toEqual({ send: null, receive: null });
    expect(mediaForOffer({ ...ours(), toBrowser: false })).not.toHaveProperty('srtp');
  });

  test.each([
    ['where srtp is off', ours('off')],
    ['without a certificate', { ...ours(), srtp: { policy: 'optional', suites: [], random } } as LocalMedia],
    ['without randomness for ICE', (({ iceRandom: _, ...rest }) => rest)(ours())],
  ])('%s it is what a phone is offered', (_, mine) => {
    expect(makeOffer(fresh(), mine).sdp).toBe(makeOffer(fresh(), { ...mine, toBrowser: false }).sdp);
  });

  test('RFC 3261 §21.4.26 who refuses it is no browser: it gets what a phone gets, unless srtp is required', () => {
    const second = makeOtherOffer(makeOffer(fresh(), ours()).state, ours())!;
    expect(linesOf(second.sdp, 'm')[0]).toMatch(/^audio 20000 RTP\/AVP 8 0 /);
    expect(said(second.sdp)).toEqual([]);
    expect(accepted(second.state, sdpText(['m=audio 4000 RTP/AVP 8'])).media).not.toHaveProperty('ice');
    expect(makeOtherOffer(makeOffer(fresh(), ours('required')).state, ours('required'))).toBeNull();
  });
});
