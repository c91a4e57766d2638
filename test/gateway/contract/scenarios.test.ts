import { afterEach, describe, expect, test } from 'vitest';
import { retryAfter } from '../../../sip/headers.js';
import { ContractWorld } from '../../support/contract-world.js';
import type { WorldPhone } from '../../support/virtual-world.js';
import { levelOf, steadyLevelOf } from '../../support/voice.js';

let world: ContractWorld;

afterEach(() => world.finish());

async function start(config = ''): Promise<void> {
  world = await ContractWorld.start(`call_events: true\n${config}`);
}

describe('contract §7 scenario 1: registration', () => {
  test('401 then 200; auth and register hook share a session_id; a refresh calls none; Expires 0 one unregister', async () => {
    await start();
    const phone = await world.addQuietPhone('1001');
    expect((await world.register(phone)).statusCode).toBe(200);
    await world.clock.advance(50);
    expect(world.ladder(phone)).toEqual(['> REGISTER', '< 401 REGISTER', '> REGISTER', '< 200 REGISTER']);
    expect(world.hooks.routes()).toEqual(['auth', 'register']);
    const sessionId = world.sessionOf('1001');
    const body = { username: '1001', realm: 'sip.media-server.8xff.io', session_id: sessionId };
    expect(world.hooks.bodies('auth')).toEqual([body]);
    expect(world.hooks.bodies('register')).toEqual([body]);

    expect((await world.register(phone)).statusCode).toBe(200);
    await world.clock.advance(50);
    expect(world.hooks.routes()).toEqual(['auth', 'register']);

    expect((await world.while(phone.unregister())).statusCode).toBe(200);
    await world.clock.advance(200_000);
    expect(world.hooks.routes()).toEqual(['auth', 'register', 'unregister']);
    expect(world.hooks.bodies('unregister')).toEqual([body]);
    const late = await world.inviteClient('1001', 'r');
    expect(late).toEqual({ status: 400, json: expect.objectContaining({ status: false, error: 'NOT_FOUND' }) });
  });
});

describe('contract §7 scenario 2: refusals of a REGISTER', () => {
  test('a wrong password and success:false get 403', async () => {
    await start();
    const wrong = await world.addQuietPhone('1001', { password: 'nonsense' });
    expect((await world.register(wrong)).statusCode).toBe(403);
    world.hooks.on('auth', { json: { success: false } });
    const refused = await world.addQuietPhone('1002');
    expect((await world.register(refused)).statusCode).toBe(403);
    expect(world.hooks.routes()).toEqual(['auth', 'auth']);
  });

  test('a hook server that is down: 503 with Retry-After', async () => {
    await start();
    world.hooks.on('auth', { instead: 'refuse' });
    const response = await world.register(await world.addQuietPhone('1001'));
    expect(response.statusCode).toBe(503);
    expect(retryAfter(response)).toMatchObject({ ok: true, value: 5 });
  });

  test('a hook server that is down: 403 with hook_error_code 403', async () => {
    await start('hook_error_code: [403]');
    world.hooks.on('auth', { instead: 'refuse' });
    const response = await world.register(await world.addQuietPhone('1001'));
    expect(response.statusCode).toBe(403);
    expect(response.headers.get('Retry-After')).toBeUndefined();
  });

  test('an IP rule denies: 403 without challenge and without any hook', async () => {
    await start('ip_rules: [{scope: register, peer: any, action: deny, cidr: 10.0.1.0/24}]');
    const phone = await world.addQuietPhone('1001');
    expect((await world.register(phone)).statusCode).toBe(403);
    expect(world.ladder(phone)).toEqual(['> REGISTER', '< 403 REGISTER']);
    expect(world.hooks.routes()).toEqual([]);
  });
});

/** Two talking phones, registered, and a hook server that bridges. */
async function bridgeWorld(config = ''): Promise<{ a: WorldPhone; b: WorldPhone }> {
  await start(config);
  world.bridge();
  const a = await world.addPhone('1001', { toneHz: 440 });
  const b = await world.addPhone('1002', { toneHz: 1250 });
  for (const phone of [a, b]) expect((await world.register(phone)).statusCode).toBe(200);
  await world.clock.advance(50);
  world.wire.length = 0;
  return { a, b };
}

