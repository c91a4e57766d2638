import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRealClock, delay } from '../../base/clock.js';
import { retryAfter } from '../../sip/headers.js';
import { eventually } from '../support/eventually.js';
import type { GatewayProcess } from '../support/gateway-process.js';
import { type LoopbackPhone, LoopbackWorld, listen, reached } from '../support/loopback-world.js';
import type { PhoneCall } from '../support/phone.js';

let world: LoopbackWorld;

beforeEach(() => {
  world = new LoopbackWorld();
});

afterEach(() => world.close());

interface InCall {
  readonly gateway: GatewayProcess;
  readonly phone: LoopbackPhone;
  readonly call: PhoneCall;
}

/** A gateway with one call in progress, that has got its first SIGTERM. */
async function drainingWithCall(drainMs: number): Promise<InCall> {
  const hookUrl = await world.serveHooks();
  world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'r', echo: true } });
  const gateway = await world.startGateway({ hookUrl, args: ['--drain-ms', String(drainMs), '--call-events', 'true'] });
  const phone = await world.addRegistered(gateway.sip, '1001', { toneHz: 440 });
  const call = await reached(await phone.dial('echo'), 'answered');
  await eventually('told', () => world.hooks.bodies('register').length === 1);
  gateway.program.signal('SIGTERM');
  await gateway.program.event('drain.began');
  return { gateway, phone, call };
}

test('draining: INVITE 503 with Retry-After, API 503 DRAINING, /ready fails; the call goes on; a second signal ends it', async () => {
  const { gateway, phone, call } = await drainingWithCall(3_600_000);
  const refused = await reached(await phone.dial('9000'), 'ended rejected');
  const response = refused.ended?.response;
  expect(response?.statusCode).toBe(503);
  expect(response === undefined ? null : retryAfter(response)).toMatchObject({ ok: true, value: 5 });
  const body = { room_id: 'r', dest_session_id: world.sessionOf('1001'), from_number: '1' };
  const api = await gateway.api.POST('/sip/invite/client', { body });
  expect([api.response.status, api.error?.error, api.response.headers.get('retry-after')]).toEqual([
    503,
    'DRAINING',
    '5',
  ]);
  expect((await fetch(`${gateway.apiUrl}/ready`)).status).toBe(503);
  expect((await fetch(`${gateway.apiUrl}/health`)).status).toBe(200);
  phone.voices.at(-1)!.toneHz = 0;
  phone.voices[0]!.takeHeard();
  await eventually('sound of the call in progress', () => phone.voices[0]!.takeHeard().some((sample) => sample > 4000));
  expect(call.ended).toBeNull();

  // Two signals close to each other are one Ctrl-C.
  let isOver = false;
  void gateway.program.ended.then(() => {
    isOver = true;
  });
  await eventually('its end', async () => {
    await delay(createRealClock(), 400);
    if (!isOver) gateway.program.signal('SIGTERM');
    return isOver;
  });
  expect(await gateway.program.ended).toEqual({ code: 0, signal: null });
  expect(call.log).toEqual(['answered', 'ended bye']);
  expect(world.hooks.bodies('event').at(-1)).toMatchObject({ state: 'Ended' });
});

test('a call that is still up after drain_ms gets a BYE, and the process ends with 0', async () => {
  const { gateway, call } = await drainingWithCall(1500);
  expect(call.ended).toBeNull();
  await reached(call, 'ended bye');
  expect(await gateway.program.ended).toEqual({ code: 0, signal: null });
  expect(gateway.logged('drain.ended')).toMatchObject([{ callsLeft: 1 }]);
});

test('the process ends as soon as the last call has ended', async () => {
  const { gateway, phone, call } = await drainingWithCall(3_600_000);
  await listen(phone, { hears: [440], not: [] });
  call.hangUp();
  expect(await gateway.program.ended).toEqual({ code: 0, signal: null });
  expect(gateway.logged('drain.ended')).toMatchObject([{ callsLeft: 0 }]);
});

test('hooks in flight are answered before the process ends, and are not sent again by the next', async () => {
  const hookUrl = await world.serveHooks();
  world.hooks.on('unregister', { json: { success: true }, delayMs: 1000 });
  const gateway = await world.startGateway({ hookUrl });
  const phone = await world.addRegistered(gateway.sip, '1001');
  await phone.unregister();
  await eventually('the hook is open', () => world.hooks.open === 1 && world.hooks.bodies('unregister').length === 1);
  expect(await gateway.stop()).toEqual({ code: 0, signal: null });
  expect(world.hooks.open).toBe(0);
  const next = await world.startGateway({ hookUrl, sipPort: gateway.sip.port });
  await world.addRegistered(next.sip, '1002');
  await eventually('a hook of the next process', () => world.hooks.bodies('register').length === 2);
  expect(world.hooks.bodies('unregister')).toHaveLength(1);
});
