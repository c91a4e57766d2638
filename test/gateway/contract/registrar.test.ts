import { afterEach, describe, expect, test } from 'vitest';
import { ha1 } from '../../../sip/auth/digest.js';
import type { HeaderList } from '../../../sip/build.js';
import type { ContractWorld } from '../../support/contract-world.js';
import { answer, challengeOf, contactsOf, RegisterDesk } from '../../support/register-desk.js';

let desk: RegisterDesk;
let world: ContractWorld;

afterEach(() => desk.finish());

async function start(config = ''): Promise<void> {
  desk = await RegisterDesk.start(config);
  world = desk.world;
}

describe('contract §4.1 expiry', () => {
  test.each([
    [[], 180],
    [[['Expires', '100']], 100],
    [[['Expires', '3600']], 180],
    [
      [
        ['Contact', '<sip:1001@10.0.4.1:5060>;expires=90'],
        ['Expires', '120'],
      ],
      90,
    ],
    [[['Expires', 'soon']], 180],
  ] as [HeaderList, number][])('%j is granted %i s', async (headers, granted) => {
    await start();
    const response = await desk.enroll(await desk.endpointAt('10.0.4.1'), '1001', headers);
    expect(response.statusCode).toBe(200);
    expect(contactsOf(response)).toEqual([`<sip:1001@10.0.4.1:5060>;expires=${granted}`]);
    await world.clock.advance(granted * 1000 - 200);
    expect(await desk.sessions()).toHaveLength(1);
    await world.clock.advance(400);
    expect(await desk.sessions()).toEqual([]);
    expect(world.hooks.routes()).toEqual(['auth', 'register', 'unregister']);
    expect(world.hooks.bodies('unregister')[0]?.session_id).toBe(world.sessionOf('1001'));
  });

  test('under 60 s: 423 with Min-Expires, nothing changes', async () => {
    await start();
    const response = await desk.enroll(await desk.endpointAt('10.0.4.1'), '1001', [['Expires', '59']]);
    expect(response.statusCode).toBe(423);
    expect(response.headers.get('Min-Expires')).toBe('60');
    expect(await desk.sessions()).toEqual([]);
    expect(world.hooks.routes()).toEqual(['auth']);
  });

  test('a 200 has Contact, and Allow from what is handled', async () => {
    await start();
    const response = await desk.enroll(await desk.endpointAt('10.0.4.1'), '1001');
    const allow = (response.headers.get('Allow') ?? '').split(/\s*,\s*/);
    for (const method of ['INVITE', 'ACK', 'CANCEL', 'OPTIONS', 'BYE', 'REGISTER']) expect(allow).toContain(method);
  });

  test('a REGISTER without Contact only asks: 200 with the bindings there are', async () => {
    await start();
    const phone = await desk.endpointAt('10.0.4.1');
    await desk.enroll(phone, '1001');
    const asking = await desk.endpointAt('10.0.4.1', 5062);
    const challenge = challengeOf(await desk.ask(asking, '1001', [], 'other'));
    const response = await desk.ask(asking, '1001', [['Contact', ''], answer(challenge, '1001')], 'other');
    expect(response.statusCode).toBe(200);
    expect(contactsOf(response)).toEqual(['<sip:1001@10.0.4.1:5060>;expires=180']);
    expect(await desk.sessions()).toHaveLength(1);
    await world.clock.advance(50);
    expect(world.hooks.routes()).toEqual(['auth', 'register', 'auth']);
  });
});

