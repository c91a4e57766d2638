import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nameAddr } from '../../../sip/header-values.js';
import { SipHeaders } from '../../../sip/message.js';
import { defaultParseLimits, type MessageFault, parseMessage } from '../../../sip/parse/message.js';
import { serializeMessage } from '../../../sip/serialize.js';
import { sipUri } from '../../../sip/uri.js';
import { tortureMessages } from '../../fixtures/rfc4475/messages.js';
import { anyMessage } from '../../support/sip-arbitraries.js';
import { request, response } from '../../support/sip-messages.js';
import { wire } from '../../support/wire.js';

const invite = `
INVITE sip:bob@biloxi.com SIP/2.0
Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bK776asdhds
Max-Forwards: 70
To: Bob <sip:bob@biloxi.com>
From: Alice <sip:alice@atlanta.com>;tag=1928301774
Call-ID: a84b4c76e66710@pc33.atlanta.com
CSeq: 314159 INVITE
Contact: <sip:alice@pc33.atlanta.com>
Content-Type: application/sdp
Content-Length: 4`;

function faultOf(data: Uint8Array, options?: { stream?: boolean }): MessageFault | null {
  const result = parseMessage(data, defaultParseLimits, options);
  return result.ok ? null : result.fault;
}

describe('well-formed messages', () => {
  test('RFC 3261 §24.2 the INVITE of the example', () => {
    const message = request(wire(invite, 'v=0\n'));
    expect(message).toMatchObject({
      kind: 'request',
      method: 'INVITE',
      uri: { scheme: 'sip', user: 'bob', host: 'biloxi.com' },
      callId: 'a84b4c76e66710@pc33.atlanta.com',
      cseq: { sequence: 314159, method: 'INVITE' },
      maxForwards: 70,
      route: [],
      body: Buffer.from('v=0\n'),
    });
    expect(message.via).toHaveLength(1);
    expect(message.from.params.get('tag')).toBe('1928301774');
    expect(message.to.displayName).toBe('Bob');
    expect([...message.headers].map(({ name, value }) => [name, value])).toEqual([
      ['Contact', '<sip:alice@pc33.atlanta.com>'],
      ['Content-Type', 'application/sdp'],
    ]);
  });

  test('RFC 3261 §7.3.1 header fields may come in any order', () => {
    const [start, ...fields] = invite.slice(1).split('\n');
    const turned = request(wire([start, ...fields.reverse()].join('\n'), 'v=0\n'));
    const straight = request(wire(invite, 'v=0\n'));
    expect({ ...turned, headers: null }).toEqual({ ...straight, headers: null });
    expect(turned.headers.get('Contact')).toBe(straight.headers.get('Contact'));
  });

  test('RFC 3261 §7.3.3 compact names, and §7.3.1 names in any case with space before the colon', () => {
    const message = request(
      wire(`
OPTIONS sip:h SIP/2.0
v: SIP/2.0/TCP a;branch=z9hG4bK1
VIA \t: SIP/2.0/UDP b, SIP/2.0/UDP c
f: <sip:a@h>;tag=1
t: <sip:h>
i: x
cSeQ: 1 OPTIONS
ROUTE: <sip:r1;lr>,<sip:r2>
route: <sip:r3>
k: timer
max-forwards: 0
l: 0`),
    );
    expect(message.via.map(({ host }) => host)).toEqual(['a', 'b', 'c']);
    expect(message.route.map(({ uri }) => (uri.scheme === 'sip' ? uri.host : ''))).toEqual(['r1', 'r2', 'r3']);
    expect(message.maxForwards).toBe(0);
    expect(message.headers.get('Supported')).toBe('timer');
    expect(message.headers.has('Content-Length')).toBe(false);
  });

  test('RFC 3261 §7.3.1 folded lines are one value, each fold one space', () => {
    const message = request(
      wire(invite.replace('Contact: ', 'Subject: I know you\n\t  are there, \n pick up\nContact:\n '), 'v=0\n'),
    );
    expect(message.headers.get('Subject')).toBe('I know you are there, pick up');
    expect(message.headers.get('Contact')).toBe('<sip:alice@pc33.atlanta.com>');
  });

  test('a bare LF ends a line too, and empty lines may come first', () => {
    const bytes = Buffer.from(`\r\n\n${invite.slice(1)}\n\nv=0\n`);
    expect(parseMessage(bytes)).toEqual(parseMessage(wire(invite, 'v=0\n')));
  });

  test('RFC 3261 §18.3 without Content-Length a datagram is all body; more than it says is cut', () => {
    expect(request(wire(invite.replace(/\nContent-Length.*/, ''), 'abcdef')).body.toString()).toBe('abcdef');
    expect(request(wire(invite, 'v=0\nrest')).body.toString()).toBe('v=0\n');
  });

  test('the body is a copy', () => {
    const bytes = wire(invite, 'v=0\n');
    const message = request(bytes);
    bytes.fill(0);
    expect(message.body.toString()).toBe('v=0\n');
    expect(message.callId).toBe('a84b4c76e66710@pc33.atlanta.com');
  });

  test('a plain Uint8Array is taken as well', () => {
    const bytes = wire(invite, 'v=0\n');
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(parseMessage(shifted.subarray(3))).toEqual(parseMessage(bytes));
  });

  test('RFC 3261 §7.2 responses, Max-Forwards and Route in them left as text', () => {
    const message = response(
      wire(`
sip/2.0 486 Beset, see you
Via: SIP/2.0/UDP h;branch=z9hG4bK1
From: <sip:a@h>;tag=1
To: <sip:b@h>;tag=2
Call-ID: x
CSeq: 1 INVITE
Max-Forwards: many
Route: none`),
    );
    expect(message).toMatchObject({ statusCode: 486, reasonPhrase: 'Beset, see you' });
    expect(message.headers.get('Max-Forwards')).toBe('many');
    expect(message.headers.get('Route')).toBe('none');
  });

  test('a status line without a phrase and its space is tolerated', () => {
    const text = '\nSIP/2.0 404\nVia: SIP/2.0/UDP h\nFrom: <sip:a@h>\nTo: <sip:b@h>\nCall-ID: x\nCSeq: 1 BYE';
    expect(response(wire(text))).toMatchObject({ statusCode: 404, reasonPhrase: '' });
  });

  test('RFC 3261 §7.3.1 UTF-8 values, and bytes that are not UTF-8', () => {
    const bytes = wire(invite.replace('Contact:', 'Subject: 東京 ÿ\nX: <ff>\nContact:'), 'v=0\n');
    const at = bytes.indexOf('<ff>');
    bytes[at] = 0xff;
    const message = request(bytes);
    expect(message.headers.get('Subject')).toBe('東京 ÿ');
    expect(message.headers.get('X')).toBe('\ufffdff>');
  });

  test('RFC 3261 §25.1 a reason phrase may hold any UTF-8, the line separators of Unicode too', () => {
    const sent = response(
      wire(`
SIP/2.0 486 Busy
Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bK776asdhds
To: <sip:bob@biloxi.com>;tag=a
From: <sip:alice@atlanta.com>;tag=1928301774
Call-ID: a84b4c76e66710
CSeq: 1 INVITE
Content-Length: 0`),
    );
    sent.reasonPhrase = 'Besetzt \u2028 Ocupado';
    expect(response(serializeMessage(sent)).reasonPhrase).toBe('Besetzt \u2028 Ocupado');
  });
});

