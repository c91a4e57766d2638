import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import type { GatewayProcess } from '../support/gateway-process.js';
import { type LoopbackPhone, LoopbackWorld, listen, reached, rung } from '../support/loopback-world.js';

let world: LoopbackWorld;

beforeEach(() => {
  world = new LoopbackWorld();
});

afterEach(() => world.close());

/** Two phones that have registered, and whose registrations are on disk. */
async function registeredPair(gateway: GatewayProcess): Promise<{ a: LoopbackPhone; b: LoopbackPhone }> {
  const a = await world.addRegistered(gateway.sip, '1001', { toneHz: 440 });
  const b = await world.addRegistered(gateway.sip, '1002', { toneHz: 1250 });
  await eventually('both stored', async () => ((await gateway.metrics()).store_written_total ?? 0) >= 2);
  return { a, b };
}

async function callEachOther(a: LoopbackPhone, b: LoopbackPhone): Promise<void> {
  const already = b.calls.length;
  const call = await reached(await a.dial('1002'), '180');
  const ringing = await rung(b, already + 1);
  ringing.answer();
  await reached(call, 'answered');
  await listen(a, { hears: [1250], not: [440] });
  await listen(b, { hears: [440], not: [1250] });
  call.hangUp();
  await reached(ringing, 'ended bye');
}

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'design §8 after %s and a start on the same data a registered phone is called without anybody registering',
  async (signal) => {
    const first = await world.startGateway();
    const { a, b } = await registeredPair(first);
    const before = (await first.api.GET('/sip/sessions')).data?.data;
    first.program.signal(signal);
    expect((await first.program.ended).code).toBe(signal === 'SIGTERM' ? 0 : null);

    const second = await world.startGateway({ sipPort: first.sip.port });
    expect((await second.api.GET('/sip/sessions')).data?.data).toEqual(before);
    await callEachOther(a, b);
    await callEachOther(a, b);
    expect((await second.metrics()).registrations_accepted_total).toBe(0);
  },
);

test('design §8 the application is told of restored registrations again, with their session_id, and of no unregister', async () => {
  const hookUrl = await world.serveHooks();
  const first = await world.startGateway({ hookUrl });
  await registeredPair(first);
  await eventually('both told', () => world.hooks.bodies('register').length === 2);
  const told = world.hooks.bodies('register');
  expect(await first.stop()).toEqual({ code: 0, signal: null });
  await world.startGateway({ hookUrl, sipPort: first.sip.port });
  await eventually('both told again', () => world.hooks.bodies('register').length === 4);
  expect(world.hooks.bodies('register').slice(2)).toEqual(told);
  expect(world.hooks.bodies('unregister')).toEqual([]);
});

test('design §8 a phone on TCP is kept over a restart, not reachable until it registers again', async () => {
  const hookUrl = await world.serveHooks();
  const first = await world.startGateway({ hookUrl });
  const phone = await world.addRegistered(first.sip, '1001', { transport: 'tcp' });
  await eventually('told', () => world.hooks.bodies('register').length === 1);
  await first.stop();
  const second = await world.startGateway({ hookUrl, sipPort: first.sip.port });
  const ring = (): Promise<string | undefined> =>
    second.api
      .POST('/sip/invite/client', {
        body: { room_id: 'r', dest_session_id: world.sessionOf('1001'), from_number: '1' },
      })
      .then(({ error }) => error?.error);
  expect((await second.api.GET('/sip/sessions')).data?.data).toMatchObject([{ username: '1001', transport: 'tcp' }]);
  expect(await ring()).toBe('NOT_FOUND');
  expect((await phone.register()).statusCode).toBe(200);
  // Its source is another one now, so it is a new session (contract 2.3): the old one ended.
  await eventually('the register hook', () => world.hooks.bodies('unregister').length === 1);
  await eventually('a call', async () => (await ring()) === undefined);
  await rung(phone);
});

test('design §8 with :memory: a shutdown unregisters everybody, and nobody is there afterwards', async () => {
  const hookUrl = await world.serveHooks();
  const first = await world.startGateway({ hookUrl, dataDir: ':memory:' });
  await world.addRegistered(first.sip, '1001');
  await eventually('told', () => world.hooks.bodies('register').length === 1);
  await first.stop();
  expect(world.hooks.bodies('unregister')).toEqual(world.hooks.bodies('register'));
  const second = await world.startGateway({ hookUrl, dataDir: ':memory:', sipPort: first.sip.port });
  expect((await second.api.GET('/sip/sessions')).data?.data).toEqual([]);
});

test('contract §2 hooks that could not be delivered before the end are delivered by the next process', async () => {
  const hookUrl = await world.serveHooks();
  const first = await world.startGateway({ hookUrl });
  const phone = await world.addRegistered(first.sip, '1001');
  await eventually('told', () => world.hooks.bodies('register').length === 1);
  await world.unplugHooks();
  expect((await phone.unregister()).statusCode).toBe(200);
  expect((await first.stop()).code).toBe(0);
  await world.serveHooks();
  expect(world.hooks.bodies('unregister')).toEqual([]);
  await world.startGateway({ hookUrl, sipPort: first.sip.port });
  await eventually('delivered', () => world.hooks.bodies('unregister').length === 1);
  expect(world.hooks.bodies('unregister')).toEqual(world.hooks.bodies('register'));
});
