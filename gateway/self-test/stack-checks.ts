import { deepEqual, equal, ok } from 'node:assert/strict';
import { createRealClock, delay } from '../../base/clock.js';
import { createUserAgent, parseMessage, type SipResponse } from '../../sip/index.js';
import { createMemoryNetwork } from './memory-network.js';
import type { Check } from './run.js';

const address = '192.0.2.1';
const [serverPort, clientPort] = [5060, 5062];
/** Microseconds are enough; a machine may be busy. */
const LIMIT_MS = 5000;

function optionsRequest(maxForwards: number): string {
  return [
    `OPTIONS sip:${address} SIP/2.0`,
    `Via: SIP/2.0/UDP ${address}:${clientPort};branch=z9hG4bKself${maxForwards};rport`,
    `Max-Forwards: ${maxForwards}`,
    `From: <sip:test@${address}>;tag=self`,
    `To: <sip:${address}>`,
    `Call-ID: self-test-${maxForwards}@${address}`,
    'CSeq: 1 OPTIONS',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}

/** What the whole SIP stack answers to one datagram, on a network in memory. */
async function answerTo(text: string): Promise<SipResponse> {
  const network = createMemoryNetwork(address);
  const clock = createRealClock();
  const server = createUserAgent({ clock, network, listens: [`udp:${address}:${serverPort}`] });
  const late = new AbortController();
  await server.start();
  try {
    const answer = new Promise<Buffer>((resolve, reject) => {
      const handlers = { onMessage: (data: Buffer) => resolve(Buffer.from(data)), onError: reject };
      void network.bindUdp({ address, port: clientPort }, handlers).then((client) => {
        const data = Buffer.from(text);
        client.send(data, 0, data.length, serverPort, address);
      }, reject);
    });
    const nothing = delay(clock, LIMIT_MS, late.signal).then(() => null);
    const bytes = await Promise.race([answer, nothing]);
    ok(bytes !== null, 'there was no answer');
    const read = parseMessage(bytes);
    ok(read.ok && read.value.kind === 'response', 'the answer is no response');
    return read.value;
  } finally {
    late.abort();
    await server.close();
  }
}

/** Contract 4.1. */
export const stackChecks: readonly Check[] = [
  {
    name: 'OPTIONS: 200 without credentials, through the whole stack',
    run: async () => {
      const response = await answerTo(optionsRequest(70));
      equal(response.statusCode, 200);
      equal(response.callId, `self-test-70@${address}`);
      ok(response.headers.get('Allow')?.includes('INVITE'), 'Allow has no INVITE');
      deepEqual(
        response.via.map(({ params }) => params.get('branch')),
        ['z9hG4bKself70'],
      );
    },
  },
];
