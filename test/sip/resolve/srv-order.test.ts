import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SrvRecord } from '../../../sip/resolve/dns-message.js';
import { orderSrv } from '../../../sip/resolve/srv-order.js';
import { createSeededRandom } from '../../support/seeded-random.js';

const srv = (target: string, priority: number, weight: number): SrvRecord => ({ target, priority, weight, port: 5060 });

describe('RFC 2782 the order of SRV records', () => {
  test('RFC 2782 lower priorities come first, whatever their weight', () => {
    const records = [srv('c', 30, 9), srv('a', 10, 0), srv('b', 20, 500)];
    expect(orderSrv(records, createSeededRandom(1)).map(({ target }) => target)).toEqual(['a', 'b', 'c']);
  });

  test('RFC 2782 of one priority the first is drawn in proportion to the weights', () => {
    const records = [srv('ten', 0, 10), srv('thirty', 0, 30), srv('sixty', 0, 60)];
    const random = createSeededRandom(2);
    const first: Record<string, number> = {};
    const rounds = 20_000;
    for (let i = 0; i < rounds; i += 1) {
      const { target } = orderSrv(records, random)[0]!;
      first[target] = (first[target] ?? 0) + 1;
    }
    expect(first.ten! / rounds).toBeCloseTo(0.1, 1);
    expect(first.thirty! / rounds).toBeCloseTo(0.3, 1);
    expect(first.sixty! / rounds).toBeCloseTo(0.6, 1);
  });

  test('RFC 2782 a weight of 0 beside others has a very small chance, and not none', () => {
    const records = [srv('heavy', 0, 9), srv('zero', 0, 0)];
    const random = createSeededRandom(3);
    let zeros = 0;
    for (let i = 0; i < 10_000; i += 1) if (orderSrv(records, random)[0]!.target === 'zero') zeros += 1;
    expect(zeros).toBeGreaterThan(500);
    expect(zeros).toBeLessThan(1500);
  });

  test('RFC 2782 a target of "." is no server', () => {
    expect(orderSrv([srv('.', 0, 0)], createSeededRandom(1))).toEqual([]);
  });

  test('RFC 2782 every server is there once, by priority, for any records and draws', () => {
    const record = fc.record({
      target: fc.constantFrom('a', 'b', 'c', 'd'),
      priority: fc.nat(3),
      weight: fc.nat(65_535),
      port: fc.nat(65_535),
    });
    fc.assert(
      fc.property(fc.array(record, { maxLength: 12 }), fc.integer({ min: 1 }), (records, seed) => {
        const ordered = orderSrv(records, createSeededRandom(seed));
        expect(new Set(ordered)).toEqual(new Set(records));
        expect(ordered).toHaveLength(records.length);
        const priorities = ordered.map(({ priority }) => priority);
        expect(priorities).toEqual([...priorities].sort((a, b) => a - b));
      }),
    );
  });
});
