import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createRealNetwork, type TcpHandlers } from '../../base/network.js';
import type { HandshakeFailure, TlsCertificate, TlsConnection, TlsListener, TlsServerOptions } from '../../base/tls.js';
import { TestAuthority } from '../support/certificates.js';

const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 40_000, interval: 10 });
const HOST = '127.0.0.1';
const network = createRealNetwork();
let authority: TestAuthority;
let stranger: TestAuthority;
let a: TlsCertificate;
let b: TlsCertificate;
const undo: (() => unknown)[] = [];

beforeAll(async () => {
  authority = await TestAuthority.create('Ours');
  stranger = await TestAuthority.create('Theirs');
  a = await authority.issue({ commonName: 'a', dns: ['a.example'] });
  b = await authority.issue({ commonName: 'b', dns: ['b.example', '*.wild.example'] });
});

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** A server that echoes, and what it saw. */
async function server(options: Partial<TlsServerOptions> = {}) {
  const accepted: TlsConnection[] = [];
  const failures: HandshakeFailure[] = [];
  const listener: TlsListener = await network.listenTls(
    { address: HOST, port: 0 },
    { certificates: [a, b], onHandshakeFailed: (failure) => failures.push(failure), ...options },
    (connection) => {
      accepted.push(connection);
      return { onData: (data) => connection.write(data), onClose: () => undefined };
    },
  );
  undo.push(() => listener.close());
  return { listener, accepted, failures };
}

class Heard implements TcpHandlers {
  text = '';
  closed = false;

  onData(data: Buffer): void {
    this.text += data.toString();
  }

  onClose(): void {
    this.closed = true;
  }
}

async function client(
  { local }: TlsListener,
  options: { serverName?: string; ca?: string[]; certificate?: TlsCertificate; protocols?: string[] } = {},
) {
  const heard = new Heard();
  const connection = await network.connectTls(local, heard, { ca: [authority.cert], ...options });
  undo.push(() => connection.destroy());
  return { connection, heard };
}

test('bytes go both ways, and each side knows the addresses', async () => {
  const { listener, accepted } = await server();
  const { connection, heard } = await client(listener, { serverName: 'a.example' });
  connection.write(Buffer.from('hello'));
  await eventually(() => expect(heard.text).toBe('hello'));
  expect(accepted[0]?.remote).toEqual(connection.local);
  expect(connection.remote).toEqual(listener.local);
  expect(accepted[0]?.serverName).toBe('a.example');
  connection.end();
  await eventually(() => expect(heard.closed).toBe(true));
});

describe('RFC 6066 §3 the certificate follows the name that was asked for', () => {
  test.each([
    ['a.example', 'a'],
    ['B.Example', 'b'],
    ['x.wild.example', 'b'],
    ['other.example', 'a'],
    [undefined, 'a'],
  ])('%s is shown %s', async (serverName, commonName) => {
    const { listener } = await server();
    const { connection } = await client(listener, serverName === undefined ? {} : { serverName });
    expect(connection.peerCertificate?.commonName).toBe(commonName);
  });
});

test('new certificates are for new handshakes; open connections stay; bad ones change nothing', async () => {
  const { listener } = await server({ certificates: [a] });
  const old = await client(listener, { serverName: 'a.example' });
  const renewed = await authority.issue({ commonName: 'renewed', dns: ['a.example'] });
  listener.setCertificates([renewed]);
  for (const options of [{ serverName: 'a.example' }, {}]) {
    const { connection } = await client(listener, options);
    expect(connection.peerCertificate?.commonName).toBe('renewed');
  }
  expect(() => listener.setCertificates([{ cert: a.cert, key: b.key }])).toThrow('cannot be used');
  expect(() => listener.setCertificates([])).toThrow('needs a certificate');
  expect((await client(listener)).connection.peerCertificate?.commonName).toBe('renewed');
  old.connection.write(Buffer.from('still here'));
  await eventually(() => expect(old.heard.text).toBe('still here'));
});

