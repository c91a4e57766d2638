import { afterEach, describe, expect, test } from 'vitest';
import { parseAuthorization } from '../../../sip/auth/digest.js';
import { parseNameAddr } from '../../../sip/header-values.js';
import type { ServerTransaction } from '../../../sip/transaction/layer.js';
import { serializeUri, sipUri } from '../../../sip/uri.js';
import { bobsAor, expiriesOf, RegistrarBench, type RegistrarBenchOptions } from '../../support/registrar-bench.js';
import type { Agent } from '../../support/ua-bench.js';

let world: RegistrarBench;
let bob: Agent;

afterEach(() => world.finish());

async function start(options: RegistrarBenchOptions = {}): Promise<void> {
  world = await RegistrarBench.start(options);
  bob = await world.bench.agent('bob', '10.0.0.1');
}

const users = { bob: 'zanzibar' };
const credentials = { username: 'bob', password: 'zanzibar' };
const bobsContact = 'sip:bob@10.0.0.1:5060';

/** A server of the test's own, in front of the registrar: answers what `reply` says, once for each. */
function script(...replies: readonly ((transaction: ServerTransaction) => void)[]): void {
  const left = [...replies];
  world.server.ua.admit((transaction) => {
    const reply = left.shift();
    reply?.(transaction);
    return reply === undefined;
  });
}

const reply =
  (statusCode: number, ...headers: readonly (readonly [string, string])[]) =>
  (transaction: ServerTransaction): void =>
    world.server.ua.respond(transaction, statusCode, { headers });

describe('RFC 3665 §2', () => {
  test('RFC 3665 §2.1 a new registration: challenged once, answered, bound', async () => {
    await start({ users });
    const { registration, words } = world.registration(bob, { credentials, expiresS: 7200 });
    registration.start();
    await world.bench.clock.advance(100);
    world.bench.expectLadder(`
      bob > server REGISTER      # F1
      server > bob 401 REGISTER  # F2
      bob > server REGISTER      # F3
      server > bob 200 REGISTER  # F4`);
    const [first, second] = world.registers();
    expect(serializeUri(first!.uri)).toBe('sip:biloxi.example.com');
    expect([first?.callId, first?.cseq.sequence]).toEqual([second?.callId, second!.cseq.sequence - 1]);
    expect(serializeUri(second!.to.uri)).toBe(serializeUri(second!.from.uri));
    const answered = parseAuthorization(second?.headers.get('Authorization') ?? '');
    // RFC 8760 §2.4: the strongest of the two that were offered.
    expect(answered).toMatchObject({ ok: true, value: { username: 'bob', algorithm: 'SHA-256', nc: '00000001' } });
    expect(words()).toEqual(['registering', 'registered']);
    expect([registration.state, registration.expiresS]).toEqual(['registered', 3600]);
    expect(world.bound()).toEqual([bobsContact]);
  });

  test('RFC 3665 §2.2 an update adds a Contact; the answer lists both', async () => {
    await start({ users });
    const { registration } = world.registration(bob, { credentials });
    registration.start();
    const other = await world.bench.agent('desk', '10.0.0.2');
    world.registration(other, { credentials }).registration.start();
    await world.bench.clock.advance(100);
    expect(world.bound()).toEqual([bobsContact, 'sip:bob@10.0.0.2:5060']);
    expect(expiriesOf(world.answers(200).at(-1)!)).toEqual({ '10.0.0.1': '3600', '10.0.0.2': '3600' });
  });

  test('RFC 3665 §2.4 cancelling removes our Contact alone, or with * every one', async () => {
    await start({ users });
    const mine = world.registration(bob, { credentials });
    const other = await world.bench.agent('desk', '10.0.0.2');
    const theirs = world.registration(other, { credentials });
    mine.registration.start();
    theirs.registration.start();
    await world.bench.clock.advance(100);
    const stopped = mine.registration.stop();
    await world.bench.clock.advance(100);
    await stopped;
    expect(mine.words()).toEqual(['registering', 'registered', 'unregistered']);
    expect(world.registers().at(-1)?.headers.get('Expires')).toBe('0');
    expect(world.bound()).toEqual(['sip:bob@10.0.0.2:5060']);
    const all = theirs.registration.stop({ all: true });
    await world.bench.clock.advance(100);
    await all;
    expect(world.registers().at(-1)?.headers.get('Contact')).toBe('*');
    expect(world.bound()).toEqual([]);
    expect(world.changes).toEqual([
      `registered ${bobsContact}`,
      'registered sip:bob@10.0.0.2:5060',
      `unregistered ${bobsContact}`,
      'unregistered sip:bob@10.0.0.2:5060',
    ]);
  });

  test('RFC 3665 §2.5 a wrong password is not tried twice, but again after a while', async () => {
    await start({ users });
    const { registration, news } = world.registration(bob, { credentials: { ...credentials, password: 'wrong' } });
    registration.start();
    await world.bench.clock.advance(1000);
    expect(news.at(-1)).toMatchObject({ state: 'failed', statusCode: 403 });
    expect(world.registers()).toHaveLength(2);
    await world.bench.clock.advance(61_000);
    expect(world.registers().length).toBeGreaterThan(2);
    expect(world.bound()).toEqual([]);
  });
});

