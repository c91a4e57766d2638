import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SrtpReceiver, SrtpSender } from '../../../media/srtp/context.js';
import { srtpProfileNames, srtpProfiles } from '../../../media/srtp/profiles.js';
import { formatCrypto, keyingOf, parseCrypto } from '../../../media/srtp/sdes.js';
import { acceptCrypto, answerCrypto, offerCrypto } from '../../../media/srtp/sdes-choice.js';
import { createSeededRandom } from '../../support/seeded-random.js';

/** RFC 4568 §4: 30 bytes. */
const key30 = 'PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR';
const line = (key = key30, rest = ''): string => `1 AES_CM_128_HMAC_SHA1_80 inline:${key}${rest}`;

function faultOf(value: string): string | null {
  const read = parseCrypto(value);
  return read.ok ? null : read.fault;
}

describe('reading', () => {
  test('RFC 4568 §4 the key of the example', () => {
    const read = parseCrypto(line(key30, '|2^20'));
    if (!read.ok) throw new Error(read.fault);
    expect(read.value).toMatchObject({ tag: 1, suite: 'AES_CM_128_HMAC_SHA1_80', lifetimePackets: 2 ** 20 });
    expect(Buffer.from(read.value.key.bytes()).toString('base64')).toBe(key30);
  });

  test.each(srtpProfileNames)('RFC 4568 §6.1 what is written for %s is read as it was', (name) => {
    const [made] = offerCrypto([name], createSeededRandom(3));
    const read = parseCrypto(formatCrypto(made!));
    expect(read.ok && read.value).toMatchObject({ tag: 1, suite: name, profile: srtpProfiles[name] });
    expect(read.ok && read.value.key.equals(made!.key)).toBe(true);
  });

  test.each([
    [
      'without the padding of base64',
      `1 AEAD_AES_128_GCM inline:${Buffer.alloc(28, 5).toString('base64').replace(/=/g, '')}`,
    ],
    ['suite in small letters', `1 aes_cm_128_hmac_sha1_32 inline:${key30}`],
    ['the older spelling of AES-256', `1 AES_CM_256_HMAC_SHA1_80 inline:${Buffer.alloc(46, 5).toString('base64')}`],
    ['more than one space', `1   AES_CM_128_HMAC_SHA1_80\t inline:${key30} `],
    ['a lifetime in digits', line(key30, '|1048576')],
    ['a lifetime and an MKI of length 0', line(key30, '|2^31|1:0')],
    ['a hint for the window', line(key30, ' WSH=128')],
    ['an optional parameter of the future', line(key30, ' -FOO=1')],
  ])('RFC 4568 §9.2 is taken: %s', (_, value) => {
    expect(faultOf(value)).toBeNull();
  });

  test.each([
    ['mki', line(key30, '|2^20|1:4')],
    ['mki', line(key30, '|1:4')],
    ['several-keys', line(key30, `|2^20;inline:${key30}`)],
    ['bad-key', line(key30.slice(4))],
    ['bad-key', line(`${key30}AAAA`)],
    ['bad-key', line('not_base64_____________________________')],
    ['bad-key', line('')],
    ['bad-lifetime', line(key30, '|2^49')],
    ['bad-lifetime', line(key30, '|0')],
    ['bad-lifetime', line(key30, '|soon')],
    ['syntax', line(key30, '|2^20|x')],
    ['syntax', line(key30, '|2^20|1:0|more')],
    ['unknown-suite', `1 F8_128_HMAC_SHA1_80 inline:${key30}`],
    ['unknown-suite', `1 toString inline:${key30}`],
    ['unknown-key-method', '1 AES_CM_128_HMAC_SHA1_80 uri:https://example.com/key'],
    ['bad-tag', `x AES_CM_128_HMAC_SHA1_80 inline:${key30}`],
    ['bad-tag', `1234567890 AES_CM_128_HMAC_SHA1_80 inline:${key30}`],
    ['unsupported-parameter', line(key30, ' KDR=1')],
    ['unsupported-parameter', line(key30, ' UNENCRYPTED_SRTP')],
    ['unsupported-parameter', line(key30, ' UNENCRYPTED_SRTCP')],
    ['unsupported-parameter', line(key30, ' UNAUTHENTICATED_SRTP')],
    ['unsupported-parameter', line(key30, ' WSH=128 FEC_ORDER=FEC_SRTP')],
    ['unsupported-parameter', line(key30, ' --FOO')],
    ['syntax', '1 AES_CM_128_HMAC_SHA1_80'],
    ['syntax', ''],
    ['too-long', line(key30, ` -${'x'.repeat(1000)}`)],
  ])('RFC 4568 §9.2 is refused as %s: %s', (expected, value) => {
    expect(faultOf(value)).toBe(expected);
  });

  test('no text makes it throw', () => {
    const piece = fc.constantFrom(
      '1',
      ' ',
      'inline:',
      key30,
      'AES_CM_128_HMAC_SHA1_80',
      '|',
      ':',
      ';',
      '2^',
      '=',
      '-',
      'WSH=64',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece, { maxLength: 12 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (value) => {
        const read = parseCrypto(value);
        if (!read.ok) expect(read.at).toBeLessThanOrEqual(value.length);
      }),
      { numRuns: 2000 },
    );
  });

  test('RFC 4568 §8.3 neither a log line nor an inspection shows the key', () => {
    const read = parseCrypto(line());
    if (!read.ok) throw new Error(read.fault);
    const shown = `${JSON.stringify(read)} ${inspect(read, { depth: 9, showHidden: true })} ${read.value.key}`;
    expect(shown).toContain('[key]');
    expect(shown).not.toContain(key30);
    expect(shown).not.toContain(Buffer.from(key30, 'base64').toString('hex'));
    expect(shown).not.toMatch(/61, ?45/);
  });
});

