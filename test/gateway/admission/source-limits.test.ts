import { afterEach, expect, test } from 'vitest';
import { SourceLimiter } from '../../../gateway/admission/source-limiter.js';
import type { SipRequest } from '../../../sip/message.js';
import { ContractWorld } from '../../support/contract-world.js';
import { silentMedia } from '../../support/phone.js';
import { SipEndpoint } from '../../support/sip-endpoint.js';

let world: ContractWorld;

afterEach(() => world.close());

async function flood(address: string, count: number): Promise<{ endpoint: SipEndpoint; invites: SipRequest[] }> {
  const endpoint = await SipEndpoint.open(world.network.host(address), address);
  const body = silentMedia(address).offer('sendrecv');
  const invites = Array.from({ length: count }, () => endpoint.send({ method: 'INVITE', user: '9000', body }));
  await world.clock.advance(3000);
  return { endpoint, invites };
}

function finals(endpoint: SipEndpoint, invites: readonly SipRequest[]): number[] {
  return invites.map(
    (invite) => endpoint.answersTo(invite).find(({ statusCode }) => statusCode >= 200)?.statusCode ?? 0,
  );
}

test('design §9 an unknown source gets 20 INVITEs a second; the rest a 503 without any hook', async () => {
  world = await ContractWorld.start();
  const { endpoint, invites } = await flood('10.0.3.1', 60);
  expect(finals(endpoint, invites).filter((code) => code === 503)).toHaveLength(50);
  // Ten hooks of the twenty may be open at once.
  expect(world.hooks.bodies('invite')).toHaveLength(10);
  await endpoint.close();
});

test('design §9 a trunk is known: its calls are bounded by its hooks in flight, and none of a burst is lost', async () => {
  world = await ContractWorld.start('servers: [{ alias: trunk, cidrs: [10.0.3.0/24] }]');
  const { endpoint, invites } = await flood('10.0.3.1', 250);
  expect(finals(endpoint, invites)).toEqual(Array.from({ length: 250 }, () => 486));
  expect(world.hooks.bodies('invite')).toHaveLength(250);
  await endpoint.close();
});

test('design §9 a flood of other methods from an unknown source leaves no transactions behind either', async () => {
  world = await ContractWorld.start();
  const endpoint = await SipEndpoint.open(world.network.host('10.0.3.1'), '10.0.3.1');
  const pings = Array.from({ length: 300 }, () => endpoint.send({ method: 'OPTIONS' }));
  await world.clock.advance(100);
  const answers = finals(endpoint, pings);
  expect([200, 503].map((code) => answers.filter((answer) => answer === code).length)).toEqual([100, 200]);
  expect(world.leftovers()).toEqual({});
  await endpoint.close();
});

test('design §9 the addresses of one IPv6 /64 are one source', async () => {
  world = await ContractWorld.start();
  const limiter = new SourceLimiter(world.clock, { perSecond: 2, pending: 1, maxSources: 10 });
  expect(['2001:db8::1', '2001:db8:0:0:9::2', '2001:db8::3'].map((address) => limiter.take(address))).toEqual([
    true,
    true,
    false,
  ]);
  expect(limiter.take('2001:db8:0:1::1')).toBe(true);
  expect([limiter.ask('2001:db8::1'), limiter.ask('2001:db8::2')]).toEqual([true, false]);
  limiter.settle('2001:db8::7');
  expect(limiter.ask('2001:db8::2')).toBe(true);
  expect(limiter.take('::ffff:10.0.0.1') && limiter.take('10.0.0.1') && limiter.take('10.0.0.1')).toBe(false);
});
