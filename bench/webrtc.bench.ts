/**
 * What a WebRTC member costs: Opus over SRTP, ICE and DTLS, in rooms of which three or one talk all the time, at the port that all share and
 * with a port each, on both back ends; and how late the latest beat is while twenty browsers join within a second. Writes
 * docs/performance.md. werift alone, which sends each packet back and mixes nothing, is measured beside it, and a host with a
 * single member, whose latest beat is the machine's own. The load generator has STUN, DTLS and SRTP of its own, in another
 * process on the same cores.
 * Run: npm run bench -- webrtc [--members 100] [--rooms 10,100] [--talkers 3,1] [--seconds 8] [--backends dgram,native,werift] [--joins 20] [--write no]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { openMachineNetwork } from '../base/batched-network.js';
import { createRealClock } from '../base/clock.js';
import { prepareNativeUdp } from '../base/native-udp.js';
import { createRealRandom } from '../base/random.js';
import { takePriority } from './media/machine.js';
import { documentWith, tableOf } from './media/report.js';
import { measureHandshake } from './webrtc/handshake.js';
import { WebRtcStage } from './webrtc/stage.js';

const { values: settings } = parseArgs({
  options: {
    members: { type: 'string', default: '100' },
    rooms: { type: 'string', default: '10,100' },
    talkers: { type: 'string', default: '3,1' },
    seconds: { type: 'string', default: '8' },
    backends: { type: 'string', default: 'dgram,native,werift' },
    transports: { type: 'string', default: 'shared,pair' },
    joins: { type: 'string', default: '20' },
    write: { type: 'string', default: 'yes' },
  },
});
const WARM_UP_MS = 3000;
/** Browsers that join together before anything is measured. */
const AT_ONCE = 10;
/** The last to join shakes hands for a while longer. */
const JOINING_MS = 2000;

takePriority();
await prepareNativeUdp();
const random = createRealRandom();
const machine = { ...openMachineNetwork('auto', createRealClock()), random };
const joins = Number(settings.joins);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const wait = (ms: number): Promise<void> => new Promise((resolve) => machine.clock.setTimer(ms, resolve));
const ms = (value: number | null): string => (value === null ? '–' : `${value.toFixed(1)} ms`);

const columns = [
  'rooms',
  'talk',
  'UDP',
  'port',
  '% of a core each',
  'kernel',
  'heard',
  'latest beat',
  'latest while joining',
  'p99',
];
const rows: string[][] = [];

interface Case {
  readonly size: number;
  readonly backend: string;
  readonly transport: 'pair' | 'shared';
  readonly members: number;
  readonly talkers: number;
}

async function measure({ size, backend, transport, members, talkers }: Case): Promise<void> {
  const stage = await WebRtcStage.open(machine, backend, { transport, talkers });
  for (let i = 0; i < members; i += AT_ONCE) {
    const next = Array.from({ length: Math.min(AT_ONCE, members - i) }, (_, k) => i + k);
    await Promise.all(next.map((each) => stage.join(Math.floor(each / size), each % size)));
  }
  await wait(WARM_UP_MS);
  const before = stage.browsers.reduce((sum, { heard }) => sum + heard, 0);
  stage.begin();
  await wait(Number(settings.seconds) * 1000);
  const calm = await stage.figures();
  const heard = stage.browsers.reduce((sum, each) => sum + each.heard, 0) - before;
  stage.begin();
  const joining: Promise<void>[] = [];
  for (let i = 0; i < joins; i += 1) {
    joining.push(stage.join(0, size + i));
    await wait(1000 / joins);
  }
  await Promise.all(joining);
  await wait(JOINING_MS);
  const busy = await stage.figures();
  await stage.close();
  const share = (part: number): string => ((part / calm.elapsedMs / members) * 100).toFixed(3);
  const expected = (members * calm.elapsedMs) / 20;
  const row = [
    backend === 'werift' ? 'none' : `${members / size} × ${size}`,
    String(talkers),
    backend,
    transport === 'shared' ? 'shared' : 'one each',
    share(calm.userMs + calm.systemMs),
    share(calm.systemMs),
    `${((heard / expected) * 100).toFixed(1)} %`,
    ms(calm.latestMs),
    ms(busy.latestMs),
    ms(busy.lateP99Ms),
  ];
  rows.push(row);
  say(row.map((cell) => cell.padStart(16)).join(''));
}

const loadBefore = loadavg()[0]!.toFixed(1);
say(columns.map((cell) => cell.padStart(16)).join(''));
const members = Number(settings.members);
const talkers = settings.talkers.split(',').map(Number);
const backends = settings.backends.split(',');
// It has no rooms, and a port for each connection.
if (backends.includes('werift')) await measure({ size: 1, backend: 'werift', transport: 'pair', members, talkers: 1 });
// What is late although next to nothing is done is the machine's doing.
for (const backend of backends.filter((each) => each !== 'werift')) {
  await measure({ size: 1, backend, transport: 'shared', members: 1, talkers: 1 });
}
for (const size of settings.rooms.split(',').map(Number)) {
  for (const backend of backends.filter((each) => each !== 'werift')) {
    for (const transport of settings.transports.split(',') as ('pair' | 'shared')[]) {
      await measure({ size, backend, transport, members, talkers: talkers[0]! });
    }
    // Fewer who talk: what an encoder for each of them costs is in the difference.
    for (const fewer of talkers.slice(1))
      await measure({ size, backend, transport: 'shared', members, talkers: fewer });
  }
}
const handshake = measureHandshake(machine.clock, random);
const cost = `The server's side of a DTLS handshake: ${handshake.ms.toFixed(2)} ms of a core, of which ${handshake.longestMs.toFixed(2)} ms at most in one piece.`;
say(`\n${cost}`);

if (settings.write === 'yes') {
  const path = new URL('../../docs/performance.md', import.meta.url).pathname;
  const hardware = `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}, load of the machine before the start ${loadBefore}, at the end ${loadavg()[0]!.toFixed(1)}`;
  const command = `npm run bench -- webrtc ${process.argv.slice(2).join(' ')}`.trim();
  const head = [`${new Date().toISOString().slice(0, 10)}, \`${command}\``, hardware]
    .map((line) => `- ${line}`)
    .join('\n');
  const text = `${head}\n\n${tableOf(columns, rows)}\n\n${cost}`;
  writeFileSync(path, documentWith(readFileSync(path, 'utf8'), 'webrtc', text));
  say(`written to ${path}`);
}
process.exit(0);