describe('contract §7 scenario 3: bridge', () => {
  test('A 180, B rings, B answers, A 200, audio both ways, A BYE, B BYE', async () => {
    const { a, b } = await bridgeWorld();
    const call = await world.dial(a, '1002', '180');
    const ringing = await world.rung(b);
    await world.clock.advance(2000);
    expect(call.log).toEqual(['180']);
    const [invite] = world.sentTo(b, 'INVITE');
    expect(invite?.from.uri).toMatchObject({ user: '1001', host: '10.0.0.1' });
    expect(invite?.to.uri).toMatchObject({ user: '1002' });

    ringing.answer();
    await world.clock.advance(500);
    expect(call.log).toEqual(['180', 'answered']);
    expect(ringing.log).toEqual(['confirmed']);
    for (const phone of [a, b]) phone.voices[0]?.takeHeard();
    await world.clock.advance(1000);
    const [heardByA, heardByB] = [a.voices[0]!.takeHeard(), b.voices[0]!.takeHeard()];
    expect(steadyLevelOf(heardByA, 1250)).toBeGreaterThan(-16);
    expect(steadyLevelOf(heardByB, 440)).toBeGreaterThan(-16);
    expect(levelOf(heardByA, 440)).toBeLessThan(-55);
    expect(levelOf(heardByB, 1250)).toBeLessThan(-55);

    call.hangUp();
    await world.clock.advance(50);
    expect(ringing.log).toEqual(['confirmed', 'ended bye']);
    expect(world.ladder(a, 'BYE')).toEqual(['> BYE', '< 200 BYE']);
    expect(world.ladder(b, 'BYE')).toEqual(['< BYE', '> 200 BYE']);
    await world.expectNothingLeft();
    expect(world.stories('in')).toEqual([['Connecting', 'Ringing', 'Connected', 'Ended']]);
    expect(world.stories('out')).toEqual([['Connecting', 'Ringing', 'Connected', 'Ended']]);
  });

  test('B BYE: A BYE', async () => {
    const { a, b } = await bridgeWorld();
    const call = await world.dial(a, '1002', '180');
    const ringing = await world.rung(b);
    ringing.answer();
    await world.clock.advance(200);
    ringing.hangUp();
    await world.clock.advance(50);
    expect(call.log).toEqual(['180', 'answered', 'ended bye']);
    expect(world.ladder(a, 'BYE')).toEqual(['< BYE', '> 200 BYE']);
    await world.expectNothingLeft();
  });
});

describe('contract §7 scenario 4: no conversation', () => {
  test('B 486: A 486', async () => {
    const { a, b } = await bridgeWorld();
    b.onInvite = 486;
    const call = await world.dial(a, '1002', 'ended rejected');
    expect(call.ended?.statusCode).toBe(486);
    await world.expectNothingLeft();
    expect(world.stories('in')[0]?.at(-1)).toBe('Rejected 486');
    expect(world.stories('out')).toEqual([['Connecting', 'Rejected 486']]);
  });

  test('B 486, whenever the hook answers: A 486 within a second', async () => {
    for (let answerAfterMs = 0; answerAfterMs <= 12; answerAfterMs += 1) {
      const { a, b } = await bridgeWorld();
      world.bridge({ answerAfterMs });
      b.onInvite = 486;
      const dialledMs = world.clock.nowMs();
      const call = await world.dial(a, '1002', 'ended rejected');
      expect(call.ended?.statusCode).toBe(486);
      expect(world.clock.nowMs() - dialledMs).toBeLessThan(1000);
      await world.expectNothingLeft();
      if (answerAfterMs < 12) await world.finish();
    }
  });

  test('A CANCEL: A 487, B CANCEL', async () => {
    const { a, b } = await bridgeWorld();
    const call = await world.dial(a, '1002', '180');
    const ringing = await world.rung(b);
    call.hangUp();
    await world.clock.advance(50);
    expect(call.ended).toMatchObject({ cause: 'cancelled', statusCode: 487 });
    expect(ringing.log).toEqual(['ended cancelled']);
    expect(world.ladder(a, 'CANCEL')).toEqual(['> CANCEL', '< 200 CANCEL']);
    expect(world.ladder(b, 'CANCEL')).toEqual(['< CANCEL', '> 200 CANCEL']);
    expect(world.ladder(b, 'INVITE')).toEqual(['< INVITE', '> 180 INVITE', '> 487 INVITE']);
    await world.expectNothingLeft();
    expect(world.stories('in')).toEqual([['Connecting', 'Ringing', 'Canceled 487']]);
    expect(world.stories('out')).toEqual([['Connecting', 'Ringing', 'Canceled 487']]);
  });

  test('B never answers 30 s: A 486, B CANCEL', async () => {
    const { a, b } = await bridgeWorld();
    const call = await world.dial(a, '1002', '180');
    const ringing = await world.rung(b);
    await world.clock.advance(29_900);
    expect([call.ended, ringing.ended]).toEqual([null, null]);
    await world.clock.advance(200);
    expect(call.ended).toMatchObject({ cause: 'rejected', statusCode: 486 });
    expect(ringing.log).toEqual(['ended cancelled']);
    expect(world.ladder(b, 'CANCEL')).toEqual(['< CANCEL', '> 200 CANCEL']);
    await world.expectNothingLeft();
    expect(world.stories('in')).toEqual([['Connecting', 'Ringing', 'Rejected 486']]);
  });
});

