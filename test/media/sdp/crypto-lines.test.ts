import { describe, expect, test } from 'vitest';
import type { SrtpPolicy } from '../../../media/sdp/crypto-lines.js';
import type { LegMedia } from '../../../media/sdp/leg-media.js';
import type { LocalMedia } from '../../../media/sdp/local-media.js';
import {
  acceptAnswer,
  answerOffer,
  earlyAnswer,
  makeOffer,
  makeOtherOffer,
  mediaForOffer,
} from '../../../media/sdp/offer-answer.js';
import { accepted, answered, fresh, local } from '../../support/offer-answer-bench.js';
import { linesOf, sdpText, versionOf } from '../../support/sdp-text.js';
import { createSeededRandom } from '../../support/seeded-random.js';

function by(policy: SrtpPolicy, seed = 5): LocalMedia {
  const random = createSeededRandom(seed);
  return { ...local, srtp: { policy, suites: ['AES_256_CM_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_80'], random } };
}

/** Key and salt of 30 bytes. */
const keyOf = (fill: number): string => Buffer.alloc(30, fill).toString('base64');
const line = (tag: number, fill: number, suite = 'AES_CM_128_HMAC_SHA1_80'): string =>
  `a=crypto:${tag} ${suite} inline:${keyOf(fill)}`;

function offer(protocol: string, ...lines: readonly string[]): string {
  return sdpText([`m=audio 4000 ${protocol} 0`, ...lines]);
}

function cryptoOf(sdp: string): string[] {
  return linesOf(sdp, 'a').filter((value) => value.startsWith('crypto:'));
}

/** What the peer sends with, as the leg was told. */
function receiveKey({ srtp }: LegMedia): string {
  return Buffer.from(srtp?.receive?.keyAndSalt ?? []).toString('base64');
}

function sendKey({ srtp }: LegMedia): string {
  return Buffer.from(srtp?.send?.keyAndSalt ?? []).toString('base64');
}

describe('RFC 4568 §7.1.1 our offer', () => {
  test.each([
    ['off', 'RTP/AVP', 0],
    ['optional', 'RTP/AVP', 2],
    ['required', 'RTP/SAVP', 2],
  ] as const)('%s says %s, one m-line, %i suites', (policy, protocol, count) => {
    const { sdp } = makeOffer(fresh(), by(policy));
    expect(linesOf(sdp, 'm')).toEqual([`audio 20000 ${protocol} 8 0 101`]);
    const lines = cryptoOf(sdp).map((value) => value.replace(/inline:.*/, 'inline'));
    expect(lines).toEqual(
      ['crypto:1 AES_256_CM_HMAC_SHA1_80 inline', 'crypto:2 AES_CM_128_HMAC_SHA1_80 inline'].slice(0, count),
    );
  });

  test('without suites an optional offer has none and what comes is heard, a required one has the usual', () => {
    const bare = (policy: SrtpPolicy): LocalMedia => ({ ...by(policy), srtp: { ...by(policy).srtp!, suites: [] } });
    expect(cryptoOf(makeOffer(fresh(), bare('optional')).sdp)).toEqual([]);
    expect(mediaForOffer(bare('optional')).srtp).toBeUndefined();
    expect(cryptoOf(makeOffer(fresh(), bare('required')).sdp)).toEqual([
      expect.stringContaining('1 AES_CM_128_HMAC_SHA1_80 inline:'),
    ]);
    expect(mediaForOffer(bare('required')).srtp).toEqual({ send: null, receive: null });
  });

  test('its keys are as long as their suites want them, each another, and others in the next session', () => {
    const random = createSeededRandom(8);
    const keys = [1, 2].flatMap(() =>
      cryptoOf(makeOffer(fresh(), { ...local, srtp: { ...by('required').srtp!, random } }).sdp).map(
        (value) => value.split('inline:')[1]!,
      ),
    );
    expect(keys.map((key) => Buffer.from(key, 'base64').length)).toEqual([46, 30, 46, 30]);
    expect(new Set(keys).size).toBe(4);
  });

  test('while it is out, nothing that might be in the clear is heard, unless SRTP is off', () => {
    expect(mediaForOffer(by('off')).srtp).toBeUndefined();
    expect(mediaForOffer(by('optional')).srtp).toEqual({ send: null, receive: null });
    expect(mediaForOffer(by('required')).srtp).toEqual({ send: null, receive: null });
  });
});

