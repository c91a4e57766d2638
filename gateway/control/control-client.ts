import { type Clock, delay } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import { Gate } from '../hooks/gate.js';
import type { HttpTransport } from '../hooks/transport.js';

/** One piece of news for a control server. */
export interface ControlNews {
  readonly method: 'PUT' | 'DELETE' | 'POST';
  /** The control server's base, without a trailing slash, and the path below it. */
  readonly url: string;
  /** Sent as JSON; null sends no body. */
  readonly body: unknown;
  /** News of one lane arrive one after the other, in the order of the calls: a call, or a registered user. */
  readonly lane: string;
}

/** `taken`: answered with 200. Everything else means that the control server does not have the news. */
export type ControlOutcome =
  | { readonly kind: 'taken' }
  | { readonly kind: 'refused'; readonly statusCode: number }
  | { readonly kind: 'unreachable'; readonly reason: string }
  | { readonly kind: 'dropped' };

export interface ControlClient {
  readonly counters: Readonly<Record<string, number>>;
  /** Never rejects. */
  send(news: ControlNews): Promise<ControlOutcome>;
  /** Resolves when nothing is under way any more, or after that time. */
  drain(limitMs: number): Promise<void>;
}

export interface ControlClientOptions {
  readonly clock: Clock;
  readonly transport: HttpTransport;
  /** From the moment it is sent to the end of its answer. 10 000 unless told. */
  readonly timeoutMs?: number;
}

/** News that wait behind others of their lane; one more is dropped. A call has about ten in its life. */
const MAX_IN_LANE = 64;
/** News under way or waiting, in all. */
const MAX_NEWS = 20_000;
/** Requests at one time, to one control server and in all. */
const PLACES = { perKey: 128, total: 256, waitingPerKey: MAX_NEWS, waiting: MAX_NEWS };
/** An answer's body is not looked at. */
const MAX_ANSWER_BYTES = 65_536;

/**
 * Tells control servers what happens here: HTTP with a JSON body, in order per lane, never repeated. Limits: 64 news
 * wait in a lane and 20 000 in all; one more is dropped and counted in `control_dropped_total`.
 */
export function createControlClient(options: ControlClientOptions): ControlClient {
  return new Client(options);
}

class Client implements ControlClient {
  readonly counters = { control_sent_total: 0, control_failed_total: 0, control_dropped_total: 0 };
  readonly #options: ControlClientOptions;
  readonly #gate = new Gate(PLACES);
  readonly #lanes = new Map<string, { waiting: number; last: Promise<unknown> }>();
  #size = 0;
  readonly #idle = new Set<() => void>();

  constructor(options: ControlClientOptions) {
    this.#options = options;
  }

  async send(news: ControlNews): Promise<ControlOutcome> {
    const lane = this.#lanes.get(news.lane) ?? { waiting: 0, last: Promise.resolve() };
    if (lane.waiting >= MAX_IN_LANE || this.#size >= MAX_NEWS) {
      this.counters.control_dropped_total += 1;
      return { kind: 'dropped' };
    }
    this.#lanes.set(news.lane, lane);
    this.#size += 1;
    lane.waiting += 1;
    const outcome = lane.last.then(() => this.#exchange(news));
    lane.last = outcome;
    try {
      return await outcome;
    } finally {
      lane.waiting -= 1;
      if (lane.waiting === 0) this.#lanes.delete(news.lane);
      this.#size -= 1;
      if (this.#size === 0) for (const tell of this.#idle) tell();
    }
  }

  async drain(limitMs: number): Promise<void> {
    if (this.#size === 0) return;
    const finished = new AbortController();
    const idle = new Promise<void>((resolve) => {
      this.#idle.add(resolve);
      finished.signal.addEventListener('abort', () => this.#idle.delete(resolve));
    });
    await Promise.race([idle, delay(this.#options.clock, limitMs, finished.signal).catch(() => undefined)]);
    finished.abort();
  }

  async #exchange({ method, url, body }: ControlNews): Promise<ControlOutcome> {
    const { clock, transport, timeoutMs = 10_000 } = this.#options;
    const deadline = new AbortController();
    const timer = clock.setTimer(timeoutMs, () => deadline.abort());
    const place = await this.#gate.acquire(originOf(url), deadline.signal);
    try {
      if (place === null) return this.#failed({ kind: 'unreachable', reason: 'too many requests wait for it' });
      const text = body === null ? '' : JSON.stringify(body);
      const headers: Record<string, string> = body === null ? {} : { 'content-type': 'application/json' };
      const request = { url, method, headers, body: text, maxBytes: MAX_ANSWER_BYTES, signal: deadline.signal };
      const { status } = await transport(request);
      if (status !== 200) return this.#failed({ kind: 'refused', statusCode: status });
      this.counters.control_sent_total += 1;
      return { kind: 'taken' };
    } catch (error) {
      const reason = deadline.signal.aborted ? `no answer within ${timeoutMs} ms` : messageOf(error);
      return this.#failed({ kind: 'unreachable', reason });
    } finally {
      timer.cancel();
      place?.();
    }
  }

  #failed(outcome: ControlOutcome): ControlOutcome {
    this.counters.control_failed_total += 1;
    return outcome;
  }
}

/** The control server behind a URL; what is no URL is refused by the transport. */
function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}
