import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dtmfInfoTypes, parseDtmfInfo, serializeDtmfInfo } from '../../../sip/bodies/dtmf-info.js';

const relay = (text: string) => parseDtmfInfo('application/dtmf-relay', Buffer.from(text));
const plain = (text: string) => parseDtmfInfo('application/dtmf', Buffer.from(text));

test('RFC 6086 §2 the two bodies of phones that send keys by INFO', () => {
  expect(relay('Signal=5\r\nDuration=160\r\n')).toEqual({ ok: true, value: { digit: '5', durationMs: 160 } });
  expect(relay('signal= *\nduration= 100')).toEqual({ ok: true, value: { digit: '*', durationMs: 100 } });
  expect(relay('Signal=11\r\n')).toEqual({ ok: true, value: { digit: '#', durationMs: undefined } });
  expect(plain('d')).toEqual({ ok: true, value: { digit: 'D', durationMs: undefined } });
  expect(plain('10\r\n')).toEqual({ ok: true, value: { digit: '*', durationMs: undefined } });
  expect(plain('Signal=hf\r\nDuration=999999999')).toEqual({ ok: true, value: { digit: '!', durationMs: 60_000 } });
});

test('RFC 6086 §2 what is no key is a fault', () => {
  for (const text of ['', 'Signal=', 'Signal=17', 'Signal=55', 'Duration=5', 'Signal=5\r\nDuration=soon']) {
    expect(relay(text)).toMatchObject({ ok: false, fault: 'bad-body' });
  }
  expect(plain('1'.repeat(300))).toMatchObject({ ok: false, fault: 'bad-body' });
  expect(parseDtmfInfo('text/plain', Buffer.from('5'))).toMatchObject({ ok: false, fault: 'bad-type' });
});

test('RFC 6086 §2 what is written reads back', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...'0123456789*#ABCD!'),
      fc.integer({ min: 1, max: 60_000 }),
      fc.constantFrom('application/dtmf-relay' as const, 'application/dtmf' as const),
      (digit, durationMs, type) => {
        const { contentType, body } = serializeDtmfInfo({ digit, durationMs }, type);
        expect(dtmfInfoTypes).toContain(contentType);
        expect(parseDtmfInfo(contentType, body)).toEqual({
          ok: true,
          value: { digit, durationMs: type === 'application/dtmf' ? undefined : durationMs },
        });
      },
    ),
  );
});
