import { afterEach, describe, expect, test } from 'vitest';
import { ContractWorld } from '../../support/contract-world.js';
import { profilesOf } from '../../support/domain-profile.js';
import { DurableStore } from '../../support/durable-store.js';
import type { PhoneCall } from '../../support/phone.js';
import type { WorldPhone } from '../../support/virtual-world.js';

let world: ContractWorld;

afterEach(() => world.finish());

const config = `
call_events: true
domains:
  - name: office.example
    users: { "1001": pw1, "1002": pw2, "1003": pw3 }
    rooms: { "9000": lobby }
  - name: [other.example, also.example]
    users: { "1001": other1 }
    policy: { min: 30, default: 40, max: 50, contacts: one }
`;

async function start(settings = config): Promise<void> {
  world = await ContractWorld.start(settings);
}

const passwords: Readonly<Record<string, string>> = { '1001': 'pw1', '1002': 'pw2', '1003': 'pw3' };

function phoneOf(user: string, more: Parameters<ContractWorld['addQuietPhone']>[1] = {}): Promise<WorldPhone> {
  return world.addQuietPhone(user, { domain: 'office.example', password: passwords[user] ?? 'none', ...more });
}

async function registered(user: string, more: Parameters<ContractWorld['addQuietPhone']>[1] = {}): Promise<WorldPhone> {
  const phone = await phoneOf(user, more);
  expect((await world.register(phone)).statusCode).toBe(200);
  return phone;
}

async function hangUp(call: PhoneCall): Promise<void> {
  call.hangUp();
  await world.expectNothingLeft();
}

function refusals(event: string): unknown[] {
  return world.gateway.log.filter((line) => line.event === event).map(({ fields }) => fields.trace);
}

async function sessions(): Promise<Record<string, unknown>[]> {
  return (await world.gateway.api('GET', '/sip/sessions')).json.data;
}

