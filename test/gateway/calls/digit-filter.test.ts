import { describe, expect, test } from 'vitest';
import { DigitFilter, type DigitSource } from '../../../gateway/calls/digit-filter.js';

/** What is accepted of `atMs digit source durationMs` lines. */
function accepted(...lines: readonly (readonly [number, string, DigitSource, (number | null)?])[]): string {
  const filter = new DigitFilter();
  return lines
    .filter(([atMs, digit, source, durationMs = 100]) => filter.accept({ digit, source, durationMs }, atMs))
    .map(([, digit]) => digit)
    .join('');
}

describe('one event per key', () => {
  test('a key that two or three sources tell is told once, by the first', () => {
    expect(accepted([0, '5', 'info', null], [120, '5', 'rfc4733'], [160, '5', 'inband'])).toBe('5');
    expect(accepted([0, '5', 'rfc4733'], [400, '5', 'info'])).toBe('5');
  });

  test('a key pressed twice is told twice, in whatever order two sources tell it', () => {
    const both = [
      [0, '5', 'info'],
      [100, '5', 'rfc4733'],
      [300, '5', 'info'],
      [400, '5', 'rfc4733'],
    ] as const;
    expect(accepted(...both)).toBe('55');
    expect(accepted(both[0], both[2], both[1], both[3])).toBe('55');
    expect(accepted([0, '5', 'rfc4733'], [150, '5', 'rfc4733'])).toBe('55');
  });

  test('other digits in between change nothing', () => {
    expect(accepted([0, '1', 'info'], [50, '2', 'info'], [150, '1', 'rfc4733'], [250, '2', 'rfc4733'])).toBe('12');
  });

  test('the window is 500 ms and the longer duration', () => {
    expect(accepted([0, '5', 'info', null], [500, '5', 'rfc4733', 0])).toBe('5');
    expect(accepted([0, '5', 'info', null], [601, '5', 'rfc4733', 100])).toBe('55');
    expect(accepted([0, '5', 'info', null], [2500, '5', 'rfc4733', 2000])).toBe('5');
  });

  test('20 a second are taken, those beyond are dropped and counted', () => {
    const filter = new DigitFilter();
    let taken = 0;
    for (let atMs = 0; atMs < 2000; atMs += 10) {
      if (filter.accept({ digit: String(atMs % 7), source: 'rfc4733', durationMs: 1 }, atMs)) taken += 1;
    }
    expect([taken, filter.dropped]).toEqual([40, 160]);
  });
});
