/**
 * Hookline's media in a process of its own, with one media host in a thread, for webrtc.bench.ts: answers browsers' offers,
 * puts them into rooms, and tells what that cost and how late its beats were.
 */
import { Worker } from 'node:worker_threads';
import { createRealClock } from '../../base/clock.js';
import type { LegId, RoomId } from '../../base/ids.js';
import { silentLogger } from '../../base/log.js';
import { createRealRandom } from '../../base/random.js';
import { answerOffer, createDtlsIdentity, createOfferAnswer, PortAllocator } from '../../media/index.js';
import { createMediaPool } from '../../rooms/index.js';
import type { HostPort } from '../../rooms/protocol.js';
import type { MediaWorkerData } from './media-worker.js';
import { type ServerFigures, Usage } from './usage.js';

export type Question =
  | {
      readonly type: 'join';
      readonly id: number;
      readonly offer: string;
      readonly roomId: string;
      readonly transport: 'pair' | 'shared';
    }
  | { readonly type: 'begin'; readonly id: number }
  | { readonly type: 'figures'; readonly id: number };

export type Answer =
  | { readonly id: number; readonly sdp: string }
  | { readonly id: number; readonly figures: ServerFigures };

const address = '127.0.0.1';
const backend = process.argv[2] === 'native' ? 'native' : 'dgram';
const random = createRealRandom();
const identity = createDtlsIdentity(random, Date.now());
const usage = new Usage();

function spawn(): HostPort {
  const workerData: MediaWorkerData = { backend, latenesses: usage.lateness.memory };
  const worker = new Worker(new URL('./media-worker.js', import.meta.url), { workerData });
  return {
    post: (command) => worker.postMessage(command),
    onEvent: (listener) => void worker.on('message', listener),
    onExit: (listener) => void worker.on('exit', (code) => listener(`ended with code ${code}`)),
    kill: () => void worker.terminate(),
  };
}

const pool = createMediaPool({ clock: createRealClock(), random, log: silentLogger, hosts: 1, spawn });
const ports = new PortAllocator({ clock: createRealClock(), fromPort: 10_000, toPort: 19_999 });
await pool.ready();
let members = 0;

async function join({ offer, roomId, transport }: Extract<Question, { readonly type: 'join' }>): Promise<string> {
  members += 1;
  const options = { address, ports, rtpTimeoutMs: 0, cname: 'bench', onEvent: () => undefined, transport };
  const leg = await pool.openLeg({ legId: `leg-${members}` as LegId, roomId: roomId as RoomId, ...options });
  const answered = answerOffer(createOfferAnswer({ sessionId: String(members), username: '-' }), offer, {
    address: leg.address,
    rtpPort: leg.rtpPort,
    rtcpPort: leg.rtcpPort,
    codecs: ['opus'],
    telephoneEvent: false,
    ptimeMs: 20,
    direction: 'sendrecv',
    srtp: { policy: 'optional', suites: [], random, identity },
    iceRandom: random,
  });
  if (!answered.ok) throw new Error(answered.fault);
  leg.set(answered.media);
  leg.join(roomId as RoomId, { echo: false });
  return answered.sdp;
}

process.on('message', (question: Question) => {
  const { id } = question;
  if (question.type === 'begin') usage.begin();
  else if (question.type === 'figures') process.send!({ id, figures: usage.figures() } satisfies Answer);
  else void join(question).then((sdp) => process.send!({ id, sdp } satisfies Answer));
});
process.on('disconnect', () => process.exit(0));
process.send!('ready');
