/** Constants of RFC 3951 appendix A.8 that are no codebook of LSFs and no window; the sections say what they are for. */

/** Levels of one sample of the start state, in steps of 4.5 to its largest sample: §3.5.3. */
export const STATE_LEVELS = new Float64Array([
  -3.719849, -2.17749, -1.130005, -0.309692, 0.444214, 1.329712, 2.436279, 3.983887,
]);

/** Logarithm to the base 10 of the largest sample of the start state: §3.5.2. */
export const STATE_SCALES = new Float64Array([
  1.000085, 1.071695, 1.140395, 1.206868, 1.277188, 1.351503, 1.42938, 1.500727, 1.569049, 1.639599, 1.707071, 1.781531,
  1.840799, 1.90155, 1.956695, 2.00675, 2.055474, 2.102787, 2.142819, 2.183592, 2.217962, 2.257177, 2.295739, 2.332967,
  2.369248, 2.402792, 2.43508, 2.468598, 2.503394, 2.539284, 2.572944, 2.605036, 2.636331, 2.668939, 2.69878, 2.729101,
  2.759786, 2.789834, 2.818679, 2.848074, 2.87747, 2.906899, 2.936655, 2.967804, 3.000115, 3.033367, 3.066355, 3.104231,
  3.141499, 3.183012, 3.222952, 3.265433, 3.308441, 3.350823, 3.395275, 3.442793, 3.490801, 3.542514, 3.604064, 3.66605,
  3.740994, 3.830749, 3.93877, 4.101764,
]);

/** Gains of the three codebook stages; the second and third are in parts of the gain of the stage before: §3.6.4.2. */
export const STAGE_GAINS: readonly Float64Array[] = [
  new Float64Array([
    0.037476, 0.075012, 0.112488, 0.150024, 0.1875, 0.224976, 0.262512, 0.299988, 0.337524, 0.375, 0.412476, 0.450012,
    0.487488, 0.525024, 0.5625, 0.599976, 0.637512, 0.674988, 0.712524, 0.75, 0.787476, 0.825012, 0.862488, 0.900024,
    0.9375, 0.974976, 1.012512, 1.049988, 1.087524, 1.125, 1.162476, 1.200012,
  ]),
  new Float64Array([
    -1.049988, -0.900024, -0.75, -0.599976, -0.450012, -0.299988, -0.150024, 0, 0.150024, 0.299988, 0.450012, 0.599976,
    0.75, 0.900024, 1.049988, 1.200012,
  ]),
  new Float64Array([-1, -0.659973, -0.330017, 0, 0.25, 0.5, 0.75, 1]),
];

/** The filter that makes the expanded codebook of the base codebook; tap `j` meets sample `k + j − 3`: §3.6.3.2. */
export const EXPANSION_FILTER = new Float64Array([
  -0.033691, 0.08374, -0.144043, 0.713379, 0.806152, -0.184326, 0.108887, -0.03418,
]);

/** Four filters of seven taps that read between samples, in quarters of a sample: §4.6.2. */
export const QUARTER_FILTERS: readonly Float64Array[] = [
  new Float64Array([0, 0, 0, 1, 0, 0, 0]),
  new Float64Array([0.015625, -0.076904, 0.28833, 0.862061, -0.106445, 0.018799, -0.015625]),
  new Float64Array([0.023682, -0.124268, 0.601563, 0.601563, -0.124268, 0.023682, -0.023682]),
  new Float64Array([0.018799, -0.106445, 0.862061, 0.28833, -0.076904, 0.015625, -0.018799]),
];

/** Low-pass before halving the rate for the pitch search of the enhancer: appendix A.8. */
export const HALF_BAND_FILTER = new Float64Array([-0.06665, 0.125, 0.31665, 0.414063, 0.31665, 0.125, -0.06665]);

/** High-pass filters of input (90 Hz) and output (65 Hz): b0, b1, b2, a1, a2. §3.1, §4.8. */
export const INPUT_HIGH_PASS = new Float64Array([0.92727436, -1.8544941, 0.92727436, -1.9059465, 0.9114024]);
export const OUTPUT_HIGH_PASS = new Float64Array([0.93980581, -1.8795834, 0.93980581, -1.9330735, 0.93589199]);
