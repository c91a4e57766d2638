import { expect, test } from 'vitest';
import { isIpLiteral } from '../../base/ip-ranges.js';
import { parseNameServer, systemHostsFile, systemNameServers } from '../../base/name-servers.js';

test('a name server is an address, with a port where it is not 53', () => {
  expect(parseNameServer('192.0.2.53')).toEqual({ address: '192.0.2.53', port: 53 });
  expect(parseNameServer('2001:db8::53')).toEqual({ address: '2001:db8::53', port: 53 });
  expect(parseNameServer('192.0.2.53:5353')).toEqual({ address: '192.0.2.53', port: 5353 });
  expect(parseNameServer('[2001:db8::53]:5353')).toEqual({ address: '2001:db8::53', port: 5353 });
  for (const text of ['', 'ns.example', '192.0.2.53:0', '192.0.2.53:70000', '[192.0.2.53']) {
    expect(parseNameServer(text), text).toBeNull();
  }
});

test('those of the system can be asked, whatever it is', () => {
  for (const { address, port } of systemNameServers()) {
    expect(isIpLiteral(address)).toBe(true);
    expect(port).toBeGreaterThan(0);
  }
  expect(systemHostsFile('linux')).toBe('/etc/hosts');
  expect(systemHostsFile('darwin')).toBe('/etc/hosts');
  expect(systemHostsFile('win32')).toContain('drivers');
});
