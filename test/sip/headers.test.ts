import { describe, expect, test } from 'vitest';
import { headerKey } from '../../sip/header-names.js';
import {
  contacts,
  contentType,
  deltaSeconds,
  expires,
  minExpires,
  paths,
  reason,
  recordRoutes,
  retryAfter,
  tokens,
} from '../../sip/headers.js';
import { SipHeaders, type SipRequest } from '../../sip/message.js';
import { serializeUri } from '../../sip/uri.js';
import { request } from '../support/sip-messages.js';
import { wire } from '../support/wire.js';

function having(lines: string): SipRequest {
  return request(
    wire(`
REGISTER sip:example.com SIP/2.0
Via: SIP/2.0/UDP h;branch=z9hG4bK1
From: <sip:a@example.com>;tag=1
To: <sip:a@example.com>
Call-ID: c
CSeq: 1 REGISTER
${lines}`),
  );
}

describe('contacts', () => {
  test('RFC 3261 §20.10 over lines and commas, compact names too', () => {
    const read = contacts(having('Contact: <sip:a@h1>;expires=60, "B" <sip:b@h2>;q=0.5\nm: sip:c@h3;x'));
    expect(read.ok && read.value.wildcard).toBe(false);
    expect(read.ok && read.value.values.map(({ uri, params }) => [serializeUri(uri), [...params]])).toEqual([
      ['sip:a@h1', [['expires', '60']]],
      ['sip:b@h2', [['q', '0.5']]],
      ['sip:c@h3', [['x', null]]],
    ]);
  });

  test('RFC 3261 §10.2.2 the wildcard stands alone', () => {
    expect(contacts(having('Contact: *'))).toEqual({ ok: true, value: { wildcard: true, values: [] } });
    expect(contacts(having('Contact: *\nContact: <sip:a@h>'))).toMatchObject({ ok: false, fault: 'bad-contact' });
    expect(contacts(having('Contact: *, <sip:a@h>'))).toMatchObject({ ok: false, fault: 'bad-contact' });
  });

  test('none is an empty list, a bad one is a fault', () => {
    expect(contacts(having('X: y'))).toEqual({ ok: true, value: { wildcard: false, values: [] } });
    expect(contacts(having('Contact: <sip:>'))).toMatchObject({ ok: false, fault: 'bad-contact' });
    expect(contacts(having('Contact:'))).toMatchObject({ ok: false, fault: 'bad-contact' });
  });

  test('what was read is kept until a field changes', () => {
    const message = having('Contact: <sip:a@h>');
    const first = contacts(message);
    expect(contacts(message)).toBe(first);
    message.headers.append('Contact', '<sip:b@h>');
    const second = contacts(message);
    expect(second.ok && second.value.values).toHaveLength(2);
    message.headers.set('m', '<sip:c@h>');
    const third = contacts(message);
    expect(third.ok && third.value.values.map(({ uri }) => serializeUri(uri))).toEqual(['sip:c@h']);
    message.headers.delete('Contact');
    expect(contacts(message)).toEqual({ ok: true, value: { wildcard: false, values: [] } });
  });
});

test('RFC 3261 §20.30, RFC 3327 §4 route lists keep their order', () => {
  const message = having(
    'Record-Route: <sip:p1;lr>, <sip:p2;lr>\nRecord-Route: <sip:p3>\nPath: <sip:e1;lr>\nPath: nonsense',
  );
  const routes = recordRoutes(message);
  expect(routes.ok && routes.value.map(({ uri }) => serializeUri(uri))).toEqual(['sip:p1;lr', 'sip:p2;lr', 'sip:p3']);
  expect(paths(message)).toMatchObject({ ok: false, fault: 'bad-name-addr' });
});

describe('seconds', () => {
  test('RFC 3261 §20.19, §20.23, §20.33', () => {
    const message = having('Expires: 0\nMin-Expires: 60\nRetry-After: 18000;duration=3600 (in a meeting)');
    expect(expires(message)).toEqual({ ok: true, value: 0 });
    expect(minExpires(message)).toEqual({ ok: true, value: 60 });
    expect(retryAfter(message)).toEqual({ ok: true, value: 18000 });
    expect(retryAfter(having('Retry-After: 120 (I am busy)'))).toEqual({ ok: true, value: 120 });
    expect(expires(having('X: y'))).toEqual({ ok: true, value: undefined });
  });

  test.each(['-1', '', 'soon', '1.5', '4294967296', '12x'])('%j is a fault', (text) => {
    expect(expires(having(`Expires: ${text}`))).toMatchObject({ ok: false, fault: 'bad-number' });
  });

  test('RFC 3261 §25.1 delta-seconds fit into 32 bits', () => {
    expect(deltaSeconds('4294967295')).toBe(0xffff_ffff);
    expect(deltaSeconds('4294967296')).toBeUndefined();
    expect(deltaSeconds('')).toBeUndefined();
  });
});

test('RFC 3261 §20.15 Content-Type', () => {
  const read = contentType(having('c: Multipart / Mixed ; boundary="a b"; x'));
  expect(read.ok && read.value?.type).toBe('multipart/mixed');
  expect(read.ok && [...(read.value?.params ?? [])]).toEqual([
    ['boundary', 'a b'],
    ['x', null],
  ]);
  expect(contentType(having('X: y'))).toEqual({ ok: true, value: undefined });
  for (const bad of ['application', 'application/', '/sdp', 'application/sdp x', 'application/sdp;']) {
    expect(contentType(having(`Content-Type: ${bad}`))).toMatchObject({ ok: false, fault: 'bad-content-type' });
  }
});

test('RFC 3261 §20.32, §20.37 token lists: lower-case but for methods, parameters dropped', () => {
  const message = having(
    'Supported: 100rel, Timer\nk: Path\nAllow: INVITE, Ack\nAccept: application/SDP;level=1, text/*',
  );
  expect(tokens(message, 'Supported')).toEqual(['100rel', 'timer', 'path']);
  expect(tokens(message, 'allow')).toEqual(['INVITE', 'Ack']);
  expect(tokens(message, 'Accept')).toEqual(['application/sdp', 'text/*']);
  expect(tokens(message, 'Require')).toEqual([]);
});

test('RFC 3326 §2 Reason: several values, unreadable ones left out', () => {
  const message = having(
    'Reason: SIP ;cause=200 ;text="Call completed, elsewhere", ;x, Q.850;cause=16\nReason: X;cause=many',
  );
  expect(reason(message)).toEqual([
    { protocol: 'SIP', cause: 200, text: 'Call completed, elsewhere' },
    { protocol: 'Q.850', cause: 16 },
    { protocol: 'X' },
  ]);
});

describe('SipHeaders', () => {
  test('RFC 3261 §7.3.3 a field is found by any spelling of its name', () => {
    const headers = new SipHeaders().append('m', 'a').append('CONTACT', 'b').append('X-Y', 'c');
    expect(headers.all('Contact')).toEqual(['a', 'b']);
    expect(headers.get('x-y')).toBe('c');
    expect(headerKey('K')).toBe('supported');
    expect(headerKey('z')).toBe('z');
  });

  test('a clone does not follow its original', () => {
    const headers = new SipHeaders().append('A', '1');
    const copy = headers.clone();
    headers.set('A', '2');
    expect([...copy].map(({ name, value }) => [name, value])).toEqual([['A', '1']]);
    expect(copy.size).toBe(1);
  });
});
