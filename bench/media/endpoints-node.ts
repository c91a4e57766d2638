/** The wire of the load generator on node:dgram, for machines without a compiler; see wire-files.ts. Twin of c/endpoints.c. */

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import {
  type Buckets,
  bucketMs,
  endpointWords,
  frameWords,
  headerWords,
  lastBucket,
  rtpHeaderBytes,
  soundWords,
  type WireResult,
} from './wire-files.js';

const FIRST_PORT = 20_000;
const LAST_PORT = 32_766;
const SLOTS = 128;
const MAX_PACKET = 2048;

interface Endpoint {
  readonly socket: Socket;
  readonly packet: Buffer;
  remotePort: number;
  payloadType: number;
  ticks: number;
  frameMs: number;
  sound: number;
  isSampled: boolean;
  frame: number;
  dueMs: number;
  slotMs: number;
  sequence: number;
  timestamp: number;
  started: boolean;
  lastMs: number;
  received: number;
  firstSequence: number;
  highest: number;
}

const count = Number(process.argv[2]);
const address = process.argv[3] ?? '127.0.0.1';
const endpoints: Endpoint[] = [];
const gaps = new Uint32Array(lastBucket + 1);
const lateness = new Uint32Array(lastBucket + 1);
const figures = { sent: 0, dropped: 0, received: 0, duplicates: 0, sendFailures: 0, worstGapMs: 0, worstLateMs: 0 };
const captured: Buffer[] = [];
const bursts: [number, number][] = [];
const epochMs = performance.timeOrigin;
let measuring = false;
/** Told to send no more. */
let isFinished = false;
let plan = new Int32Array(0);
let blob = Buffer.alloc(0);
let random = 1;

function randomBelow(limit: number): number {
  random ^= random << 13;
  random ^= random >>> 17;
  random ^= random << 5;
  return (random >>> 0) % limit;
}

function record(buckets: Uint32Array, ms: number): void {
  buckets[Math.max(0, Math.min(lastBucket, Math.floor(ms / bucketMs)))]! += 1;
}

async function bindOne(fromPort: number): Promise<Socket> {
  for (let port = fromPort; port <= LAST_PORT; port += 2) {
    const socket = createSocket({
      type: 'udp4',
      recvBufferSize: 1 << 18,
      lookup: (host, _, found) => found(null, host, 4),
    });
    const isBound = await new Promise<boolean>((resolve) => {
      socket.once('error', () => resolve(false)).bind({ port, address, exclusive: true }, () => resolve(true));
    });
    if (isBound) return socket;
    socket.close();
  }
  throw new Error('no port is left');
}

async function bindAll(): Promise<void> {
  let port = FIRST_PORT;
  for (let i = 0; i < count; i += 1) {
    const socket = await bindOne(port);
    port = socket.address().port + 2;
    const empty = { remotePort: 0, payloadType: 0, ticks: 0, frameMs: 0, sound: 0, isSampled: false, frame: 0 };
    const line = { dueMs: 0, slotMs: 0, sequence: 0, timestamp: 0, started: false, lastMs: 0, received: 0 };
    const packet = Buffer.alloc(MAX_PACKET);
    endpoints.push({ socket, packet, ...empty, ...line, firstSequence: 0, highest: 0 });
    socket.removeAllListeners('error').on('error', () => undefined);
    socket.on('message', (data) => receive(i, data));
  }
  process.stdout.write(`ports ${endpoints.map(({ socket }) => socket.address().port).join(' ')}\n`);
}

function receive(index: number, data: Buffer): void {
  const each = endpoints[index]!;
  if (data.length < rtpHeaderBytes || data[0]! >> 6 !== 2 || (data[1]! & 0x7f) !== each.payloadType) return;
  const nowMs = performance.now();
  const lastMs = each.lastMs;
  each.lastMs = nowMs;
  if (!measuring) return;
  const sequence = data.readUInt16BE(2);
  figures.received += 1;
  if (each.received === 0) each.firstSequence = each.highest = sequence;
  const ahead = ((sequence - each.highest) << 16) >> 16;
  if (ahead === 0 && each.received > 0) figures.duplicates += 1;
  if (ahead > 0) each.highest += ahead;
  each.received += 1;
  if (lastMs > 0) {
    record(gaps, nowMs - lastMs);
    figures.worstGapMs = Math.max(figures.worstGapMs, nowMs - lastMs);
  }
  if (!each.isSampled) return;
  const head = Buffer.alloc(16);
  head.writeInt32LE(index, 0);
  head.writeInt32LE(data.length, 4);
  head.writeBigInt64LE(BigInt(Math.round((epochMs + nowMs) * 1e6)), 8);
  captured.push(head, data);
}

