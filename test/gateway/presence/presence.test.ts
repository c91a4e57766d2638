import { afterEach, describe, expect, test } from 'vitest';
import { type DialogInfo, dialogPackage } from '../../../sip/packages/dialog.js';
import type { EventPackage } from '../../../sip/packages/package.js';
import { type Presence, presencePackage } from '../../../sip/packages/presence.js';
import { type RegState, regPackage } from '../../../sip/packages/reg.js';
import { watcherInfoPackage } from '../../../sip/packages/winfo.js';
import { sipUri } from '../../../sip/uri.js';
import { ContractWorld } from '../../support/contract-world.js';
import type { PhoneWatch } from '../../support/phone-watch.js';
import { SipEndpoint } from '../../support/sip-endpoint.js';
import type { WorldPhone } from '../../support/virtual-world.js';

let world: ContractWorld;
const endpoints: SipEndpoint[] = [];

afterEach(async () => {
  for (const endpoint of endpoints.splice(0)) await endpoint.close();
  await world.finish();
});

/** A watch that has been told once. */
async function watching<State>(
  phone: WorldPhone,
  user: string,
  eventPackage: EventPackage<State>,
): Promise<PhoneWatch<State>> {
  const watch = phone.watch(user, eventPackage);
  await world.until(() => watch.log.length > 0, `${eventPackage.name} of ${user}`);
  expect(watch.log).toEqual(['active']);
  return watch;
}

/** What a lamp shows after each NOTIFY. */
function lamps({ bodies }: PhoneWatch<DialogInfo>): string[] {
  return bodies.map((body) => {
    const read = dialogPackage.parse(Buffer.from(body), dialogPackage.contentType);
    if (!read.ok) return 'unreadable';
    return read.value.state.dialogs.map(({ direction, state }) => `${direction} ${state}`).join(' ') || 'idle';
  });
}

/** `open`, `closed on-the-phone`. */
function mood({ state }: PhoneWatch<Presence>): string {
  const { tuples = [], persons = [] } = state ?? {};
  return [...tuples.map(({ basic }) => basic), ...persons.flatMap(({ activities }) => activities)].join(' ');
}

function contactsOf({ bodies }: PhoneWatch<RegState>): string[] {
  return bodies.map((body) => {
    const read = regPackage.parse(Buffer.from(body), regPackage.contentType);
    const registration = read.ok ? read.value.state.registrations[0] : undefined;
    const contacts = registration?.contacts.map(({ state, event }) => `${state} ${event}`) ?? [];
    return [registration?.state, ...contacts].join(', ');
  });
}

async function statusOf(watch: PhoneWatch<unknown>): Promise<string> {
  await world.until(() => watch.log.some((line) => line.startsWith('ended')), 'refused');
  return watch.log.at(-1)!;
}