describe('who may register', () => {
  test('RFC 3261 §22 a user of the domain with the password of the domain, and no hook is called', async () => {
    await start();
    const phone = await registered('1001');
    const challenge = world.sentTo(phone, '401 REGISTER')[0]!;
    expect(challenge.headers.get('WWW-Authenticate')).toContain('realm="office.example"');
    expect(await sessions()).toMatchObject([{ username: '1001', realm: 'office.example' }]);
    expect(world.hooks.routes()).toEqual([]);
  });

  test('a wrong password and an unknown user look the same: 403', async () => {
    await start();
    const wrong = await phoneOf('1001', { password: 'pw2' });
    const nobody = await phoneOf('1009');
    expect([(await world.register(wrong)).statusCode, (await world.register(nobody)).statusCode]).toEqual([403, 403]);
    expect(refusals('register.refused')).toMatchObject([
      [{ check: 'domain', outcome: 'office.example' }, { check: 'users' }, { check: 'digest' }],
      [
        { check: 'domain', outcome: 'office.example' },
        { check: 'users', outcome: 'unknown' },
      ],
    ]);
  });

  test('namesakes of two domains are two users; a domain of two names is one', async () => {
    await start();
    const here = await registered('1001');
    const there = await registered('1001', { domain: 'Other.Example', password: 'other1' });
    const also = await registered('1001', { domain: 'also.example', password: 'other1' });
    expect(await sessions()).toHaveLength(2);
    expect((await world.register(there)).statusCode).toBe(200);
    const rows = await sessions();
    expect(rows.map(({ source }) => source).sort()).toEqual(
      [here, there].map(({ options }) => `${options.address}:5060`).sort(),
    );
    expect(also.options.address).not.toBe(there.options.address);
  });

  test('RFC 3261 §10.3 each domain grants what its policy says', async () => {
    await start();
    const here = await phoneOf('1001');
    const there = await phoneOf('1001', { domain: 'other.example', password: 'other1' });
    expect((await world.register(here, 59)).headers.get('Min-Expires')).toBe('60');
    expect((await world.register(here, 9000)).headers.get('Contact')).toContain('expires=3600');
    expect((await world.register(there, 29)).headers.get('Min-Expires')).toBe('30');
    expect((await world.register(there, 9000)).headers.get('Contact')).toContain('expires=50');
  });

  test('other hosts are the business of the hooks, whose users have one name everywhere', async () => {
    await start();
    const phone = await world.addRegistered('1001');
    expect(world.hooks.bodies('auth')).toMatchObject([{ username: '1001', realm: 'sip.media-server.8xff.io' }]);
    expect((await world.register(phone)).statusCode).toBe(200);
    await registered('1001');
    expect(await sessions()).toHaveLength(2);
    expect(world.hooks.routes()).toEqual(['auth', 'register']);
  });

  test('where hooks are off other hosts get 404', async () => {
    world = await ContractWorld.start(config, {}, { overrides: { hookUrl: null, callEvents: false } });
    const phone = await world.addQuietPhone('1001');
    expect((await world.register(phone)).statusCode).toBe(404);
    await world.dial(phone, '1002', 'ended rejected');
    expect(phone.call?.ended?.statusCode).toBe(404);
    expect(world.hooks.calls).toEqual([]);
  });

  test('a user who is removed at run time is unregistered', async () => {
    await start();
    const { domains } = world.gateway.gateway;
    const [added] = profilesOf('[{ name: new.example, users: { a: x, b: x } }]');
    domains.add(added!);
    for (const user of ['a', 'b']) await registered(user, { domain: 'new.example', password: 'x' });
    expect(await sessions()).toHaveLength(2);
    domains.replace({ ...added!, users: new Map([['b', { password: 'x' }]]) });
    expect(await sessions()).toMatchObject([{ username: 'b' }]);
    domains.remove('new.example');
    expect(await sessions()).toEqual([]);
    expect(world.gateway.log.filter(({ event }) => event === 'register.ended').map(({ fields }) => fields.why)).toEqual(
      ['removed', 'removed'],
    );
  });

  test('design §8 after a restart a user is registered where the domain still has him', async () => {
    await start();
    const store = new DurableStore();
    const settings = (users: string): string => `domains: [{ name: office.example, users: ${users} }]`;
    const first = await world.addGateway({ address: '10.0.0.9', store, config: settings('{ a: x, b: x }') });
    for (const user of ['a', 'b'])
      await registered(user, { password: 'x', server: { address: '10.0.0.9', port: 5060 } });
    await first.stop();
    const second = await world.addGateway({ address: '10.0.0.9', store, config: settings('{ b: x }') });
    const rows = (await second.api('GET', '/sip/sessions')).json.data;
    expect(rows).toMatchObject([{ username: 'b', realm: 'office.example' }]);
    await world.clock.advance(1000);
    expect(world.hooks.calls).toEqual([]);
  });
});

