import { createRealClock, type Timer } from '../../../base/clock.js';
import { createRealNetwork, type UdpSocket } from '../../../base/network.js';
import { codecs } from '../../../media/codec/codec.js';
import { RtpHeader, readRtp } from '../../../media/rtp/packet.js';
import { freeRange } from './ports.js';
import { TONE_PEAK, type ToneMember } from './tones.js';

const FRAME = 160;
const PCMA = 8;

/**
 * The sound of a phone that has none itself (sipp): says a tone in PCMA to whoever sends it RTP, and keeps what it hears.
 */
export class TonePeer implements ToneMember {
  readonly name: string;
  readonly toneHz: number;
  readonly port: number;
  #socket: UdpSocket | null = null;
  #timer: Timer | null = null;
  #to: { readonly address: string; readonly port: number } | null = null;
  #sent = 0;
  #fromMs = 0;
  #heard: Int16Array[] = [];
  readonly #clock = createRealClock();
  readonly #header = new RtpHeader();
  readonly #encoder = codecs.pcma.createEncoder();
  readonly #decoder = codecs.pcma.createDecoder();

  private constructor(name: string, toneHz: number, port: number) {
    this.name = name;
    this.toneHz = toneHz;
    this.port = port;
  }

  static async open(name: string, toneHz: number): Promise<TonePeer> {
    const peer = new TonePeer(name, toneHz, await freeRange(2));
    const onMessage = (data: Buffer, address: string, port: number): void => peer.#hear(data, { address, port });
    const at = { address: '127.0.0.1', port: peer.port };
    peer.#socket = await createRealNetwork().bindUdp(at, { onMessage, onError: () => undefined });
    return peer;
  }

  mark(): Promise<number> {
    return Promise.resolve(this.#heard.length);
  }

  since(mark: number): Promise<Int16Array> {
    return Promise.resolve(Int16Array.from(this.#heard.slice(mark).flatMap((part) => [...part])));
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.#socket?.close();
  }

  #hear(data: Buffer, from: { readonly address: string; readonly port: number }): void {
    if (readRtp(data, data.length, this.#header) !== null || this.#header.payloadType !== PCMA) return;
    const { payloadOffset, payloadBytes } = this.#header;
    const pcm = new Int16Array(payloadBytes);
    this.#decoder.decode(data, payloadOffset, payloadBytes, pcm, 0);
    this.#heard.push(pcm);
    if (this.#to !== null) return;
    this.#to = from;
    this.#fromMs = this.#clock.nowMs();
    this.#beat();
  }

  /** As many frames as time has passed for. */
  #beat(): void {
    while (this.#sent * 20 <= this.#clock.nowMs() - this.#fromMs) this.#send();
    this.#timer = this.#clock.setTimer(10, () => this.#beat());
  }

  #send(): void {
    const from = this.#sent * FRAME;
    const turn = (2 * Math.PI * this.toneHz) / 8000;
    const pcm = Int16Array.from({ length: FRAME }, (_, i) => 32767 * TONE_PEAK * Math.sin(turn * (from + i)));
    const packet = Buffer.alloc(12 + FRAME);
    packet.writeUInt16BE(0x8000 | (this.#sent === 0 ? 0x80 : 0) | PCMA, 0);
    packet.writeUInt16BE(this.#sent & 0xffff, 2);
    packet.writeUInt32BE(from, 4);
    packet.writeUInt32BE(0x5199_0001, 8);
    this.#encoder.encode(pcm, 0, FRAME, packet, 12);
    this.#socket?.send(packet, 0, packet.length, this.#to!.port, this.#to!.address);
    this.#sent += 1;
  }
}
