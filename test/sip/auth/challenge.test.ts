import { describe, expect, test } from 'vitest';
import { answersChallenge, DigestAuthenticator, type DigestAuthenticatorOptions } from '../../../sip/auth/challenge.js';
import { type DigestCredentials, digestResponse, ha1, parseChallenge, sessionKey } from '../../../sip/auth/digest.js';
import { ManualClock } from '../../support/manual-clock.js';
import { createSeededRandom } from '../../support/seeded-random.js';

const realm = 'example.com';

function setUp(options: Partial<DigestAuthenticatorOptions> = {}) {
  const clock = new ManualClock();
  return { clock, authenticator: new DigestAuthenticator({ clock, random: createSeededRandom(3), ...options }) };
}

function nonceFrom(authenticator: DigestAuthenticator, of = realm): string {
  const challenge = parseChallenge(authenticator.challenge(of)[0]!);
  return challenge.ok ? challenge.value.nonce : '';
}

function withCount(nonce: string, nc: string): DigestCredentials {
  return { ...withoutQop(nonce), qop: 'auth', nc, cnonce: 'c' };
}

function withoutQop(nonce: string): DigestCredentials {
  return { username: 'u', realm, nonce, uri: 'sip:x', response: '', algorithm: 'MD5' };
}

describe('challenges', () => {
  test('RFC 8760 §2.7 -sess algorithms come after those without, and not at all without qop', () => {
    const { authenticator } = setUp();
    const algorithms = ['MD5-sess', 'SHA-256-sess', 'SHA-256', 'SHA-512-256-sess'] as const;
    const offered = (qop: 'auth' | 'none') =>
      authenticator.challenge(realm, { algorithms, qop }).map((value) => /algorithm=([\w-]+)/.exec(value)?.[1]);
    expect(offered('auth')).toEqual(['SHA-512-256-sess', 'SHA-256', 'SHA-256-sess', 'MD5-sess']);
    expect(offered('none')).toEqual(['SHA-256']);
  });

  test('RFC 7616 §3.3 qop=auth-int is offered alone, and nothing less answers it', () => {
    const { authenticator } = setUp();
    expect(authenticator.challenge(realm, { qop: 'auth-int' })[0]).toContain('qop="auth-int"');
    const auth = withCount('n', '00000001');
    const options = { qop: 'auth-int' } as const;
    expect(answersChallenge({ ...auth, qop: 'auth-int' }, options)).toBe(true);
    expect(answersChallenge(auth, options)).toBe(false);
    expect(answersChallenge(withoutQop('n'), options)).toBe(false);
    expect(answersChallenge(withoutQop('n'), {})).toBe(true);
    expect(answersChallenge({ ...auth, session: true }, {})).toBe(false);
    expect(answersChallenge({ ...auth, session: true }, { algorithms: ['MD5-sess'] })).toBe(true);
  });

  test('RFC 8760 §2.3 one challenge per algorithm, strongest first, with qop and without', () => {
    const { authenticator } = setUp();
    const values = authenticator.challenge(realm, { algorithms: ['MD5', 'SHA-512-256', 'SHA-256'] });
    expect(values.map((value) => /algorithm=([\w-]+)/.exec(value)?.[1])).toEqual(['SHA-512-256', 'SHA-256', 'MD5']);
    expect(values.every((value) => value.includes('qop="auth"') && value.includes(`realm="${realm}"`))).toBe(true);
    const [plain] = authenticator.challenge(realm, { qop: 'none', stale: true });
    expect(plain).toMatch(/^Digest realm="example.com", nonce="[0-9a-f]{60}", algorithm=MD5, stale=true$/);
  });

  test('every challenge has a nonce of its own and issuing stores nothing', () => {
    const { authenticator } = setUp();
    const nonces = new Set(Array.from({ length: 100 }, () => nonceFrom(authenticator)));
    expect(nonces.size).toBe(100);
    expect(authenticator.size).toBe(0);
  });
});

