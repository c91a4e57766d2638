import { expect, test } from 'vitest';
import { type ContactKind, OwnOffers } from '../../../gateway/calls/own-offers.js';
import { createDtlsIdentity } from '../../../media/dtls/identity.js';
import type { LocalMedia } from '../../../media/sdp/local-media.js';

import { fresh, local } from '../../support/offer-answer-bench.js';
import { linesOf } from '../../support/sdp-text.js';
import { createSeededRandom } from '../../support/seeded-random.js';

const random = createSeededRandom(8);
const identity = createDtlsIdentity(random, Date.UTC(2026, 0, 1));

function sideOf(withDtls: boolean): (kind: ContactKind) => LocalMedia {
  const srtp = { policy: 'optional' as const, suites: ['AES_CM_128_HMAC_SHA1_80' as const], random };
  return (kind) => ({
    ...local,
    iceRandom: random,
    srtp: withDtls ? { ...srtp, identity } : srtp,
    toBrowser: kind === 'browser',
  });
}

/** The profile of its m-line, and whether it has ICE. */
function kindOf(sdp: string | null): string | undefined {
  return sdp === null ? 'none' : `${linesOf(sdp, 'm')[0]?.split(' ')[2]}${sdp.includes('ice-ufrag') ? ' ICE' : ''}`;
}

test('RFC 3264 §4 browsers are offered one thing, phones another, and each answer belongs to its own', () => {
  const offers = new OwnOffers(fresh(), sideOf(true));
  const first = (['phone', 'browser', 'browser', 'phone'] as const).map((kind, at) => offers.first(at, kind));
  expect(first.map(kindOf)).toEqual(['RTP/AVP', 'UDP/TLS/RTP/SAVPF ICE', 'UDP/TLS/RTP/SAVPF ICE', 'RTP/AVP']);
  expect([first[1], first[0]]).toEqual([first[2], first[3]]);
  expect([0, 1, 2, 3].map((at) => offers.stateOf(at).sent)).toEqual(first);
});

test('RFC 3261 §21.4.26 who refuses what a browser is offered gets what phones get, one after the other', () => {
  const offers = new OwnOffers(fresh(), sideOf(true));
  offers.first(0, 'browser');
  const rest = [1, 2, 3, 4].map(() => kindOf(offers.next(0)));
  expect(rest).toEqual(['RTP/AVP', 'RTP/SAVP', 'RTP/AVP', 'none']);
});

test('without DTLS of ours a browser is offered what a phone is', () => {
  const offers = new OwnOffers(fresh(), sideOf(false));
  expect(offers.first(0, 'browser')).toBe(offers.first(1, 'phone'));
  expect(kindOf(offers.next(0))).toBe('RTP/SAVP');
});

test('RFC 3264 §4 a phone that refuses all of it may be a browser: it is offered what those take, once', () => {
  const offers = new OwnOffers(fresh(), sideOf(true));
  offers.first(0, 'phone');
  const rest = [1, 2, 3, 4].map(() => kindOf(offers.next(0)));
  expect(rest).toEqual(['RTP/SAVP', 'RTP/AVP', 'UDP/TLS/RTP/SAVPF ICE', 'none']);
  expect(offers.stateOf(0).sent).toBe(offers.first(1, 'browser'));
});
