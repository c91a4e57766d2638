import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DtmfReceiver,
  DtmfSender,
  type EventPacket,
  readTelephoneEvent,
  type TelephoneEvent,
  writeTelephoneEvent,
} from '../../../media/dtmf/rfc4733.js';

const BEAT_MS = 20;
const BEAT_TICKS = 160;

interface Sent extends TelephoneEvent {
  readonly beat: number;
  readonly rtpTimestamp: number;
  readonly marker: boolean;
}

/** Steps a sender through `beats` from a timestamp; what went out in place of sound. */
function run(sender: DtmfSender, beats: number, firstTimestamp = 1000, beatTicks = BEAT_TICKS): Sent[] {
  const packet: EventPacket = { payload: new Uint8Array(4), rtpTimestamp: 0, marker: false };
  const sent: Sent[] = [];
  for (let beat = 0; beat < beats; beat += 1) {
    if (!sender.step((firstTimestamp + beat * beatTicks) >>> 0, beatTicks, packet)) continue;
    const read: TelephoneEvent = { event: 0, end: false, volume: 0, duration: 0 };
    readTelephoneEvent(packet.payload, 0, 4, read);
    sent.push({ beat, rtpTimestamp: packet.rtpTimestamp, marker: packet.marker, ...read });
  }
  return sent;
}

/** A receiver with what it reported, as `digit:durationMs`. */
function hear(clockRateHz = 8000): { receiver: DtmfReceiver; heard: string[] } {
  const heard: string[] = [];
  const onDigit = (digit: string, durationMs: number): void => void heard.push(`${digit}:${durationMs}`);
  return { receiver: new DtmfReceiver({ clockRateHz, onDigit }), heard };
}

function push(receiver: DtmfReceiver, rtpTimestamp: number, event: Partial<TelephoneEvent>, nowMs = 0): void {
  const payload = new Uint8Array(4);
  writeTelephoneEvent({ event: 0, end: false, volume: 10, duration: 0, ...event }, payload, 0);
  receiver.push(rtpTimestamp, payload, 0, 4, nowMs);
}

function pushAll(receiver: DtmfReceiver, packets: readonly Sent[]): void {
  for (const packet of packets) push(receiver, packet.rtpTimestamp, packet, packet.beat * BEAT_MS);
}

describe('RFC 4733 §2.3 the payload', () => {
  test('RFC 4733 §2.3 the bits are where the diagram has them', () => {
    const payload = new Uint8Array(6).fill(0xee);
    expect(writeTelephoneEvent({ event: 11, end: true, volume: 10, duration: 0x1234 }, payload, 1)).toBe(4);
    expect([...payload]).toEqual([0xee, 11, 0x8a, 0x12, 0x34, 0xee]);
    const read: TelephoneEvent = { event: 0, end: false, volume: 0, duration: 0 };
    expect(readTelephoneEvent(payload, 1, 4, read)).toBe(true);
    expect(read).toEqual({ event: 11, end: true, volume: 10, duration: 0x1234 });
  });

  test('RFC 4733 §2.3 the reserved bit is ignored', () => {
    const read: TelephoneEvent = { event: 0, end: true, volume: 0, duration: 0 };
    readTelephoneEvent(Uint8Array.of(1, 0x4a, 0, 160), 0, 4, read);
    expect(read).toEqual({ event: 1, end: false, volume: 10, duration: 160 });
  });

  test('a payload of fewer than four bytes is counted and otherwise ignored', () => {
    const { receiver, heard } = hear();
    receiver.push(1, Uint8Array.of(1, 0x80, 0), 0, 3, 0);
    receiver.reset();
    expect([receiver.malformed, heard]).toEqual([1, []]);
  });
});

