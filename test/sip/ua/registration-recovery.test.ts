import { afterEach, describe, expect, test } from 'vitest';
import type { ServerTransaction } from '../../../sip/transaction/layer.js';
import { StreamConnection } from '../../../sip/transport/stream-connection.js';
import type { Registration } from '../../../sip/ua/registration.js';
import { sipUri } from '../../../sip/uri.js';
import { RegistrarBench, type RegistrarBenchOptions } from '../../support/registrar-bench.js';
import type { Agent } from '../../support/ua-bench.js';

let world: RegistrarBench;
let bob: Agent;

// Connections that idle hold timers.
afterEach(() => world.finish(() => bob.ua.close()));

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

/** The connection of the first flow breaks. */
function hangUp({ flows }: Registration): void {
  const [flow] = flows;
  if (!(flow instanceof StreamConnection)) throw new Error('no connection');
  flow.destroy();
}

describe('RFC 5626 §4.5 after a failure', () => {
  test('a registrar that is dead is asked again and again, ever more rarely, and found when it is back', async () => {
    await start();
    world.bench.lose = ({ to }) => to === 'server';
    const { registration, news } = world.registration(bob);
    registration.start();
    await world.bench.clock.advance(3_600_000);
    const waits = news.flatMap((event) => (event.state === 'failed' ? [event.retryInMs] : []));
    expect(waits.length).toBeGreaterThan(4);
    waits.forEach((waitMs, failures) => {
      const upperMs = Math.min(1_800_000, 30_000 * 2 ** (failures + 1));
      expect([waitMs >= upperMs / 2, waitMs <= upperMs]).toEqual([true, true]);
    });
    expect(news.at(-1)).toMatchObject({ statusCode: 408 });
    world.bench.lose = () => false;
    await world.bench.clock.advance(1_900_000);
    expect(registration.isRegistered).toBe(true);
  });

  test('a registrar that hangs up at once is asked no sooner than one that refuses', async () => {
    await start();
    const { registration, news, words } = world.registration(bob, { target: { ...world.server.target, kind: 'tcp' } });
    registration.start();
    await world.bench.clock.advance(5000);
    hangUp(registration);
    await world.bench.clock.advance(100);
    const failed = news.at(-1);
    expect(failed).toMatchObject({ state: 'failed', reasonPhrase: 'Flow Closed' });
    expect(failed?.state === 'failed' && failed.retryInMs).toBeGreaterThanOrEqual(30_000);
    await world.bench.clock.advance(60_000);
    expect(words()).toEqual(['registering', 'registered', 'failed', 'registering', 'registered']);
  });

  test('one whose connection has stood for a while and closes is registered at over a new one at once', async () => {
    await start();
    const { registration, news, words } = world.registration(bob, { target: { ...world.server.target, kind: 'tcp' } });
    registration.start();
    await world.bench.clock.advance(31_000);
    hangUp(registration);
    await world.bench.clock.advance(100);
    expect(news.find(({ state }) => state === 'failed')).toMatchObject({ reasonPhrase: 'Flow Closed', retryInMs: 0 });
    expect(words()).toEqual(['registering', 'registered', 'failed', 'registering', 'registered']);
    expect(registration.flows).toHaveLength(1);
  });

  test('RFC 3261 §20.33 Retry-After is kept when it is longer', async () => {
    await start();
    script(reply(503, ['Retry-After', '300 (maintenance)']));
    const { registration, news } = world.registration(bob);
    registration.start();
    await world.bench.clock.advance(100);
    expect(news.at(-1)).toMatchObject({ state: 'failed', statusCode: 503, retryInMs: 300_000 });
    await world.bench.clock.advance(300_000);
    expect(registration.isRegistered).toBe(true);
  });

  test('refresh() does not wait', async () => {
    await start();
    script(reply(500));
    const { registration, words } = world.registration(bob);
    registration.start();
    await world.bench.clock.advance(100);
    registration.refresh();
    await world.bench.clock.advance(100);
    expect(words()).toEqual(['registering', 'failed', 'registering', 'registered']);
  });

  test('a host that cannot be found is a failure like any other', async () => {
    await start();
    const { registration, news } = world.registration(bob, { outboundProxies: [{ uri: sipUri({ host: 'nowhere' }) }] });
    registration.start();
    expect(news.at(-1)).toMatchObject({ state: 'failed', statusCode: 503 });
    await world.bench.clock.advance(1000);
  });
});

describe('its end', () => {
  test('what was never started, or never answered, has nothing to remove', async () => {
    await start();
    const { registration, words } = world.registration(bob);
    await registration.stop();
    registration.start();
    await world.bench.clock.advance(1000);
    expect([words(), world.registers()]).toEqual([[], []]);
  });

  test('stopped while it registers: the registrar is told in case it has heard', async () => {
    await start();
    const { registration, words } = world.registration(bob);
    registration.start();
    const stopped = registration.stop();
    await world.bench.clock.advance(1000);
    await stopped;
    expect(words()).toEqual(['registering', 'unregistered']);
    expect(world.bound()).toEqual([]);
  });

  test('stop ends also when nobody answers', async () => {
    await start();
    const { registration, words } = world.registration(bob);
    registration.start();
    await world.bench.clock.advance(100);
    world.bench.lose = ({ to }) => to === 'server';
    const stopped = registration.stop();
    await world.bench.clock.advance(32_000);
    await stopped;
    expect(words().at(-1)).toBe('unregistered');
  });

  test('it ends with the user agent, which says so once', async () => {
    await start({ users });
    const { registration } = world.registration(bob, { credentials });
    registration.start();
    await world.bench.clock.advance(100);
    await bob.ua.close();
    await world.bench.clock.advance(100);
    expect(world.registers().at(-1)?.headers.get('Expires')).toBe('0');
    expect(world.bound()).toEqual([]);
  });
});

test('RFC 3261 §10.2 a month of refreshes over a network that loses one datagram in ten leaves no gap', async () => {
  await start({ users, lossRate: 0.1, registrar: { policy: { maxS: 1800 } } });
  const { registration } = world.registration(bob, { credentials, backoff: { baseAllFailedS: 10 } });
  registration.start();
  await world.bench.clock.advance(60_000);
  const gaps: string[] = [];
  for (let hour = 0; hour < 24 * 30; hour += 1) {
    await world.bench.clock.advance(3_600_000);
    world.bench.wire.length = 0;
    if (world.bound().join() !== bobsContact) gaps.push(`hour ${hour}: ${world.bound()}`);
  }
  expect(gaps).toEqual([]);
  expect(world.changes.filter((change) => !change.startsWith('refreshed'))).toEqual([`registered ${bobsContact}`]);
  expect(world.registrar.counters.accepted).toBeGreaterThanOrEqual(30 * 48);
  world.bench.network.lossRate = 0;
});
