import { RtpHeader, RtpPacket } from 'werift';
import type { Clock } from '../../base/clock.js';
import type { Network, UdpSocket } from '../../base/network.js';
import { parseRtcp, type RtcpPacket, writeRtcp } from '../../media/rtcp/packet.js';
import type { SrtpReceiver, SrtpSender } from '../../media/srtp/context.js';
import { maxSrtpOverheadBytes } from '../../media/srtp/profiles.js';

export interface HeardRtp {
  readonly atMs: number;
  readonly from: string;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly marker: boolean;
  readonly payloadType: number;
  readonly payload: Buffer;
}

export interface RtpPeerOptions {
  readonly clock: Clock;
  readonly network: Network;
  readonly address: string;
  readonly rtpPort: number;
  readonly ssrc?: number;
  readonly sequence?: number;
  readonly timestamp?: number;
}

/** A phone's RTP: sends what it is told, keeps what it hears. Its RTP is written and read by werift. */
export class RtpPeer {
  readonly heard: HeardRtp[] = [];
  readonly reports: RtcpPacket[][] = [];
  ssrc: number;
  sequence: number;
  timestamp: number;
  to = { address: '', rtpPort: 0, rtcpPort: 0 };
  /** Protects what it sends from now on; null: in the clear. */
  sealing: SrtpSender | null = null;
  /** Opens what it hears from now on; what is not genuine is counted and not heard. */
  opening: SrtpReceiver | null = null;
  refused = 0;
  /** Takes what is neither RTP nor RTCP (RFC 7983). */
  other: ((data: Buffer, address: string, port: number) => void) | null = null;
  readonly #options: RtpPeerOptions;
  #rtp: UdpSocket | null = null;
  #rtcp: UdpSocket | null = null;

  constructor(options: RtpPeerOptions) {
    this.#options = options;
    this.ssrc = options.ssrc ?? 0x1234_5678;
    this.sequence = options.sequence ?? 100;
    this.timestamp = options.timestamp ?? 5000;
  }

  async open(to: { address: string; rtpPort: number; rtcpPort: number }): Promise<this> {
    const { network, address, rtpPort } = this.#options;
    this.to = to;
    const onError = (): void => undefined;
    this.#rtp = await network.bindUdp({ address, port: rtpPort }, { onMessage: this.#onRtp, onError });
    this.#rtcp = await network.bindUdp({ address, port: rtpPort + 1 }, { onMessage: this.#onRtcp, onError });
    return this;
  }

  /** One packet of `payload`; sequence and timestamp then move on, by `ticks` of it. */
  send(payload: Uint8Array, options: { payloadType?: number; marker?: boolean; ticks?: number } = {}): void {
    const header = new RtpHeader({
      payloadType: options.payloadType ?? 0,
      marker: options.marker ?? false,
      sequenceNumber: this.sequence,
      timestamp: this.timestamp,
      ssrc: this.ssrc,
    });
    const plain = new RtpPacket(header, Buffer.from(payload)).serialize();
    this.sendBytes(this.#sealed(plain, (data, length) => this.sealing!.protectRtp(data, length)));
    this.skip(options.ticks ?? payload.length);
  }

  /** As if a packet of `ticks` had been sent and lost. */
  skip(ticks: number): void {
    this.sequence = (this.sequence + 1) & 0xffff;
    this.timestamp = (this.timestamp + ticks) >>> 0;
  }

  sendBytes(bytes: Uint8Array): void {
    this.#rtp?.send(bytes, 0, bytes.length, this.to.rtpPort, this.to.address);
  }

  sendRtcp(packets: RtcpPacket[]): void {
    const bytes = Buffer.alloc(1000);
    const plain = bytes.subarray(0, writeRtcp(bytes, packets));
    this.sendRtcpBytes(this.#sealed(plain, (data, length) => this.sealing!.protectRtcp(data, length)));
  }

  sendRtcpBytes(bytes: Uint8Array): void {
    this.#rtcp?.send(bytes, 0, bytes.length, this.to.rtcpPort, this.to.address);
  }

  #sealed(plain: Uint8Array, seal: (data: Uint8Array, length: number) => number): Uint8Array {
    if (this.sealing === null) return plain;
    const data = Buffer.concat([plain, Buffer.alloc(maxSrtpOverheadBytes)]);
    return data.subarray(0, seal(data, plain.length));
  }

  async close(): Promise<void> {
    await this.#rtp?.close();
    await this.#rtcp?.close();
  }

  readonly #onRtp = (data: Buffer, address: string, port: number): void => {
    if (data[0]! < 64) {
      this.other?.(Buffer.from(data), address, port);
      return;
    }
    if (data[1]! >= 192 && data[1]! <= 223) {
      this.#onRtcp(data);
      return;
    }
    const packet = Buffer.from(data);
    const length = this.opening === null ? packet.length : this.opening.unprotectRtp(packet, packet.length);
    if (length === 0) {
      this.refused += 1;
      return;
    }
    const { header, payload } = RtpPacket.deSerialize(packet.subarray(0, length));
    this.heard.push({
      atMs: this.#options.clock.nowMs(),
      from: `${address}:${port}`,
      sequence: header.sequenceNumber,
      timestamp: header.timestamp,
      ssrc: header.ssrc,
      marker: header.marker,
      payloadType: header.payloadType,
      payload,
    });
  };

  readonly #onRtcp = (data: Buffer): void => {
    const packet = Buffer.from(data);
    const length = this.opening === null ? packet.length : this.opening.unprotectRtcp(packet, packet.length);
    if (length === 0) {
      this.refused += 1;
      return;
    }
    const compound = parseRtcp(packet, length);
    if (compound.ok) this.reports.push(compound.value);
  };
}

/** Samples that µ-law carries without loss, by code. */
export const sampleOf = { 128: 32124, 144: 15996, 160: 7932, 0: -32124 } as const;

/** How sequence and timestamp went on from packet to packet. */
export function steps(heard: readonly HeardRtp[]): { sequences: Set<number>; timestamps: Set<number> } {
  const sequences = new Set<number>();
  const timestamps = new Set<number>();
  for (let i = 1; i < heard.length; i += 1) {
    sequences.add((heard[i]!.sequence - heard[i - 1]!.sequence) & 0xffff);
    timestamps.add((heard[i]!.timestamp - heard[i - 1]!.timestamp) >>> 0);
  }
  return { sequences, timestamps };
}
