import type { Clock, Timer } from '../base/clock.js';
import type { LegId } from '../base/ids.js';
import type { Logger } from '../base/log.js';
import { familyOf } from '../base/network.js';
import type { WebSocketConnection, WebSocketHandlers } from '../base/web-socket.js';
import type { PortPair } from '../media/index.js';
import type { PortSource } from './media-pool.js';
import { type HostCommand, type HostEvent, type HostPort, protocolVersion } from './protocol.js';
import { decodeMessage, encodeMessage, MAX_ROOM_QUEUED_BYTES } from './remote-codec.js';
import { faultOfCommand, isHello } from './remote-schema.js';

/** An address of a media node: where sockets are bound, and what peers and other nodes are told. */
export interface NodeAddress {
  readonly bind: string;
  readonly published: string;
}

export interface RemoteSessionOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly connection: WebSocketConnection;
  /** The media host of this connection. */
  readonly spawn: () => HostPort;
  readonly ports: PortSource;
  /** At most one per family counts; the first is the wire's too. */
  readonly addresses: readonly NodeAddress[];
  /** The connection is gone, its legs are closed and their ports given back. */
  readonly onEnded: () => void;
}

type OpenLeg = Extract<HostCommand, { readonly type: 'open-leg' }>;

interface Held {
  readonly command: OpenLeg;
  readonly address: NodeAddress;
  pair: PortPair;
  taken: number;
  isUnwanted: boolean;
}

const HELLO_MS = 5000;
const PING_MS = 1000;
/** A gateway that shows no sign of life for this long has lost its legs; more than a long collection takes. */
const SILENT_MS = 5000;
/** How long a host gets to close its legs once its gateway is gone. */
const CLOSE_MS = 2000;
/** Pairs found taken by other programs before the range counts as exhausted. */
const MOST_TAKEN = 32;
/** RFC 6455 §7.4.1. */
const POLICY_VIOLATION = 1008;

/**
 * A media node's side of one connection: a media host of its own, whose messages it carries. What the node decides is
 * added here: the address and ports of each leg. What is no message of a gateway of this version ends this connection
 * and no other, with a last `failed` that says why; so does a gateway that lets 8 MB wait, or shows no sign of life for 5 s.
 * With the connection go its legs, within 2 s. Limit: legs by the ports.
 */
export class RemoteSession implements WebSocketHandlers {
  readonly #options: RemoteSessionOptions;
  readonly #legs = new Map<LegId, Held>();
  #state: 'greeting' | 'open' | 'closing' | 'ended' = 'greeting';
  #host: HostPort | null = null;
  #hello: Timer;
  #pingTimer: Timer | null = null;
  #silence: Timer | null = null;
  #late: Timer | null = null;
  /** Commands that the host was given. */
  #given = 0;
  /** The numbers of those that the gateway did not send, and how many of them are applied. */
  readonly #extra: number[] = [];
  #extraApplied = 0;
  #reason = 'closed by the gateway';

  constructor(options: RemoteSessionOptions) {
    this.#options = options;
    this.#hello = options.clock.setTimer(HELLO_MS, () => this.end(`no hello in ${HELLO_MS} ms`));
    this.#send({ type: 'hello', version: protocolVersion });
  }

  /** Legs in any state. */
  get legs(): number {
    return this.#legs.size;
  }

  onMessage(data: Buffer): void {
    if (this.#state === 'closing' || this.#state === 'ended') return;
    this.#heard();
    const message = decodeMessage(data);
    if (this.#state === 'greeting') {
      if (!isHello(message)) this.end('no hello');
      else if (message.version !== protocolVersion)
        this.end(`speaks version ${message.version}, not ${protocolVersion}`);
      else this.#open();
      return;
    }
    const fault = message === null ? 'no message' : faultOfCommand(message);
    if (fault !== null) this.end(`sent ${fault}`);
    else this.#onCommand(message as HostCommand);
  }

  onPong(): void {
    this.#heard();
  }

  onClose(error: Error | null): void {
    this.end(error === null ? 'closed by the gateway' : error.message);
  }

  /** Tells the gateway why, closes its legs and then the connection is forgotten; safe to call twice. */
  end(reason: string): void {
    if (this.#state === 'closing' || this.#state === 'ended') return;
    this.#reason = reason;
    this.#state = 'closing';
    const { clock, connection } = this.#options;
    for (const timer of [this.#hello, this.#pingTimer, this.#silence]) timer?.cancel();
    connection.send(encodeMessage({ type: 'failed', reason }), true);
    connection.close(POLICY_VIOLATION, reason.slice(0, 100));
    if (this.#host === null) {
      this.#ended();
      return;
    }
    this.#late = clock.setTimer(CLOSE_MS, () => {
      this.#host?.kill('not closed in time');
      this.#ended();
    });
    this.#host.post({ type: 'close' });
  }

  #open(): void {
    const { clock, connection, spawn, log } = this.#options;
    this.#state = 'open';
    this.#hello.cancel();
    const ping = (): void => {
      connection.ping();
      this.#pingTimer = clock.setTimer(PING_MS, ping);
    };
    ping();
    this.#heard();
    log.info('media-door.opened', { gateway: connection.remote.address });
    const host = spawn();
    this.#host = host;
    host.onEvent((event) => this.#onEvent(event));
    host.onExit((reason) => {
      this.end(reason);
      this.#ended();
    });
  }

  /** A sign of life. */
  #heard(): void {
    if (this.#state !== 'open') return;
    this.#silence?.cancel();
    const lost = (): void => this.end(`no sign of life in ${SILENT_MS} ms`);
    this.#silence = this.#options.clock.setTimer(SILENT_MS, lost, { liveness: true });
  }

  #onCommand(command: HostCommand): void {
    if (command.type === 'open-leg') {
      this.#openLeg(command);
      return;
    }
    if (command.type === 'close-leg') {
      const held = this.#legs.get(command.legId);
      if (held !== undefined) held.isUnwanted = true;
    }
    this.#give(command);
  }

  #openLeg(command: OpenLeg): void {
    const { addresses, ports } = this.#options;
    const { legId } = command;
    if (this.#legs.has(legId)) {
      this.end('sent an open-leg of a leg that is there');
      return;
    }
    const address = addresses.find(({ bind }) => familyOf(bind) === familyOf(command.address));
    const pair = address === undefined ? null : ports.next();
    if (address === undefined || pair === null) {
      const code = address === undefined ? 'EADDRNOTAVAIL' : 'NO_PORT';
      this.#send({ type: 'leg-failed', legId, code, beat: 0 });
      // Both sides number commands by counting.
      this.#give({ type: 'ping' });
      return;
    }
    const held: Held = { command, address, pair, taken: 0, isUnwanted: false };
    this.#legs.set(legId, held);
    this.#give(bound(held));
  }

