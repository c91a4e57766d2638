/**
 * Hookline's media in a process of its own, with the media host on this very thread, for webrtc.bench.ts: answers
 * browsers' offers, puts them into rooms, and tells what that cost and how late its beats were.
 */
import { openMachineNetwork } from '../../base/batched-network.js';
import { type Clock, createRealClock } from '../../base/clock.js';
import type { LegId, RoomId } from '../../base/ids.js';
import { silentLogger } from '../../base/log.js';
import { prepareNativeUdp } from '../../base/native-udp.js';
import { createRealRandom } from '../../base/random.js';
import { answerOffer, createDtlsIdentity, createOfferAnswer, PortAllocator } from '../../media/index.js';
import { startMediaPool } from '../../rooms/index.js';
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
if (backend === 'native') await prepareNativeUdp();
const machine = openMachineNetwork(backend, createRealClock());
const random = createRealRandom();
const identity = createDtlsIdentity(random, Date.now());
const usage = new Usage();

/** Tells how late each beat began. */
const clock: Clock = {
  nowMs: () => machine.clock.nowMs(),
  epochMs: () => machine.clock.epochMs(),
  setTimer: (delayMs, fire, options) => {
    if (options?.precise !== true) return machine.clock.setTimer(delayMs, fire, options);
    const dueMs = machine.clock.nowMs() + delayMs;
    const timed = (): void => {
      usage.beat(Math.max(0, machine.clock.nowMs() - dueMs));
      fire();
    };
    return machine.clock.setTimer(delayMs, timed, options);
  },
};

const pool = startMediaPool({
  clock,
  random,
  network: machine.network,
  nativeSrtp: machine.srtp,
  log: silentLogger,
  workers: 0,
  isolation: 'thread',
});
const ports = new PortAllocator({ clock, fromPort: 10_000, toPort: 19_999 });
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
