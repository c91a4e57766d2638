import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as sip from '../../sip/index.js';
import { made, nastyText as some, readValue as value } from '../support/nasty-text.js';

const uri = sip.sipUri({ user: 'bob', host: 'b.example' });

describe('RFC 3261 §7.4 bodies that are lines have no lines of others', () => {
  const lines = (body: Buffer): string[] => body.toString().split('\r\n');

  test('RFC 5621 §3.1 parts of a multipart', () => {
    fc.assert(
      fc.property(some, some, some, (a, b, c) => {
        const contentType = made(() => sip.serializeMediaType({ type: 'text/plain', params: sip.Params.of({ x: a }) }));
        if (contentType === null) return;
        const parts = [{ contentType, headers: [['X-Field', b] as const], body: Buffer.from(c) }];
        const whole = made(() => sip.serializeMultipart('mixed', parts));
        if (whole === null) return;
        const type = value(sip.parseMediaType(whole.contentType))!;
        const read = sip.parseMultipart(whole.body, type);
        expect(value(read)).toHaveLength(1);
        expect(value(read)?.[0]?.headers.get('x-field')).toBe(b.replace(/^[ \t]+|[ \t]+$/g, ''));
        expect([...(value(read)?.[0]?.headers ?? [])]).toHaveLength(2);
      }),
      { numRuns: 1500 },
    );
    expect(() => sip.serializeMultipart('mixed; boundary=x', [])).toThrow(sip.UnwritableError);
  });

  test('RFC 3420 §2 the fragment in the news of a transfer', () => {
    fc.assert(
      fc.property(some, (phrase) => {
        const read = value(sip.parseSipFrag(sip.serializeSipFrag(sip.statusFrag(200, phrase))));
        expect(read?.startLine).toMatchObject({ kind: 'response', statusCode: 200 });
        expect([read?.headers.size, read?.body.length]).toEqual([0, 0]);
      }),
    );
  });

  test('RFC 3842 §5.2 a message summary', () => {
    fc.assert(
      fc.property(some, (account) => {
        const state = { waiting: true, account, counts: {} };
        const body = sip.messageSummaryPackage.serialize(state, {} as sip.DocumentContext);
        expect(lines(body)).toHaveLength(3);
        expect(lines(body)[1]).toMatch(/^Message-Account: /);
      }),
    );
  });

  test('a key pressed', () => {
    for (const digit of ['', '55', '5\r\nDuration=9', 'x', ' ']) {
      expect(() => sip.serializeDtmfInfo({ digit }), digit).toThrow(sip.UnwritableError);
    }
    expect(lines(sip.serializeDtmfInfo({ digit: 'a' }).body)).toEqual(['Signal=a', 'Duration=250', '']);
  });
});

describe('RFC 3261 §18.1.1 whatever a message is put together from by hand', () => {
  test('no value adds a line to it', () => {
    const evil = 'a\r\nX-Evil: 1\r\n\r\nINVITE';
    const address = sip.nameAddr({ ...uri, host: evil, user: evil }, { tag: evil, [evil]: evil }, evil);
    const request = sip.createRequest({
      method: 'INVITE',
      uri,
      from: sip.nameAddr(uri),
      to: sip.nameAddr(uri),
      callId: 'c',
      cseq: { sequence: 1 },
    });
    const message: sip.SipRequest = {
      ...request,
      via: [{ protocol: evil, host: evil, port: undefined, params: sip.Params.of({ branch: evil, [evil]: null }) }],
      ...{ from: address, to: address, route: [address], uri: address.uri, callId: evil },
      cseq: { sequence: 1, method: evil },
    };
    const text = sip.serializeMessage(message).toString();
    expect(text.split('\r\n').map((line) => line.split(/[ :]/, 1)[0])).toEqual([
      ...['INVITE', 'Via', 'Route', 'Max-Forwards', 'From', 'To', 'Call-ID', 'CSeq', 'Content-Length', '', ''],
    ]);
  });
});
