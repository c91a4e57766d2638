import type { FrameLayout } from './mode.js';

const CLASSES = 3;

/**
 * Writes a frame's parameters as RFC 3951 §3.8 sorts them: the class 1 bits of all parameters, then class 2, then
 * class 3, then the empty-frame bit, which is 0. The caller has room for the mode's `payloadBytes`.
 */
export function writeFrame(layout: FrameLayout, values: Int32Array, out: Uint8Array, offset: number): void {
  const { widths, count } = layout;
  let at = offset;
  let held = 0;
  let heldBits = 0;
  for (let level = 0; level < CLASSES; level += 1) {
    for (let i = 0; i < count; i += 1) {
      const width = widths[i * CLASSES + level]!;
      if (width === 0) continue;
      const below = (level < 1 ? widths[i * CLASSES + 1]! : 0) + (level < 2 ? widths[i * CLASSES + 2]! : 0);
      held = (held << width) | ((values[i]! >> below) & ((1 << width) - 1));
      heldBits += width;
      while (heldBits >= 8) {
        heldBits -= 8;
        out[at] = held >> heldBits;
        at += 1;
      }
      held &= 0xff;
    }
  }
  out[at] = held << 1;
}

/**
 * Reads what `writeFrame` wrote into `values`.
 * @returns false for an empty frame, which is to be treated as lost (RFC 3951 §3.8)
 */
export function readFrame(layout: FrameLayout, payload: Uint8Array, offset: number, values: Int32Array): boolean {
  const { widths, count } = layout;
  let at = offset;
  let held = 0;
  let heldBits = 0;
  for (let i = 0; i < count; i += 1) values[i] = 0;
  for (let level = 0; level < CLASSES; level += 1) {
    for (let i = 0; i < count; i += 1) {
      const width = widths[i * CLASSES + level]!;
      if (width === 0) continue;
      if (heldBits < width) {
        held = ((held & 0xff) << 8) | payload[at]!;
        heldBits += 8;
        at += 1;
      }
      heldBits -= width;
      values[i] = (values[i]! << width) | ((held >> heldBits) & ((1 << width) - 1));
    }
  }
  return (held & 1) === 0;
}
