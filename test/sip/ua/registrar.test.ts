import { afterEach, describe, expect, test } from 'vitest';
import type { HeaderList } from '../../../sip/build.js';
import { nameAddr } from '../../../sip/header-values.js';
import type { SipResponse } from '../../../sip/message.js';
import { Params } from '../../../sip/params.js';
import type { Binding, BindingStore } from '../../../sip/ua/binding.js';
import { MemoryBindingStore } from '../../../sip/ua/binding-memory.js';
import type { OutOfDialogRequest } from '../../../sip/ua/types.js';
import { serializeUri, sipUri } from '../../../sip/uri.js';
import { EdgeProxy } from '../../support/edge-proxy.js';
import { settle } from '../../support/manual-clock.js';
import { bobsAor, expiriesOf, RegistrarBench, type RegistrarBenchOptions } from '../../support/registrar-bench.js';
import type { Agent } from '../../support/ua-bench.js';

let world: RegistrarBench;
let bob: Agent;
let sequence = 0;

afterEach(() => world.finish());

async function start(options: RegistrarBenchOptions = {}): Promise<void> {
  world = await RegistrarBench.start(options);
  bob = await world.bench.agent('bob', '10.0.0.1');
  sequence = 0;
}

/** One REGISTER of Bob's with a CSeq of its own, and its answer. */
async function register(headers: HeaderList, options: Partial<OutOfDialogRequest> = {}): Promise<SipResponse> {
  sequence += 1;
  const answer = bob.ua.request({
    method: 'REGISTER',
    uri: sipUri({ host: 'biloxi.example.com' }),
    to: nameAddr(bobsAor),
    target: world.server.target,
    callId: 'bobs',
    sequence,
    headers,
    ...options,
  });
  await world.bench.clock.advance(500);
  return answer;
}

const contact = (host: string, params = ''): [string, string] => ['Contact', `<sip:bob@${host}>${params}`];

