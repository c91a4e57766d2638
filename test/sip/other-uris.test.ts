import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cidUri, contentIdOf, partOfCid } from '../../sip/bodies/content-id.js';
import { serializeMultipart } from '../../sip/bodies/multipart.js';
import { imPresToSip, imUri, sipToIm } from '../../sip/im-uri.js';
import { sipToTel, telNumber, telToSip } from '../../sip/tel-uri.js';
import { parseUri, serializeUri, sipUri, type TelUri, type Uri, uriEquals } from '../../sip/uri.js';
import { serializeUriHeaders, uriHeaders } from '../../sip/uri-headers.js';
import { valueIn } from '../support/message-with.js';
import { sampleRequest } from '../support/sample-request.js';

const uri = (text: string): Uri => valueIn(parseUri(text));
function tel(text: string): TelUri {
  const read = uri(text);
  if (read.scheme !== 'tel') throw new Error('not a tel URI');
  return read;
}

describe('RFC 3966 tel', () => {
  test('RFC 3966 §6 global and local numbers, extension and subaddress', () => {
    expect(telNumber(tel('tel:+1-201-555-0123'))).toMatchObject({ kind: 'global', digits: '+12015550123' });
    expect(telNumber(tel('tel:7042;phone-context=Example.com'))).toMatchObject({
      kind: 'local',
      digits: '7042',
      context: 'example.com',
    });
    expect(telNumber(tel('tel:863-1234;phone-context=+1-914-555;ext=12-34;isub=9'))).toEqual({
      kind: 'local',
      digits: '8631234',
      context: '+1914555',
      extension: '1234',
      subaddress: '9',
    });
    expect(telNumber(tel('tel:*67a#'))?.digits).toBe('*67A#');
    expect(telNumber(tel('tel:+1a'))).toBeNull();
    expect(telNumber(tel('tel:-()'))).toBeNull();
  });

  test('RFC 3966 §4 separators do not count in digits, and do in a domain', () => {
    const same = (a: string, b: string) => uriEquals(uri(a), uri(b));
    expect(same('tel:+1-201-555-0123', 'tel:+1(201)555.0123')).toBe(true);
    expect(same('tel:1;phone-context=+1-9', 'tel:1;phone-context=+19')).toBe(true);
    expect(same('tel:1;phone-context=a-b.com', 'tel:1;phone-context=A-B.com')).toBe(true);
    expect(same('tel:1;phone-context=a-b.com', 'tel:1;phone-context=ab.com')).toBe(false);
    expect(same('tel:1;ext=1-2;phone-context=a', 'tel:1;phone-context=A;EXT=12')).toBe(true);
    expect(same('tel:+12', 'tel:12')).toBe(false);
    expect(same('tel:+12;ext=1', 'tel:+12')).toBe(false);
  });

  test('RFC 3261 §19.1.6 a tel URI as a SIP URI, and back', () => {
    // The two forms of the section, in the form that compares.
    const sip = telToSip(tel('tel:+358-555-1234567;postd=pp22;isub=1411'), 'foo.com');
    expect(serializeUri(sip)).toBe('sip:+3585551234567;isub=1411;postd=pp22@foo.com;user=phone');
    const other = telToSip(tel('tel:+358-555-1234567;POSTD=PP22;isub=1411'), 'foo.com');
    expect(uriEquals(sip, other)).toBe(true);
    expect(serializeUri(sipToTel(sip)!)).toBe('tel:+3585551234567;isub=1411;postd=pp22');
    expect(sipToTel(sipUri({ user: '+1', host: 'h' }))).toBeNull();
    expect(sipToTel(sipUri({ user: 'bob', host: 'h', params: { user: 'phone' } }))).toBeNull();
    expect(sipToTel(sipUri({ user: '+1;a=1;a=2', host: 'h', params: { user: 'phone' } }))).toBeNull();
    expect(sipToTel(tel('tel:+1'))).toBeNull();
  });

  test('RFC 3261 §19.1.6 there and back is the same number', () => {
    const anyTel = fc
      .tuple(fc.constantFrom('+', ''), fc.stringMatching(/^\d[\d.()-]{0,12}$/), fc.stringMatching(/^\d{0,4}$/))
      .map(([plus, number, ext]) => tel(`tel:${plus}${number}${ext === '' ? '' : `;ext=${ext}`};phone-context=a.b`));
    fc.assert(
      fc.property(anyTel, (number) => {
        expect(uriEquals(sipToTel(telToSip(number, 'h'))!, number)).toBe(true);
      }),
    );
  });
});

describe('RFC 3861 im and pres', () => {
  test('RFC 3861 §3 the SRV name and the SIP URI of a mailbox', () => {
    expect(imUri(uri('im:fred@Example.com'))).toMatchObject({ scheme: 'im', srvName: '_im._sip.example.com' });
    expect(imUri(uri('pres:fred@example.com'))?.srvName).toBe('_pres._sip.example.com');
    expect(serializeUri(imPresToSip(uri('im:fr%20ed@example.com?Subject=x'))!)).toBe('sip:fr%20ed@example.com');
    expect(uriHeaders(imUri(uri('im:fred@example.com?Subject=a%20b'))!.sip)).toEqual([['Subject', 'a b']]);
    for (const text of ['im:example.com', 'im:fred@example.com:5060', 'im:a@b;x=y', 'mailto:a@b', 'sip:a@b']) {
      expect([text, imPresToSip(uri(text))]).toEqual([text, null]);
    }
  });

  test('RFC 3860 §3 from a SIP user, and back', () => {
    const im = sipToIm(sipUri({ user: 'a/b c', host: 'h.example' }), 'im')!;
    expect(serializeUri(im)).toBe('im:a%2Fb%20c@h.example');
    expect(imPresToSip(im)?.user).toBe('a/b c');
    expect(sipToIm(sipUri({ host: 'h' }), 'pres')).toBeNull();
  });
});

test('RFC 3261 §19.1.1 headers of a URI are written as they are read', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.stringMatching(/^[A-Za-z-]{1,8}$/), fc.string({ unit: 'grapheme', maxLength: 10 })), {
        minLength: 1,
        maxLength: 3,
      }),
      (headers) => {
        const written = sipUri({ user: 'a', host: 'h', headers: serializeUriHeaders(headers) });
        expect(uriHeaders(valueIn(parseUri(serializeUri(written))))).toEqual(headers);
      },
    ),
  );
  expect(uriHeaders(uri('sip:a@b?Subject'))).toEqual([['Subject', '']]);
  expect(uriHeaders(uri('tel:+1'))).toEqual([]);
});

test('RFC 2392 §2 a cid URI names the part with that Content-ID', () => {
  const location = {
    contentType: 'application/pidf+xml',
    body: Buffer.from('<pidf/>'),
    headers: [['Content-ID', '<target123@atlanta.example.com>']] as const,
  };
  const sdp = { contentType: 'application/sdp', body: Buffer.from('v=0') };
  const { contentType, body } = serializeMultipart('mixed', [sdp, location]);
  const message = sampleRequest('INVITE', { headers: [['Content-Type', contentType]], body });
  const named = uri('cid:target123@atlanta.example.com');
  expect(partOfCid(message, named)?.body.toString()).toBe('<pidf/>');
  expect(partOfCid(message, uri('cid:other@h'))).toBeUndefined();
  expect(partOfCid(message, uri('sip:target123@atlanta.example.com'))).toBeUndefined();
  expect(serializeUri(cidUri('a b/c@h'))).toBe('cid:a%20b%2Fc@h');
  expect(contentIdOf(cidUri('a b/c@h'))).toBe('a b/c@h');
});
