/**
 * What a leg costs without sockets: µs of CPU and bytes of heap per leg and beat for a media host whose legs each get a
 * packet and are each sent one every 20 ms, 3 of each room talking. Rooms of 10; by how many legs the host has, as what
 * lies cold in memory is the difference. With `--srtp` its packets are protected both ways, by node:crypto or the addon; what
 * the endpoints protect is not counted.
 * Run: npm run build && node --expose-gc dist/bench/leg.bench.js [--codec pcmu] [--legs 10,100,1000] [--order room|arrival]
 *      [--srtp AEAD_AES_128_GCM [--addon]]
 */
import { parseArgs } from 'node:util';
import type { Clock } from '../base/clock.js';
import type { LegId, RoomId } from '../base/ids.js';
import { silentLogger } from '../base/log.js';
import { type NativeSrtp, nativeSrtpOf } from '../base/native-srtp.js';
import { loadNativeUdp, prepareNativeUdp } from '../base/native-udp.js';
import type { Network, UdpHandlers } from '../base/network.js';
import { createRealNetwork } from '../base/network.js';
import { createRealRandom } from '../base/random.js';
import { acceptAnswer, type CodecName, codecs, createOfferAnswer, makeOffer } from '../media/index.js';
import { SrtpSender } from '../media/srtp/context.js';
import type { SrtpKeying } from '../media/srtp/keyed-streams.js';
import { srtpProfileNamed } from '../media/srtp/profiles.js';
import { createMediaHost } from '../rooms/media-host.js';
import { mirrored, payloadTypeOf } from './media/servers/mirrored-sdp.js';
import { pcmOf } from './media/sounds.js';

const { values: settings } = parseArgs({
  options: {
    codec: { type: 'string', default: 'pcmu' },
    legs: { type: 'string', default: '10,100,400,1000' },
    order: { type: 'string', default: 'room' },
    srtp: { type: 'string' },
    addon: { type: 'boolean', default: false },
  },
});
const address = '127.0.0.1';
const sizeOfRooms = 10;
const talkersOfRoom = 3;
/** The best of these is told: other work on the machine only makes it slower. */
const ROUNDS = 12;
const codec = settings.codec as CodecName;
const keying = settings.srtp === undefined ? null : keyingOf(settings.srtp);
const nativeSrtp = settings.addon ? await openNativeSrtp() : null;

function keyingOf(name: string): SrtpKeying {
  const profile = srtpProfileNamed(name);
  if (profile === null) throw new Error(`no such profile: ${name}`);
  return { profile: profile.name, keyAndSalt: new Uint8Array(profile.keyBytes + profile.saltBytes).fill(7) };
}

async function openNativeSrtp(): Promise<NativeSrtp> {
  await prepareNativeUdp();
  const addon = loadNativeUdp();
  const found = typeof addon === 'string' ? null : nativeSrtpOf(addon);
  if (found === null) throw new Error('the addon is not to be had, or has no SRTP');
  return found;
}

let nowMs = 0;
const timers = new Set<{ atMs: number; fire: () => void }>();
const clock: Clock = {
  nowMs: () => nowMs,
  epochMs: () => nowMs,
  setTimer: (delayMs, fire) => {
    const timer = { atMs: nowMs + delayMs, fire };
    timers.add(timer);
    return { cancel: () => void timers.delete(timer) };
  },
};

function runTimers(): void {
  for (const timer of [...timers]) {
    if (timer.atMs > nowMs) continue;
    timers.delete(timer);
    timer.fire();
  }
}

/** Sockets by port; what is sent is gone at once. */
const sockets = new Map<number, UdpHandlers>();
let sent = 0;
const network: Network = {
  ...createRealNetwork(),
  bindUdp: (local, handlers) => {
    sockets.set(local.port, handlers);
    return Promise.resolve({
      local,
      queuedBytes: 0,
      send: (_data, _offset, _length, _port, _to, told) => {
        sent += 1;
        told?.(null);
      },
      close: () => Promise.resolve(),
    });
  },
};

/** A packet each beat of one endpoint. */
class Endpoint {
  readonly #handlers: UdpHandlers;
  readonly #packet: Buffer;
  readonly #payloads: readonly Uint8Array[];
  readonly #port: number;
  readonly #ticks: number;
  readonly #sender = new SrtpSender({ native: nativeSrtp });
  #count = 0;
  #length = 0;

  constructor(rtpPort: number, payloadType: number, payloads: readonly Uint8Array[]) {
    this.#handlers = sockets.get(rtpPort)!;
    this.#payloads = payloads;
    this.#port = rtpPort + 20_000;
    this.#ticks = codecs[codec].clockRateHz / 50;
    this.#packet = Buffer.alloc(1500);
    this.#packet[0] = 0x80;
    this.#packet[1] = payloadType;
    this.#packet.writeUInt32BE(rtpPort, 8);
    this.#sender.setKeys(keying);
  }

