import { afterEach, describe, expect, test } from 'vitest';
import { parseChallenge } from '../../../sip/auth/digest.js';
import type { ContractWorld } from '../../support/contract-world.js';
import { answer, challengeOf, RegisterDesk } from '../../support/register-desk.js';

let desk: RegisterDesk;
let world: ContractWorld;

afterEach(() => desk.finish());

async function start(config = ''): Promise<void> {
  desk = await RegisterDesk.start(config);
  world = desk.world;
}

describe('contract §4.1 digest', () => {
  test('the username of the credentials must be the user of the To: 403 without a hook', async () => {
    await start();
    const phone = await desk.endpointAt('10.0.4.1');
    const challenged = await desk.ask(phone, '1001', []);
    const response = await desk.ask(phone, '1001', [answer(challengeOf(challenged), '1002')]);
    expect(response.statusCode).toBe(403);
    expect(world.hooks.routes()).toEqual([]);
  });

  test('a nonce of 300 s is stale: 401 with stale=true, no hook', async () => {
    await start();
    const phone = await desk.endpointAt('10.0.4.1');
    const challenge = challengeOf(await desk.ask(phone, '1001', []));
    expect([challenge.stale, challenge.qop]).toEqual([false, ['auth']]);
    await world.clock.advance(300_100);
    const response = await desk.ask(phone, '1001', [answer(challenge, '1001')]);
    expect(response.statusCode).toBe(401);
    expect(challengeOf(response).stale).toBe(true);
    expect(world.hooks.routes()).toEqual([]);
    expect((await desk.ask(phone, '1001', [answer(challengeOf(response), '1001')])).statusCode).toBe(200);
  });

  test('a replayed nc is refused with a new challenge, the next count is good', async () => {
    await start();
    const phone = await desk.endpointAt('10.0.4.1');
    const challenge = challengeOf(await desk.ask(phone, '1001', []));
    expect((await desk.ask(phone, '1001', [answer(challenge, '1001', { nc: 1 })])).statusCode).toBe(200);
    const replayed = await desk.ask(phone, '1001', [answer(challenge, '1001', { nc: 1 })]);
    expect([replayed.statusCode, challengeOf(replayed).stale]).toEqual([401, true]);
    expect((await desk.ask(phone, '1001', [answer(challenge, '1001', { nc: 2 })])).statusCode).toBe(200);
    expect(world.hooks.routes()).toEqual(['auth', 'register']);
  });

  test('an answer without qop is accepted once per nonce, then stale=true', async () => {
    await start();
    const phone = await desk.endpointAt('10.0.4.1');
    const challenge = challengeOf(await desk.ask(phone, '1001', []));
    expect((await desk.ask(phone, '1001', [answer(challenge, '1001', { nc: null })])).statusCode).toBe(200);
    const again = await desk.ask(phone, '1001', [answer(challenge, '1001', { nc: null })]);
    expect([again.statusCode, challengeOf(again).stale]).toEqual([401, true]);
  });

  test('digest_qop: none offers none', async () => {
    await start('digest_qop: none');
    const phone = await desk.endpointAt('10.0.4.1');
    const challenge = challengeOf(await desk.ask(phone, '1001', []));
    expect(challenge.qop).toEqual([]);
    expect((await desk.ask(phone, '1001', [answer(challenge, '1001', { nc: null })])).statusCode).toBe(200);
  });

  test('digest_algorithms: one challenge each, strongest first; SHA-256 is named to the auth hook', async () => {
    await start('digest_algorithms: [MD5, SHA-256]');
    const phone = await desk.endpointAt('10.0.4.1');
    const challenged = await desk.ask(phone, '1001', []);
    const offered = challenged.headers.all('WWW-Authenticate').map((value) => {
      const read = parseChallenge(value);
      return read.ok ? read.value.algorithm : 'unreadable';
    });
    expect(offered).toEqual(['SHA-256', 'MD5']);
    expect((await desk.ask(phone, '1001', [answer(challengeOf(challenged, 'SHA-256'), '1001')])).statusCode).toBe(200);
    expect(world.hooks.bodies('auth')[0]).toMatchObject({ username: '1001', algorithm: 'SHA-256' });
    const other = await desk.endpointAt('10.0.4.2');
    expect((await desk.enroll(other, '1002')).statusCode).toBe(200);
    expect(world.hooks.bodies('auth')[1]).not.toHaveProperty('algorithm');
  });

  test('a foreign nonce or realm is as good as none: 401, no hook', async () => {
    await start();
    const phone = await desk.endpointAt('10.0.4.1');
    const challenge = challengeOf(await desk.ask(phone, '1001', []));
    const foreign = await desk.ask(phone, '1001', [answer({ ...challenge, nonce: 'f'.repeat(60) }, '1001')]);
    const realm = await desk.ask(phone, '1001', [answer({ ...challenge, realm: 'elsewhere' }, '1001')]);
    expect([foreign.statusCode, realm.statusCode]).toEqual([401, 401]);
    expect(world.hooks.routes()).toEqual([]);
  });

  test('a cached HA1 that no longer matches: the hook is asked once, with the session_id of the binding', async () => {
    await start();
    const phone = await desk.endpointAt('10.0.4.1');
    await desk.enroll(phone, '1001');
    const sessionId = world.sessionOf('1001');
    world.hooks.passwords.set('1001', 'changed');
    const challenge = challengeOf(await desk.ask(phone, '1001', []));
    const changed = await desk.ask(phone, '1001', [answer(challenge, '1001', { password: 'changed' })]);
    expect(changed.statusCode).toBe(200);
    expect(world.hooks.bodies('auth').map(({ session_id }) => session_id)).toEqual([sessionId, sessionId]);
    expect((await desk.sessions()).map(({ session_id }) => session_id)).toEqual([sessionId]);
    const next = challengeOf(await desk.ask(phone, '1001', []));
    expect((await desk.ask(phone, '1001', [answer(next, '1001', { password: 'wrong' })])).statusCode).toBe(403);
    expect(world.hooks.routes()).toEqual(['auth', 'register', 'auth', 'auth']);
    expect(await desk.sessions()).toHaveLength(1);
  });

  test('a cached HA1 ends after 1 h', async () => {
    await start();
    const phone = await desk.endpointAt('10.0.4.1');
    await desk.enroll(phone, '1001');
    for (let minutes = 0; minutes < 58; minutes += 2) {
      await world.clock.advance(120_000);
      expect((await desk.enroll(phone, '1001')).statusCode).toBe(200);
    }
    expect(world.hooks.routes()).toEqual(['auth', 'register']);
    await world.clock.advance(150_000);
    expect((await desk.enroll(phone, '1001')).statusCode).toBe(200);
    expect(world.hooks.routes()).toEqual(['auth', 'register', 'auth']);
  });

  test('the vector of the contract: what a hook answers for 1001 is HA1 of the default realm', async () => {
    await start();
    world.hooks.on('auth', { json: { success: true, ha1: '7117fed7f9164de807886417593d5b67' } });
    expect((await desk.enroll(await desk.endpointAt('10.0.4.1'), '1001')).statusCode).toBe(200);
  });
});
