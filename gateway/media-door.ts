import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import type {
  UpgradeRequest,
  UpgradeVerdict,
  WebSocketConnection,
  WebSocketDoor,
  WebSocketHandlers,
} from '../base/web-socket.js';
import { apiErrorStatus } from '../contract/errors.js';
import {
  type HostPort,
  MAX_ROOM_MESSAGE_BYTES,
  type NodeAddress,
  type PortSource,
  RemoteSession,
  ROOM_PROTOCOL,
} from '../rooms/index.js';
import { type ApiAuthOptions, createAccessRule } from './api/auth.js';

export interface MediaDoorOptions extends ApiAuthOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** A media host for one connection: createWorkerHost, with its wire at the first address. */
  readonly spawn: () => HostPort;
  /** Of the node; shared with whoever else has legs here. */
  readonly ports: PortSource;
  /** Where RTP is bound and what peers are told, one per family; the first is where other nodes reach the wires. */
  readonly addresses: readonly NodeAddress[];
  /** Connections at once, and so media hosts; 16 unless told. */
  readonly maxConnections?: number;
}

const MAX_CONNECTIONS = 16;

/**
 * The way in for gateways at `/room` of a media node (contract 3.4): each connection gets a media host of its own, and
 * whatever ends the connection ends that host with its legs. Whoever may use the HTTP API of the same listener may come in,
 * but no web page: pages are not held back by same-origin rules here. Limit: `maxConnections`, one more gets 503.
 */
export class MediaDoor implements WebSocketDoor {
  readonly protocol = ROOM_PROTOCOL;
  readonly maxMessageBytes = MAX_ROOM_MESSAGE_BYTES;
  readonly counters = { accepted: 0, refused: 0 };
  readonly #options: MediaDoorOptions;
  readonly #judge;
  /** Handshakes that were let in, until their sessions have ended. */
  #taken = 0;
  readonly #sessions = new Set<RemoteSession>();
  #emptied: (() => void) | null = null;
  #isClosed = false;

  constructor(options: MediaDoorOptions) {
    this.#options = options;
    this.#judge = createAccessRule(options);
  }

  get connections(): number {
    return this.#sessions.size;
  }

  /** Of all gateways. */
  get legs(): number {
    let legs = 0;
    for (const session of this.#sessions) legs += session.legs;
    return legs;
  }

  judge(request: UpgradeRequest): UpgradeVerdict {
    const refusal = this.#refusal(request);
    if (refusal !== null) {
      this.counters.refused += 1;
      this.#options.log.warn('media-door.refused', { from: request.remote.address, ...refusal });
      return { ok: false, ...refusal };
    }
    this.#taken += 1;
    return {
      ok: true,
      adopt: (connection) => this.#adopt(connection),
      abandon: () => {
        this.#taken -= 1;
      },
    };
  }

  /** Lets nobody in any more and ends every session; resolves when their legs are closed, 2 s later at the latest. */
  close(): Promise<void> {
    this.#isClosed = true;
    const ended = new Promise<void>((resolve) => {
      this.#emptied = resolve;
    });
    for (const session of [...this.#sessions]) session.end('the media node shuts down');
    if (this.#sessions.size === 0) this.#emptied?.();
    return ended;
  }

  #refusal(request: UpgradeRequest): { readonly statusCode: number; readonly reason: string } | null {
    const { origin, protocols, remote, local } = request;
    if (origin !== null) return { statusCode: 403, reason: 'web pages are not let in' };
    const refused = this.#judge({
      authorization: request.header('authorization') ?? undefined,
      host: request.header('host') ?? undefined,
      remoteAddress: remote.address,
      localAddress: local.address,
    });
    if (refused !== null) {
      return { statusCode: apiErrorStatus[refused.code], reason: refused.message || refused.code };
    }
    if (!protocols.includes(ROOM_PROTOCOL)) {
      return { statusCode: 400, reason: `the subprotocol ${ROOM_PROTOCOL} is missing` };
    }
    const { maxConnections = MAX_CONNECTIONS } = this.#options;
    if (this.#isClosed || this.#taken >= maxConnections) return { statusCode: 503, reason: 'no room for one more' };
    return null;
  }

  #adopt(connection: WebSocketConnection): WebSocketHandlers {
    this.counters.accepted += 1;
    const { clock, log, spawn, ports, addresses } = this.#options;
    const session: RemoteSession = new RemoteSession({
      clock,
      log,
      connection,
      spawn,
      ports,
      addresses,
      onEnded: () => {
        this.#taken -= 1;
        this.#sessions.delete(session);
        if (this.#sessions.size === 0) this.#emptied?.();
      },
    });
    this.#sessions.add(session);
    return session;
  }
}
