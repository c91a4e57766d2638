/**
 * Adds one member's frame to the sum of this beat.
 * @returns whether any sample was not zero: a member whose sound is digital silence hears what a listener hears
 * O(samples), no allocation. Int32 holds 65,536 members at full scale.
 */
export function addFrame(sum: Int32Array, frame: Int16Array): boolean {
  const samples = sum.length;
  let any = 0;
  for (let i = 0; i < samples; i += 1) {
    const value = frame[i]!;
    any |= value;
    sum[i] = sum[i]! + value;
  }
  return any !== 0;
}

/** Whether any sample is not zero. */
export function hasSound(frame: Int16Array): boolean {
  for (let i = 0; i < frame.length; i += 1) if (frame[i] !== 0) return true;
  return false;
}