describe('RFC 4568 §7.1.2 our answer', () => {
  test.each([
    ['off', 'RTP/AVP', [], 'RTP/AVP', []],
    ['off', 'RTP/AVPF', [], 'RTP/AVPF', []],
    ['off', 'RTP/AVP', [line(1, 1)], 'RTP/AVP', []],
    ['optional', 'RTP/AVP', [], 'RTP/AVP', []],
    ['optional', 'RTP/AVP', [line(4, 1)], 'RTP/AVP', ['4 AES_CM_128_HMAC_SHA1_80']],
    ['optional', 'RTP/AVP', ['a=crypto:1 NEW_SUITE inline:x'], 'RTP/AVP', []],
    ['optional', 'RTP/SAVP', [line(1, 1)], 'RTP/SAVP', ['1 AES_CM_128_HMAC_SHA1_80']],
    ['optional', 'RTP/SAVPF', [line(1, 1)], 'RTP/SAVPF', ['1 AES_CM_128_HMAC_SHA1_80']],
    ['required', 'RTP/AVP', [line(1, 1)], 'RTP/AVP', ['1 AES_CM_128_HMAC_SHA1_80']],
    ['required', 'RTP/SAVP', [line(7, 1), line(8, 2)], 'RTP/SAVP', ['7 AES_CM_128_HMAC_SHA1_80']],
    [
      'required',
      'rtp/savp',
      ['a=crypto:1 NEW_SUITE inline:x', line(2, 1, 'aes_cm_128_hmac_sha1_32')],
      'rtp/savp',
      ['2 aes_cm_128_hmac_sha1_32'],
    ],
  ] as const)('%s, offered %s %j: %s with %j', (policy, protocol, lines, answeredProtocol, suites) => {
    const { sdp, media } = answered(offer(protocol, ...lines), fresh(), by(policy));
    expect(linesOf(sdp, 'm')).toEqual([`audio 20000 ${answeredProtocol} 0`]);
    expect(cryptoOf(sdp).map((value) => value.slice(7).replace(/ inline:.*/, ''))).toEqual(suites);
    expect(media.srtp === undefined).toBe(suites.length === 0);
    if (media.srtp === undefined) return;
    expect(cryptoOf(sdp)[0]).toContain(`inline:${sendKey(media)}`);
    expect(Buffer.from(media.srtp.receive!.keyAndSalt)).toEqual(Buffer.alloc(30, 1));
    expect(sendKey(media)).not.toBe(receiveKey(media));
  });

  test.each([
    ['off', 'RTP/SAVP', [line(1, 1)], 'bad-transport', 'Incompatible transport protocol: RTP/AVP is needed'],
    ['off', 'RTP/SAVPF', [], 'bad-transport', 'Incompatible transport protocol: RTP/AVP is needed'],
    ['optional', 'UDP/TLS/RTP/SAVPF', [], 'bad-transport', 'RTP/AVP or RTP/SAVP is needed'],
    ['optional', 'RTP/SAVP', [], 'no-common-crypto', 'no-crypto'],
    ['optional', 'RTP/SAVP', ['a=crypto:1 NEW_SUITE inline:x'], 'no-common-crypto', 'unknown-suite'],
    ['optional', 'RTP/SAVP', [`${line(1, 1)}|2^20|1:4`], 'no-common-crypto', 'mki'],
    ['required', 'RTP/AVP', [], 'srtp-required', 'RTP/SAVP is needed'],
    ['required', 'RTP/AVPF', [], 'srtp-required', 'RTP/SAVP is needed'],
    ['required', 'RTP/AVP', ['a=crypto:1 NEW_SUITE inline:x'], 'no-common-crypto', 'unknown-suite'],
  ] as const)('RFC 3261 §20.43 %s refuses %s %j: %s', (policy, protocol, lines, fault, text) => {
    const result = answerOffer(fresh(), offer(protocol, ...lines), by(policy));
    expect(result).toMatchObject({ ok: false, fault, warning: { code: 302 } });
    expect(!result.ok && result.warning.text).toContain(text);
  });

  test('of an SRTP line and a plain one the first that the policy takes is taken', () => {
    const both = sdpText(['m=audio 4000 RTP/AVP 0', 'm=audio 4002 RTP/SAVP 0', line(1, 1)]);
    expect(linesOf(answered(both, fresh(), by('off')).sdp, 'm')).toEqual([
      'audio 20000 RTP/AVP 0',
      'audio 0 RTP/SAVP 0',
    ]);
    const { sdp, media } = answered(both, fresh(), by('required'));
    expect(linesOf(sdp, 'm')).toEqual(['audio 0 RTP/AVP 0', 'audio 20000 RTP/SAVP 0']);
    expect(media).toMatchObject({ remote: { rtpPort: 4002 } });
  });

  test('RFC 4568 §5.1 a=crypto of another m-line or of the session is not that of the audio', () => {
    const text = sdpText([line(1, 1), 'm=audio 4000 RTP/SAVP 0', 'm=video 4002 RTP/SAVP 31', line(1, 2)]);
    expect(answerOffer(fresh(), text, by('optional'))).toMatchObject({ ok: false, fault: 'no-common-crypto' });
  });
});

