import { describe, expect, test } from 'vitest';
import { emptyRow, QualitySeries, type Row, readRows } from '../../../media/quality/series.js';
import { Spread } from '../../../media/quality/spread.js';

function filled(seconds: number, rowOf: (second: number) => Partial<Row>): QualitySeries {
  const series = new QualitySeries();
  for (let second = 0; second < seconds; second += 1) series.push({ ...emptyRow(), ...rowOf(second) });
  return series;
}

describe('series', () => {
  test('each second is kept for five minutes at least, then only its minute', () => {
    const data = filled(1000, (second) => ({ received: second % 50, jitterMs: second / 10 })).read();
    const rows = readRows(data.seconds);
    expect(data.firstSecond).toBe(660);
    expect(rows.length).toBe(340);
    expect(rows[0]).toMatchObject({ received: 660 % 50, jitterMs: 66, lost: null, rFactor: null });
    expect(rows.at(-1)).toMatchObject({ received: 49, jitterMs: 99.9 });
    expect(data.firstMinute).toBe(0);
    expect(readRows(data.minutes).length).toBe(16);
  });

  test('a minute has the sum of counts, the longest run, and the mean of all else', () => {
    const data = filled(61, (second) => ({
      received: 50,
      lost: second === 7 ? 3 : 0,
      longestRun: second === 7 ? 3 : 0,
      concealedMs: second === 7 ? 60 : 0,
      ...(second < 30 ? { rFactor: second < 15 ? 90 : 70 } : {}),
    })).read();
    const [minute] = readRows(data.minutes);
    expect(minute).toMatchObject({ received: 3000, lost: 3, longestRun: 3, concealedMs: 60, rFactor: 80, sent: null });
  });

  test('after two hours the oldest minutes go; nothing grows', () => {
    const data = filled(60 * 200 + 1, (second) => ({ received: Math.floor(second / 60) })).read();
    expect(data.firstMinute).toBe(80);
    expect(data.seconds.length / 13).toBe(301);
    expect(readRows(data.minutes).map(({ received }) => received)).toEqual(
      Array.from({ length: 120 }, (_, minute) => (80 + minute) * 60),
    );
  });

  test('a figure that is too large, or below zero, is kept as the nearest that fits', () => {
    const [row] = readRows(filled(1, () => ({ jitterMs: 1e9, roundTripMs: -5, received: 65_535 })).read().seconds);
    expect(row).toMatchObject({ jitterMs: 6553.4, roundTripMs: 0, received: 65_534 });
  });
});

describe('spread', () => {
  test('least, mean, most and what 19 of 20 seconds did not exceed', () => {
    const spread = new Spread({ step: 0.5 });
    for (let second = 0; second < 100; second += 1) spread.add(second < 94 ? 1 : 20);
    spread.add(Number.NaN);
    expect(spread.summary()).toEqual({ min: 1, avg: 2.14, max: 20, p95: 20 });
    for (let second = 0; second < 100; second += 1) spread.add(1);
    expect(spread.summary()).toMatchObject({ max: 20, p95: 1.5 });
  });

  test('of a MOS the worse end is the lower one', () => {
    const mos = new Spread({ from: 1, step: 0.1, isLessWorse: true });
    for (let second = 0; second < 100; second += 1) mos.add(second < 6 ? 2.04 : 4.4);
    expect(mos.summary()?.p95).toBeCloseTo(2.04);
    for (let second = 0; second < 100; second += 1) mos.add(4.4);
    expect(mos.summary()?.p95).toBeCloseTo(4.4);
  });

  test('without a figure there is nothing to tell; beyond the last bucket it is the most there was', () => {
    const spread = new Spread({ step: 1 });
    expect(spread.summary()).toBeNull();
    spread.add(1000);
    expect(spread.summary()).toEqual({ min: 1000, avg: 1000, max: 1000, p95: 1000 });
  });
});
