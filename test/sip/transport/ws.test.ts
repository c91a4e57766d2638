import { beforeEach, describe, expect, test } from 'vitest';
import { createResponse } from '../../../sip/build.js';
import type { SipMessage } from '../../../sip/message.js';
import { serializeMessage } from '../../../sip/serialize.js';
import { type WsTransportOptions, wsTransport } from '../../../sip/transport/ws.js';
import { messageIn, sampleRequest } from '../../support/sample-request.js';
import { OURS, PEER, TransportBench } from '../../support/transport-bench.js';
import {
  VirtualEntrance,
  VirtualRefusal,
  type VirtualWebSocket,
  VirtualWebSockets,
} from '../../support/virtual-web-sockets.js';

const PORT = 8080;
const limits = { idleMs: 200_000, incompleteMs: 5000, maxConnections: 4, maxPerAddress: 2, sendQueueBytes: 4096 };
const page = { path: '/', origin: null as string | null, protocols: ['sip'] };

let bench: TransportBench;

function createBench(
  options: Partial<WsTransportOptions> = {},
  listens = [{ kind: 'ws' as const, address: OURS, port: PORT }],
) {
  return new TransportBench({
    limits,
    listens,
    transports: [(host) => wsTransport({ webSockets: new VirtualWebSockets(host.network), ...options })(host)],
  });
}

async function restart(options: Partial<WsTransportOptions>): Promise<void> {
  bench = createBench(options);
  await bench.start();
}

beforeEach(() => restart({}));

/** A client in a page, or one that is no browser. */
class Client {
  readonly heard: Buffer[] = [];
  closed = false;
  socket: VirtualWebSocket | null = null;

  static async dial(how: Partial<typeof page> = {}, address = PEER, port = PORT): Promise<Client> {
    const client = new Client();
    const webSockets = new VirtualWebSockets(bench.network.host(address));
    let refusal: unknown = null;
    webSockets
      .dial(
        { address: OURS, port },
        {
          onMessage: (data) => client.heard.push(Buffer.from(data)),
          onPong: () => undefined,
          onClose: () => {
            client.closed = true;
          },
        },
        { ...page, ...how },
      )
      .then(
        (socket) => {
          client.socket = socket;
        },
        (error) => {
          refusal = error;
        },
      );
    await bench.clock.advance(5);
    if (refusal !== null) throw refusal;
    return client;
  }

  async send(what: SipMessage | string | Buffer, asText = true): Promise<void> {
    const data = typeof what === 'string' ? Buffer.from(what) : Buffer.isBuffer(what) ? what : serializeMessage(what);
    this.socket!.send(data, asText);
    await bench.clock.advance(2);
  }
}

function theirs(branch = 'z9hG4bKsample', host = 'df7jal23ls0d.invalid') {
  return sampleRequest('OPTIONS', { sentBy: { host }, protocol: 'WS', branch });
}

function ours() {
  return sampleRequest('OPTIONS', { sentBy: { host: '' }, rport: false });
}

