import { expect, test } from 'vitest';
import {
  createAddressSet,
  isLiteral,
  loopbackCidrs,
  parseCidr,
  privateCidrs,
} from '../../../gateway/admission/cidr.js';

test('a range keeps its network and prefix, a single address gets the full prefix', () => {
  expect(parseCidr('192.0.2.77/24')).toBe('192.0.2.0/24');
  expect(parseCidr(' 192.0.2.77 ')).toBe('192.0.2.77/32');
  expect(parseCidr('2001:DB8::1/32')).toBe('2001:db8::/32');
  expect(parseCidr('::1')).toBe('::1/128');
  expect(parseCidr('0.0.0.0/0')).toBe('0.0.0.0/0');
});

test('what is no range is refused, shorthand and octal forms included', () => {
  for (const text of [
    '',
    '10',
    '10.1/16',
    '010.0.0.1',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '1.2.3.4/8/8',
    '::/129',
    'fe80::1%eth0',
    'host',
  ]) {
    expect(parseCidr(text), text).toBeNull();
  }
  expect(isLiteral('10.0.0.1')).toBe(true);
  expect(isLiteral('[::1]')).toBe(false);
});

test('membership respects the family, and sees an IPv4 address through its IPv6 mapping', () => {
  const inside = createAddressSet(['192.0.2.0/24', '2001:db8::/32']);
  expect(inside('192.0.2.255')).toBe(true);
  expect(inside('192.0.3.0')).toBe(false);
  expect(inside('::ffff:192.0.2.1')).toBe(true);
  expect(inside('2001:db8:1::9')).toBe(true);
  expect(inside('2001:db9::')).toBe(false);
  expect(inside('nonsense')).toBe(false);
  expect(createAddressSet([])('192.0.2.1')).toBe(false);
});

test('private ranges hold loopback and the usual private networks, and no public address', () => {
  const isPrivate = createAddressSet(privateCidrs);
  for (const address of ['127.0.0.1', '10.1.2.3', '172.31.0.1', '192.168.1.1', '100.64.0.1', '::1', 'fd00::1']) {
    expect(isPrivate(address), address).toBe(true);
  }
  for (const address of ['172.32.0.1', '192.0.2.1', '8.8.8.8', '2001:db8::1'])
    expect(isPrivate(address), address).toBe(false);
  expect(createAddressSet(loopbackCidrs)('127.9.9.9')).toBe(true);
});
