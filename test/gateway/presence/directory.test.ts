import { afterEach, describe, expect, test } from 'vitest';
import { CallStates } from '../../../gateway/presence/call-states.js';
import { identityOf } from '../../../gateway/registrar/bindings.js';
import type { EventPackage } from '../../../sip/packages/package.js';
import { type Presence, presencePackage } from '../../../sip/packages/presence.js';
import { regPackage } from '../../../sip/packages/reg.js';
import { ContractWorld } from '../../support/contract-world.js';
import { profilesOf } from '../../support/domain-profile.js';
import { ManualClock } from '../../support/manual-clock.js';
import type { PhoneWatch } from '../../support/phone-watch.js';
import type { WorldPhone } from '../../support/virtual-world.js';

let world: ContractWorld;

afterEach(() => world.finish());

/** No hooks, no domain in the settings: what is decided comes from the directory. */
async function start(): Promise<void> {
  world = await ContractWorld.start('', {}, { overrides: { hookUrl: null, callEvents: false } });
  const [profile] = profilesOf('[{ name: pbx.example.com, users: { "1003": pw3, "1004": pw4, "1005": pw5 } }]');
  world.gateway.gateway.domains.add(profile!);
}

function phoneOf(user: string, password = `pw${user.at(-1)}`): Promise<WorldPhone> {
  return world.addQuietPhone(user, { domain: 'pbx.example.com', password });
}

async function told<State>(phone: WorldPhone, user: string, what: EventPackage<State>): Promise<PhoneWatch<State>> {
  const watch = phone.watch(user, what);
  await world.until(() => watch.log.length > 0, `${what.name} of ${user}`);
  return watch;
}

function mood({ state }: PhoneWatch<Presence>): string {
  const { tuples = [], persons = [] } = state ?? {};
  return [...tuples.map(({ basic }) => basic), ...persons.flatMap(({ activities }) => activities)].join(' ');
}

describe('mediaswitch row 30: presence of users of the directory', () => {
  test('mediaswitch row 30: SUBSCRIBE with credentials is told of registrations as they come and go', async () => {
    await start();
    const [watcher, phone] = [await phoneOf('1003'), await phoneOf('1004')];
    const watch = await told(watcher, '1004', presencePackage);
    expect(watch.log).toEqual(['active']);
    expect(world.sentTo(watcher, '401 SUBSCRIBE')).toHaveLength(1);
    expect(mood(watch)).toBe('closed');
    expect((await world.register(phone)).statusCode).toBe(200);
    await world.clock.advance(6000);
    expect(mood(watch)).toBe('open');
    await world.while(phone.unregister());
    await world.clock.advance(6000);
    expect(mood(watch)).toBe('closed');
  });

  test('mediaswitch row 30: PUBLISH with credentials is seen by who watches', async () => {
    await start();
    const [watcher, phone] = [await phoneOf('1003'), await phoneOf('1004')];
    const watch = await told(watcher, '1004', presencePackage);
    const publisher = phone.publisher(presencePackage);
    publisher.publish({ tuples: [{ id: 't', basic: 'open' }], persons: [{ id: 'p', activities: ['meeting'] }] });
    await world.clock.advance(6000);
    expect(world.sentTo(phone, '401 PUBLISH')).toHaveLength(1);
    expect(mood(watch)).toBe('open meeting');
    await world.while(publisher.end());
    await world.clock.advance(6000);
    expect(mood(watch)).toBe('closed');
  });

  test('mediaswitch row 30: who has another password, or is in no domain, is refused; nobody publishes for another', async () => {
    await start();
    const thief = await phoneOf('1003', 'wrong');
    const refused = await told(thief, '1004', presencePackage);
    expect(refused.log).toEqual(['ended refused 403']);
    const stranger = await world.addQuietPhone('1003', { domain: 'elsewhere.example.com', password: 'pw3' });
    expect((await told(stranger, '1004', presencePackage)).log.at(-1)).toMatch(/^ended refused 40[34]$/);
    const other = await phoneOf('1005');
    const publisher = other.publisher(presencePackage, '1004');
    publisher.publish({ tuples: [{ id: 't', basic: 'open' }] });
    await world.until(() => publisher.state === 'ended', 'refused');
    expect((await told(other, '1004', regPackage)).log).toEqual(['ended refused 403']);
  });

  test('mediaswitch row 30: who leaves the directory is watched by nobody', async () => {
    await start();
    const watcher = await phoneOf('1003');
    const watch = await told(watcher, '1004', presencePackage);
    world.gateway.gateway.domains.remove('pbx.example.com');
    await world.until(() => watch.log.length > 1, 'an end');
    expect(watch.log.at(-1)).toMatch(/^ended|^retry|^terminated/);
  });
});

test('mediaswitch row 30: calls of another kind are told of by user, id and state', () => {
  const clock = new ManualClock();
  const changes: unknown[] = [];
  const states = new CallStates(clock, (user, ended) => changes.push([user, ended?.event ?? null]));
  const user = identityOf({ username: '1003', domain: 'pbx.example.com' });
  const entry = { id: 'c1', direction: 'initiator', otherNumber: '2000' } as const;
  states.set(user, { ...entry, state: 'trying' });
  states.set(user, { ...entry, state: 'confirmed' });
  expect(states.of(user)).toEqual([{ ...entry, state: 'confirmed', sinceMs: clock.nowMs() }]);
  states.end(user, 'c1', { event: 'local-bye' });
  states.end(user, 'c1', { event: 'local-bye' });
  expect(states.of(user)).toEqual([]);
  expect(changes).toEqual([
    [user, null],
    [user, null],
    [user, 'local-bye'],
  ]);
});
