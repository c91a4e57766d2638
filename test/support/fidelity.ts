import { spectrumOf } from './fft.js';

/** Signal-to-noise ratio of `heard`, which is `delaySamples` late, against `reference`; over `from` … `to` of the latter. */
export function snrDb(
  reference: Int16Array,
  heard: Int16Array,
  delaySamples = 0,
  from = 0,
  to = reference.length,
): number {
  let signal = 0;
  let noise = 0;
  for (let i = from; i < Math.min(to, heard.length - delaySamples); i += 1) {
    signal += reference[i]! ** 2;
    noise += (reference[i]! - heard[i + delaySamples]!) ** 2;
  }
  return 10 * Math.log10(signal / Math.max(noise, 1e-9));
}

/** The delay of up to `mostSamples` at which the SNR is best. */
export function bestDelay(reference: Int16Array, heard: Int16Array, mostSamples: number): number {
  let best = 0;
  for (let delay = 1; delay <= mostSamples; delay += 1) {
    if (snrDb(reference, heard, delay) > snrDb(reference, heard, best)) best = delay;
  }
  return best;
}

const BANDS_PER_OCTAVE = 3;
const LOWEST_HZ = 150;
/** What is this far below the loudest band of the whole sound counts as silence, on both sides. */
const FLOOR_DB = -50;

/**
 * How differently two sounds of equal length and place look to the ear: the RMS over 32 ms windows and third-octave
 * bands from 150 Hz to `highestHz` of the difference of their levels, in dB. For codecs that do not keep the wave form.
 */
export function spectralDistanceDb(
  reference: Int16Array,
  heard: Int16Array,
  { sampleRateHz, highestHz }: { readonly sampleRateHz: number; readonly highestHz: number },
): number {
  const [a, b] = [levels(reference, sampleRateHz, highestHz), levels(heard, sampleRateHz, highestHz)];
  const floor = Math.max(...a) + FLOOR_DB;
  let sum = 0;
  let count = 0;
  for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
    if (a[i]! < floor && b[i]! < floor) continue;
    sum += (Math.max(a[i]!, floor) - Math.max(b[i]!, floor)) ** 2;
    count += 1;
  }
  return Math.sqrt(sum / Math.max(1, count));
}

/** Band levels of one window after the other, in dB. */
function levels(pcm: Int16Array, sampleRateHz: number, highestHz: number): number[] {
  const window = 2 ** Math.round(Math.log2(sampleRateHz * 0.032));
  const bands = Math.floor(Math.log2(highestHz / LOWEST_HZ) * BANDS_PER_OCTAVE);
  const out: number[] = [];
  for (let from = 0; from + window <= pcm.length; from += window / 2) {
    const shaped = Float64Array.from(
      { length: window },
      (_, i) => pcm[from + i]! * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / window)),
    );
    const { re, im } = spectrumOf(shaped, window);
    for (let band = 0; band < bands; band += 1) {
      const low = LOWEST_HZ * 2 ** (band / BANDS_PER_OCTAVE);
      const first = Math.max(1, Math.round((low * window) / sampleRateHz));
      const end = Math.max(first + 1, Math.round((low * 2 ** (1 / BANDS_PER_OCTAVE) * window) / sampleRateHz));
      let power = 1e-9;
      for (let k = first; k < end; k += 1) power += (re[k]! ** 2 + im[k]! ** 2) / window ** 2;
      out.push(10 * Math.log10(power));
    }
  }
  return out;
}
