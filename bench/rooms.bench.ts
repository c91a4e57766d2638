/**
 * What a room hears of what is done in it: the real gateway, one room of many phones by SIP and RTP over loopback, a pure tone;
 * members are muted, moved, recorded, played to, sent away. For each of these the longest time without a packet at any
 * member that has no part in it, and what was missing of the tone. Writes docs/performance.md.
 * Run: npm run bench -- rooms [--members 100] [--workers 1] [--udp auto|dgram|native] [--rounds 3] [--wire c|node] [--write no]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { codecs } from '../media/index.js';
import { Crowd, type Step, talkerHz } from '../test/support/crowd.js';
import { changed, doEverything } from '../test/support/crowd-steps.js';
import { gapsBetween, lineFaults, toneBreaks } from './media/continuity.js';
import { percentile } from './media/gap-statistics.js';
import { HeardLine } from './media/heard-line.js';
import { describeMachine, takePriority } from './media/machine.js';
import { documentWith, tableOf } from './media/report.js';
import { toneAmplitudeOfTalkers } from './media/sounds.js';
import { compiled } from './media/wire.js';

const { values: settings } = parseArgs({
  options: {
    members: { type: 'string', default: '100' },
    workers: { type: 'string', default: '1' },
    udp: { type: 'string', default: 'auto' },
    rounds: { type: 'string', default: '3' },
    wire: { type: 'string', default: 'c' },
    write: { type: 'string', default: 'yes' },
  },
});
const FRAME_TICKS = 160;
const FRAME_MS = 20;

/** Of one kind of step, over all rounds and all members that had no part in it. */
interface Found {
  readonly gapsMs: number[];
  breaks: number;
  skipped: number;
}

const found = new Map<string, Found>();
let lost = 0;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function round(wire: 'c' | 'node'): Promise<void> {
  const members = Number(settings.members);
  const args = ['--media-backend', settings.udp];
  const crowd = await Crowd.start({ members, mediaWorkers: Number(settings.workers), wire, args });
  await crowd.begin();
  await doEverything(crowd);
  const { packets } = await crowd.end();
  await crowd.close();
  const of = ({ name }: Step): Found => {
    const known = found.get(name) ?? { gapsMs: [], breaks: 0, skipped: 0 };
    found.set(name, known);
    return known;
  };
  for (const [member, received] of packets) {
    const { missing, outOfOrder } = lineFaults(received, FRAME_TICKS);
    lost += missing + outOfOrder;
    if (member === 0 || Object.values<number>(changed).includes(member)) continue;
    const line = new HeardLine(received, codecs.pcma);
    const breaks = toneBreaks(line, talkerHz, toneAmplitudeOfTalkers).map((sample) => line.timeOf(sample));
    for (const step of crowd.steps) {
      const within = (atMs: number): boolean => atMs >= step.fromMs && atMs < step.toMs;
      const row = of(step);
      row.gapsMs.push(...gapsBetween(received, step.fromMs, step.toMs));
      row.breaks += breaks.filter(within).length;
      row.skipped += lineFaults(
        received.filter(({ atMs }) => within(atMs)),
        FRAME_TICKS,
      ).skippedFrames;
    }
  }
}

takePriority();
const wire = settings.wire === 'c' && compiled('endpoints') !== null ? 'c' : 'node';
const machine = describeMachine(wire);
for (const line of machine) say(line);
for (let done = 0; done < Number(settings.rounds); done += 1) await round(wire);

const columns = ['what is done', 'gap p50', 'p99', 'longest', 'breaks of the tone', 'ms left out'];
const rows = [...found].map(([name, { gapsMs, breaks, skipped }]) => [
  name,
  ...[0.5, 0.99, 1].map((share) => percentile(gapsMs, share).toFixed(1)),
  String(breaks),
  String(skipped * FRAME_MS),
]);
say(`\n${tableOf(columns, rows)}`);
const summary = `Sequence numbers that were missing, twice or out of order, at all ${settings.members} members: ${lost}.`;
say(`\n${summary}`);
if (settings.write === 'yes') {
  const path = new URL('../../docs/performance.md', import.meta.url).pathname;
  const command = `npm run bench -- rooms ${process.argv.slice(2).join(' ')}`.trim();
  const head = [`${new Date().toISOString().slice(0, 10)}, \`${command}\``, ...machine].map((line) => `- ${line}`);
  const text = [head.join('\n'), tableOf(columns, rows), summary].join('\n\n');
  writeFileSync(path, documentWith(readFileSync(path, 'utf8'), 'rooms', text));
  say(`written to ${path}`);
}
process.exit(0);