  #onEvent(event: HostEvent): void {
    if (event.type === 'closed' || event.type === 'leg-closed') this.#release(event);
    if (event.type === 'closed' && this.#state === 'closing') {
      this.#ended();
      return;
    }
    if (this.#state !== 'open') return;
    switch (event.type) {
      case 'ready': {
        const [first] = this.#options.addresses;
        const isReachable = event.wirePort !== null && first !== undefined;
        this.#send(isReachable ? { ...event, wireAddress: first.published } : event);
        return;
      }
      case 'leg-opened': {
        const held = this.#legs.get(event.legId);
        this.#send(held === undefined ? event : { ...event, at: { address: held.address.published, ...held.pair } });
        return;
      }
      case 'leg-failed':
        this.#openFailed(event);
        return;
      case 'applied':
        this.#applied(event);
        return;
      case 'closed':
        this.#send(event);
        this.end('closed by the gateway');
        return;
      default:
        this.#send(event);
    }
  }

  /** A port that somebody else has rests, and the next one is tried. */
  #openFailed(event: Extract<HostEvent, { readonly type: 'leg-failed' }>): void {
    const { ports } = this.#options;
    const held = this.#legs.get(event.legId);
    if (held === undefined) {
      this.#send(event);
      return;
    }
    held.taken += 1;
    const mayRetry = event.code === 'EADDRINUSE' && !held.isUnwanted && held.taken < MOST_TAKEN;
    const next = mayRetry ? ports.next() : null;
    ports.release(held.pair);
    if (next === null) {
      this.#legs.delete(event.legId);
      this.#send(event.code === 'EADDRINUSE' ? { ...event, code: 'NO_PORT' } : event);
      return;
    }
    held.pair = next;
    this.#extra.push(this.#given + 1);
    this.#give(bound(held));
  }

  #applied(event: Extract<HostEvent, { readonly type: 'applied' }>): void {
    while (this.#extra.length > 0 && this.#extra[0]! <= event.commands) {
      this.#extra.shift();
      this.#extraApplied += 1;
    }
    this.#send({ ...event, commands: event.commands - this.#extraApplied });
  }

  #release(event: Extract<HostEvent, { readonly type: 'closed' | 'leg-closed' }>): void {
    const { ports } = this.#options;
    const gone = event.type === 'closed' ? [...this.#legs.keys()] : [event.legId];
    for (const legId of gone) {
      const held = this.#legs.get(legId);
      this.#legs.delete(legId);
      if (held !== undefined) ports.release(held.pair);
    }
  }

  #give(command: HostCommand): void {
    this.#given += 1;
    this.#host?.post(command);
  }

  #send(message: HostEvent | { readonly type: 'hello'; readonly version: number }): void {
    const { connection } = this.#options;
    connection.send(encodeMessage(message), true);
    if (connection.queuedBytes > MAX_ROOM_QUEUED_BYTES) this.end('takes too little of what it is told');
  }

  #ended(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#late?.cancel();
    this.#release({ type: 'closed' });
    const { log, connection, onEnded } = this.#options;
    log.info('media-door.closed', { gateway: connection.remote.address, reason: this.#reason });
    onEnded();
  }
}

/** A leg that would share a port has a pair of its own here: the node's addresses and ports are published pair by pair. */
function bound({ command, address, pair }: Held): OpenLeg {
  return { ...command, address: address.bind, ...pair, transport: 'pair', alsoAddresses: [] };
}
