import { buildKernels } from '../../kernels/build.mjs';

/** Unit tests run from source; what is compiled to WASM has to be there before. */
export async function setup(): Promise<void> {
  const { built, output } = await buildKernels();
  if (!built) throw new Error(`the kernels could not be built:\n${output}`);
}
