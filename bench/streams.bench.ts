/**
 * What streams to applications cost: CPU of the gateway's process (WebSockets, conversion and media host together; the
 * applications are another process) for 100 streams that hear and speak without a pause, ten in a room.
 * Run: npm run build && node dist/bench/streams.bench.js [--streams 100] [--seconds 10]
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { createRealClock, delay } from '../base/clock.js';
import { silentLogger } from '../base/log.js';
import { createRealRandom } from '../base/random.js';
import { createRealWebSockets } from '../base/web-socket-network.js';
import type { RoomEntrance } from '../gateway/rooms/door.js';
import type { RoomDirectory } from '../gateway/rooms/news.js';
import { StreamService } from '../gateway/streams/service.js';
import { StreamDoor } from '../gateway/streams/stream-door.js';
import { createMediaPool, createWorkerHost } from '../rooms/index.js';

const ways = [
  ['µ-law 8 kHz, JSON (as Twilio)', 'encoding=mulaw&rate=8000', 160],
  ['l16 16 kHz, JSON', 'encoding=l16&rate=16000', 640],
  ['l16 16 kHz, binary frames', 'encoding=l16&rate=16000&frames=binary', 640],
  ['l16 16 kHz, binary frames of 100 ms', 'encoding=l16&rate=16000&frames=binary&chunk_ms=100', 640],
  ['l16 24 kHz, JSON', 'encoding=l16&rate=24000', 960],
  ['l16 24 kHz, binary frames', 'encoding=l16&rate=24000&frames=binary', 960],
] as const;

const clock = createRealClock();
const option = (name: string, usual: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? usual : Number(process.argv[at + 1]);
};

/** The applications: each says 20 ms every 20 ms. */
function applications(port: number, streams: number, query: string, bytes: number): void {
  const sound = Buffer.alloc(bytes, 0x55);
  const text = JSON.stringify({ event: 'media', media: { payload: sound.toString('base64') } });
  const sockets = Array.from(
    { length: streams },
    (_, i) => new WebSocket(`ws://127.0.0.1:${port}/streams/r${i % 10}?${query}`),
  );
  const beat = (dueMs: number): void => {
    for (const socket of sockets) if (socket.readyState === 1) socket.send(query.includes('binary') ? sound : text);
    clock.setTimer(dueMs + 20 - clock.nowMs(), () => beat(dueMs + 20));
  };
  beat(clock.nowMs());
}

async function measure([name, query, bytes]: (typeof ways)[number], streams: number, seconds: number): Promise<void> {
  const random = createRealRandom();
  const pool = createMediaPool({ clock, random, log: silentLogger, hosts: 1, spawn: () => createWorkerHost({}) });
  await pool.ready();
  const nobody = { check: () => null, enter: () => null, left: () => null, entersAtOnce: () => true };
  const rooms = { emit: () => null, watch: () => () => null, has: () => true, member: () => null, members: () => [] };
  const service = new StreamService({
    ...{ clock, random, log: silentLogger, pool, webSockets: null, permits: () => false },
    entrance: nobody as unknown as RoomEntrance,
    rooms: rooms as unknown as RoomDirectory,
  });
  const door = new StreamDoor({ service, apiSecret: null, apiAllow: ['127.0.0.1'], readToken: () => 'malformed' });
  const listener = await createRealWebSockets().listen({ address: '127.0.0.1', port: 0 }, door, { maxSockets: 2000 });
  const args = ['--applications', String(listener.local.port), String(streams), query, String(bytes)];
  const child = fork(fileURLToPath(import.meta.url), args);
  for (let tries = 0; service.size < streams && tries < 600; tries += 1) await delay(clock, 100);
  await delay(clock, 1000);
  const [before, chunks] = [process.cpuUsage(), service.list(null).reduce((sum, view) => sum + view.sent_chunks, 0)];
  const lostBefore = service.list(null).reduce((sum, view) => sum + view.lost_chunks, 0);
  await delay(clock, seconds * 1000);
  const cpu = process.cpuUsage(before);
  const views = service.list(null);
  const sent = views.reduce((sum, view) => sum + view.sent_chunks, 0) - chunks;
  const lost = views.reduce((sum, view) => sum + view.lost_chunks, 0) - lostBefore;
  const perChunk = (cpu.user + cpu.system) / Math.max(1, sent);
  const share = (cpu.user + cpu.system) / 10_000 / seconds;
  const figures = `${share.toFixed(1).padStart(6)} % of a core ${(share / views.length).toFixed(3).padStart(7)} % each`;
  const counts = `${(sent / seconds).toFixed(0)} chunks/s each way, ${lost} lost, ${perChunk.toFixed(0)} µs a chunk`;
  console.log(`${name.padEnd(36)} ${views.length} streams ${figures}  ${counts}`);
  child.kill();
  service.close();
  await listener.close();
  await pool.close(1000);
}

if (process.argv[2] === '--applications') {
  const [port, streams, query, bytes] = process.argv.slice(3);
  applications(Number(port), Number(streams), query!, Number(bytes));
} else {
  for (const way of ways) await measure(way, option('streams', 100), option('seconds', 10));
}