describe('contract §2.7 §4.1 bindings', () => {
  test('a refresh from the same source keeps the session_id and calls no hook', async () => {
    await start();
    const phone = await desk.endpointAt('10.0.4.1');
    await desk.enroll(phone, '1001');
    const [before] = await desk.sessions();
    await world.clock.advance(100_000);
    expect((await desk.enroll(phone, '1001')).statusCode).toBe(200);
    const [after] = await desk.sessions();
    expect(after?.session_id).toBe(before?.session_id);
    expect(world.hooks.routes()).toEqual(['auth', 'register']);
    await world.clock.advance(100_000);
    expect(await desk.sessions()).toHaveLength(1);
  });

  test('a registration that expires while its refresh waits for the auth hook does not come back under its old id', async () => {
    await start();
    const phone = await desk.endpointAt('10.0.4.1');
    await desk.enroll(phone, '1001', [['Expires', '60']]);
    const old = world.sessionOf('1001');
    world.hooks.passwords.set('1001', 'changed');
    await world.clock.advance(58_000);
    const challenge = challengeOf(await desk.ask(phone, '1001', []));
    const secret = ha1('MD5', '1001', challenge.realm, 'changed');
    world.hooks.on('auth', { json: { success: true, ha1: secret }, delayMs: 4000 });
    const late = await desk.ask(phone, '1001', [answer(challenge, '1001', { password: 'changed' })]);
    expect(late.statusCode).toBe(200);
    await world.clock.advance(50);
    expect(world.hooks.routes()).toEqual(['auth', 'register', 'auth', 'unregister', 'register']);
    expect(world.sessionOf('1001')).not.toBe(old);
    await world.clock.advance(400_000);
    const ended = world.hooks.bodies('unregister').map(({ session_id }) => session_id);
    expect([ended.length, new Set(ended).size]).toEqual([2, 2]);
  });

  test('another user at the same address is asked for anew', async () => {
    await start();
    const phone = await desk.endpointAt('10.0.4.1');
    await desk.enroll(phone, '1001', [], 'one');
    await desk.enroll(phone, '1002', [], 'two');
    await world.clock.advance(50);
    expect(world.hooks.bodies('auth').map(({ username }) => username)).toEqual(['1001', '1002']);
    expect(await desk.sessions()).toHaveLength(2);
  });

  test('same Call-ID from a new address replaces: one unregister for the old session, register for the new', async () => {
    await start();
    await desk.enroll(await desk.endpointAt('10.0.4.1'), '1001', [], 'same');
    const old = world.sessionOf('1001');
    // The moved phone goes on counting.
    const moved = await desk.endpointAt('10.0.4.2');
    for (let skipped = 0; skipped < 2; skipped += 1) moved.send({ method: 'OPTIONS' });
    await desk.enroll(moved, '1001', [], 'same');
    await world.clock.advance(200);
    expect(world.hooks.bodies('unregister').map(({ session_id }) => session_id)).toEqual([old]);
    const [only, ...others] = await desk.sessions();
    expect([only?.source, others]).toEqual(['10.0.4.2:5060', []]);
    expect(only?.session_id).not.toBe(old);
    await world.clock.advance(400_000);
    expect(world.hooks.routes().filter((route) => route === 'unregister')).toHaveLength(2);
  });

  test('the same instance from a new address replaces', async () => {
    await start();
    const contact = (address: string): HeaderList => [
      ['Contact', `<sip:1001@${address}:5060>;+sip.instance="<urn:uuid:1>"`],
    ];
    await desk.enroll(await desk.endpointAt('10.0.4.1'), '1001', contact('10.0.4.1'), 'a');
    await desk.enroll(await desk.endpointAt('10.0.4.2'), '1001', contact('10.0.4.2'), 'b');
    expect((await desk.sessions()).map(({ source }) => source)).toEqual(['10.0.4.2:5060']);
  });

  test('another phone of the same user has a session of its own; both are forked to, the first answer wins', async () => {
    await start('call_events: true');
    const first = await world.addRegistered('1001', { onInvite: 'ring' });
    const second = await world.addRegistered('1001', { onInvite: 'ring' });
    await world.clock.advance(50);
    expect(await desk.sessions()).toHaveLength(2);
    await world.inviteClient('1001', 'r');
    const [one, two] = [await world.rung(first), await world.rung(second)];
    two.answer();
    await world.clock.advance(200);
    expect(two.log).toEqual(['confirmed']);
    expect(one.log).toEqual(['ended cancelled']);
    const [cancel] = world.sentTo(first, 'CANCEL');
    expect(cancel?.headers.get('Reason')).toBe('SIP;cause=200;text="Call completed elsewhere"');
    expect(one.ended?.reason[0]).toMatchObject({ protocol: 'SIP', cause: 200 });
    two.hangUp();
    await world.expectNothingLeft();
    expect(world.stories('out')).toEqual([['Connecting', 'Ringing', 'Connected', 'Ended']]);
  });

  test('Contact * with Expires 0 removes all of the user, each with its unregister hook', async () => {
    await start();
    const [one, two] = [await desk.endpointAt('10.0.4.1'), await desk.endpointAt('10.0.4.2')];
    await desk.enroll(one, '1001', [], 'a');
    await desk.enroll(two, '1001', [], 'b');
    const known = (await desk.sessions()).map(({ session_id }) => session_id);
    const response = await desk.enroll(
      two,
      '1001',
      [
        ['Contact', '*'],
        ['Expires', '0'],
      ],
      'b',
    );
    expect(response.statusCode).toBe(200);
    expect(contactsOf(response)).toEqual([]);
    await world.clock.advance(50);
    expect(await desk.sessions()).toEqual([]);
    expect(
      world.hooks
        .bodies('unregister')
        .map(({ session_id }) => session_id)
        .sort(),
    ).toEqual([...known].sort());
  });

  test('Contact * without Expires 0: 400', async () => {
    await start();
    const phone = await desk.endpointAt('10.0.4.1');
    await desk.enroll(phone, '1001');
    expect(
      (
        await desk.enroll(phone, '1001', [
          ['Contact', '*'],
          ['Expires', '60'],
        ])
      ).statusCode,
    ).toBe(400);
    expect(await desk.sessions()).toHaveLength(1);
  });

  test('Expires 0 unbinds that contact, one unregister hook, and once only', async () => {
    await start();
    const phone = await desk.endpointAt('10.0.4.1');
    await desk.enroll(phone, '1001');
    expect((await desk.enroll(phone, '1001', [['Expires', '0']])).statusCode).toBe(200);
    expect((await desk.enroll(phone, '1001', [['Expires', '0']])).statusCode).toBe(200);
    await world.clock.advance(300_000);
    expect(world.hooks.routes().filter((route) => route === 'unregister')).toHaveLength(1);
  });

  test('the API rings the source address of the REGISTER, with the URI parameters of the Contact', async () => {
    await start();
    const phone = await desk.endpointAt('10.0.4.1', 5099);
    await desk.enroll(phone, '1001', [['Contact', '<sip:x77@192.168.1.5:7777;line=abc;ob>']]);
    await world.clock.advance(20);
    const made = await world.inviteClient('1001', 'r');
    await world.clock.advance(20);
    const [invite] = phone.requests('INVITE');
    expect(invite?.uri).toMatchObject({ user: '1001', host: '10.0.4.1', port: 5099 });
    expect(invite?.uri.scheme === 'sip' && [invite.uri.params.get('line'), invite.uri.params.has('ob')]).toEqual([
      'abc',
      true,
    ]);
    phone.respond(invite!, 486);
    await world.clock.advance(20);
    expect((await world.gateway.api('DELETE', `/sip/conn/${made.json.data.session_id}`)).json.error).toBe('NOT_FOUND');
  });
});

describe('contract §4.1 requests outside dialogs', () => {
  test('OPTIONS 200; BYE of an unknown dialog 481; an unknown method 405 with Allow; REGISTER without To user 404', async () => {
    await start();
    const phone = await desk.endpointAt('10.0.4.1');
    const sent = [
      phone.send({ method: 'OPTIONS' }),
      phone.send({ method: 'BYE', user: 'x', toTag: 'unknown' }),
      phone.send({ method: 'FROBNICATE', user: 'x' }),
      phone.send({ method: 'REGISTER', from: '1001', to: null }),
    ];
    await world.clock.advance(50);
    const answers = sent.map((request) => phone.answersTo(request)[0]);
    expect(answers.map((response) => response?.statusCode)).toEqual([200, 481, 405, 404]);
    expect(answers[2]?.headers.get('Allow')).toContain('INVITE');
    await world.expectNothingLeft();
  });
});
