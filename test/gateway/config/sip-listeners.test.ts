import { describe, expect, test } from 'vitest';
import { type Config, parseConfig } from '../../../gateway/config.js';

const pem = '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n';
const interfaces = [
  { name: 'eth0', address: '192.0.2.5', family: 4 as const, internal: false },
  { name: 'eth0', address: '2001:db8::5', family: 6 as const, internal: false },
];

function read(...argv: string[]) {
  return parseConfig({
    argv,
    env: {},
    interfaces,
    readFile: (file) => {
      if (file.endsWith('.pem')) return pem;
      if (file.endsWith('.txt')) return 'no certificate';
      throw new Error('ENOENT');
    },
  });
}

function configOf(...argv: string[]): Config {
  const result = read(...argv);
  if (result.kind !== 'config') throw new Error(JSON.stringify(result));
  return result.config;
}

function problemsOf(...argv: string[]): readonly string[] {
  const result = read(...argv);
  if (result.kind !== 'problems') throw new Error('no problem');
  return result.problems;
}

const tls = ['--tls-cert', 'chain.pem', '--tls-key', 'key.pem'];

describe('TLS', () => {
  test('5061 opens on the hosts of sip_listen once a certificate is set', () => {
    const config = configOf('--sip-listen', 'eth0:5070', '--sip-listen', '192.0.2.5:5080', ...tls);
    expect(config.sipsListen).toEqual([
      { address: '192.0.2.5', port: 5061 },
      { address: '2001:db8::5', port: 5061 },
    ]);
    expect(config.tls).toEqual({ cert: { path: 'chain.pem', text: pem }, key: { path: 'key.pem', text: pem } });
    expect(configOf().sipsListen).toEqual([]);
  });

  test('sips_listen says otherwise, and sip_transports without tls closes it', () => {
    expect(configOf('--sips-listen', '127.0.0.1:15061', ...tls).sipsListen).toEqual([
      { address: '127.0.0.1', port: 15_061 },
    ]);
    expect(configOf('--sip-transports', 'udp,ws', ...tls).sipsListen).toEqual([]);
  });

  test('a certificate without its key, a file that is none, and a secure listener without a certificate are refused', () => {
    expect(problemsOf('--tls-cert', 'chain.pem')).toEqual([
      'tls_key: is missing; a certificate and its key go together',
    ]);
    expect(problemsOf('--tls-cert', 'a.txt', '--tls-key', 'gone')).toEqual([
      'tls_cert: a.txt holds no PEM; use the path of a PEM file',
      'tls_key: gone cannot be read (ENOENT); use the path of a PEM file',
    ]);
    expect(problemsOf('--sips-listen', '127.0.0.1:5061', '--sip-wss-listen', '127.0.0.1:443')).toEqual([
      'sips_listen: needs a certificate; set tls_cert and tls_key',
      'sip_wss_listen: needs a certificate; set tls_cert and tls_key',
    ]);
  });

  test('authorities and whether clients need a certificate', () => {
    const config = configOf('--tls-ca', 'ca.pem', '--tls-client-cert', 'require', ...tls);
    expect([config.tlsCa, config.tlsClientCert]).toEqual([{ path: 'ca.pem', text: pem }, 'require']);
  });
});

describe('WebSocket', () => {
  test('listeners of its own, by address or interface', () => {
    const config = configOf('--sip-ws-listen', 'eth0:8080', '--sip-wss-listen', '[::1]:8443', ...tls);
    expect(config.sipWsListen).toEqual([
      { address: '192.0.2.5', port: 8080 },
      { address: '2001:db8::5', port: 8080 },
    ]);
    expect(config.sipWssListen).toEqual([{ address: '::1', port: 8443 }]);
  });

  test('a port has to be given, and an interface has to exist', () => {
    expect(problemsOf('--sip-ws-listen', '127.0.0.1')[0]).toContain('sip_ws_listen');
    expect(problemsOf('--sip-ws-listen', 'eth9:80')[0]).toContain('sip_ws_listen: "eth9" is no interface');
  });

  test('origins are origins, not addresses of pages', () => {
    expect(configOf('--sip-ws-origins', 'https://a.example,http://b.example:8080').sipWsOrigins).toEqual([
      'https://a.example',
      'http://b.example:8080',
    ]);
    expect(problemsOf('--sip-ws-origins', 'https://a.example/page')[0]).toContain('sip_ws_origins');
  });
});