describe('judging a nonce', () => {
  test('a nonce of ours is good for its realm alone', () => {
    const { authenticator } = setUp();
    const nonce = nonceFrom(authenticator);
    expect(authenticator.check(withCount(nonce, '00000001'), realm)).toBe('ok');
    expect(authenticator.check(withCount(nonce, '00000001'), 'other.example.com')).toBe('unknown');
    const elsewhere = nonceFrom(authenticator, 'other.example.com');
    expect(authenticator.check(withCount(elsewhere, '00000001'), realm)).toBe('unknown');
    expect(authenticator.check({ ...withCount(nonce, '00000001'), realm: 'claimed' }, realm)).toBe('unknown');
  });

  test('a nonce that was not issued, or changed in any digit, is unknown', () => {
    const { authenticator } = setUp();
    const nonce = nonceFrom(authenticator);
    for (let at = 0; at < nonce.length; at += 1) {
      const changed = nonce.slice(0, at) + (nonce[at] === '0' ? '1' : '0') + nonce.slice(at + 1);
      expect(authenticator.check(withoutQop(changed), realm)).toBe('unknown');
    }
    for (const text of ['', 'x', nonce.toUpperCase().replace(/[0-9]/g, 'A'), `${nonce}0`, 'ü'.repeat(60)]) {
      expect(authenticator.check(withoutQop(text), realm)).toBe('unknown');
    }
    const other = new DigestAuthenticator({ clock: new ManualClock(), random: createSeededRandom(4) });
    expect(other.check(withoutQop(nonce), realm)).toBe('unknown');
  });

  test('RFC 7616 §3.3 a nonce is stale after 300 s', () => {
    const { authenticator, clock } = setUp();
    const nonce = nonceFrom(authenticator);
    clock.advanceSync(300_000);
    expect(authenticator.check(withCount(nonce, '00000001'), realm)).toBe('ok');
    clock.advanceSync(1);
    expect(authenticator.check(withCount(nonce, '00000001'), realm)).toBe('stale');
  });

  test('RFC 7616 §5.5 the nonce count must rise: a repeated or lower one is a replay, gaps are not', () => {
    const { authenticator } = setUp();
    const nonce = nonceFrom(authenticator);
    authenticator.consume(withCount(nonce, '00000001'));
    expect(authenticator.check(withCount(nonce, '00000001'), realm)).toBe('replayed');
    expect(authenticator.check(withCount(nonce, '0000000a'), realm)).toBe('ok');
    authenticator.consume(withCount(nonce, '0000000a'));
    expect(authenticator.check(withCount(nonce, '00000009'), realm)).toBe('replayed');
    expect(authenticator.check(withCount(nonce, '0000000B'), realm)).toBe('ok');
  });

  test('a count is used up only once it was verified', () => {
    const { authenticator } = setUp();
    const nonce = nonceFrom(authenticator);
    expect(authenticator.check(withCount(nonce, '00000001'), realm)).toBe('ok');
    expect(authenticator.check(withCount(nonce, '00000001'), realm)).toBe('ok');
  });

  test('an answer without qop verifies once per nonce, then the nonce is stale for every answer', () => {
    const { authenticator } = setUp();
    const nonce = nonceFrom(authenticator);
    expect(authenticator.check(withoutQop(nonce), realm)).toBe('ok');
    authenticator.consume(withoutQop(nonce));
    expect(authenticator.check(withoutQop(nonce), realm)).toBe('stale');
    expect(authenticator.check(withCount(nonce, '00000001'), realm)).toBe('stale');
  });

  test('a nonce that was used with qop is stale for an answer without', () => {
    const { authenticator } = setUp();
    const nonce = nonceFrom(authenticator);
    authenticator.consume(withCount(nonce, '00000001'));
    expect(authenticator.check(withoutQop(nonce), realm)).toBe('stale');
  });
});

describe('the limit on used nonces', () => {
  test('when full the oldest is forgotten, stays unusable, and is counted', () => {
    const { authenticator, clock } = setUp({ maxNonces: 3 });
    const nonces: string[] = [];
    for (let i = 0; i < 5; i += 1) {
      clock.advanceSync(10);
      nonces.push(nonceFrom(authenticator));
      authenticator.consume(withCount(nonces[i]!, '00000001'));
    }
    expect(authenticator.size).toBe(3);
    expect(authenticator.forgotten).toBe(2);
    expect(nonces.map((nonce) => authenticator.check(withCount(nonce, '00000001'), realm))).toEqual([
      'stale',
      'stale',
      'replayed',
      'replayed',
      'replayed',
    ]);
    expect(authenticator.check(withCount(nonces[4]!, '00000002'), realm)).toBe('ok');
  });

  test('expired ones make room without loss', () => {
    const { authenticator, clock } = setUp({ maxNonces: 3, ttlMs: 1000 });
    for (let i = 0; i < 3; i += 1) authenticator.consume(withCount(nonceFrom(authenticator), '00000001'));
    clock.advanceSync(1001);
    authenticator.consume(withCount(nonceFrom(authenticator), '00000001'));
    expect(authenticator.size).toBe(1);
    expect(authenticator.forgotten).toBe(0);
  });
});

describe('RFC 7616 §3.4.2 -sess', () => {
  const secret = ha1('MD5', 'u', realm, 'p');

  /** An answer with this count and cnonce, its key made of `keyCnonce`. */
  function answer(nonce: string, nc: string, cnonce: string, keyCnonce: string): DigestCredentials {
    const key = sessionKey('MD5', secret, nonce, keyCnonce);
    const unsigned = { ...withCount(nonce, nc), cnonce, session: true } as const;
    return { ...unsigned, response: digestResponse({ ...unsigned, ha1: key, method: 'INVITE' }) };
  }

  test('a second request goes on from the cnonce of the first, or from its own as many clients have it', () => {
    const { authenticator } = setUp();
    const nonce = nonceFrom(authenticator);
    const first = answer(nonce, '00000001', 'one', 'one');
    const second = answer(nonce, '00000002', 'two', 'one');
    // Nobody has used the nonce yet: there is no cnonce to go on from.
    expect(authenticator.verify(second, secret, 'INVITE')).toBe(false);
    expect(authenticator.verify(first, secret, 'INVITE')).toBe(true);
    authenticator.consume(first);
    expect(authenticator.verify(second, secret, 'INVITE')).toBe(true);
    expect(authenticator.verify(answer(nonce, '00000002', 'two', 'two'), secret, 'INVITE')).toBe(true);
    expect(authenticator.verify(answer(nonce, '00000002', 'two', 'three'), secret, 'INVITE')).toBe(false);
    expect(authenticator.verify(second, ha1('MD5', 'u', realm, 'guess'), 'INVITE')).toBe(false);
  });

  test('a cnonce of more than 128 characters is not kept', () => {
    const { authenticator } = setUp();
    const nonce = nonceFrom(authenticator);
    const long = 'c'.repeat(129);
    authenticator.consume(answer(nonce, '00000001', long, long));
    expect(authenticator.verify(answer(nonce, '00000002', 'two', long), secret, 'INVITE')).toBe(false);
  });
});
