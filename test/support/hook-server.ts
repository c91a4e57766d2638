import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Clock, delay } from '../../base/clock.js';
import { type HttpAnswer, type HttpRequest, HttpTransportError } from '../../gateway/hooks/transport.js';

export type FakeRoute = 'auth' | 'register' | 'unregister' | 'invite' | 'event' | 'room';

/** One hook as it arrived. `route` is the last part of the path. */
export interface HookCall {
  readonly route: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly atMs: number;
}

export interface HookAnswer {
  readonly status?: number;
  /** Sent as JSON; `text` instead is sent as it is. */
  readonly json?: unknown;
  readonly text?: string;
  /** On the injected clock, before the answer. */
  readonly delayMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** `never`: no answer. `refuse`: as if nothing listened (virtual network only). `reset`: the connection breaks. */
  readonly instead?: 'never' | 'refuse' | 'reset';
}

export type HookScript = HookAnswer | ((call: HookCall) => HookAnswer | Promise<HookAnswer>);

/**
 * An application's hook server whose answers a test scripts. `transport` puts it on a virtual network without sockets,
 * `listen` serves the same script over real HTTP. Without a script: auth takes password = username, invite rejects.
 */
export class FakeHookServer {
  readonly calls: HookCall[] = [];
  /** Hooks that came and are not answered yet. */
  open = 0;
  /** Passwords that differ from the username. */
  readonly passwords = new Map<string, string>();
  readonly #clock: Clock;
  readonly #latencyMs: number;
  readonly #scripts = new Map<string, HookScript>();
  readonly #once = new Map<string, HookScript[]>();

  constructor(options: { readonly clock: Clock; readonly latencyMs?: number }) {
    this.#clock = options.clock;
    this.#latencyMs = options.latencyMs ?? 1;
  }

  /** The answer of a route from now on. */
  on(route: FakeRoute, script: HookScript): this {
    this.#scripts.set(route, script);
    return this;
  }

  /** Answers of the next calls of a route, one each; afterwards `on` holds again. */
  next(route: FakeRoute, ...scripts: HookScript[]): this {
    this.#once.set(route, [...(this.#once.get(route) ?? []), ...scripts]);
    return this;
  }

  /** Routes in the order of arrival, or one route's bodies. */
  routes(): string[] {
    return this.calls.map((call) => call.route);
  }

  bodies(route: FakeRoute): HookCall['body'][] {
    return this.calls.filter((call) => call.route === route).map((call) => call.body);
  }

  readonly transport = async (request: HttpRequest): Promise<HttpAnswer> => {
    await this.#pause(this.#latencyMs, request.signal);
    const answer = await this.#answer(new URL(request.url).pathname, request.headers, request.body, request.signal);
    if (answer.instead === 'refuse') throw new HttpTransportError('connect', 'connect ECONNREFUSED');
    if (answer.instead === 'reset') throw new HttpTransportError('broken', 'read ECONNRESET');
    const body = bodyOf(answer);
    if (Buffer.byteLength(body) > request.maxBytes) throw new HttpTransportError('too-large', 'answer too large');
    return { status: answer.status ?? 200, headers: { ...answer.headers }, body };
  };

  /** Serves on a free loopback port; `url` is the base for `hook_url`. */
  async listen(port = 0): Promise<{ readonly url: string; readonly port: number; close(): Promise<void> }> {
    const server = createServer((request, response) => void this.#serve(request, response));
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const bound = server.address();
    const boundPort = typeof bound === 'object' && bound !== null ? bound.port : 0;
    const close = (): Promise<void> =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    return { url: `http://127.0.0.1:${boundPort}/hooks`, port: boundPort, close };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers)) headers[name] = String(value);
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const text = Buffer.concat(chunks).toString('utf8');
    const answer = await this.#answer(
      new URL(request.url ?? '/', 'http://host').pathname,
      headers,
      text,
      gone.signal,
    ).catch(() => null);
    if (answer === null || answer.instead === 'reset') {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
    response.end(bodyOf(answer));
  }

  async #answer(
    path: string,
    headers: Readonly<Record<string, string>>,
    text: string,
    signal: AbortSignal,
  ): Promise<HookAnswer> {
    const route = path.slice(path.lastIndexOf('/') + 1);
    const body = JSON.parse(text) as HookCall['body'];
    const call: HookCall = { route, path, headers, body, atMs: this.#clock.nowMs() };
    this.calls.push(call);
    this.open += 1;
    try {
      const script = this.#once.get(route)?.shift() ?? this.#scripts.get(route) ?? this.#byDefault(call);
      const answer = typeof script === 'function' ? await script(call) : script;
      if (answer.instead === 'never') await forever(signal);
      await this.#pause(answer.delayMs ?? 0, signal);
      return answer;
    } finally {
      this.open -= 1;
    }
  }

  #byDefault(call: HookCall): HookAnswer {
    if (call.route === 'invite') return { json: { strategy: 'Reject', room_id: null } };
    if (call.route !== 'auth') return { json: { success: true } };
    const username = String(call.body.username);
    const ha1 = hashOf(call.body, this.passwords.get(username) ?? username);
    return { json: { success: true, ha1 } };
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    if (ms <= 0) return;
    await delay(this.#clock, ms, signal).catch(() => {
      throw new HttpTransportError('aborted', 'given up');
    });
  }
}

const hashNames: Readonly<Record<string, string>> = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' };

function hashOf(body: HookCall['body'], password: string): string {
  const hash = createHash(hashNames[String(body.algorithm ?? 'MD5')] ?? 'md5');
  return hash.update(`${body.username}:${body.realm}:${password}`).digest('hex');
}

function bodyOf(answer: HookAnswer): string {
  return answer.text ?? JSON.stringify(answer.json ?? null);
}

function forever(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = (): void => reject(new HttpTransportError('aborted', 'given up'));
    if (signal.aborted) fail();
    signal.addEventListener('abort', fail, { once: true });
  });
}

/** Puts a hono app, such as the reference hook server, on a virtual network in place of a socket. */
export function transportTo(
  app: { fetch(request: Request): Response | Promise<Response> },
  clock: Clock,
  latencyMs = 1,
): (request: HttpRequest) => Promise<HttpAnswer> {
  return async ({ url, method, headers, body, signal }) => {
    await delay(clock, latencyMs, signal);
    const length = { 'content-length': String(Buffer.byteLength(body)) };
    const response = await app.fetch(new Request(url, { method, headers: { ...length, ...headers }, body }));
    return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
  };
}
