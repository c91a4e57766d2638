import type { Network, SocketAddress, UdpSocket } from '../../base/network.js';
import type { LegPort, LegPortHandlers } from './leg-port.js';
import { type SendBuffer, SendBuffers } from './send-buffers.js';

export interface UdpPairOptions {
  readonly network: Network;
  readonly address: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
  readonly handlers: LegPortHandlers;
}

/**
 * One leg's two sockets, RTP and RTCP, over base/network. Limits: see SendBuffers. The hot path allocates nothing here;
 * node:dgram below it does.
 */
export class UdpPair implements LegPort {
  readonly #options: UdpPairOptions;
  readonly #buffers = new SendBuffers();
  #rtp: UdpSocket | null = null;
  #rtcp: UdpSocket | null = null;
  #closed: Promise<void> | null = null;

  constructor(options: UdpPairOptions) {
    this.#options = options;
  }

  get dropped(): number {
    return this.#buffers.dropped;
  }

  get failures(): number {
    return this.#buffers.failures;
  }

  get isOpen(): boolean {
    return this.#rtcp !== null && this.#closed === null;
  }

  get places(): readonly SocketAddress[] {
    return this.#rtp === null ? [] : [this.#rtp.local];
  }

  /** Binds both ports; rejects with the system's error and then leaves none bound. */
  async open(): Promise<void> {
    const { rtpPort, rtcpPort, handlers } = this.#options;
    const rtp = await this.#bind(rtpPort, handlers.onRtp);
    try {
      this.#rtcp = await this.#bind(rtcpPort, handlers.onRtcp);
    } catch (error) {
      await rtp.close();
      throw error;
    }
    this.#rtp = rtp;
    // Closed while the second port was being bound.
    if (this.#closed !== null) await this.#closeSockets();
  }

  reserve(packets: number): void {
    this.#buffers.reserve(packets);
  }

  acquire(): SendBuffer | null {
    return this.#buffers.acquire(this.#rtp);
  }

  acquireRtcp(): SendBuffer | null {
    return this.#buffers.acquireRtcp();
  }

  /** From the RTP port. */
  send(buffer: SendBuffer, length: number, address: string, port: number): void {
    if (this.#rtp === null || this.#closed !== null) return;
    this.#buffers.send(this.#rtp, buffer, length, address, port);
  }

  /** From the RTCP port. */
  sendRtcp(buffer: SendBuffer, length: number, address: string, port: number): void {
    if (this.#rtcp === null || this.#closed !== null) return;
    this.#buffers.send(this.#rtcp, buffer, length, address, port);
  }

  expect(): void {
    // Whatever comes here is for this leg.
  }

  ask(): void {
    // As above.
  }

  own(): void {
    // As above.
  }

  close(): Promise<void> {
    this.#closed ??= this.#closeSockets();
    return this.#closed;
  }

  #bind(port: number, deliver: LegPortHandlers['onRtp']): Promise<UdpSocket> {
    const { network, address, handlers } = this.#options;
    const onPacket = (data: Uint8Array, length: number, from: string, fromPort: number, arrivalMs?: number): void => {
      if (this.#closed === null) deliver.call(handlers, data, length, from, fromPort, arrivalMs);
    };
    return network.bindUdp(
      { address, port },
      {
        onMessage: (data, from, fromPort) => onPacket(data, data.length, from, fromPort),
        onPacket,
        onError: this.#buffers.onFailure,
      },
    );
  }

  async #closeSockets(): Promise<void> {
    await this.#rtcp?.close();
    await this.#rtp?.close();
  }
}