describe('RFC 3261 §10.3', () => {
  test('RFC 3261 §10.3 step 8 the 200 lists every binding with what is left of it, parameters and all, and the Date', async () => {
    await start();
    await register([contact('192.0.2.1', ';q=0.5;methods="INVITE,BYE"'), ['Expires', '600']]);
    await world.bench.clock.advance(99_000);
    const answer = await register([contact('192.0.2.2')]);
    expect(answer.headers.all('Contact')).toEqual([
      '<sip:bob@192.0.2.1>;q=0.5;methods="INVITE,BYE";expires=501',
      '<sip:bob@192.0.2.2>;expires=3600',
    ]);
    expect(answer.headers.get('Date')).toBe('Tue, 14 Nov 2023 22:14:59 GMT');
    expect((await register([])).headers.all('Contact')).toHaveLength(2);
  });

  test('RFC 3261 §10.3 a binding ends when its time is over', async () => {
    await start();
    await register([contact('192.0.2.1'), ['Expires', '60']]);
    await world.bench.clock.advance(59_000);
    expect(world.bound()).toHaveLength(1);
    await world.bench.clock.advance(1000);
    expect([world.bound(), world.changes.at(-1)]).toEqual([[], 'expired sip:bob@192.0.2.1']);
    expect([world.store.size, world.store.counters.expired]).toEqual([0, 1]);
  });

  test.each([
    ['400', [['Contact', 'nonsense<']], {}, 400],
    ['400', [['Contact', '*']], {}, 400],
    [
      '400',
      [
        ['Contact', '*'],
        ['Expires', '7'],
      ],
      {},
      400,
    ],
    ['404 without a user', [], { to: nameAddr(sipUri({ host: 'b' })) }, 404],
    ['416', [], { uri: { scheme: 'tel', number: '+4930', params: new Params() } }, 416],
    ['420', [['Require', 'path, x-unknown']], {}, 420],
    ['423', [contact('192.0.2.9', ';expires=30')], {}, 423],
  ] as const)('RFC 3261 §10.3 %s for %j', async (_name, headers, options, statusCode) => {
    await start();
    const answer = await register(headers, options);
    expect(answer.statusCode).toBe(statusCode);
    if (statusCode === 423) expect(answer.headers.get('Min-Expires')).toBe('60');
    if (statusCode === 420) expect(answer.headers.get('Unsupported')).toBe('x-unknown');
    expect(world.bound()).toEqual([]);
  });

  test('RFC 3261 §10.3 step 1 a domain of others is 404', async () => {
    await start({ registrar: { serves: (domain) => domain === 'atlanta.example.com' } });
    expect((await register([contact('192.0.2.1')])).statusCode).toBe(404);
  });

  test('RFC 3261 §10.3 step 7 what comes late changes nothing', async () => {
    await start();
    await register([contact('192.0.2.1')], { sequence: 5 });
    expect((await register([contact('192.0.2.1'), ['Expires', '0']], { sequence: 4 })).statusCode).toBe(500);
    expect(world.bound()).toHaveLength(1);
  });

  test('RFC 3261 §10.3 step 7 one Contact that cannot be had spoils the others', async () => {
    await start({ registrar: { policy: { maxContacts: 2 } } });
    const three = [1, 2, 3].map((host) => contact(`192.0.2.${host}`));
    expect((await register(three)).statusCode).toBe(403);
    expect(world.bound()).toEqual([]);
  });

  test('RFC 3261 §10.2.1.2 Contacts are ordered by q for who looks them up, the newest first among equals', async () => {
    await start();
    await register([contact('192.0.2.1', ';q=0.1')]);
    await register([contact('192.0.2.2')]);
    await register([contact('192.0.2.3')]);
    const found = await world.registrar.contactsOf(bobsAor);
    expect(found.map(({ uri, q }) => `${serializeUri(uri)} ${q}`)).toEqual([
      'sip:bob@192.0.2.3 1',
      'sip:bob@192.0.2.2 1',
      'sip:bob@192.0.2.1 0.1',
    ]);
  });

  test('a full store is 503 and changes nothing; what is there can be refreshed', async () => {
    const clock = { store: null as MemoryBindingStore | null };
    const store: BindingStore = {
      load: (aor) => clock.store?.load(aor) ?? [],
      apply: (aor, changes) => clock.store?.apply(aor, changes) ?? 'full',
    };
    await start({ registrar: { store } });
    clock.store = new MemoryBindingStore({ clock: world.bench.clock, maxBindings: 1 });
    expect((await register([contact('192.0.2.1')])).statusCode).toBe(200);
    const refused = await register([contact('192.0.2.2')]);
    expect([refused.statusCode, refused.headers.get('Retry-After')]).toEqual([503, '5']);
    expect((await register([contact('192.0.2.1')])).statusCode).toBe(200);
    expect([clock.store.size, clock.store.counters.refused]).toEqual([1, 1]);
    clock.store.close();
  });

  test('REGISTERs of one user wait for one another in a slow store, and too many are turned away', async () => {
    const kept: Binding[] = [];
    let running = 0;
    let most = 0;
    const slow = async <T>(result: () => T): Promise<T> => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => {
        world.bench.clock.setTimer(50, resolve);
      });
      running -= 1;
      return result();
    };
    const store: BindingStore = {
      load: () => slow(() => [...kept]),
      apply: (_aor, changes) =>
        slow(() => {
          for (const change of changes) if (change.type === 'add') kept.push(change.binding);
          return 'stored' as const;
        }),
    };
    await start({ registrar: { store, maxPending: 3 } });
    const answers = [1, 2, 3, 4].map((host) => register([contact(`192.0.2.${host}`)], { callId: `c${host}` }));
    await settle();
    const codes = (await Promise.all(answers)).map(({ statusCode }) => statusCode).sort();
    expect(codes).toEqual([200, 200, 200, 503]);
    expect([kept.length, most]).toEqual([3, 1]);
    expect(world.registrar.counters).toMatchObject({ accepted: 3, overloads: 1 });
    expect(world.registrar.pending).toBe(0);
  });

  test('a store that fails is a 500 for that REGISTER', async () => {
    await start({ registrar: { store: { load: () => Promise.reject(new Error('gone')), apply: () => 'stored' } } });
    expect((await register([contact('192.0.2.1')])).statusCode).toBe(500);
  });
});

