import { describe, expect, test } from 'vitest';
import type { InterfaceAddress } from '../../../base/network.js';
import { commonPrefixBits, expandAddress, pickLocal } from '../../../sip/transport/local-address.js';

const interfaces: InterfaceAddress[] = [
  { name: 'lo', address: '127.0.0.1', family: 4, internal: true },
  { name: 'lo', address: '::1', family: 6, internal: true },
  { name: 'eth0', address: '192.168.1.10', family: 4, internal: false },
  { name: 'eth0', address: '2001:db8::10', family: 6, internal: false },
  { name: 'docker0', address: '172.17.0.1', family: 4, internal: false },
];
const network = { interfaces: () => interfaces };
const candidates = interfaces.map(({ address }) => ({ local: { address, port: 5060 } }));

test.each([
  ['0.0.0.0', ['127.0.0.1', '192.168.1.10', '172.17.0.1']],
  ['::', ['::1', '2001:db8::10']],
  ['eth0', ['192.168.1.10', '2001:db8::10']],
  ['192.168.1.10', ['192.168.1.10']],
  ['203.0.113.1', ['203.0.113.1']],
])('the setting %s means %j', (setting, addresses) => {
  expect(expandAddress(setting, network)).toEqual(addresses);
});

test.each([
  ['10.0.0.1', '10.0.0.1', 32],
  ['10.0.0.1', '10.0.0.0', 31],
  ['10.0.0.1', '10.128.0.1', 8],
  ['10.0.0.1', '138.0.0.1', 0],
  ['2001:db8::1', '2001:db8::1', 128],
  ['2001:db8::1', '2001:db8::2', 126],
  ['2001:db8:8000::', '2001:db8::', 32],
  ['::1', '::', 127],
  ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:9', 127],
])('%s and %s share %i bits', (a, b, bits) => {
  expect(commonPrefixBits(a, b)).toBe(bits);
});

describe('the socket towards a peer', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['127.9.9.9', '127.0.0.1'],
    ['192.168.1.77', '192.168.1.10'],
    ['172.17.0.5', '172.17.0.1'],
    ['8.8.8.8', '192.168.1.10'],
    ['::1', '::1'],
    ['2001:db8::99', '2001:db8::10'],
  ])('to %s it is %s', (peer, address) => {
    expect(pickLocal(candidates, peer)?.local.address).toBe(address);
  });

  test('the wanted address is taken or none', () => {
    expect(pickLocal(candidates, '8.8.8.8', '172.17.0.1')?.local.address).toBe('172.17.0.1');
    expect(pickLocal(candidates, '8.8.8.8', '172.18.0.1')).toBeNull();
  });

  test('without a socket of the family there is none', () => {
    expect(pickLocal(candidates.slice(0, 1), '2001:db8::1')).toBeNull();
  });
});
