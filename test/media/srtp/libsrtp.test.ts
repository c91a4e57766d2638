import { describe, expect, test } from 'vitest';
import { SrtpReceiver, SrtpSender } from '../../../media/srtp/context.js';
import { srtpBackends } from '../../support/srtp-backends.js';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** Whole packets from the master key on, as libsrtp checks itself with (test/srtp_driver.c, srtp_validate). */
describe.each(srtpBackends)('packets of libsrtp, by $name', ({ native }) => {
  const plain = hex(`800f1234decafbadcafebabe${'ab'.repeat(16)}`);

  test.each([
    {
      profile: 'AES_CM_128_HMAC_SHA1_80',
      keyAndSalt: 'e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6',
      sealed: '4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb',
    },
    {
      profile: 'AES_256_CM_HMAC_SHA1_80',
      keyAndSalt: 'f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b63b04803de51ee7c96423ab5b78d2',
      sealed: 'f1d9de17ff251ff1aa007774b0b4b40da08d9d9a5b3a55d8873b',
    },
  ])('RFC 3711 §3.1, RFC 6188 §4 $profile', ({ profile, keyAndSalt, sealed }) => {
    const [sender, receiver] = [new SrtpSender({ native }), new SrtpReceiver({ native })];
    sender.setKeys({ profile, keyAndSalt: hex(keyAndSalt) });
    receiver.setKeys({ profile, keyAndSalt: hex(keyAndSalt) });
    const data = Buffer.concat([plain, Buffer.alloc(10)]);
    expect(sender.protectRtp(data, plain.length)).toBe(38);
    expect(data).toEqual(Buffer.concat([plain.subarray(0, 12), hex(sealed)]));
    expect(receiver.unprotectRtp(data, 38)).toBe(28);
    expect(data.subarray(0, 28)).toEqual(plain);
  });
});
