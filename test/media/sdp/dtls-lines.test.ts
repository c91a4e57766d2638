import { describe, expect, test } from 'vitest';
import { createDtlsIdentity } from '../../../media/dtls/identity.js';
import type { SrtpPolicy } from '../../../media/sdp/crypto-lines.js';
import type { LocalMedia } from '../../../media/sdp/local-media.js';
import type { OfferAnswerState } from '../../../media/sdp/offer-answer.js';
import { acceptAnswer, answerOffer, makeOffer, mediaForOffer } from '../../../media/sdp/offer-answer.js';
import { accepted, answered, fresh, local } from '../../support/offer-answer-bench.js';
import { linesOf, sdpText, versionOf } from '../../support/sdp-text.js';
import { createSeededRandom } from '../../support/seeded-random.js';

const random = createSeededRandom(3);
const identity = createDtlsIdentity(random, Date.UTC(2026, 0, 1));
const theirs = createDtlsIdentity(random, Date.UTC(2026, 0, 1));
const overDtls = 'UDP/TLS/RTP/SAVP';
const print = (of = theirs): string => `a=fingerprint:sha-256 ${of.fingerprint}`;
const crypto = `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${Buffer.alloc(30, 1).toString('base64')}`;

function by(policy: SrtpPolicy, options: { offersDtls?: boolean; suites?: boolean } = {}): LocalMedia {
  const suites = options.suites === true ? (['AES_CM_128_HMAC_SHA1_80'] as const) : [];
  return { ...local, srtp: { policy, suites, random, identity, offersDtls: options.offersDtls ?? false } };
}

function description(protocol: string, ...lines: readonly string[]): string {
  return sdpText([`m=audio 4000 ${protocol} 0`, ...lines]);
}

function saidOfDtls(sdp: string): string[] {
  return linesOf(sdp, 'a').filter((value) => /^(?:fingerprint|setup|tls-id|rtcp-mux|crypto)/.test(value));
}

const ourPrint = `fingerprint:sha-256 ${identity.fingerprint}`;

