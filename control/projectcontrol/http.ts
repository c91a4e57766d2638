/** Where one of the three servers listens. */
export interface ServerAddress {
  host: string;
  port: number;
}

export interface HttpRequest {
  readonly address: ServerAddress;
  readonly method: string;
  readonly path: string;
  /** JSON; null: no body. */
  readonly body: string | null;
  readonly signal: AbortSignal;
}

export interface HttpReply {
  readonly status: number;
  /** The reason phrase. */
  readonly message: string;
  readonly body: string;
}

/** One request and its answer. Rejects when there is none, and when the signal aborts. */
export type HttpExchange = (request: HttpRequest) => Promise<HttpReply>;

export interface ServedRequest {
  readonly method: string;
  /** The request target as it came: `/calls`, or the absolute form `http://127.0.0.1:9001/calls`. */
  readonly target: string;
  readonly body: string;
}

export interface ServedReply {
  readonly status: number;
  /** Sent as JSON; undefined: an empty body. */
  readonly body?: unknown;
}

export interface Listener {
  readonly port: number;
  /** Closes at once, whatever is under way. May be called twice. */
  close(): Promise<void>;
}

export interface ListenOptions extends ServerAddress {
  /** CIDR ranges and addresses that are served; all others get a 403. A TypeError for what is neither. */
  readonly allow: readonly string[];
}

/** Rejects with the system's error (EADDRINUSE) when it cannot listen. Port 0 picks a free one. */
export type HttpListen = (options: ListenOptions, serve: (request: ServedRequest) => ServedReply) => Promise<Listener>;

/** What a server said. `code` is 500 when it could not be asked, and `message` then says why. */
export interface ServerReply {
  readonly code: number;
  readonly message: string;
  /** The answer's body, or null when it is empty or no JSON. */
  readonly json: unknown;
  /** An answer came; a 500 of the server itself looks the same otherwise. */
  readonly answered: boolean;
}

/** `http://127.0.0.1:9001`: how others reach what listens there. A wildcard is no address to call. */
export function urlOf({ host, port }: ServerAddress): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
