import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digestResponse, ha1, hashHex } from '../../../sip/auth/digest.js';
import { nameAddr } from '../../../sip/header-values.js';
import { acceptance, acceptedEncodings, acceptedLanguages, acceptedTypes } from '../../../sip/headers/accept.js';
import { authenticationInfo, verifyRspauth } from '../../../sip/headers/authentication-info.js';
import { contentDisposition, serializeContentDisposition } from '../../../sip/headers/content-disposition.js';
import { date, parseSipDate, serializeSipDate } from '../../../sip/headers/date.js';
import {
  accessNetworkInfo,
  alertInfo,
  callInfo,
  contentId,
  contentLanguages,
  errorInfo,
  geolocation,
  inReplyTo,
  mimeVersion,
  priority,
  serializeContentId,
  serializeContentLanguages,
  serializeInfo,
  serializeInReplyTo,
  serializeTimestamp,
  timestamp,
} from '../../../sip/headers/information.js';
import { parseMediaType, serializeMediaType } from '../../../sip/headers/media-type.js';
import { reason, serializeReason } from '../../../sip/headers/reason.js';
import { retryAfterValue, serializeRetryAfter } from '../../../sip/headers/retry-after.js';
import { serializeUserToUser, userToUser, userToUserBytes } from '../../../sip/headers/user-to-user.js';
import { serializeWarning, warningHeader, warnings } from '../../../sip/headers/warning.js';
import { Params } from '../../../sip/params.js';
import { serializeUri } from '../../../sip/uri.js';
import { requestWith, responseWith, valueIn } from '../../support/message-with.js';

const bad = { ok: false, fault: 'bad-value' };
const anyText = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replace(/[\r\n\0]/g, ' '));

describe('RFC 3326 §2 Reason', () => {
  test('is written as its examples', () => {
    expect(serializeReason({ protocol: 'SIP', cause: 200, text: 'Call completed elsewhere' })).toBe(
      'SIP;cause=200;text="Call completed elsewhere"',
    );
    expect(serializeReason({ protocol: 'Q.850', cause: 16, text: 'Terminated' })).toBe(
      'Q.850;cause=16;text="Terminated"',
    );
    expect(() => serializeReason({ protocol: 'SIP;cause=1' })).toThrow('token');
    expect(() => serializeReason({ protocol: 'SIP', text: 'a\r\nVia: x' })).toThrow('line break');
  });

  test('reads back', () => {
    fc.assert(
      fc.property(fc.option(fc.nat(999), { nil: undefined }), fc.option(anyText, { nil: undefined }), (cause, text) => {
        const value = {
          protocol: 'Q.850',
          ...(cause === undefined ? {} : { cause }),
          ...(text === undefined ? {} : { text }),
        };
        expect(reason(requestWith(`Reason: ${serializeReason(value)}`))).toEqual([value]);
      }),
    );
  });
});

describe('RFC 3261 §20.43 Warning', () => {
  test('code, agent and text, several to a line', () => {
    const lines =
      'Warning: 307 isi.edu "Session parameter \'foo\' not understood", 301 [2001:db8::1]:5060 "a, \\"b\\""\nWarning: 399 x "y"';
    expect(valueIn(warnings(responseWith(lines, 488)))).toEqual([
      { code: 307, agent: 'isi.edu', text: "Session parameter 'foo' not understood" },
      { code: 301, agent: '[2001:db8::1]:5060', text: 'a, "b"' },
      { code: 399, agent: 'x', text: 'y' },
    ]);
    expect(warnings(responseWith('Warning: 30 x "y"', 488))).toMatchObject(bad);
    expect(warnings(responseWith('Warning: 301 "y"', 488))).toMatchObject(bad);
    expect(warnings(responseWith('Warning: 301 x y', 488))).toMatchObject(bad);
  });

  test('is written for a response', () => {
    expect(warningHeader(304, '2001:db8::1', 'Media type "x"')).toEqual([
      'Warning',
      '304 [2001:db8::1] "Media type \\"x\\""',
    ]);
    expect(() => warningHeader(304, 'a b', 'x')).toThrow('host');
    expect(() => serializeWarning({ code: 30, agent: 'a', text: 'x' })).toThrow('code');
    fc.assert(
      fc.property(anyText, (text) => {
        const value = serializeWarning({ code: 399, agent: 'h:5060', text });
        expect(valueIn(warnings(responseWith(`Warning: ${value}`)))).toEqual([{ code: 399, agent: 'h:5060', text }]);
      }),
    );
  });
});

