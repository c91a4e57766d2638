import { afterEach, expect, test } from 'vitest';
import { createRealClock } from '../../base/clock.js';
import { silentLogger } from '../../base/log.js';
import { createRealNetwork } from '../../base/network.js';
import { createRealRandom } from '../../base/random.js';
import {
  createRequest,
  createResponse,
  type Flow,
  type Listen,
  nameAddr,
  type ServerTransaction,
  type SipRequest,
  type SipResponse,
  sipUri,
  type Target,
  TransactionLayer,
  TransportLayer,
} from '../../sip/index.js';

const HOST = '127.0.0.1';

/** A transport and a transaction layer on real sockets; `serve` answers what comes. */
class Station {
  readonly transport: TransportLayer;
  readonly transactions: TransactionLayer;
  readonly acks: SipRequest[] = [];
  onFlowClosed: (flow: Flow) => void = () => undefined;
  serve: (transaction: ServerTransaction) => void = (transaction) => this.answer(transaction, 200);

  constructor(listens: Listen[]) {
    const clock = createRealClock();
    const random = createRealRandom();
    const shared = { clock, random, log: silentLogger };
    this.transport = new TransportLayer({ ...shared, network: createRealNetwork(), isLocalNet: () => true, listens });
    this.transactions = new TransactionLayer(
      { ...shared, transport: this.transport },
      {
        onRequest: (transaction) => this.serve(transaction),
        onCancel: (invite) => this.answer(invite, 487),
        onAck: (request) => this.acks.push(request),
        onFlowClosed: (flow) => this.onFlowClosed(flow),
      },
    );
  }

  start(): Promise<void> {
    return this.transport.start(this.transactions);
  }

  async close(): Promise<void> {
    this.transactions.close();
    await this.transport.close();
  }

  answer(transaction: ServerTransaction, statusCode: number): void {
    const { request, localTag } = transaction;
    const body = request.body;
    transaction.respond(createResponse(request, statusCode, { toTag: localTag, body, contentType: 'text/plain' }));
  }

  targetOf(kind: 'udp' | 'tcp'): Target {
    const { address, port } = this.transport.listening.find((local) => local.kind === kind)!;
    return { kind, address, port };
  }

  /** The final response. */
  ask(method: string, target: Target, body?: Buffer): Promise<SipResponse> {
    const uri = sipUri({ user: 'bob', host: HOST });
    const from = nameAddr(sipUri({ user: 'alice', host: HOST }), { tag: 'alice' });
    const parts = { method, uri, from, to: nameAddr(uri), callId: 'real@localhost', cseq: { sequence: 1 } };
    const request = createRequest({ ...parts, body: body ?? null, contentType: 'text/plain' });
    return new Promise((resolve, reject) => {
      const transaction = this.transactions.request(request, target, {
        onResponse: (response) => {
          if (response.statusCode >= 200) resolve(response);
          else transaction.cancel();
        },
        onTimeout: () => reject(new Error('timeout')),
        onTransportError: reject,
      });
    });
  }
}

const stations: Station[] = [];

async function createStation(...listens: Listen[]): Promise<Station> {
  const station = new Station(listens);
  stations.push(station);
  await station.start();
  return station;
}

const anyUdp: Listen = { kind: 'udp', address: HOST, port: 0 };
const anyTcp: Listen = { kind: 'tcp', address: HOST, port: 0 };

afterEach(async () => {
  await Promise.all(stations.splice(0).map((station) => station.close()));
});

test.each(['udp', 'tcp'] as const)('RFC 3261 §17.1.2 a request over %s gets its response', async (kind) => {
  const server = await createStation(anyUdp, anyTcp);
  const client = await createStation(anyUdp, anyTcp);
  const response = await client.ask('MESSAGE', server.targetOf(kind), Buffer.from('hello'));
  expect(response).toMatchObject({ statusCode: 200, cseq: { method: 'MESSAGE' } });
  expect(response.body.toString()).toBe('hello');
  expect(response.via[0]!.params.get('received')).toBe(HOST);
});

