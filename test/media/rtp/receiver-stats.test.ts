import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReceiverStats } from '../../../media/rtp/receiver-stats.js';

describe('RFC 3550 §A.3 loss', () => {
  test('RFC 3550 §A.3 fraction, cumulative loss and highest sequence number, over the wrap', () => {
    const stats = new ReceiverStats(1, 65530);
    for (let i = 0; i < 20; i += 1) if (i % 5 !== 3) stats.receive((65530 + i) & 0xffff, 160);
    expect(stats.report()).toEqual({
      fractionLost: Math.floor((4 * 256) / 20),
      cumulativeLost: 4,
      extendedHighestSequence: 65536 + 13,
      jitter: 0,
    });
    expect(stats.report()).toMatchObject({ fractionLost: 0, cumulativeLost: 4 });
  });

  test('RFC 3550 §A.1 any order of a window with some left out counts exactly what is missing, and second copies apart', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 65535 }),
        fc.shuffledSubarray([...Array(60).keys()], { minLength: 1 }),
        (base, order) => {
          const stats = new ReceiverStats(1, (base + order[0]!) & 0xffff);
          for (const step of order) expect(stats.receive((base + step) & 0xffff, 1)).toBe('new');
          for (const step of order) expect(stats.receive((base + step) & 0xffff, 1)).toBe('duplicate');
          const span = Math.max(...order) - Math.min(...order) + 1;
          expect(stats.packetsLost).toBe(span - order.length);
          expect(stats.packetsDuplicate).toBe(order.length);
          expect(stats.packetsReceived).toBe(order.length);
        },
      ),
    );
  });

  test('RFC 3550 §A.1 a single wild sequence number is a stray; two in a row begin the line anew without counting loss', () => {
    const stats = new ReceiverStats(1, 100);
    expect([100, 101, 40000, 102].map((sequence) => stats.receive(sequence, 1))).toEqual([
      'new',
      'new',
      'stray',
      'new',
    ]);
    expect([50000, 50001, 50002].map((sequence) => stats.receive(sequence, 1))).toEqual(['stray', 'restarted', 'new']);
    expect(stats.packetsLost).toBe(0);
    expect(stats.report().extendedHighestSequence).toBe(50002);
  });
});

describe('RFC 3550 §A.8 jitter', () => {
  test('RFC 3550 §A.8 is zero for even arrivals, also over the timestamp wrap and a pause', () => {
    const stats = new ReceiverStats(1, 0);
    for (let i = 0; i < 50; i += 1) stats.observeTransit((0xffff_ff00 + i * 160) >>> 0, 1000.5 + i * 20, 8000);
    stats.observeTransit((0xffff_ff00 + 500 * 160) >>> 0, 1000.5 + 500 * 20, 8000);
    expect(stats.jitterMs).toBeLessThan(0.2);
  });

  test('RFC 3550 §A.8 comes to the mean difference of transit times', () => {
    const stats = new ReceiverStats(1, 0);
    for (let i = 0; i < 400; i += 1) stats.observeTransit(i * 160, i * 20 + (i % 2) * 10, 8000);
    expect(stats.jitterMs).toBeCloseTo(10, 0);
  });

  test('RFC 3550 §A.8 a jump of the timestamp line is not jitter', () => {
    const stats = new ReceiverStats(1, 0);
    for (let i = 0; i < 20; i += 1) stats.observeTransit(i * 160 + (i >= 10 ? 1_000_000_000 : 0), i * 20, 8000);
    expect(stats.jitterMs).toBe(0);
  });
});

describe('RFC 3611 §4.7.1 lost and discarded', () => {
  test('RFC 3611 §4.7.1 swapped packets are neither; late ones are discarded, once they are too far behind', () => {
    const stats = new ReceiverStats(1, 65_500);
    const arrivals = Array.from({ length: 200 }, (_, at) => (65_500 + at) & 0xffff);
    const [swapped, lost, late] = [arrivals[10]!, arrivals[50]!, arrivals[60]!];
    for (const sequence of arrivals) {
      if (sequence === swapped || sequence === lost) continue;
      stats.receive(sequence, 160);
      if (sequence === late) stats.discarded(late);
      if (sequence === arrivals[13]) stats.receive(swapped, 160);
    }
    stats.discarded(lost);
    expect(stats.pattern).toMatchObject({ packets: 168, lost: 1, discarded: 1, runs: 2 });
    expect(stats.pattern.bursts).toEqual({ packets: 11, missing: 2, count: 1 });
  });

  test('a leap of the sequence is a burst, a line that begins anew is not', () => {
    const stats = new ReceiverStats(1, 0);
    for (let sequence = 0; sequence < 40; sequence += 1) stats.receive(sequence, 160);
    for (let sequence = 2040; sequence < 2100; sequence += 1) stats.receive(sequence, 160);
    expect(stats.pattern).toMatchObject({ lost: 2000, runs: 1 });
    for (let sequence = 40_000; sequence < 40_100; sequence += 1) stats.receive(sequence, 160);
    expect(stats.pattern).toMatchObject({ lost: 2000, runs: 1 });
  });
});
