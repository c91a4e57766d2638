import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  answerChallenge,
  createHasher,
  type DigestAlgorithm,
  type DigestCredentials,
  digestResponse,
  ha1,
  hashHex,
  parseAuthorization,
  parseChallenge,
  parseChallenges,
  serializeAuthorization,
  serializeChallenge,
  verifyResponse,
} from '../../../sip/auth/digest.js';
import { createSeededRandom } from '../../support/seeded-random.js';

describe('hashes', () => {
  test('MD5, SHA-256 and SHA-512-256 of "abc" are those of RFC 1321 §A.5 and FIPS 180-4', () => {
    expect(hashHex('MD5', 'abc')).toBe('900150983cd24fb0d6963f7d28e17f72');
    expect(hashHex('SHA-256', 'abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(hashHex('SHA-512-256', 'abc')).toBe('53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23');
  });

  test('where the system refuses MD5 the md5 package gives the same hash, also for UTF-8, and is asked for once', () => {
    const asked: string[] = [];
    const hasher = createHasher((name, text) => {
      asked.push(name);
      if (name === 'md5') throw new Error('disabled for fips');
      return `${name} of ${text}`;
    });
    for (const text of ['', 'abc', 'Jäsøn Doe:realm:ключ', 'x'.repeat(300)]) {
      expect(hasher('MD5', text)).toBe(hashHex('MD5', text));
    }
    expect(hasher('SHA-256', 'a')).toBe('sha256 of a');
    expect(asked.filter((name) => name === 'md5')).toHaveLength(1);
  });
});

describe('known answers', () => {
  test.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ] as const)('RFC 7616 §3.9.1 Mufasa, %s', (algorithm, response) => {
    const input = {
      algorithm,
      ha1: ha1(algorithm, 'Mufasa', 'http-auth@example.org', 'Circle of Life'),
      nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
      method: 'GET',
      uri: '/dir/index.html',
      qop: 'auth',
      nc: '00000001',
      cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    } as const;
    expect(digestResponse(input)).toBe(response);
  });

  test('RFC 7616 §3.9.2 with erratum 4897: SHA-512-256 and names beyond ASCII', () => {
    const response = digestResponse({
      algorithm: 'SHA-512-256',
      ha1: ha1('SHA-512-256', 'Jäsøn Doe', 'api@example.org', 'Secret, or not?'),
      nonce: '5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK',
      method: 'GET',
      uri: '/doe.json',
      qop: 'auth',
      nc: '00000001',
      cnonce: 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v',
    });
    expect(response).toBe('3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5');
  });

  test('RFC 2617 §3.5 Mufasa of the older edition', () => {
    const secret = ha1('MD5', 'Mufasa', 'testrealm@host.com', 'Circle Of Life');
    const common = { algorithm: 'MD5', ha1: secret, method: 'GET', uri: '/dir/index.html' } as const;
    const nonce = 'dcd98b7102dd2f0e8b11d0f600bfb0c093';
    expect(secret).toBe('939e7578ed9e3c518a452acee763bce9');
    expect(digestResponse({ ...common, nonce, qop: 'auth', nc: '00000001', cnonce: '0a4f113b' })).toBe(
      '6629fae49393a05397450978507c4ef1',
    );
    expect(digestResponse({ ...common, nonce })).toBe('670fd8c2df070c60b045671b8b24ff02');
  });

  test('user 1001 at the default realm: with and without qop, REGISTER and INVITE', () => {
    const secret = ha1('MD5', '1001', 'sip.media-server.8xff.io', '1001');
    expect(secret).toBe('7117fed7f9164de807886417593d5b67');
    const nonce = '0a1b2c3d4e5f60718293a4b5c6d7e8f9';
    const register = {
      algorithm: 'MD5',
      ha1: secret,
      nonce,
      method: 'REGISTER',
      uri: 'sip:203.0.113.10:5060',
    } as const;
    expect(digestResponse(register)).toBe('b246f4460439f36d5aa176d0cfccd9d2');
    expect(digestResponse({ ...register, qop: 'auth', nc: '00000001', cnonce: 'f00dcafe' })).toBe(
      '5946c1ce366f9991ca8842b36beb9dc4',
    );
    expect(digestResponse({ ...register, method: 'INVITE', uri: 'sip:1002@203.0.113.10:5060' })).toBe(
      'b5923f48ab4d3c1dfd6229f47bc6b858',
    );
  });

  test('user 1003 at bling.babblevoice.com: with and without qop', () => {
    const realm = 'bling.babblevoice.com';
    const first = {
      algorithm: 'MD5',
      ha1: ha1('MD5', '1003', realm, '123654789'),
      nonce: 'dbb93832-9090-4763-b9f1-49f0ee8b0b4a',
      method: 'REGISTER',
      uri: 'sip:bling.babblevoice.com',
      qop: 'auth',
      nc: '00000001',
      cnonce: 'NwppxHEoHM8cIGF',
    } as const;
    expect(digestResponse(first)).toBe('cd1748aebcbc01c47270acab477e0e56');
    const second = {
      algorithm: 'MD5',
      ha1: ha1('MD5', '1003', realm, '1123654789'),
      nonce: 'cf1178e4-d560-49b2-8efc-0c81c03f74c7',
      method: 'REGISTER',
      uri: 'sip:192.168.0.141:5060',
    } as const;
    expect(digestResponse(second)).toBe('fcb607534a1cf55bfe5641539d7371ef');
  });

  // RFC 7616 §3.9 has no example of these: curl 7.88.1 --digest where it is challenged as in §3.9.1, but SHA-512-256,
  // for which that curl takes SHA-256: Python's hashlib.
  test.each([
    ['MD5', 'auth', 'YjdkNDA4NmVmZjIyMWY5OGMzYTI5ZmUyZGM1ZmE2YWI=', '170cf4c0c14cea11de070b8a7598a0ba'],
    ['MD5', 'auth-int', 'NWYyZjY4MjJiYjBkNzZhNDAyMzM0MWQ0MzA3M2U4MDE=', '05f8972b08168a795f9078bb3e5fc55f'],
    [
      'SHA-256',
      'auth',
      'ZDQ2OGViZDdhMGViYjYxMDMwZjJlODFmZTFmZjllMDY=',
      '83ac3ec8b38ae7ded0bbf8e25bdb2d2c4b8ead5df5c10c0bcc2911e3a1327c7d',
    ],
    [
      'SHA-256',
      'auth-int',
      'ZjNlOTBmMGZhNDg3MjQxNTg3ZWM3YzgzYzEzZjNlZTg=',
      '90264ba066316bdd93ef2d7322ce09b792c3a3c88330b8dd2c58f89b6bb13842',
    ],
    [
      'SHA-512-256',
      'auth',
      'ZDVkNzM2OTkxNmM3MjBlODc4NjA1NWZhOWIyMmFiZmQ=',
      '127cd9d2a053d7a3cb69ded6507b1cd6302866802cc52f98ee77a50c1661a535',
    ],
    [
      'SHA-512-256',
      'auth-int',
      'NWU2ZjVhNTllN2RmODk3MjFkMmM0NzcxYmI4YjRhYzc=',
      '09cee45c3aab39315a550772b015f876621f1d839de3bbc5f25b72ccbdbeee7d',
    ],
  ] as const)('RFC 7616 §3.4.2 %s-sess with %s, as others answer', (algorithm, qop, cnonce, response) => {
    const realm = 'http-auth@example.org';
    const nonce = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v';
    const text = `Digest username="Mufasa", realm="${realm}", nonce="${nonce}", uri="/dir/index.html", cnonce="${cnonce}", nc=00000001, qop=${qop}, response="${response}", algorithm=${algorithm}-sess`;
    const read = parseAuthorization(text);
    expect(read).toMatchObject({ ok: true, value: { algorithm, session: true } });
    if (!read.ok) return;
    const secret = ha1(algorithm, 'Mufasa', realm, 'Circle of Life');
    expect(verifyResponse(read.value, secret, 'GET')).toBe(true);
    expect(verifyResponse({ ...read.value, session: false }, secret, 'GET')).toBe(false);
    expect(parseAuthorization(serializeAuthorization(read.value))).toEqual(read);
  });

  test('RFC 7616 §3.4.1 auth-int hashes the body into the answer', () => {
    const common = {
      algorithm: 'MD5',
      ha1: hashHex('MD5', 'u:r:p'),
      nonce: 'n',
      method: 'INVITE',
      uri: 'sip:a',
    } as const;
    const counted = { ...common, qop: 'auth-int', nc: '00000001', cnonce: 'c' } as const;
    const body = Buffer.from('v=0\r\n');
    const ha2 = hashHex('MD5', `INVITE:sip:a:${hashHex('MD5', 'v=0\r\n')}`);
    expect(digestResponse({ ...counted, body })).toBe(hashHex('MD5', `${common.ha1}:n:00000001:c:auth-int:${ha2}`));
    expect(digestResponse({ ...counted })).not.toBe(digestResponse({ ...counted, body }));
  });
});

