/** Compiles the kernels into dist/kernels/hookline.wasm unless that is what their sources give. */
export function buildKernels(): Promise<{ readonly built: boolean; readonly output: string }>;