describe('a called user', () => {
  test('rings on all phones; the first to answer has the call, and either hangs up both', async () => {
    await start();
    const caller = await registered('1001');
    const [desk, mobile] = [await registered('1002'), await registered('1002')];
    const call = await world.dial(caller, '1002', '180');
    await world.until(() => mobile.call !== undefined && desk.call !== undefined, 'both ring');
    expect(call.log).toEqual(['180']);
    mobile.call!.answer();
    await world.until(() => call.log.includes('answered'), 'answered');
    await world.until(() => desk.call?.ended?.cause === 'cancelled', 'the other phone stops');
    const calls = (await world.gateway.api('GET', '/sip/calls')).json.data;
    expect(calls).toHaveLength(2);
    expect(new Set(calls.map((row: { room_id: string }) => row.room_id)).size).toBe(1);
    mobile.call!.hangUp();
    await world.until(() => call.ended !== null, 'ended');
    expect(call.ended?.cause).toBe('bye');
    expect(world.hooks.routes().filter((route) => route !== 'event')).toEqual([]);
    expect(world.stories('in')).toEqual([['Connecting', 'Ringing', 'Connected', 'Ended']]);
    expect(world.stories('out')).toEqual([['Connecting', 'Ringing', 'Connected', 'Ended']]);
    await world.expectNothingLeft();
  });

  test('ends with the caller', async () => {
    await start();
    const caller = await registered('1001');
    const callee = await registered('1002', { onInvite: 'answer' });
    const call = await world.dial(caller, '1002', 'answered');
    call.hangUp();
    await world.until(() => callee.call?.ended !== null, 'callee ended');
    expect(callee.call?.log).toEqual(['confirmed', 'ended bye']);
    await world.expectNothingLeft();
  });

  test('stays, though emptied rooms have a time of grace: two who were put through are no conference', async () => {
    await start(`empty_grace_ms: 20000\n${config}`);
    const caller = await registered('1001');
    const callee = await registered('1002', { onInvite: 'answer' });
    for (const first of [0, 1]) {
      const call = await world.dial(caller, '1002', 'answered');
      await world.clock.advance(100);
      const legs = [call, callee.call!];
      legs[first]!.hangUp();
      await world.until(() => legs.every(({ ended }) => ended !== null), 'both ended', 1000);
    }
  });

  test('sees the caller, his name and one hop less', async () => {
    await start();
    const caller = await registered('1001');
    const callee = await registered('1002');
    await world.dial(caller, '1002', '180');
    const [invite] = world.sentTo(callee, 'INVITE');
    expect(invite).toMatchObject({
      method: 'INVITE',
      from: { uri: { user: '1001', host: 'office.example' } },
      to: { uri: { user: '1002' } },
      maxForwards: 69,
    });
    caller.call!.hangUp();
    await world.until(() => callee.call?.ended?.cause === 'cancelled', 'CANCEL');
    expect(caller.call?.ended?.statusCode).toBe(487);
    await world.expectNothingLeft();
  });

  test.each([
    [486, 486],
    [603, 603],
    [404, 404],
    [503, 500],
    [302, 480],
  ])('RFC 3261 §16.7 who answers %i ends the caller with %i, at once', async (answer, told) => {
    await start();
    const caller = await registered('1001');
    await registered('1002', { onInvite: answer });
    const call = await world.dial(caller, '1002', 'ended rejected');
    expect([call.ended?.statusCode, call.log]).toEqual([told, ['ended rejected']]);
    expect(world.stories('in')[0]?.at(-1)).toBe(`${told >= 500 && told < 600 ? 'Failed' : 'Rejected'} ${told}`);
    await world.expectNothingLeft();
  });

  test('RFC 3261 §16.7 of several refusals the best is told', async () => {
    await start();
    const caller = await registered('1001');
    await registered('1002', { onInvite: 503 });
    await registered('1002', { onInvite: 486 });
    const call = await world.dial(caller, '1002', 'ended rejected');
    expect(call.ended?.statusCode).toBe(486);
  });

  test('RFC 3261 §16.8 who lets it ring for too long: 408', async () => {
    await start(`ring_timeout_ms: 5000\n${config}`);
    const caller = await registered('1001');
    const callee = await registered('1002');
    const call = await world.dial(caller, '1002', 'ended rejected');
    expect([call.ended?.statusCode, call.log]).toEqual([408, ['180', 'ended rejected']]);
    expect(callee.call?.ended?.cause).toBe('cancelled');
    await world.expectNothingLeft();
  });

  test('RFC 3261 §21.4.18 whose phones do not answer at all: 480', async () => {
    await start();
    const caller = await registered('1001');
    await registered('1002', { onInvite: 'silent' });
    world.lose = ({ text, from }) => text === 'INVITE' && from === '10.0.0.1';
    const call = await world.dial(caller, '1002', 'ended rejected');
    expect(call.ended?.statusCode).toBe(480);
  });

  test('RFC 3261 §21.4.5, §21.4.18 nobody of that name 404, not registered 480', async () => {
    await start();
    const caller = await registered('1001');
    expect((await world.dial(caller, '1009', 'ended rejected')).ended?.statusCode).toBe(404);
    expect((await world.dial(caller, '1003', 'ended rejected')).ended?.statusCode).toBe(480);
    const ends = world.gateway.log.filter(({ event }) => event === 'call.ended').map(({ fields }) => fields);
    expect(ends).toMatchObject([
      { cause: 'no-user', code: 404 },
      { cause: 'no-user', code: 480 },
    ]);
  });

  test('who calls himself rings his other phones', async () => {
    await start();
    const [desk, mobile] = [await registered('1002'), await registered('1002', { onInvite: 'answer' })];
    const call = await world.dial(desk, '1002', 'answered');
    expect(desk.calls.map(({ direction }) => direction)).toEqual(['out']);
    await world.clock.advance(100);
    expect([call.ended, mobile.call?.ended]).toEqual([null, null]);
    await hangUp(call);
  });

  test('with nothing but the phone he calls from cannot be reached: 480', async () => {
    await start();
    const phone = await registered('1002');
    expect((await world.dial(phone, '1002', 'ended rejected')).ended?.statusCode).toBe(480);
    await world.expectNothingLeft();
  });

  test('a namesake of another domain is somebody else', async () => {
    await start();
    const caller = await registered('1001');
    const namesake = await registered('1001', { domain: 'other.example', password: 'other1', onInvite: 'answer' });
    const outside = await phoneOf('1001', { domain: 'other.example', address: caller.options.address, port: 5070 });
    await world.dial(outside, '1001', 'ended rejected');
    expect(outside.call?.ended?.statusCode).toBe(403);
    const guest = await phoneOf('1001', {
      domain: 'other.example',
      password: 'other1',
      address: caller.options.address,
      port: 5072,
    });
    const call = await world.dial(guest, '1001', 'answered');
    await world.clock.advance(100);
    expect([call.ended, namesake.call?.ended]).toEqual([null, null]);
    await hangUp(call);
  });
});

