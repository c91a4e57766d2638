/** The largest jump from one sample to the next. */
export function steepest(samples: ArrayLike<number>): number {
  let most = 0;
  for (let i = 1; i < samples.length; i += 1) most = Math.max(most, Math.abs(samples[i]! - samples[i - 1]!));
  return most;
}

/** The largest jump within a tone itself. */
export function slopeOf(hz: number, amplitude: number, rateHz = 8000): number {
  return 2 * amplitude * Math.sin((Math.PI * hz) / rateHz);
}
