import type { Clock } from '../../base/clock.js';
import type { Network, SocketAddress, UdpSocket } from '../../base/network.js';
import { transactionIn } from '../ice/transaction.js';
import { localUfragIn } from '../ice/username.js';
import type { LegPortHandlers } from './leg-port.js';
import { SharedLeg } from './shared-leg.js';

/** What arrives for thousands of legs while this thread does something else; the kernel has no more than it was told it may. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;
/** Local addresses, or ports of one: as many as a machine may reasonably have. */
const MAX_SOCKETS = 64;
/** Of one leg; the source that proved itself longest ago makes room, as in ice/lite.ts. */
const MAX_SOURCES = 8;
/** A leg whose peer has checked within this keeps its source, whoever else may come from there. */
const KEPT_MS = 5000;
/** RFC 7983 §7. */
const LAST_STUN = 3;

/** A source that has proved to be the peer of a leg, at one of our sockets. */
export interface SharedSource {
  readonly leg: SharedLeg;
  readonly socket: SharedSocket;
  readonly address: string;
  readonly port: number;
  provedMs: number;
}

/** One local address of a shared port, and who comes to it. */
export class SharedSocket {
  socket: UdpSocket | null = null;
  /** By address, then by port: a key of both would be made for each packet. */
  readonly sources = new Map<string, Map<number, SharedSource>>();

  sourceAt(address: string, port: number): SharedSource | undefined {
    return this.sources.get(address)?.get(port);
  }
}

/** Of one media host, for as long as it lives. */
export interface SharedUdpCounters {
  /** Datagrams of sources that nobody knows and that name no leg; nothing was done for them. */
  strangers: number;
  /** Sources that another leg's peer still checks from: they stay there. */
  contested: number;
  /** Sources that made room for a newer one of the same leg. */
  displaced: number;
  /** Receives that the system refused. */
  failures: number;
}

/**
 * The ports that the WebRTC legs of one media host share. A check is for the leg whose user fragment its USERNAME names
 * (RFC 8445 §7.3); once it has proved its password, its source is the leg's, and everything from there goes to it. What answers
 * a check of ours is for the leg that asked. All else is a stranger's, is counted, and costs one look into a table. Limits: 64
 * sockets, 8 sources and 16 checks of ours a leg.
 *
 * A socket is bound when the first leg wants its address and closed with the host, so that the port stays ours.
 */
export class SharedUdp {
  readonly counters: SharedUdpCounters = { strangers: 0, contested: 0, displaced: 0, failures: 0 };
  readonly #clock: Clock;
  readonly #network: Network;
  readonly #sockets = new Map<string, { readonly shared: SharedSocket; readonly bound: Promise<SharedSocket> }>();
  readonly #legs = new Map<string, SharedLeg>();
  /** By the transaction id of a check of ours that is not answered. */
  readonly #asked = new Map<string, SharedLeg>();
  #closed: Promise<void> | null = null;

  constructor(clock: Clock, network: Network) {
    this.#clock = clock;
    this.#network = network;
  }

  /** Legs that are waited for or there. */
  get legs(): number {
    return this.#legs.size;
  }