describe('offer and answer', () => {
  const random = createSeededRandom(7);
  const both = ['AEAD_AES_128_GCM', 'AES_CM_128_HMAC_SHA1_80'] as const;

  test('RFC 4568 §5.1.2 the first line that we can use is answered with its tag and suite and a key of our own', () => {
    const offered = offerCrypto(['AES_256_CM_HMAC_SHA1_80', ...both], random);
    const answered = answerCrypto(offered.map(formatCrypto), ['AES_CM_128_HMAC_SHA1_80', 'AEAD_AES_128_GCM'], {
      random,
    });
    if (!answered.ok) throw new Error(answered.fault);
    const { send, receive } = answered.value;
    expect(send).toMatchObject({ tag: 2, suite: 'AEAD_AES_128_GCM' });
    expect(receive.key.equals(offered[1]!.key)).toBe(true);
    expect(send.key.equals(receive.key)).toBe(false);
    const accepted = acceptCrypto(offered, [formatCrypto(send)]);
    expect(accepted.ok && accepted.value.send).toBe(offered[1]);
    expect(accepted.ok && accepted.value.receive.key.equals(send.key)).toBe(true);
  });

  test('RFC 4568 §6 what is agreed on carries packets', () => {
    for (const name of srtpProfileNames) {
      const offered = offerCrypto([name], random);
      const answered = answerCrypto(offered.map(formatCrypto), [name], { random });
      if (!answered.ok) throw new Error(answered.fault);
      const accepted = acceptCrypto(offered, [formatCrypto(answered.value.send)]);
      if (!accepted.ok) throw new Error(accepted.fault);
      const [sender, receiver] = [new SrtpSender(), new SrtpReceiver()];
      sender.setKeys(keyingOf(accepted.value.send));
      receiver.setKeys(keyingOf(answered.value.receive));
      const data = Buffer.alloc(60, 0x80);
      expect(receiver.unprotectRtp(data, sender.protectRtp(data, 40))).toBe(40);
    }
  });

  test('lines that we cannot use are passed over: unknown suites, MKI, a tag for the second time', () => {
    const [good] = offerCrypto(['AES_CM_128_HMAC_SHA1_80'], random);
    const values = [
      `1 F8_128_HMAC_SHA1_80 inline:${key30}`,
      `2 AES_CM_128_HMAC_SHA1_80 inline:${key30}|2^20|1:4`,
      `3 AES_CM_128_HMAC_SHA1_32 inline:${key30}`,
      `3 AES_CM_128_HMAC_SHA1_80 inline:${key30}`,
      formatCrypto({ ...good!, tag: 4 }),
    ];
    const answered = answerCrypto(values, ['AES_CM_128_HMAC_SHA1_80'], { random });
    expect(answered.ok && answered.value.send.tag).toBe(4);
    expect(answerCrypto(values.slice(0, 2), both, { random })).toMatchObject({ ok: false, fault: 'unknown-suite' });
    expect(answerCrypto(values.slice(1, 2), both, { random })).toMatchObject({ ok: false, fault: 'mki' });
    expect(answerCrypto(values.slice(2, 3), both, { random })).toMatchObject({ ok: false, fault: 'not-ours' });
    expect(answerCrypto([], both, { random })).toMatchObject({ ok: false, fault: 'no-crypto' });
  });

  test('RFC 4568 §7.1.4 the same key again is answered with ours again, a new one with a new one', () => {
    const [first, second] = [offerCrypto(both, random), offerCrypto(both, random)];
    const before = answerCrypto(first.map(formatCrypto), both, { random });
    if (!before.ok) throw new Error(before.fault);
    const moved = first.map((each) => formatCrypto({ ...each, tag: each.tag + 10 }));
    const again = answerCrypto(moved, both, { random, before: before.value });
    expect(again.ok && again.value.send.tag).toBe(11);
    expect(again.ok && again.value.send.key.equals(before.value.send.key)).toBe(true);
    const rekeyed = answerCrypto(second.map(formatCrypto), both, { random, before: before.value });
    expect(rekeyed.ok && rekeyed.value.send.key.equals(before.value.send.key)).toBe(false);
  });

  test.each([
    ['no-crypto', []],
    ['several-answers', [line(), line()]],
    ['not-offered', [`7 AES_CM_128_HMAC_SHA1_80 inline:${key30}`]],
    ['not-offered', [`1 AES_CM_128_HMAC_SHA1_80 inline:${key30}`]],
    ['mki', [line(key30, '|1:1')]],
  ])('RFC 4568 §5.1.3 an answer that does not fit the offer is refused as %s', (expected, values) => {
    expect(acceptCrypto(offerCrypto(both, random), values)).toMatchObject({ ok: false, fault: expected });
  });
});
