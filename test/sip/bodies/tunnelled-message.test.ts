import { describe, expect, test } from 'vitest';
import { wholePart } from '../../../sip/bodies/body-parts.js';
import { serializeMultipart } from '../../../sip/bodies/multipart.js';
import { readTunnelled, tunnelDifferences, tunnelledPart } from '../../../sip/bodies/tunnelled-message.js';
import { nameAddr } from '../../../sip/header-values.js';
import { anonymousFrom } from '../../../sip/ua/identity.js';
import { valueIn } from '../../support/message-with.js';
import { sampleRequest } from '../../support/sample-request.js';

const inner = sampleRequest('INVITE', {
  headers: [
    ['Contact', '<sip:alice@10.0.0.1>'],
    ['Subject', 'secret'],
    ['Date', 'Thu, 21 Feb 2002 13:02:03 GMT'],
  ],
  body: Buffer.from('v=0'),
});

function sent() {
  const { contentType, body } = serializeMultipart('mixed', [tunnelledPart(inner)]);
  return sampleRequest('INVITE', {
    headers: [
      ['Content-Type', contentType],
      ['Contact', '<sip:alice@10.0.0.1>'],
      ['Date', 'Thu, 21 Feb 2002 13:02:03 GMT'],
    ],
    body,
    sentBy: { host: '10.0.0.1' },
  });
}

describe('RFC 3261 §23.4 tunnelled messages', () => {
  test('RFC 3261 §23.4.2 the copy has no Via and reads back; what it alone has was kept from the way', () => {
    const outer = sent();
    const copy = valueIn(readTunnelled(valueIn(wholePart(outer)).parts[0]!));
    expect(copy).toMatchObject({ kind: 'request', method: 'INVITE', via: [], body: Buffer.from('v=0') });
    expect(copy.headers.get('Subject')).toBe('secret');
    expect(tunnelDifferences(outer, copy)).toEqual([]);
  });

  test('RFC 3261 §23.4.1.1 what was changed on the way is named, what proxies may change is not', () => {
    const outer = sent();
    outer.headers.set('Contact', '<sip:mallory@evil.example>').append('Record-Route', '<sip:p;lr>');
    outer.maxForwards = 3;
    outer.callId = 'other';
    outer.cseq = { sequence: 9, method: 'INVITE' };
    outer.to = nameAddr(outer.to.uri, { tag: 'x' });
    outer.from = anonymousFrom();
    expect(tunnelDifferences(outer, inner)).toEqual(['from', 'call-id', 'cseq', 'contact']);
  });

  test('what is no message is a fault', () => {
    const part = (contentType: string, body: string) =>
      valueIn(
        wholePart(sampleRequest('INVITE', { headers: [['Content-Type', contentType]], body: Buffer.from(body) })),
      );
    expect(readTunnelled(part('text/plain', 'x'))).toMatchObject({ ok: false, fault: 'not-message' });
    expect(readTunnelled(part('message/sip', 'x'))).toMatchObject({ ok: false, fault: 'unterminated' });
    expect(readTunnelled(part('message/sip', 'INVITE sip:a@b SIP/2.0\r\n\r\n'))).toMatchObject({ ok: false });
  });
});
