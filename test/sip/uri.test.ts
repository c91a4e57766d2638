import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Params } from '../../sip/params.js';
import { detachUri, parseUri, type SipUri, serializeUri, sipUri, type Uri, uriEquals } from '../../sip/uri.js';
import { anyUri } from '../support/sip-arbitraries.js';

function uri(text: string): Uri {
  const read = parseUri(text);
  if (!read.ok) throw new Error(`${read.fault} at ${read.at}: ${text}`);
  return read.value;
}

describe('RFC 3261 §19.1.3 example URIs', () => {
  test.each<[string, Partial<SipUri>, [string, string | null][]]>([
    ['sip:alice@atlanta.com', { user: 'alice', host: 'atlanta.com' }, []],
    [
      'sip:alice:secretword@atlanta.com;transport=tcp',
      { user: 'alice', password: 'secretword', host: 'atlanta.com' },
      [['transport', 'tcp']],
    ],
    [
      'sips:alice@atlanta.com?subject=project%20x&priority=urgent',
      { scheme: 'sips', headers: 'subject=project%20x&priority=urgent' },
      [],
    ],
    [
      'sip:+1-212-555-1212:1234@gateway.com;user=phone',
      { user: '+1-212-555-1212', password: '1234' },
      [['user', 'phone']],
    ],
    ['sips:1212@gateway.com', { scheme: 'sips', user: '1212' }, []],
    ['sip:alice@192.0.2.4', { host: '192.0.2.4' }, []],
    [
      'sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com',
      { user: undefined, host: 'atlanta.com', headers: 'to=alice%40atlanta.com' },
      [['method', 'REGISTER']],
    ],
    ['sip:alice;day=tuesday@atlanta.com', { user: 'alice;day=tuesday' }, []],
  ])('%s', (text, parts, params) => {
    const read = uri(text) as SipUri;
    expect(read).toMatchObject(parts);
    expect([...read.params]).toEqual(params);
    expect(serializeUri(read)).toBe(text);
  });
});

describe('reading', () => {
  test.each<[string, string, number | undefined]>([
    ['sip:[2001:db8::10]', '2001:db8::10', undefined],
    ['sip:user@[2001:DB8::10]:5070;transport=tcp', '2001:db8::10', 5070],
    ['sip:user@[::ffff:192.0.2.10]', '::ffff:192.0.2.10', undefined],
    ['SIP:user@EXAMPLE.com:0', 'example.com', 0],
    ['sip:user@my_host.local.', 'my_host.local.', undefined],
  ])('host and port of %s', (text, host, port) => {
    expect(uri(text)).toMatchObject({ host, port });
  });

  test('RFC 5118 §4.1 an IPv6 reference is written with its brackets', () => {
    expect(serializeUri(uri('sip:u@[2001:db8::10]:5070'))).toBe('sip:u@[2001:db8::10]:5070');
  });

  test('parameter names and values are kept decoded, an empty value and no value differ', () => {
    const { params } = uri('sip:h;a%62c=d%20e;x=;lr;maddr=[::1]') as SipUri;
    expect([...params]).toEqual([
      ['abc', 'd e'],
      ['x', ''],
      ['lr', null],
      ['maddr', '[::1]'],
    ]);
  });

  test('raw UTF-8 and # in a user, and empty parameters, are tolerated and written as they should be', () => {
    expect(serializeUri(uri('sip:jürgen@example.com'))).toBe('sip:j%C3%BCrgen@example.com');
    expect(serializeUri(uri('sip:*21#@example.com'))).toBe('sip:*21%23@example.com');
    expect(serializeUri(uri('sip:example.com;;lr;'))).toBe('sip:example.com;lr');
  });

  test('escaped octets that are not UTF-8 survive', () => {
    expect(serializeUri(uri('sip:a%FFb%C3%A4%80%41@example.com'))).toBe('sip:a%FFb%C3%A4%80A@example.com');
    expect((uri('sip:%C3%A4@h') as SipUri).user).toBe('ä');
  });

  test('RFC 3966 §3 tel URIs', () => {
    const read = uri('tel:+1-201-555-0123;phone-context=example.com;ext=7');
    expect(read).toMatchObject({ scheme: 'tel', number: '+1-201-555-0123' });
    expect(serializeUri(read)).toBe('tel:+1-201-555-0123;phone-context=example.com;ext=7');
  });

  test.each([
    '',
    'alice',
    ':x',
    'sip:',
    'sip:@host',
    'sip:alice@',
    'sip:a@b@c',
    'sip:alice@host:',
    'sip:alice@host:99999',
    'sip:alice@host:5o60',
    'sip:alice@[::1',
    'sip:alice@[nothex]',
    'sip:alice@[]',
    'sip:alice@2001:db8::1',
    'sip:al ice@host',
    'sip:al%2@host',
    'sip:al%zz@host',
    'sip:alice@host;=x',
    'sip:alice@host;a=1;A=2',
    'sip:alice@host;a=b c',
    'sip:alice@host?',
    'sip:alice@host?a=<b>',
    'sip:alice@host x',
    '<sip:alice@host>',
    'tel:',
    'tel:abc xyz',
    'http:',
    '1http:x',
    'mailto:a b',
  ])('%j is refused', (text) => {
    expect(parseUri(text)).toMatchObject({ ok: false, fault: 'bad-uri' });
  });
});

