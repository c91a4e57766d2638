import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRealNetwork } from '../../base/network.js';
import { eventually } from '../support/eventually.js';
import { freePort, rtpBase } from '../support/gateway-process.js';
import { silentMedia } from '../support/phone.js';
import { Program } from '../support/program.js';
import { SipEndpoint } from '../support/sip-endpoint.js';

let directory = '';
const running: { kill(): Promise<void> }[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hookline-ways-'));
});

afterEach(async () => {
  for (const program of running.splice(0)) await program.kill();
  rmSync(directory, { recursive: true, force: true });
});

/** The same settings in each of the three spellings. */
async function someSettings(): Promise<Record<string, string>> {
  const rtp = rtpBase();
  return {
    sip_listen: `127.0.0.1:${await freePort()}`,
    http_listen: '127.0.0.1:0',
    hooks_listen: '127.0.0.1:0',
    mediaswitch_listen: '127.0.0.1:0',
    rtp_ports: `${rtp}-${rtp + 9}`,
    media_workers: '0',
    data_dir: ':memory:',
    realm: 'three.ways',
    unknown_call: 'challenge',
    api_secret: 'a secret of the api',
  };
}

const ways: Record<string, (settings: Record<string, string>) => [string[], Record<string, string>]> = {
  flags: (settings) => [
    Object.entries(settings).flatMap(([name, value]) => [`--${name.replaceAll('_', '-')}`, value]),
    {},
  ],
  environment: (settings) => [
    [],
    Object.fromEntries(Object.entries(settings).map(([name, value]) => [`HOOKLINE_${name.toUpperCase()}`, value])),
  ],
  YAML: (settings) => {
    const file = join(directory, 'hookline.yaml');
    const lines = Object.entries(settings).map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`);
    writeFileSync(file, lines.join(''));
    return [['--config', file], {}];
  },
};

test.each(Object.keys(ways))('settings given by %s hold: addresses, ports, realm, admission, secret', async (way) => {
  const settings = await someSettings();
  const [args, variables] = ways[way]!(settings);
  const program = new Program('gateway/main.js', args, variables);
  running.push(program);
  await program.prints('3. Ring it');
  const { listening } = await program.event('ready');
  const all = listening as { kind: string; address: string; port: number }[];
  const [address = '', port = ''] = String(settings.sip_listen).split(':');
  expect(all).toContainEqual({ kind: 'udp', address, port: Number(port) });
  expect(all).toContainEqual({ kind: 'tcp', address, port: Number(port) });
  expect(program.stdout).toContain(`udp ${settings.rtp_ports}`);

  const endpoint = await SipEndpoint.open(createRealNetwork(), address, {
    port: 0,
    server: { address, port: Number(port) },
  });
  running.push({ kill: () => endpoint.close() });
  endpoint.send({ method: 'INVITE', user: '9000', body: silentMedia(address).offer('sendrecv') });
  const answers = (): string[] =>
    endpoint.received.flatMap((message) => (message.kind === 'response' ? [String(message.statusCode)] : []));
  await eventually('a challenge', () => answers().includes('401'));
  const challenge = endpoint.received.find((message) => message.kind === 'response' && message.statusCode === 401);
  expect(challenge?.headers.get('WWW-Authenticate')).toContain('realm="three.ways"');

  const http = all.find(({ kind }) => kind === 'http');
  const status = async (headers: Record<string, string>): Promise<number> =>
    (await fetch(`http://127.0.0.1:${http?.port}/sip/calls`, { headers })).status;
  expect(await status({})).toBe(401);
  expect(await status({ authorization: `Bearer ${settings.api_secret}` })).toBe(200);
});
