import { describe, expect, test } from 'vitest';
import { codecs } from '../../media/codec/codec.js';
import { writeTelephoneEvent } from '../../media/dtmf/rfc4733.js';
import { DtmfTones } from '../../media/dtmf/tones.js';
import { babble } from '../support/babble.js';
import { g722Format, pcmuFormat, ReceiverLine } from '../support/receiver-line.js';

const event = { sendPayloadType: 101, receivePayloadType: 101, clockRateHz: 8000 };
const digits = '159#*0AD';

/** Each 20 ms of it as a packet, but for those that are lost. */
function say(
  line: ReceiverLine,
  pcm: Int16Array,
  format = pcmuFormat,
  isLost = (_index: number): boolean => false,
): void {
  const { sampleRateHz, createEncoder } = codecs[format.codec];
  const samples = sampleRateHz / 50;
  const encoder = createEncoder();
  const payload = new Uint8Array(160);
  for (let i = 0; (i + 1) * samples <= pcm.length; i += 1) {
    encoder.encode(pcm, i * samples, samples, payload, 0);
    if (isLost(i)) continue;
    const { payloadType } = format;
    line.send({ atMs: i * 20, timestamp: i * 160, payload: payload.slice(), payloadType, sequence: i });
  }
  line.run((pcm.length * 1000) / sampleRateHz + 500);
}

function tonesOf(text: string, rateHz: number, durationMs = 100): Int16Array {
  const tones = new DtmfTones({ sampleRateHz: rateHz });
  tones.send(text, durationMs);
  const out = new Int16Array(((text.length * (durationMs + 60) + 200) * rateHz) / 1000);
  tones.write(out, rateHz / 10, out.length - rateHz / 10);
  return out;
}

const keysOf = (line: ReceiverLine): string => line.digits.map((digit) => digit[0]).join('');

describe('digits in the sound', () => {
  test.each([pcmuFormat, g722Format])(
    'ITU-T Q.24 are found in $codec where no telephone-event was agreed',
    (format) => {
      const line = new ReceiverLine({ formats: [format], inbandDtmf: 'auto' });
      say(line, tonesOf(digits, codecs[format.codec].sampleRateHz), format);
      expect(keysOf(line)).toBe(digits);
      for (const digit of line.digits) {
        const [, durationMs, source] = digit.split(':');
        expect(Math.abs(Number(durationMs) - 100)).toBeLessThanOrEqual(15);
        expect(source).toBe('inband');
      }
    },
  );

  test('are not looked for unless asked, nor where telephone-event was agreed', () => {
    for (const options of [{}, { inbandDtmf: 'off' as const }, { inbandDtmf: 'auto' as const, event }]) {
      const line = new ReceiverLine(options);
      say(line, tonesOf(digits, 8000));
      expect(line.digits).toEqual([]);
    }
  });

  test('one in twenty packets lost: the digit goes on through the sound that is made up', () => {
    const line = new ReceiverLine({ inbandDtmf: 'auto' });
    say(line, tonesOf(digits, 8000), pcmuFormat, (index) => index % 20 === 9);
    expect(keysOf(line)).toBe(digits);
  });

  test('the splices of the jitter buffer neither split nor swallow one', () => {
    const line = new ReceiverLine({ inbandDtmf: 'auto', phaseMs: 12 });
    const text = digits.repeat(8);
    say(line, tonesOf(text, 8000));
    expect(keysOf(line)).toBe(text);
  });

  test('a digit that is on when the sound stops, or the peer may not send any more, is told', () => {
    const line = new ReceiverLine({ inbandDtmf: 'auto' });
    say(line, tonesOf('7', 8000, 1000).subarray(0, 4000));
    expect(keysOf(line)).toBe('7');
    const held = new ReceiverLine({ inbandDtmf: 'auto' });
    const pcm = tonesOf('8', 8000, 5000);
    say(held, pcm.subarray(0, 8000));
    expect(keysOf(held)).toBe('8');
    held.receiver.set([pcmuFormat], [], false);
    expect(keysOf(held)).toBe('8');
  });

  test('talk-off: nobody who speaks presses keys', () => {
    for (let seed = 1; seed <= 8; seed += 1) {
      const line = new ReceiverLine({ inbandDtmf: 'auto' });
      say(line, babble(seed, 8000));
      expect(line.digits).toEqual([]);
    }
  });
});

describe('RFC 4733 events', () => {
  /** The packets of one digit, from its begin on; those in `lost` never come. */
  function press(
    line: ReceiverLine,
    atMs: number,
    digit: number,
    lost: readonly number[] = [],
    { payloadType = 101, ticksPerMs = 8 } = {},
  ): void {
    for (let i = 0; i < 8; i += 1) {
      const payload = new Uint8Array(4);
      const duration = Math.min(5, i + 1) * 20 * ticksPerMs;
      writeTelephoneEvent({ event: digit, end: i >= 5, volume: 10, duration }, payload, 0);
      if (!lost.includes(i)) line.send({ atMs: atMs + i * 20, timestamp: atMs * ticksPerMs, payload, payloadType });
    }
  }

  test('RFC 4733 §2.5.2.2 each is told with its source, whichever of its packets came', () => {
    const line = new ReceiverLine({ event });
    press(line, 0, 1);
    press(line, 400, 2, [0, 1, 2]);
    press(line, 800, 3, [5, 6, 7]);
    press(line, 1200, 4, [0, 1, 2, 3, 4, 6, 7]);
    line.run(2000);
    expect(line.digits).toEqual(['1:100:rfc4733', '2:100:rfc4733', '3:100:rfc4733', '4:100:rfc4733']);
  });

  test('RFC 4733 §2.1 events at two clock rates are told by the one that they come in, each with its own duration', () => {
    const line = new ReceiverLine({ event });
    line.receiver.set(
      [pcmuFormat],
      [event, { sendPayloadType: 102, receivePayloadType: 102, clockRateHz: 48_000 }],
      true,
    );
    press(line, 0, 1);
    press(line, 400, 2, [5, 6, 7], { payloadType: 102, ticksPerMs: 48 });
    press(line, 800, 2);
    press(line, 1200, 3, [0], { payloadType: 102, ticksPerMs: 48 });
    line.run(2000);
    expect(line.digits).toEqual(['1:100:rfc4733', '2:100:rfc4733', '2:100:rfc4733', '3:100:rfc4733']);
  });

  test('one that is on when an answer drops telephone-event is told', () => {
    const line = new ReceiverLine({ event });
    press(line, 0, 5, [5, 6, 7]);
    line.run(120);
    line.receiver.set([pcmuFormat], [], true);
    expect(line.digits).toEqual(['5:100:rfc4733']);
  });

  test('once telephone-event is agreed on, tones in the sound are no digits any more', () => {
    const line = new ReceiverLine({ inbandDtmf: 'auto' });
    line.receiver.set([pcmuFormat], [event], true);
    press(line, 0, 6);
    say(line, tonesOf('6', 8000));
    expect(line.digits).toEqual(['6:100:rfc4733']);
  });
});
