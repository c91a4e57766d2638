import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMac } from '../../../sip/auth/mac.js';

test('RFC 2104 §2 the two one-shot hashes are what HMAC-SHA-256 of node:crypto is', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 0, maxLength: 64 }), fc.string({ unit: 'grapheme' }), (key, text) => {
      const mac = createMac(key);
      const expected = createHmac('sha256', key).update(text, 'utf8').digest('hex');
      expect([mac(text), mac(text)]).toEqual([expected, expected]);
    }),
  );
});
