import { describe, expect, test } from 'vitest';
import type { TlsCertificate } from '../../../base/tls.js';
import { serializeVia } from '../../../sip/header-values.js';
import { type TlsTransportOptions, tlsTransport } from '../../../sip/transport/tls.js';
import { TlsCertificates } from '../../../sip/transport/tls-certificates.js';
import type { Target } from '../../../sip/transport/transport.js';
import { sampleRequest } from '../../support/sample-request.js';
import { OURS, PEER, TransportBench } from '../../support/transport-bench.js';
import { type Agent, ANSWER, UaBench } from '../../support/ua-bench.js';
import { virtualCertificate } from '../../support/virtual-tls.js';

const CA = ['root'];

function options(via: string): Buffer {
  return Buffer.from(
    `OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TLS ${via}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n` +
      'Call-ID: 1\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n',
  );
}

function certificates(subjectAltName: string, more: { issuer?: string; notAfterMs?: number } = {}): TlsCertificates {
  return new TlsCertificates([virtualCertificate({ subjectAltName, ...more })]);
}

/** Alice and bob on TLS alone; each trusts `root`. */
async function securePair(alices: TlsTransportOptions = {}, bobs: TlsTransportOptions = {}) {
  const bench = new UaBench();
  const agent = (name: string, address: string, options: TlsTransportOptions): Promise<Agent> =>
    bench.agent(name, address, {
      kinds: ['tls'],
      transports: [
        tlsTransport({
          certificates: certificates(`URI:sip:${name}.example, IP Address:${address}`),
          ca: CA,
          ...options,
        }),
      ],
    });
  const alice = await agent('alice', '10.0.0.1', alices);
  const bob = await agent('bob', '10.0.0.2', bobs);
  bob.onInvite = (session) => session.accept({ body: ANSWER });
  return { bench, alice, bob };
}

async function outcome(pair: Awaited<ReturnType<typeof securePair>>, target: Partial<Target> = {}): Promise<string[]> {
  pair.alice.call([{ ...pair.bob.target, ...target }]);
  await pair.bench.clock.advance(100);
  return pair.alice.heard;
}

describe('RFC 5922 §7.3 whom a client talks to', () => {
  test('a call to a domain whose certificate the server has', async () => {
    const pair = await securePair();
    expect(await outcome(pair, { serverName: 'Bob.Example' })).toEqual(['answered v=0 answer']);
    expect(pair.bob.session.flow).toMatchObject({ kind: 'tls', identities: [] });
    const flow = pair.alice.transport.findFlow({ ...pair.bob.target, serverName: 'bob.example' });
    expect(flow?.identities).toEqual(['bob.example']);
    expect(serializeVia(pair.bob.session.invite.via[0]!)).toContain('SIP/2.0/TLS 10.0.0.1:5061');
  });

  test('an address that the certificate names', async () => {
    expect(await outcome(await securePair())).toEqual(['answered v=0 answer']);
  });

  test.each<[string, TlsTransportOptions, Partial<Target>]>([
    ['another domain', {}, { serverName: 'carol.example' }],
    ['an address that is not in it', { certificates: certificates('URI:sip:bob.example') }, {}],
    [
      'an unknown authority',
      { certificates: certificates('URI:sip:bob.example', { issuer: 'self' }) },
      { serverName: 'bob.example' },
    ],
    [
      'an expired certificate',
      { certificates: certificates('URI:sip:bob.example', { notAfterMs: 0 }) },
      { serverName: 'bob.example' },
    ],
    ['a wildcard', { certificates: certificates('DNS:*.example') }, { serverName: 'bob.example' }],
  ])('%s is refused before anything is said', async (_, bobs, target) => {
    const pair = await securePair({}, bobs);
    expect(await outcome(pair, target)).toEqual(['ended local transport 503']);
    expect(pair.bob.heard).toEqual([]);
    expect(pair.bob.transport.counters.requestsReceived).toBe(0);
    expect(pair.alice.transport.counters.connectFailures).toBe(1);
    expect(pair.alice.transport.connections + pair.bob.transport.connections).toBe(0);
  });

  test.each<[string, TlsTransportOptions, Partial<Target>]>([
    ['wildcards', { identity: { allowWildcards: true } }, { serverName: 'sip.bob.example' }],
    ['addresses without an entry', { identity: { anyNameForAddress: true } }, {}],
    ['anything', { checkServers: false }, { serverName: 'carol.example' }],
  ])('%s, where the application says so', async (_, alices, target) => {
    const pair = await securePair(alices, { certificates: certificates('DNS:*.bob.example') });
    expect(await outcome(pair, target)).toEqual(['answered v=0 answer']);
  });

  test('one connection for each name, though the address is the same', async () => {
    const many = new TlsCertificates([
      virtualCertificate({ subjectAltName: 'DNS:one.example' }),
      virtualCertificate({ subjectAltName: 'DNS:two.example' }),
    ]);
    const pair = await securePair({}, { certificates: many });
    await outcome(pair, { serverName: 'one.example' });
    await outcome(pair, { serverName: 'two.example' });
    await outcome(pair, { serverName: 'ONE.example' });
    expect(pair.alice.heard).toEqual(Array(3).fill('answered v=0 answer'));
    expect(pair.alice.transport.connections).toBe(2);
  });
});

