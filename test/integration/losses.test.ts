import { afterEach, beforeEach, describe, expect, type TestContext, test } from 'vitest';
import { createRealNetwork } from '../../base/network.js';
import { createCuttableNetwork } from '../support/cuttable-network.js';
import { eventually } from '../support/eventually.js';
import { type LoopbackPhone, LoopbackWorld, listen, reached, rung } from '../support/loopback-world.js';
import { SipEndpoint } from '../support/sip-endpoint.js';

let world: LoopbackWorld;
const network = createRealNetwork();

beforeEach(() => {
  world = new LoopbackWorld();
});

afterEach(() => world.close());

/** A world of one of several tests that run together. */
function worldOf({ onTestFinished }: TestContext): LoopbackWorld {
  const own = new LoopbackWorld();
  onTestFinished(() => own.close());
  return own;
}

/** Takes the network from a phone and listens in its place, without a word. */
async function kill(world: LoopbackWorld, phone: LoopbackPhone, cut: () => Promise<void>): Promise<SipEndpoint> {
  const { address, port } = phone.listening[0]!;
  await cut();
  const silent = await SipEndpoint.open(network, address, { port });
  world.closeLater(() => silent.close());
  return silent;
}

const rtpTimeout = ['--rtp-timeout-ms', '5000'];

// Each of them waits for half a minute and more, and has a gateway of its own.
describe.concurrent('gone without a word', () => {
  test('a phone that is gone without a word: BYE to it and to the other after rtp_timeout_ms, nothing left', {
    timeout: 180_000,
  }, async (context) => {
    const world = worldOf(context);
    const gateway = await world.startGateway({ args: rtpTimeout });
    const lost = createCuttableNetwork(network);
    const a = await world.addRegistered(gateway.sip, '1001', { toneHz: 440 });
    const b = await world.addRegistered(gateway.sip, '1002', { toneHz: 1250, network: lost });
    const call = await reached(await a.dial('1002'), '180');
    (await rung(b)).answer();
    await listen(a, { hears: [1250], not: [440] });
    const silent = await kill(world, b, lost.cut);
    await reached(call, 'ended bye');
    await eventually('BYE to the lost one', () => silent.requests('BYE').length > 0);
    await gateway.emptied();
  });

  test('a phone on TCP that is gone without a word: BYE to the other, and nothing left', {
    timeout: 180_000,
  }, async (context) => {
    const world = worldOf(context);
    const gateway = await world.startGateway({ args: rtpTimeout });
    const lost = createCuttableNetwork(network);
    const a = await world.addRegistered(gateway.sip, '1001', { toneHz: 440 });
    const b = await world.addRegistered(gateway.sip, '1002', { toneHz: 1250, transport: 'tcp', network: lost });
    const call = await reached(await a.dial('1002'), '180');
    (await rung(b)).answer();
    await listen(a, { hears: [1250], not: [440] });
    await lost.cut();
    await reached(call, 'ended bye');
    const again = await reached(await a.dial('1002'), 'ended rejected');
    context.expect(again.ended?.statusCode).toBe(486);
    await gateway.emptied();
  });

  test('in a room of three the others go on without it', async (context) => {
    const world = worldOf(context);
    const gateway = await world.startGateway({ args: rtpTimeout });
    const lost = createCuttableNetwork(network);
    const tones = [400, 700, 1250];
    const phones: LoopbackPhone[] = [];
    for (const [index, toneHz] of tones.entries()) {
      const phone = await world.addRegistered(gateway.sip, `100${index}`, {
        toneHz,
        ...(index === 2 ? { network: lost } : {}),
      });
      await reached(await phone.dial('9000'), 'answered');
      phones.push(phone);
    }
    const [first, second, third] = phones as [LoopbackPhone, LoopbackPhone, LoopbackPhone];
    await listen(first, { hears: [700, 1250], not: [400] });
    const silent = await kill(world, third, lost.cut);
    await eventually('BYE to the lost one', () => silent.requests('BYE').length > 0);
    await eventually('two calls', async () => (await gateway.api.GET('/sip/calls')).data?.data.length === 2);
    await listen(first, { hears: [700], not: [400, 1250] });
    await listen(second, { hears: [400], not: [700, 1250] });
  });
});

test('the hook server unplugged mid-call: the call goes on and ends in order; the next waits for its return', async () => {
  const hookUrl = await world.serveHooks();
  world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'r', echo: true } });
  const gateway = await world.startGateway({ hookUrl, args: ['--call-events', 'true'] });
  const phone = await world.addRegistered(gateway.sip, '1001', { toneHz: 440 });
  const call = await reached(await phone.dial('echo'), 'answered');
  await listen(phone, { hears: [440], not: [1250] });
  await world.unplugHooks();
  await listen(phone, { hears: [440], not: [1250] });
  expect((await reached(await phone.dial('echo'), 'ended rejected')).ended?.statusCode).toBe(503);
  call.hangUp();
  await gateway.idle();
  await world.serveHooks();
  const next = await reached(await phone.dial('echo'), 'answered');
  next.hangUp();
  // What happened meanwhile is told late, and in order.
  await eventually('all three ends', () => world.hooks.bodies('event').filter(isLast).length === 3);
  const first = world.hooks.bodies('event').filter(({ session_id }) => session_id === firstSession());
  expect(first.map(({ state }) => state)).toEqual(['Connecting', 'Connected', 'Ended']);
  await gateway.idle();
});

test('the hook server is down at the start: the gateway starts, refuses with 503, and serves once it is there', async () => {
  const hookUrl = await world.serveHooks();
  await world.unplugHooks();
  const gateway = await world.startGateway({ hookUrl });
  expect((await fetch(`${gateway.apiUrl}/ready`)).status).toBe(200);
  const phone = await world.addPhone(gateway.sip, '1001');
  expect((await phone.register()).statusCode).toBe(503);
  expect((await reached(await phone.dial('9000'), 'ended rejected')).ended?.statusCode).toBe(503);
  await world.serveHooks();
  world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'r' } });
  expect((await phone.register()).statusCode).toBe(200);
  (await reached(await phone.dial('9000'), 'answered')).hangUp();
  await gateway.idle();
});

function isLast({ state }: Readonly<Record<string, unknown>>): boolean {
  return ['Ended', 'Rejected', 'Failed', 'Canceled'].includes(String(state));
}

function firstSession(): unknown {
  return world.hooks.bodies('event')[0]?.session_id;
}
