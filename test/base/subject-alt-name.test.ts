import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSubjectAltName } from '../../base/subject-alt-name.js';
import { TestAuthority } from '../support/certificates.js';

describe('RFC 5280 §4.2.1.6 the names of a certificate', () => {
  test('are read in their order, kinds that nobody asks for left out', () => {
    expect(parseSubjectAltName('DNS:a.example, URI:sip:a.example, IP Address:192.0.2.1, email:x@a.example')).toEqual([
      { kind: 'dns', value: 'a.example' },
      { kind: 'uri', value: 'sip:a.example' },
      { kind: 'ip', value: '192.0.2.1' },
    ]);
  });

  test('a quoted value stays one value, whatever is in it', () => {
    expect(parseSubjectAltName('DNS:"a.example\\u002c DNS:evil.example", DNS:b.example')).toEqual([
      { kind: 'dns', value: 'a.example, DNS:evil.example' },
      { kind: 'dns', value: 'b.example' },
    ]);
    expect(parseSubjectAltName('URI:"sip:a, \\"DNS:b\\""')).toEqual([{ kind: 'uri', value: 'sip:a, "DNS:b"' }]);
  });

  test.each(['DNS', 'DNS:"a', 'DNS:"a"b', 'DNS:"\\x"', ':a', 'DNS:a, ,DNS:b', '1:a'])('%s is not believed', (text) => {
    expect(parseSubjectAltName(text)).toBeNull();
  });

  test('no text makes it throw', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseSubjectAltName(text)));
    fc.assert(fc.property(fc.string(), (text) => void parseSubjectAltName(`DNS:"${text}, URI:${text}`)));
  });

  test('what node:crypto writes of a real certificate is read as its maker meant it', async () => {
    const authority = await TestAuthority.create();
    const evil = 'http://a/, DNS:evil.example';
    const { cert } = await authority.issue({ dns: ['a.example'], uri: [evil, 'sip:b.example'], ip: ['127.0.0.1'] });
    expect(parseSubjectAltName(new X509Certificate(cert).subjectAltName ?? '')).toEqual([
      { kind: 'dns', value: 'a.example' },
      { kind: 'uri', value: evil },
      { kind: 'uri', value: 'sip:b.example' },
      { kind: 'ip', value: '127.0.0.1' },
    ]);
  });
});
