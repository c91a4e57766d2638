import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import type { GatewayProcess } from '../support/gateway-process.js';
import { LoopbackWorld } from '../support/loopback-world.js';
import { runSipp } from '../support/sipp.js';

let world: LoopbackWorld;

beforeEach(() => {
  world = new LoopbackWorld();
});

afterEach(() => world.close());

const calls = 500;

function start(allow: string): Promise<GatewayProcess> {
  const domains = [{ name: '*', auth: 'none', allow: [allow], routing: 'redirect' }];
  // Like `--sip-listen 0.0.0.0:2000`: one socket per address, and nobody to ask.
  return world.startGateway({ address: '0.0.0.0', hookUrl: 'off', args: ['--domains', JSON.stringify(domains)] });
}

function sipp(gateway: GatewayProcess, scenario: string, user: string, count = 1): Promise<void> {
  return runSipp({
    scenario: `integration/sipp/${scenario}.xml`,
    server: { address: '127.0.0.1', port: gateway.sip.port },
    user,
    calls: count,
    callsPerSecond: 250,
    directory: world.directory,
  });
}

test('RFC 3261 §8.3 sipp without credentials gets 200 for its REGISTER and 302 for its INVITEs', async () => {
  const gateway = await start('127.0.0.0/8');
  await sipp(gateway, 'register-open', 'bob');
  await sipp(gateway, 'redirected', 'bob', calls);
  expect(await gateway.metrics()).toMatchObject({
    registrations: 2,
    redirects_redirected_total: calls,
    calls_total: 0,
    sip_sessions: 0,
    rtp_ports_in_use: 0,
  });
});

test('RFC 3261 §21.4.4 from outside of the list both get 403', async () => {
  const gateway = await start('192.0.2.0/24');
  await expect(sipp(gateway, 'register-open', 'bob')).rejects.toThrow('sipp ended');
  await expect(sipp(gateway, 'redirected', 'bob')).rejects.toThrow('sipp ended');
  await eventually('both lines', () => gateway.logged('admission.denied').length === 2);
  expect(gateway.logged('admission.denied')).toMatchObject([
    { method: 'REGISTER', why: 'not in allow of *' },
    { method: 'INVITE', why: 'not in allow of *' },
  ]);
  expect(await gateway.metrics()).toMatchObject({ registrations: 0, redirects_redirected_total: 0 });
});

test('auth: none without a list stops the start and says why', async () => {
  const domains = [{ name: '*', auth: 'none', routing: 'redirect' }];
  const started = world.startGateway({ args: ['--domains', JSON.stringify(domains)] });
  await expect(started).rejects.toThrow(/domains\[0\]\.allow .*because auth is none/);
});
