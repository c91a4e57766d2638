import type { SocketAddress } from '../../base/network.js';
import type { LegPort, LegPortHandlers } from './leg-port.js';
import { type SendBuffer, SendBuffers } from './send-buffers.js';
import type { SharedSocket, SharedSource, SharedUdp } from './shared-udp.js';

/**
 * One leg at a shared port, with RTP and RTCP on it (RFC 5761). What it sends leaves by the socket at which its peer's
 * check was received; its answer to a check, by that of the check. Limits: see SendBuffers and SharedUdp.
 */
export class SharedLeg implements LegPort {
  /** That have proved to be the peer; kept by SharedUdp. */
  readonly sources: SharedSource[] = [];
  readonly #shared: SharedUdp;
  readonly #addresses: readonly string[];
  readonly #port: number;
  readonly #handlers: LegPortHandlers;
  readonly #buffers = new SendBuffers();
  #sockets: readonly SharedSocket[] = [];
  /** Of the datagram that is being received, or was last. */
  #via: SharedSocket | null = null;
  #ufrag: string | null = null;
  #isClosed = false;

  constructor(shared: SharedUdp, addresses: readonly string[], port: number, handlers: LegPortHandlers) {
    this.#shared = shared;
    this.#addresses = addresses;
    this.#port = port;
    this.#handlers = handlers;
  }

  get dropped(): number {
    return this.#buffers.dropped;
  }

  get failures(): number {
    return this.#buffers.failures;
  }

  get isOpen(): boolean {
    return this.#via !== null && !this.#isClosed;
  }

  get places(): readonly SocketAddress[] {
    return this.#sockets.map(({ socket }) => socket!.local);
  }

  async open(): Promise<void> {
    this.#sockets = await Promise.all(this.#addresses.map((address) => this.#shared.bind(address, this.#port)));
    this.#via = this.#sockets[0] ?? null;
  }

  acquire(): SendBuffer | null {
    return this.#buffers.acquire(this.#via?.socket ?? null);
  }

  acquireRtcp(): SendBuffer | null {
    return this.#buffers.acquireRtcp();
  }

  send(buffer: SendBuffer, length: number, address: string, port: number): void {
    const socket = this.#socketTo(address, port)?.socket ?? null;
    if (socket !== null && !this.#isClosed) this.#buffers.send(socket, buffer, length, address, port);
  }

  sendRtcp(buffer: SendBuffer, length: number, address: string, port: number): void {
    this.send(buffer, length, address, port);
  }

  expect(ufrag: string | null): void {
    if (ufrag === this.#ufrag) return;
    if (this.#ufrag !== null) this.#shared.unname(this.#ufrag);
    this.#ufrag = ufrag !== null && !this.#isClosed && this.#shared.name(ufrag, this) ? ufrag : null;
  }

  own(address: string, port: number): void {
    if (this.#via !== null && !this.#isClosed) this.#shared.own(this, this.#via, address, port);
  }

  /** A datagram for this leg. Hot path. */
  take(
    socket: SharedSocket,
    data: Uint8Array,
    length: number,
    address: string,
    port: number,
    arrivalMs: number | undefined,
  ): void {
    this.#via = socket;
    this.#handlers.onRtp(data, length, address, port, arrivalMs);
  }

  /** The socket stays: others use it. */
  close(): Promise<void> {
    this.expect(null);
    this.#isClosed = true;
    while (this.sources.length > 0) this.#shared.disown(this.sources[0]!);
    return Promise.resolve();
  }

  #socketTo(address: string, port: number): SharedSocket | null {
    const { sources } = this;
    for (let i = 0; i < sources.length; i += 1) {
      const source = sources[i]!;
      if (source.port === port && source.address === address) return source.socket;
    }
    return this.#via;
  }
}
