import { describe, expect, test } from 'vitest';
import { createRequest, createResponse } from '../../sip/build.js';
import { nameAddr, tagOf } from '../../sip/header-values.js';
import { methods } from '../../sip/methods.js';
import { parseMessage } from '../../sip/parse/message.js';
import { serializeMessage } from '../../sip/serialize.js';
import { reasonPhrase, reasonPhrases } from '../../sip/status.js';
import { sipUri } from '../../sip/uri.js';
import { request } from '../support/sip-messages.js';
import { wire } from '../support/wire.js';

const uri = sipUri({ user: 'bob', host: 'b.com' });
const from = nameAddr(sipUri({ user: 'alice', host: 'a.com' }), { tag: '1' });
const parts = { method: 'INVITE', uri, from, to: nameAddr(uri), callId: 'c', cseq: { sequence: 7 } };

describe('requests', () => {
  test('RFC 3261 §8.1.1 what every request has; the Via is the transaction layer’s', () => {
    expect(createRequest(parts)).toMatchObject({
      cseq: { sequence: 7, method: 'INVITE' },
      maxForwards: 70,
      route: [],
      via: [],
      body: Buffer.alloc(0),
    });
  });

  test('header fields, route and body are taken; Content-Type only with a body, and the caller’s first', () => {
    const route = [nameAddr(sipUri({ host: 'p', params: { lr: null } }))];
    const body = Buffer.from('v=0\r\n');
    const headers = [['Subject', 'x']] as const;
    const full = createRequest({ ...parts, route, headers, body, contentType: 'application/sdp', maxForwards: 5 });
    expect([...full.headers].map(({ name, value }) => [name, value])).toEqual([
      ['Subject', 'x'],
      ['Content-Type', 'application/sdp'],
    ]);
    expect(full.route).toEqual(route);
    expect(full.route).not.toBe(route);
    expect(createRequest({ ...parts, body: null, contentType: 'application/sdp' }).headers.size).toBe(0);
    const own = createRequest({ ...parts, headers: [['c', 'text/plain']], body, contentType: 'application/sdp' });
    expect(own.headers.all('Content-Type')).toEqual(['text/plain']);
  });
});

describe('responses', () => {
  const invite = request(
    wire(`
INVITE sip:bob@b.com SIP/2.0
Via: SIP/2.0/UDP p;branch=z9hG4bK2, SIP/2.0/UDP a;branch=z9hG4bK1;received=192.0.2.1
Record-Route: <sip:p2;lr>, <sip:p1;lr>
Record-Route: <sip:p0;lr>
From: <sip:alice@a.com>;tag=1
To: <sip:bob@b.com>
Call-ID: c
CSeq: 7 INVITE
Timestamp: 54
Max-Forwards: 70`),
  );

  test('RFC 3261 §8.2.6.2 Via, From, To, Call-ID and CSeq are the request’s, in order', () => {
    const ringing = createResponse(invite, 180, { toTag: 'x', copyRecordRoute: true });
    expect(ringing).toMatchObject({ statusCode: 180, reasonPhrase: 'Ringing', callId: 'c', from: invite.from });
    expect(ringing.via).toEqual(invite.via);
    expect(ringing.cseq).toEqual(invite.cseq);
    expect(tagOf(ringing.to)).toBe('x');
    expect(tagOf(invite.to)).toBeUndefined();
    expect(ringing.headers.all('Record-Route')).toEqual(['<sip:p2;lr>, <sip:p1;lr>', '<sip:p0;lr>']);
    expect(parseMessage(serializeMessage(ringing))).toEqual({ ok: true, value: ringing });
  });

  test('RFC 3261 §8.2.6.2 a tag in the request’s To stays', () => {
    const inDialog = { ...invite, to: nameAddr(uri, { tag: 'old' }) };
    expect(tagOf(createResponse(inDialog, 200, { toTag: 'new' }).to)).toBe('old');
  });

  test('RFC 3261 §8.2.6.1 a 100 carries the Timestamp; other answers and Record-Route only on demand', () => {
    expect([...createResponse(invite, 100).headers].map(({ name, value }) => [name, value])).toEqual([
      ['Timestamp', '54'],
    ]);
    expect(createResponse(invite, 404).headers.size).toBe(0);
  });

  test('phrase, header fields and body of the caller', () => {
    const busy = createResponse(invite, 486, {
      reasonPhrase: 'In a meeting',
      headers: [['Retry-After', '60']],
      body: Buffer.from('later'),
      contentType: 'text/plain',
    });
    expect(busy.reasonPhrase).toBe('In a meeting');
    expect(busy.headers.get('Retry-After')).toBe('60');
    expect(busy.headers.get('Content-Type')).toBe('text/plain');
  });
});

test('RFC 3261 §21 phrases; an unknown code is named after its class', () => {
  expect(reasonPhrases[481]).toBe('Call/Transaction Does Not Exist');
  expect(reasonPhrase(488)).toBe('Not Acceptable Here');
  expect(reasonPhrase(499)).toBe('Bad Request');
  expect(reasonPhrase(699)).toBe('Busy Everywhere');
  expect(reasonPhrase(199)).toBe('Early Dialog Terminated');
});

test('the method table names the RFC of each method and what makes dialogs', () => {
  expect(methods.INVITE).toEqual({ rfc: 'RFC 3261', createsDialog: true, targetRefresh: true });
  expect(Object.keys(methods).filter((name) => methods[name]!.createsDialog)).toEqual(['INVITE', 'REFER', 'SUBSCRIBE']);
  expect(methods.UPDATE?.rfc).toBe('RFC 3311');
});
