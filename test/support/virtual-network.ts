import type { Clock } from '../../base/clock.js';
import { delay } from '../../base/clock.js';
import type { Files } from '../../base/files.js';
import type {
  InterfaceAddress,
  Network,
  SocketAddress,
  TcpConnection,
  TcpHandlers,
  TcpListener,
  UdpHandlers,
  UdpSocket,
} from '../../base/network.js';
import { familyOf } from '../../base/network.js';
import type { Random } from '../../base/random.js';
import { pickLocal } from '../../sip/transport/local-address.js';
import { connectVirtualTls, listenVirtualTls } from './virtual-tls.js';

export interface VirtualNetworkOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** One-way delay of every datagram and segment; 1 ms unless told. */
  readonly delayMs?: number;
  /** Extra one-way delay of datagrams, uniform in 0 … jitterMs; may reorder. */
  readonly jitterMs?: number;
  /** Share of datagrams lost, 0 … 1. */
  readonly lossRate?: number;
  /** Sees every datagram before it travels; `false` loses it. */
  readonly filter?: (datagram: Datagram) => boolean;
}

export interface Datagram {
  readonly from: SocketAddress;
  readonly to: SocketAddress;
  readonly data: Buffer;
}

interface BoundUdp {
  readonly handlers: UdpHandlers;
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

function key(address: string, port: number): string {
  return `${address}|${port}`;
}

/**
 * Hosts in one process: each `host(address)` is a Network of its own, all joined by wires with delay, jitter and
 * seeded loss. Stands in for base/network.ts in unit and call tests.
 */
export class VirtualNetwork {
  lossRate: number;
  jitterMs: number;
  delayMs: number;
  /** How long binding a UDP socket takes. */
  bindDelayMs = 0;
  filter: ((datagram: Datagram) => boolean) | null;
  /** Host names and their addresses: the hosts file of `files`. */
  readonly hosts = new Map<string, readonly string[]>();
  /** Addresses of hosts that answer datagrams to a port where nobody listens with ICMP; others are silent. */
  readonly tellsIcmp = new Set<string>();
  /** Addresses that do not answer the opening of a connection, as a firewall that drops it. */
  readonly silentTcp = new Set<string>();
  /** Datagrams that were sent, lost ones included. */
  sent = 0;
  lost = 0;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #udp = new Map<string, BoundUdp>();
  readonly #tcp = new Map<string, (connection: TcpConnection) => TcpHandlers>();
  #nextPort = 40_000;

  constructor(options: VirtualNetworkOptions) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.delayMs = options.delayMs ?? 1;
    this.jitterMs = options.jitterMs ?? 0;
    this.lossRate = options.lossRate ?? 0;
    this.filter = options.filter ?? null;
  }

