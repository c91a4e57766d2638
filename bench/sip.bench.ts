/**
 * What SIP costs inside the process, without sockets: the library's registrar, redirect server and user agent over a
 * network in memory, and the heap that each finished transaction holds on to until Timer J, H or I. CPU time; `apart` is
 * the time when the process sleeps 0.2 ms before each message, as one does that is not busy: what the caches, and the
 * machine below a virtual one, forget meanwhile is then paid with every message.
 * The parser and the serialiser alone are in sip-parse.bench.ts; the whole server process in sip-load.bench.ts.
 * Run: npm run build && node --expose-gc dist/bench/sip.bench.js [--only INVITE,] [--rounds 20]
 */

import { parseArgs } from 'node:util';
import { createRealClock } from '../base/clock.js';
import type { Network, UdpHandlers, UdpSocket } from '../base/network.js';
import { createRealRandom } from '../base/random.js';
import { digestResponse, ha1, parseChallenge } from '../sip/index.js';
import { createLibraryServer } from './servers/user-agent.js';
import { ANSWER, PASSWORD, REALM, USERS, userName } from './servers/users.js';

const { values: settings } = parseArgs({
  options: { only: { type: 'string', default: '' }, rounds: { type: 'string', default: '20' } },
});
const WARM = 20_000;
/** Calls of one round. The cheapest round counts: in the others the machine, or a collection, had its share. */
const ROUND = 2000;
/** Calls under way at a time, a few milliseconds of a busy server. */
const BATCH = 20;
const PEER_PORT = 5080;

/** A pause before each message, in the column `apart`. */
const APART_MS = 0.2;

let deliver: UdpHandlers['onMessage'] = () => undefined;
let answered: Uint8Array = Buffer.alloc(0);

/** One socket; what is sent on it is the answer. */
const network: Network = {
  interfaces: () => [{ name: 'lo', address: '127.0.0.1', family: 4, internal: true }],
  routeTo: () => Promise.resolve('127.0.0.1'),
  listenTcp: () => Promise.reject(new Error('no streams here')),
  connectTcp: () => Promise.reject(new Error('no streams here')),
  listenTls: () => Promise.reject(new Error('no streams here')),
  connectTls: () => Promise.reject(new Error('no streams here')),
  bindUdp: (_local, handlers) => {
    deliver = handlers.onMessage;
    const socket: UdpSocket = {
      local: { address: '127.0.0.1', port: 5060 },
      queuedBytes: 0,
      send: (data) => {
        answered = data;
      },
      close: () => Promise.resolve(),
    };
    return Promise.resolve(socket);
  },
};

let serial = 0;

function request(
  method: string,
  user: string,
  parts: { fields?: string; cseq?: number; toTag?: string; body?: string },
): Buffer {
  const { fields = '', cseq = 1, toTag = '', body = '' } = parts;
  serial += 1;
  return Buffer.from(
    `${method} sip:${user}@127.0.0.1:5060 SIP/2.0\r\n` +
      `Via: SIP/2.0/UDP 127.0.0.1:${PEER_PORT};rport;branch=z9hG4bK-6733-${serial}-0\r\n` +
      `From: <sip:${userName(serial % USERS)}@127.0.0.1>;tag=6733sipp${serial}\r\n` +
      `To: <sip:${userName(serial % USERS)}@127.0.0.1>${toTag}\r\nCall-ID: ${serial}-6733@127.0.0.1\r\n` +
      `CSeq: ${cseq} ${method}\r\nContact: <sip:${userName(serial % USERS)}@127.0.0.1:${PEER_PORT}>\r\n` +
      `Max-Forwards: 70\r\nUser-Agent: Phone 5.2\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`,
  );
}

function credentials(challenge: string): string {
  const username = userName((serial + 1) % USERS);
  const read = parseChallenge(/WWW-Authenticate: (.*)\r\n/.exec(challenge)?.[1] ?? '');
  const nonce = read.ok ? read.value.nonce : '';
  const secret = ha1('MD5', username, REALM, PASSWORD);
  const counted = { qop: 'auth', nc: '00000001', cnonce: 'f00dcafe' } as const;
  const uri = 'sip:127.0.0.1:5060';
  const response = digestResponse({ algorithm: 'MD5', ha1: secret, nonce, method: 'REGISTER', uri, ...counted });
  return (
    `Authorization: Digest username="${username}", realm="${REALM}", nonce="${nonce}", uri="${uri}", ` +
    `response="${response}", algorithm=MD5, qop=auth, nc=00000001, cnonce="f00dcafe"\r\n`
  );
}

/** What came of the request before: its number and its answer. */
interface Past {
  readonly own: number;
  readonly answer: string;
}

