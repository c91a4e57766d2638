import { describe, expect, test } from 'vitest';
import { hostPort, IpRanges, isIpLiteral, privateRanges } from '../../base/ip-ranges.js';

describe('address ranges', () => {
  test.each([
    ['10.0.0.0/8', '10.1.2.3', true],
    ['10.0.0.0/8', '11.1.2.3', false],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.8', false],
    ['2001:db8::/32', '2001:db8::1', true],
    ['2001:db8::/32', '10.0.0.1', false],
    ['10.0.0.0/8', '::ffff:10.0.0.1', true],
    ['0.0.0.0/0', 'not an address', false],
  ])('%s and %s: %s', (range, address, expected) => {
    expect(IpRanges.of([range]).contains(address)).toBe(expected);
  });

  test('a bad entry is named by its index', () => {
    expect(IpRanges.parse(['10.0.0.0/8', '10.0.0.0/33'])).toEqual({ ok: false, fault: 'bad-range', at: 1 });
    expect(IpRanges.parse(['10.1'])).toEqual({ ok: false, fault: 'bad-range', at: 0 });
  });

  test('loopback and RFC 1918 are private, documentation ranges are not', () => {
    expect(privateRanges.contains('127.0.0.1')).toBe(true);
    expect(privateRanges.contains('172.31.0.1')).toBe(true);
    expect(privateRanges.contains('203.0.113.1')).toBe(false);
  });

  test('IPv6 stands in brackets before a port', () => {
    expect(hostPort('::1', 5060)).toBe('[::1]:5060');
    expect(hostPort('127.0.0.1', 5060)).toBe('127.0.0.1:5060');
    expect(isIpLiteral('::1')).toBe(true);
    expect(isIpLiteral('127.1')).toBe(false);
    expect(isIpLiteral('example.com')).toBe(false);
  });
});