function takePlan(path: string): void {
  const file = readFileSync(path);
  const words = headerWords + file.readInt32LE(4) * endpointWords + file.readInt32LE(8) * soundWords;
  const allWords = words + file.readInt32LE(12) * frameWords;
  plan = new Int32Array(file.buffer.slice(file.byteOffset, file.byteOffset + allWords * 4));
  blob = file.subarray(allWords * 4);
  random = (Math.imul(plan[8]!, 0x9e3779b1) + 1) | 0 || 1;
  for (const [i, each] of endpoints.entries()) {
    const at = headerWords + i * endpointWords;
    each.remotePort = plan[at]!;
    each.payloadType = plan[at + 1]!;
    each.ticks = plan[at + 2]!;
    each.sound = plan[at + 3]!;
    each.isSampled = plan[at + 4] === 1;
    each.dueMs = each.slotMs = plan[at + 5]!;
    each.frameMs = plan[at + 6]!;
    each.sequence = randomBelow(65_536);
    each.timestamp = randomBelow(0x7fffffff);
    each.packet.writeUInt32BE(0x1000_0000 + i, 8);
    each.packet[0] = 0x80;
  }
}

function sent(error: Error | null): void {
  if (error !== null) figures.sendFailures += 1;
}

function sendOne(index: number, lateMs: number): void {
  const each = endpoints[index]!;
  const soundAt = headerWords + endpoints.length * endpointWords + each.sound * soundWords;
  const frameAt =
    headerWords + endpoints.length * endpointWords + plan[2]! * soundWords + (plan[soundAt]! + each.frame) * frameWords;
  const { packet } = each;
  if (plan[7]! > 0 && randomBelow(10_000) < plan[7]!) {
    if (measuring) figures.dropped += 1;
  } else {
    packet[1] = each.payloadType | (each.started ? 0 : 0x80);
    packet.writeUInt16BE(each.sequence, 2);
    packet.writeUInt32BE(each.timestamp, 4);
    const offset = plan[frameAt]!;
    const length = plan[frameAt + 1]!;
    blob.copy(packet, rtpHeaderBytes, offset, offset + length);
    each.started = true;
    if (each.frame % plan[soundAt + 3]! === plan[soundAt + 2] && each.isSampled && measuring)
      bursts.push([index, epochMs + performance.now()]);
    each.socket.send(packet, 0, rtpHeaderBytes + length, each.remotePort, address, sent);
    if (measuring) {
      figures.sent += 1;
      record(lateness, lateMs);
      figures.worstLateMs = Math.max(figures.worstLateMs, lateMs);
    }
  }
  each.sequence = (each.sequence + 1) & 0xffff;
  each.timestamp = (each.timestamp + each.ticks) >>> 0;
  each.frame = (each.frame + 1) % plan[soundAt + 1]!;
  each.dueMs += each.frameMs;
  each.slotMs = Math.max(each.slotMs, each.dueMs + (plan[6]! > 0 ? randomBelow(plan[6]! + 1) : 0));
}

function run(): Promise<void> {
  const slots: number[][] = Array.from({ length: SLOTS }, () => []);
  for (const [i, each] of endpoints.entries()) slots[each.slotMs % SLOTS]!.push(i);
  const startMs = performance.now();
  const endMs = plan[4]! + plan[5]!;
  let slotMs = 0;
  const sendDue = (): void => {
    const slot = slots[slotMs % SLOTS]!;
    // What is put back into this very slot is sent in the same pass.
    for (let i = 0; i < slot.length; i += 1) {
      const index = slot[i]!;
      sendOne(index, performance.now() - startMs - slotMs);
      slots[endpoints[index]!.slotMs % SLOTS]!.push(index);
    }
    slot.length = 0;
  };
  return new Promise((resolve) => {
    const step = (): void => {
      while (!isFinished && slotMs < endMs && startMs + slotMs <= performance.now()) {
        if (slotMs === plan[4]) {
          measuring = true;
          process.stdout.write('measuring\n');
        }
        sendDue();
        slotMs += 1;
      }
      if (!isFinished && slotMs < endMs) setTimeout(step, Math.max(0, startMs + slotMs - performance.now()));
      else resolve();
    };
    step();
  });
}

function sparse(buckets: Uint32Array): Buckets {
  return [...buckets.entries()].filter(([, each]) => each > 0);
}

function result(): WireResult {
  let lost = 0;
  for (const { received, firstSequence, highest } of endpoints) {
    if (received > 0) lost += Math.max(0, highest - firstSequence + 1 - received);
  }
  const silent = endpoints.filter(({ received }) => received === 0).length;
  return { ...figures, lost, silent, gaps: sparse(gaps), lateness: sparse(lateness), bursts };
}

async function main(): Promise<void> {
  try {
    // Before the servers on the same cores: packets that leave late would be measured as theirs.
    setPriority(-15);
  } catch {
    // Only root may.
  }
  await bindAll();
  const lines = createInterface({ input: process.stdin });
  const [line = ''] = (await once(lines, 'line')) as string[];
  const [, path = '', prefix = ''] = line.split(' ');
  const finish = (): void => {
    isFinished = true;
  };
  lines.once('line', finish).once('close', finish);
  takePlan(path);
  await run();
  measuring = false;
  process.stdout.write('measured\n');
  writeFileSync(`${prefix}.capture`, Buffer.concat(captured));
  writeFileSync(`${prefix}.json`, JSON.stringify(result()));
  process.stdout.write('written\n');
  process.exit(0);
}

await main();