describe('RFC 5763 §5 our answer', () => {
  test.each(['UDP/TLS/RTP/SAVP', 'UDP/TLS/RTP/SAVPF', 'RTP/SAVPF', 'RTP/AVP', 'RTP/AVPF'])(
    '%s with a fingerprint is answered with the same profile, and with ours',
    (protocol) => {
      const { sdp, media } = answered(description(protocol, print(), 'a=setup:actpass'), fresh(), by('required'));
      expect(linesOf(sdp, 'm')).toEqual([`audio 20000 ${protocol} 0`]);
      expect(saidOfDtls(sdp)).toEqual([ourPrint, 'setup:active']);
      expect(media.srtp).toEqual({ send: null, receive: null });
      expect(media.dtls).toMatchObject({
        role: 'active',
        fingerprints: [{ hash: 'sha-256', value: theirs.fingerprint }],
        certificate: identity.certificate,
      });
    },
  );

  test('of a peer whose address is private we wait for the first word, but not of one that checks: it is found', () => {
    const lines = [print(), 'a=setup:actpass', 'a=rtcp-mux', 'a=ice-ufrag:them', `a=ice-pwd:${'p'.repeat(22)}`];
    const offer = sdpText(['m=audio 9 UDP/TLS/RTP/SAVPF 0', 'c=IN IP4 0.0.0.0', ...lines]);
    const role = (ours: LocalMedia) => answered(offer, fresh(), ours).media.dtls?.role;
    expect(role(by('required'))).toBe('passive');
    expect(role({ ...by('required'), iceRandom: random })).toBe('active');
  });

  test.each([
    ['actpass', 'active'],
    ['active', 'passive'],
    ['passive', 'active'],
    [null, 'passive'],
  ])('RFC 4145 §4 setup %s is answered with %s', (setup, ours) => {
    const lines = setup === null ? [print()] : [print(), `a=setup:${setup}`];
    const { sdp, media } = answered(description(overDtls, ...lines), fresh(), by('optional'));
    expect(saidOfDtls(sdp)).toEqual([ourPrint, `setup:${ours}`]);
    expect(media.dtls?.role).toBe(ours);
  });

  test('a phone whose address is private begins, where ours is not', () => {
    const offer = sdpText([`m=audio 4000 ${overDtls} 0`, print(), 'a=setup:actpass'], {
      connection: 'IN IP4 192.168.1.5',
    });
    expect(answered(offer, fresh(), { ...by('optional'), address: '8.8.8.8' }).media.dtls?.role).toBe('passive');
    expect(answered(offer, fresh(), { ...by('optional'), address: '10.0.0.1' }).media.dtls?.role).toBe('active');
  });

  test('RFC 8122 §5 said for the session it holds for the m-line, whose own lines go before; several hashes', () => {
    const text = (...own: string[]): string =>
      sdpText([print(identity), 'a=setup:passive', `m=audio 4000 ${overDtls} 0`, ...own]);
    expect(answered(text(), fresh(), by('optional')).media.dtls).toMatchObject({
      role: 'active',
      fingerprints: [{ value: identity.fingerprint }],
    });
    const sha1 = 'a=fingerprint:sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB';
    expect(answered(text(sha1, print(), 'a=setup:active'), fresh(), by('optional')).media.dtls).toMatchObject({
      role: 'passive',
      fingerprints: [{ value: theirs.fingerprint }],
    });
    expect(answerOffer(fresh(), text(sha1), by('optional'))).toMatchObject({ ok: false, fault: 'no-common-crypto' });
  });

  test('of DTLS and a=crypto DTLS is taken; without an identity, or a fingerprint, the key', () => {
    const both = description('RTP/SAVP', crypto, print(), 'a=setup:actpass');
    expect(saidOfDtls(answered(both, fresh(), by('optional')).sdp)).toEqual([ourPrint, 'setup:active']);
    const bare = { ...local, srtp: { policy: 'optional', suites: [], random } } as const;
    expect(answered(both, fresh(), bare).media.srtp?.receive?.profile).toBe('AES_CM_128_HMAC_SHA1_80');
    const { media } = answered(description('RTP/SAVP', crypto, 'a=setup:actpass'), fresh(), by('optional'));
    expect(media.srtp?.receive?.profile).toBe('AES_CM_128_HMAC_SHA1_80');
    expect(media.dtls).toBeUndefined();
  });

  test.each([
    ['off', [print(), 'a=setup:actpass'], 'bad-transport', 'RTP/AVP is needed'],
    ['optional', ['a=setup:actpass'], 'no-common-crypto', 'no fingerprint'],
    ['optional', [], 'no-common-crypto', 'no fingerprint'],
    ['required', [crypto], 'no-common-crypto', 'no fingerprint'],
    ['optional', [print(), 'a=setup:holdconn'], 'no-common-crypto', 'no setup that fits'],
  ] as const)('%s, %j: refused, %s', (policy, lines, fault, detail) => {
    const refusal = answerOffer(fresh(), description(overDtls, ...lines), by(policy));
    expect(refusal).toMatchObject({ ok: false, fault });
    expect(refusal.ok === false && refusal.warning.text).toContain(detail);
  });

  test('RFC 8643 §3.1 a fingerprint that cannot be used leaves RTP/AVP in the clear where that is allowed', () => {
    const weak = description('RTP/AVP', `a=fingerprint:md5 ${'00:'.repeat(15)}00`, 'a=setup:actpass');
    expect(answered(weak, fresh(), by('optional')).media).not.toHaveProperty('srtp');
    expect(answerOffer(fresh(), weak, by('required'))).toMatchObject({ ok: false, fault: 'srtp-required' });
    expect(answered(description('RTP/AVP', print(), 'a=setup:actpass'), fresh(), by('off')).media.dtls).toBeUndefined();
  });
});

describe('RFC 8842 §3.1 the association goes on', () => {
  const tlsId = (digit: string): string => `a=tls-id:${digit.repeat(20)}`;
  const first = description(overDtls, print(), 'a=setup:actpass', tlsId('a'), 'a=rtcp-mux');

  function again(state: OfferAnswerState, ...lines: readonly string[]): ReturnType<typeof answered> {
    return answered(description(overDtls, ...lines, 'a=rtcp-mux'), state, by('optional'));
  }

  test.each(['a=setup:actpass', 'a=setup:passive'])('through the same offer again, %s, and hold', (setup) => {
    const one = answered(first, fresh(), by('optional'));
    const two = again(one.state, print(), setup, tlsId('a'));
    expect(two.sdp).toBe(one.sdp);
    const held = again(two.state, print(), setup, tlsId('a'), 'a=sendonly');
    expect(saidOfDtls(held.sdp)).toEqual(saidOfDtls(one.sdp));
    expect(held.media).toMatchObject({ held: true, dtls: one.media.dtls });
  });

  test('an answer has a tls-id of its own where the offer had one', () => {
    const { sdp } = answered(first, fresh(), by('optional'));
    expect(saidOfDtls(sdp).at(-1)).toMatch(/^tls-id:[0-9a-f]{30}$/);
  });

  test.each([
    ['another fingerprint', [print(identity), 'a=setup:actpass', tlsId('a')]],
    ['one more', [print(), print(identity), 'a=setup:actpass', tlsId('a')]],
    ['another tls-id', [print(), 'a=setup:actpass', tlsId('b')]],
    ['another role', [print(), 'a=setup:active', tlsId('a')]],
  ])('%s is another one', (_, lines) => {
    const one = answered(first, fresh(), by('optional'));
    const two = again(one.state, ...lines);
    expect(two.media.dtls?.association).not.toBe(one.media.dtls?.association);
    expect(saidOfDtls(two.sdp).at(-1)).not.toBe(saidOfDtls(one.sdp).at(-1));
    expect(versionOf(two.sdp)).toBe(versionOf(one.sdp) + 1);
  });
});

