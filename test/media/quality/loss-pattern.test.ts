import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gmin, LossPattern } from '../../../media/quality/loss-pattern.js';

/** `.` came, `x` lost, `l` came too late. */
function patternOf(packets: string): LossPattern {
  const pattern = new LossPattern();
  for (const packet of packets) {
    if (packet === '.') pattern.came();
    else pattern.missed(packet === 'l');
  }
  return pattern;
}

/** The definition of the RFC, slowly: where the bursts begin and end. */
function burstsOf(packets: string): { packets: number; missing: number; count: number } {
  const missing = [...packets].flatMap((packet, at) => (packet === '.' ? [] : [at]));
  const clusters: number[][] = [];
  for (const at of missing) {
    const last = clusters.at(-1);
    if (last !== undefined && at - last.at(-1)! - 1 < gmin) last.push(at);
    else clusters.push([at]);
  }
  const bursts = clusters.filter((cluster) => cluster.length > 1);
  return {
    packets: bursts.reduce((sum, burst) => sum + burst.at(-1)! - burst[0]! + 1, 0),
    missing: bursts.reduce((sum, burst) => sum + burst.length, 0),
    count: bursts.length,
  };
}

const came = (count: number): string => '.'.repeat(count);

describe('RFC 3611 §4.7.2 bursts and gaps', () => {
  test.each([
    ['nothing is missing', came(50), [0, 0, 0], [50, 0, 1]],
    ['losses apart by 16 packets are gap', `${came(20)}x${came(16)}x${came(20)}`, [0, 0, 0], [58, 2, 1]],
    ['losses apart by 15 packets are a burst', `${came(20)}x${came(15)}x${came(20)}`, [17, 2, 1], [40, 0, 2]],
    ['discarded ones count as lost ones', `${came(5)}xll${came(20)}`, [3, 3, 1], [25, 0, 2]],
    ['a burst that goes on is one already', `${came(5)}x.x..`, [3, 2, 1], [7, 0, 2]],
    ['a session that ends in a burst has one gap', `${came(5)}x.x`, [3, 2, 1], [5, 0, 1]],
  ])('RFC 3611 §4.7.2 %s', (_, packets, [burstPackets, burstMissing, bursts], [gapPackets, gapMissing, gaps]) => {
    const pattern = patternOf(packets);
    expect(pattern.bursts).toEqual({ packets: burstPackets, missing: burstMissing, count: bursts });
    expect(pattern.gaps).toEqual({ packets: gapPackets, missing: gapMissing, count: gaps });
  });

  test('RFC 3611 §4.7.2 one packet at a time finds what the definition finds', () => {
    const packet = fc.constantFrom('.', '.', '.', '.', '.', '.', '.', '.', '.', '.', '.', '.', 'x', 'l');
    fc.assert(
      fc.property(fc.string({ unit: packet, maxLength: 300 }), (packets) => {
        const pattern = patternOf(packets);
        expect(pattern.bursts).toEqual(burstsOf(packets));
        expect(pattern.packets).toBe(packets.length);
        expect(pattern.lost + pattern.discarded).toBe(packets.replaceAll('.', '').length);
        expect(pattern.runs).toBe(packets.match(/[xl]+/g)?.length ?? 0);
      }),
      { numRuns: 1000 },
    );
  });

  test('RFC 3611 §A.2 losses within gaps and bursts are those of its transitions between three states', () => {
    const packet = fc.constantFrom('.', '.', '.', '.', '.', '.', '.', '.', '.', '.', '.', '.', '.', '.', 'x', 'l');
    fc.assert(
      fc.property(fc.string({ unit: packet, maxLength: 400 }), (packets) => {
        // A gap of received packets before the first, and after the last: then every loss is one of a transition.
        const whole = `${came(gmin)}${packets}${came(gmin)}`;
        const received = whole.split(/[xl]/).slice(0, -1);
        const isolated = received.filter((before, i) => {
          const after = whole.split(/[xl]/)[i + 1]!;
          return before.length >= gmin && after.length >= gmin;
        }).length;
        const { bursts, gaps } = patternOf(whole);
        expect([gaps.missing, bursts.missing]).toEqual([isolated, received.length - isolated]);
      }),
      { numRuns: 500 },
    );
  });

  test('the longest run is told once; one that still goes on is told again', () => {
    const pattern = patternOf('..xx..xxx.x');
    expect(pattern.takeLongestRun()).toBe(3);
    expect(pattern.takeLongestRun()).toBe(1);
    pattern.missed(false);
    pattern.came();
    expect(pattern.takeLongestRun()).toBe(2);
    expect(pattern.takeLongestRun()).toBe(0);
  });
});
