import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseSipFrag, type SipFrag, serializeSipFrag, statusFrag } from '../../../sip/bodies/sipfrag.js';

function read(text: string): SipFrag {
  const frag = parseSipFrag(Buffer.from(text));
  if (!frag.ok) throw new Error(frag.fault);
  return frag.value;
}

test('RFC 3420 §2.1 a status line alone, as RFC 3515 has it, with and without its line end', () => {
  const ringing = { kind: 'response', statusCode: 180, reasonPhrase: 'Ringing' };
  expect(read('SIP/2.0 180 Ringing\r\n').startLine).toEqual(ringing);
  expect(read('SIP/2.0 180 Ringing').startLine).toEqual(ringing);
  expect(read('SIP/2.0 503').startLine).toEqual({ kind: 'response', statusCode: 503, reasonPhrase: '' });
  expect(serializeSipFrag(statusFrag(100)).toString()).toBe('SIP/2.0 100 Trying\r\n');
});

test('RFC 3420 §3.1 a request line, header fields and a body, each alone or together', () => {
  const whole = read('INVITE sip:a@b SIP/2.0\r\nFrom: <sip:c@d>;tag=1\r\nSubject: a\r\n b\r\n\r\nbody');
  expect(whole.startLine).toMatchObject({ kind: 'request', method: 'INVITE', uri: { user: 'a' } });
  expect(whole.headers.get('from')).toBe('<sip:c@d>;tag=1');
  expect(whole.headers.get('Subject')).toBe('a b');
  expect(whole.body.toString()).toBe('body');
  expect(read('From: <sip:c@d>\r\nTo: <sip:e@f>').startLine).toBeNull();
  expect(read('\r\nbody').body.toString()).toBe('body');
  expect(serializeSipFrag(whole).toString()).toBe(
    'INVITE sip:a@b SIP/2.0\r\nFrom: <sip:c@d>;tag=1\r\nSubject: a b\r\n\r\nbody',
  );
});

test.each(['', 'nonsense', 'SIP/2.0 999 No', 'SIP/3.0 200 OK', 'IN VITE sip:a@b SIP/2.0', 'INVITE nonsense SIP/2.0'])(
  'RFC 3420 §2 %j is no part of a message',
  (text) => {
    expect(parseSipFrag(Buffer.from(text)).ok).toBe(false);
  },
);

test('RFC 3420 §2 a phrase cannot smuggle a header field in', () => {
  const frag = statusFrag(200, 'OK\r\nX: y');
  expect(serializeSipFrag(frag).toString()).toBe('SIP/2.0 200 OK X: y\r\n');
});

test('RFC 3420 §2 no bytes make the parser throw, and what it read is read the same again', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.string().map((text) => Buffer.from(text)),
      ),
      (bytes) => {
        const first = parseSipFrag(Buffer.from(bytes));
        if (!first.ok) return;
        const written = serializeSipFrag(first.value);
        const second = parseSipFrag(written);
        expect(second.ok).toBe(true);
        if (second.ok) expect(serializeSipFrag(second.value).equals(written)).toBe(true);
      },
    ),
  );
});