describe('RFC 4568 §7.1.3 the answer to our offer', () => {
  test('the key of the line that was chosen is what we send with', () => {
    const out = makeOffer(fresh(), by('required'));
    const { media } = accepted(out.state, offer('RTP/SAVP', line(2, 3)));
    expect(cryptoOf(out.sdp)[1]).toContain(`inline:${sendKey(media)}`);
    expect(receiveKey(media)).toBe(keyOf(3));
  });

  test('best effort: a peer that knows no SRTP answers in the clear', () => {
    const out = makeOffer(fresh(), by('optional'));
    expect(accepted(out.state, offer('RTP/AVP')).media.srtp).toBeUndefined();
    expect(receiveKey(accepted(out.state, offer('RTP/AVP', line(2, 3))).media)).toBe(keyOf(3));
    // Against RFC 3264 §6, which keeps the transport, but there is no doubt about what it means.
    expect(receiveKey(accepted(out.state, offer('RTP/SAVP', line(2, 3))).media)).toBe(keyOf(3));
  });

  test.each([
    ['off', 'RTP/SAVP', [line(1, 1)], 'bad-transport'],
    ['optional', 'RTP/SAVP', [], 'no-common-crypto'],
    ['optional', 'RTP/AVP', [line(1, 1)], 'no-common-crypto'],
    ['optional', 'RTP/AVP', [line(3, 1)], 'no-common-crypto'],
    ['required', 'RTP/SAVP', [line(2, 1), line(2, 2)], 'no-common-crypto'],
    ['required', 'RTP/SAVP', [], 'no-common-crypto'],
    ['required', 'RTP/AVP', [], 'srtp-required'],
  ] as const)('%s, answered %s %j, is no agreement: %s', (policy, protocol, lines, fault) => {
    const { state } = makeOffer(fresh(), by(policy));
    expect(acceptAnswer(state, offer(protocol, ...lines))).toMatchObject({ ok: false, fault });
  });

  test('a=crypto that nobody offered means nothing', () => {
    const { state } = makeOffer(fresh(), by('off'));
    expect(accepted(state, offer('RTP/AVP', line(1, 1))).media.srtp).toBeUndefined();
  });

  test('RFC 4568 §7.3 early dialogs of a forked call have keys of their own, and suites too', () => {
    const { state, sdp } = makeOffer(fresh(), by('required'));
    const one = earlyAnswer(state, offer('RTP/SAVP', line(2, 3)));
    const key = Buffer.alloc(46, 4).toString('base64');
    const two = earlyAnswer(state, offer('RTP/SAVP', `a=crypto:1 AES_256_CM_HMAC_SHA1_80 inline:${key}`));
    if (!one.ok || !two.ok) throw new Error('refused');
    expect([receiveKey(one.media), receiveKey(two.media)]).toEqual([keyOf(3), key]);
    expect(cryptoOf(sdp)[1]).toContain(sendKey(one.media));
    expect(cryptoOf(sdp)[0]).toContain(sendKey(two.media));
    // The 200 of one of them says nothing: its early answer stands.
    const settled = acceptAnswer(two.state, null);
    expect(settled.ok && receiveKey(settled.media)).toBe(key);
    // The 200 of the other one says it again.
    expect(accepted(one.state, offer('RTP/SAVP', line(2, 3))).media).toEqual(one.media);
  });
});