describe('the handshake', () => {
  async function refusalOf(how: Partial<typeof page>): Promise<number> {
    const refusal = await Client.dial(how).then(
      () => null,
      (error: unknown) => error,
    );
    if (!(refusal instanceof VirtualRefusal)) throw new Error('let in');
    return refusal.statusCode;
  }

  test('RFC 7118 §4.1 without the subprotocol sip it is refused', async () => {
    expect(await refusalOf({ protocols: [] })).toBe(400);
    expect(await refusalOf({ protocols: ['msrp', 'SIPS'] })).toBe(400);
    expect(bench.layer.counters.handshakesRefused).toBe(2);
    await Client.dial({ protocols: ['msrp', 'sip'] });
    expect(bench.layer.connections).toBe(1);
  });

  test('RFC 6455 §10.2 no page may connect until origins are allowed; who names none is no page', async () => {
    expect(await refusalOf({ origin: 'https://app.example.com' })).toBe(403);
    await Client.dial();
    expect(bench.layer.connections).toBe(1);
  });

  test('RFC 6455 §10.2 pages of the allowed origins may connect, others may not', async () => {
    await restart({ allowedOrigins: ['https://app.example.com'] });
    await Client.dial({ origin: 'https://app.example.com' });
    expect(await refusalOf({ origin: 'https://app.example.com.evil.example' })).toBe(403);
    expect(await refusalOf({ origin: 'null' })).toBe(403);
    await restart({ allowedOrigins: ['*'] });
    await Client.dial({ origin: 'https://anywhere.example' });
  });

  test('a listener with a path serves that one only', async () => {
    await restart({ path: '/sip' });
    expect(await refusalOf({ path: '/' })).toBe(404);
    await Client.dial({ path: '/sip' });
  });

  test('connections over the limits get 503 and are counted, and a slot that is free again is given again', async () => {
    const first = await Client.dial();
    await Client.dial();
    expect(await refusalOf({})).toBe(503);
    await Client.dial({}, '10.0.0.8');
    await Client.dial({}, '10.0.0.9');
    await expect(Client.dial({}, '10.0.0.10')).rejects.toMatchObject({ statusCode: 503 });
    expect(bench.layer.counters.connectionsRefused).toBe(2);
    first.socket!.destroy();
    await bench.clock.advance(2);
    await Client.dial();
    expect(bench.layer.connections).toBe(4);
  });

  test('an entrance through another HTTP server leads to the same layer, and is closed with it', async () => {
    const entrance = new VirtualEntrance();
    bench = createBench({ entrances: [entrance] }, []);
    await entrance.open(bench.network.host(OURS), { address: OURS, port: 8002 });
    await bench.start();
    const client = await Client.dial({ path: '/sip-ws' }, PEER, 8002);
    await client.send(theirs());
    expect(bench.requests[0]!.flow).toMatchObject({ kind: 'ws', local: { address: OURS, port: 8002 } });
    await bench.layer.close();
    await bench.clock.advance(5);
    expect(client.closed).toBe(true);
    await expect(Client.dial({ path: '/sip-ws' }, PEER, 8002)).rejects.toThrow('handshake');
  });
});

