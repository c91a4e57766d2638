import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createRealClock } from '../../base/clock.js';
import { silentLogger } from '../../base/log.js';
import { createRealNetwork } from '../../base/network.js';
import { createRealRandom } from '../../base/random.js';
import { createRealWebSockets } from '../../base/web-socket-network.js';
import {
  createResponse,
  type Listen,
  type SipRequest,
  type SipResponse,
  serializeMessage,
  type Target,
  TlsCertificates,
  type TransportFactory,
  TransportLayer,
  type WssTransportOptions,
  wssTransport,
  wsTransport,
} from '../../sip/index.js';
import { TestAuthority } from '../support/certificates.js';
import { eventually } from '../support/eventually.js';
import { messageIn, sampleRequest } from '../support/sample-request.js';

const HOST = '127.0.0.1';
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A transport layer with WebSockets on real sockets; requests are answered with 200. */
async function station(listens: readonly Listen['kind'][], options: Partial<WssTransportOptions> = {}) {
  const requests: SipRequest[] = [];
  const responses: SipResponse[] = [];
  const errors: Error[] = [];
  const all = { webSockets: createRealWebSockets(), ...options };
  const transports: TransportFactory[] = [wsTransport(all), wssTransport(all)];
  const layer = new TransportLayer({
    clock: createRealClock(),
    random: createRealRandom(),
    network: createRealNetwork(),
    log: silentLogger,
    isLocalNet: () => true,
    listens: listens.map((kind) => ({ kind, address: HOST, port: 0 })),
    transports,
  });
  await layer.start({
    onRequest: (request, flow) => {
      requests.push(request);
      layer.sendResponse(createResponse(request, 200, { toTag: 'x' }), flow, (error) => errors.push(error));
    },
    onResponse: (response) => responses.push(response),
  });
  closers.push(() => layer.close());
  const send = (target: Target): void =>
    layer.sendRequest(sampleRequest('OPTIONS', { sentBy: { host: '' } }), target, {
      onSent: () => undefined,
      onError: (error) => errors.push(error),
    });
  const port = layer.listening[0]?.port ?? 0;
  return { layer, requests, responses, errors, send, port, url: `ws://${HOST}:${port}/` };
}

interface Dialled {
  readonly socket: WebSocket;
  readonly heard: { readonly data: Buffer; readonly isBinary: boolean }[];
  readonly closed: Promise<number>;
}

/** Resolves once it is open; rejects with ws's `Unexpected server response: 403`. */
function dial(url: string, protocols: string[] = ['sip'], options: WebSocket.ClientOptions = {}): Promise<Dialled> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, protocols, options);
    const heard: Dialled['heard'] = [];
    closers.push(() => socket.terminate());
    socket.on('message', (data: Buffer, isBinary) => heard.push({ data, isBinary }));
    const closed = new Promise<number>((done) => socket.on('close', (code) => done(code)));
    socket.once('open', () => resolve({ socket, heard, closed }));
    socket.on('error', reject);
  });
}

function theirs(branch = 'z9hG4bKreal'): Buffer {
  return serializeMessage(sampleRequest('OPTIONS', { sentBy: { host: 'client.invalid' }, protocol: 'WS', branch }));
}

describe('a server', () => {
  test('RFC 7118 §4.1 RFC 6455 §10.2 refuses who does not speak sip, and pages it does not know', async () => {
    const { url, layer } = await station(['ws'], { allowedOrigins: ['https://good.example'] });
    await expect(dial(url, [])).rejects.toThrow('400');
    await expect(dial(url, ['msrp'])).rejects.toThrow('400');
    await expect(dial(url, ['sip'], { origin: 'https://bad.example' })).rejects.toThrow('403');
    const { socket } = await dial(url, ['msrp', 'sip'], { origin: 'https://good.example' });
    expect(socket.protocol).toBe('sip');
    expect(socket.extensions).toBe('');
    expect(layer.counters.handshakesRefused).toBe(3);
  });

  test('RFC 6455 §4.2.2 a plain request is told to upgrade, a handshake without key gives its slot back', async () => {
    const { port, layer } = await station(['ws']);
    expect((await fetch(`http://${HOST}:${port}/`)).status).toBe(426);
    for (let count = 0; count < 3; count += 1) {
      const answer = await fetchRaw(
        port,
        'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n\r\n',
      );
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    }
    expect(layer.connections).toBe(0);
    await dial(`ws://${HOST}:${port}/`);
    expect(layer.connections).toBe(1);
  });

  test('RFC 6455 §5.4 RFC 7118 §4.2 takes a message in fragments, text or binary, and answers as text', async () => {
    const { url, requests } = await station(['ws']);
    const { socket, heard } = await dial(url);
    const bytes = theirs();
    for (let at = 0; at < bytes.length; at += 50) {
      socket.send(bytes.subarray(at, at + 50), { binary: false, fin: at + 50 >= bytes.length });
    }
    socket.send(theirs('z9hG4bKbinary'), { binary: true });
    socket.send('\r\n\r\n');
    await eventually('three answers', () => heard.length === 3);
    expect(requests.map(({ via }) => via[0]!.params.get('branch'))).toEqual(['z9hG4bKreal', 'z9hG4bKbinary']);
    expect(heard.map(({ isBinary }) => isBinary)).toEqual([false, false, false]);
    expect(messageIn(heard[0]!.data)).toMatchObject({ kind: 'response', statusCode: 200 });
    expect(heard[2]!.data.toString()).toBe('\r\n');
  });

  test('RFC 6455 §7.4.1 closes with 1009 over the size limit, also when it comes in fragments', async () => {
    const { url, layer } = await station(['ws'], { maxMessageBytes: 2000 });
    const whole = await dial(url);
    whole.socket.on('error', () => undefined);
    whole.socket.send(Buffer.alloc(2001, 65));
    expect(await whole.closed).toBe(1009);
    const parts = await dial(url);
    for (let count = 0; count < 3; count += 1) parts.socket.send(Buffer.alloc(900, 65), { fin: false });
    expect(await parts.closed).toBe(1009);
    await eventually('nobody is left', () => layer.connections === 0);
  });

  test('RFC 6455 §7.4.1 closing says 1001, and the port is free again', async () => {
    const { url, layer, port } = await station(['ws']);
    const { closed } = await dial(url);
    await layer.close();
    expect(await closed).toBe(1001);
    await expect(dial(`ws://${HOST}:${port}/`)).rejects.toThrow('ECONNREFUSED');
  });

  test('RFC 6455 §5.5.2 pings are answered', async () => {
    const { url } = await station(['ws']);
    const { socket } = await dial(url);
    const pong = new Promise<string>((resolve) => socket.once('pong', (data) => resolve(data.toString())));
    socket.ping('there?');
    expect(await pong).toBe('there?');
  });
});

