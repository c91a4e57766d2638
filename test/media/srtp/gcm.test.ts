import { describe, expect, test } from 'vitest';
import { GcmCipher, GcmKeys } from '../../../media/srtp/gcm.js';
import { openNativeCipher } from '../../../media/srtp/native-cipher.js';
import type { PacketCipher } from '../../../media/srtp/packet-cipher.js';
import { srtpProfiles } from '../../../media/srtp/profiles.js';
import { srtpBackends } from '../../support/srtp-backends.js';

/** RFC 7714 §16 and §17: session keys and salt are given, no master key. Source: the text of the RFC. */
const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');
const salt = hex('517569642070726f2071756f');
const rtp = hex(`8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976
                 69736120 696e2070 61727465 73207472 6573`);
const rtcp = hex(`81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61
                  deadbeef deadbeef deadbeef deadbeef deadbeef`);
const rtcpIndex = 0x5d4;

const suites = (
  [
    {
      name: 'AEAD_AES_128_GCM',
      key: '000102030405060708090a0b0c0d0e0f',
      rtp: `f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833
          899d7f27 beb16a91 52cf765e e4390cce`,
      rtcp: `63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda 4ce09b46 86303ded
           0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4`,
      rtcpTag: '841dd968 3dd78ec9 2ae58790 125f62b3 000005d4',
    },
    {
      name: 'AEAD_AES_256_GCM',
      key: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
      rtp: `32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f 1ba63799 b87b
          7aa3db36 dfffd6b0 f9bb7878 d7a76c13`,
      rtcp: `d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50 a2eaa5c1 110555be 8415f658 c61de047
           6f1b6fad 1d1eb30c 4446839f 57ff6f6c b26ac3be 800005d4`,
      rtcpTag: '91db4afb feee5a97 8fab4393 ed2615fe 000005d4',
    },
  ] as const
).flatMap((suite) => srtpBackends.map(({ name: by, native }) => ({ ...suite, by, native })));

/** With room behind it, as packets of a ring have. */
function roomy(packet: Buffer): Buffer {
  return Buffer.concat([packet, Buffer.alloc(20, 0xee)]);
}

describe.each(suites)('$name by $by', ({ name, native, key, rtp: sealedRtp, rtcp: sealedRtcp, rtcpTag }) => {
  function cipherOf(ssrc: number): PacketCipher {
    const keys = { cipherKey: hex(key), authKey: Buffer.alloc(0), salt };
    const derived = { rtp: keys, rtcp: keys };
    if (native === null) return new GcmCipher(new GcmKeys(derived), ssrc);
    return openNativeCipher(native, srtpProfiles[name], derived)!.make(ssrc);
  }

  test('RFC 7714 §16.1.1, §16.1.2, §16.2.1, §16.2.2 RTP there and back', () => {
    const data = roomy(rtp);
    const cipher = cipherOf(0x5501a0b2);
    const sealed = Buffer.concat([rtp.subarray(0, 12), hex(sealedRtp)]);
    expect(cipher.sealRtp(data, 12, rtp.length, 0xf17b)).toBe(sealed.length);
    expect(data.subarray(0, sealed.length)).toEqual(sealed);
    expect(data.subarray(sealed.length)).toEqual(Buffer.alloc(4, 0xee));
    expect(cipher.openRtp(data, 12, sealed.length, 0xf17b)).toBe(rtp.length);
    expect(data.subarray(0, rtp.length)).toEqual(rtp);
  });

  test('RFC 7714 §17.1, §17.2 RTCP, encrypted, there and back', () => {
    const data = roomy(rtcp);
    const cipher = cipherOf(0x4d617273);
    const sealed = Buffer.concat([rtcp.subarray(0, 8), hex(sealedRtcp)]);
    expect(cipher.sealRtcp(data, rtcp.length, rtcpIndex)).toBe(sealed.length);
    expect(data).toEqual(sealed);
    expect(cipher.openRtcp(data, sealed.length)).toBe(rtcp.length);
    expect(data.subarray(0, rtcp.length)).toEqual(rtcp);
  });

  test('RFC 7714 §17.3, §17.4 RTCP that is only authenticated is taken, with its tag right', () => {
    const data = Buffer.concat([rtcp, hex(rtcpTag)]);
    const cipher = cipherOf(0x4d617273);
    expect(cipher.openRtcp(data, data.length)).toBe(rtcp.length);
    data[20]! ^= 1;
    expect(cipher.openRtcp(data, data.length)).toBe(-1);
  });
});
