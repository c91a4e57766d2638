import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRealClock } from '../../base/clock.js';
import { silentLogger } from '../../base/log.js';
import { createRealNetwork } from '../../base/network.js';
import { createRealRandom } from '../../base/random.js';
import {
  contacts,
  DigestAuthenticator,
  DigestRegistrarAuth,
  ha1,
  MemoryBindingStore,
  nameAddr,
  Registrar,
  Registration,
  type RegistrationEvent,
  type RegistrationOptions,
  serializeUri,
  sipUri,
  type Target,
  TransportLayer,
  UserAgent,
} from '../../sip/index.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/gateway-process.js';
import { Kamailio } from './support/kamailio.js';
import { runPeer } from './support/peers.js';
import { Stage } from './support/stage.js';

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
});

afterEach(() => stage.close());

const clock = createRealClock();
const random = createRealRandom();
const network = createRealNetwork();
const realm = 'hookline.test';

/** A user agent of the library on loopback. */
async function agent() {
  const transport = new TransportLayer({
    clock,
    random,
    network,
    log: silentLogger,
    isLocalNet: () => true,
    listens: [
      { kind: 'udp', address: '127.0.0.1', port: 0 },
      { kind: 'tcp', address: '127.0.0.1', port: 0 },
    ],
  });
  const ua = new UserAgent({
    clock,
    random,
    log: silentLogger,
    transport,
    userAgent: 'Hookline',
    nat: 'off',
    isPrivate: () => true,
  });
  await ua.start();
  stage.onClose(() => ua.close());
  const port = (kind: string) => transport.listening.find((each) => each.kind === kind)?.port ?? 0;
  return { ua, port };
}

describe('kamailio as the registrar we register at', () => {
  const aor = sipUri({ user: '4001', host: realm });
  const instanceId = 'urn:uuid:11111111-2222-4333-8444-555555555555';

  async function start() {
    const kamailio = await Kamailio.start({ directory: stage.directory, realm, password: 's3cret', maxExpiresS: 120 });
    stage.onClose(() => kamailio.close());
    const { ua } = await agent();
    return { kamailio, ua };
  }

  function registration(ua: UserAgent, target: Target, more: Partial<RegistrationOptions> = {}) {
    const news: RegistrationEvent[] = [];
    const credentials = { username: '4001', password: 's3cret' };
    const options = { registrar: sipUri({ host: realm }), aor, target, credentials, ...more };
    const registered = new Registration(ua.context, options, (event) => news.push(event));
    registered.start();
    // Until it listens, what we send is lost or refused.
    const up = () =>
      eventually('registered at kamailio', () => {
        if (registered.state === 'failed') registered.refresh();
        return registered.isRegistered;
      });
    return { registered, news, up };
  }

  /** The bindings that kamailio has, asked by a REGISTER without a Contact. */
  async function bindings(ua: UserAgent, target: Target): Promise<string[]> {
    const answer = await ua.request({
      method: 'REGISTER',
      uri: sipUri({ host: realm }),
      to: nameAddr(aor),
      target,
      credentials: { username: '4001', password: 's3cret' },
    });
    expect(answer.statusCode).toBe(200);
    const read = contacts(answer);
    return read.ok ? read.value.values.map(({ uri }) => serializeUri(uri)) : [];
  }

  test.each(['udp', 'tcp'] as const)(
    'RFC 3261 §10.2 over %s: digest, the expiry it grants, refresh, removal',
    async (kind) => {
      const { kamailio, ua } = await start();
      const target: Target = { kind, ...kamailio.address };
      const { registered, news, up } = registration(ua, target);
      await up();
      expect(registered.expiresS).toBe(120);
      const own = serializeUri(registered.contact!);
      expect(await bindings(ua, target)).toEqual([own]);
      const before = news.length;
      registered.refresh();
      await eventually('refreshed', () => news.length > before);
      expect(news.at(-1)).toMatchObject({ state: 'registered', expiresS: 120 });
      expect(await bindings(ua, target)).toEqual([own]);
      await registered.stop();
      expect(await bindings(ua, target)).toEqual([]);
    },
  );

  test('RFC 5627 §4.2 the GRUUs that it gives are ours', async () => {
    const { kamailio, ua } = await start();
    const { registered, up } = registration(ua, { kind: 'udp', ...kamailio.address }, { instanceId, outbound: false });
    await up();
    const { pub, temp } = registered.gruus;
    expect(serializeUri(pub!)).toBe(`sip:4001@${realm};gr=${instanceId}`);
    expect(temp?.params.has('gr')).toBe(true);
    expect(registered.contact).toEqual(pub);
    await registered.stop({ all: true });
  });

  test('RFC 3261 §22.2 a wrong password is told, and not hammered', async () => {
    const { kamailio, ua } = await start();
    const target: Target = { kind: 'udp', ...kamailio.address };
    const good = registration(ua, target);
    await good.up();
    const { news } = registration(ua, target, { credentials: { username: '4001', password: 'wrong' } });
    await eventually('refused', () => news.some(({ state }) => state === 'failed'));
    expect(news.at(-1)).toMatchObject({ state: 'failed', statusCode: 401 });
    const failed = news.at(-1);
    expect(failed?.state === 'failed' && failed.retryInMs).toBeGreaterThanOrEqual(15_000);
    await good.registered.stop();
  });
});