describe('a client', () => {
  test('RFC 7118 §5.1 two layers talk both ways over the one connection that the client made', async () => {
    const server = await station(['ws']);
    const client = await station([]);
    client.send({ kind: 'ws', address: HOST, port: server.port });
    await eventually('an answer', () => client.responses.length === 1);
    const { via } = server.requests[0]!;
    expect(via[0]!.host).toMatch(/\.invalid$/);
    const port = Number(via[0]!.params.get('rport'));
    server.send({ kind: 'ws', address: HOST, port });
    await eventually('an answer back', () => server.responses.length === 1);
    expect(client.requests[0]!.via[0]).toMatchObject({ protocol: 'WS', host: HOST, port: server.port });
    expect([server.layer.connections, client.layer.connections]).toEqual([1, 1]);
  });

  test('RFC 7118 §4.1 a server that is no WebSocket server is an error', async () => {
    const server = await station(['tcp']);
    const client = await station([]);
    client.send({ kind: 'ws', address: HOST, port: 1 });
    await eventually('an error', () => client.errors.length === 1);
    expect(client.errors[0]!.message).toBe(`cannot connect to ${HOST}:1`);
    expect(server.layer.connections).toBe(0);
  });
});

describe('WSS', () => {
  const name = 'sip.example.com';
  // What ws hands on to node:tls, and does not list among its options.
  const named = { servername: name } as WebSocket.ClientOptions;

  test('RFC 7118 §9.1 RFC 5922 §7.1 the server proves the name that was asked for, or nothing is sent', async () => {
    const authority = await TestAuthority.create();
    const certificates = new TlsCertificates([await authority.issue({ dns: [name] })]);
    const server = await station(['wss'], { certificates });
    const client = await station([], { client: { ca: [authority.cert] } });
    client.send({ kind: 'wss', address: HOST, port: server.port, serverName: name });
    await eventually('an answer', () => client.responses.length === 1);
    expect(server.requests[0]!.via[0]!.protocol).toBe('WSS');
    client.send({ kind: 'wss', address: HOST, port: server.port, serverName: 'other.example.com' });
    await eventually('an error', () => client.errors.length === 1);
    const stranger = await station([]);
    stranger.send({ kind: 'wss', address: HOST, port: server.port, serverName: name });
    await eventually('an error', () => stranger.errors.length === 1);
    expect(server.requests).toHaveLength(1);
  });

  test('a certificate is replaced while connections stay; one that is of no use changes nothing', async () => {
    const [before, after] = [await TestAuthority.create(), await TestAuthority.create()];
    const certificates = new TlsCertificates([await before.issue({ dns: [name] })]);
    const server = await station(['wss'], { certificates });
    const url = `wss://${HOST}:${server.port}/`;
    const old = await dial(url, ['sip'], { ca: before.cert, ...named });
    const next = await after.issue({ dns: [name] });
    certificates.replace([next]);
    await dial(url, ['sip'], { ca: after.cert, ...named });
    const broken = { cert: next.cert, key: (await before.issue()).key };
    expect(() => certificates.replace([broken])).toThrow('cannot be used');
    await dial(url, ['sip'], { ca: after.cert, ...named });
    old.socket.send(theirs());
    await eventually('an answer', () => old.heard.length === 1);
    expect(server.layer.connections).toBe(3);
  });
});

/** What a server says to these bytes before it closes. */
function fetchRaw(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, HOST, () => socket.write(request));
    socket.on('data', (data) => chunks.push(data));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
  });
}
