import type { SocketAddress } from '../../base/network.js';
import type { LegPort, LegPortHandlers } from './leg-port.js';
import { type SendBuffer, SendBuffers } from './send-buffers.js';
import type { SharedSocket, SharedSource, SharedUdp } from './shared-udp.js';

/** Checks of ours that wait for their answers: one for each of eight places, twice where one is nominated. */
const MAX_ASKED = 16;

/**
 * One leg at a shared port, with RTP and RTCP on it (RFC 5761). What it sends leaves by the socket at which its peer's
 * check was received; its answer to a check, by that of the check. Limits: see SendBuffers and SharedUdp.
 */
export class SharedLeg implements LegPort {
  /** That have proved to be the peer; kept by SharedUdp. */
  readonly sources: SharedSource[] = [];
  /** Transaction ids of its checks, the oldest first. */
  readonly asked: string[] = [];
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

  reserve(packets: number): void {
    this.#buffers.reserve(packets);
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

  ask(check: Uint8Array): void {
    if (this.#isClosed) return;
    const id = this.#shared.ask(check, this);
    if (id === null || this.asked.includes(id)) return;
    this.asked.push(id);
    if (this.asked.length > MAX_ASKED) this.#shared.unask(this.asked.shift()!);
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
    for (const id of this.asked.splice(0)) this.#shared.unask(id);
    while (this.sources.length > 0) this.#shared.disown(this.sources[0]!);
    return Promise.resolve();
  }

  /** To where nothing has come from yet: the one in use, or one of the address's family. */
  #socketFor(address: string): SharedSocket | null {
    const isV6 = address.includes(':');
    const isAlike = (socket: SharedSocket | null): boolean => socket?.socket?.local.address.includes(':') === isV6;
    return isAlike(this.#via) ? this.#via : (this.#sockets.find(isAlike) ?? this.#via);
  }

  #socketTo(address: string, port: number): SharedSocket | null {
    const { sources } = this;
    for (let i = 0; i < sources.length; i += 1) {
      const source = sources[i]!;
      if (source.port === port && source.address === address) return source.socket;
    }
    return this.#socketFor(address);
  }
}