/** The request of a dialog, or the ACK of a 302, that follows the answer to request number `own`. */
function following(
  { own, answer }: Past,
  method: string,
  parts: { user: string; cseq: number; branch: number },
): Buffer {
  const toTag = /\r\nTo: [^\r]*(;tag=[^\r;]*)/.exec(answer)?.[1] ?? '';
  const now = serial;
  serial = own - 1;
  const text = request(method, parts.user, { cseq: parts.cseq, toTag }).toString('latin1');
  serial = now;
  return Buffer.from(text.replace(/branch=[^\r;]*/, `branch=z9hG4bK-6733-${own}-${parts.branch}`));
}

/** What a peer sends, each message made when the answer to the one before is known. */
type Step = (past: Past) => Buffer;

const fields = 'Content-Type: application/sdp\r\n';
const scripts: Readonly<Record<string, { readonly expect: string; readonly steps: readonly Step[] }>> = {
  'OPTIONS, 200': { expect: '200', steps: [() => request('OPTIONS', 'anybody', {})] },
  'REGISTER, 401': { expect: '401', steps: [() => request('REGISTER', 'anybody', {})] },
  'REGISTER, 401, REGISTER, 200': {
    expect: '200',
    steps: [
      () => request('REGISTER', 'anybody', {}),
      ({ answer }) => request('REGISTER', 'anybody', { fields: credentials(answer), cseq: 2 }),
    ],
  },
  'INVITE, 302, ACK': {
    expect: '302',
    steps: [
      () => request('INVITE', 'redirect', { fields, body: ANSWER }),
      (past) => following(past, 'ACK', { user: 'redirect', cseq: 1, branch: 0 }),
    ],
  },
  'INVITE, 200, ACK, BYE, 200': {
    expect: '200',
    steps: [
      () => request('INVITE', 'call', { fields, body: ANSWER }),
      (past) => following(past, 'ACK', { user: 'call', cseq: 1, branch: 1 }),
      (past) => following(past, 'BYE', { user: 'call', cseq: 2, branch: 2 }),
    ],
  },
};

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed + process.memoryUsage().external;
}

/** CPU of a call once the code is warm, and what the calls left behind. */
async function measure(name: string): Promise<void> {
  const { steps, expect } = scripts[name]!;
  const { ua } = createLibraryServer({ clock: createRealClock(), random: createRealRandom(), network });
  await ua.start();
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const batch = (isApart: boolean): number => {
    let us = 0;
    let pasts: Past[] = Array.from({ length: BATCH }, () => ({ own: 0, answer: '' }));
    for (const step of steps) {
      const messages = pasts.map((past, i) => {
        const data = step(past);
        return { data, own: Number(/Call-ID: (\d+)/.exec(data.toString('latin1'))?.[1]), i };
      });
      const answers: Uint8Array[] = [];
      const before = process.cpuUsage();
      for (const { data } of messages) {
        if (isApart) Atomics.wait(pause, 0, 0, APART_MS);
        const cameMs = performance.now();
        deliver(data, '127.0.0.1', PEER_PORT);
        if (isApart) us += (performance.now() - cameMs) * 1000;
        answers.push(answered);
      }
      const spent = process.cpuUsage(before);
      if (!isApart) us += spent.user + spent.system;
      // An ACK has no answer: the one before is still there, for every peer the last one's.
      const told = (i: number): string => Buffer.from(answers[i]!).toString('latin1');
      pasts = messages.map(({ own, i }) => ({
        own,
        answer: told(i).includes(`\r\nCall-ID: ${own}-`) ? told(i) : pasts[i]!.answer,
      }));
    }
    if (!pasts[0]!.answer.startsWith(`SIP/2.0 ${expect}`)) throw new Error(`${name}: ${pasts[0]!.answer}`);
    return us;
  };
  const run = (rounds: number, isApart = false): number => {
    let us = 0;
    for (let done = 0; done < rounds; done += BATCH) us += batch(isApart);
    return us;
  };
  run(WARM);
  const before = heapBytes();
  const { transactions } = ua.counts();
  const rounds = Array.from({ length: Number(settings.rounds) }, () => run(ROUND) / ROUND).sort((a, b) => a - b);
  const kept = ua.counts().transactions - transactions;
  const bytes = kept === 0 ? 0 : (heapBytes() - before) / kept;
  const apart = run(ROUND, true) / ROUND;
  const [least, median] = [rounds[0]!, rounds[rounds.length >> 1]!];
  process.stdout.write(
    `${name.padEnd(30)}${[least, median, apart].map((us) => us.toFixed(1).padStart(7)).join('')} µs` +
      `${String(kept / ROUND / rounds.length).padStart(6)} kept${bytes.toFixed(0).padStart(8)} B each\n`,
  );
  await ua.close();
}

process.stdout.write(`${''.padEnd(30)}${'least'.padStart(7)}${'median'.padStart(7)}${'apart'.padStart(7)}\n`);
for (const name of Object.keys(scripts)) if (name.includes(settings.only)) await measure(name);
