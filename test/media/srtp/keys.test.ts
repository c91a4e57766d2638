import { describe, expect, test } from 'vitest';
import { deriveKey, deriveSessionKeys, keyLabels, SrtpKeyError } from '../../../media/srtp/keys.js';
import { srtpProfileNamed, srtpProfileNames, srtpProfileOfDtls, srtpProfiles } from '../../../media/srtp/profiles.js';

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');

describe('derived keys', () => {
  test('RFC 3711 §B.3 AES-128 in counter mode', () => {
    const masterKey = hex('E1F97A0D3E018BE0D64FA32C06DE4139');
    const masterSalt = hex('0EC675AD498AFEEBB6960B3AABE6');
    expect(deriveKey(masterKey, masterSalt, keyLabels.rtpCipher, 16)).toEqual(hex('C61E7A93744F39EE10734AFE3FF7A087'));
    expect(deriveKey(masterKey, masterSalt, keyLabels.rtpSalt, 14)).toEqual(hex('30CBBC08863D8C85D49DB34A9AE1'));
    expect(deriveKey(masterKey, masterSalt, keyLabels.rtpAuth, 94)).toEqual(
      hex(`CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA48F0A0ACF3C34E2359E6CDBCE
           E049646C43D9327AD175578EF7227098 6371C10C9A369AC2F94A8C5FBCDDDC25
           6D6E919A48B610EF17C2041E47403576 6B68642C59BBFC2F34DB60DBDFB2`),
    );
  });

  test('RFC 6188 §7.2 AES-256 in counter mode', () => {
    const profile = srtpProfiles.AES_256_CM_HMAC_SHA1_80;
    const { rtp } = deriveSessionKeys(
      profile,
      hex(`f0f04914b513f2763a1b1fa130f10e29 98f6f6e43e4309d1e622a0e332b9f1b6 3b04803de51ee7c96423ab5b78d2`),
    );
    expect(rtp.cipherKey).toEqual(hex('5ba1064e30ec51613cad926c5a28ef73 1ec7fb397f70a960653caf06554cd8c4'));
    expect(rtp.salt).toEqual(hex('fa31791685ca444a9e07c6c64e93'));
    expect(rtp.authKey).toEqual(hex('fd9c32d39ed5fbb5a9dc96b30818454d1313dc05'));
  });

  test('RFC 3711 §4.3.2 the keys of RTCP have labels of their own', () => {
    const keyAndSalt = Buffer.alloc(30, 7);
    const { rtp, rtcp } = deriveSessionKeys(srtpProfiles.AES_CM_128_HMAC_SHA1_80, keyAndSalt);
    const [key, salt] = [keyAndSalt.subarray(0, 16), keyAndSalt.subarray(16)];
    expect(rtcp.cipherKey).toEqual(deriveKey(key, salt, 3, 16));
    expect(rtcp.authKey).toEqual(deriveKey(key, salt, 4, 20));
    expect(rtcp.salt).toEqual(deriveKey(key, salt, 5, 14));
    expect(rtcp.cipherKey).not.toEqual(rtp.cipherKey);
  });

  test('RFC 7714 §11 a salt of 96 bits counts as one of 112 with zeros behind it', () => {
    const { rtp } = deriveSessionKeys(srtpProfiles.AEAD_AES_128_GCM, Buffer.alloc(28, 9));
    const padded = Buffer.concat([Buffer.alloc(12, 9), Buffer.alloc(2)]);
    expect(rtp.salt).toEqual(deriveKey(Buffer.alloc(16, 9), padded, 2, 12));
    expect(rtp.authKey).toHaveLength(0);
  });

  test.each(srtpProfileNames)('%s refuses a key of another length', (name) => {
    const { keyBytes, saltBytes } = srtpProfiles[name];
    expect(() => deriveSessionKeys(srtpProfiles[name], Buffer.alloc(keyBytes + saltBytes - 1))).toThrow(SrtpKeyError);
    expect(() => deriveSessionKeys(srtpProfiles[name], Buffer.alloc(keyBytes + saltBytes + 1))).toThrow(SrtpKeyError);
  });
});

describe('profiles', () => {
  test('RFC 4568 §6.2, RFC 6188 §4, RFC 7714 §12 lengths of key, salt and tags', () => {
    const rows = srtpProfileNames.map((name) => {
      const { keyBytes, saltBytes, rtpTagBytes, rtcpTagBytes } = srtpProfiles[name];
      return [name, keyBytes, saltBytes, rtpTagBytes, rtcpTagBytes];
    });
    expect(rows).toEqual([
      ['AEAD_AES_256_GCM', 32, 12, 16, 16],
      ['AEAD_AES_128_GCM', 16, 12, 16, 16],
      ['AES_256_CM_HMAC_SHA1_80', 32, 14, 10, 10],
      ['AES_CM_128_HMAC_SHA1_80', 16, 14, 10, 10],
      ['AES_256_CM_HMAC_SHA1_32', 32, 14, 4, 10],
      ['AES_CM_128_HMAC_SHA1_32', 16, 14, 4, 10],
    ]);
  });

  test('are found by the names that peers use, in either case', () => {
    expect(srtpProfileNamed('aes_cm_128_hmac_sha1_80')?.name).toBe('AES_CM_128_HMAC_SHA1_80');
    expect(srtpProfileNamed('AES_CM_256_HMAC_SHA1_32')?.name).toBe('AES_256_CM_HMAC_SHA1_32');
    expect(srtpProfileNamed('F8_128_HMAC_SHA1_80')).toBeNull();
    expect(srtpProfileNamed('constructor')).toBeNull();
  });

  test('RFC 5764 §4.1.2, RFC 7714 §14.2 are found by the numbers of DTLS-SRTP', () => {
    expect([1, 2, 7, 8, 5].map((id) => srtpProfileOfDtls(id)?.name)).toEqual([
      'AES_CM_128_HMAC_SHA1_80',
      'AES_CM_128_HMAC_SHA1_32',
      'AEAD_AES_128_GCM',
      'AEAD_AES_256_GCM',
      undefined,
    ]);
  });
});
