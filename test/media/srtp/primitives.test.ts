import { createCipheriv, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packetIndexOf, rtpHeaderBytes } from '../../../media/srtp/framing.js';
import { HmacSha1 } from '../../../media/srtp/hmac-sha1.js';
import { CounterKey, Keystream } from '../../../media/srtp/keystream.js';
import { ReplayWindow, replayWindowPackets } from '../../../media/srtp/replay-window.js';

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');

function keystream(cipherKey: Buffer, packetsAhead: number): Keystream {
  const salt = hex('F0F1F2F3F4F5F6F7F8F9FAFBFCFD');
  return new Keystream(new CounterKey({ cipherKey, authKey: Buffer.alloc(0), salt }), 0, packetsAhead);
}

describe('keystream', () => {
  const vectors = [
    {
      source: 'RFC 3711 §B.2',
      key: '2B7E151628AED2A6ABF7158809CF4F3C',
      first: 'E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB 41E95B3BB0A2E8DD477901E4FCA894C0',
      last: 'EC8CDF7398607CB0F2D21675EA9EA1E4 362B7C3C6773516318A077D7FC5073AE 6A2CC3787889374FBEB4C81B17BA6C44',
    },
    {
      source: 'RFC 6188 §7.1',
      key: '57f82fe3613fd170a85ec93c40b1f092 2ec4cb0dc025b58272147cc438944a98',
      first: '92bdd28a93c3f52511c677d08b5515a4 9da71b2378a854f67050756ded165bac 63c4868b7096d88421b563b8c94c9a31',
      last: 'cea518c90fd91ced9cbb18c078a54711 3dbc4814f4da5f00a08772b63c6a046d 6eb246913062a16891433e97dd01a57f',
    },
  ];

  test.each(vectors)('$source first and last blocks of 1044512 bytes', ({ key, first, last }) => {
    const whole = Buffer.alloc(1_044_512);
    keystream(hex(key), 8).apply(whole, 0, whole.length, 0);
    expect(whole.subarray(0, 48)).toEqual(hex(first));
    expect(whole.subarray(-48)).toEqual(hex(last));
    const start = Buffer.alloc(48);
    keystream(hex(key), 8).apply(start, 0, 48, 0);
    expect(start).toEqual(hex(first));
  });

  test('RFC 3711 §4.1.1 any order of packets and lengths gives what node:crypto gives packet by packet', () => {
    const packets = fc.array(
      fc.record({
        index: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 2 ** 48 - 1 })),
        bytes: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 2000, max: 2100 })),
      }),
      { minLength: 1, maxLength: 20 },
    );
    const material = fc.record({
      cipherKey: fc.uint8Array({ minLength: 16, maxLength: 16 }),
      salt: fc.uint8Array({ minLength: 14, maxLength: 14 }),
      ssrc: fc.integer({ min: 0, max: 0xffff_ffff }),
    });
    fc.assert(
      fc.property(material, packets, ({ cipherKey, salt, ssrc }, list) => {
        const key = Buffer.from(cipherKey);
        const keys = { cipherKey: key, authKey: Buffer.alloc(0), salt: Buffer.from(salt) };
        const ours = new Keystream(new CounterKey(keys), ssrc, 8);
        for (const { index, bytes } of list) {
          const data = Buffer.alloc(bytes + 7, 0x55);
          ours.apply(data, 5, 5 + bytes, index);
          const whole = (BigInt(`0x${Buffer.from(salt).toString('hex')}`) << 16n) ^ (BigInt(ssrc) << 64n);
          const iv = hex((whole ^ (BigInt(index) << 16n)).toString(16).padStart(32, '0'));
          const theirs = createCipheriv('aes-128-ctr', key, iv).update(Buffer.alloc(bytes, 0x55));
          expect(data.equals(Buffer.concat([Buffer.alloc(5, 0x55), theirs, Buffer.alloc(2, 0x55)]))).toBe(true);
        }
      }),
    );
  });
});