describe('RFC 4235 the calls of users', () => {
  test('RFC 4235 §3.7.1 a lamp sees a call to its user ring, being answered and ended', async () => {
    world = await ContractWorld.start();
    world.bridge();
    const [anna, bob, desk] = [
      await world.addRegistered('anna'),
      await world.addRegistered('bob'),
      await world.addRegistered('desk'),
    ];
    const [lampOfBob, lampOfAnna] = [
      await watching(desk, 'bob', dialogPackage),
      await watching(desk, 'anna', dialogPackage),
    ];
    const call = await world.dial(anna, 'bob', '180');
    await world.clock.advance(2000);
    (await world.rung(bob)).answer();
    await world.until(() => call.log.includes('answered'), 'answered');
    await world.clock.advance(2000);
    bob.call?.hangUp();
    await world.clock.advance(2000);
    expect(lamps(lampOfBob)[0]).toBe('idle');
    const seen = (lamp: PhoneWatch<DialogInfo>): string[] => lamps(lamp).slice(-3);
    expect(seen(lampOfBob)).toEqual(['recipient early', 'recipient confirmed', 'recipient terminated']);
    expect(seen(lampOfAnna)).toEqual(['initiator early', 'initiator confirmed', 'initiator terminated']);
    const body = lampOfBob.bodies.at(-2)!;
    expect(body).toContain('entity="sip:bob@10.0.0.1"');
    expect(body).toContain('sip:anna@10.0.0.1');
    expect(body).not.toContain('call-id');
    expect(lampOfBob.bodies.at(-1)).toContain('event="local-bye"');
    expect(lampOfAnna.bodies.at(-1)).toContain('event="remote-bye"');
    for (const { subscription } of [lampOfBob, lampOfAnna]) subscription?.refresh();
    await world.clock.advance(2000);
    expect([lamps(lampOfBob).at(-1), lamps(lampOfAnna).at(-1)]).toEqual(['idle', 'idle']);
  });

  test('RFC 4235 §3.7.1 a call that its user rejects, and one that its caller gives up', async () => {
    world = await ContractWorld.start();
    world.bridge();
    const [anna, bob] = [await world.addRegistered('anna'), await world.addRegistered('bob')];
    const lamp = await watching(anna, 'bob', dialogPackage);
    bob.onInvite = 486;
    await world.dial(anna, 'bob', 'ended rejected');
    await world.clock.advance(2000);
    expect(lamp.bodies.at(-1)).toMatch(/<state event="rejected" code="486">terminated/);
    bob.onInvite = 'ring';
    const call = await world.dial(anna, 'bob', '180');
    call.hangUp();
    await world.clock.advance(3000);
    expect(lamps(lamp).at(-1)).toBe('recipient terminated');
    expect(lamp.state?.dialogs).toEqual([]);
  });
});

describe('RFC 3680 the registrations of a user', () => {
  test('RFC 3680 §5.2 come, are refreshed, end and expire before the eyes of the user himself', async () => {
    world = await ContractWorld.start();
    const first = await world.addRegistered('anna');
    const watch = await watching(first, 'anna', regPackage);
    const second = await world.addRegistered('anna');
    await world.clock.advance(6000);
    await world.register(second);
    await world.clock.advance(6000);
    await world.while(second.unregister());
    await world.clock.advance(6000);
    expect(contactsOf(watch)).toEqual([
      'active, active registered',
      'active, active registered, active registered',
      'active, active registered, active refreshed',
      'active, active registered, terminated unregistered',
    ]);
    expect(watch.bodies[0]).not.toContain(world.sessionOf('anna'));
    await world.clock.advance(180_000);
    expect(contactsOf(watch).at(-1)).toBe('terminated, terminated expired');
  });

  test('RFC 3680 §4.6 nobody else sees them, but who is trusted by address', async () => {
    world = await ContractWorld.start('presence_trusted: [10.0.1.3]');
    await world.addRegistered('anna');
    const bob = await world.addRegistered('bob');
    expect(await statusOf(bob.watch('anna', regPackage))).toBe('ended refused 403');
    const console = await world.addQuietPhone('console');
    const watch = await watching(console, 'anna', regPackage);
    expect(contactsOf(watch)).toEqual(['active, active registered']);
    expect(world.gateway.gateway.counters()).toMatchObject({ subscriptions: 1, presence_refused_total: 1 });
  });
});

