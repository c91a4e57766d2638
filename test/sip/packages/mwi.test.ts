import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type MessageSummary, messageSummaryPackage as mwi } from '../../../sip/packages/mwi.js';
import { acrossTheWire, documentContext } from '../../support/event-document.js';

const read = (text: string) => mwi.parse(Buffer.from(text), mwi.contentType);

/** RFC 3842 §4.1, the last example. */
const example = `Messages-Waiting: yes
Message-Account: sip:alice@vmail.example.com
Voice-Message: 4/8 (1/2)

To: <alice@atlanta.example.com>
From: <bob@biloxi.example.com>
Subject: carpool tomorrow?
Message-ID: 13784434989@vmail.example.com

To: <alice@example.com>
From: <cathy-the-bob@example.com>
Priority: urgent
`;

test('RFC 3842 §4.1 the example is read, with the descriptions of its messages', () => {
  expect(read(example)).toMatchObject({
    ok: true,
    value: {
      full: true,
      state: {
        waiting: true,
        account: 'sip:alice@vmail.example.com',
        counts: { voice: { newMessages: 4, oldMessages: 8, urgent: { newMessages: 1, oldMessages: 2 } } },
        messages: [
          [
            ['To', '<alice@atlanta.example.com>'],
            ['From', '<bob@biloxi.example.com>'],
            ['Subject', 'carpool tomorrow?'],
            ['Message-ID', '13784434989@vmail.example.com'],
          ],
          [
            ['To', '<alice@example.com>'],
            ['From', '<cathy-the-bob@example.com>'],
            ['Priority', 'urgent'],
          ],
        ],
      },
    },
  });
});

test('RFC 3842 §5.2 it is written as phones expect it', () => {
  const state: MessageSummary = { waiting: true, counts: { voice: { newMessages: 2, oldMessages: 8 } } };
  expect(mwi.serialize(state, documentContext(mwi)).toString()).toBe('Messages-Waiting: yes\r\nVoice-Message: 2/8\r\n');
});

test('RFC 3842 §5.2 a line break in a value begins no line of its own', () => {
  const state: MessageSummary = { waiting: false, account: 'sip:a@b\r\nVoice-Message: 9/9', counts: {} };
  expect(acrossTheWire(mwi, state)).toEqual({ waiting: false, account: 'sip:a@b Voice-Message: 9/9', counts: {} });
});

test('RFC 3842 §5.2 counts cross the wire', () => {
  const number = fc.nat(999_999_999);
  const plain = fc.record({ newMessages: number, oldMessages: number });
  const counts = fc.oneof(plain, fc.record({ newMessages: number, oldMessages: number, urgent: plain }));
  const summaries = fc.record({
    waiting: fc.boolean(),
    counts: fc.record({ voice: counts, fax: counts, text: counts, none: counts }, { requiredKeys: [] }),
  });
  fc.assert(
    fc.property(summaries, (state) => {
      expect(acrossTheWire(mwi, state)).toEqual(state);
    }),
  );
});

test.each([
  ['', 'nothing'],
  ['Voice-Message: 1/1\r\n', 'no Messages-Waiting'],
  ['Messages-Waiting: maybe\r\n', 'neither yes nor no'],
  ['Messages-Waiting: yes\r\nVoice-Message: one\r\n', 'a count that is no number'],
  ['Messages-Waiting: yes\r\nVoice-Message: 1/2 (3)\r\n', 'half of the urgent ones'],
  ['a\n'.repeat(500), 'too many lines'],
  [`Messages-Waiting: yes\r\n${'x'.repeat(20_000)}`, 'too many bytes'],
])('RFC 3842 §5.2 %j is refused: %s', (text) => {
  expect(read(text)).toMatchObject({ ok: false, fault: 'bad-body' });
});

test('RFC 3842 §5.2 classes that came later are passed over; folded lines and small letters are read', () => {
  expect(read('messages-waiting: no\nX-Message: 3/4\nvoice-message:\n 1/2\n')).toMatchObject({
    value: { state: { waiting: false, counts: { voice: { newMessages: 1, oldMessages: 2 } } } },
  });
});
