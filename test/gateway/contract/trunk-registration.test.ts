import { afterEach, describe, expect, test } from 'vitest';
import { silentLogger } from '../../../base/log.js';
import { ServerDirectory } from '../../../gateway/admission/servers.js';
import {
  DigestAuthenticator,
  DigestRegistrarAuth,
  ha1,
  MemoryBindingStore,
  nameAddr,
  parseUri,
  Registrar,
  sipUri,
  TransportLayer,
  UserAgent,
} from '../../../sip/index.js';
import { ContractWorld } from '../../support/contract-world.js';

const TRUNK = '10.0.9.9';
const REALM = 'carrier.example';

let world: ContractWorld;
let store: MemoryBindingStore;
let trunk: UserAgent;

afterEach(async () => {
  await trunk.close();
  store.close();
  await world.finish();
});

/** A carrier whose registrar knows one account, `4930123` with the password `s3cret`. */
async function startTrunk(): Promise<void> {
  const { clock, random, network } = world;
  const transport = new TransportLayer({
    clock,
    random,
    log: silentLogger,
    network: network.host(TRUNK),
    isLocalNet: () => true,
    listens: [{ kind: 'udp', address: TRUNK, port: 5060 }],
  });
  trunk = new UserAgent({
    clock,
    random,
    log: silentLogger,
    transport,
    userAgent: 'carrier',
    nat: 'off',
    isPrivate: () => true,
  });
  store = new MemoryBindingStore({ clock });
  const auth = new DigestRegistrarAuth(trunk.context, {
    digest: new DigestAuthenticator({ clock, random }),
    realm: REALM,
    ha1: (user, algorithm) => (user === '4930123' ? ha1(algorithm, user, REALM, 's3cret') : null),
  });
  const policy = { minS: 120, defaultS: 600, maxS: 600, maxContacts: 2 };
  trunk.use(new Registrar(trunk.context, { store, policy, authenticate: auth.authenticate }));
  await trunk.start();
}

const profile = (outbound: string, more = ''): string => `
servers:
  - alias: carrier
${more}    outbound: { domain: ${REALM}, proxy: ${TRUNK}, username: '4930123', register: true, ${outbound} }
unknown_call: reject
`;

async function start(config = profile("password: 's3cret'")): Promise<void> {
  world = await ContractWorld.start(config);
  await startTrunk();
}

const bound = () => store.load(`4930123@${REALM}`);
const registers = () => world.wire.filter(({ text, to }) => text === 'REGISTER' && to === TRUNK);
const figures = () => world.gateway.gateway.counters();

describe('contract §4.5 Register / server MD5 auth (b)', () => {
  test('we register at the trunk with the credentials of its profile, and refresh at 80 % of what it granted', async () => {
    await start();
    await world.until(() => bound().length === 1, 'registered');
    expect(bound()[0]?.contact).toBe('sip:4930123@10.0.0.1:5060');
    expect(figures()).toMatchObject({ trunk_registrations: 1, trunk_registrations_up: 1 });
    const [before] = bound();
    const sofar = registers().length;
    await world.clock.advance(479_000);
    expect(registers()).toHaveLength(sofar);
    await world.clock.advance(3000);
    expect(bound()[0]).toMatchObject({ id: before?.id, callId: before?.callId });
    expect(bound()[0]!.sequence).toBeGreaterThan(before!.sequence);
  });

  test('a trunk that refuses is asked again, ever more rarely', async () => {
    await start(profile("password: 'wrong'"));
    await world.clock.advance(600_000);
    expect(bound()).toEqual([]);
    const { trunk_registrations_up: up, trunk_registrations_failed_total: failed } = figures();
    expect(up).toBe(0);
    expect(failed).toBeGreaterThan(2);
    expect(failed).toBeLessThan(8);
  });

  test('a trunk by name is found, and found again when it was not there', async () => {
    await start(`
servers:
  - alias: carrier
    outbound: { domain: sip.carrier.example, username: '4930123', password: s3cret, register: true }
`);
    await world.clock.advance(10_000);
    expect(figures()).toMatchObject({ trunk_registrations_up: 0, trunk_registrations_failed_total: 1 });
    world.network.hosts.set('sip.carrier.example', [TRUNK]);
    // The wait before the second try is drawn from a range.
    await world.clock.advance(60_000);
    expect(store.load('4930123@sip.carrier.example')).toHaveLength(1);
  });

  test('the registration is taken back at shutdown', async () => {
    await start();
    await world.until(() => bound().length === 1, 'registered');
    const stopped = world.gateway.gateway.stop();
    await world.clock.advance(5000);
    await stopped;
    expect(bound()).toEqual([]);
  });

  test('a trunk that is silent does not keep the shutdown waiting', async () => {
    await start();
    await world.until(() => bound().length === 1, 'registered');
    world.lose = ({ to }) => to === TRUNK;
    let isStopped = false;
    const stopped = world.gateway.gateway.stop().then(() => {
      isStopped = true;
    });
    await world.clock.advance(10_000);
    expect(isStopped).toBe(true);
    await stopped;
  });
});

