import { afterEach, describe, expect, test } from 'vitest';
import {
  BadListenError,
  BadUriError,
  createTransportLayer,
  createUserAgent,
  MemoryBindingStore,
  Messages,
  type NodeUserAgent,
  nameAddr,
  parseListen,
  Registrar,
  Registration,
  serializeUri,
  sipUri,
} from '../../sip/index.js';
import { ManualClock } from '../support/manual-clock.js';
import { createSeededRandom } from '../support/seeded-random.js';
import { VirtualNetwork } from '../support/virtual-network.js';

const clock = new ManualClock();
const random = createSeededRandom();
const network = new VirtualNetwork({ clock, random });
const open: NodeUserAgent[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((ua) => ua.close()));
  expect(network.openSockets()).toEqual([]);
});

async function started(address: string, listens?: readonly string[]): Promise<NodeUserAgent> {
  const ua = createUserAgent({ clock, random, network: network.host(address), listens });
  open.push(ua);
  await ua.start();
  return ua;
}

describe('listeners', () => {
  test('are read from settings', () => {
    expect(parseListen('udp:0.0.0.0:5060')).toEqual({ kind: 'udp', address: '0.0.0.0', port: 5060 });
    expect(parseListen('tls:[::1]:5061')).toEqual({ kind: 'tls', address: '::1', port: 5061 });
    expect(parseListen('x-link:eth0:0')).toEqual({ kind: 'x-link', address: 'eth0', port: 0 });
  });

  test.each(['', '5060', '0.0.0.0:5060', 'udp:0.0.0.0', 'sctp:0.0.0.0:5060', 'udp::1:5060', 'udp:a:65536'])(
    '%s is none',
    (text) => expect(() => parseListen(text)).toThrow(BadListenError),
  );

  test('without any there is a UDP socket on each address of the machine', async () => {
    const ua = await started('10.0.0.2');
    expect(ua.transport.listening).toMatchObject([{ kind: 'udp', address: '10.0.0.2' }]);
  });

  test('a transport layer can be had by itself', async () => {
    const layer = createTransportLayer({
      clock,
      random,
      network: network.host('10.0.0.3'),
      listens: ['tcp:10.0.0.3:5060'],
    });
    await layer.start({ onRequest: () => undefined, onResponse: () => undefined });
    expect(layer.listening).toEqual([{ kind: 'tcp', address: '10.0.0.3', port: 5060 }]);
    await layer.close();
  });
});

describe('a user agent out of the box', () => {
  test('RFC 3261 §10.2 the registrar is the domain of the address of record, and the outcome can be awaited', async () => {
    const server = await started('10.0.0.1', ['udp:10.0.0.1:5060']);
    const store = new MemoryBindingStore(server);
    server.use(new Registrar(server.context, { store }));
    const phone = await started('10.0.0.2');
    const registration = new Registration(phone.context, { aor: sipUri('sip:bob@10.0.0.1') });
    registration.start();
    const outcome = registration.outcome();
    await clock.advance(100);
    expect(await outcome).toMatchObject({ state: 'registered', expiresS: 3600 });
    expect(store.load('bob@10.0.0.1')).toHaveLength(1);
    const gone = registration.outcome();
    void registration.stop();
    await clock.advance(100);
    expect(await gone).toEqual({ state: 'unregistered', flow: 0 });
    store.close();
  });

  test('RFC 3261 §10.2.8 a refusal is an outcome too', async () => {
    await started('10.0.0.1', ['udp:10.0.0.1:5060']);
    const phone = await started('10.0.0.2');
    const registration = new Registration(phone.context, { aor: sipUri('sip:bob@10.0.0.1') });
    registration.start();
    const outcome = registration.outcome();
    await clock.advance(100);
    expect(await outcome).toMatchObject({ state: 'failed', statusCode: 405 });
  });

  test('RFC 3428 §4 a MESSAGE goes where its URI says', async () => {
    const server = await started('10.0.0.1', ['udp:10.0.0.1:5060']);
    const heard: string[] = [];
    server.use(new Messages(server.context, { onMessage: ({ body }) => void heard.push(String(body)) }));
    const phone = await started('10.0.0.2');
    const [uri, from] = [sipUri('sip:bob@10.0.0.1'), nameAddr(sipUri('sip:alice@10.0.0.2'))];
    const sent = new Messages(phone.context).send({ uri, from, body: 'hello' });
    await clock.advance(100);
    expect((await sent).statusCode).toBe(200);
    expect(heard).toEqual(['hello']);
  });
});

describe('a URI of our own', () => {
  test('is read from a text', () => {
    const uri = sipUri('sips:alice@example.com:5071;lr');
    expect([uri.scheme, uri.user, uri.port]).toEqual(['sips', 'alice', 5071]);
    expect(serializeUri(uri)).toBe('sips:alice@example.com:5071;lr');
  });

  test.each(['', 'alice', 'tel:+4930', 'sip:', 'sip:a b@c'])('%s is none', (text) => {
    expect(() => sipUri(text)).toThrow(BadUriError);
  });
});