describe('contract §7 scenario 5: Accept into a room with others', () => {
  test('the stand-in of a web publisher leaves: BYE', async () => {
    await start();
    world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'r5' } });
    const web = await world.dial(await world.addRegistered('web'), '9000', 'answered');
    const call = await world.dial(await world.addRegistered('1001'), '9000', 'answered');
    await world.clock.advance(500);
    web.hangUp();
    await world.clock.advance(50);
    expect(call.log).toEqual(['answered', 'ended bye']);
    await world.expectNothingLeft();
  });

  test('three SIP legs and the stand-in of a web member: one leaves, the call stays, until one is left', async () => {
    await start();
    world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'r5' } });
    const calls = [];
    for (const user of ['web', '1001', '1002', '1003']) {
      calls.push(await world.dial(await world.addRegistered(user), '9', 'answered'));
    }
    const [web, ...legs] = calls;
    web?.hangUp();
    await world.clock.advance(10_000);
    expect(legs.map(({ ended }) => ended)).toEqual([null, null, null]);
    legs[0]?.hangUp();
    await world.clock.advance(10_000);
    expect(legs.slice(1).map(({ ended }) => ended)).toEqual([null, null]);
    expect(world.leftovers()).toMatchObject({ calls: 2, rooms: 1 });
    legs[1]?.hangUp();
    await world.clock.advance(50);
    expect(legs[2]?.log).toEqual(['answered', 'ended bye']);
    await world.expectNothingLeft();
  });
});

describe('contract §7 scenario 6: hooks that give no usable answer to an INVITE', () => {
  const answers = [
    ['invalid JSON', { text: '{"strategy":' }, 503],
    ['timeout', { instead: 'never' }, 503],
    ['Accept without room', { json: { strategy: 'Accept' } }, 486],
    ['Accept with an empty room', { json: { strategy: 'Accept', room_id: '' } }, 486],
    ['WaitOtherPeers without room', { json: { strategy: 'WaitOtherPeers', room_id: null } }, 486],
  ] as const;

  test.each(answers)('%s', async (_name, answer, statusCode) => {
    await start();
    world.hooks.on('invite', answer);
    const call = await world.dial(await world.addRegistered('1001'), '9000', 'ended rejected');
    expect(call.ended?.statusCode).toBe(statusCode);
    const response = call.ended?.response;
    expect(response?.headers.get('Retry-After')).toBe(statusCode === 503 ? '5' : undefined);
    await world.expectNothingLeft();
  });

  test.each(answers)('%s, with hook_error_code 486', async (_name, answer) => {
    await start('hook_error_code: [486]');
    world.hooks.on('invite', answer);
    const call = await world.dial(await world.addRegistered('1001'), '9000', 'ended rejected');
    expect(call.ended?.statusCode).toBe(486);
    expect(call.ended?.response?.headers.get('Retry-After')).toBeUndefined();
    await world.expectNothingLeft();
  });
});

describe('contract §7 scenario 7: invite/server with digest', () => {
  async function dialServer(password: string) {
    return world.gateway.api('POST', '/sip/invite/server', {
      room_id: 'r7',
      dest_addr: '10.0.2.1:5060',
      dest_auth: { username: 'trunk', password },
      from_number: '1000',
      to_number: '555',
      server_alias: null,
      hook_uri: null,
    });
  }

  /** The trunk is a phone whose user agent asks for credentials itself. */
  async function addTrunk(): Promise<WorldPhone> {
    const trunk = await world.addQuietPhone('trunk', { address: '10.0.2.1', onInvite: 'answer' });
    world.challengeAt(trunk, { username: 'trunk', password: 'right' });
    return trunk;
  }

  test('407: one retry, answered', async () => {
    await start();
    const trunk = await addTrunk();
    const made = await dialServer('right');
    expect(made).toEqual({
      status: 200,
      json: { status: true, data: { session_id: expect.any(String), call_id: made.json.data.session_id } },
    });
    await world.clock.advance(200);
    expect(world.ladder(trunk, 'INVITE')).toEqual(['< INVITE', '> 407 INVITE', '< INVITE', '> 200 INVITE']);
    const [first, second] = world.sentTo(trunk, 'INVITE');
    expect(second?.callId).toBe(first?.callId);
    expect(second?.cseq.sequence).toBe((first?.cseq.sequence ?? 0) + 1);
    await world.gateway.api('DELETE', `/sip/conn/${made.json.data.session_id}`);
    await world.expectNothingLeft();
    expect(world.stories('out')).toEqual([['Connecting', 'Connected', 'Ended']]);
  });

  test('wrong password: ends once, event Failed code 407', async () => {
    await start();
    const trunk = await addTrunk();
    await dialServer('wrong');
    await world.expectNothingLeft();
    expect(world.ladder(trunk, 'INVITE')).toEqual(['< INVITE', '> 407 INVITE', '< INVITE', '> 407 INVITE']);
    expect(world.stories('out')).toEqual([['Connecting', 'Failed 407']]);
  });
});