describe('RFC 5763 §5 our offer', () => {
  test('required says the profile of DTLS and no key, optional RTP/AVP with both (RFC 8643 §3.1)', () => {
    const required = makeOffer(fresh(), by('required', { offersDtls: true, suites: true })).sdp;
    expect(linesOf(required, 'm')).toEqual(['audio 20000 UDP/TLS/RTP/SAVP 8 0 101']);
    expect(saidOfDtls(required)).toEqual(['rtcp-mux', ourPrint, 'setup:actpass', expect.stringMatching(/^tls-id:/)]);
    const optional = makeOffer(fresh(), by('optional', { offersDtls: true, suites: true })).sdp;
    expect(linesOf(optional, 'm')).toEqual(['audio 20000 RTP/AVP 8 0 101']);
    expect(saidOfDtls(optional)).toEqual([
      expect.stringMatching(/^crypto:1/),
      'rtcp-mux',
      ourPrint,
      'setup:actpass',
      expect.stringMatching(/^tls-id:/),
    ]);
    expect(saidOfDtls(makeOffer(fresh(), by('off', { offersDtls: true })).sdp)).toEqual([]);
  });

  test('while it is out nothing in the clear is heard', () => {
    expect(mediaForOffer(by('optional', { offersDtls: true })).srtp).toEqual({ send: null, receive: null });
    expect(mediaForOffer(by('optional')).srtp).toBeUndefined();
  });

  test.each([
    ['a=setup:active', 'passive'],
    ['a=setup:passive', 'active'],
    ['a=mid:0', 'active'],
  ])('answered with %s it makes us %s', (line, role) => {
    const { state } = makeOffer(fresh(), by('required', { offersDtls: true }));
    const { media } = accepted(state, description(overDtls, print(), line, 'a=rtcp-mux'));
    expect(media).toMatchObject({ rtcpMux: true, dtls: { role } });
  });

  test.each([
    ['no fingerprint', overDtls, ['a=setup:active'], 'no-common-crypto'],
    ['both roles', overDtls, [print(), 'a=setup:actpass'], 'no-common-crypto'],
    ['a key', 'RTP/SAVP', [crypto], 'bad-transport'],
    ['the clear', 'RTP/AVP', [], 'srtp-required'],
  ])('required, answered with %s: no agreement', (_, protocol, lines, fault) => {
    const { state } = makeOffer(fresh(), by('required', { offersDtls: true }));
    expect(acceptAnswer(state, description(protocol, ...lines))).toMatchObject({ ok: false, fault });
  });

  test('RFC 8643 §3.1 an optional one may be answered with DTLS, a key, or neither', () => {
    const { state } = makeOffer(fresh(), by('optional', { offersDtls: true, suites: true }));
    expect(accepted(state, description('RTP/AVP', print(), 'a=setup:active')).media.dtls?.role).toBe('passive');
    const key = accepted(state, description('RTP/AVP', crypto)).media;
    expect(key.srtp?.receive?.profile).toBe('AES_CM_128_HMAC_SHA1_80');
    expect(key.dtls).toBeUndefined();
    expect(accepted(state, description('RTP/AVP')).media).not.toHaveProperty('srtp');
  });

  test('a later one of ours keeps the association, and its answer the roles', () => {
    const ours = by('required', { offersDtls: true });
    const one = makeOffer(fresh(), ours);
    const answer = description(overDtls, print(), 'a=setup:active', 'a=rtcp-mux');
    const before = accepted(one.state, answer);
    const two = makeOffer(before.state, ours);
    expect(two.sdp).toBe(one.sdp);
    expect(accepted(two.state, answer).media.dtls).toEqual(before.media.dtls);
    const taken = answered(description(overDtls, print(), 'a=setup:actpass'), fresh(), ours);
    expect(saidOfDtls(makeOffer(taken.state, ours).sdp)).toEqual(['rtcp-mux', ourPrint, 'setup:actpass']);
  });
});