describe('RFC 4733 §2.5.2 receiving', () => {
  test('RFC 4733 §2.5.2.2 updates and three end packets are one digit with the last duration', () => {
    const { receiver, heard } = hear();
    for (const duration of [160, 320, 480, 640]) push(receiver, 5000, { event: 5, duration });
    for (let i = 0; i < 3; i += 1) push(receiver, 5000, { event: 5, duration: 800, end: true });
    receiver.poll(10_000);
    expect(heard).toEqual(['5:100']);
  });

  test('RFC 4733 §2.5.1.1 no marker and no first packet are needed: one end packet is a digit', () => {
    const { receiver, heard } = hear();
    push(receiver, 77, { event: 11, duration: 800, end: true });
    expect(heard).toEqual(['#:100']);
  });

  test('RFC 4733 §2.5.2.2 the next event ends one whose end packets were lost', () => {
    const { receiver, heard } = hear();
    push(receiver, 1000, { event: 1, duration: 480 }, 0);
    push(receiver, 3000, { event: 1, duration: 160 }, 100);
    push(receiver, 3000, { event: 1, duration: 640, end: true }, 160);
    expect(heard).toEqual(['1:60', '1:80']);
  });

  test('RFC 4733 §2.5.2.2 silence of 200 ms ends one whose end packets were lost, not sooner', () => {
    const { receiver, heard } = hear();
    push(receiver, 1000, { event: 10, duration: 480 }, 500);
    receiver.poll(699);
    expect(heard).toEqual([]);
    receiver.poll(700);
    receiver.poll(900);
    push(receiver, 1000, { event: 10, duration: 800, end: true }, 950);
    expect(heard).toEqual(['*:60']);
  });

  test('packets of an earlier event that come late change nothing', () => {
    const { receiver, heard } = hear();
    push(receiver, 1000, { event: 1, duration: 800, end: true });
    push(receiver, 3000, { event: 2, duration: 160 });
    push(receiver, 1000, { event: 1, duration: 800, end: true });
    push(receiver, 3000, { event: 2, duration: 800, end: true });
    push(receiver, 3000, { event: 2, duration: 320 });
    receiver.poll(10_000);
    expect(heard).toEqual(['1:100', '2:100']);
  });

  test('timestamps wrap', () => {
    const { receiver, heard } = hear();
    push(receiver, 0xffffff00, { event: 3, duration: 800, end: true });
    push(receiver, 0x00000900, { event: 4, duration: 800, end: true });
    push(receiver, 0xffffff00, { event: 3, duration: 800, end: true });
    expect(heard).toEqual(['3:100', '4:100']);
  });

  test('timestamps that jump far back begin a new line', () => {
    const { receiver, heard } = hear();
    push(receiver, 1_000_000, { event: 3, duration: 800, end: true });
    push(receiver, 2000, { event: 4, duration: 800, end: true });
    expect(heard).toEqual(['3:100', '4:100']);
  });

  test('after a new SSRC the same timestamp is a new event, and an open one was reported', () => {
    const { receiver, heard } = hear();
    push(receiver, 1000, { event: 7, duration: 320 });
    receiver.reset();
    push(receiver, 1000, { event: 7, duration: 800, end: true });
    expect(heard).toEqual(['7:40', '7:100']);
  });

  test('RFC 4733 §2.5.1.3 segments of a long event are one digit', () => {
    const { receiver, heard } = hear();
    push(receiver, 1000, { event: 9, duration: 0xffff });
    push(receiver, 1000 + 0xffff, { event: 9, duration: 0xffff });
    push(receiver, 1000 + 2 * 0xffff, { event: 9, duration: 8000, end: true });
    expect(heard).toEqual([`9:${Math.round((2 * 0xffff + 8000) / 8)}`]);
  });

  test('digits that overlap are told once each, in the order of their begins', () => {
    const { receiver, heard } = hear();
    const first = (duration: number, end = false): void => push(receiver, 1000, { event: 1, duration, end });
    const second = (duration: number, end = false): void => push(receiver, 1400, { event: 2, duration, end });
    first(160);
    first(320);
    second(160);
    first(480);
    second(320);
    first(640, true);
    second(480, true);
    first(640, true);
    second(480, true);
    receiver.poll(10_000);
    expect(heard).toEqual(['1:40', '2:60']);
  });

  test('digits of a sender whose timestamp stands still are told once each', () => {
    const { receiver, heard } = hear();
    for (const event of [1, 2, 3]) {
      for (const duration of [160, 320]) push(receiver, 1000, { event, duration });
      for (let i = 0; i < 3; i += 1) push(receiver, 1000, { event, duration: 400, end: true });
    }
    push(receiver, 1000, { event: 1, duration: 400, end: true });
    push(receiver, 1000, { event: 200, duration: 400, end: true });
    expect(heard).toEqual(['1:50', '2:50', '3:50']);
  });

  test('a lost first packet, its marker with it, and every packet doubled change nothing', () => {
    const { receiver, heard } = hear();
    for (const duration of [320, 320, 480, 480, 640, 640]) push(receiver, 9000, { event: 0, duration });
    for (let i = 0; i < 6; i += 1) push(receiver, 9000, { event: 0, duration: 800, end: true });
    expect(heard).toEqual(['0:100']);
  });

  describe('RFC 4733 §2.5.2.4 several events in one packet', () => {
    /** One packet with all of them. */
    function packed(receiver: DtmfReceiver, rtpTimestamp: number, events: readonly Partial<TelephoneEvent>[]): void {
      const payload = new Uint8Array(4 * events.length);
      events.forEach((event, i) => {
        writeTelephoneEvent({ event: 0, end: false, volume: 10, duration: 0, ...event }, payload, 4 * i);
      });
      receiver.push(rtpTimestamp, payload, 0, payload.length, 0);
    }

    test('each begins where the one before it ends, and is told once however often it comes', () => {
      const { receiver, heard } = hear();
      const one = { event: 1, duration: 400, end: true };
      const two = { event: 2, duration: 480, end: true };
      packed(receiver, 1000, [one, { event: 2, duration: 80 }]);
      packed(receiver, 1000, [one, { ...two, end: false }]);
      for (let i = 0; i < 3; i += 1) packed(receiver, 1000, [one, two]);
      push(receiver, 1400, two);
      push(receiver, 1000, one);
      receiver.poll(10_000);
      expect(heard).toEqual(['1:50', '2:60']);
    });

    test('the same key twice is two digits', () => {
      const { receiver, heard } = hear();
      for (let i = 0; i < 3; i += 1) {
        packed(receiver, 0xffff_ff00, [
          { event: 7, duration: 400, end: true },
          { event: 7, duration: 480, end: true },
        ]);
      }
      expect(heard).toEqual(['7:50', '7:60']);
    });

    test('RFC 4733 §2.5.1.5 the end of a segment and the begin of the next are one event', () => {
      const { receiver, heard } = hear();
      push(receiver, 1000, { event: 9, duration: 0xff00 });
      packed(receiver, 1000, [
        { event: 9, duration: 0xffff },
        { event: 9, duration: 100 },
      ]);
      push(receiver, 1000 + 0xffff, { event: 9, duration: 8000, end: true });
      expect(heard).toEqual([`9:${Math.round((0xffff + 8000) / 8)}`]);
    });

    test('bytes that fill a packet up are no event, nor are those behind the sixteenth', () => {
      const { receiver, heard } = hear();
      packed(receiver, 1000, [{ event: 5, duration: 400, end: true }, {}, {}, { event: 6, duration: 400, end: true }]);
      expect(heard).toEqual(['5:50']);
      const keys = Array.from({ length: 300 }, (_, i) => ({ event: i % 10, duration: 400, end: true }));
      packed(receiver, 20_000, keys);
      expect(heard).toHaveLength(17);
    });
  });

  test('flash and events that are no digits are not reported', () => {
    const { receiver, heard } = hear();
    push(receiver, 1000, { event: 16, duration: 800, end: true });
    push(receiver, 3000, { event: 255, duration: 800, end: true });
    expect(heard).toEqual([]);
  });
});