describe('RFC 3856 the presence of users', () => {
  test('RFC 3856 §6.7 follows registration and calls where nothing is published', async () => {
    world = await ContractWorld.start();
    world.bridge();
    const [desk, anna] = [await world.addRegistered('desk'), await world.addRegistered('anna')];
    const watch = await watching(desk, 'bob', presencePackage);
    expect(mood(watch)).toBe('closed');
    const bob = await world.addRegistered('bob');
    await world.clock.advance(6000);
    expect(mood(watch)).toBe('open');
    await world.dial(anna, 'bob', '180');
    await world.clock.advance(6000);
    expect(mood(watch)).toBe('open');
    bob.call?.answer();
    await world.clock.advance(6000);
    expect(mood(watch)).toBe('open on-the-phone');
    bob.call?.hangUp();
    await world.clock.advance(6000);
    expect(mood(watch)).toBe('open');
    await world.while(bob.unregister());
    await world.clock.advance(6000);
    expect(mood(watch)).toBe('closed');
  });

  test('RFC 3903 §6 what a user publishes is seen, joined with his calls, and gone with its end', async () => {
    world = await ContractWorld.start();
    world.answerInvites({ strategy: 'Accept', room_id: 'r' });
    const [desk, bob] = [await world.addRegistered('desk'), await world.addRegistered('bob')];
    const watch = await watching(desk, 'bob', presencePackage);
    const publisher = bob.publisher(presencePackage);
    const busy: Presence = {
      tuples: [{ id: 't', basic: 'closed' }],
      persons: [{ id: 'p', activities: ['meeting'] }],
    };
    publisher.publish(busy);
    await world.clock.advance(6000);
    expect(mood(watch)).toBe('closed meeting');
    const call = await world.dial(bob, '9000', 'answered');
    await world.clock.advance(6000);
    expect(mood(watch)).toBe('closed meeting on-the-phone');
    call.hangUp();
    await world.clock.advance(6000);
    await world.while(publisher.end());
    await world.clock.advance(6000);
    expect(mood(watch)).toBe('open');
    expect(world.gateway.gateway.counters()).toMatchObject({ publications: 0, publications_published_total: 1 });
  });

  test('RFC 3903 §6 nobody publishes for another', async () => {
    world = await ContractWorld.start();
    const anna = await world.addRegistered('anna');
    await world.addRegistered('bob');
    const publisher = anna.publisher(presencePackage, 'bob');
    publisher.publish({ tuples: [{ id: 't', basic: 'closed' }] });
    await world.until(() => publisher.state === 'ended', 'refused');
    expect(world.gateway.log.filter(({ event }) => event === 'presence.refused')).toMatchObject([
      { fields: { method: 'PUBLISH', statusCode: 403, from: 'sip:anna@10.0.0.1' } },
    ]);
  });

  test('RFC 3857 §4.7 a user sees who watches him, others do not', async () => {
    world = await ContractWorld.start();
    const [anna, bob] = [await world.addRegistered('anna'), await world.addRegistered('bob')];
    const winfo = watcherInfoPackage('presence');
    const watch = await watching(bob, 'bob', winfo);
    await watching(anna, 'bob', presencePackage);
    await world.clock.advance(6000);
    expect(watch.state?.watchers).toMatchObject([{ uri: 'sip:anna@10.0.0.1', status: 'active' }]);
    expect(await statusOf(anna.watch('bob', winfo))).toBe('ended refused 403');
  });
});

