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

test('design §9 a late mixer: new calls get 503 with Retry-After, nothing inside a call is refused', async () => {
  world = await ContractWorld.start('call_events: true');
  world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'r' } });
  const [phone, other] = [await world.addRegistered('1001'), await world.addRegistered('1002')];
  const first = await world.dial(phone, '9000', 'answered');
  world.gateway.mixer.latenessMs = 95;
  await world.clock.advance(1500);
  const asked = world.hooks.bodies('invite').length;
  const second = await world.dial(other, '9000', 'ended rejected');
  expect(second.ended?.statusCode).toBe(503);
  expect(second.ended?.response?.headers.get('Retry-After')).toBe('5');
  expect(world.hooks.bodies('invite')).toHaveLength(asked);
  expect(await world.inviteClient('1002', 'r')).toMatchObject({ status: 503, json: { error: 'OVERLOADED' } });
  expect(world.gateway.gateway.counters()).toMatchObject({ overload_refused_mixer_total: 2, mixer_lateness_ms: 95 });

  expect(await world.while(first.hold())).toMatchObject({ ok: true });
  expect(await world.while(first.resume())).toMatchObject({ ok: true });
  first.hangUp();
  await world.clock.advance(1000);
  expect(first.ended?.cause).toBe('bye');
  const third = await world.dial(phone, '9000', 'answered');
  third.hangUp();
  await world.expectNothingLeft();
});