describe('RFC 4733 §2.5.1 sending', () => {
  test('RFC 4733 §2.5.1.2 one timestamp, marker on the first packet, growing duration, three ends', () => {
    const sender = new DtmfSender({ clockRateHz: 8000, volume: 8 });
    expect(sender.send('5', 100)).toBe(1);
    const sent = run(sender, 12);
    expect(sent.map((packet) => packet.duration)).toEqual([160, 320, 480, 640, 800, 800, 800]);
    expect(sent.map((packet) => packet.end)).toEqual([false, false, false, false, true, true, true]);
    expect(sent.map((packet) => packet.marker)).toEqual([true, false, false, false, false, false, false]);
    expect(sent.map((packet) => packet.beat)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(new Set(sent.map((packet) => `${packet.rtpTimestamp} ${packet.event} ${packet.volume}`))).toEqual(
      new Set(['1000 5 8']),
    );
    expect(sender.active).toBe(false);
  });

  test('RFC 4733 §2.5.1.1 the next digit has its own timestamp, three beats of sound later', () => {
    const sender = new DtmfSender({ clockRateHz: 8000 });
    sender.send('1d', 60);
    const sent = run(sender, 30);
    const second = sent.filter((packet) => packet.event === 15);
    expect(second[0]).toMatchObject({ beat: 8, rtpTimestamp: 1000 + 8 * BEAT_TICKS, marker: true, volume: 10 });
    expect(sent.map((packet) => packet.beat)).toEqual([0, 1, 2, 3, 4, 8, 9, 10, 11, 12]);
  });

  test('RFC 4733 §2.5.1.3 a long event goes on in a new segment', () => {
    const sender = new DtmfSender({ clockRateHz: 8000 });
    sender.send('0', 10_000);
    const sent = run(sender, 600, 0xfffff000);
    const starts = [...new Set(sent.map((packet) => packet.rtpTimestamp))];
    expect(starts).toEqual([0xfffff000, (0xfffff000 + 0xffff) >>> 0]);
    const first = sent.filter((packet) => packet.rtpTimestamp === starts[0]);
    expect(first.at(-1)).toMatchObject({ duration: 0xffff, end: false });
    const last = sent.filter((packet) => packet.rtpTimestamp === starts[1]);
    expect(last.filter((packet) => packet.end).map((packet) => packet.duration)).toEqual(
      Array<number>(3).fill(80_000 - 0xffff),
    );
    expect(sent.filter((packet) => packet.marker)).toHaveLength(1);
  });

  test('what is no digit is left out and counted, and so are digits beyond the queue', () => {
    const sender = new DtmfSender({ clockRateHz: 8000 });
    expect(sender.send('1,x 2', 100)).toBe(2);
    expect(sender.dropped).toBe(3);
    expect(sender.send('9'.repeat(200), 100)).toBe(126);
    expect(sender.dropped).toBe(3 + 74);
  });

  test('a digit is never shorter than 40 ms nor longer than 30 s', () => {
    const sender = new DtmfSender({ clockRateHz: 8000 });
    sender.send('1', 1);
    expect(run(sender, 10).find((packet) => packet.end)?.duration).toBe(320);
    sender.send('1', 1e9);
    expect(run(sender, 2000).length).toBe(30_000 / BEAT_MS + 2);
  });
});

describe.each([16_000, 48_000])('RFC 4733 §2.1 at the clock of a wideband codec, %i Hz', (clockRateHz) => {
  const beatTicks = clockRateHz / 50;

  test('digits have the length that they had, those of several segments too', () => {
    for (const durationMs of [100, 1360, 1400, 5000]) {
      const sender = new DtmfSender({ clockRateHz });
      sender.send('5#', durationMs);
      const { receiver, heard } = hear(clockRateHz);
      pushAll(receiver, run(sender, 700, 0xffff_0000, beatTicks));
      expect(heard).toEqual([`5:${durationMs}`, `#:${durationMs}`]);
    }
  });

  test('one whose end packets were lost ends after 200 ms, and one late by less than 5 s is known again', () => {
    const { receiver, heard } = hear(clockRateHz);
    push(receiver, 1000, { event: 4, duration: beatTicks * 2 }, 0);
    receiver.poll(199);
    expect(heard).toEqual([]);
    receiver.poll(200);
    push(receiver, 1000 + clockRateHz * 4, { event: 5, duration: beatTicks, end: true }, 4000);
    push(receiver, 1000, { event: 4, duration: beatTicks * 5, end: true }, 4000);
    expect(heard).toEqual(['4:40', '5:20']);
  });
});

describe('RFC 4733 both ends', () => {
  const digits = fc.stringMatching(/^[0-9*#A-D]{1,8}$/);

  test('what is sent is received, with its duration', () => {
    fc.assert(
      fc.property(digits, fc.integer({ min: 2, max: 20 }), (text, beats) => {
        const sender = new DtmfSender({ clockRateHz: 8000 });
        sender.send(text, beats * BEAT_MS);
        const { receiver, heard } = hear();
        pushAll(receiver, run(sender, 400));
        expect(heard).toEqual([...text].map((digit) => `${digit}:${beats * BEAT_MS}`));
      }),
    );
  });

  test('duplicates, neighbours swapped and losses short of a whole digit leave each digit once, in order', () => {
    fc.assert(
      fc.property(digits, fc.infiniteStream(fc.nat({ max: 9 })), (text, luck) => {
        const sender = new DtmfSender({ clockRateHz: 8000 });
        sender.send(text, 100);
        const sent = run(sender, 400);
        const arrived = sent.flatMap((packet, index) => {
          const isFirst = packet.marker;
          const fate = luck.next().value ?? 0;
          if (fate < 4 && !isFirst) return [];
          return fate > 7 || sent[index + 1]?.marker === true ? [packet, packet] : [packet];
        });
        for (let i = 1; i < arrived.length; i += 2) {
          if (arrived[i]!.rtpTimestamp !== arrived[i - 1]!.rtpTimestamp) continue;
          [arrived[i - 1], arrived[i]] = [arrived[i]!, arrived[i - 1]!];
        }
        const { receiver, heard } = hear();
        pushAll(receiver, arrived);
        receiver.poll(1e6);
        expect(heard.map((entry) => entry[0]).join('')).toBe(text);
      }),
    );
  });

  test('no packets make the receiver throw or report more digits than there are events', () => {
    const packet = fc.record({
      rtpTimestamp: fc.integer({ min: 0, max: 0xffffffff }),
      payload: fc.uint8Array({ maxLength: 8 }),
    });
    fc.assert(
      fc.property(fc.array(packet), (packets) => {
        const { receiver, heard } = hear();
        packets.forEach(({ rtpTimestamp, payload }, i) => {
          receiver.push(rtpTimestamp, payload, 0, payload.length, i * 20);
        });
        receiver.reset();
        const events = packets.reduce((sum, { payload }) => sum + Math.floor(payload.length / 4), 0);
        expect(heard.length).toBeLessThanOrEqual(events);
      }),
    );
  });
});
