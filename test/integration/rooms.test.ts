import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { freePort, type GatewayProcess } from '../support/gateway-process.js';
import { type LoopbackPhone, LoopbackWorld, listen, reached, rung } from '../support/loopback-world.js';
import { Program } from '../support/program.js';
import { udpBackends } from '../support/udp-backends.js';

let world: LoopbackWorld;

beforeEach(() => {
  world = new LoopbackWorld();
});

afterEach(() => world.close());

/** The reference hook server as a process of its own, which knows where the API will be. */
async function startAlone(): Promise<GatewayProcess> {
  const apiPort = await freePort();
  const hooks = new Program('hooks-reference/main.js', [
    ...['--http-addr', '127.0.0.1:0', '--sip-gateway', `http://127.0.0.1:${apiPort}`],
    ...['--hook-secret', 'between us', '--api-secret', 'and back'],
  ]);
  world.closeLater(() => hooks.kill());
  await hooks.prints('hook server ready');
  const hookUrl = /--hook-url (\S+)/.exec(hooks.stdout)?.[1] ?? '';
  const http = ['--http-listen', `127.0.0.1:${apiPort}`];
  return world.startGateway({ hookUrl, args: [...http, '--hook-secret', 'between us', '--api-secret', 'and back'] });
}

const hookServers: [string, () => Promise<GatewayProcess>][] = [
  ['embedded', () => world.startGateway()],
  ['alone', startAlone],
];

describe.each(hookServers)('the reference hook server, %s', (_where, start) => {
  test('contract §7 scenario 3: a registered user is bridged and both hear each other; A BYE, B BYE', async () => {
    const gateway = await start();
    const a = await world.addRegistered(gateway.sip, '1001', { toneHz: 440 });
    const b = await world.addRegistered(gateway.sip, '1002', { toneHz: 1250 });
    const call = await reached(await a.dial('1002'), '180');
    (await rung(b)).answer();
    await reached(call, 'answered');
    await listen(a, { hears: [1250], not: [440] });
    await listen(b, { hears: [440], not: [1250] });
    call.hangUp();
    await reached(b.calls[0]!, 'ended bye');
  });

  test('nobody of that name: 486', async () => {
    const gateway = await start();
    const a = await world.addRegistered(gateway.sip, '1001');
    const call = await reached(await a.dial('1999'), 'ended rejected');
    expect(call.ended?.statusCode).toBe(486);
  });
});

async function member(gateway: GatewayProcess, user: string, toneHz: number): Promise<LoopbackPhone> {
  const phone = await world.addRegistered(gateway.sip, user, { toneHz });
  await reached(await phone.dial('9000'), 'answered');
  return phone;
}

describe.each(udpBackends)('rooms over $name', ({ name }) => {
  const args = ['--media-backend', name];

  test('contract §7 scenario 5: three in 9000 hear the other two and not themselves; one leaves, two stay; then BYE', async () => {
    const gateway = await world.startGateway({ args });
    const [low, middle, high] = [400, 700, 1250];
    const first = await member(gateway, '1001', low);
    const second = await member(gateway, '1002', middle);
    const web = await member(gateway, 'web', high);
    await listen(first, { hears: [middle, high], not: [low] });
    await listen(second, { hears: [low, high], not: [middle] });
    await listen(web, { hears: [low, middle], not: [high] });
    web.call?.hangUp();
    await reached(web.calls[0]!, 'ended bye');
    await eventuallyQuiet(first, high);
    await listen(first, { hears: [middle], not: [low, high] });
    await listen(second, { hears: [low], not: [middle, high] });
    expect([first.call?.ended, second.call?.ended]).toEqual([null, null]);
    first.call?.hangUp();
    await reached(second.calls[0]!, 'ended bye');
    await gateway.idle();
  });

  test('a late offer: the gateway offers in its 200, the phone answers in the ACK, and both directions have sound', async () => {
    const gateway = await world.startGateway({ args });
    const first = await member(gateway, '1001', 440);
    const late = await world.addRegistered(gateway.sip, '1002', { toneHz: 1250 });
    await reached(await late.dial('9000', { late: true }), 'answered');
    await listen(first, { hears: [1250], not: [440] });
    await listen(late, { hears: [440], not: [1250] });
  });

  test('hold and resume: the room does not hear who is on hold, and hears it again', async () => {
    const gateway = await world.startGateway({ args });
    const first = await member(gateway, '1001', 440);
    const second = await member(gateway, '1002', 1250);
    await listen(first, { hears: [1250], not: [440] });
    second.voices[0]!.toneHz = 0;
    expect((await second.call?.hold())?.ok).toBe(true);
    await eventuallyQuiet(first, 1250);
    await listen(first, { hears: [], not: [440, 1250] });
    second.voices[0]!.toneHz = 1250;
    expect((await second.call?.resume())?.ok).toBe(true);
    await listen(first, { hears: [1250], not: [440] });
    await listen(second, { hears: [440], not: [1250] });
  });

  test('echo answers with one’s own voice, and DTMF is no reason to end', async () => {
    const gateway = await world.startGateway({ args });
    const phone = await world.addRegistered(gateway.sip, '1001', { toneHz: 800 });
    const call = await reached(await phone.dial('echo'), 'answered');
    await listen(phone, { hears: [800], not: [1250] });
    phone.voices[0]!.toneHz = 1250;
    await listen(phone, { hears: [1250], not: [] });
    phone.voices[0]!.session.dtmf('15#', 100);
    await listen(phone, { hears: [1250], not: [] });
    call.hangUp();
    await gateway.idle();
  });
});

/** Lets run out what was on its way when a tone ended. */
async function eventuallyQuiet(phone: LoopbackPhone, hz: number): Promise<void> {
  await eventually(`no ${hz} Hz`, () =>
    listen(phone, { hears: [], not: [hz] }).then(
      () => true,
      () => false,
    ),
  );
}