describe('RFC 3261 §22.1 who may ask', () => {
  test('a user who has not registered proves who he is with digest; the auth hook knows him', async () => {
    world = await ContractWorld.start();
    const stranger = await world.addQuietPhone('anna');
    await watching(stranger, 'bob', dialogPackage);
    expect(world.sentTo(stranger, '401 SUBSCRIBE')).toHaveLength(1);
    expect(world.hooks.bodies('auth')).toMatchObject([{ username: 'anna' }]);
    const liar = await world.addQuietPhone('bob', { password: 'wrong' });
    expect(await statusOf(liar.watch('anna', dialogPackage))).toBe('ended refused 403');
  });

  test('nobody is believed who names another user than he proves to be', async () => {
    world = await ContractWorld.start();
    const endpoint = await open('10.0.7.1');
    for (const method of ['SUBSCRIBE', 'PUBLISH', 'MESSAGE']) {
      const request = endpoint.send({ method, user: 'bob', from: 'anna', headers: [['Event', 'presence']] });
      await world.clock.advance(20);
      expect(endpoint.answersTo(request).map(({ statusCode }) => statusCode)).toEqual([401]);
    }
    // Of a challenge nothing is kept.
    expect(world.leftovers()).toEqual({});
    // Registered over this flow as bob, so not believed as anna without her password.
    const bob = await world.addRegistered('bob');
    const from = bob.watch('bob', dialogPackage, {
      from: { ...bob.addressOfRecord, uri: { ...bob.addressOfRecord.uri, user: 'anna' } as never },
    });
    expect(await statusOf(from)).toBe('ended refused 403');
  });

  test('RFC 6665 §4.2.1.1 a package that is not served gets 489 with those that are', async () => {
    world = await ContractWorld.start();
    const anna = await world.addRegistered('anna');
    const unknown = { ...dialogPackage, name: 'conference' };
    expect(await statusOf(anna.watch('bob', unknown))).toBe('ended refused 489');
    const [refusal] = world.sentTo(anna, '489 SUBSCRIBE');
    expect(refusal?.headers.get('Allow-Events')).toBe(
      'presence, dialog, reg, message-summary, presence.winfo, dialog.winfo',
    );
  });

  test('contract §2.6 a source that may not register has no presence either', async () => {
    world = await ContractWorld.start('ip_rules: [{scope: register, peer: any, action: deny, cidr: 10.0.7.0/24}]');
    const endpoint = await open('10.0.7.1');
    const request = endpoint.send({ method: 'SUBSCRIBE', user: 'bob', from: 'anna', headers: [['Event', 'dialog']] });
    await world.clock.advance(20);
    expect(endpoint.answersTo(request).map(({ statusCode }) => statusCode)).toEqual([403]);
  });

  test('presence: off serves neither, and Allow says so', async () => {
    world = await ContractWorld.start('presence: off\nmessages: off');
    const anna = await world.addRegistered('anna');
    expect(await statusOf(anna.watch('bob', dialogPackage))).toBe('ended refused 405');
    const { headers } = await world.while(anna.message('bob', 'hi'));
    expect(headers.get('Allow')).not.toMatch(/SUBSCRIBE|PUBLISH|MESSAGE/);
    expect(headers.has('Allow-Events')).toBe(false);
  });
});

describe('RFC 3261 §10.3 users of domains', () => {
  const domains = `
domains:
  - { name: [a.example, pbx.a.example], users: { anna: anna, bob: bob } }
  - { name: b.example, users: { carl: carl } }
  - { name: lab.example, auth: none, allow: [10.0.1.0/24] }
`;

  test('are asked for the password of their domain, and see each other under every name of it', async () => {
    world = await ContractWorld.start(domains, {}, { overrides: { hookUrl: null } });
    const bob = await world.addRegistered('bob', { domain: 'a.example' });
    const anna = await world.addQuietPhone('anna', { domain: 'pbx.a.example' });
    const watch = await watching(anna, 'bob', presencePackage);
    expect(mood(watch)).toBe('open');
    expect(watch.state?.entity).toBe('sip:bob@pbx.a.example');
    const [challenge] = world.sentTo(anna, '401 SUBSCRIBE');
    expect(challenge?.headers.get('WWW-Authenticate')).toContain('realm="a.example"');
    expect((await world.while(anna.message('bob', 'hi'))).statusCode).toBe(200);
    expect(bob.messages).toEqual(['hi']);
  });

  test('RFC 6665 §4.2.1.3 who does not exist is not there: 404; who is elsewhere is not to be seen: 403', async () => {
    world = await ContractWorld.start(domains, {}, { overrides: { hookUrl: null } });
    const anna = await world.addRegistered('anna', { domain: 'a.example' });
    expect(await statusOf(anna.watch('nobody', presencePackage))).toBe('ended refused 404');
    const uri = sipUri({ user: 'carl', host: 'b.example' });
    expect(await statusOf(anna.watch('carl', presencePackage, { uri }))).toBe('ended refused 403');
    const unknown = sipUri({ user: 'carl', host: 'c.example' });
    expect(await statusOf(anna.watch('carl', presencePackage, { uri: unknown }))).toBe('ended refused 404');
    expect((await world.while(anna.message('nobody', 'hi'))).statusCode).toBe(404);
  });

  test('auth: none believes whoever comes from its list, and nobody else', async () => {
    world = await ContractWorld.start(domains, {}, { overrides: { hookUrl: null } });
    const probe = await world.addQuietPhone('probe', { domain: 'lab.example' });
    await watching(probe, 'other', dialogPackage);
    const far = await world.addQuietPhone('far', { domain: 'lab.example', address: '10.0.9.1' });
    expect(await statusOf(far.watch('other', dialogPackage))).toBe('ended refused 403');
  });

  test('a user of no domain is nobody where there are no hooks', async () => {
    world = await ContractWorld.start(domains, {}, { overrides: { hookUrl: null } });
    const stranger = await world.addQuietPhone('anna', { domain: 'c.example' });
    expect(await statusOf(stranger.watch('bob', dialogPackage))).toBe('ended refused 403');
  });
});

