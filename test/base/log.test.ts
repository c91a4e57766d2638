import { expect, test } from 'vitest';
import { redactFields } from '../../base/log.js';

test('fields named like secrets are not written, at any depth; counts and times of the same name are', () => {
  const fields = {
    hookSecret: 'x',
    user: { password: 'y', ha1: 'z' },
    proxyAuthorization: 'Digest …',
    tokens: 3,
    key: 'k',
  };
  expect(redactFields(fields)).toEqual({
    hookSecret: '[redacted]',
    user: { password: '[redacted]', ha1: '[redacted]' },
    proxyAuthorization: '[redacted]',
    tokens: 3,
    key: 'k',
  });
});

test('secrets inside texts are cut out', () => {
  const message = [
    'REGISTER sip:a SIP/2.0',
    'Authorization: Digest username="bob", response="0123"',
    'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4',
  ].join('\r\n');
  const written = JSON.stringify(redactFields({ message, url: 'https://user:pw@example.com/hooks?token=abc&x=1' }));
  for (const secret of ['0123', 'WVNf', 'pw@', 'abc']) expect(written).not.toContain(secret);
  expect(written).toContain('REGISTER sip:a SIP/2.0');
  expect(written).toContain('https://user:[redacted]@example.com/hooks?token=[redacted]&x=1');
  expect(redactFields({ header: 'Bearer abc' })).toEqual({ header: 'Bearer [redacted]' });
  expect(redactFields({ uri: 'sip:bob@192.0.2.1' })).toEqual({ uri: 'sip:bob@192.0.2.1' });
});

test('errors keep message, code and cause; what JSON does not know becomes text; endless nesting is cut', () => {
  const error = Object.assign(new Error('no route', { cause: new Error('Bearer abc') }), { code: 'EHOSTUNREACH' });
  expect(redactFields({ error })).toEqual({
    error: {
      message: 'no route',
      code: 'EHOSTUNREACH',
      stack: expect.any(String),
      cause: { message: 'Bearer [redacted]', stack: expect.any(String) },
    },
  });
  const loop: Record<string, unknown> = { big: 5n, data: new Uint8Array(3), map: new Map([[1, 2]]) };
  loop.self = loop;
  const written = JSON.stringify(redactFields({ loop }));
  expect(written).toContain('"big":"5","data":"[3 bytes]","map":"[1 entries]"');
  expect(written).toContain('[…]');
});
