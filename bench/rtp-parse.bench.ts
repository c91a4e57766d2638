/**
 * What one RTP packet costs: reading its header here and with werift's parser, and one leg's whole beat (a packet in,
 * jitter buffer, decode, encode, a packet out) without sockets. CPU time, and bytes of heap after warm-up.
 * Run: npm run build && node dist/bench/rtp-parse.bench.js
 */
import { RtpPacket } from 'werift';
import { LegReceiver } from '../media/leg-receiver.js';
import { LegSender } from '../media/leg-sender.js';
import { RtpHeader, readRtp } from '../media/rtp/packet.js';
import { UdpPair } from '../media/transport/udp.js';

const ROUNDS = 400_000;
/** Few enough that no collection runs in between. */
const HEAP_ROUNDS = 2_000;

function measure(name: string, round: (index: number) => void): void {
  for (let i = 0; i < ROUNDS; i += 1) round(i);
  const before = process.cpuUsage();
  for (let i = ROUNDS; i < 2 * ROUNDS; i += 1) round(i);
  const { user, system } = process.cpuUsage(before);
  let leastBytes = Number.POSITIVE_INFINITY;
  for (let sample = 0; sample < 20; sample += 1) {
    const from = 2 * ROUNDS + sample * HEAP_ROUNDS;
    const heapBefore = process.memoryUsage().heapUsed;
    for (let i = from; i < from + HEAP_ROUNDS; i += 1) round(i);
    const grown = process.memoryUsage().heapUsed - heapBefore;
    if (grown >= 0) leastBytes = Math.min(leastBytes, grown / HEAP_ROUNDS);
  }
  const nanoseconds = (((user + system) * 1000) / ROUNDS).toFixed(0);
  process.stdout.write(`${name.padEnd(26)}${nanoseconds.padStart(7)} ns ${leastBytes.toFixed(1).padStart(8)} B\n`);
}

const packet = Buffer.alloc(172, 0x55).fill(Buffer.from('8000000100000001cafef00d', 'hex'), 0, 12);
const header = new RtpHeader();
const format = { codec: 'pcmu', payloadType: 0, clockRateHz: 8000, ptimeMs: 20, parameters: '' } as const;
const handlers = { onRtp: () => undefined, onRtcp: () => undefined };
const network = { bindUdp: () => Promise.reject(new Error('no sockets here')) } as never;
const pair = new UdpPair({ network, address: '', rtpPort: 0, rtcpPort: 0, handlers });
const sender = new LegSender({ line: { ssrc: 1, sequence: 1, timestamp: 1 }, pair, sampleRateHz: 8000 });
const receiver = new LegReceiver({ sampleRateHz: 8000, onDigit: () => undefined });
sender.set(format, null);
receiver.set([format], [], true);
const frame = new Int16Array(160);
const to = { address: '127.0.0.1', port: 4000 };

measure('read, ours', () => void readRtp(packet, packet.length, header));
measure('read, werift 0.24.4', () => void RtpPacket.deSerialize(packet));
measure('beat of a leg, ours', (index) => {
  packet.writeUInt16BE(index & 0xffff, 2);
  packet.writeUInt32BE((index * 160) >>> 0, 4);
  readRtp(packet, packet.length, header);
  receiver.receive(header, packet, index * 20);
  sender.push(index * 20, receiver.pull(index * 20, frame) ? frame : null, null, to);
});
