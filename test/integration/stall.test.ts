import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import { createRealClock } from '../../base/clock.js';
import { silentLogger } from '../../base/log.js';
import type { Network, UdpSocket } from '../../base/network.js';
import { createRealRandom } from '../../base/random.js';
import { createRequest, nameAddr, sipUri, TransactionLayer, TransportLayer } from '../../sip/index.js';
import { udpBackends } from '../support/udp-backends.js';

const HOST = '127.0.0.1';
/** More than libuv takes out of a socket in one turn of its loop. */
const REQUESTS = 300;
/** Timer F is 64·T1 = 2560 ms: so long may all requests take to reach the peer, on a slow machine. */
const T1_MS = 40;
/** From the first request to the end of the stall. */
const STALL_MS = 64 * T1_MS + 300;

/** Shared with the peer: what it has been told, and what it has done. */
const shared = new Int32Array(new SharedArrayBuffer(8));
const ANSWER = 0;
const ANSWERED = 1;

/** A peer that goes on while this thread stands still: hears requests, answers all of them when told. */
const peerCode = `
const { workerData: shared, parentPort } = require('node:worker_threads');
const socket = require('node:dgram').createSocket({ type: 'udp4', recvBufferSize: 4194304 });
const asked = new Map();
socket.on('message', (data, from) => {
  const text = data.toString('latin1');
  asked.set(/branch=([^;\\r]+)/.exec(text)[1], { text, from });
  parentPort.postMessage({ asked: asked.size });
});
setInterval(() => {
  if (shared[${ANSWER}] === 0 || shared[${ANSWERED}] > 0) return;
  let left = asked.size;
  for (const { text, from } of asked.values()) {
    socket.send(text.replace(/^[^\\r]*/, 'SIP/2.0 200 OK'), from.port, from.address, () => {
      left -= 1;
      if (left === 0) Atomics.store(shared, ${ANSWERED}, asked.size);
    });
  }
  Atomics.store(shared, ${ANSWER}, 0);
}, 1);
socket.bind(0, '${HOST}', () => parentPort.postMessage({ port: socket.address().port }));
`;

const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function startedPeer() {
  Atomics.store(shared, ANSWERED, 0);
  const worker = new Worker(peerCode, { eval: true, workerData: shared });
  closing.push(() => worker.terminate());
  const [{ port }] = (await once(worker, 'message')) as [{ port: number }];
  return { worker, port };
}

/** Sockets of the system, and how often something was sent. */
function countingNetwork(real: Network): { readonly network: Network; readonly sent: () => number } {
  let sent = 0;
  const bindUdp: Network['bindUdp'] = async (...given) => {
    const socket = await real.bindUdp(...given);
    const send: UdpSocket['send'] = (...data) => {
      sent += 1;
      socket.send(...data);
    };
    return {
      local: socket.local,
      get queuedBytes() {
        return socket.queuedBytes;
      },
      send,
      close: () => socket.close(),
    };
  };
  return { network: { ...real, bindUdp }, sent: () => sent };
}

async function startedClient(
  real: Network,
): Promise<{ readonly layer: TransactionLayer; readonly sent: () => number }> {
  const shared = { clock: createRealClock(), random: createRealRandom(), log: silentLogger };
  const { network, sent } = countingNetwork(real);
  const listens = [{ kind: 'udp', address: HOST, port: 0 }] as const;
  const transport = new TransportLayer({ ...shared, network, isLocalNet: () => true, listens });
  const user = { onRequest: () => undefined, onCancel: () => undefined, onAck: () => undefined };
  const layer = new TransactionLayer({ ...shared, transport, timers: { t1Ms: T1_MS, t2Ms: 4000 } }, user);
  await transport.start(layer);
  closing.push(async () => {
    layer.close();
    await transport.close();
  });
  return { layer, sent };
}

const title = 'RFC 3261 §17.1.2.2 after a stall no transaction times out, or is sent again, that the network answered';

test.each(udpBackends)(`${title}: $name`, async (backend) => {
  const { worker, port } = await startedPeer();
  const { layer, sent } = await startedClient(backend.network);
  const outcomes: string[] = [];
  const beganMs = performance.now();
  const allAsked = new Promise<void>((resolve) => {
    worker.on('message', ({ asked }: { asked: number }) => {
      if (asked === REQUESTS) resolve();
    });
  });
  const ended = new Promise<void>((resolve) => {
    const note = (outcome: string): void => {
      outcomes.push(outcome);
      if (outcomes.length === REQUESTS) resolve();
    };
    for (let i = 0; i < REQUESTS; i += 1) {
      const uri = sipUri({ host: HOST, port });
      const party = nameAddr(uri, { tag: 'a' });
      const parts = {
        method: 'OPTIONS',
        uri,
        from: party,
        to: nameAddr(uri),
        callId: `stall${i}`,
        cseq: { sequence: 1 },
      };
      layer.request(
        createRequest(parts),
        { kind: 'udp', address: HOST, port },
        {
          onResponse: ({ statusCode }) => note(String(statusCode)),
          onTimeout: () => note('timeout'),
          onTransportError: () => note('error'),
        },
      );
    }
  });
  await allAsked;

  const sentBefore = sent();
  Atomics.store(shared, ANSWER, 1);
  // Timer E of every transaction and, 64·T1 being shorter than this, Timer F fall due while the answers arrive.
  while (performance.now() - beganMs < STALL_MS || Atomics.load(shared, ANSWERED) < REQUESTS);

  await ended;
  expect(outcomes.filter((outcome) => outcome !== '200')).toEqual([]);
  expect(layer.counters.timeouts).toBe(0);
  expect(sent()).toBe(sentBefore);
});
