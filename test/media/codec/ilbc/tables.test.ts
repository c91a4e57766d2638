import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import * as tables from '../../../../media/codec/ilbc/tables.js';
import * as lsfTables from '../../../../media/codec/ilbc/tables-lsf.js';
import * as windows from '../../../../media/codec/ilbc/tables-windows.js';

/** First half of the SHA-256 of the numbers with six digits behind the point, as the RFC prints them. */
function printOf(numbers: Float64Array): string {
  const text = Array.from(numbers, (number) => number.toFixed(6).replace('-0.000000', '0.000000')).join(' ');
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

const mirrored = [...windows.HALF_HANNING_WINDOW, ...windows.HALF_HANNING_WINDOW.toReversed()];

// The prints on the right were made of the text of the RFC, not of these tables.
describe('RFC 3951 appendix A.8 the constants are those of the RFC', () => {
  test.each([
    ['LSF codebooks', lsfTables.LSF_CODEBOOK, '12ecad16e145c410'],
    ['mean LSFs', lsfTables.MEAN_LSF, '7eac9707b5726cf6'],
    ['Hanning window', Float64Array.from(mirrored), '07036c7653895876'],
    ['asymmetric window', windows.ASYMMETRIC_WINDOW, '0c1d2c091f5e32ba'],
    ['lag window', windows.LAG_WINDOW, 'b61d07162b751a9d'],
    ['levels of the start state', tables.STATE_LEVELS, 'c0c17253873570fb'],
    ['scales of the start state', tables.STATE_SCALES, '03508c7e06bd488e'],
    ['gains of the first stage', tables.STAGE_GAINS[0]!, 'e4ae2018e3809c43'],
    ['gains of the second stage', tables.STAGE_GAINS[1]!, 'cf6ac9162017e597'],
    ['gains of the third stage', tables.STAGE_GAINS[2]!, '4752ccbaeec371b8'],
    ['quarter filters', Float64Array.from(tables.QUARTER_FILTERS.flatMap((taps) => [...taps])), '5b56d08107f7e707'],
    ['expansion filter', tables.EXPANSION_FILTER.toReversed(), '90aef6a3fca23b46'],
    ['half-band filter', tables.HALF_BAND_FILTER, '950141999a0635c3'],
  ])('%s', (_, table, print) => {
    expect(printOf(table)).toBe(print);
  });
});

describe('RFC 3951 §3.2.1', () => {
  test('the windows follow their formulas to 15 bits', () => {
    windows.HALF_HANNING_WINDOW.forEach((weight, i) => {
      expect(weight).toBeCloseTo(0.5 * (1 - Math.cos((2 * Math.PI * (i + 1)) / 241)), 4);
    });
    windows.ASYMMETRIC_WINDOW.forEach((weight, i) => {
      const formula = i < 220 ? Math.sin((Math.PI * (i + 1)) / 441) ** 2 : Math.cos(((i - 220) * Math.PI) / 40);
      expect(weight).toBeCloseTo(formula, 3);
    });
  });
});
