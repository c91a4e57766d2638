import type { Clock, Timer } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import type { WebSocketConnection, WebSocketHandlers, WebSocketNetwork } from '../base/web-socket.js';
import { type HostCommand, type HostEvent, type HostPort, protocolVersion } from './protocol.js';
import {
  decodeMessage,
  encodeMessage,
  type Hello,
  MAX_ROOM_MESSAGE_BYTES,
  MAX_ROOM_QUEUED_BYTES,
  ROOM_PROTOCOL,
} from './remote-codec.js';
import { faultOfEvent, isHello } from './remote-schema.js';

/** A media node's way in: an `ws://` or `wss://` URL taken apart. */
export interface MediaNodeUrl {
  /** As it is logged; without credentials, which it cannot have. */
  readonly text: string;
  readonly secure: boolean;
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

export interface RemoteHostOptions {
  readonly clock: Clock;
  readonly webSockets: Pick<WebSocketNetwork, 'connect'>;
  readonly url: MediaNodeUrl;
  /** Sent as `Authorization: Bearer`, and never logged; null: none. */
  readonly secret: string | null;
  /** Certificates of authorities that are trusted instead of the system's, PEM. */
  readonly ca?: readonly string[] | undefined;
}

/** The connection, its handshake and the node's hello have to be there within this. */
const CONNECT_MS = 3000;
/** How often the node is asked for a sign of life. */
const PING_MS = 500;
/** A node that shows none for this long is lost. */
const SILENT_MS = 2000;

/**
 * A media host in another process or machine, over a WebSocket to `/room` of a media node. It is one connection long:
 * whatever ends that, or keeps it from coming about, is told by onExit, and whoever spawned it spawns the next. Limits:
 * messages of 4 MB, 8 MB waiting for a node that takes too little, which is dropped then.
 */
export function createRemoteHost(options: RemoteHostOptions): HostPort {
  return new RemoteHost(options);
}

class RemoteHost implements HostPort {
  readonly #options: RemoteHostOptions;
  readonly #eventListeners: ((event: HostEvent) => void)[] = [];
  readonly #exitListeners: ((reason: string) => void)[] = [];
  readonly #abort = new AbortController();
  #connection: WebSocketConnection | null = null;
  #state: 'connecting' | 'greeting' | 'open' | 'closing' | 'gone' = 'connecting';
  #deadline: Timer;
  #pingTimer: Timer | null = null;
  #silence: Timer | null = null;
  /** What the node gave as the reason of its end. */
  #reason: string | null = null;

  constructor(options: RemoteHostOptions) {
    this.#options = options;
    const { clock, url } = options;
    this.#deadline = clock.setTimer(CONNECT_MS, () => this.#exit(`no answer of ${url.text} in ${CONNECT_MS} ms`));
    void this.#connect();
  }

