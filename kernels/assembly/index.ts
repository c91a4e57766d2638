/** What the host calls; media/kernels/instance.ts is the other side. */
export { decode, encode } from './g722';
export { codesAt, octetsAt, pcmAt, setCode, setStep } from './g722-memory';
export { convertedAt, lineAt, resample } from './resample';

/** The first byte that is nobody's. */
export function freeAt(): usize {
  return __heap_base;
}