describe('RFC 3261 §20.33 Retry-After', () => {
  test('its examples', () => {
    const read = (value: string) => retryAfterValue(responseWith(`Retry-After: ${value}`, 503));
    expect(read('18000;duration=3600')).toMatchObject({ value: { seconds: 18000, durationS: 3600 } });
    expect(read("120 (I'm in a meeting)")).toMatchObject({ value: { seconds: 120, comment: "I'm in a meeting" } });
    expect(read('5 (a (b\\) c) d);x=1')).toMatchObject({ value: { comment: 'a (b) c) d' } });
    for (const value of ['soon', '5 (open', '5 x', '5;duration=x', '-1']) expect(read(value)).toMatchObject(bad);
    expect(valueIn(retryAfterValue(responseWith('X: y')))).toBeUndefined();
  });

  test('reads back', () => {
    const shown = anyText.filter((text) => !/[()\\]/.test(text));
    fc.assert(
      fc.property(fc.nat(), fc.option(shown, { nil: undefined }), (seconds, comment) => {
        const text = serializeRetryAfter({ seconds, comment, durationS: 7 });
        const read = valueIn(retryAfterValue(responseWith(`Retry-After: ${text}`)));
        expect(read).toMatchObject({ seconds, durationS: 7, comment });
      }),
    );
    expect(serializeRetryAfter({ seconds: 5, comment: 'a)b' })).toBe('5 (a\\)b)');
    expect(() => serializeRetryAfter({ seconds: 1.5 })).toThrow('whole seconds');
  });
});

describe('RFC 3261 §20.1 Accept', () => {
  const message = requestWith('Accept: application/sdp;level=1, text/*;q=0.5, text/html;q=0\nAccept: */*;q=0.1');
  const wants = (type: string) => valueIn(acceptance(message, valueIn(parseMediaType(type))));

  test('the most specific range decides', () => {
    expect(wants('application/sdp;level=1')).toBe(1);
    expect(wants('application/sdp')).toBe(0.1);
    expect(wants('text/plain')).toBe(0.5);
    expect(wants('text/html')).toBe(0);
  });

  test('absent means application/sdp, empty means nothing', () => {
    const sdp = valueIn(parseMediaType('application/sdp'));
    const text = valueIn(parseMediaType('text/plain'));
    expect([acceptance(requestWith('X: y'), sdp), acceptance(requestWith('X: y'), text)]).toMatchObject([
      { value: 1 },
      { value: 0 },
    ]);
    expect(acceptance(requestWith('Accept:'), sdp)).toMatchObject({ value: 0 });
    expect(valueIn(acceptedTypes(requestWith('Accept:')))).toEqual([]);
    expect(acceptedTypes(requestWith('Accept: text'))).toMatchObject(bad);
    expect(acceptedTypes(requestWith('Accept: text/plain;q=2'))).toMatchObject(bad);
  });

  test('RFC 3261 §20.2 and §20.3 codings and languages with q', () => {
    const read = requestWith('Accept-Encoding: gzip, *;q=0\nAccept-Language: da, en-gb;q=0.8, en;q=0.7');
    expect(valueIn(acceptedEncodings(read))?.map(({ value, q }) => [value, q])).toEqual([
      ['gzip', 1],
      ['*', 0],
    ]);
    expect(valueIn(acceptedLanguages(read))?.map(({ value, q }) => [value, q])).toEqual([
      ['da', 1],
      ['en-gb', 0.8],
      ['en', 0.7],
    ]);
  });
});

test('RFC 3261 §20.4, §20.9, §20.18, RFC 6442 §4.1 URIs with parameters', () => {
  const message = requestWith(`Alert-Info: <http://www.example.com/sounds/moo.wav>, <urn:alert:service:call-waiting>
Call-Info: <http://wwww.example.com/alice/photo.jpg> ;purpose=icon, <http://www.example.com/alice/> ;purpose=info
Error-Info: <sip:not-in-service-recording@atlanta.com>
Geolocation: <cid:target123@atlanta.example.com>;x, <https://l.example.com/5,6>`);
  const texts = (read: ReturnType<typeof alertInfo>) => valueIn(read).map(({ uri }) => serializeUri(uri));
  expect(texts(alertInfo(message))).toEqual([
    'http://www.example.com/sounds/moo.wav',
    'urn:alert:service:call-waiting',
  ]);
  expect(valueIn(callInfo(message)).map(({ params }) => params.get('purpose'))).toEqual(['icon', 'info']);
  expect(texts(errorInfo(message))).toEqual(['sip:not-in-service-recording@atlanta.com']);
  expect(texts(geolocation(message))).toEqual(['cid:target123@atlanta.example.com', 'https://l.example.com/5,6']);
  const { uri } = nameAddr(valueIn(alertInfo(message))[1]!.uri);
  expect(serializeInfo(uri, Params.of({ appearance: '1' }))).toBe('<urn:alert:service:call-waiting>;appearance=1');
});

