import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { WebSocket } from 'ws';
import { createRealClock } from '../../base/clock.js';
import { createRealNetwork } from '../../base/network.js';
import { createRealRandom } from '../../base/random.js';
import { BenchBrowser } from '../../bench/webrtc/browser.js';
import { createDtlsIdentity } from '../../media/index.js';
import { eventually } from './eventually.js';
import type { GatewayProcess } from './gateway-process.js';
import type { LoopbackRooms } from './loopback-rooms.js';
import { runSipp } from './sipp.js';

/** How many come by each door. */
export interface Comers {
  readonly phones: number;
  readonly browsers: number;
  readonly applications: number;
}

/** So many browsers and applications are there together, and twice as many phones: a busy machine has fewer a second. */
const AT_ONCE = 5;
/** As /proc writes it. */
const ESTABLISHED = '01';
const megabyte = 1024 * 1024;
const machine = { clock: createRealClock(), random: createRealRandom(), network: createRealNetwork() };
const identity = createDtlsIdentity(machine.random, machine.clock.epochMs());

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
async function browser(rooms: LoopbackRooms, room: string, index: number): Promise<void> {
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
async function application(rooms: LoopbackRooms, room: string, index: number): Promise<void> {
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
export async function comeAndGo(
  rooms: LoopbackRooms,
  room: string,
  { phones, browsers, applications }: Comers,
): Promise<void> {
  const { world, gateway } = rooms;
  const scenario = { scenario: 'integration/sipp/call.xml', server: gateway.sip, user: '9000' };
  await Promise.all([
    runSipp({ ...scenario, calls: phones, callsPerSecond: 25, atOnce: 2 * AT_ONCE, directory: world.directory }),
    inLines(browsers, (index) => browser(rooms, room, index)),
    inLines(applications, (index) => application(rooms, room, index)),
  ]);
  await eventually('the two that stay are alone', async () => (await rooms.members(room)).length === 2);
}

/** Sockets of the gateway's process with a connection, by their inodes. */
function connections(pid: number): number {
  const rows = readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/ +/));
  const connected = new Set(rows.filter(([, , , state]) => state === ESTABLISHED).map((row) => `socket:[${row[9]}]`));
  return descriptors(pid).filter((link) => connected.has(link)).length;
}

/** What each open descriptor of the gateway's process is. */
function descriptors(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((name) => {
    try {
      return [readlinkSync(`${folder}/${name}`)];
    } catch {
      // It was closed while we looked.
      return [];
    }
  });
}

/** What there is once no transaction is left: figures of the program started with --expose-gc, and files and sockets of its process. */
export async function leftIn(gateway: GatewayProcess) {
  const { pid } = gateway.program;
  await gateway.quiet();
  // The first reading collects what the second one then counts.
  await gateway.metrics();
  const figures = await gateway.metrics();
  const registries = await gateway.leftovers();
  const heap = (figures.process_heap_used_bytes ?? Number.NaN) + (figures.process_external_bytes ?? Number.NaN);
  const timers = figures.process_timers ?? Number.NaN;
  // Connections are those of our own HTTP client, which keeps them.
  return { registries, descriptors: descriptors(pid).length - connections(pid), timers, heapMb: heap / megabyte };
}
