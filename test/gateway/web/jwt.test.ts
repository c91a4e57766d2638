import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readJwt, signJwt } from '../../../gateway/web/jwt.js';

const secret = 'a secret of the gateway';
const nowMs = 1_800_000_000_000;
const text = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function forged(header: object, claims: unknown, key = secret, hash = 'sha256'): string {
  const signed = `${text(header)}.${text(claims)}`;
  return `${signed}.${createHmac(hash, key).update(signed).digest('base64url')}`;
}

describe('RFC 7519 a token', () => {
  test('RFC 7515 §A.1 the example of the RFC is read with its key', () => {
    const token =
      'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
    const key = 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow';
    const bytes = Buffer.from(key, 'base64url');
    expect(readJwt(token, bytes, 1_300_819_379_000)).toEqual({
      ok: true,
      claims: { iss: 'joe', exp: 1_300_819_380, 'http://example.com/is_root': true },
    });
    expect(readJwt(token, bytes, 1_300_819_380_000)).toEqual({ ok: false, fault: 'expired' });
  });

  test('what was signed comes back', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (claims) => {
        const { exp: _exp, nbf: _nbf, ...kept } = claims;
        const read = readJwt(signJwt(kept, secret), secret, nowMs);
        expect(read).toEqual({ ok: true, claims: JSON.parse(JSON.stringify(kept)) });
      }),
    );
  });

  test.each([
    ['another key', forged({ alg: 'HS256' }, {}, 'another'), 'bad-signature'],
    [
      'a changed claim',
      signJwt({ room: 'a' }, secret).replace(/\.[^.]+\./, `.${text({ room: 'b' })}.`),
      'bad-signature',
    ],
    ['RFC 8725 §2.1 no algorithm', `${text({ alg: 'none' })}.${text({})}.`, 'malformed'],
    ['no algorithm, with a signature', forged({ alg: 'none' }, {}), 'malformed'],
    ['another algorithm', forged({ alg: 'HS512' }, {}, secret, 'sha512'), 'bad-signature'],
    ['RFC 7515 §4.1.11 a critical extension', forged({ alg: 'HS256', crit: ['b64'] }, {}), 'malformed'],
    ['claims that are no object', forged({ alg: 'HS256' }, []), 'malformed'],
    ['claims that are no JSON', forgedText('not json'), 'malformed'],
    ['an end that is no number', forged({ alg: 'HS256' }, { exp: '2099' }), 'malformed'],
    ['§4.1.4 its end reached', forged({ alg: 'HS256' }, { exp: nowMs / 1000 }), 'expired'],
    ['§4.1.5 not yet', forged({ alg: 'HS256' }, { nbf: nowMs / 1000 + 1 }), 'malformed'],
    ['nothing', '', 'malformed'],
    ['two parts', 'a.b', 'malformed'],
    ['padding', `${signJwt({}, secret)}=`, 'malformed'],
    ['too much of it', signJwt({ a: 'x'.repeat(9000) }, secret), 'malformed'],
  ])('%s: %s is refused', (_, token, fault) => {
    expect(readJwt(token, secret, nowMs)).toEqual({ ok: false, fault });
  });

  test('one second before its end it is good', () => {
    expect(readJwt(forged({ alg: 'HS256' }, { exp: nowMs / 1000 + 1 }), secret, nowMs)).toMatchObject({ ok: true });
  });

  test('no text makes it throw', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (any) => !readJwt(any, secret, nowMs).ok));
  });
});

function forgedText(payload: string): string {
  const signed = `${text({ alg: 'HS256' })}.${Buffer.from(payload).toString('base64url')}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