test('RFC 3261 §20.21, §20.26, §20.24, §20.13, RFC 8262 §3 small fields', () => {
  const message = requestWith(`In-Reply-To: 70710@saturn.bell-tel.com, 17320@saturn.bell-tel.com
Priority: Emergency
MIME-Version: 1.0
Content-Language: fr, EN
Content-ID: <target123@atlanta.example.com>
P-Access-Network-Info: 3GPP-UTRAN-TDD; utran-cell-id-3gpp=234151D0FCE11`);
  expect(valueIn(inReplyTo(message))).toEqual(['70710@saturn.bell-tel.com', '17320@saturn.bell-tel.com']);
  expect(serializeInReplyTo(['a', 'b'])).toBe('a, b');
  expect(() => serializeInReplyTo(['a,b'])).toThrow('comma');
  expect([priority(message), priority(requestWith('X: y'))]).toMatchObject([
    { value: 'emergency' },
    { value: 'normal' },
  ]);
  expect(priority(requestWith('Priority: a b'))).toMatchObject(bad);
  expect(valueIn(mimeVersion(message))).toBe('1.0');
  expect(mimeVersion(requestWith('MIME-Version: one'))).toMatchObject(bad);
  expect(valueIn(contentLanguages(message))).toEqual(['fr', 'en']);
  expect(serializeContentLanguages(['fr', 'en'])).toBe('fr, en');
  expect(valueIn(contentId(message))).toBe('target123@atlanta.example.com');
  expect(contentId(requestWith('Content-ID: target123'))).toMatchObject(bad);
  expect(serializeContentId('a@b')).toBe('<a@b>');
  expect(() => serializeContentId('a>b')).toThrow('visible');
  expect(accessNetworkInfo(message)).toEqual(['3GPP-UTRAN-TDD; utran-cell-id-3gpp=234151D0FCE11']);
});

describe('RFC 3261 §20.38 Timestamp', () => {
  test('with and without a delay', () => {
    const read = (value: string) => timestamp(requestWith(`Timestamp: ${value}`));
    expect(read('54')).toMatchObject({ value: { seconds: 54, delayS: undefined } });
    expect(read('54.25 .5')).toMatchObject({ value: { seconds: 54.25, delayS: 0.5 } });
    for (const value of ['', 'x', '.', '1 x', '1 2 3', '1'.repeat(30)]) expect(read(value)).toMatchObject(bad);
  });

  test('reads back to the millisecond', () => {
    fc.assert(
      fc.property(fc.nat(), fc.option(fc.nat(100_000), { nil: undefined }), (ms, delayMs) => {
        const value = { seconds: ms / 1000, delayS: delayMs === undefined ? undefined : delayMs / 1000 };
        expect(valueIn(timestamp(requestWith(`Timestamp: ${serializeTimestamp(value)}`)))).toEqual(value);
      }),
    );
  });
});

describe('RFC 3261 §20.17 Date', () => {
  test('the example, and what is none', () => {
    expect(valueIn(date(requestWith('Date: Sat, 13 Nov 2010 23:29:00 GMT')))).toBe(Date.UTC(2010, 10, 13, 23, 29));
    for (const text of [
      'Sun, 13 Nov 2010 23:29:00 GMT',
      'Sat, 13 Nov 2010 23:29:00 EST',
      'Sat, 13 Nov 2010 24:29:00 GMT',
      'Wed, 31 Feb 2010 00:00:00 GMT',
      '2010-11-13T23:29:00Z',
      'Sat, 13 Xyz 2010 23:29:00 GMT',
    ]) {
      expect([text, parseSipDate(text)]).toEqual([text, null]);
    }
  });

  test('reads back to the second', () => {
    fc.assert(
      fc.property(fc.integer({ min: -30_000_000_000, max: 250_000_000_000 }), (seconds) => {
        expect(parseSipDate(serializeSipDate(seconds * 1000 + 999))).toBe(seconds * 1000);
      }),
    );
    expect(() => serializeSipDate(Number.NaN)).toThrow('year');
    expect(() => serializeSipDate(8e15)).toThrow('year');
  });
});

test('RFC 3261 §20.11 Content-Disposition, `handling` required unless told', () => {
  const read = (value: string) => contentDisposition(requestWith(`Content-Disposition: ${value}`));
  expect(read('session')).toMatchObject({ value: { type: 'session', handling: 'required' } });
  const signal = valueIn(read('Signal ; handling=Optional;x="y z"'));
  expect(signal).toMatchObject({ type: 'signal', handling: 'optional' });
  expect(serializeContentDisposition(signal!)).toBe('signal;handling=Optional;x="y z"');
  expect(read(';handling=optional')).toMatchObject(bad);
  expect(valueIn(contentDisposition(requestWith('X: y')))).toBeUndefined();
});

