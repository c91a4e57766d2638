import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRealClock } from '../../base/clock.js';
import { createRealRandom } from '../../base/random.js';
import { retryAfter } from '../../sip/headers.js';
import type { SipResponse } from '../../sip/message.js';
import { challengeAt } from '../support/challenge.js';
import { eventually } from '../support/eventually.js';
import type { GatewayProcess } from '../support/gateway-process.js';
import { type LoopbackPhone, LoopbackWorld, reached, rung } from '../support/loopback-world.js';

let world: LoopbackWorld;
let gateway: GatewayProcess;

beforeEach(() => {
  world = new LoopbackWorld();
});

afterEach(() => world.close());

async function start(...args: string[]): Promise<void> {
  const hookUrl = await world.serveHooks();
  gateway = await world.startGateway({ hookUrl, args: ['--call-events', 'true', ...args] });
}

const expectNothingLeft = (): Promise<void> => gateway.idle();

/** `Connecting`, `Ringing` …, `Rejected 486`: what the application was told of each call of that direction. */
function stories(direction: 'in' | 'out'): string[][] {
  const all = new Map<string, string[]>();
  for (const body of world.hooks.bodies('event').filter((each) => each.direction === direction)) {
    const id = String(body.session_id);
    all.set(id, [...(all.get(id) ?? []), `${body.state}${body.code === null ? '' : ` ${body.code}`}`]);
  }
  return [...all.values()];
}

function retryAfterOf(response: SipResponse | undefined): number | undefined {
  const read = response === undefined ? null : retryAfter(response);
  return read?.ok === true ? read.value : undefined;
}

/** The sample hook server's bridge, through the typed client: it rings the callee while the invite hook is open. */
function bridge(): void {
  world.hooks.on('invite', async (call) => {
    const roomId = `bridge-${call.body.conn_id}`;
    const { data } = await gateway.api.POST('/sip/invite/client', {
      body: {
        room_id: roomId,
        dest_session_id: world.sessionOf(String(call.body.to_number)),
        from_number: String(call.body.from_number),
      },
    });
    expect(world.hooks.open).toBeGreaterThan(0);
    return { json: data?.status === true ? { strategy: 'WaitOtherPeers', room_id: roomId } : { strategy: 'Reject' } };
  });
}

async function bridgedPair(...args: string[]): Promise<{ a: LoopbackPhone; b: LoopbackPhone }> {
  await start(...args);
  bridge();
  const a = await world.addRegistered(gateway.sip, '1001');
  const b = await world.addRegistered(gateway.sip, '1002');
  await eventually('both known', () => world.hooks.bodies('register').length === 2);
  return { a, b };
}

describe('contract §7 scenario 1: registration', () => {
  test('hooks auth and register share a session_id; a refresh calls none; Expires 0 one unregister, then NOT_FOUND', async () => {
    await start();
    const phone = await world.addRegistered(gateway.sip, '1001');
    const sessionId = await eventually('the register hook', () => world.hooks.bodies('register')[0]?.session_id);
    const body = { username: '1001', realm: 'sip.media-server.8xff.io', session_id: sessionId };
    expect(world.hooks.bodies('auth')).toEqual([body]);
    const { data } = await gateway.api.GET('/sip/sessions');
    expect(data?.data).toMatchObject([{ session_id: sessionId, username: '1001', transport: 'udp' }]);
    expect((await phone.register()).statusCode).toBe(200);
    expect((await phone.unregister()).statusCode).toBe(200);
    await eventually('the unregister hook', () => world.hooks.routes().includes('unregister'));
    expect(world.hooks.routes()).toEqual(['auth', 'register', 'unregister']);
    expect(world.hooks.bodies('unregister')).toEqual([body]);
    const rings = { room_id: 'r', dest_session_id: String(sessionId), from_number: '100' };
    const { error } = await gateway.api.POST('/sip/invite/client', { body: rings });
    expect(error).toMatchObject({ status: false, error: 'NOT_FOUND' });
  });
});

describe('contract §7 scenario 2: refusals of a REGISTER', () => {
  test('a wrong password and success:false get 403; a hook server that is down 503 with Retry-After', async () => {
    await start();
    const wrong = await world.addPhone(gateway.sip, '1001', { password: 'nonsense' });
    expect((await wrong.register()).statusCode).toBe(403);
    world.hooks.next('auth', { json: { success: false } });
    const phone = await world.addPhone(gateway.sip, '1002');
    expect((await phone.register()).statusCode).toBe(403);
    await world.unplugHooks();
    const unavailable = await phone.register();
    expect([unavailable.statusCode, retryAfterOf(unavailable)]).toEqual([503, 5]);
    await world.serveHooks();
    expect((await phone.register()).statusCode).toBe(200);
  });

  test('hook_error_code 403: a hook server that is down gets 403', async () => {
    await start('--hook-error-code', '403');
    await world.unplugHooks();
    expect((await (await world.addPhone(gateway.sip, '1001')).register()).statusCode).toBe(403);
  });

  test('an IP rule denies: 403 and no hook', async () => {
    await start('--ip-rules', '[{"scope":"register","peer":"any","action":"deny","cidr":"127.0.0.0/8"}]');
    expect((await (await world.addPhone(gateway.sip, '1001')).register()).statusCode).toBe(403);
    expect(world.hooks.routes()).toEqual([]);
  });
});