const sample: DigestCredentials = {
  username: 'bo"b\\',
  realm: 'r, with comma',
  nonce: 'n=/+',
  uri: 'sip:host;x=y',
  response: '0'.repeat(32),
  algorithm: 'SHA-256',
  qop: 'auth',
  nc: '0000000a',
  cnonce: 'c',
  opaque: '',
};

describe('header values', () => {
  test('RFC 3261 §22.4 the example of §20.7 is read', () => {
    const value =
      'Digest username="Alice", realm="atlanta.com",\r\n nonce="84a4cc6f3082121f32b42a2187831a9e",\r\n response="7587245234b3434cc3412213e5f113a5432", uri="sip:b"';
    expect(parseAuthorization(value)).toEqual({
      ok: true,
      value: {
        username: 'Alice',
        realm: 'atlanta.com',
        nonce: '84a4cc6f3082121f32b42a2187831a9e',
        response: '7587245234b3434cc3412213e5f113a5432',
        uri: 'sip:b',
        algorithm: 'MD5',
      },
    });
  });

  test('serialised credentials read back the same, escapes and empty values included', () => {
    expect(parseAuthorization(serializeAuthorization(sample))).toEqual({ ok: true, value: sample });
  });

  test('RFC 7616 §3.4 algorithm, qop and nc are written without quotes, and read with them', () => {
    const text = serializeAuthorization(sample);
    expect(text).toContain('algorithm=SHA-256, qop=auth, nc=0000000a, ');
    const quoted = text.replace('algorithm=SHA-256', 'algorithm="sha-256"').replace('qop=auth', 'qop="auth"');
    expect(parseAuthorization(quoted)).toEqual({ ok: true, value: sample });
  });

  test.each([
    ['', 'bad-syntax'],
    ['Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==', 'not-digest'],
    ['NoOneKnowsThisScheme opaque-data=here', 'not-digest'],
    ['Digest', 'bad-syntax'],
    ['Digest username="a', 'bad-syntax'],
    ['Digest username="a", username="b"', 'bad-syntax'],
    ['Digest username="a", realm="r", nonce="n", uri="u"', 'missing-parameter'],
    ['Digest username="a", realm="r", nonce="n", uri="u", response="x", algorithm=SHA-1', 'bad-algorithm'],
    ['Digest username="a", realm="r", nonce="n", uri="u", response="x", algorithm=MD5-sess', 'missing-parameter'],
    ['Digest username="a", realm="r", nonce="n", uri="u", response="x", qop=other', 'bad-qop'],
    ['Digest username="a", realm="r", nonce="n", uri="u", response="x", qop=auth', 'missing-parameter'],
    ['Digest username="a", realm="r", nonce="n", uri="u", response="x", qop=auth, nc=1, cnonce="c"', 'bad-syntax'],
  ])('credentials %j are refused: %s', (value, fault) => {
    expect(parseAuthorization(value)).toMatchObject({ ok: false, fault });
  });

  test('RFC 3261 §20.44 the challenge of the example is read, and a written one reads back', () => {
    const value =
      'Digest realm="atlanta.com", domain="sip:boxesbybob.com", qop="auth", nonce="f84f1cec41e6cbe5aea9c8e88d359", opaque="", stale=FALSE, algorithm=MD5';
    const challenge = {
      realm: 'atlanta.com',
      nonce: 'f84f1cec41e6cbe5aea9c8e88d359',
      algorithm: 'MD5',
      qop: ['auth'],
      opaque: '',
      stale: false,
    } as const;
    expect(parseChallenge(value)).toEqual({ ok: true, value: challenge });
    const stale = { ...challenge, qop: ['auth', 'auth-int'], stale: true };
    expect(parseChallenge(serializeChallenge(stale))).toEqual({ ok: true, value: stale });
    expect(serializeChallenge({ ...challenge, qop: [] })).not.toContain('qop');
  });

  test('RFC 7235 §4.1 several challenges in one field come apart, foreign schemes and commas in quotes in between', () => {
    const value =
      'Basic realm="a, Digest b", Digest realm="x, y", nonce="1", algorithm=SHA-256, Digest realm="x, y", nonce="2", qop="auth,auth-int"';
    expect(parseChallenges(value).map(({ nonce, algorithm, qop }) => [nonce, algorithm, qop])).toEqual([
      ['1', 'SHA-256', []],
      ['2', 'MD5', ['auth', 'auth-int']],
    ]);
  });

  test('a field of more than 4096 characters holds no challenge', () => {
    const value = `Digest realm="r", nonce="${'n'.repeat(4000)}"`;
    expect(parseChallenges(value)).toHaveLength(1);
    expect(parseChallenges(value.padEnd(4097))).toEqual([]);
  });

  test('no text makes a reader throw', () => {
    const piece = fc.constantFrom('Digest ', 'nonce=', '"', '\\', ',', ' ', 'realm="r"', '=', 'qop=auth', 'ü', '\n');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece).map((pieces) => pieces.join('')),
        ),
        (text) => {
          parseAuthorization(text);
          parseAuthorization(`Digest ${text}`);
          parseChallenges(text);
          return true;
        },
      ),
    );
  });
});