describe('faults', () => {
  const edit = (from: string | RegExp, to: string) => wire(invite.replace(from, to), 'v=0\n');
  test.each<[MessageFault, Buffer]>([
    ['empty', Buffer.alloc(0)],
    ['empty', Buffer.from('\r\n\r\n')],
    ['unterminated', Buffer.from('\0\0\0')],
    ['unterminated', wire(invite).subarray(0, -2)],
    ['unterminated', Buffer.from(`${invite.slice(1)}\r`)],
    ['bad-start-line', edit('INVITE sip:bob@biloxi.com SIP/2.0', 'HELLO')],
    ['bad-start-line', edit('INVITE sip:bob@biloxi.com SIP/2.0', 'IN<ITE sip:bob@biloxi.com SIP/2.0')],
    ['bad-start-line', edit('SIP/2.0', 'HTTP/1.1')],
    ['bad-start-line', edit(/^\nINVITE.*/, '\nSIP/2.0 99 Low')],
    ['bad-start-line', edit(/^\nINVITE.*/, '\nSIP/2.0 700 High')],
    ['bad-start-line', edit(/^\nINVITE.*/, '\nSIP/2.0 0200 OK')],
    ['bad-version', edit('SIP/2.0', 'SIP/3.0')],
    ['bad-version', edit(/^\nINVITE.*/, '\nSIP/1.0 200 OK')],
    ['bad-request-uri', edit('sip:bob@biloxi.com', 'bob')],
    ['bad-request-uri', edit('sip:bob@biloxi.com', 'sip:b%ob@biloxi.com')],
    ['bad-header', edit('Contact:', 'Contact')],
    ['bad-header', edit('Contact:', 'Con tact:')],
    ['bad-header', edit('Contact:', ':')],
    ['bad-header', edit('Contact:', 'X: a\rEvil: b\nContact:')],
    ['bad-via', edit('SIP/2.0/UDP', 'SIP/2.0')],
    ['bad-from', edit('Alice <', 'Alice "')],
    ['bad-to', edit('To: Bob <sip:bob@biloxi.com>', 'To:')],
    ['bad-call-id', edit('a84b4c76e66710@', 'a b@')],
    ['bad-call-id', edit('a84b4c76e66710@pc33.atlanta.com', '')],
    ['bad-cseq', edit('314159 INVITE', '2147483648 INVITE')],
    ['bad-max-forwards', edit('70', '256')],
    ['bad-max-forwards', edit('70', 'x')],
    ['bad-route', edit('Contact:', 'Route: nowhere\nContact:')],
    ['bad-content-length', edit('Length: 4', 'Length: 4.0')],
    ['bad-content-length', edit('Length: 4', 'Length: 99999999999')],
    ['missing-via', edit(/Via.*\n/, '')],
    ['missing-from', edit(/From.*\n/, '')],
    ['missing-to', edit(/To.*\n/, '')],
    ['missing-call-id', edit(/Call-ID.*\n/, '')],
    ['missing-cseq', edit(/CSeq.*\n/, '')],
    ['duplicate-header', edit(/(From.*\n)/, '$1$1')],
    ['duplicate-header', edit(/(To.*\n)/, '$1t: <sip:x@y>\n')],
    ['duplicate-header', edit(/(Call-ID.*\n)/, '$1i: other\n')],
    ['duplicate-header', edit(/(CSeq.*\n)/, '$1$1')],
    ['duplicate-header', edit(/(Max-F.*\n)/, '$1$1')],
    ['duplicate-header', edit('Content-Length: 4', 'Content-Length: 4\nl: 4')],
    ['method-mismatch', edit('314159 INVITE', '314159 invite')],
    ['short-body', edit('Length: 4', 'Length: 5')],
    ['too-many-headers', edit('Contact:', `${'X: y\n'.repeat(120)}Contact:`)],
    ['line-too-long', edit('Contact:', `X: ${'y'.repeat(8190)}\nContact:`)],
    ['too-large', wire(invite, 'x'.repeat(65_535))],
  ])('%s', (fault, data) => {
    expect(faultOf(data)).toBe(fault);
  });

  test('RFC 3261 §20.14 a stream message must have a Content-Length', () => {
    const bytes = edit(/\nContent-Length.*/, '');
    expect(faultOf(bytes)).toBeNull();
    expect(faultOf(bytes, { stream: true })).toBe('missing-content-length');
  });

  test('a value or a URI has at most 64 parameters', () => {
    const params = (count: number) => Array.from({ length: count }, (_, i) => `;p${i}`).join('');
    expect(faultOf(edit('tag=1928301774', `tag=1${params(63)}`))).toBeNull();
    expect(faultOf(edit('tag=1928301774', `tag=1${params(64)}`))).toBe('bad-from');
    expect(faultOf(edit('sip:bob@biloxi.com SIP', `sip:bob@biloxi.com${params(64)} SIP`))).toBeNull();
    expect(faultOf(edit('sip:bob@biloxi.com SIP', `sip:bob@biloxi.com${params(65)} SIP`))).toBe('bad-request-uri');
  });

  test('the first fault is told', () => {
    expect(faultOf(wire(invite.replace('70', 'x').replace('314159', 'y'), 'v=0\n'))).toBe('bad-max-forwards');
  });

  test('limits are the caller’s', () => {
    const bytes = wire(invite, 'v=0\n');
    const limits = { ...defaultParseLimits, maxBytes: bytes.length, maxHeaders: 9, maxLineBytes: 80 };
    expect(parseMessage(bytes, limits).ok).toBe(true);
    expect(parseMessage(bytes, { ...limits, maxBytes: bytes.length - 1 })).toMatchObject({ fault: 'too-large' });
    expect(parseMessage(bytes, { ...limits, maxHeaders: 8 })).toMatchObject({ fault: 'too-many-headers' });
    expect(parseMessage(bytes, { ...limits, maxLineBytes: 50 })).toMatchObject({ fault: 'line-too-long' });
  });

  test('RFC 3261 §21.5.6 a request of another version can be answered', () => {
    const result = parseMessage(edit('SIP/2.0\n', 'SIP/2.1\n'));
    expect(result).toMatchObject({ ok: false, fault: 'bad-version', partial: { method: 'INVITE', maxForwards: 70 } });
  });

  test('an unreadable Request-URI stands in the partial request as it came', () => {
    const result = parseMessage(edit('sip:bob@biloxi.com', '<sip:bob>'));
    expect(!result.ok && result.partial?.uri).toEqual({ scheme: 'other', name: '', rest: '<sip:bob>' });
  });

  test('a faulty response leaves nothing to answer', () => {
    const text = '\nSIP/2.0 200 OK\nVia: SIP/2.0/UDP h\nFrom: <sip:a@h>\nTo: <sip:b@h>\nCall-ID: x\nCSeq: 1 BYE\nbad';
    expect(parseMessage(wire(text))).toEqual({ ok: false, fault: 'bad-header', at: expect.any(Number) });
  });
});