describe('HMAC-SHA1', () => {
  test('RFC 3711 §4.2.1 is that of node:crypto for every length, with and without a trailer', () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    const trailer = fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 0xffff_ffff }));
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), bytes, trailer, (key, data, word) => {
        const hmac = new HmacSha1(key);
        const out = Buffer.alloc(24, 0xee);
        hmac.sign(data, data.length, word, out, 2, 20);
        const behind = Buffer.alloc(word < 0 ? 0 : 4);
        if (word >= 0) behind.writeUInt32BE(word);
        const expected = createHmac('sha1', key).update(data).update(behind).digest();
        expect(out).toEqual(Buffer.concat([hex('eeee'), expected, hex('eeee')]));
        expect(hmac.verify(data, data.length, word, out, 2, 20)).toBe(true);
        expect(hmac.verify(data, data.length, word, out, 2, 4)).toBe(true);
        for (let bit = 0; bit < 32; bit += 1) {
          const wrong = Buffer.from(out);
          wrong[2 + (bit >> 3)]! ^= 1 << (bit & 7);
          expect(hmac.verify(data, data.length, word, wrong, 2, 4)).toBe(false);
        }
      }),
    );
  });
});

describe('replay window', () => {
  test('RFC 3711 §3.3.2 knows what a set knows, within its 128 packets', () => {
    const steps = fc.array(fc.oneof(fc.integer({ min: -200, max: 5 }), fc.integer({ min: 1, max: 600 })), {
      maxLength: 300,
    });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 47 }), steps, (start, deltas) => {
        const window = new ReplayWindow();
        const seen = new Set<number>();
        let highest = start;
        for (const delta of deltas) {
          const index = Math.max(0, highest + delta);
          const isLate = seen.size > 0 && index <= highest - replayWindowPackets;
          expect(window.isFresh(index)).toBe(!isLate && !seen.has(index));
          if (!window.isFresh(index)) continue;
          window.note(index);
          seen.add(index);
          highest = seen.size === 1 ? index : Math.max(highest, index);
        }
      }),
    );
  });
});

describe('packet index', () => {
  test.each([
    ['the next one', 5, 4, 5],
    ['one late', 3, 4, 3],
    ['ahead over the wrap', 1, 0xfffe, 0x1_0001],
    ['late before the wrap', 0xfffe, 0x1_0001, 0xfffe],
    ['half a line ahead in the lower half', 0x8004, 4, 0x8004],
    ['half a line behind in the upper half', 4, 0x8004, 4],
    ['in a late turn', 0x10, 0xabcd_0000_fff0, 0xabcd_0001_0010],
    ['before the first turn', 0xffff, 2, -1],
    ['the first one', 0xffff, -1, 0xffff],
  ])('RFC 3711 §3.3.1 %s', (_, sequence, highest, index) => {
    expect(packetIndexOf(sequence, highest)).toBe(index);
  });

  test('RFC 3711 §3.3.1 is the guess of the RFC for every pair of numbers', () => {
    const sequence = fc.integer({ min: 0, max: 0xffff });
    fc.assert(
      fc.property(sequence, sequence, fc.integer({ min: 1, max: 1000 }), (received, last, rollover) => {
        let turn = rollover;
        if (last < 0x8000) turn = received - last > 0x8000 ? rollover - 1 : rollover;
        else turn = last - 0x8000 > received ? rollover + 1 : rollover;
        expect(packetIndexOf(received, rollover * 0x1_0000 + last)).toBe(turn * 0x1_0000 + received);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('clear part of an RTP packet', () => {
  test.each([
    ['a plain header', '8000 0001 00000001 00000002 ffff', 12],
    ['two CSRCs', '8200 0001 00000001 00000002 00000003 00000004 ff', 20],
    ['an extension of one word', '9000 0001 00000001 00000002 bede0001 11223344 ff', 20],
    ['padding, which is encrypted and not looked at', 'a000 0001 00000001 00000002 ff', 12],
    ['version 1', '4000 0001 00000001 00000002', -1],
    ['eleven bytes', '8000 0001 00000001 000000', -1],
    ['an extension cut short', '9000 0001 00000001 00000002 bede0002 11223344', -1],
    ['CSRCs cut short', '8f00 0001 00000001 00000002', -1],
  ])('RFC 3711 §3.1 %s', (_, packet, bytes) => {
    expect(rtpHeaderBytes(hex(packet), hex(packet).length)).toBe(bytes);
  });
});
