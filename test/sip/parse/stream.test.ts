import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FramerEvent, StreamFramer } from '../../../sip/parse/stream.js';
import { serializeMessage } from '../../../sip/serialize.js';
import { tortureMessages } from '../../fixtures/rfc4475/messages.js';
import { anyMessage } from '../../support/sip-arbitraries.js';
import { wire } from '../../support/wire.js';

function options(callId: string, body = '', extra = ''): Buffer {
  return wire(
    `
OPTIONS sip:h SIP/2.0
Via: SIP/2.0/TCP h;branch=z9hG4bK${callId}
From: <sip:a@h>;tag=1
To: <sip:h>
Call-ID: ${callId}
CSeq: 1 OPTIONS
Max-Forwards: 70${extra}
Content-Length: ${Buffer.byteLength(body)}`,
    body,
  );
}

function names(events: readonly FramerEvent[]): string[] {
  return events.map((event) => {
    if (event.type === 'message') return `message ${event.message.callId} ${event.message.body}`.trim();
    return event.type === 'fault' ? `${event.fatal ? 'fatal ' : ''}fault ${event.fault}` : event.type;
  });
}

/** Everything that comes out when the bytes arrive in pieces of that size. */
function inPieces(bytes: Buffer, size: number, framer = new StreamFramer()): FramerEvent[] {
  const events: FramerEvent[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    // A receive buffer is reused: what the framer keeps must be its own.
    const chunk = Buffer.from(bytes.subarray(at, at + size));
    events.push(...framer.push(chunk));
    chunk.fill(0x58);
  }
  return events;
}

describe('RFC 3261 §18.3 framing by Content-Length', () => {
  const three = Buffer.concat([
    options('a', 'v=0\r\n\r\n'),
    options('b'),
    options('c', 'INVITE sip:x SIP/2.0\r\n\r\n'),
  ]);
  const expected = ['message a v=0', 'message b', 'message c INVITE sip:x SIP/2.0'];

  test.each([1, 2, 3, 7, 64, 150, 151, 152, 1000])('three messages in pieces of %i bytes', (size) => {
    expect(names(inPieces(three, size))).toEqual(expected);
  });

  test('whole messages in one chunk leave nothing behind', () => {
    const framer = new StreamFramer();
    expect(names(framer.push(three))).toEqual(expected);
    expect(framer.incomplete).toBe(false);
    framer.push(three.subarray(0, 30));
    expect(framer.incomplete).toBe(true);
  });

  test('any cut gives the same events', () => {
    fc.assert(
      fc.property(
        fc.array(anyMessage, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 400 }),
        (messages, size) => {
          const bytes = Buffer.concat(messages.map((message) => serializeMessage(message)));
          const events = inPieces(bytes, size);
          expect(events).toEqual(messages.map((message) => ({ type: 'message', message })));
        },
      ),
    );
  });
});

describe('keep-alives', () => {
  test('RFC 5626 §3.5.1 CRLF CRLF is a request, a lone CRLF an answer', () => {
    const framer = new StreamFramer();
    expect(names(framer.push(Buffer.from('\r\n\r\n')))).toEqual(['keep-alive-request']);
    expect(names(framer.push(Buffer.from('\r\n')))).toEqual(['keep-alive-response']);
    expect(names(framer.push(Buffer.from('\r\n\r\n\r\n')))).toEqual(['keep-alive-request', 'keep-alive-response']);
  });

  test('between, before and after messages, and cut anywhere but between the two CRLFs', () => {
    const bytes = Buffer.concat([
      Buffer.from('\r\n\r\n'),
      options('a'),
      Buffer.from('\r\n\r\n'),
      options('b', 'x'),
      Buffer.from('\r\n'),
    ]);
    expect(names(new StreamFramer().push(bytes))).toEqual([
      'keep-alive-request',
      'message a',
      'keep-alive-request',
      'message b x',
      'keep-alive-response',
    ]);
    const framer = new StreamFramer();
    expect(names(framer.push(Buffer.from('\r')))).toEqual([]);
    expect(names(framer.push(Buffer.from('\n\r')))).toEqual([]);
    expect(names(framer.push(Buffer.from('\n')))).toEqual(['keep-alive-request']);
  });

  test('a stray LF is skipped, a CR without LF ends the connection', () => {
    expect(names(new StreamFramer().push(Buffer.concat([Buffer.from('\n'), options('a')])))).toEqual(['message a']);
    expect(names(new StreamFramer().push(Buffer.from('\rX')))).toEqual(['fatal fault bad-start-line']);
  });
});

describe('faults', () => {
  test('a bad message whose end is known is skipped, with what can be answered', () => {
    const bad = options('bad', 'xy', '\nMax-Forwards: 70');
    const events = new StreamFramer().push(Buffer.concat([bad, options('good')]));
    expect(names(events)).toEqual(['fault duplicate-header', 'message good']);
    expect(events[0]).toMatchObject({ type: 'fault', partial: { callId: 'bad' } });
  });

  test.each<[string, Buffer]>([
    ['bad-start-line', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n')],
    [
      'missing-content-length',
      Buffer.from(
        options('a')
          .toString()
          .replace(/Content-Length.*\r\n/, ''),
      ),
    ],
    ['bad-content-length', Buffer.from(options('a').toString().replace('Length: 0', 'Length: -1'))],
    ['too-large', Buffer.from(options('a').toString().replace('Length: 0', 'Length: 65535'))],
    ['too-large', Buffer.from(`OPTIONS sip:h SIP/2.0\r\n${'X: y\r\n'.repeat(11_000)}`)],
    ['line-too-long', Buffer.from(`OPTIONS sip:h SIP/2.0\r\nX: ${'y'.repeat(9000)}`)],
    ['too-many-headers', options('a', '', '\nX: y'.repeat(200))],
  ])('%s is fatal, and nothing is read after it', (fault, bytes) => {
    for (const size of [bytes.length, 1000]) {
      const framer = new StreamFramer();
      expect(names(inPieces(bytes, size, framer))).toEqual([`fatal fault ${fault}`]);
      expect(framer.push(options('late'))).toEqual([]);
      expect(framer.incomplete).toBe(false);
    }
  });

  test('no bytes make the framer throw, however they are cut', () => {
    const sample = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.tuple(fc.constantFrom(...tortureMessages), fc.nat(), fc.nat(255)).map(([{ bytes }, at, byte]) => {
        const changed = Buffer.from(bytes);
        changed[at % changed.length] = byte;
        return changed;
      }),
    );
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 4 }), fc.integer({ min: 1, max: 300 }), (parts, size) => {
        const bytes = Buffer.concat(parts);
        const events = inPieces(bytes, size);
        const fatal = events.findIndex((event) => event.type === 'fault' && event.fatal);
        expect(fatal === -1 || fatal === events.length - 1).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

test('RFC 3261 §18.3 a line over the limit ends the stream unanswered, whole or in pieces', () => {
  const bytes = options('a', '', `\nX: ${'y'.repeat(9000)}`);
  for (const size of [bytes.length, 84]) {
    const framer = new StreamFramer();
    const events: FramerEvent[] = [];
    for (let at = 0; at < bytes.length; at += size) events.push(...framer.push(bytes.subarray(at, at + size)));
    expect(events).toEqual([{ type: 'fault', fault: 'line-too-long', fatal: true }]);
  }
});