  get sources(): number {
    let count = 0;
    for (const { shared } of this.#sockets.values()) for (const ports of shared.sources.values()) count += ports.size;
    return count;
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  /** @param port  0: any free one, the same for all legs of that address */
  leg(addresses: readonly string[], port: number, handlers: LegPortHandlers): SharedLeg {
    return new SharedLeg(this, addresses, port, handlers);
  }

  /** Rejects with the system's error. */
  async bind(address: string, port: number): Promise<SharedSocket> {
    const key = `${address}|${port}`;
    const known = this.#sockets.get(key);
    if (known !== undefined) return known.bound;
    if (this.#closed !== null || this.#sockets.size >= MAX_SOCKETS) throw tooMany();
    const shared = new SharedSocket();
    const bound = this.#open(shared, { address, port });
    this.#sockets.set(key, { shared, bound });
    // Another leg may have more luck.
    bound.catch(() => this.#sockets.delete(key));
    return bound;
  }

  /** False: another leg has that user fragment. */
  name(ufrag: string, leg: SharedLeg): boolean {
    if (this.#legs.has(ufrag)) return false;
    this.#legs.set(ufrag, leg);
    return true;
  }

  unname(ufrag: string): void {
    this.#legs.delete(ufrag);
  }

  /** @returns the name under which an answer to that check is known; null: it is no check */
  ask(check: Uint8Array, leg: SharedLeg): string | null {
    const id = transactionIn(check, check.length);
    if (id !== null) this.#asked.set(id, leg);
    return id;
  }

  unask(id: string): void {
    this.#asked.delete(id);
  }

  /** Checks of ours without an answer. */
  get waiting(): number {
    return this.#asked.size;
  }

  /** A check of that leg's peer, or its answer to one of ours, has come from there, and was right. */
  own(leg: SharedLeg, socket: SharedSocket, address: string, port: number): void {
    const nowMs = this.#clock.nowMs();
    const known = socket.sourceAt(address, port);
    if (known?.leg === leg) {
      known.provedMs = nowMs;
      return;
    }
    if (known !== undefined) {
      // Whoever forges a source address must not take a peer away from its leg.
      if (nowMs - known.provedMs < KEPT_MS) {
        this.counters.contested += 1;
        return;
      }
      this.disown(known);
    }
    if (leg.sources.length >= MAX_SOURCES) {
      this.counters.displaced += 1;
      this.disown(oldestOf(leg.sources));
    }
    const source: SharedSource = { leg, socket, address, port, provedMs: nowMs };
    leg.sources.push(source);
    const ports = socket.sources.get(address);
    if (ports === undefined) socket.sources.set(address, new Map([[port, source]]));
    else ports.set(port, source);
  }

  disown(source: SharedSource): void {
    const { leg, socket, address, port } = source;
    leg.sources.splice(leg.sources.indexOf(source), 1);
    const ports = socket.sources.get(address);
    ports?.delete(port);
    if (ports?.size === 0) socket.sources.delete(address);
  }

  /** Every leg is closed by then. May be called twice. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    for (const { bound } of this.#sockets.values()) {
      const shared = await bound.catch(() => null);
      await shared?.socket?.close();
    }
    this.#sockets.clear();
  }

  async #open(shared: SharedSocket, local: SocketAddress): Promise<SharedSocket> {
    const onPacket = (data: Buffer, length: number, address: string, port: number, arrivalMs?: number): void =>
      this.#take(shared, data, length, address, port, arrivalMs);
    const handlers = {
      onMessage: (data: Buffer, address: string, port: number) => onPacket(data, data.length, address, port),
      onPacket,
      onError: () => {
        this.counters.failures += 1;
      },
    };
    shared.socket = await this.#network.bindUdp(local, handlers, { receiveBufferBytes: RECEIVE_BUFFER_BYTES });
    return shared;
  }

  /** Hot path, no allocation but for checks of unknown sources. */
  #take(
    socket: SharedSocket,
    data: Buffer,
    length: number,
    address: string,
    port: number,
    arrivalMs: number | undefined,
  ): void {
    const source = socket.sourceAt(address, port);
    const isStun = length > 0 && data[0]! <= LAST_STUN;
    const leg = isStun ? this.#legChecked(data, length, source?.leg) : source?.leg;
    if (leg === undefined) this.counters.strangers += 1;
    else leg.take(socket, data, length, address, port, arrivalMs);
  }

  /**
   * Whose check it is: that of the leg it names, or that asked, also from a source of another; what names none is its
   * source's. Before anybody of ours has asked there is nothing to look up.
   */
  #legChecked(data: Buffer, length: number, known: SharedLeg | undefined): SharedLeg | undefined {
    const id = this.#asked.size === 0 || isRequest(data) ? null : transactionIn(data, length);
    const asking = id === null ? undefined : this.#asked.get(id);
    if (asking !== undefined) return asking;
    const ufrag = localUfragIn(data, length);
    return ufrag === null ? known : this.#legs.get(ufrag);
  }
}

/** RFC 8489 §5: the class bits of an answer are in the first byte's lowest one. */
function isRequest(data: Buffer): boolean {
  return (data[0]! & 1) === 0;
}

function oldestOf(sources: readonly SharedSource[]): SharedSource {
  let oldest = sources[0]!;
  for (const source of sources) if (source.provedMs < oldest.provedMs) oldest = source;
  return oldest;
}

function tooMany(): Error {
  return Object.assign(new Error(`more than ${MAX_SOCKETS} shared ports`), { code: 'EMFILE' });
}
