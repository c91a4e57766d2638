import { describe, expect, test } from 'vitest';
import { createAddressRule } from '../../../gateway/hooks/address-rules.js';

describe('design §9 outbound addresses', () => {
  test('link-local, metadata and non-host addresses are denied by default, everything else is open', () => {
    const permitted = createAddressRule([]);
    for (const address of [
      '169.254.169.254',
      '169.254.0.1',
      '::ffff:169.254.169.254',
      'fe80::1',
      'fd00:ec2::254',
      '100.100.100.200',
      '168.63.129.16',
      '0.0.0.0',
      '::',
      '239.1.1.1',
      'ff02::1',
      '',
      'localhost',
    ]) {
      expect([address, permitted(address)]).toEqual([address, false]);
    }
    for (const address of ['127.0.0.1', '::1', '10.0.0.1', '192.0.2.1', '2001:db8::1', '100.100.100.201']) {
      expect([address, permitted(address)]).toEqual([address, true]);
    }
  });

  test('a list opens what it names and nothing else', () => {
    const permitted = createAddressRule(['10.0.0.0/8', '169.254.7.7', '2001:db8::/32']);
    for (const address of ['10.9.9.9', '169.254.7.7', '2001:db8::5', '::ffff:10.0.0.1']) {
      expect(permitted(address)).toBe(true);
    }
    for (const address of ['127.0.0.1', '169.254.169.254', '2001:db9::1']) expect(permitted(address)).toBe(false);
  });
});