  /** Before the clock runs. */
  prepare(): void {
    const count = this.#count++;
    const payload = this.#payloads[count % this.#payloads.length]!;
    this.#packet.writeUInt16BE(count & 0xffff, 2);
    this.#packet.writeUInt32BE((count * this.#ticks) >>> 0, 4);
    this.#packet.set(payload, 12);
    const plainBytes = 12 + payload.length;
    this.#length = keying === null ? plainBytes : this.#sender.protectRtp(this.#packet, plainBytes);
  }

  send(): void {
    this.#handlers.onPacket?.(this.#packet, this.#length, address, this.#port);
  }
}

function payloadsOf(hz: number | null): Uint8Array[] {
  const row = codecs[codec];
  const pcm = pcmOf({ hz }, row.sampleRateHz);
  const encoder = row.createEncoder();
  const samples = row.sampleRateHz / 50;
  const out = new Uint8Array(2000);
  return Array.from({ length: pcm.length / samples }, (_, i) =>
    out.slice(0, encoder.encode(pcm, i * samples, samples, out, 0)),
  );
}

async function measure(legs: number): Promise<string> {
  sockets.clear();
  const events: string[] = [];
  const host = createMediaHost(
    { post: (event) => void events.push(event.type) },
    { clock, random: createRealRandom(), network, nativeSrtp, log: silentLogger },
  );
  const silence = payloadsOf(null);
  const endpoints: Endpoint[] = [];
  for (let i = 0; i < legs; i += 1) {
    const legId = `leg-${i}` as LegId;
    const rtpPort = 10_000 + 2 * i;
    host.handle({
      type: 'open-leg',
      legId,
      address,
      rtpPort,
      rtcpPort: rtpPort + 1,
      ssrc: i + 1,
      sequence: 0,
      timestamp: 0,
      cname: 'bench',
      rtpTimeoutMs: 0,
      nat: 'auto',
    } as never);
    await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    const session = createOfferAnswer({ sessionId: String(i + 1), username: '-' });
    const offer = makeOffer(session, {
      address,
      rtpPort,
      rtcpPort: rtpPort + 1,
      codecs: [codec],
      telephoneEvent: false,
      ptimeMs: 20,
      direction: 'sendrecv',
    });
    const answer = acceptAnswer(offer.state, mirrored(offer.sdp, rtpPort + 20_000));
    if (!answer.ok) throw new Error(answer.fault);
    const srtp = keying === null ? {} : { srtp: { send: keying, receive: keying } };
    host.handle({ type: 'set-leg', legId, media: { ...answer.media, ...srtp } });
    host.handle({ type: 'join-room', legId, roomId: `room-${Math.floor(i / sizeOfRooms)}` as RoomId, echo: false });
    const place = i % sizeOfRooms;
    endpoints.push(
      new Endpoint(rtpPort, payloadTypeOf(offer.sdp), place < talkersOfRoom ? payloadsOf(400 + 100 * place) : silence),
    );
  }
  const arrival =
    settings.order === 'room'
      ? endpoints
      : endpoints
          .map((each) => ({ each, at: Math.random() }))
          .sort((a, b) => a.at - b.at)
          .map(({ each }) => each);
  let receiveUs = 0;
  let beatUs = 0;
  let cpuUs = 0;
  const turn = (): void => {
    for (let i = 0; i < arrival.length; i += 1) arrival[i]!.prepare();
    const before = process.cpuUsage();
    const from = process.hrtime.bigint();
    for (let i = 0; i < arrival.length; i += 1) arrival[i]!.send();
    const between = process.hrtime.bigint();
    nowMs += 20;
    runTimers();
    const to = process.hrtime.bigint();
    const { user, system } = process.cpuUsage(before);
    cpuUs += user + system;
    receiveUs += Number(between - from) / 1000;
    beatUs += Number(to - between) / 1000;
  };
  const turns = Math.max(100, Math.ceil(20_000 / legs));
  for (let i = 0; i < 5 * turns; i += 1) turn();
  globalThis.gc?.();
  let best = { cpuUs: Number.POSITIVE_INFINITY, receiveUs: 0, beatUs: 0, heapBytes: 0 };
  for (let round = 0; round < ROUNDS; round += 1) {
    cpuUs = 0;
    receiveUs = 0;
    beatUs = 0;
    sent = 0;
    const heapBefore = process.memoryUsage().heapUsed;
    for (let i = 0; i < turns; i += 1) turn();
    const heapBytes = process.memoryUsage().heapUsed - heapBefore;
    if (cpuUs < best.cpuUs) best = { cpuUs, receiveUs, beatUs, heapBytes };
  }
  await host.close();
  const per = (total: number): string => (total / (turns * legs)).toFixed(2).padStart(7);
  const { receiveUs: arriving, beatUs: beating, heapBytes } = best;
  return `${String(legs).padStart(5)} legs ${per(best.cpuUs)} µs of CPU (${per(arriving)} µs arriving, ${per(beating)} beating) ${per(heapBytes)} B of heap, ${(sent / (turns * legs)).toFixed(2)} packets sent each\n`;
}

for (const legs of settings.legs.split(',').map(Number)) process.stdout.write(await measure(legs));
