import { expect, test } from 'vitest';
import { silentLogger } from '../../../base/log.js';
import { createResponse } from '../../../sip/build.js';
import { TransactionLayer, type TransactionUser } from '../../../sip/transaction/layer.js';
import { TransportLayer } from '../../../sip/transport/layer.js';
import { ManualClock } from '../../support/manual-clock.js';
import { sampleRequest } from '../../support/sample-request.js';
import { createSeededRandom } from '../../support/seeded-random.js';
import { VirtualNetwork } from '../../support/virtual-network.js';

test('RFC 3261 §17 with three datagrams in ten lost every request is served once and answered, and nothing is left', async () => {
  const clock = new ManualClock();
  const random = createSeededRandom(7);
  const network = new VirtualNetwork({ clock, random, lossRate: 0.3, jitterMs: 20 });
  const station = (address: string, user: TransactionUser) => {
    const shared = { clock, random, log: silentLogger };
    const listens = [{ kind: 'udp', address, port: 5060 }] as const;
    const transport = new TransportLayer({
      ...shared,
      network: network.host(address),
      isLocalNet: () => true,
      listens,
    });
    return { transport, transactions: new TransactionLayer({ ...shared, transport }, user) };
  };
  const served = new Map<string, number>();
  const ignore = () => undefined;
  const server = station('10.0.0.2', {
    onRequest: (transaction) => {
      const { request, localTag } = transaction;
      served.set(request.callId, (served.get(request.callId) ?? 0) + 1);
      const statusCode = request.method === 'INVITE' ? 486 : 200;
      transaction.respond(createResponse(request, statusCode, { toTag: localTag }));
    },
    onCancel: ignore,
    onAck: ignore,
  });
  const client = station('10.0.0.1', { onRequest: ignore, onCancel: ignore, onAck: ignore });
  await server.transport.start(server.transactions);
  await client.transport.start(client.transactions);
  const answers: string[] = [];
  for (let i = 0; i < 100; i += 1) {
    const method = i % 2 === 0 ? 'INVITE' : 'OPTIONS';
    client.transactions.request(
      sampleRequest(method, { callId: `${i}` }),
      { kind: 'udp', address: '10.0.0.2', port: 5060 },
      {
        onResponse: ({ statusCode }) => {
          if (statusCode >= 200) answers.push(`${method} ${statusCode}`);
        },
        onTimeout: () => answers.push('timeout'),
        onTransportError: (error) => answers.push(error.message),
      },
    );
  }
  await clock.advance(100_000);
  expect(answers.filter((answer) => answer === 'INVITE 486')).toHaveLength(50);
  expect(answers.filter((answer) => answer === 'OPTIONS 200')).toHaveLength(50);
  expect([...served.values()]).toEqual(new Array(100).fill(1));
  expect(network.lost).toBeGreaterThan(50);
  expect(client.transactions.counts()).toEqual({ client: 0, server: 0 });
  expect(server.transactions.counts()).toEqual({ client: 0, server: 0 });
  expect(clock.pendingTimers).toBe(0);
  await Promise.all([client.transport.close(), server.transport.close()]);
  expect(network.openSockets()).toEqual([]);
});