test('RFC 3261 §18.3 a message of many segments comes over TCP whole, and the connection is used again', async () => {
  const server = await createStation(anyTcp);
  const client = await createStation(anyTcp);
  const body = Buffer.alloc(60_000, 'abcdefg');
  const flows = new Set<Flow>();
  server.serve = (transaction) => {
    flows.add(transaction.flow);
    server.answer(transaction, 200);
  };
  for (let i = 0; i < 3; i += 1) {
    const response = await client.ask('MESSAGE', server.targetOf('tcp'), body);
    expect(response.body.equals(body)).toBe(true);
  }
  expect(flows.size).toBe(1);
});

test('RFC 3261 §18.1.1 a large request goes back to UDP when nobody listens on TCP', async () => {
  const server = await createStation(anyUdp);
  const client = await createStation(anyUdp);
  const body = Buffer.alloc(3000, 'x');
  const response = await client.ask('MESSAGE', { ...server.targetOf('udp'), tcpAllowed: true }, body);
  expect(response.body.equals(body)).toBe(true);
  expect(client.transport.counters).toMatchObject({ switchedToTcp: 1, fellBackToUdp: 1 });
});

test('RFC 3261 §18.1.1 a large request goes by TCP when the same port takes it', async () => {
  const probe = await createStation(anyTcp);
  const { port } = probe.targetOf('tcp');
  await probe.close();
  const server = await createStation({ ...anyUdp, port }, { ...anyTcp, port });
  const client = await createStation(anyUdp);
  const kinds: string[] = [];
  server.serve = (transaction) => {
    kinds.push(transaction.flow.kind);
    server.answer(transaction, 200);
  };
  const target = { ...server.targetOf('udp'), tcpAllowed: true };
  await client.ask('MESSAGE', target, Buffer.alloc(3000, 'x'));
  await client.ask('MESSAGE', target, Buffer.alloc(10, 'x'));
  expect(kinds).toEqual(['tcp', 'udp']);
});

test('RFC 3261 §9 an INVITE that rings is cancelled, refused with 487 and acknowledged', async () => {
  const server = await createStation(anyUdp);
  const client = await createStation(anyUdp);
  server.serve = (transaction) => server.answer(transaction, 180);
  const response = await client.ask('INVITE', server.targetOf('udp'));
  expect(response.statusCode).toBe(487);
  expect(server.transactions.counters).toMatchObject({ unmatchedCancels: 0 });
  expect(server.acks).toEqual([]);
});

test('a connection that the peer closes is reported', async () => {
  const server = await createStation(anyTcp);
  const client = await createStation(anyTcp);
  await client.ask('OPTIONS', server.targetOf('tcp'));
  const closed = new Promise<Flow>((resolve) => {
    client.onFlowClosed = resolve;
  });
  await server.close();
  expect((await closed).isOpen).toBe(false);
  expect(client.transport.connections).toBe(0);
});

test('0.0.0.0 is one socket per address, each answering for itself', async () => {
  const server = await createStation({ ...anyUdp, address: '0.0.0.0' });
  const client = await createStation({ ...anyUdp, address: '0.0.0.0' });
  expect(server.transport.listening.map(({ address }) => address)).toContain(HOST);
  for (const { address, port } of server.transport.listening) {
    const response = await client.ask('OPTIONS', { kind: 'udp', address, port });
    expect(response.statusCode).toBe(200);
  }
});

test('a taken port is one clear error', async () => {
  const first = await createStation(anyUdp);
  const { port } = first.targetOf('udp');
  const second = new Station([{ ...anyUdp, port }]);
  await expect(second.start()).rejects.toThrow(`SIP udp ${HOST}:${port} is already in use`);
});

test('a refused connection is an error of the request', async () => {
  const probe = await createStation(anyTcp);
  const target = probe.targetOf('tcp');
  await probe.close();
  const client = await createStation(anyTcp);
  await expect(client.ask('OPTIONS', target)).rejects.toMatchObject({
    code: 'SIP_TRANSPORT',
    reason: 'connect-failed',
  });
});
