import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRealNetwork, type TcpConnection } from '../../base/network.js';
import { eventually } from '../support/eventually.js';
import { LOOPBACK, RealAgent } from '../support/real-agent.js';

const COUNT = 500;
const network = createRealNetwork();
let agent: RealAgent;
const open: TcpConnection[] = [];

beforeEach(async () => {
  agent = await RealAgent.start('server', {
    listens: [{ kind: 'tcp', address: LOOPBACK, port: 0 }],
    limits: { maxConnections: COUNT + 10, maxPerAddress: COUNT / 2 },
  });
});

afterEach(async () => {
  for (const connection of open.splice(0)) connection.destroy();
  await agent.ua.close();
});

async function dial(localAddress: string) {
  const heard = { text: '', closed: false };
  const connection = await network.connectTcp(
    agent.at('tcp'),
    {
      onData: (data) => {
        heard.text += data.toString();
      },
      onClose: () => {
        heard.closed = true;
      },
    },
    { localAddress },
  );
  open.push(connection);
  return { connection, heard };
}

function options(index: number): Buffer {
  return Buffer.from(
    `OPTIONS sip:server@${LOOPBACK} SIP/2.0\r\nVia: SIP/2.0/TCP ${LOOPBACK}:9;branch=z9hG4bK${index};rport\r\n` +
      `From: <sip:a@${LOOPBACK}>;tag=${index}\r\nTo: <sip:server@${LOOPBACK}>\r\nCall-ID: c${index}\r\n` +
      'CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n',
  );
}

test('RFC 3261 §18 five hundred connections are held, each is answered, and the limits count who comes on top', async () => {
  const { transport } = agent;
  const clients: Awaited<ReturnType<typeof dial>>[] = [];
  for (let i = 0; i < COUNT; i += 1) clients.push(await dial(i % 2 === 0 ? '127.0.0.2' : '127.0.0.3'));
  await eventually('every connection is held', () => transport.connections === COUNT);
  clients.forEach(({ connection }, i) => {
    connection.write(options(i));
  });
  await eventually('every one is answered', () => clients.every(({ heard }) => heard.text.includes('SIP/2.0 200')));
  for (const [i, { heard }] of clients.entries()) expect(heard.text).toContain(`branch=z9hG4bK${i};`);
  const oneTooMany = await dial('127.0.0.2');
  await eventually('one over the limit of its address is dropped', () => oneTooMany.heard.closed);
  for (let i = 0; i < 10; i += 1) await dial('127.0.0.4');
  const last = await dial('127.0.0.5');
  await eventually('one over the limit of all is dropped', () => last.heard.closed);
  expect(transport.counters).toMatchObject({ requestsReceived: COUNT, connectionsRefused: 2, malformed: 0 });
  expect(clients.some(({ heard }) => heard.closed)).toBe(false);
  for (const { connection } of clients.slice(0, 100)) connection.destroy();
  await eventually('places that were left are free again', () => transport.connections === COUNT - 100 + 10);
});