describe('messages', () => {
  test('RFC 7118 §4.2 a frame is a message, text or binary, with or without Content-Length', async () => {
    const client = await Client.dial();
    await client.send(theirs('z9hG4bKtext'), true);
    await client.send(theirs('z9hG4bKbinary'), false);
    await client.send(
      serializeMessage(theirs('z9hG4bKbare'))
        .toString()
        .replace(/Content-Length: 0\r\n/i, ''),
    );
    expect(bench.requests.map(({ request }) => request.via[0]!.params.get('branch'))).toEqual([
      'z9hG4bKtext',
      'z9hG4bKbinary',
      'z9hG4bKbare',
    ]);
  });

  test('RFC 7118 §5.2.3 the response goes back over the connection; received is noted beside an invalid host', async () => {
    const client = await Client.dial();
    await client.send(theirs());
    const { request, flow } = bench.requests[0]!;
    bench.respond(createResponse(request, 200), flow);
    await bench.clock.advance(2);
    const [top] = messageIn(client.heard[0]!).via;
    expect(top).toMatchObject({ protocol: 'WS', host: 'df7jal23ls0d.invalid' });
    expect(top!.params.get('received')).toBe(PEER);
    expect(client.socket!.textFrames).toEqual([true]);
  });

  test('RFC 7118 §4.2 what is no UTF-8 leaves in a binary frame', async () => {
    const client = await Client.dial();
    await client.send(theirs());
    const { flow } = bench.requests[0]!;
    bench.send(sampleRequest('MESSAGE', { sentBy: { host: '' }, body: Buffer.from([0xff, 0xfe]) }), {
      ...target(flow.remote.port),
      flow,
    });
    await bench.clock.advance(2);
    expect(client.socket!.textFrames).toEqual([false]);
  });

  test('RFC 7118 a response whose connection has gone fails at once: nobody is dialled', async () => {
    const client = await Client.dial();
    await client.send(theirs('z9hG4bKgone', PEER));
    const listening = await bench.tcpPeer(80);
    client.socket!.destroy();
    await bench.clock.advance(2);
    const { request, flow } = bench.requests[0]!;
    bench.respond(createResponse(request, 200), flow);
    await bench.clock.advance(20);
    expect(bench.errors).toEqual(['the WebSocket connection is closed']);
    expect(listening).toEqual([]);
    expect(bench.closed).toEqual([flow]);
  });

  test('RFC 7118 §5.1 requests to the client go over its connection, with WS and our listener in Via', async () => {
    const client = await Client.dial();
    await client.send(theirs());
    bench.send(ours(), target(bench.requests[0]!.flow.remote.port));
    await bench.clock.advance(2);
    expect(messageIn(client.heard[0]!).via[0]).toMatchObject({ protocol: 'WS', host: OURS, port: PORT });
  });

  test('RFC 3261 §21.4.1 a malformed request is answered with 400 and the connection stays', async () => {
    const client = await Client.dial();
    await client.send(
      serializeMessage(theirs())
        .toString()
        .replace(/CSeq: 1 /, 'CSeq: x '),
    );
    expect(bench.layer.counters.malformed).toBe(1);
    await client.send('no SIP at all');
    await client.send(theirs());
    expect(bench.requests).toHaveLength(1);
    expect(client.closed).toBe(false);
  });

  test('a message over the limit closes its connection', async () => {
    await restart({ maxMessageBytes: 1000 });
    const client = await Client.dial();
    await client.send(sampleRequest('MESSAGE', { sentBy: { host: PEER }, body: Buffer.alloc(1000, 65) }));
    expect(client.socket!.closeCode).toBe(1009);
    expect(bench.layer.connections).toBe(0);
  });

  test('a client that does not read is dropped when too much waits for it, and counted', async () => {
    const client = await Client.dial();
    await client.send(theirs());
    const { request, flow } = bench.requests[0]!;
    const big = createResponse(request, 200, { body: Buffer.alloc(4096, 65), contentType: 'text/plain' });
    bench.respond(big, flow);
    await bench.clock.advance(5);
    expect(bench.layer.counters.streamQueueOverflows).toBe(1);
    expect(client.closed).toBe(true);
    expect(bench.errors).toHaveLength(1);
  });
});

describe('keep-alives', () => {
  test('RFC 7118 §6 a double CRLF in a frame is answered with a single one', async () => {
    const client = await Client.dial();
    await client.send('\r\n\r\n');
    await client.send('\r\n\r\n', false);
    expect(client.heard.map(String)).toEqual(['\r\n', '\r\n']);
    expect(bench.layer.counters).toMatchObject({ keepAlives: 2, malformed: 0 });
  });

  test('RFC 6455 §5.5.2 we ping every 25 to 30 s, and keep who answers', async () => {
    const client = await Client.dial();
    await client.send(theirs());
    await bench.clock.advance(121_000);
    expect(client.socket!.pings).toBeGreaterThanOrEqual(4);
    expect(client.socket!.pings).toBeLessThanOrEqual(5);
    expect(client.closed).toBe(false);
  });

  test('RFC 6455 §5.5.3 who answers no ping for 10 s is dropped and counted', async () => {
    const client = await Client.dial();
    await client.send(theirs());
    client.socket!.answersPings = false;
    await bench.clock.until(() => client.socket!.pings === 1, 31_000);
    await bench.clock.advance(9_900);
    expect(client.closed).toBe(false);
    await bench.clock.advance(200);
    expect(client.closed).toBe(true);
    expect(bench.layer.counters.pingTimeouts).toBe(1);
    expect(bench.closed).toHaveLength(1);
  });

  test('RFC 6455 §5.5.3 whoever speaks is alive, whether or not he answers pings', async () => {
    const client = await Client.dial();
    client.socket!.answersPings = false;
    for (let spentMs = 0; spentMs < 120_000; spentMs += 4000) {
      await client.send(theirs());
      await bench.clock.advance(3998);
    }
    expect(client.closed).toBe(false);
  });

  test('a connection on which no first message comes is closed, and one that falls idle', async () => {
    const silent = await Client.dial();
    const spoke = await Client.dial();
    await spoke.send(theirs());
    await bench.clock.advance(6000);
    expect([silent.closed, spoke.closed]).toEqual([true, false]);
    expect(silent.socket!.closeCode).toBe(1008);
    await bench.clock.advance(200_000);
    expect(spoke.closed).toBe(true);
    expect(bench.layer.counters).toMatchObject({ incompleteClosed: 1, idleClosed: 1, pingTimeouts: 0 });
  });
});