test('RFC 3261 §20.15 media types are written as they are read', () => {
  expect(serializeMediaType(valueIn(parseMediaType('Text/HTML ; charset="ISO 1"')))).toBe('text/html;charset="ISO 1"');
  for (const text of ['', 'text', 'text/', '/plain', 'text/plain x']) {
    expect(parseMediaType(text)).toMatchObject({ ok: false, fault: 'bad-content-type' });
  }
});

describe('RFC 7433 §4.1 User-to-User', () => {
  test('hex and text, several values', () => {
    const message = requestWith(
      'User-to-User: 56a390f3d2b7310023a2;encoding=hex;purpose=isdn-uui;content=isdn-uui, "a, b";encoding=text',
    );
    const [hex, text] = valueIn(userToUser(message));
    expect(hex).toMatchObject({ data: '56a390f3d2b7310023a2', purpose: 'isdn-uui', content: 'isdn-uui' });
    expect(userToUserBytes(hex!)?.toString('hex')).toBe('56a390f3d2b7310023a2');
    expect(text).toMatchObject({ data: 'a, b', encoding: 'text', purpose: 'isdn-uui' });
    expect(userToUserBytes(text!)).toBeNull();
    expect(userToUserBytes({ data: 'abc', encoding: 'hex' })).toBeNull();
    expect(userToUser(requestWith('User-to-User: ;purpose=x'))).toMatchObject(bad);
  });

  test('octets read back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (data) => {
        const written = serializeUserToUser({ data, purpose: 'x' });
        const [read] = valueIn(userToUser(requestWith(`User-to-User: ${written}`)));
        expect(userToUserBytes(read!)?.equals(data)).toBe(true);
      }),
    );
    expect(() => serializeUserToUser({ data: 'a\nb' })).toThrow('line break');
  });
});

describe('RFC 7616 §3.5 Authentication-Info', () => {
  const secret = ha1('MD5', 'bob', 'biloxi.com', 'zanzibar');
  const sent = {
    username: 'bob',
    realm: 'biloxi.com',
    nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
    uri: 'sip:bob@biloxi.com',
    response: '',
    algorithm: 'MD5',
    qop: 'auth',
    nc: '00000001',
    cnonce: '0a4f113b',
  } as const;
  const rspauth = digestResponse({ ...sent, ha1: secret, method: '' });
  const infoOf = (value: string) => valueIn(authenticationInfo(responseWith(`Authentication-Info: ${value}`)));

  test('is read', () => {
    expect(infoOf(`nextnonce="47364c23432d2e131a5fb210812c", qop=auth, rspauth="${rspauth}", nc=00000001`)).toEqual({
      nextnonce: '47364c23432d2e131a5fb210812c',
      qop: 'auth',
      rspauth,
      nc: '00000001',
      cnonce: undefined,
    });
    for (const value of ['x', 'a=b, a=c', 'a="b']) {
      expect(authenticationInfo(responseWith(`Authentication-Info: ${value}`))).toMatchObject(bad);
    }
  });

  test('rspauth proves that the server knows the password', () => {
    const proof = `qop=auth, rspauth="${rspauth}", cnonce="0a4f113b", nc=00000001`;
    expect(verifyRspauth(infoOf(proof)!, sent, secret)).toBe(true);
    expect(verifyRspauth(infoOf(proof)!, sent, ha1('MD5', 'bob', 'biloxi.com', 'other'))).toBe(false);
    expect(verifyRspauth(infoOf(proof.replace('0a4f', '0a4e'))!, sent, secret)).toBe(false);
    expect(verifyRspauth(infoOf('nextnonce="x"')!, sent, secret)).toBe(false);
    const body = Buffer.from('v=0');
    const whole = digestResponse({ ...sent, qop: 'auth-int', ha1: secret, method: '', body });
    const info = infoOf(`qop=auth-int, rspauth="${whole}"`)!;
    expect([verifyRspauth(info, sent, secret, body), verifyRspauth(info, sent, secret)]).toEqual([true, false]);
    // RFC 7616 §3.4.2: of a -sess algorithm with its session key.
    const key = hashHex('MD5', `${secret}:${sent.nonce}:${sent.cnonce}`);
    const ofSession = infoOf(`rspauth="${digestResponse({ ...sent, ha1: key, method: '' })}"`)!;
    expect(verifyRspauth(ofSession, { ...sent, session: true }, secret)).toBe(true);
    expect(verifyRspauth(ofSession, sent, secret)).toBe(false);
  });
});
