import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dequantizeLsf, lsfToFilter, stabilizeLsf } from '../../../../media/codec/ilbc/lsf.js';
import { filterToLsf, quantizeLsf } from '../../../../media/codec/ilbc/lsf-roots.js';
import { FILTER_SIZE, LPC_ORDER } from '../../../../media/codec/ilbc/mode.js';
import { MEAN_LSF } from '../../../../media/codec/ilbc/tables-lsf.js';

const indices = fc.tuple(fc.nat({ max: 63 }), fc.nat({ max: 127 }), fc.nat({ max: 127 }));

function setOf(chosen: readonly number[]): Float64Array {
  const lsf = new Float64Array(LPC_ORDER);
  dequantizeLsf(Int32Array.from(chosen), 0, lsf, 0);
  return lsf;
}

/** Largest sample of 2000 samples of the response of 1/A(z) from the 1000th on: near 0 if the filter is stable. */
function tailOf(filter: Float64Array): number {
  const response = new Float64Array(2000 + LPC_ORDER);
  response[LPC_ORDER] = 1;
  for (let n = LPC_ORDER; n < response.length; n += 1) {
    for (let k = 1; k <= LPC_ORDER; k += 1) response[n]! -= filter[k]! * response[n - k]!;
  }
  return Math.max(...response.slice(1000).map(Math.abs));
}

describe('RFC 3951 §3.2.3 line spectral frequencies', () => {
  test('are found again from the filter that they give', () => {
    const filter = new Float64Array(FILTER_SIZE);
    const found = new Float64Array(LPC_ORDER);
    fc.assert(
      fc.property(indices, (chosen) => {
        const lsf = setOf(chosen);
        stabilizeLsf(lsf, 1);
        lsfToFilter(lsf, filter, 0);
        filterToLsf(filter, found, 0);
        // The grid is 6.35 Hz.
        lsf.forEach((frequency, i) => {
          expect(Math.abs(found[i]! - frequency)).toBeLessThan(0.005);
        });
      }),
    );
  });

  test('of the filter 1 are evenly spread', () => {
    const filter = new Float64Array(FILTER_SIZE);
    const lsf = new Float64Array(LPC_ORDER);
    filter[0] = 1;
    filterToLsf(filter, lsf, 0);
    lsf.forEach((frequency, i) => {
      expect(Math.abs(frequency - ((i + 1) * Math.PI) / 11)).toBeLessThan(0.005);
    });
  });

  test('that no filter has are spread out instead', () => {
    for (const [first, last] of [
      [0, 3],
      [0.2, Math.PI],
      [-1, 4],
      [Number.NaN, Number.NaN],
    ]) {
      const lsf = Float64Array.from(MEAN_LSF);
      lsf[0] = first!;
      lsf[9] = last!;
      const filter = new Float64Array(FILTER_SIZE);
      lsfToFilter(lsf, filter, 0);
      expect(tailOf(filter)).toBeLessThan(1);
    }
  });
});

describe('RFC 3951 §3.2.5 stability', () => {
  test('no vectors of the three codebooks are left in the wrong order', () => {
    const lsf = new Float64Array(LPC_ORDER);
    const values = new Int32Array(3);
    let least = Number.POSITIVE_INFINITY;
    let highest = 0;
    for (let index = 0; index < 64 * 128 * 128; index += 7) {
      values[0] = index & 63;
      values[1] = (index >> 6) & 127;
      values[2] = index >> 13;
      dequantizeLsf(values, 0, lsf, 0);
      stabilizeLsf(lsf, 1);
      for (let i = 1; i < LPC_ORDER; i += 1) least = Math.min(least, lsf[i]! - lsf[i - 1]!);
      highest = Math.max(highest, lsf[9]!);
    }
    // Two rounds leave some at the very same place, in both coders alike.
    expect(least).toBeGreaterThanOrEqual(-1e-12);
    expect(highest).toBeLessThan(Math.PI);
  });

  test('neighbours in the wrong order are put 25 Hz apart, neighbours too near 25 Hz further', () => {
    const lsf = Float64Array.from(MEAN_LSF);
    lsf[3] = 1.3;
    stabilizeLsf(lsf, 1);
    expect(lsf[4]! - lsf[3]!).toBeGreaterThanOrEqual(0.039 - 1e-12);
    const near = Float64Array.from(MEAN_LSF);
    near[3] = 1.24;
    stabilizeLsf(near, 1);
    expect(near[3]).toBeCloseTo(1.24 - 0.0195, 9);
    expect(near[4]).toBeCloseTo(MEAN_LSF[4]! + 0.0195, 9);
  });
});

describe('RFC 3951 §3.2.4 quantization', () => {
  test('gives each vector of the codebooks its own index', () => {
    const values = new Int32Array(3);
    fc.assert(
      fc.property(indices, (chosen) => {
        quantizeLsf(setOf(chosen), 0, values, 0);
        expect([...setOf([...values])]).toEqual([...setOf(chosen)]);
      }),
    );
  });
});