describe('RFC 6665 §4.2.2 limits and ends', () => {
  test('a flood of strangers meets the limit per source before anything is kept', async () => {
    world = await ContractWorld.start();
    const endpoint = await open('10.0.7.1');
    const requests = Array.from({ length: 300 }, () =>
      endpoint.send({ method: 'SUBSCRIBE', user: 'bob', from: 'anna', headers: [['Event', 'dialog']] }),
    );
    await world.clock.advance(50);
    const statuses = requests.map((request) => endpoint.answersTo(request)[0]?.statusCode);
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(110);
    expect(statuses.filter((status) => status === 503).length).toBeGreaterThanOrEqual(190);
    expect(world.leftovers()).toEqual({});
  });

  test('presence_max: a subscription too many gets 503', async () => {
    world = await ContractWorld.start('presence_max: 1');
    const anna = await world.addRegistered('anna');
    await watching(anna, 'bob', dialogPackage);
    const other = anna.watch('carl', dialogPackage, { retry: false });
    expect(await statusOf(other)).toBe('ended refused 503');
  });

  test('RFC 6665 §4.1.2.2 a refresh from elsewhere is not believed', async () => {
    world = await ContractWorld.start();
    const anna = await world.addRegistered('anna');
    await watching(anna, 'bob', dialogPackage);
    const [first] = world.wire.filter(({ text }) => text === '200 SUBSCRIBE').map(({ message }) => message);
    const thief = await open('10.0.7.1');
    for (const [at, expires] of ['600', '0'].entries()) {
      const request = thief.send({
        method: 'SUBSCRIBE',
        user: 'bob',
        from: 'anna',
        callId: first!.callId,
        fromTag: first!.from.params.get('tag') ?? '',
        toTag: first!.to.params.get('tag') ?? '',
        sequence: 2_000_000_000 + at,
        headers: [
          ['Event', 'dialog'],
          ['Expires', expires],
        ],
      });
      await world.clock.advance(20);
      expect(thief.answersTo(request).map(({ statusCode }) => statusCode)).toEqual([481]);
    }
    expect(world.gateway.gateway.counters()).toMatchObject({ subscriptions: 1 });
    await world.addRegistered('bob');
    await world.clock.advance(5000);
    expect(thief.received.filter(({ cseq }) => cseq.method === 'NOTIFY')).toEqual([]);
  });

  test('RFC 6665 §4.1.3 when the gateway stops every subscriber is told to come again; afterwards nothing is left', async () => {
    world = await ContractWorld.start();
    const [anna, bob] = [await world.addRegistered('anna'), await world.addRegistered('bob')];
    const watches = [await watching(anna, 'bob', dialogPackage), await watching(bob, 'bob', regPackage)];
    const silent = await world.addRegistered('silent');
    await watching(silent, 'bob', presencePackage);
    world.lose = ({ from }) => from === silent.options.address;
    const beforeMs = world.clock.nowMs();
    await world.gateway.stop();
    expect(world.clock.nowMs() - beforeMs).toBeLessThan(10_000);
    for (const { log } of watches) expect(log).toContain('terminated deactivated');
    for (const { log } of watches) expect(log).toContain('retry terminated');
    expect(world.leftovers()).toEqual({});
  });
});

async function open(address: string): Promise<SipEndpoint> {
  const endpoint = await SipEndpoint.open(world.network.host(address), address);
  endpoints.push(endpoint);
  return endpoint;
}
