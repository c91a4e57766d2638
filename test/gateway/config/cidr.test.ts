import { expect, test } from 'vitest';
import { isLiteral, parseCidr } from '../../../gateway/config/cidr.js';

test('a range keeps its network and prefix, a single address gets the full prefix', () => {
  expect(parseCidr('192.0.2.77/24')).toBe('192.0.2.0/24');
  expect(parseCidr(' 192.0.2.77 ')).toBe('192.0.2.77/32');
  expect(parseCidr('2001:DB8::1/32')).toBe('2001:db8::/32');
  expect(parseCidr('::1')).toBe('::1/128');
  expect(parseCidr('0.0.0.0/0')).toBe('0.0.0.0/0');
});

test('what is no range is refused, shorthand and octal forms included', () => {
  const wrong = ['', '10', '10.1/16', '010.0.0.1', '10.0.0.0/33', '10.0.0.0/-1', '1.2.3.4/8/8', '::/129', 'host'];
  for (const text of [...wrong, 'fe80::1%eth0']) expect(parseCidr(text), text).toBeNull();
  expect(isLiteral('10.0.0.1')).toBe(true);
  expect(isLiteral('[::1]')).toBe(false);
});