describe('contract §2.6 calls from a trunk that we are registered at', () => {
  async function callOurContact(): Promise<number[]> {
    const uri = parseUri(bound()[0]?.contact ?? 'sip:4930123@10.0.0.1');
    if (!uri.ok) throw new Error('no contact');
    const heard: number[] = [];
    trunk.invite(
      {
        branches: [{ target: { kind: 'udp', address: '10.0.0.1', port: 5060 }, requestUri: uri.value }],
        from: nameAddr(sipUri({ user: '015112345', host: REALM })),
        to: nameAddr(sipUri({ user: '4930123', host: REALM })),
        contactUser: undefined,
        body: null,
      },
      { onEnded: ({ statusCode }) => heard.push(statusCode ?? 0) },
    );
    await world.clock.advance(3000);
    return heard;
  }

  test('belong to its profile, though no range names its address', async () => {
    await start();
    await world.until(() => bound().length === 1, 'registered');
    world.hooks.on('invite', { json: { strategy: 'Reject', room_id: null } });
    expect(await callOurContact()).toEqual([486]);
    expect(world.hooks.bodies('invite')).toMatchObject([
      { source: `${TRUNK}:5060`, username: null, from_number: '015112345', to_number: '4930123' },
    ]);
  });

  test('do not, once we are not registered there any more', async () => {
    await start();
    await world.until(() => bound().length === 1, 'registered');
    world.lose = ({ to, text }) => to === TRUNK && text === 'REGISTER';
    await world.clock.advance(700_000);
    expect(figures()).toMatchObject({ trunk_registrations_up: 0 });
    expect(await callOurContact()).toEqual([403]);
    expect(world.hooks.bodies('invite')).toEqual([]);
  });
});

test('contract §2.6 the profile whose account was called is the one that counts', async () => {
  const account = (alias: string, username: string) => ({
    alias,
    cidrs: ['192.0.2.0/24'],
    auth: 'none' as const,
    credentials: null,
    outbound: {
      proxy: null,
      domain: REALM,
      credentials: { username, secret: { password: 'x' } },
      register: { expiresS: 3600 },
    },
    codecs: null,
    maxCalls: null,
    srtp: null,
  });
  await start();
  const servers = new ServerDirectory([account('one', '1'), account('two', '2')], 'realm');
  expect(servers.at('192.0.2.1', '2')?.profile.alias).toBe('one');
  servers.registeredAt('one', ['192.0.2.1']);
  servers.registeredAt('two', ['192.0.2.1']);
  expect(servers.at('192.0.2.1', '2')?.profile.alias).toBe('two');
  expect(servers.at('192.0.2.1')?.profile.alias).toBe('one');
  servers.registeredAt('two', []);
  expect(servers.at('192.0.2.1', '2')?.profile.alias).toBe('one');
});
