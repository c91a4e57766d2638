import type { NativeSrtp } from '../../base/native-srtp.js';
import type { SessionKeys, SrtpSessionKeys } from './keys.js';
import type { CipherMaker, PacketCipher } from './packet-cipher.js';
import type { SrtpProfile } from './profiles.js';

/**
 * All profiles, done by the addon on Node's own OpenSSL: one call for each packet, which reads SSRC and sequence number from
 * it; so one cipher does for all sources of a master key. Sealing gives 0 where OpenSSL fails: nothing is to be sent then. docs/adr/0024-native-srtp.md has what it saves. Hot path, no
 * allocation.
 */
class NativeCipher implements PacketCipher {
  readonly #native: NativeSrtp;
  readonly #handle: number;

  constructor(native: NativeSrtp, handle: number) {
    this.#native = native;
    this.#handle = handle;
  }

  sealRtp(data: Uint8Array, headerBytes: number, length: number, index: number): number {
    const rollovers = Math.floor(index / 0x1_0000) | 0;
    return Math.max(0, this.#native.srtpSealRtp(this.#handle, data, headerBytes, length, rollovers));
  }

  openRtp(data: Uint8Array, headerBytes: number, length: number, index: number): number {
    return this.#native.srtpOpenRtp(this.#handle, data, headerBytes, length, Math.floor(index / 0x1_0000) | 0);
  }

  sealRtcp(data: Uint8Array, length: number, index: number): number {
    return Math.max(0, this.#native.srtpSealRtcp(this.#handle, data, length, index));
  }

  openRtcp(data: Uint8Array, length: number): number {
    return this.#native.srtpOpenRtcp(this.#handle, data, length);
  }
}

/** Null when the addon has no room for more keys. The addon has copies of the derived keys; these here are zeroed. */
export function openNativeCipher(
  native: NativeSrtp,
  profile: SrtpProfile,
  derived: SrtpSessionKeys,
): CipherMaker | null {
  const [rtp, rtcp] = [joined(derived.rtp), joined(derived.rtcp)];
  const handle = native.srtpOpen(profile.keyBytes, profile.rtpTagBytes, rtp, rtcp);
  rtp.fill(0);
  rtcp.fill(0);
  if (handle < 0) return null;
  const cipher = new NativeCipher(native, handle);
  return { make: () => cipher, close: () => native.srtpClose(handle) };
}

function joined({ cipherKey, authKey, salt }: SessionKeys): Uint8Array {
  const all = new Uint8Array(cipherKey.length + authKey.length + salt.length);
  all.set(cipherKey);
  all.set(authKey, cipherKey.length);
  all.set(salt, cipherKey.length + authKey.length);
  return all;
}
