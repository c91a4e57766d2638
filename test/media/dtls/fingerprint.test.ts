import { X509Certificate } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { isFingerprinted, parseFingerprint } from '../../../media/dtls/fingerprint.js';
import { createDtlsIdentity, fingerprintOf, privateKeyOf } from '../../../media/dtls/identity.js';
import { createSeededRandom } from '../../support/seeded-random.js';

const identity = createDtlsIdentity(createSeededRandom(1), Date.UTC(2026, 10, 29));
const other = createDtlsIdentity(createSeededRandom(2), Date.UTC(2060, 0, 1));

describe('RFC 8827 §6.5 the certificate of ours', () => {
  test.each([
    ['UTCTime', identity, 'Nov 28 00:00:00 2026 GMT'],
    ['GeneralizedTime', other, 'Dec 31 00:00:00 2059 GMT'],
  ])(
    'is read by OpenSSL: P-256, signed with its own key, valid from the day before, %s',
    (_, { certificate }, from) => {
      const read = new X509Certificate(certificate);
      expect(read.verify(read.publicKey)).toBe(true);
      expect(read.publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' });
      expect(read.validFrom).toBe(from);
      expect(read.fingerprint256).toBe(fingerprintOf('sha256', certificate));
    },
  );

  test('has the key to it, which nothing prints', () => {
    const read = new X509Certificate(identity.certificate);
    expect(read.checkPrivateKey(privateKeyOf(identity.privateKey())!)).toBe(true);
    const key = Buffer.from(identity.privateKey()).toString('hex').slice(0, 40);
    expect(`${inspect(identity, { depth: 9 })} ${JSON.stringify({ identity })}`).not.toContain(key);
    expect(privateKeyOf(Buffer.from('no key'))).toBeNull();
  });
});

describe('RFC 8122 §5 a=fingerprint', () => {
  test('any case is read, sha-256, sha-384 and sha-512 are known', () => {
    const lower = fingerprintOf('sha256', identity.certificate).toLowerCase();
    expect(parseFingerprint(`SHA-256 ${lower}`)).toEqual({ hash: 'sha-256', value: lower.toUpperCase() });
    expect(parseFingerprint(`sha-512 ${fingerprintOf('sha512', identity.certificate)}`)?.hash).toBe('sha-512');
  });

  test.each(['', 'sha-256', 'sha-1 4A:AD', 'sha-256 4A:AD', 'sha-256 zz', `sha-256 ${'00:'.repeat(32)}`])(
    '%s is none',
    (text) => expect(parseFingerprint(text)).toBeNull(),
  );

  test('of several hashes the strongest decides, and any of its values may fit', () => {
    const of = (hash: 'sha256' | 'sha512', { certificate } = identity) =>
      parseFingerprint(`${hash.replace('sha', 'sha-')} ${fingerprintOf(hash, certificate)}`)!;
    expect(isFingerprinted(identity.certificate, [of('sha256')])).toBe(true);
    expect(isFingerprinted(identity.certificate, [of('sha256', other), of('sha256')])).toBe(true);
    expect(isFingerprinted(identity.certificate, [of('sha256'), of('sha512', other)])).toBe(false);
    expect(isFingerprinted(other.certificate, [of('sha256'), of('sha512')])).toBe(false);
    expect(isFingerprinted(identity.certificate, [])).toBe(false);
  });
});