describe('a called number', () => {
  test('that is a room joins it, and the API rings others into it', async () => {
    await start();
    const caller = await registered('1001');
    const guest = await registered('1002', { onInvite: 'answer' });
    const call = await world.dial(caller, '9000', 'answered');
    const [row] = (await world.gateway.api('GET', '/sip/calls')).json.data;
    expect(row).toMatchObject({ room_id: 'lobby', to_number: '9000' });
    const of1002 = (await sessions()).find(({ username }) => username === '1002');
    await world.gateway.api('POST', '/sip/invite/client', {
      room_id: 'lobby',
      dest_session_id: of1002?.session_id,
      from_number: '9000',
    });
    await world.until(() => guest.call?.log.includes('confirmed') === true, 'guest in');
    await hangUp(call);
  });

  test('RFC 3261 §22.2 a stranger has to be a user of the domain', async () => {
    await start();
    const stranger = await phoneOf('1001', { password: 'wrong' });
    expect((await world.dial(stranger, '9000', 'ended rejected')).ended?.statusCode).toBe(403);
    const user = await phoneOf('1001');
    const call = await world.dial(user, '9000', 'answered');
    expect(world.sentTo(user, '401 INVITE')[0]?.headers.get('WWW-Authenticate')).toContain('realm="office.example"');
    await hangUp(call);
  });

  test('goes to the invite hook where the domain says so, with the users of the domain', async () => {
    await start('domains: [{ name: office.example, users: { "1001": pw1 }, routing: hooks }]');
    const caller = await registered('1001');
    world.answerInvites({ strategy: 'Accept', room_id: 'r' });
    const call = await world.dial(caller, '77', 'answered');
    expect(world.hooks.routes()).toEqual(['register', 'invite']);
    expect(world.hooks.bodies('register')).toMatchObject([{ username: '1001', realm: 'office.example' }]);
    expect(world.hooks.bodies('invite')).toMatchObject([{ username: '1001', to_number: '77' }]);
    await hangUp(call);
  });
});
