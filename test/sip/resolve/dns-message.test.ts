import { encode } from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dnsName, EDNS_BYTES, encodeQuery, mixCase, readAnswer } from '../../../sip/resolve/dns-message.js';
import { createSeededRandom } from '../../support/seeded-random.js';

const question = { id: 4711, name: 'eXample.com', type: 'A' } as const;
const answer = (over: object = {}): Buffer =>
  encode({
    type: 'response',
    id: 4711,
    questions: [{ type: 'A', name: 'eXample.com' }],
    answers: [{ type: 'A', name: 'example.com', ttl: 60, data: '192.0.2.1' }],
    ...over,
  });

describe('names', () => {
  test('RFC 1035 §2.3.4 labels up to 63 bytes, names up to 253; anything else is a fault', () => {
    const label = 'a'.repeat(63);
    expect(dnsName('Example.COM.')).toEqual({ ok: true, value: 'example.com' });
    expect(dnsName(`${label}.example`).ok).toBe(true);
    expect(dnsName([label, label, label, 'a'.repeat(61)].join('.')).ok).toBe(true);
    const bad = [
      `a${label}.example`,
      [label, label, label, 'a'.repeat(62)].join('.'),
      '',
      '.',
      'a..b',
      '-a',
      'a-',
      'a b',
    ];
    for (const name of bad) expect([name, dnsName(name).ok]).toEqual([name, false]);
  });

  test('RFC 5891 §4 an international name is asked for in its ASCII form', () => {
    expect(dnsName('Bücher.example')).toEqual({ ok: true, value: 'xn--bcher-kva.example' });
    // Not read as an IPv4 address, which URL parsers do.
    expect(dnsName('10.1')).toEqual({ ok: true, value: '10.1' });
  });

  test('mixed case changes letters only', () => {
    const mixed = mixCase('sip.example-1.com', createSeededRandom(1));
    expect(mixed).not.toBe('sip.example-1.com');
    expect(mixed.toLowerCase()).toBe('sip.example-1.com');
  });
});

describe('messages', () => {
  test('RFC 6891 §6.1.2 a query tells the datagram size that we take', () => {
    const query = encodeQuery({ id: 1, name: 'a.example', type: 'SRV' }, true);
    expect(query.readUInt16BE(10)).toBe(1);
    expect(query.readUInt16BE(query.length - 8)).toBe(EDNS_BYTES);
    expect(encodeQuery({ id: 1, name: 'a.example', type: 'SRV' }, false).readUInt16BE(10)).toBe(0);
  });

  test('RFC 5452 §3 an answer has our id and repeats our question letter by letter', () => {
    expect(readAnswer(answer(), question)).toMatchObject({
      ok: true,
      value: { rcode: 0, truncated: false, records: [{ type: 'A', data: '192.0.2.1', ttlS: 60 }] },
    });
    const foreign = [
      answer({ id: 4712 }),
      answer({ type: 'query' }),
      answer({ questions: [{ type: 'A', name: 'example.com' }] }),
      answer({ questions: [{ type: 'AAAA', name: 'eXample.com' }] }),
      answer({ questions: [] }),
    ];
    for (const data of foreign) expect(readAnswer(data, question)).toMatchObject({ ok: false, fault: 'foreign' });
  });

  test('RFC 2181 §8 a TTL with the top bit set counts as zero', () => {
    const data = answer({ answers: [{ type: 'A', name: 'example.com', ttl: 0x8000_0001, data: '192.0.2.1' }] });
    expect(readAnswer(data, question)).toMatchObject({ value: { records: [{ ttlS: 0 }] } });
  });

  test('RFC 2308 §5 a negative answer lasts as the lesser of the SOA record and its minimum says', () => {
    const soa = { mname: 'a', rname: 'b', minimum: 90 };
    const data = answer({ answers: [], authorities: [{ type: 'SOA', name: 'example.com', ttl: 30, data: soa }] });
    expect(readAnswer(data, question)).toMatchObject({ value: { records: [], negativeTtlS: 30 } });
  });

  test('no bytes make the reader throw', () => {
    const whole = answer();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(whole.length), (noise, at) => {
        readAnswer(Buffer.from(noise), question);
        const broken = Buffer.from(whole);
        broken.set(noise.subarray(0, broken.length - at), at);
        expect(typeof readAnswer(broken, question).ok).toBe('boolean');
      }),
    );
  });
});