describe('who is not who they should be', () => {
  test('an unknown authority and an expired certificate are refused by the client', async () => {
    const { listener, failures } = await server();
    await expect(client(listener, { ca: [stranger.cert] })).rejects.toMatchObject({ code: expect.any(String) });
    const expired = await authority.issue({ dns: ['a.example'], notAfterMs: Date.now() - 1000 });
    listener.setCertificates([expired]);
    await expect(client(listener)).rejects.toMatchObject({ code: 'CERT_HAS_EXPIRED' });
    await eventually(() => expect(failures.length).toBeGreaterThan(0));
  });

  test('a client without a certificate, or with a stranger’s, does not pass a server that requires one', async () => {
    const { listener, accepted } = await server({ clientCertificate: 'require', ca: [authority.cert] });
    const foreign = await stranger.issue({ dns: ['c.example'] });
    for (const options of [{}, { certificate: foreign }]) {
      // TLS 1.3: the client hears of the refusal only after its own side is complete.
      const attempt = await client(listener, options).catch(() => null);
      if (attempt !== null) await eventually(() => expect(attempt.heard.closed).toBe(true));
    }
    expect(accepted).toEqual([]);
    await client(listener, { certificate: b });
    await eventually(() => expect(accepted).toHaveLength(1));
    expect(accepted[0]?.peerCertificate).toMatchObject({ commonName: 'b', isTrusted: true });
  });

  test('a server that only asks takes everybody and says whom it trusts', async () => {
    const { listener, accepted } = await server({ clientCertificate: 'request', ca: [authority.cert] });
    await client(listener);
    await client(listener, { certificate: await stranger.issue({ commonName: 'c' }) });
    await client(listener, { certificate: b });
    await eventually(() => expect(accepted).toHaveLength(3));
    expect(accepted.map(({ peerCertificate }) => peerCertificate?.isTrusted)).toEqual([undefined, false, true]);
  });
});

test('RFC 7301 a protocol is agreed on when the client offers it, and not needed', async () => {
  const { listener, accepted } = await server({ protocols: ['sip'] });
  expect((await client(listener, { protocols: ['sip'] })).connection.protocol).toBe('sip');
  expect((await client(listener)).connection.protocol).toBeNull();
  await eventually(() => expect(accepted.map(({ protocol }) => protocol)).toEqual(['sip', null]));
});

describe('handshakes that do not end', () => {
  function dripping(port: number) {
    const socket = connectPlain({ host: HOST, port });
    socket.on('error', () => undefined);
    undo.push(() => socket.destroy());
    return socket;
  }

  test('a client that sends a byte now and then is dropped when its time is over', async () => {
    const { listener, failures } = await server({ handshakeTimeoutMs: 300 });
    const socket = dripping(listener.local.port);
    await once(socket, 'connect');
    // The start of a record of a handshake, 512 bytes long.
    const drip = setInterval(() => socket.write(Buffer.from([22, 3, 1, 2, 0, 1, 0])), 50);
    undo.push(() => clearInterval(drip));
    await once(socket, 'close');
    expect(failures).toEqual(['timeout']);
  });

  test('over the limit of one address newcomers are dropped, until a place is free again', async () => {
    const { listener, failures } = await server({ maxHandshakesPerAddress: 2 });
    const held = [dripping(listener.local.port), dripping(listener.local.port)];
    await Promise.all(held.map((socket) => once(socket, 'connect')));
    await expect(client(listener)).rejects.toThrow();
    await eventually(() => expect(failures).toEqual(['too-many']));
    held[0]?.destroy();
    await eventually(() => expect(failures).toEqual(['too-many', 'failed']));
    const { connection } = await client(listener);
    expect(connection.peerCertificate?.commonName).toBe('a');
  });

  test('a server that never answers the handshake costs the client its time-out and no more', async () => {
    const silent = await network.listenTcp({ address: HOST, port: 0 }, () => ({
      onData: () => undefined,
      onClose: () => undefined,
    }));
    undo.push(() => silent.close());
    await expect(network.connectTls(silent.local, new Heard(), { timeoutMs: 100 })).rejects.toThrow('within 100 ms');
  });
});