describe('writing', () => {
  test('what must be escaped is', () => {
    const odd = sipUri({
      user: 'a@b:c%d"<>\\ ',
      password: 'p;?/',
      host: '[2001:DB8::1]',
      params: { 'x;y': 'a=b;c', lr: null },
    });
    const text = 'sip:a%40b%3Ac%25d%22%3C%3E%5C%20:p%3B%3F%2F@[2001:db8::1];x%3By=a%3Db%3Bc;lr';
    expect(serializeUri(odd)).toBe(text);
    expect(parseUri(text)).toEqual({ ok: true, value: odd });
  });

  test('sipUri takes its parts', () => {
    const params = new Params().set('transport', 'tcp');
    expect(serializeUri(sipUri({ scheme: 'sips', host: 'Example.COM', port: 5061, params, headers: 'a=b' }))).toBe(
      'sips:example.com:5061;transport=tcp?a=b',
    );
  });

  test('parse(serialize(uri)) equals uri', () => {
    fc.assert(
      fc.property(anyUri, (value) => {
        expect(parseUri(serializeUri(value))).toEqual({ ok: true, value });
        expect(detachUri(value)).toEqual(value);
      }),
    );
  });

  test('no text makes the reader throw', () => {
    const piece = fc.constantFrom(
      'sip:',
      'tel:',
      '@',
      ':',
      ';',
      '=',
      '?',
      '[',
      ']',
      '%',
      '%41',
      '%ff',
      'a',
      '1',
      'ü',
      ' ',
      '\0',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece).map((all) => all.join('')),
        ),
        (text) => {
          const read = parseUri(text);
          if (read.ok) expect(parseUri(serializeUri(read.value))).toEqual(read);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('RFC 3261 §19.1.4 comparison', () => {
  test.each([
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtlanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;security=on'],
    [
      'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
      'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
    ],
    [
      'sip:alice@atlanta.com?subject=project%20x&priority=urgent',
      'sip:alice@atlanta.com?priority=urgent&subject=project%20x',
    ],
    ['tel:+1-201-555-0123', 'tel:+12015550123'],
    ['tel:7042;phone-context=example.com', 'tel:7042;phone-context=EXAMPLE.com'],
    ['urn:service:sos', 'URN:service:sos'],
  ])('%s equals %s', (a, b) => {
    expect(uriEquals(uri(a), uri(b))).toBe(true);
    expect(uriEquals(uri(b), uri(a))).toBe(true);
  });

  test.each([
    ['sip:alice@atlanta.com', 'SIP:ALICE@atlanta.com'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
    ['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off'],
    ['sip:a@h', 'sips:a@h'],
    ['sip:a@h', 'sip:a:@h'],
    ['sip:a@h', 'sip:h'],
    ['sip:a@h', 'sip:a@h;maddr=192.0.2.1'],
    ['sip:12@h', 'tel:12'],
    ['tel:12', 'tel:12;ext=3'],
    ['tel:12', 'urn:12'],
    ['tel:12;ext=3', 'tel:12;ext=4'],
    ['urn:a', 'urn:b'],
  ])('%s differs from %s', (a, b) => {
    expect(uriEquals(uri(a), uri(b))).toBe(false);
    expect(uriEquals(uri(b), uri(a))).toBe(false);
  });
});