describe('contract §7 scenario 3: bridge, driven by the generated client from inside the invite hook', () => {
  test('A 180, B rings, B answers, A 200, A BYE, B BYE', async () => {
    const { a, b } = await bridgedPair();
    const call = await reached(await a.dial('1002'), '180');
    const ringing = await rung(b);
    expect(ringing.session?.remote.uri).toMatchObject({ user: '1001' });
    expect(call.log).toEqual(['180']);
    ringing.answer();
    await reached(call, 'answered');
    await reached(ringing, 'confirmed');
    const { data } = await gateway.api.GET('/sip/calls');
    expect(data?.data.map(({ direction, state, peer_id }) => [direction, state, peer_id]).sort()).toEqual([
      ['in', 'Connected', '1001'],
      ['out', 'Connected', '1002'],
    ]);
    call.hangUp();
    await reached(ringing, 'ended bye');
    await expectNothingLeft();
    const whole = [['Connecting', 'Ringing', 'Connected', 'Ended']];
    await eventually('all events', () => world.hooks.bodies('event').length === 8);
    expect([stories('in'), stories('out')]).toEqual([whole, whole]);
  });
});

describe('contract §7 scenario 4: no conversation', () => {
  test('B 486: A 486', async () => {
    const { a, b } = await bridgedPair();
    b.onInvite = 486;
    const call = await reached(await a.dial('1002'), 'ended rejected');
    expect(call.ended?.statusCode).toBe(486);
    await expectNothingLeft();
  });

  test('A CANCEL: A 487, B CANCEL', async () => {
    const { a, b } = await bridgedPair();
    const call = await reached(await a.dial('1002'), '180');
    const ringing = await rung(b);
    call.hangUp();
    await reached(ringing, 'ended cancelled');
    await reached(call, 'ended cancelled');
    expect(call.ended?.statusCode).toBe(487);
    await expectNothingLeft();
  });

  test('B never answers: A 486, B CANCEL', async () => {
    const { a, b } = await bridgedPair('--wait-other-peers-timeout-ms', '3000');
    const call = await reached(await a.dial('1002'), '180');
    const ringing = await rung(b);
    await reached(call, 'ended rejected');
    expect(call.ended?.statusCode).toBe(486);
    await reached(ringing, 'ended cancelled');
    await expectNothingLeft();
  });
});

describe('contract §7 scenario 6: hooks that give no usable answer to an INVITE', () => {
  test('invalid JSON and a timeout get 503 with Retry-After, Accept without room 486; the next call works', async () => {
    await start();
    const phone = await world.addRegistered(gateway.sip, '1001');
    world.hooks
      .next('invite', { text: '{"strategy":' }, { instead: 'never' }, { json: { strategy: 'Accept' } })
      .on('invite', { json: { strategy: 'Accept', room_id: 'r6' } });
    const codes: unknown[] = [];
    for (let count = 0; count < 3; count += 1) {
      const call = await reached(await phone.dial('9000'), 'ended rejected');
      codes.push([call.ended?.statusCode, retryAfterOf(call.ended?.response)]);
    }
    expect(codes).toEqual([
      [503, 5],
      [503, 5],
      [486, undefined],
    ]);
    const call = await reached(await phone.dial('9000'), 'answered');
    call.hangUp();
    await expectNothingLeft();
  });

  test('with hook_error_code 486 invalid JSON gets 486', async () => {
    await start('--hook-error-code', '486');
    world.hooks.on('invite', { text: 'sorry' });
    const phone = await world.addRegistered(gateway.sip, '1001');
    const call = await reached(await phone.dial('9000'), 'ended rejected');
    expect([call.ended?.statusCode, retryAfterOf(call.ended?.response)]).toEqual([486, undefined]);
    await expectNothingLeft();
  });
});

describe('contract §7 scenario 7: invite/server with digest', () => {
  const account = { clock: createRealClock(), random: createRealRandom(), username: 'trunk', password: 'right' };

  async function dialServer(trunk: LoopbackPhone, password: string): Promise<string> {
    const { address, port } = trunk.listening[0]!;
    const { data } = await gateway.api.POST('/sip/invite/server', {
      body: {
        room_id: 'r7',
        dest_addr: `${address}:${port}`,
        dest_auth: { username: 'trunk', password },
        from_number: '1000',
        to_number: '555',
      },
    });
    return String(data?.data.session_id);
  }

  test('407: one retry and the call is up; a wrong password: it ends once, Failed with code 407', async () => {
    await start();
    const trunk = await world.addPhone(gateway.sip, 'trunk', { onInvite: 'answer' });
    challengeAt(trunk, account);
    const session = await dialServer(trunk, 'right');
    await reached(await rung(trunk), 'confirmed');
    await gateway.api.DELETE('/sip/conn/{conn_id}', { params: { path: { conn_id: session } } });
    await reached(trunk.calls[0]!, 'ended bye');
    await dialServer(trunk, 'wrong');
    await eventually('the end of both', () => stories('out').flat().includes('Failed 407'));
    await expectNothingLeft();
    expect(stories('out')).toEqual([
      ['Connecting', 'Connected', 'Ended'],
      ['Connecting', 'Failed 407'],
    ]);
    expect(trunk.calls).toHaveLength(1);
  });
});
