import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRequest, createResponse, type RequestParts } from '../../../sip/build.js';
import { nameAddr } from '../../../sip/header-values.js';
import { UnwritableError } from '../../../sip/headers/writable.js';
import { SipHeaders } from '../../../sip/message.js';
import { Params } from '../../../sip/params.js';
import { parseMessage } from '../../../sip/parse/message.js';
import { serializeMessage } from '../../../sip/serialize.js';
import { sipUri, type Uri } from '../../../sip/uri.js';
import { sampleRequest } from '../../support/sample-request.js';

const bob = sipUri({ user: 'bob', host: 'b.example' });
const alice = nameAddr(sipUri({ user: 'alice', host: 'a.example' }), { tag: '1' });
const parts: RequestParts = {
  method: 'MESSAGE',
  uri: bob,
  from: alice,
  to: nameAddr(bob),
  callId: 'c',
  cseq: { sequence: 1 },
};

/** What must be refused says so with an UnwritableError; any other error is a defect. */
function made<T>(make: () => T): T | null {
  try {
    return make();
  } catch (error) {
    if (error instanceof UnwritableError) return null;
    throw error;
  }
}

function readBack(message: ReturnType<typeof createRequest> | ReturnType<typeof createResponse>) {
  if (message.kind === 'request' && message.via.length === 0) {
    message.via = [{ protocol: 'UDP', host: 'h', port: undefined, params: Params.of({ branch: 'z9hG4bK1' }) }];
  }
  const read = parseMessage(serializeMessage(message));
  if (!read.ok) throw new Error(`written, but cannot be read: ${read.fault}`);
  return read.value;
}

const nasty = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\r', '\n', '\0', '"', '\\', ';', ',', ':', '<', '>', '@', '?', '=', ' ', '\t', '%', '\u2028'),
    fc.constantFrom('\r\nVia: SIP/2.0/UDP evil', '\ud800', '\udfff', '\u{1f600}', 'é', '\x7f'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }),
  ),
  maxLength: 12,
});
const trimmed = (text: string): string => text.replace(/^[ \t]+|[ \t]+$/g, '');

describe('RFC 3261 §7.3.1 strings of an application', () => {
  test('with a line break, a NUL or half a character are refused as header fields', () => {
    const headers = new SipHeaders().append('Subject', 'kept');
    for (const value of ['a\r\nVia: x', 'a\nb', 'a\rb', 'a\0b', '\ud800']) {
      expect(() => headers.append('X', value)).toThrow(UnwritableError);
      expect(() => headers.set('Subject', value)).toThrow(UnwritableError);
    }
    for (const name of ['', 'a b', 'a:b', 'X\r\nY', 'é']) expect(() => headers.append(name, 'v')).toThrow('token');
    expect([...headers].map(({ name, value }) => [name, value])).toEqual([['Subject', 'kept']]);
  });

  test('that name a field which the message keeps typed are refused, in compact form too', () => {
    for (const name of ['Via', 'v', 'FROM', 't', 'Call-ID', 'i', 'CSeq', 'l', 'Content-Length']) {
      expect(() => createRequest({ ...parts, headers: [[name, 'x']] })).toThrow(UnwritableError);
    }
    expect(() => createRequest({ ...parts, headers: [['Route', '<sip:evil.example;lr>']] })).toThrow(UnwritableError);
    expect(() => createRequest({ ...parts, headers: [['Max-Forwards', '1']] })).toThrow(UnwritableError);
  });

  test('an error names the place and never the value', () => {
    const from = nameAddr(bob, {}, 'secret\r\nX: y');
    const thrown = (() => {
      try {
        return createRequest({ ...parts, from });
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toMatchObject({ code: 'UNWRITABLE', field: 'From display name' });
    expect(String(thrown)).not.toContain('secret');
  });

  test('a NUL in a quoted-pair is legal (RFC 4475 §3.1.1.2), one outside makes the message unreadable', () => {
    const quoted = serializeMessage(readBack(createRequest({ ...parts, from: nameAddr(bob, { tag: '1' }, 'a\0b') })));
    expect(quoted.includes('"a\\\0b"')).toBe(true);
    const text = serializeMessage(sampleRequest('OPTIONS', { sentBy: { host: 'h' } })).toString();
    const raw = Buffer.from(text.replace('\r\n\r\n', '\r\nSubject: a\0b\r\n\r\n'));
    expect(parseMessage(raw)).toMatchObject({ ok: false, fault: 'bad-header' });
  });
});

describe('RFC 3261 §25.1 whatever strings an application gives, the message reads back to them or was refused', () => {
  test('header fields', () => {
    fc.assert(
      fc.property(fc.oneof(nasty, fc.constantFrom('X-Any', 'Subject', 'm')), nasty, (name, value) => {
        const message = made(() => createRequest({ ...parts, headers: [[name, value]] }));
        if (message === null) return;
        const fields = [...readBack(message).headers].map((field) => [field.name, field.value]);
        expect(fields).toEqual([[name, trimmed(value)]]);
      }),
      { numRuns: 2000 },
    );
  });

  test('display names, tags and parameters', () => {
    fc.assert(
      fc.property(nasty, nasty, nasty, nasty, (displayName, tag, name, value) => {
        const from = nameAddr(bob, Params.of({ tag }).set(name, value), displayName);
        const message = made(() => createRequest({ ...parts, from }));
        if (message === null) return;
        const read = readBack(message).from;
        expect({ displayName: read.displayName, params: [...read.params] }).toEqual({
          displayName,
          params: [...from.params],
        });
      }),
      { numRuns: 2000 },
    );
  });

  test('URIs', () => {
    const anyUri: fc.Arbitrary<Uri> = fc.oneof(
      fc
        .record({ user: nasty, password: nasty, host: fc.oneof(nasty, fc.constant('h')), name: nasty, value: nasty })
        .map(({ user, password, host, name, value }) => sipUri({ user, password, host, params: { [name]: value } })),
      fc.record({
        scheme: fc.constant('tel' as const),
        number: fc.oneof(nasty, fc.constant('+1')),
        params: nasty.map((value) => Params.of({ ext: value })),
      }),
      fc.record({ scheme: fc.constant('other' as const), name: fc.oneof(nasty, fc.constant('im')), rest: nasty }),
    );
    fc.assert(
      fc.property(anyUri, (uri) => {
        const message = made(() => createRequest({ ...parts, uri, to: nameAddr(uri) }));
        if (message === null) return;
        const read = readBack(message);
        const plain = (one: Uri) => JSON.stringify(one.scheme === 'other' ? one : { ...one, params: [...one.params] });
        expect(plain(read.to.uri)).toBe(plain(uri));
        expect(read.kind === 'request' && plain(read.uri)).toBe(plain(uri));
      }),
      { numRuns: 2000 },
    );
  });

  test('reason phrases, methods and Call-IDs', () => {
    const received = sampleRequest('INVITE', { sentBy: { host: 'h' } });
    fc.assert(
      fc.property(nasty, nasty, (one, other) => {
        const response = made(() => createResponse(received, 486, { reasonPhrase: one, toTag: other }));
        if (response !== null) {
          const read = readBack(response);
          expect(read.kind === 'response' && read.reasonPhrase).toBe(one);
          expect(read.to.params.get('tag')).toBe(other);
        }
        const request = made(() => createRequest({ ...parts, method: one, callId: other }));
        if (request !== null) expect(readBack(request)).toMatchObject({ method: one, callId: other });
      }),
      { numRuns: 2000 },
    );
  });
});