describe('RFC 3327 and RFC 3608', () => {
  const path: [string, string] = ['Path', '<sip:P3.example.com;lr>,<sip:P1.example.com;lr>'];

  test('RFC 3327 §5.3 the Path is kept with the binding and given back to who supports it', async () => {
    await start();
    const answer = await register([contact('192.0.2.4'), path, ['Supported', 'path']]);
    expect(answer.headers.all('Path')).toEqual(['<sip:p3.example.com;lr>', '<sip:p1.example.com;lr>']);
    const [found] = await world.registrar.contactsOf(bobsAor);
    expect(found?.route.map(({ uri }) => serializeUri(uri))).toEqual([
      'sip:p3.example.com;lr',
      'sip:p1.example.com;lr',
    ]);
    expect(answer.headers.get('Supported')).toContain('path');
  });

  test('RFC 3327 §5.3 a Path that the user agent knows nothing of is 420, or kept where policy is lenient', async () => {
    await start();
    const refused = await register([contact('192.0.2.4'), path]);
    expect([refused.statusCode, refused.headers.get('Unsupported')]).toEqual([420, 'path']);
    await world.finish();
    await start({ registrar: { path: 'lenient' } });
    const kept = await register([contact('192.0.2.4'), path]);
    expect([kept.statusCode, kept.headers.all('Path')]).toEqual([200, []]);
    expect((await world.registrar.contactsOf(bobsAor))[0]?.route).toHaveLength(2);
  });

  test('RFC 3327 §5.3 a registrar without Path refuses who requires it', async () => {
    await start({ registrar: { path: 'off' } });
    const refused = await register([contact('192.0.2.4'), ['Require', 'path']]);
    expect([refused.statusCode, refused.headers.get('Unsupported')]).toEqual([420, 'path']);
  });

  test('RFC 3327 §5.1 RFC 3608 §6.1 §6.3 a client learns its Path and its Service-Route', async () => {
    const serviceRoute = [
      sipUri({ host: 'p2.home.example.com', params: { lr: null } }),
      sipUri({ host: 'hsp.home.example.com', params: { lr: null } }),
    ];
    await start({ registrar: { serviceRoute } });
    const edge = { name: 'p1', address: '10.0.0.5', next: world.server.target, keepsFlows: false };
    const p1 = await EdgeProxy.start(world.bench, edge);
    const { registration } = world.registration(bob, { outboundProxies: [{ uri: p1.uri }] });
    registration.start();
    await world.bench.clock.advance(100);
    expect(world.registers()[0]?.route.map(({ uri }) => serializeUri(uri))).toEqual(['sip:10.0.0.5;lr']);
    const texts = (list: readonly { readonly uri: Parameters<typeof serializeUri>[0] }[]): string[] =>
      list.map(({ uri }) => serializeUri(uri));
    expect(texts(registration.path)).toEqual(['sip:flow-1@10.0.0.5;lr']);
    const service = ['sip:p2.home.example.com;lr', 'sip:hsp.home.example.com;lr'];
    expect(texts(registration.serviceRoute)).toEqual(service);
    expect(texts(registration.route)).toEqual(['sip:10.0.0.5;lr', ...service]);
    const stopped = registration.stop();
    await world.bench.clock.advance(100);
    await stopped;
    await p1.stop();
    expect(texts(registration.serviceRoute)).toEqual([]);
  });
});

test('RFC 3261 §10.2.4 the answer tells the bindings of this address of record only', async () => {
  await start();
  await register([contact('192.0.2.1')]);
  const alice = sipUri({ user: 'alice', host: 'biloxi.example.com' });
  const answer = await register([contact('192.0.2.7')], {
    to: nameAddr(alice),
  });
  expect(expiriesOf(answer)).toEqual({ '192.0.2.7': '3600' });
});
