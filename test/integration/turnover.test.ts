import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createRealClock } from '../../base/clock.js';
import { createRealNetwork } from '../../base/network.js';
import { createRealRandom } from '../../base/random.js';
import { BenchBrowser } from '../../bench/webrtc/browser.js';
import { createDtlsIdentity } from '../../media/index.js';
import { eventually } from '../support/eventually.js';
import { hear, LoopbackRooms } from '../support/loopback-rooms.js';
import { runSipp } from '../support/sipp.js';

/** How many come by each door; together a thousand. */
const MANY = { phones: 700, browsers: 150, applications: 150 };
/** What is made once, and code that is compiled, is not counted as left. */
const FEW = { phones: 70, browsers: 15, applications: 15 };
/** So many browsers and applications are there together, and twice as many phones: a busy machine has fewer a second. */
const AT_ONCE = 5;
/** Of heap and buffers. */
const GROWN_MB = 5;
/** As /proc writes it. */
const ESTABLISHED = '01';
const megabyte = 1024 * 1024;
const room = '9000';
const machine = { clock: createRealClock(), random: createRealRandom(), network: createRealNetwork() };
const identity = createDtlsIdentity(machine.random, machine.clock.epochMs());

let rooms: LoopbackRooms;

afterEach(() => rooms?.close());

/** As many one after the other as make `count` in AT_ONCE lines. */
async function inLines(count: number, come: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const line = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await come(next);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, line));
}

/** By POST /webrtc/endpoint, ICE, DTLS and SRTP; every tenth is gone without a word. */
async function browser(index: number): Promise<void> {
  const { data } = await rooms.ask('POST', '/token/webrtc', { room, ttl: 600 });
  const headers = { 'content-type': 'application/sdp', authorization: `Bearer ${data.token}` };
  // A packet of Opus that is silence (RFC 6716 §3.1).
  const one = new BenchBrowser(machine, identity, [Uint8Array.of(0xf8, 0xff, 0xfe)]);
  const made = await fetch(`${rooms.gateway.apiUrl}/webrtc/endpoint`, { method: 'POST', headers, body: one.offer() });
  const answer = await made.text();
  if (made.status !== 201) throw new Error(`${made.status} ${answer}`);
  try {
    await one.connect(answer);
    one.speak();
    await eventually('it hears the room', () => one.heard > 5);
    if (index % 10 === 0) return;
    const left = await fetch(`${rooms.gateway.apiUrl}${made.headers.get('location')}`, { method: 'DELETE' });
    if (left.status !== 200) throw new Error(`DELETE: ${left.status}`);
  } finally {
    await one.close();
  }
}

/** By WebSocket; every tenth breaks off. */
async function application(index: number): Promise<void> {
  const url = `${rooms.gateway.apiUrl.replace('http', 'ws')}/streams/${room}?encoding=l16&rate=16000`;
  const socket = new WebSocket(url);
  let heard = 0;
  socket.on('message', (data: Buffer) => {
    if (data.includes('"media"')) heard += 1;
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.send(JSON.stringify({ event: 'media', media: { payload: Buffer.alloc(6400).toString('base64') } }));
  await eventually('it hears the room', () => heard > 5);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  if (index % 10 === 0) socket.terminate();
  else socket.close(1000);
  await closed;
}

/** They come and go; resolves when all are gone. */
async function comeAndGo({ phones, browsers, applications }: typeof MANY): Promise<void> {
  const { world, gateway } = rooms;
  const scenario = { scenario: 'integration/sipp/call.xml', server: gateway.sip, user: '9000' };
  await Promise.all([
    runSipp({ ...scenario, calls: phones, callsPerSecond: 25, atOnce: 2 * AT_ONCE, directory: world.directory }),
    inLines(browsers, (index) => browser(index)),
    inLines(applications, (index) => application(index)),
  ]);
  await eventually('the two that stay are alone', async () => (await rooms.members(room)).length === 2);
}

/** Sockets of the gateway's process with a connection, by their inodes. */
function connections(): number {
  const { pid } = rooms.gateway.program;
  const rows = readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/ +/));
  const connected = new Set(rows.filter(([, , , state]) => state === ESTABLISHED).map((row) => `socket:[${row[9]}]`));
  return descriptors().filter((link) => connected.has(link)).length;
}

/** What each open descriptor of the gateway's process is. */
function descriptors(): string[] {
  const folder = `/proc/${rooms.gateway.program.pid}/fd`;
  return readdirSync(folder).flatMap((name) => {
    try {
      return [readlinkSync(`${folder}/${name}`)];
    } catch {
      // It was closed while we looked.
      return [];
    }
  });
}

/** What there is while two are in the room: figures of the program, and files and sockets of its process. */
async function left() {
  const { gateway } = rooms;
  await gateway.quiet();
  // The first reading collects what the second one then counts.
  await gateway.metrics();
  const figures = await gateway.metrics();
  const registries = await gateway.leftovers();
  const heap = (figures.process_heap_used_bytes ?? Number.NaN) + (figures.process_external_bytes ?? Number.NaN);
  const timers = figures.process_timers ?? Number.NaN;
  // Connections are those of our own HTTP client, which keeps them.
  return { registries, descriptors: descriptors().length - connections(), timers, heapMb: heap / megabyte };
}

test('a thousand come and go by SIP, WebRTC and WebSocket: who stays hears well, and nothing is left behind', {
  timeout: 600_000,
}, async () => {
  // Nobody is asked who may come: what that takes on a busy machine is no part of this.
  const domain = { name: '*', auth: 'none', allow: ['127.0.0.0/8'], routing: 'bridge', rooms: { 9000: room } };
  rooms = await LoopbackRooms.start({
    ...{ hookUrl: 'off', rtpPairs: 500, mediaWorkers: 2, nodeFlags: ['--expose-gc'] },
    args: ['--domains', JSON.stringify([domain])],
  });
  const { gateway } = rooms;
  await rooms.ask('POST', '/rooms', { room_id: room, empty_s: 1 });
  const [ann, bob] = [await rooms.come(room, 440), await rooms.come(room, 800)];
  const both = [
    [ann, [800]],
    [bob, [440]],
  ] as const;
  await comeAndGo(FEW);
  await hear(both, [440, 800]);
  const before = await left();
  const beganMs = machine.clock.nowMs();
  await comeAndGo(MANY);
  const tookS = (machine.clock.nowMs() - beganMs) / 1000;
  await hear(both, [440, 800]);
  let after = await left();
  const isClean = async (): Promise<boolean> => {
    if (after.timers <= before.timers && after.heapMb - before.heapMb < GROWN_MB) return true;
    after = await left();
    return false;
  };
  // What a busy machine has still to put away is not left over.
  await eventually('as before', isClean).catch(() => undefined);
  console.log(`a thousand in ${tookS.toFixed(0)} s; before ${JSON.stringify(before)}, after ${JSON.stringify(after)}`);
  expect(after.registries).toEqual(before.registries);
  expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
  expect(after.timers).toBeLessThanOrEqual(before.timers);
  expect(after.heapMb - before.heapMb).toBeLessThan(GROWN_MB);
  await rooms.over();
  expect(gateway.program.log.filter(({ level }) => level === 'error')).toEqual([]);
});
