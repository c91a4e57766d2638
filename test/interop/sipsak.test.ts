import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sipUri } from '../../sip/index.js';
import { LOOPBACK, RealAgent } from '../support/real-agent.js';
import type { Gateway } from './support/gateway.js';
import { requirePeers, runPeer } from './support/peers.js';
import { Stage } from './support/stage.js';

let stage: Stage;
let gateway: Gateway;
let agent: RealAgent;

beforeAll(async () => {
  requirePeers('sipsak');
  stage = new Stage();
  gateway = await stage.gateway();
  const listens = (['udp', 'tcp'] as const).map((kind) => ({ kind, address: LOOPBACK, port: 0 }));
  agent = await RealAgent.start('library', { listens });
  stage.onClose(() => agent.ua.close());
});

afterAll(() => stage.close());

type Kind = 'udp' | 'tcp';

const places = {
  gateway: () => gateway.address,
  library: (kind: Kind) => `${LOOPBACK}:${agent.at(kind).port}`,
};

function field(output: string, name: string): string[] {
  const value = new RegExp(`^${name}: *(.*?)\\s*$`, 'im').exec(output)?.[1] ?? '';
  return value.split(/\s*,\s*/);
}

describe.each(['gateway', 'library'] as const)('at the %s', (place) => {
  test.each(['udp', 'tcp'] as const)('RFC 3261 §11 an OPTIONS over %s is told what is understood', async (kind) => {
    const output = await runPeer('sipsak', ['-vvv', '-E', kind, '-s', `sip:someone@${places[place](kind)}`]);
    expect(output).toMatch(/^SIP\/2\.0 200 OK/m);
    const allow = field(output, 'Allow');
    if (place === 'library') {
      expect(allow).toEqual(agent.ua.allow().split(', '));
      expect(field(output, 'Supported')).toEqual(agent.ua.supported().split(', '));
    } else expect(allow).toEqual(expect.arrayContaining(['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS', 'REGISTER']));
    // What is named is served, and what is not is refused: RFC 3261 §8.2.1.
    for (const method of ['INFO', 'MESSAGE', 'PUBLISH', 'REFER']) {
      expect([method, await isServed(place, method)]).toEqual([method, allow.includes(method)]);
    }
  });

  test('RFC 3261 §16.3, §11 a traceroute ends here: Max-Forwards 0 is answered, since nobody is beyond', async () => {
    const output = await runPeer('sipsak', ['-T', '-v', '-s', `sip:someone@${places[place]('udp')}`]);
    expect(output).toMatch(/^0: .* SIP\/2\.0 200 OK/m);
  });
});

test('RFC 3261 §10.3 sipsak registers at the gateway with digest, and is refused with a wrong password', async () => {
  const who = ['-u', '5002', '-C', 'sip:5002@127.0.0.1:40000', '-x', '300', '-s', `sip:5002@${gateway.address}`];
  await runPeer('sipsak', ['-U', '-a', '5002', ...who]);
  const sessions = (await gateway.api('GET', '/sip/sessions')) as { username: string; contact: string }[];
  expect(sessions.map(({ username, contact }) => [username, contact])).toEqual([['5002', 'sip:5002@127.0.0.1:40000']]);
  await expect(runPeer('sipsak', ['-U', '-a', 'wrong', ...who])).rejects.toThrow(/403|401/);
});

/** Whether that method gets anything but 405. */
async function isServed(place: 'gateway' | 'library', method: string): Promise<boolean> {
  const probe = await RealAgent.start('probe', { listens: [{ kind: 'udp', address: LOOPBACK, port: 0 }] });
  const [address = '', port] = places[place]('udp').split(':');
  const target = { kind: 'udp', address, port: Number(port) } as const;
  const uri = sipUri({ user: 'someone', host: address, port: target.port });
  const { statusCode } = await probe.ua.request({ method, uri, target });
  await probe.ua.close();
  return statusCode !== 405;
}
