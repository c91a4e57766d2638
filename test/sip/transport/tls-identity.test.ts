import { describe, expect, test } from 'vitest';
import { parseSubjectAltName } from '../../../base/subject-alt-name.js';
import type { PeerCertificate } from '../../../base/tls.js';
import { coversName, sipIdentities } from '../../../sip/transport/tls-identity.js';

function certificate(subjectAltName: string | null, commonName: string | null = null): PeerCertificate {
  const altNames = subjectAltName === null ? null : (parseSubjectAltName(subjectAltName) ?? []);
  return { altNames, commonName, fingerprint: '00', isTrusted: true };
}

describe('RFC 5922 §7.1 the SIP domains of a certificate', () => {
  test.each([
    ['SIP URIs come first, and then alone', 'DNS:web.example, URI:sip:Example.COM', null, ['example.com']],
    ['all of them', 'URI:sip:a.example, URI:SIP:b.example', null, ['a.example', 'b.example']],
    ['DNS names when there is no SIP URI', 'DNS:A.example, URI:https://b.example', null, ['a.example']],
    ['a URI with a user names a person', 'URI:sip:alice@example.com', null, []],
    ['a SIPS URI is not taken', 'URI:sips:example.com, DNS:a.example', null, ['a.example']],
    ['the common name only without a subjectAltName', null, 'Old.example', ['old.example']],
    ['not beside one, whatever is in it', 'IP Address:192.0.2.1', 'old.example', []],
    ['not beside one that cannot be read', 'DNS', 'old.example', []],
    ['nothing', null, null, []],
  ])('%s', (_, names, commonName, expected) => {
    expect(sipIdentities(certificate(names, commonName))).toEqual(expected);
  });

  test('CVE-2021-44532 a value with a comma in it does not become a second name', () => {
    const forged = certificate('URI:"http://x/\\u002c DNS:bank.example", DNS:"a.example\\u002c URI:sip:bank.example"');
    expect(coversName(forged, 'bank.example')).toBe(false);
  });
});

describe('RFC 5922 §7.2 who is meant', () => {
  test.each([
    ['URI:sip:example.com', 'EXAMPLE.com', true],
    ['URI:sip:example.com', 'example.com.', true],
    ['URI:sip:example.com', 'sip.example.com', false],
    ['DNS:sip.example.com', 'example.com', false],
    ['DNS:*.example.com', 'sip.example.com', false],
    ['DNS:*.example.com', '*.example.com', true],
    ['IP Address:192.0.2.1', '192.0.2.1', true],
    ['IP Address:192.0.2.1', '192.0.2.2', false],
    ['DNS:192.0.2.1', '192.0.2.1', true],
    ['URI:sip:192.0.2.1', '192.0.2.1', true],
    ['IP Address:2001:DB8:0:0:0:0:0:1', '2001:db8::1', true],
    ['IP Address:2001:DB8:0:0:0:0:0:1', '2001:db8::2', false],
    ['DNS:example.com', '192.0.2.1', false],
  ])('%s for %s: %s', (names, name, expected) => {
    expect(coversName(certificate(names), name)).toBe(expected);
  });

  test('a common name never stands for an address', () => {
    expect(coversName(certificate(null, '192.0.2.1'), '192.0.2.1')).toBe(false);
  });

  test.each([
    ['DNS:*.example.com', 'sip.example.com', true],
    ['DNS:*.example.com', 'a.sip.example.com', false],
    ['DNS:*.example.com', 'example.com', false],
    ['DNS:*.com', 'example.com', false],
    ['DNS:s*.example.com', 'sip.example.com', false],
  ])('with wildcards allowed, %s for %s: %s', (names, name, expected) => {
    expect(coversName(certificate(names), name, { allowWildcards: true })).toBe(expected);
  });

  test('an address is taken with any name where that is allowed, a domain is not', () => {
    const rules = { anyNameForAddress: true };
    expect(coversName(certificate('DNS:a.example'), '192.0.2.1', rules)).toBe(true);
    expect(coversName(certificate('DNS:a.example'), 'b.example', rules)).toBe(false);
  });
});