describe('properties', () => {
  test('parse(serialize(m)) equals m', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        expect(parseMessage(serializeMessage(message))).toEqual({ ok: true, value: message });
      }),
      { numRuns: 300 },
    );
  });

  test('no bytes make the parser throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        parseMessage(bytes);
        parseMessage(Buffer.concat([Buffer.from('INVITE sip:a SIP/2.0\r\n'), bytes, Buffer.from('\r\n\r\n')]));
      }),
      { numRuns: 1000 },
    );
  });

  test('no change to a valid message makes the parser throw, and what still parses can be written and read again', () => {
    const change = fc.tuple(fc.nat(), fc.nat(8), fc.uint8Array({ maxLength: 6 }));
    const sample = fc.constantFrom(...tortureMessages.map(({ bytes }) => bytes), wire(invite, 'v=0\n'));
    fc.assert(
      fc.property(sample, fc.array(change, { minLength: 1, maxLength: 4 }), (bytes, changes) => {
        let mutated = bytes;
        for (const [at, removed, added] of changes) {
          const from = at % (mutated.length + 1);
          mutated = Buffer.concat([mutated.subarray(0, from), added, mutated.subarray(from + removed)]);
        }
        const result = parseMessage(mutated);
        if (result.ok) expect(parseMessage(serializeMessage(result.value))).toEqual(result);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('serialising', () => {
  test('RFC 3261 §7.3.1 order, long names, and Content-Length always', () => {
    const message = request(wire(invite, 'v=0\n'));
    message.route.push(nameAddr(sipUri({ host: 'proxy', params: { lr: null } })));
    expect(serializeMessage(message).toString()).toBe(
      [
        'INVITE sip:bob@biloxi.com SIP/2.0',
        'Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bK776asdhds',
        'Route: <sip:proxy;lr>',
        'Max-Forwards: 70',
        'From: "Alice" <sip:alice@atlanta.com>;tag=1928301774',
        'To: "Bob" <sip:bob@biloxi.com>',
        'Call-ID: a84b4c76e66710@pc33.atlanta.com',
        'CSeq: 314159 INVITE',
        'Contact: <sip:alice@pc33.atlanta.com>',
        'Content-Type: application/sdp',
        'Content-Length: 4',
        '',
        'v=0\n',
      ].join('\r\n'),
    );
  });

  test('a line break in any value cannot add a field, and a Content-Length of the caller is not written', () => {
    const message = request(wire(invite, 'v=0\n'));
    const headers = new SipHeaders().appendRead('X\r\nEvil', 'a\r\nEvil: 1\r\n\r\nbody').appendRead('l', '99');
    const text = serializeMessage({ ...message, headers, callId: 'x\nEvil: 2' }).toString();
    expect(text.split('\r\n').filter((line) => line.startsWith('Evil') || line.startsWith('l:'))).toEqual([]);
    expect(text.endsWith('Content-Length: 4\r\n\r\nv=0\n')).toBe(true);
  });
});
