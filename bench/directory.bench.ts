/**
 * What the directory costs: a push of 10,000 users in one request (time, and memory that stays), 100,000 users with
 * 50,000 registrations in memory, and GET /reg/{domain} with 10,000 users. The API is called as its listener calls it,
 * without a socket; the store is SQLite in a temporary directory, as a gateway has it.
 * Run: npm run build && node --expose-gc dist/bench/directory.bench.js
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRealClock } from '../base/clock.js';
import type { SessionId } from '../base/ids.js';
import { silentLogger } from '../base/log.js';
import { createRealRandom } from '../base/random.js';
import { createMediaswitchApi } from '../gateway/api/app.js';
import { Domains } from '../gateway/decide/domains.js';
import { Directory } from '../gateway/directory/directory.js';
import { Registrations } from '../gateway/directory/registrations.js';
import { BindingKeeper } from '../gateway/registrar/keeper.js';
import { Pinger } from '../gateway/registrar/pinger.js';
import { openSqliteStore } from '../gateway/store/sqlite.js';
import { noMediaswitch } from '../scripts/nobody.js';

const clock = createRealClock();
const random = createRealRandom();
const data = mkdtempSync(join(tmpdir(), 'directory-bench-'));
const store = await openSqliteStore({ clock, log: silentLogger, directory: data });
const domains = new Domains();
const directory = new Directory({ log: silentLogger, domains, store, persists: true });
const intervalMs = (): number => 30_000;
const pinger = new Pinger({ clock, random, intervalMs, ping: async () => true, onSilent: () => undefined });
const decider = { registered: () => undefined, unregistered: () => undefined };
const keeper = new BindingKeeper({
  ...{ clock, random, log: silentLogger, store, decider, pinger },
  maxBindings: 100_000,
  keepAlive: () => undefined,
});
const options = { apiSecret: null, apiAllow: [], corsOrigin: null, errorFormat: 'envelope' } as const;
const api = createMediaswitchApi(
  { ...noMediaswitch, directory, registrations: new Registrations({ directory, keeper, pinger }) },
  options,
);
const loopback = { remoteAddress: '127.0.0.1', localAddress: '127.0.0.1' };

async function ask(method: string, path: string, body?: string): Promise<string> {
  const headers = { host: '127.0.0.1', ...(body === undefined ? {} : { 'content-length': String(body.length) }) };
  const response = await api.request(path, { method, headers, ...(body === undefined ? {} : { body }) }, loopback);
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.text();
}

function pushOf(users: number): string {
  const list = Array.from({ length: users }, (_, n) => ({ username: String(100_000 + n), secret: `geheim-${n}` }));
  return JSON.stringify({ control: 'http://127.0.0.1:9001', users: list });
}

function held(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1024 ** 2;
}

/** Milliseconds that passed, and those of CPU: the medians of so many times. On a busy machine the second is what counts. */
async function timed(times: number, what: (time: number) => Promise<unknown>): Promise<string> {
  const passed: number[] = [];
  const used: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const startMs = clock.nowMs();
    const before = process.cpuUsage();
    await what(time);
    const { user, system } = process.cpuUsage(before);
    passed.push(clock.nowMs() - startMs);
    used.push((user + system) / 1000);
  }
  return `${median(passed).toFixed(1)} ms, CPU ${median(used).toFixed(1)}`;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

function register(username: string, domain: string, port: number): void {
  const epochMs = clock.epochMs();
  const address = `10.${port >> 14}.${(port >> 7) & 127}.${port & 127}`;
  keeper.add({
    ...{ username, domain, realm: domain, sessionId: `session-of-${domain}-${username}` as SessionId },
    ...{ contact: `sip:${username}@${address}:5060;transport=udp`, instance: null, callId: `call-${port}@${address}` },
    ...{ sequence: 1, q: 1, userAgent: 'bench 1.0', requestHost: null, registeredAtMs: epochMs },
    flow: {
      kind: 'udp',
      local: { address: '10.0.0.1', port: 5060 },
      remote: { address, port: 5060 },
      connectionId: null,
    },
    ...{ expiresAtMs: epochMs + 3_600_000, ha1: null, connection: null, restored: false },
  });
}

function row(what: string, figure: string, goal: string): void {
  process.stdout.write(`${what.padEnd(52)} ${figure.padStart(22)}   goal ${goal}\n`);
}

const body = pushOf(10_000);
const before = held();
await ask('PUT', '/dir/d0.example.com', body);
const kept = held() - before;
row('PUT /dir/{domain} with 10,000 users keeps', `${kept.toFixed(1)} MB`, '20 MB');

for (let domain = 0; domain < 10; domain += 1) {
  const name = `d${domain}.example.com`;
  await ask('PUT', `/dir/${name}`, body);
  for (let user = 0; user < 5000; user += 1) register(String(100_000 + user), name, domain * 5000 + user);
  // Real phones do not register 5,000 in one turn of the event loop: what they leave is written meanwhile.
  await store.flush();
}
const { count } = JSON.parse(await ask('GET', '/reg')) as { count: number };
const heap = held();
const rss = process.memoryUsage().rss / 1024 ** 2;
row(`${directory.counts.users} users, ${count} registrations`, `${heap.toFixed(0)} MB`, '400 MB');
row('  resident', `${rss.toFixed(0)} MB`, '400 MB');
// After the memory: what 90,000 users more leave behind would be counted there.
const push = await timed(9, (time) => ask('PUT', `/dir/p${time % 2}.example.com`, body));
row('PUT /dir/{domain} with 10,000 users', push, '300 ms');
const read = await timed(9, () => ask('GET', '/reg/d3.example.com'));
row('GET /reg/{domain} with 10,000 users, half registered', read, '50 ms');
const one = await timed(9, (time) => ask('PATCH', `/dir/d4.example.com/1000${time}0`, '{"secret":"another"}'));
row('PATCH of one user among 10,000', one, '–');
const gone = await timed(9, (time) => ask('DELETE', `/dir/d4.example.com/1000${time}1`));
row('DELETE of one user among 10,000, registered', gone, '–');
keeper.shutdown(true);
await store.close();
rmSync(data, { recursive: true });