  /** The files of every host: its hosts file; no name server is configured. */
  files(): Files {
    const lines = (): string[] => [...this.hosts].flatMap(([name, to]) => to.map((address) => `${address} ${name}`));
    return {
      read: async (path) => (path === '/etc/hosts' ? lines().join('\n') : ''),
      changedMs: async (path) => (path === '/etc/hosts' ? this.#clock.nowMs() : 0),
    };
  }

  /** Sockets that are bound and listeners that are open, as `udp 10.0.0.1:5060`; for leak checks. */
  openSockets(): string[] {
    const name = (kind: string) => (bound: string) => `${kind} ${bound.replace('|', ':')}`;
    return [...[...this.#udp.keys()].map(name('udp')), ...[...this.#tcp.keys()].map(name('tcp'))];
  }

  /** The network as seen from the host with these addresses (outgoing connections use the one nearest to the peer). */
  host(...addresses: [string, ...string[]]): Network {
    const interfaces: InterfaceAddress[] = addresses.map((address, index) => ({
      name: `veth${index}`,
      address,
      family: familyOf(address),
      internal: false,
    }));
    const streams: Pick<Network, 'listenTcp' | 'connectTcp'> = {
      listenTcp: async (local, accept) => this.#listenTcp(this.#checked(addresses, local, this.#tcp), accept),
      connectTcp: (remote, handlers, options) =>
        this.#connectTcp(options?.localAddress ?? own(remote.address), remote, handlers, options),
    };
    const shared = { network: streams, clock: this.#clock };
    // As a routing table would: the address of the peer's own net, else the first of its family.
    const routes = addresses.map((address) => ({ local: { address, port: 0 } }));
    const own = (peer: string): string => pickLocal(routes, peer)?.local.address ?? addresses[0];
    return {
      ...streams,
      listenTls: (local, options, accept) => listenVirtualTls(shared, local, options, accept),
      connectTls: (remote, handlers, options) => connectVirtualTls(shared, remote, handlers, options),
      interfaces: () => interfaces,
      refusesUdp: async ({ address, port }, signal) => {
        await delay(this.#clock, 2 * this.delayMs);
        return !signal.aborted && this.tellsIcmp.has(address) && !this.#udp.has(key(address, port));
      },
      routeTo: async (address) => addresses.find((own) => familyOf(own) === familyOf(address)) ?? null,
      bindUdp: async (local, handlers) => {
        if (this.bindDelayMs > 0) await delay(this.#clock, this.bindDelayMs);
        return this.#bindUdp(this.#checked(addresses, local, this.#udp), handlers);
      },
    };
  }

  #checked(addresses: string[], local: SocketAddress, taken: ReadonlyMap<string, unknown>): SocketAddress {
    if (!addresses.includes(local.address)) throw systemError('EADDRNOTAVAIL');
    if (local.port === 0) {
      this.#nextPort += 1;
      return { address: local.address, port: this.#nextPort };
    }
    if (taken.has(key(local.address, local.port))) throw systemError('EADDRINUSE');
    return local;
  }

  #bindUdp(local: SocketAddress, handlers: UdpHandlers): UdpSocket {
    const bound = key(local.address, local.port);
    this.#udp.set(bound, { handlers });
    let open = true;
    return {
      local,
      queuedBytes: 0,
      send: (data, offset, length, port, address, sent) => {
        if (!open) return;
        this.#carry({ from: local, to: { address, port }, data: Buffer.from(data.subarray(offset, offset + length)) });
        sent?.(null);
      },
      close: async () => {
        if (open) this.#udp.delete(bound);
        open = false;
      },
    };
  }

  #carry(datagram: Datagram): void {
    this.sent += 1;
    const chance = this.lossRate > 0 ? this.#random.uint32() / 0x1_0000_0000 : 1;
    if (chance < this.lossRate || this.filter?.(datagram) === false) {
      this.lost += 1;
      return;
    }
    const extraMs = this.jitterMs > 0 ? (this.#random.uint32() / 0x1_0000_0000) * this.jitterMs : 0;
    this.#clock.setTimer(this.delayMs + extraMs, () => {
      const target = this.#udp.get(key(datagram.to.address, datagram.to.port));
      target?.handlers.onMessage(datagram.data, datagram.from.address, datagram.from.port);
    });
  }

  #listenTcp(local: SocketAddress, accept: (connection: TcpConnection) => TcpHandlers): TcpListener {
    const bound = key(local.address, local.port);
    const ends = new Set<VirtualTcpEnd>();
    this.#tcp.set(bound, (connection) => {
      ends.add(connection as VirtualTcpEnd);
      return accept(connection);
    });
    return {
      local,
      close: async () => {
        this.#tcp.delete(bound);
        for (const end of ends) end.destroy();
      },
    };
  }

  async #connectTcp(
    localAddress: string,
    remote: SocketAddress,
    handlers: TcpHandlers,
    { signal, timeoutMs = 120_000 }: { readonly signal?: AbortSignal; readonly timeoutMs?: number } = {},
  ): Promise<TcpConnection> {
    const isSilent = this.silentTcp.has(remote.address);
    await delay(this.#clock, isSilent ? timeoutMs : this.delayMs, signal);
    if (isSilent) throw systemError('ETIMEDOUT');
    const accept = this.#tcp.get(key(remote.address, remote.port));
    if (accept === undefined) throw systemError('ECONNREFUSED');
    this.#nextPort += 1;
    const local = { address: localAddress, port: this.#nextPort };
    const caller = new VirtualTcpEnd(this.#clock, this.delayMs, local, remote);
    const callee = new VirtualTcpEnd(this.#clock, this.delayMs, remote, local);
    caller.join(callee, handlers);
    callee.join(caller, accept(callee));
    return caller;
  }
}

class VirtualTcpEnd implements TcpConnection {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly queuedBytes = 0;
  readonly #clock: Clock;
  readonly #delayMs: number;
  #peer: VirtualTcpEnd | null = null;
  #handlers: TcpHandlers | null = null;
  #open = true;

  constructor(clock: Clock, delayMs: number, local: SocketAddress, remote: SocketAddress) {
    this.#clock = clock;
    this.#delayMs = delayMs;
    this.local = local;
    this.remote = remote;
  }

  join(peer: VirtualTcpEnd, handlers: TcpHandlers): void {
    this.#peer = peer;
    this.#handlers = handlers;
  }

  write(data: Uint8Array): void {
    if (!this.#open) return;
    const copy = Buffer.from(data);
    this.#clock.setTimer(this.#delayMs, () => {
      const peer = this.#peer;
      if (peer === null || !peer.#open) return;
      peer.#handlers?.onData(copy);
    });
  }

  end(): void {
    this.destroy();
  }

  destroy(): void {
    if (!this.#open) return;
    this.#close();
    this.#clock.setTimer(this.#delayMs, () => this.#closePeer());
  }

  #closePeer(): void {
    const peer = this.#peer;
    if (peer !== null) peer.#close();
  }

  #close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#handlers?.onClose(null);
  }
}
