/** What the host calls; media/kernels/instance.ts is the other side. */
export { codesAt, decode, encode, octetsAt, pcmAt, setCode, setStep } from './g722';
export { convertedAt, lineAt, resample } from './resample';

/** The first byte that is nobody's. */
export function freeAt(): usize {
  return __heap_base;
}
