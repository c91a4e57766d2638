/**
 * The state of an encoder as the kernel keeps it, 16 bits each (kernels/assembly/g722.ts): so encoders of either kind can go
 * on from one another.
 */
export interface G722State {
  save(into: Int16Array, at: number): void;
}

/** Both bands, then 22 samples of the filter, filled up to whole vectors. */
export const stateSamples = 72;
/** Where those samples begin. */
export const filterAt = 48;