describe('verification', () => {
  const secret = ha1('MD5', 'alice', 'r', 'secret');
  const unsigned = { username: 'alice', realm: 'r', nonce: 'n', uri: 'sip:r', algorithm: 'MD5' } as const;
  const response = digestResponse({ ...unsigned, ha1: secret, method: 'REGISTER' });

  test('the right secret passes, in either case of the hex digits', () => {
    expect(verifyResponse({ ...unsigned, response }, secret, 'REGISTER')).toBe(true);
    expect(verifyResponse({ ...unsigned, response: response.toUpperCase() }, secret.toUpperCase(), 'REGISTER')).toBe(
      true,
    );
  });

  test.each([
    ['another secret', { ha1: ha1('MD5', 'alice', 'r', 'guess'), method: 'REGISTER', response }],
    ['another method', { ha1: secret, method: 'INVITE', response }],
    ['a shorter response', { ha1: secret, method: 'REGISTER', response: response.slice(1) }],
    ['an empty response', { ha1: secret, method: 'REGISTER', response: '' }],
    ['a response of other characters', { ha1: secret, method: 'REGISTER', response: 'é'.repeat(32) }],
  ])('%s fails', (_name, given) => {
    expect(verifyResponse({ ...unsigned, response: given.response }, given.ha1, given.method)).toBe(false);
  });
});

