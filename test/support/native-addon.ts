import { loadNativeUdp, type NativeUdp } from '../../base/native-udp.js';
import { buildNative, nativeTools } from '../../native/build.mjs';

/**
 * The addon; null only where no compiler or no headers are: with both, tests of it fail rather than are left out.
 */
async function builtAddon(): Promise<NativeUdp | null> {
  const { compiler, headers } = nativeTools();
  if (compiler === null || headers === null) return null;
  const { built, reason, output } = await buildNative({ strict: true });
  if (!built) throw new Error(`the addon cannot be built: ${reason}\n${output}`);
  const addon = loadNativeUdp();
  if (typeof addon === 'string') throw new Error(`the addon cannot be loaded: ${addon}`);
  return addon;
}

export const nativeAddon = await builtAddon();
