import { afterEach, expect, test } from 'vitest';
import { ContractWorld } from '../../support/contract-world.js';

let world: ContractWorld;

afterEach(() => world.finish());

test('design §9 no RTP port is left: 503 with Retry-After', async () => {
  world = await ContractWorld.start('call_events: true\nrtp_ports: 20000-20001\nmax_conn: 10');
  world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'r' } });
  const first = await world.dial(await world.addRegistered('1001'), '9000', 'answered');
  const second = await world.dial(await world.addRegistered('1002'), '9000', 'ended rejected');
  expect(second.ended?.statusCode).toBe(503);
  expect(second.ended?.response?.headers.get('Retry-After')).toBe('5');
  first.hangUp();
  await world.expectNothingLeft();
});

test('design §9 a caller who still waits when the drain ends: 503 with Retry-After', async () => {
  world = await ContractWorld.start('call_events: true\ndrain_ms: 1000');
  world.hooks.on('invite', { json: { strategy: 'WaitOtherPeers', room_id: 'r' } });
  const call = await world.dial(await world.addRegistered('1001'), '9000', '180');
  await world.while(world.gateway.gateway.drain());
  await world.gateway.stop();
  expect(call.ended?.statusCode).toBe(503);
  expect(call.ended?.response?.headers.get('Retry-After')).toBe('5');
});