describe('answering', () => {
  const random = createSeededRandom(7);
  const challenges = (['MD5', 'SHA-256', 'SHA-512-256'] as DigestAlgorithm[]).map((algorithm) =>
    serializeChallenge({ realm: 'r', nonce: `n-${algorithm}`, algorithm, qop: ['auth'], opaque: 'o', stale: false }),
  );
  const options = { username: 'u', method: 'INVITE', uri: 'sip:b@r', random, nonceCount: 1 };

  test('RFC 8760 §2.4 the strongest algorithm is answered, and the answer verifies', () => {
    const answer = answerChallenge(challenges, { ...options, password: 'p' });
    expect(answer?.challenge.algorithm).toBe('SHA-512-256');
    const credentials = parseAuthorization(answer!.value);
    expect(credentials).toMatchObject({ ok: true, value: { nonce: 'n-SHA-512-256', nc: '00000001', opaque: 'o' } });
    if (!credentials.ok) return;
    expect(verifyResponse(credentials.value, ha1('SHA-512-256', 'u', 'r', 'p'), 'INVITE')).toBe(true);
  });

  test('RFC 7616 §3.4.2 a -sess algorithm is answered with a key of nonce and cnonce, which later answers keep', () => {
    const offered = ['Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256-sess'];
    const secret = ha1('SHA-256', 'u', 'r', 'p');
    for (const options of [{ password: 'p' }, { ha1: { 'SHA-256': secret } }]) {
      const given = { ...options, username: 'u', method: 'INVITE', uri: 'sip:b@r', random, sessionCnonce: 'first' };
      const answers = [1, 2].map((nonceCount) => answerChallenge(offered, { ...given, nonceCount }));
      for (const answer of answers) {
        expect(answer?.value).toContain('algorithm=SHA-256-sess');
        const credentials = parseAuthorization(answer!.value);
        expect(credentials).toMatchObject({ ok: true, value: { session: true, cnonce: 'first' } });
        expect(credentials.ok && verifyResponse(credentials.value, secret, 'INVITE')).toBe(true);
      }
    }
  });

  test('with hashes only, the strongest algorithm that has one is answered', () => {
    const answer = answerChallenge(challenges, { ...options, ha1: { MD5: ha1('MD5', 'u', 'r', 'p') } });
    expect(answer?.challenge.nonce).toBe('n-MD5');
    expect(answerChallenge(challenges, options)).toBeNull();
  });

  test('RFC 7616 §3.4 the nonce count is written as eight hex digits', () => {
    const answer = answerChallenge(challenges, { ...options, password: 'p', nonceCount: 26 });
    expect(answer?.value).toContain('nc=0000001a');
  });

  test('RFC 3261 §22.4 a challenge without qop is answered without', () => {
    const answer = answerChallenge(['Digest realm="r", nonce="n"'], { ...options, password: 'p' });
    const response = digestResponse({ ...options, algorithm: 'MD5', ha1: ha1('MD5', 'u', 'r', 'p'), nonce: 'n' });
    expect(answer?.value).toContain(`response="${response}"`);
    expect(answer?.value).not.toContain('cnonce');
  });

  test('nothing that can be answered gives null', () => {
    const foreign = [
      'Basic realm="r"',
      'Digest realm="r", nonce="n", algorithm=MD5-sess',
      'Digest realm="r", nonce="n", qop="x"',
    ];
    expect(answerChallenge(foreign, { ...options, password: 'p' })).toBeNull();
  });
});