  post(command: HostCommand): void {
    if (command.type === 'close') this.#close();
    else if (this.#state === 'open') this.#send(command);
  }

  onEvent(listener: (event: HostEvent) => void): void {
    this.#eventListeners.push(listener);
  }

  onExit(listener: (reason: string) => void): void {
    this.#exitListeners.push(listener);
  }

  kill(reason: string): void {
    this.#exit(reason);
  }

  async #connect(): Promise<void> {
    const { webSockets, url, secret, ca } = this.#options;
    let isClosed = false;
    const closed = (error: Error | null): void => {
      isClosed = true;
      // Until connect() has settled it is for that to say what went wrong.
      if (this.#connection !== null) this.#exit(this.#reason ?? `${url.text} closed the connection${because(error)}`);
    };
    const handlers: WebSocketHandlers = {
      onMessage: (data) => this.#onMessage(data),
      onPong: () => this.#heard(),
      onClose: closed,
    };
    try {
      const connection = await webSockets.connect({ address: url.host, port: url.port }, handlers, {
        secure: url.secure,
        path: url.path,
        protocol: ROOM_PROTOCOL,
        maxMessageBytes: MAX_ROOM_MESSAGE_BYTES,
        timeoutMs: CONNECT_MS,
        signal: this.#abort.signal,
        ca,
        ...(secret === null ? {} : { headers: { authorization: `Bearer ${secret}` } }),
      });
      if (this.#state === 'gone') {
        connection.destroy();
        return;
      }
      this.#connection = connection;
      if (isClosed) closed(null);
      if (this.#state === 'connecting') this.#state = 'greeting';
      this.#send({ type: 'hello', version: protocolVersion });
    } catch (error) {
      this.#exit(connectProblem(url, error));
    }
  }

  #onMessage(data: Buffer): void {
    if (this.#state === 'gone') return;
    this.#heard();
    const message = decodeMessage(data);
    if (this.#state === 'connecting' || this.#state === 'greeting') {
      if (message?.type === 'failed') this.#onEvent(message);
      else if (!isHello(message)) this.#exit(`${this.#options.url.text} is no media node`);
      else if (message.version === protocolVersion) this.#opened();
      else this.#exit(`speaks version ${message.version}, not ${protocolVersion}`);
      return;
    }
    if (message === null) this.#exit('sent what is no message');
    else this.#onEvent(message);
  }

  #onEvent(message: { readonly type: string }): void {
    const fault = faultOfEvent(message);
    if (fault !== null) {
      this.#exit(`sent ${fault}`);
      return;
    }
    const event = message as HostEvent;
    if (event.type === 'failed') this.#reason ??= event.reason;
    if (event.type === 'closed') this.#finish();
    this.#tell(event);
  }

  #opened(): void {
    const { clock } = this.#options;
    this.#state = 'open';
    this.#deadline.cancel();
    const ping = (): void => {
      this.#connection?.ping();
      this.#pingTimer = clock.setTimer(PING_MS, ping);
    };
    ping();
    this.#heard();
  }

  /** A sign of life. */
  #heard(): void {
    if (this.#state !== 'open' && this.#state !== 'closing') return;
    this.#silence?.cancel();
    const lost = (): void => this.#exit(`no sign of life in ${SILENT_MS} ms`);
    this.#silence = this.#options.clock.setTimer(SILENT_MS, lost, { liveness: true });
  }

  /** A node that is not there yet has nothing to close. */
  #close(): void {
    if (this.#state === 'open') {
      this.#state = 'closing';
      this.#send({ type: 'close' });
    } else if (this.#state !== 'closing' && this.#state !== 'gone') {
      this.#finish();
      queueMicrotask(() => this.#tell({ type: 'closed' }));
    }
  }

  #send(message: HostCommand | Hello): void {
    const connection = this.#connection;
    if (connection === null) return;
    connection.send(encodeMessage(message), true);
    if (connection.queuedBytes > MAX_ROOM_QUEUED_BYTES) this.#exit('takes too little of what it is told');
  }

  #tell(event: HostEvent): void {
    for (const listener of this.#eventListeners) listener(event);
  }

  #exit(reason: string): void {
    if (this.#state === 'gone') return;
    this.#finish();
    // Not from within post(): its caller would find its host replaced under its hands.
    queueMicrotask(() => {
      for (const listener of this.#exitListeners) listener(reason);
    });
  }

  #finish(): void {
    this.#state = 'gone';
    this.#deadline.cancel();
    this.#pingTimer?.cancel();
    this.#silence?.cancel();
    this.#abort.abort();
    this.#connection?.destroy();
  }
}

function because(error: Error | null): string {
  return error === null ? '' : `: ${messageOf(error)}`;
}

/** What a person can do something about: the secret, the certificate, the address. */
function connectProblem(url: MediaNodeUrl, error: unknown): string {
  const message = messageOf(error);
  const status = /response: (\d{3})/.exec(message)?.[1] ?? statusOf(error);
  if (status === '401' || status === '403') {
    return `${url.text} does not let us in (${status}): media_secret has to be its api_secret, or its api_allow name us`;
  }
  if (status === '404') return `${url.text} serves no media (404)`;
  if (/certificate|altnames/i.test(message)) return `the certificate of ${url.text} is not accepted: ${message}`;
  return `cannot connect to ${url.text}: ${message}`;
}

function statusOf(error: unknown): string | undefined {
  return error instanceof Error && 'statusCode' in error ? String(error.statusCode) : undefined;
}
