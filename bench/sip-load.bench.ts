/**
 * What a SIP transaction costs a server process: the library (`hookline`), the whole gateway with a domain of its own
 * (`gateway`), Kamailio and the npm package `sip`, in one run, each in a process of its own under the same load from sipp
 * (UDP, loopback). CPU time of the server, so that other work on the
 * machine counts little; sipp needs a core for itself. Figures to reach: docs/sip.md.
 * Run: npm run build && node dist/bench/sip-load.bench.js [--seconds 60] [--rate 4000] [--only sockets,hookline,gateway,kamailio,npm]
 *      [--scenario register,options,redirect,call] [--profile folder]
 */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, release } from 'node:os';
import { parseArgs } from 'node:util';
import { type Server, startGateway, startKamailio, startNode } from './load/processes.js';
import { runSipp } from './load/sipp.js';
import { REDIRECTED } from './servers/users.js';

const { values: settings } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    rate: { type: 'string' },
    only: { type: 'string', default: 'sockets,hookline,gateway,kamailio,npm' },
    scenario: { type: 'string', default: 'register,options,redirect,call' },
    profile: { type: 'string' },
  },
});

/** Calls per second that neither sipp nor a server of 150 µs a call cannot follow, and the figure to reach. */
const scenarios = {
  register: { perSecond: 4000, targetUs: 45 },
  options: { perSecond: 6000, targetUs: 25 },
  redirect: { perSecond: 4000, targetUs: 40 },
  call: { perSecond: 2500, targetUs: 90 },
} as const;
type Scenario = keyof typeof scenarios;

const WARM_SECONDS = 4;
const seconds = Number(settings.seconds);

function profiling(server: string, scenario: Scenario): string[] {
  return settings.profile === undefined
    ? []
    : ['--cpu-prof', `--cpu-prof-dir=${settings.profile}/${server}-${scenario}`];
}

const servers: Readonly<Record<string, (scenario: Scenario) => Promise<Server | null> | null>> = {
  hookline: (scenario) =>
    startNode(new URL('./servers/hookline.js', import.meta.url).pathname, profiling('hookline', scenario)),
  gateway: async (scenario) => {
    // What a call with sound costs is told by the benches of the media.
    if (scenario === 'call') return null;
    const server = await startGateway(profiling('gateway', scenario));
    await runSipp({ scenario: 'register', port: server.port, perSecond: 1, seconds: 1, user: REDIRECTED });
    return server;
  },
  sockets: (scenario) =>
    scenario === 'options' ? startNode(new URL('./servers/sockets.js', import.meta.url).pathname) : null,
  kamailio: (scenario) => (scenario === 'call' ? null : startKamailio()),
  npm: () => startNode(new URL('./servers/npm-sip.js', import.meta.url).pathname),
};

function versionOf(command: string, ...given: string[]): string {
  try {
    return execFileSync(command, given, { encoding: 'utf8' }).trim().split('\n')[0] ?? '';
  } catch (error) {
    // sipp tells its version with a failing exit code.
    const said = (error as { stdout?: string }).stdout?.trim().split('\n')[0];
    return said === undefined ? 'not installed' : said;
  }
}

function megabytes(bytes: number): string {
  return bytes === 0 ? '–' : `${(bytes / 2 ** 20).toFixed(0)} MB`;
}

async function measure(name: string, scenario: Scenario): Promise<void> {
  const server = (await servers[name]?.(scenario)) ?? null;
  if (server === null) return;
  const perSecond = settings.rate === undefined ? scenarios[scenario].perSecond : Number(settings.rate);
  const { port } = server;
  await runSipp({ scenario, port, perSecond: Math.ceil(perSecond / 2), seconds: WARM_SECONDS });
  const before = await server.figures();
  const load = await runSipp({ scenario, port, perSecond, seconds });
  const after = await server.figures();
  await server.stop();
  const each = (from: number, to: number): number => (to - from) / Math.max(1, load.done);
  const userUs = each(before.userUs, after.userUs);
  const systemUs = each(before.systemUs, after.systemUs);
  const row = [
    scenario.padEnd(10),
    name.padEnd(10),
    `${(userUs + systemUs).toFixed(1)} µs`.padStart(10),
    userUs.toFixed(1).padStart(7),
    systemUs.toFixed(1).padStart(7),
    `≤ ${scenarios[scenario].targetUs}`.padStart(6),
    `${(load.done / load.seconds).toFixed(0)}/s`.padStart(9),
    megabytes(after.rssBytes).padStart(9),
    megabytes(after.heapBytes).padStart(9),
    String(load.failed).padStart(8),
    String(load.retransmitted).padStart(8),
  ];
  process.stdout.write(`${row.join('')}\n`);
}

const npmSip = createRequire(import.meta.url).resolve('sip/package.json');
const npmVersion = (JSON.parse(readFileSync(npmSip, 'utf8')) as { version: string }).version;
process.stdout.write(
  `${cpus().length} × ${cpus()[0]?.model}, Linux ${release()}, Node ${process.version}, npm sip ${npmVersion}\n` +
    `${versionOf('sipp', '-v').trim()}; ${versionOf('/usr/sbin/kamailio', '-v')}; ${seconds} s each\n` +
    `${'scenario'.padEnd(10)}${'server'.padEnd(10)}${'CPU/call'.padStart(10)}${'user'.padStart(7)}${'kernel'.padStart(7)}${'goal'.padStart(6)}${'rate'.padStart(9)}` +
    `${'RSS'.padStart(9)}${'heap'.padStart(9)}${'failed'.padStart(8)}${'resent'.padStart(8)}\n`,
);
for (const scenario of settings.scenario.split(',') as Scenario[]) {
  for (const name of settings.only.split(',')) await measure(name, scenario);
}