describe('as a client', () => {
  let server: TransportBench;

  async function twoLayers(): Promise<void> {
    server = bench;
    bench = new TransportBench({
      addresses: [PEER],
      listens: [],
      limits,
      transports: [
        (host) => wsTransport({ webSockets: new VirtualWebSockets(host.network), client: { path: '/x' } })(host),
      ],
      network: server.network,
      clock: server.clock,
    });
    await bench.start();
  }

  test('RFC 7118 §B.1 requests to one server share a connection; a client that nobody can dial is .invalid', async () => {
    await twoLayers();
    const to = { kind: 'ws', address: OURS, port: PORT, serverName: 'sip.example.com' } as const;
    bench.send(ours(), to);
    bench.send(ours(), to);
    await bench.clock.advance(10);
    expect(server.layer.connections).toBe(1);
    expect(server.requests).toHaveLength(2);
    const { request, flow } = server.requests[0]!;
    expect(request.via[0]!.host).toMatch(/^[0-9a-f]{12}\.invalid$/);
    server.respond(createResponse(request, 200), flow);
    await bench.clock.advance(2);
    expect(bench.responses).toHaveLength(1);
    expect(bench.layer.counters.misroutedResponses).toBe(0);
  });

  test('RFC 5922 §7.1 a connection that was made for one name is not used for another', async () => {
    await twoLayers();
    bench.send(ours(), { kind: 'ws', address: OURS, port: PORT, serverName: 'a.example' });
    bench.send(ours(), { kind: 'ws', address: OURS, port: PORT, serverName: 'b.example' });
    await bench.clock.advance(10);
    expect(bench.layer.connections).toBe(2);
  });

  test('RFC 7118 §4.1 a server that refuses is an error, and its slot is free again', async () => {
    await twoLayers();
    for (let count = 0; count < 6; count += 1) {
      bench.send(ours(), { kind: 'ws', address: OURS, port: 9 });
      await bench.clock.advance(10);
    }
    expect(new Set(bench.errors)).toEqual(new Set([`cannot connect to ${OURS}:9`]));
    expect(bench.errors).toHaveLength(6);
    expect(bench.layer.counters).toMatchObject({ connectFailures: 6, connectionsRefused: 0 });
  });
});

test('RFC 6455 §7.4.1 closing says 1001 to everybody and leaves no timer behind', async () => {
  const timers = bench.clock.pendingTimers;
  const client = await Client.dial();
  await client.send(theirs());
  await bench.layer.close();
  await bench.clock.advance(5);
  expect(client.socket!.closeCode).toBe(1001);
  expect(bench.layer.connections).toBe(0);
  expect(bench.clock.pendingTimers).toBe(timers);
  expect(bench.network.openSockets()).toEqual([]);
});

function target(port: number) {
  return { kind: 'ws', address: PEER, port } as const;
}
