import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bodyParts, findPart, leafParts, sessionBody, understandsBody } from '../../../sip/bodies/body-parts.js';
import { defaultMultipartLimits, parseMultipart, serializeMultipart } from '../../../sip/bodies/multipart.js';
import { parseMediaType } from '../../../sip/headers/media-type.js';
import type { SipRequest } from '../../../sip/message.js';
import { sampleRequest } from '../../support/sample-request.js';

function typeOf(text: string) {
  const read = parseMediaType(text);
  if (!read.ok) throw new Error('not a media type');
  return read.value;
}

const crlf = (text: string): Buffer => Buffer.from(text.replace(/\n/g, '\r\n'));

function carrying(contentType: string, body: Buffer): SipRequest {
  return sampleRequest('INVITE', { headers: [['Content-Type', contentType]], body });
}

const texts = (parts: readonly { readonly body: Buffer }[]) => parts.map(({ body }) => body.toString());

describe('RFC 2046 §5.1.1 reading', () => {
  // The example of the section, shortened in its prose.
  const example = crlf(`This is the preamble.

--simple boundary

This is implicitly typed plain US-ASCII text.
It does NOT end with a linebreak.
--simple boundary
Content-type: text/plain; charset=us-ascii

This is explicitly typed plain US-ASCII text.
It DOES end with a linebreak.

--simple boundary--

This is the epilogue.
`);

  test('the example: preamble and epilogue are skipped, the line end before a delimiter is the delimiter’s', () => {
    const read = parseMultipart(example, typeOf('multipart/mixed; boundary="simple boundary"'));
    if (!read.ok) throw new Error(read.fault);
    expect(read.value.map(({ contentType, body }) => [contentType.type, body.toString()])).toEqual([
      ['text/plain', 'This is implicitly typed plain US-ASCII text.\r\nIt does NOT end with a linebreak.'],
      ['text/plain', 'This is explicitly typed plain US-ASCII text.\r\nIt DOES end with a linebreak.\r\n'],
    ]);
    expect(read.value[1]?.contentType.params.get('charset')).toBe('us-ascii');
    expect(read.value[1]?.body.buffer).toBe(example.buffer);
  });

  test('bare line feeds, padding after a delimiter, folded fields and an empty part', () => {
    const body = Buffer.from('--b  \nContent-Type: text/plain;\n  charset=x\n\none\n--b\n\n--b--');
    const read = parseMultipart(body, typeOf('multipart/mixed;boundary=b'));
    if (!read.ok) throw new Error(read.fault);
    expect(texts(read.value)).toEqual(['one', '']);
    expect(read.value[0]?.contentType.params.get('charset')).toBe('x');
  });

  test('a line that only begins like a delimiter is text', () => {
    const read = parseMultipart(crlf('--b\n\n--bc\nx--b\n--b--\n'), typeOf('multipart/mixed;boundary=b'));
    expect(read.ok && texts(read.value)).toEqual(['--bc\r\nx--b']);
  });

  test('what is wrong is said', () => {
    const of = (text: string, type = 'multipart/mixed;boundary=b') => parseMultipart(crlf(text), typeOf(type));
    expect(of('--b\n\nx\n--b--', 'multipart/mixed')).toMatchObject({ fault: 'bad-boundary' });
    expect(of('--b\n\nx\n--b--', 'multipart/mixed;boundary="b "')).toMatchObject({ fault: 'bad-boundary' });
    expect(of('no delimiter')).toMatchObject({ fault: 'unterminated' });
    expect(of('--b\n\nx\n')).toMatchObject({ fault: 'unterminated' });
    expect(of('--b--\n')).toMatchObject({ fault: 'unterminated' });
    expect(of('--b\nno colon\n\nx\n--b--')).toMatchObject({ fault: 'bad-part-header' });
    expect(of('--b\nContent-Type: x\n\nx\n--b--')).toMatchObject({ fault: 'bad-content-type' });
  });

  test('parts, depth and header bytes are limited', () => {
    const limits = { maxParts: 3, maxDepth: 2, maxHeaderBytes: 40 };
    const part = (text: string) => ({ contentType: 'text/plain', body: Buffer.from(text) });
    const read = (body: { contentType: string; body: Buffer }) =>
      parseMultipart(body.body, typeOf(body.contentType), limits);
    expect(read(serializeMultipart('mixed', [part('1'), part('2'), part('3')])).ok).toBe(true);
    const four = serializeMultipart('mixed', [part('1'), part('2'), part('3'), part('4')]);
    expect(read(four)).toMatchObject({ fault: 'over-limit' });
    expect(parseMultipart(four.body, typeOf(four.contentType), { ...limits, maxParts: 4 }).ok).toBe(true);
    const wide = serializeMultipart('mixed', [{ ...part('1'), headers: [['X', 'x'.repeat(40)]] }]);
    expect(read(wide)).toMatchObject({ fault: 'over-limit' });
    const deep = serializeMultipart('mixed', [
      serializeMultipart('mixed', [serializeMultipart('mixed', [part('deep')])]),
    ]);
    expect(parseMultipart(deep.body, typeOf(deep.contentType), { ...limits, maxHeaderBytes: 200 })).toMatchObject({
      fault: 'over-limit',
    });
    expect(parseMultipart(deep.body, typeOf(deep.contentType)).ok).toBe(true);
  });

  test('no bytes make it throw', () => {
    const piece = fc.constantFrom(
      '--b',
      '--b--',
      '\r\n',
      '\n',
      'Content-Type: multipart/mixed;boundary=b',
      ':',
      ' ',
      'x',
    );
    fc.assert(
      fc.property(
        fc.array(fc.oneof(piece, fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 30 }),
        (pieces) => {
          const body = Buffer.from(pieces.join(''));
          const read = parseMultipart(body, typeOf('multipart/mixed;boundary=b'));
          if (read.ok) expect(read.value.length).toBeGreaterThan(0);
          else expect(read.at).toBeLessThanOrEqual(body.length);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

test('RFC 2046 §5.1 what is written reads back, whatever the parts hold', () => {
  const anyPart = fc.record({
    contentType: fc.constantFrom('text/plain', 'application/sdp', 'application/x;a="b c"'),
    body: fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      fc.array(fc.constantFrom('\r', '\n', '--', 'x'), { maxLength: 12 }).map((pieces) => Buffer.from(pieces.join(''))),
    ),
    headers: fc.constantFrom([], [['Content-ID', '<1@h>'] as const]),
  });
  fc.assert(
    fc.property(fc.array(anyPart, { minLength: 1, maxLength: 4 }), (parts) => {
      const written = serializeMultipart('mixed', parts);
      const nested = serializeMultipart('related', [{ contentType: 'text/html', body: Buffer.from('x') }, written]);
      const read = parseMultipart(nested.body, typeOf(nested.contentType));
      if (!read.ok) throw new Error(read.fault);
      const inner = read.value[1]?.parts ?? [];
      expect(inner.map(({ body }) => body.toString('hex'))).toEqual(parts.map(({ body }) => body.toString('hex')));
      expect(inner.map(({ headers }) => headers.get('Content-ID'))).toEqual(
        parts.map(({ headers }) => headers[0]?.[1]),
      );
    }),
  );
});

describe('RFC 5621 §3 bodies of messages', () => {
  const sdp = { contentType: 'application/sdp', body: Buffer.from('v=0\r\n') };
  const isup = {
    contentType: 'application/isup;version=nxv3',
    body: Buffer.from([1, 0x0d, 0x0a, 2]),
    headers: [['Content-Disposition', 'signal; handling=optional']] as const,
  };
  const text = { contentType: 'text/plain', body: Buffer.from('hello') };
  const messageOf = (subtype: string, parts: Parameters<typeof serializeMultipart>[1]) => {
    const { contentType, body } = serializeMultipart(subtype, parts);
    return carrying(contentType, body);
  };

  test('a plain body is the one part, an empty one is none', () => {
    const plain = carrying('application/sdp', sdp.body);
    expect(bodyParts(plain)).toMatchObject({ ok: true, value: [{ disposition: { type: 'session' }, body: sdp.body }] });
    expect(sessionBody(plain)).toBe(plain.body);
    expect(bodyParts(sampleRequest('INVITE'))).toEqual({ ok: true, value: [] });
    expect(sessionBody(sampleRequest('INVITE'))).toBeNull();
  });

  test('the session description is found beside an ISUP part, and inside a nested multipart', () => {
    expect(sessionBody(messageOf('mixed', [isup, sdp]))?.toString()).toBe('v=0\r\n');
    expect(sessionBody(messageOf('mixed', [text, serializeMultipart('related', [sdp, text])]))?.toString()).toBe(
      'v=0\r\n',
    );
    expect(findPart(messageOf('mixed', [isup, sdp]), 'application/isup')?.body).toEqual(isup.body);
  });

  test('RFC 3959 §4 a description of another disposition is not the session’s', () => {
    const early = { ...sdp, headers: [['Content-Disposition', 'early-session;handling=optional']] as const };
    expect(sessionBody(messageOf('mixed', [early]))).toBeNull();
    const both = messageOf('mixed', [early, { ...sdp, body: Buffer.from('v=0 session') }]);
    expect(sessionBody(both)?.toString()).toBe('v=0 session');
  });

  test('RFC 2046 §5.1.4 the last alternative is preferred', () => {
    const alternatives = messageOf('alternative', [text, { ...text, body: Buffer.from('better') }]);
    expect(texts(leafParts(alternatives))).toEqual(['better', 'hello']);
    expect(findPart(alternatives, 'text/plain')?.body.toString()).toBe('better');
  });

  test('RFC 5621 §8 a required part that is not understood is told, an optional one is not', () => {
    const accepted = ['application/sdp', 'multipart/mixed'];
    const understood = (message: SipRequest) => understandsBody(message, accepted);
    expect(understood(messageOf('mixed', [isup, sdp]))).toEqual({ ok: true, value: true });
    expect(understood(messageOf('mixed', [text, sdp]))).toEqual({ ok: true, value: false });
    expect(understood(messageOf('alternative', [text, sdp]))).toEqual({ ok: true, value: true });
    const either = serializeMultipart('alternative', [text, sdp]);
    expect(understood(messageOf('mixed', [either]))).toEqual({ ok: true, value: true });
    const zipped = { ...sdp, headers: [['Content-Encoding', 'gzip']] as const };
    expect(understood(messageOf('mixed', [zipped]))).toEqual({ ok: true, value: false });
    expect(understood(carrying('multipart/mixed;boundary=b', Buffer.from('x')))).toMatchObject({ ok: false });
  });

  test('a body that was replaced is read again', () => {
    const message = messageOf('mixed', [sdp]);
    expect(findPart(message, 'application/sdp')?.body.toString()).toBe('v=0\r\n');
    message.body = Buffer.from(message.body.toString().replace('v=0', 'v=1'));
    expect(findPart(message, 'application/sdp')?.body.toString()).toBe('v=1\r\n');
  });

  test('the limits of a message are those that are exported', () => {
    const many = Array.from({ length: defaultMultipartLimits.maxParts + 1 }, () => text);
    expect(bodyParts(messageOf('mixed', many))).toMatchObject({ ok: false, fault: 'over-limit' });
    expect(leafParts(messageOf('mixed', many))).toEqual([]);
  });
});