describe('RFC 3261 §10.2', () => {
  test('RFC 3261 §10.2.4 refreshed at 80 % with the same Call-ID, a higher CSeq, and credentials from the start', async () => {
    await start({ users, registrar: { policy: { maxS: 200 } } });
    const { registration, news } = world.registration(bob, { credentials });
    registration.start();
    await world.bench.clock.advance(100);
    expect(news.at(-1)).toMatchObject({ state: 'registered', expiresS: 200, refreshInMs: 160_000 });
    await world.bench.clock.advance(159_000);
    expect(world.registers()).toHaveLength(2);
    await world.bench.clock.advance(2000);
    const [, second, third] = world.registers();
    expect(world.registers()).toHaveLength(3);
    expect([third?.callId, third?.cseq.sequence]).toEqual([second?.callId, second!.cseq.sequence + 1]);
    const answered = parseAuthorization(third?.headers.get('Authorization') ?? '');
    expect(answered).toMatchObject({ ok: true, value: { nc: '00000002' } });
    expect(news.map(({ state }) => state)).toEqual(['registering', 'registered', 'registered']);
  });

  test.each([
    ['MD5-sess', 'auth'],
    ['SHA-512-256-sess', 'auth-int'],
  ] as const)('RFC 7616 §3.4.2 %s with %s is answered and verified, also by the refresh', async (algorithm, qop) => {
    await start({ users, digest: { algorithms: [algorithm], qop } });
    const { registration, words } = world.registration(bob, { credentials, expiresS: 100 });
    registration.start();
    await world.bench.clock.advance(100_000);
    expect(words()).toEqual(['registering', 'registered', 'registered']);
    const answers = world.registers().map(({ headers }) => parseAuthorization(headers.get('Authorization') ?? ''));
    const given = answers.flatMap((answer) => (answer.ok ? [answer.value] : []));
    expect(given.map(({ session, qop, nc }) => [session, qop, nc])).toEqual([
      [true, qop, '00000001'],
      [true, qop, '00000002'],
    ]);
    expect(given[0]?.cnonce).toBe(given[1]?.cnonce);
  });

  test('RFC 3261 §10.2.4 a stale nonce is answered anew and never shown', async () => {
    await start({ users });
    const { registration, words } = world.registration(bob, { credentials });
    registration.start();
    await world.bench.clock.advance(2_881_000);
    expect(world.answers(401).at(-1)?.headers.get('WWW-Authenticate')).toContain('stale=true');
    expect(words()).toEqual(['registering', 'registered', 'registered']);
    expect(world.registers()).toHaveLength(4);
  });

  test('RFC 3261 §10.2.4 the expiry is that of our Contact; those of others are ignored', async () => {
    await start();
    script(
      reply(
        200,
        ['Contact', '<sip:bob@192.0.2.7>;expires=10, <sip:bob@10.0.0.1:5060>;expires=500'],
        ['Contact', '<sip:bob@192.0.2.8>;expires=20'],
        ['Expires', '30'],
      ),
    );
    const { registration, news } = world.registration(bob);
    registration.start();
    await world.bench.clock.advance(100);
    expect(news.at(-1)).toMatchObject({ state: 'registered', expiresS: 500, refreshInMs: 400_000 });
  });

  test.each([
    ['<sip:bob@10.0.0.1:5060>', [], 3600],
    ['<sip:bob@10.0.0.1:5060>', [['Expires', '77']], 77],
    ['<sip:bob@203.0.113.9:62000>;expires=60', [], 60],
  ] as const)('RFC 3261 §10.2.4 %s with %j is %i s', async (contact, headers, expiresS) => {
    await start();
    script(reply(200, ['Contact', contact], ...headers));
    const { registration, news } = world.registration(bob);
    registration.start();
    await world.bench.clock.advance(100);
    expect(news.at(-1)).toMatchObject({ state: 'registered', expiresS });
  });

  test('RFC 3261 §10.2.4 a 200 that names other users only has not bound us', async () => {
    await start();
    script(reply(200, ['Contact', '<sip:alice@192.0.2.7>;expires=10']));
    const { registration, news } = world.registration(bob);
    registration.start();
    await world.bench.clock.advance(100);
    expect(news.at(-1)).toMatchObject({ state: 'failed', statusCode: 200, reasonPhrase: 'Contact Not Bound' });
  });

  test('RFC 3261 §10.2.8 423 raises what is asked for, from then on', async () => {
    await start({ registrar: { policy: { minS: 600 } } });
    const { registration, words } = world.registration(bob, { expiresS: 60 });
    registration.start();
    await world.bench.clock.advance(100);
    expect(words()).toEqual(['registering', 'registered']);
    expect(registration.expiresS).toBe(600);
    await world.bench.clock.advance(481_000);
    expect(world.registers().map(({ headers }) => headers.get('Expires'))).toEqual(['60', '600', '600']);
  });

  test('RFC 3261 §10.2.8 a registrar that wants more than an hour gets it', async () => {
    await start({ registrar: { policy: { minS: 7200, defaultS: 7200, maxS: 86_400 } } });
    const { registration, words } = world.registration(bob, { expiresS: 1800 });
    registration.start();
    await world.bench.clock.advance(100);
    expect(world.registers().map(({ headers }) => headers.get('Expires'))).toEqual(['1800', '7200']);
    expect([words(), registration.expiresS]).toEqual([['registering', 'registered'], 7200]);
  });

  test('RFC 3261 §10.2.8 a registrar that always wants more is asked again later', async () => {
    await start();
    script(...[61, 62, 63, 64, 65].map((leastS) => reply(423, ['Min-Expires', String(leastS)])));
    const { registration, news } = world.registration(bob, { expiresS: 60 });
    registration.start();
    await world.bench.clock.advance(100);
    expect(world.registers()).toHaveLength(4);
    expect(news.at(-1)).toMatchObject({ state: 'failed', statusCode: 423 });
  });

  test('RFC 3261 §10.2.8 a 423 that asks for nothing more is a failure', async () => {
    await start();
    script(reply(423, ['Min-Expires', '3600']), reply(423));
    const { registration, news } = world.registration(bob);
    registration.start();
    await world.bench.clock.advance(100);
    expect(world.registers()).toHaveLength(1);
    expect(news.at(-1)).toMatchObject({ state: 'failed', statusCode: 423 });
  });

  test('RFC 3261 §21.3.3 302 names another registrar for this time, 305 a proxy', async () => {
    await start();
    script(
      reply(302, ['Contact', '<sip:10.0.0.9:5060;x=1>;q=0.9, <sip:10.0.0.77>;q=0.1']),
      reply(305, ['Contact', '<sip:10.0.0.9>']),
    );
    const { registration, words } = world.registration(bob);
    registration.start();
    await world.bench.clock.advance(100);
    const [, second, third] = world.registers();
    expect(serializeUri(second!.uri)).toBe('sip:10.0.0.9:5060;x=1');
    expect(third?.route.map(({ uri }) => serializeUri(uri))).toEqual(['sip:10.0.0.9;lr']);
    expect(words()).toEqual(['registering', 'registered']);
  });

  test('RFC 3261 §8.1.3.4 redirects are not followed for ever', async () => {
    await start();
    world.server.ua.admit((transaction) => {
      world.server.ua.respond(transaction, 301, { headers: [['Contact', '<sip:10.0.0.9>']] });
      return false;
    });
    const { registration, news } = world.registration(bob);
    registration.start();
    await world.bench.clock.advance(1000);
    expect(world.registers()).toHaveLength(6);
    expect(news.at(-1)).toMatchObject({ state: 'failed', statusCode: 301 });
  });

  test('RFC 3261 §22.3 a proxy and the registrar ask, each for itself, and both are answered from then on', async () => {
    await start({ users, registrar: { policy: { maxS: 100 } } });
    const asked: string[] = [];
    world.server.ua.admit((transaction) => {
      if (transaction.request.headers.has('Proxy-Authorization')) return true;
      const challenge = 'Digest realm="proxy", nonce="abc", algorithm=MD5, qop="auth"';
      world.server.ua.respond(transaction, 407, { headers: [['Proxy-Authenticate', challenge]] });
      return false;
    });
    const { registration, words } = world.registration(bob, {
      credentials: ({ realm, isProxy }) => {
        asked.push(`${realm} ${isProxy}`);
        return isProxy ? { username: 'edge', password: 'x' } : credentials;
      },
    });
    registration.start();
    await world.bench.clock.advance(81_000);
    expect(asked).toEqual(['proxy true', 'atlanta.example.com false']);
    expect(words()).toEqual(['registering', 'registered', 'registered']);
    expect(world.registers()).toHaveLength(4);
    const proxied = world.registers().map(({ headers }) => headers.get('Proxy-Authorization') ?? '');
    expect(proxied.map((value) => /nc=(\w+)/.exec(value)?.[1])).toEqual([
      undefined,
      '00000001',
      '00000002',
      '00000003',
    ]);
  });

  test('nobody who has no credentials answers a challenge', async () => {
    await start({ users });
    const { registration, news } = world.registration(bob, { credentials: () => null });
    registration.start();
    await world.bench.clock.advance(100);
    expect(world.registers()).toHaveLength(1);
    expect(news.at(-1)).toMatchObject({ state: 'failed', statusCode: 401 });
  });
});

test('RFC 3261 §10.2 a registration for another address of record than the From is for third parties', async () => {
  await start();
  const from = parseNameAddr('"Admin" <sip:admin@biloxi.example.com>');
  if (!from.ok) throw new Error(from.fault);
  const contact = sipUri({ user: 'bob', host: '192.0.2.4' });
  const { registration } = world.registration(bob, { from: from.value, contacts: [{ uri: contact, q: 0.7 }] });
  registration.start();
  await world.bench.clock.advance(100);
  const [request] = world.registers();
  expect([serializeUri(request!.from.uri), serializeUri(request!.to.uri)]).toEqual([
    'sip:admin@biloxi.example.com',
    serializeUri(bobsAor),
  ]);
  expect(request?.headers.get('Contact')).toBe('<sip:bob@192.0.2.4>;q=0.7');
  expect(registration.isRegistered).toBe(true);
});
