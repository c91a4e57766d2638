/**
 * A pure tone through a room for ten minutes while other rooms are busy: no glitch, no growth in delay, and everybody
 * hears whom it should. Exit code 1 when something is not so; docs/performance.md has the outcome.
 * Run: npm run soak [-- --minutes 10 --participants 600 --codec pcmu --workers 1 --peer hookline|native --read 1 --wire c|node --write no]
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type CodecName, codecs } from '../media/index.js';
import { percentile } from './media/gap-statistics.js';
import { describeMachine, takePriority } from './media/machine.js';
import { measure } from './media/measure.js';
import { peersFor } from './media/peers.js';
import { documentWith } from './media/report.js';
import { delayGrowthMs, judgeTone } from './media/soak-verdict.js';
import { seatsOf } from './media/stage.js';
import { compiled } from './media/wire.js';

const { values: settings } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    participants: { type: 'string', default: '600' },
    codec: { type: 'string', default: 'pcmu' },
    workers: { type: 'string', default: '1' },
    peer: { type: 'string', default: 'hookline' },
    read: { type: 'string', default: '1' },
    wire: { type: 'string', default: 'c' },
    write: { type: 'string', default: 'yes' },
  },
});
const MEMBERS = 10;
const MOST_GROWTH_MS = 5;

const codecName = settings.codec as CodecName;
const rooms = new Array<number>(Math.max(2, Math.floor(Number(settings.participants) / MEMBERS))).fill(MEMBERS);
takePriority();
const wireKind = settings.wire === 'c' && compiled('endpoints') !== null ? 'c' : 'node';
const { peers } = peersFor([settings.peer], Number(settings.workers), null);
const machine = describeMachine(wireKind);
for (const line of machine) console.log(line);
console.log(`${rooms.length} rooms of ${MEMBERS}, ${codecName}, ${settings.minutes} minutes`);

const [server, start] = [...peers][0]!;
const stage = { rooms, pureTone: true };
const { figures, heard, verdict, opened } = await measure(
  {
    ...stage,
    server,
    codec: codecName,
    jitterMs: 0,
    loss: 0,
    noise: false,
    readEvery: Number(settings.read),
    warmMs: 5000,
    measureMs: Number(settings.minutes) * 60_000,
    withMemory: false,
  },
  start,
  wireKind,
);
const tone = judgeTone(seatsOf(stage), heard.packets, codecs[codecName], opened.frameMs);
const growthMs = delayGrowthMs(verdict.transitsMs);
const faults = [
  ...verdict.wrong.map((line) => `who hears whom: ${line}`),
  ...(tone.glitches > 0 ? [`${tone.glitches} glitches above ${tone.limitDb.toFixed(1)} dB`] : []),
  ...(growthMs > MOST_GROWTH_MS ? [`the delay grew by ${growthMs.toFixed(1)} ms`] : []),
  ...(figures.lost > 0 ? [`${figures.lost} packets to listeners were lost`] : []),
];
const outcome = [
  `${server}: ${figures.participants} participants in rooms of ${MEMBERS}, ${codecName}, ${settings.minutes} minutes: ${figures.cpuMs.toFixed(3)} ms of CPU per participant and second`,
  `the tone at ${tone.listeners} listeners: worst 5 ms window ${tone.worstDb.toFixed(1)} dB against it, limit ${tone.limitDb.toFixed(1)} dB, the codec alone ${tone.floorDb.toFixed(1)} dB, glitches ${tone.glitches}`,
  `transit p50 ${percentile(verdict.transitsMs, 0.5).toFixed(1)} ms, last tenth against first ${growthMs.toFixed(1)} ms`,
  `gaps p50 ${figures.gapP50Ms.toFixed(1)}, p99 ${figures.gapP99Ms.toFixed(1)}, longest ${figures.gapMaxMs.toFixed(1)} ms; ${figures.lost} of ${figures.received} packets lost`,
  `who hears whom: ${verdict.right} of ${verdict.right + verdict.wrong.length} listeners right`,
  ...faults.map((fault) => `not as it should be: ${fault}`),
];
for (const line of outcome) console.log(line);
if (settings.write === 'yes') {
  const path = new URL('../../docs/performance.md', import.meta.url).pathname;
  const command = `npm run soak -- ${process.argv.slice(2).join(' ')}`.replace(/ -- $/, '');
  const lines = [`${new Date().toISOString().slice(0, 10)}, \`${command}\``, ...machine, ...outcome];
  writeFileSync(path, documentWith(readFileSync(path, 'utf8'), 'soak', lines.map((line) => `- ${line}`).join('\n')));
}
process.exit(faults.length === 0 ? 0 : 1);
