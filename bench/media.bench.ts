/**
 * What a participant of a room costs, how late and how evenly its sound comes, and who hears whom: Hookline's media
 * hosts, reflectors on Node and in C, Janus and projectrtp, one after the other under the same load, each in a process of
 * its own. Writes docs/performance.md. How to read it, options: there.
 * Run: npm run bench -- media [--seconds 8] [--participants 300] [--rooms 3,10,100,400,1000] [--codecs pcmu,g722]
 *      [--peers hookline,native,dgram,c,janus,projectrtp] [--workers 1] [--jitter 30] [--loss 2] [--background silence|noise]
 *      [--heap 60 --crowd 1000 --read 10] [--wire c|node] [--profile folder] [--write no]
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type CodecName, codecNames } from '../media/index.js';
import { budgetMs, type Choice, groupsOf } from './media/cases.js';
import { type IdleMemory, measureIdleMemory } from './media/idle-memory.js';
import { describeMachine, takePriority } from './media/machine.js';
import { type Figures, measure } from './media/measure.js';
import { peersFor } from './media/peers.js';
import { columns, documentWith, rowOf, tableOf, textOf } from './media/report.js';
import { compiled } from './media/wire.js';

const { values: settings } = parseArgs({
  options: {
    seconds: { type: 'string', default: '8' },
    participants: { type: 'string', default: '300' },
    rooms: { type: 'string', default: '3,10,100,400,1000' },
    codecs: { type: 'string', default: codecNames.join() },
    peers: { type: 'string', default: 'hookline,dgram,c,janus,projectrtp' },
    workers: { type: 'string', default: '1' },
    jitter: { type: 'string', default: '30' },
    loss: { type: 'string', default: '2' },
    background: { type: 'string', default: 'silence' },
    heap: { type: 'string', default: '60' },
    crowd: { type: 'string', default: '1000' },
    read: { type: 'string', default: '10' },
    wire: { type: 'string', default: 'c' },
    profile: { type: 'string' },
    write: { type: 'string', default: 'yes' },
  },
});
takePriority();
const wireKind = settings.wire === 'c' && compiled('endpoints') !== null ? 'c' : 'node';
const { peers, absent } = peersFor(settings.peers.split(','), Number(settings.workers), settings.profile ?? null);
const choice: Choice = {
  sizes: settings.rooms.split(',').map(Number),
  participants: Number(settings.participants),
  codecs: settings.codecs.split(',') as CodecName[],
  servers: [...peers.keys()],
  seconds: Number(settings.seconds),
  jitterMs: Number(settings.jitter),
  loss: Number(settings.loss) / 100,
  noise: settings.background === 'noise',
  heapSeconds: Number(settings.heap),
  heapParticipants: Number(settings.crowd),
  heapReadEvery: Number(settings.read),
};
const groups = groupsOf(choice);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const machine = describeMachine(wireKind);
for (const line of [...machine, ...absent]) say(line);
const count = groups.reduce((sum, group) => sum + group.cases.length, 0);
say(`${count} cases, about ${Math.ceil(budgetMs(groups) / 60_000)} minutes`);

const sections: string[] = [];
const wrong: string[] = [];
for (const group of groups) {
  say(`\n${group.title}\n${textOf(columns)}`);
  const rows: string[][] = [];
  for (const each of group.cases) {
    const start = peers.get(each.server);
    if (start === undefined) continue;
    try {
      const { figures } = await measure(each, start, wireKind);
      const row = rowOf(each, figures);
      rows.push(row);
      say(textOf(row));
      for (const line of faultsOf(each.server, figures)) say(`  ${line}`);
    } catch (error) {
      wrong.push(`${each.server}, ${each.codec}, rooms of ${each.rooms[0]}: ${String(error)}`);
      say(`  ${wrong.at(-1)}`);
    }
  }
  sections.push(`### ${group.title}\n\n${tableOf(columns, rows)}`);
}
const idle: IdleMemory | null = settings.peers.includes('hookline') ? await measureIdleMemory() : null;
if (idle !== null) {
  const line = `An idle call in a room (${idle.calls} calls in rooms of 10, nothing sent): ${(idle.heldBytes / 1024).toFixed(1)} KB of heap and buffers, ${(idle.residentBytes / 1024).toFixed(1)} KB of resident memory.`;
  say(`\n${line}`);
  sections.push(line);
}

function faultsOf(server: string, figures: Figures): string[] {
  const found = figures.wrong.slice(0, 3).map((fault) => `who hears whom: ${fault}`);
  wrong.push(...found.map((fault) => `${server}: ${fault}`));
  return found;
}

if (settings.write === 'yes') {
  const path = new URL('../../docs/performance.md', import.meta.url).pathname;
  const command = `npm run bench -- media ${process.argv.slice(2).join(' ')}`.trim();
  const head = [`${new Date().toISOString().slice(0, 10)}, \`${command}\``, ...machine, ...absent];
  const faults = wrong.length === 0 ? [] : [`Not as it should be:\n\n${wrong.map((line) => `- ${line}`).join('\n')}`];
  const written = [head.map((line) => `- ${line}`).join('\n'), ...sections, ...faults].join('\n\n');
  writeFileSync(path, documentWith(readFileSync(path, 'utf8'), 'media', written));
  say(`\nwritten to ${path}`);
}
process.exit(0);
