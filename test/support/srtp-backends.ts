import { type NativeSrtp, nativeSrtpOf } from '../../base/native-srtp.js';
import { nativeAddon } from './native-addon.js';

export interface SrtpBackend {
  readonly name: 'node:crypto' | 'addon';
  readonly native: NativeSrtp | null;
}

const native = nativeAddon === null ? null : nativeSrtpOf(nativeAddon);

/** What SRTP is done with, for `describe.each`. */
export const srtpBackends: readonly SrtpBackend[] = [
  { name: 'node:crypto', native: null },
  ...(native === null ? [] : [{ name: 'addon' as const, native }]),
];