describe('our registrar', () => {
  async function start() {
    const { ua, port } = await agent();
    const store = new MemoryBindingStore({ clock });
    stage.onClose(async () => store.close());
    const auth = new DigestRegistrarAuth(ua.context, {
      digest: new DigestAuthenticator({ clock, random }),
      realm,
      ha1: (user, algorithm) => ha1(algorithm, user, realm, user),
    });
    const registrar = new Registrar(ua.context, { store, authenticate: auth.authenticate });
    ua.use(registrar);
    const bound = (user: string) => store.load(`${user}@127.0.0.1`);
    return { registrar, auth, bound, address: `127.0.0.1:${port('udp')}`, tcp: `127.0.0.1:${port('tcp')}` };
  }

  test.each(['udp', 'tcp'] as const)('RFC 3261 §10.3 sipp registers and unregisters over %s', async (transport) => {
    const { registrar, bound, address, tcp } = await start();
    const gateway = { address: transport === 'tcp' ? tcp : address };
    const port = await freePort();
    for (const [seconds, left] of [
      ['600', 1],
      ['0', 0],
    ] as const) {
      const sipp = await stage.sipp({
        gateway,
        scenario: 'register',
        user: '5001',
        transport,
        port,
        keys: { seconds },
      });
      await sipp.finished();
      expect(bound('5001')).toHaveLength(left);
    }
    expect(registrar.counters.accepted).toBe(2);
  });

  test('RFC 3261 §10.3 sipsak registers with digest', async () => {
    const { registrar, bound, address } = await start();
    const who = ['-u', '5002', '-a', '5002', '-C', 'sip:5002@127.0.0.1:40000', '-x', '300'];
    await runPeer('sipsak', ['-U', ...who, '-s', `sip:5002@${address}`]);
    expect(registrar.counters.accepted).toBeGreaterThan(0);
    expect(bound('5002').map(({ contact }) => contact)).toEqual(['sip:5002@127.0.0.1:40000']);
  });

  test('RFC 3261 §10.3 baresip registers, and takes its registration back when it ends', async () => {
    const { registrar, auth, bound, address } = await start();
    const phone = await stage.baresip({ gateway: { address }, user: '5003' });
    expect(bound('5003')).toHaveLength(1);
    expect(auth.counters.challenged).toBeGreaterThan(0);
    await phone.close();
    await eventually('unregistered', () => bound('5003').length === 0);
    expect(registrar.counters.accepted).toBeGreaterThanOrEqual(2);
  });
});