test('RFC 3261 §26.3.1 a server may ask its clients who they are, and tells the application', async () => {
  const pair = await securePair({}, { clientCertificate: 'require', ca: CA });
  await outcome(pair, { serverName: 'bob.example' });
  expect(pair.bob.session.flow.identities).toEqual(['alice.example']);
  const stranger = certificates('URI:sip:alice.example', { issuer: 'self' });
  const refused = await securePair({ certificates: stranger }, { clientCertificate: 'require', ca: CA });
  expect(await outcome(refused, { serverName: 'bob.example' })).toEqual(['ended local transport 503']);
  expect(refused.bob.transport.counters.tlsHandshakesFailed).toBe(1);
  const asked = await securePair({ certificates: stranger }, { clientCertificate: 'request', ca: CA });
  await outcome(asked, { serverName: 'bob.example' });
  expect(asked.bob.session.flow.identities).toEqual([]);
});

test('certificates are changed without a restart: the open connection stays, the next one sees the new one', async () => {
  const shown = certificates('DNS:old.example');
  const pair = await securePair({}, { certificates: shown });
  expect(await outcome(pair, { serverName: 'old.example' })).toEqual(['answered v=0 answer']);
  shown.replace([virtualCertificate({ subjectAltName: 'DNS:new.example' })]);
  pair.alice.heard.length = 0;
  expect(await outcome(pair, { serverName: 'new.example' })).toEqual(['answered v=0 answer']);
  expect(await outcome(pair, { serverName: 'old.example' })).toHaveLength(2);
  expect(pair.alice.transport.connections).toBe(2);
  const broken: TlsCertificate = { cert: 'nothing', key: '' };
  expect(() => shown.replace([broken])).toThrow('cannot be used');
  expect(shown.current[0]).not.toBe(broken);
});

test('without a certificate nobody can listen, and calls can still be made', async () => {
  const bench = new TransportBench({
    listens: [{ kind: 'tls', address: OURS, port: 5061 }],
    transports: [tlsTransport()],
  });
  await expect(bench.start()).rejects.toMatchObject({ code: 'LISTEN_FAILED', kind: 'tls' });
  const pair = await securePair({}, {});
  const client = await pair.bench.agent('carol', '10.0.0.3', {
    kinds: ['udp'],
    transports: [tlsTransport({ ca: CA })],
  });
  client.call([pair.bob.target]);
  await pair.bench.clock.advance(100);
  expect(client.heard).toEqual(['answered v=0 answer']);
});

describe('limits', () => {
  async function server(options: TlsTransportOptions = {}, limits = {}) {
    const bench = new TransportBench({
      listens: [{ kind: 'tls', address: OURS, port: 5061 }],
      transports: [tlsTransport({ certificates: certificates(`IP Address:${OURS}`), ...options })],
      limits,
    });
    await bench.start();
    return bench;
  }

  test('a handshake that is never finished ends at its time-out, however many bytes drip in', async () => {
    const bench = await server({ handshakeTimeoutMs: 5000 });
    const peer = await bench.dial(PEER, 5061);
    for (let i = 0; i < 10; i += 1) {
      peer.send('.');
      await bench.clock.advance(450);
    }
    expect(peer.closed).toBe(false);
    await bench.clock.advance(600);
    expect(peer.closed).toBe(true);
    expect(bench.layer.counters.tlsHandshakesFailed).toBe(1);
    expect(bench.layer.connections).toBe(0);
  });

  test('no more than so many handshakes at once from one address', async () => {
    const bench = await server({ maxHandshakesPerAddress: 2 });
    const peers = [await bench.dial(PEER, 5061), await bench.dial(PEER, 5061), await bench.dial(PEER, 5061)];
    await bench.clock.advance(5);
    expect(peers.map(({ closed }) => closed)).toEqual([false, false, true]);
    expect(bench.layer.counters.tlsHandshakesRefused).toBe(1);
  });

  test('a first message that does not come, an idle connection and one too many end as over TCP', async () => {
    const bench = await server({}, { incompleteMs: 3000, idleMs: 10_000, maxPerAddress: 2 });
    const dial = async () => {
      const heard = {
        closed: false,
        onData: () => undefined,
        onClose: () => {
          heard.closed = true;
        },
      };
      const connecting = bench.network.host(PEER).connectTls({ address: OURS, port: 5061 }, heard, { ca: CA });
      await bench.clock.advance(10);
      return { heard, connection: await connecting };
    };
    const silent = await dial();
    const talking = await dial();
    const third = await dial();
    expect(third.heard.closed).toBe(true);
    expect(bench.layer.counters.connectionsRefused).toBe(1);
    talking.connection.write(options('h;branch=z9hG4bK1'));
    await bench.clock.advance(4000);
    expect([silent.heard.closed, talking.heard.closed]).toEqual([true, false]);
    expect(bench.layer.counters.incompleteClosed).toBe(1);
    expect(bench.requests).toHaveLength(1);
    await bench.clock.advance(10_000);
    expect(talking.heard.closed).toBe(true);
    expect(bench.layer.counters.idleClosed).toBe(1);
  });
});

