/** Complex numbers side by side; the length is a power of two. */
export interface Spectrum {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** Transforms in place: radix 2, decimation in time. `inverse` also divides by the length. */
export function transform({ re, im }: Spectrum, inverse = false): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i += 1) {
    let bit = n >> 1;
    for (; (j & bit) !== 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) swap(re, im, i, j);
  }
  for (let size = 2; size <= n; size *= 2) butterflies({ re, im }, size, inverse ? 1 : -1);
  if (!inverse) return;
  for (let i = 0; i < n; i += 1) {
    re[i]! /= n;
    im[i]! /= n;
  }
}

function swap(re: Float64Array, im: Float64Array, i: number, j: number): void {
  const [r, m] = [re[i]!, im[i]!];
  re[i] = re[j]!;
  im[i] = im[j]!;
  re[j] = r;
  im[j] = m;
}

function butterflies({ re, im }: Spectrum, size: number, sign: number): void {
  const half = size >> 1;
  for (let k = 0; k < half; k += 1) {
    const cos = Math.cos((2 * Math.PI * k) / size);
    const sin = sign * Math.sin((2 * Math.PI * k) / size);
    for (let a = k; a < re.length; a += size) {
      const b = a + half;
      const r = re[b]! * cos - im[b]! * sin;
      const m = re[b]! * sin + im[b]! * cos;
      re[b] = re[a]! - r;
      im[b] = im[a]! - m;
      re[a] = re[a]! + r;
      im[a] = im[a]! + m;
    }
  }
}

/** The spectrum of real samples, padded with zeros to `length`. */
export function spectrumOf(samples: Float64Array, length: number): Spectrum {
  const spectrum = { re: new Float64Array(length), im: new Float64Array(length) };
  spectrum.re.set(samples.subarray(0, length));
  transform(spectrum);
  return spectrum;
}