describe('RFC 4568 §7.1.4 later offers', () => {
  test('the same offer again is answered with the same key and the same session version', () => {
    const first = answered(offer('RTP/SAVP', line(1, 1)), fresh(), by('optional'));
    const again = answered(offer('RTP/SAVP', line(1, 1)), first.state, by('optional', 99));
    expect(again.sdp).toBe(first.sdp);
    expect(again.media).toEqual(first.media);
  });

  test('hold and resume keep the keys; only the direction changes', () => {
    const first = answered(offer('RTP/SAVP', line(1, 1)), fresh(), by('required'));
    const held = answered(offer('RTP/SAVP', line(1, 1), 'a=sendonly'), first.state, by('required', 99));
    expect(held.media).toMatchObject({ held: true, srtp: first.media.srtp });
    expect(versionOf(held.sdp)).toBe(versionOf(first.sdp) + 1);
    const resumed = answered(offer('RTP/SAVP', line(1, 1)), held.state, by('required', 98));
    expect(resumed.media).toEqual(first.media);
  });

  test('a new key of the peer is answered with a new one of ours', () => {
    const first = answered(offer('RTP/SAVP', line(1, 1)), fresh(), by('required'));
    const next = answered(offer('RTP/SAVP', line(1, 2)), first.state, by('required', 99));
    expect(receiveKey(next.media)).toBe(keyOf(2));
    expect(sendKey(next.media)).not.toBe(sendKey(first.media));
    expect(versionOf(next.sdp)).toBe(versionOf(first.sdp) + 1);
  });

  test('our own later offer repeats what we said, with transport, tags and keys', () => {
    const theirs = answered(offer('RTP/SAVPF', line(5, 1)), fresh(), by('optional'));
    const later = makeOffer(theirs.state, { ...by('optional', 99), codecs: ['pcmu'], telephoneEvent: false });
    expect(later.sdp).toBe(theirs.sdp);
    const ours = makeOffer(fresh(), by('optional'));
    const agreed = accepted(ours.state, offer('RTP/AVP', line(2, 1)));
    expect(makeOffer(agreed.state, by('optional', 99)).sdp).toBe(ours.sdp);
  });

  test('a session in the clear stays there in our later offers; the peer may begin with SRTP in its own', () => {
    const clear = answered(offer('RTP/AVP'), fresh(), by('optional'));
    expect(cryptoOf(makeOffer(clear.state, by('optional')).sdp)).toEqual([]);
    expect(receiveKey(answered(offer('RTP/AVP', line(1, 1)), clear.state, by('optional')).media)).toBe(keyOf(1));
  });

  test('a later offer that the policy refuses changes nothing', () => {
    const first = answered(offer('RTP/SAVP', line(1, 1)), fresh(), by('required'));
    expect(answerOffer(first.state, offer('RTP/AVP'), by('required'))).toMatchObject({
      ok: false,
      fault: 'srtp-required',
    });
    expect(answered(offer('RTP/SAVP', line(1, 1)), first.state, by('required', 99)).sdp).toBe(first.sdp);
  });
});

describe('RFC 3261 §21.4.26 our offer was refused', () => {
  test('optional: RTP/SAVP with new keys comes next, then RTP/AVP without any, then nothing', () => {
    const first = makeOffer(fresh(), by('optional'));
    const second = makeOtherOffer(first.state, by('optional', 6))!;
    const third = makeOtherOffer(second.state, by('optional'))!;
    const offers = [first, second, third].map(({ sdp }) => sdp);
    expect(offers.map((sdp) => [linesOf(sdp, 'm')[0]?.split(' ')[2], cryptoOf(sdp).length])).toEqual([
      ['RTP/AVP', 2],
      ['RTP/SAVP', 2],
      ['RTP/AVP', 0],
    ]);
    expect(new Set(offers.flatMap(cryptoOf).map((value) => value.split('inline:')[1])).size).toBe(4);
    expect(offers.map(versionOf)).toEqual([1, 2, 3]);
    expect(makeOtherOffer(third.state, by('optional'))).toBeNull();
  });

  test.each(['off', 'required'] as const)('%s: there is no other way', (policy) => {
    expect(makeOtherOffer(makeOffer(fresh(), by(policy)).state, by(policy))).toBeNull();
  });

  test('optional without suites of ours has offered the clear already', () => {
    const bare: LocalMedia = { ...by('optional'), srtp: { ...by('optional').srtp!, suites: [] } };
    expect(makeOtherOffer(makeOffer(fresh(), bare).state, bare)).toBeNull();
  });

  test('an answer belongs to the offer that it answers; a later offer of ours says the same again', () => {
    const first = makeOffer(fresh(), by('optional'));
    const second = makeOtherOffer(first.state, by('optional', 6))!;
    const taken = accepted(second.state, offer('RTP/SAVP', line(2, 9)));
    expect(receiveKey(taken.media)).toBe(keyOf(9));
    expect(cryptoOf(second.sdp)[1]).toContain(sendKey(taken.media));
    expect(makeOffer(taken.state, by('optional')).sdp).toBe(second.sdp);
    const third = makeOtherOffer(second.state, by('optional'))!;
    expect(accepted(third.state, offer('RTP/AVP')).media.srtp).toBeUndefined();
  });
});