describe('RFC 5923 §8.2 calling back over the connection of the caller', () => {
  /** A peer's request with `alias` under a sent-by, over mutual TLS; whether a request of ours goes back over it. */
  async function isReused(proved: string, sentBy: string, target: Partial<Target>): Promise<boolean> {
    const bench = new TransportBench({
      listens: [{ kind: 'tls', address: OURS, port: 5061 }],
      transports: [
        tlsTransport({ certificates: certificates(`IP Address:${OURS}`), ca: CA, clientCertificate: 'request' }),
      ],
    });
    await bench.start();
    const heard: Buffer[] = [];
    const connecting = bench.network
      .host(PEER)
      .connectTls(
        { address: OURS, port: 5061 },
        { onData: (data) => heard.push(data), onClose: () => undefined },
        { ca: CA, certificate: virtualCertificate({ subjectAltName: proved }) },
      );
    await bench.clock.advance(10);
    const connection = await connecting;
    connection.write(options(`${sentBy};branch=z9hG4bK1;alias`));
    await bench.clock.advance(10);
    bench.send(sampleRequest('OPTIONS', { sentBy: { host: 'unset' } }), {
      kind: 'tls',
      address: PEER,
      port: 5061,
      ...target,
    });
    await bench.clock.advance(10);
    return Buffer.concat(heard).includes('OPTIONS');
  }

  test('when the certificate is that of the sent-by, and of whom is called', async () => {
    expect(await isReused('URI:sip:peer.example', 'peer.example', { serverName: 'peer.example' })).toBe(true);
    expect(await isReused(`IP Address:${PEER}`, `${PEER}:5061`, {})).toBe(true);
  });

  test('not when the sent-by is somebody else, nor for a call to somebody else, nor to another port', async () => {
    expect(await isReused('URI:sip:peer.example', 'bank.example', { serverName: 'bank.example' })).toBe(false);
    expect(await isReused('URI:sip:peer.example', 'peer.example', { serverName: 'bank.example' })).toBe(false);
    expect(await isReused('URI:sip:peer.example', 'peer.example', {})).toBe(false);
    expect(await isReused('URI:sip:peer.example', 'peer.example:5071', { serverName: 'peer.example' })).toBe(false);
  });

  test('we ask for it on connections that we opened, when we are listening and can prove who we are', async () => {
    const pair = await securePair();
    await outcome(pair, { serverName: 'bob.example' });
    expect(pair.bob.session.invite.via[0]?.params.has('alias')).toBe(true);
    const client = await pair.bench.agent('carol', '10.0.0.3', {
      kinds: ['udp'],
      transports: [tlsTransport({ ca: CA })],
    });
    client.call([pair.bob.target]);
    await pair.bench.clock.advance(100);
    expect(pair.bob.session.invite.via[0]?.params.has('alias')).toBe(false);
  });

  test('both ways over one connection, with a name of ours in Via and Contact', async () => {
    const alices = { clientCertificate: 'request', sentBy: { host: 'alice.example' }, ca: CA } as const;
    const pair = await securePair(alices, { ...alices, sentBy: { host: 'bob.example' } });
    await outcome(pair, { serverName: 'bob.example' });
    expect(pair.bob.session.invite.headers.get('contact')).toContain('alice.example');
    pair.alice.onInvite = (session) => session.accept({ body: ANSWER });
    pair.bob.call([{ ...pair.alice.target, serverName: 'alice.example' }]);
    await pair.bench.clock.advance(100);
    expect(pair.bob.heard).toContain('answered v=0 answer');
    expect([pair.alice.transport.connections, pair.bob.transport.connections]).toEqual([1, 1]);
  });
});
