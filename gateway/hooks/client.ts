import type { z } from 'zod';
import { type Clock, delay } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import type { Logger } from '../../base/log.js';
import type { RoomEventBody } from '../../contract/room-events.js';
import {
  type AuthHookReply,
  type AuthHookRequest,
  acknowledgeHookReply,
  authHookReply,
  type EventHookBody,
  type InviteHookReply,
  type InviteHookRequest,
  inviteHookReply,
  type RegistrationHookRequest,
} from '../../contract/v1.js';
import {
  type Delivery,
  type DeliveryLimits,
  DeliveryQueue,
  type DeliveryStore,
  defaultDeliveryLimits,
} from './delivery.js';
import { defaultGateLimits, Gate, type GateLimits } from './gate.js';
import { type HttpAnswer, type HttpTransport, HttpTransportError } from './transport.js';
import { hookHeaders, hookUrl, readReply } from './v1.js';

export type HookFailure = 'timeout' | 'connect' | 'status' | 'invalid' | 'overload' | 'aborted' | 'too-large';

export type HookOutcome<T> =
  | { readonly ok: true; readonly reply: T; readonly afterMs: number }
  | {
      readonly ok: false;
      readonly failure: HookFailure;
      /** HTTP status, when an answer came. */
      readonly status: number | null;
      readonly message: string;
      readonly afterMs: number;
    };

/** The application's hooks, as the rest of the gateway sees them. No method but start throws or rejects. */
export interface HookClient {
  /** Takes up what an earlier process could not deliver; awaited once, before the first request. Throws StoreError. */
  start(): Promise<void>;
  /** Asked once, never repeated; 5 s with queue time. */
  auth(request: AuthHookRequest): Promise<HookOutcome<AuthHookReply>>;
  /** Like auth. `signal` gives the question up (outcome `aborted`); leave it alone to learn a late answer's room. */
  invite(request: InviteHookRequest, signal?: AbortSignal): Promise<HookOutcome<InviteHookReply>>;
  /** Queued: in order per user, 10 s a try, at most 5 tries with 1, 2, 4, 8 s between them. */
  register(request: RegistrationHookRequest): void;
  unregister(request: RegistrationHookRequest): void;
  /** Queued like register, in order per call (`session_id`). `url`: the call's hook_uri, null: {hook_url}/event. */
  event(body: EventHookBody, url: string | null): void;
  /** Queued like register, in order per room. */
  room(event: RoomEventBody): void;
  /** Waits until nothing is pending, at most `deadlineMs` from now. What is left survives in the store. */
  drain(deadlineMs: number): Promise<{ readonly undelivered: number }>;
  /** Ends what is in flight; queued deliveries stay in the store. May be called twice. */
  close(): Promise<void>;
  /** Hooks in flight, waiting or queued. */
  pending(): number;
  counters(): Readonly<Record<string, number>>;
}

export interface HookClientOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: DeliveryStore;
  readonly transport: HttpTransport;
  /** Base URL; `/auth`, `/register`, `/unregister`, `/invite`, `/event` and `/room` are appended. */
  readonly hookUrl: string;
  /** Sent as `Authorization: Bearer` with every hook; null: none. */
  readonly hookSecret: string | null;
  /** The whole of an auth or invite hook, queue time included; 5000 unless told. */
  readonly askTimeoutMs?: number;
  /** One try of a delivery; 10 000 unless told. */
  readonly deliverTimeoutMs?: number;
  readonly gate?: Partial<GateLimits>;
  readonly delivery?: Partial<DeliveryLimits>;
}

/** Largest answer that is read. */
const MAX_ANSWER_BYTES = 65_536;

type Failed = Extract<HookOutcome<never>, { ok: false }>;
type Exchange = { readonly ok: true; readonly answer: HttpAnswer } | Omit<Failed, 'afterMs'>;

/** A deadline and a caller's wish in one signal; `timedOut` tells which of the two it was. */
interface Deadline {
  readonly signal: AbortSignal;
  readonly timedOut: () => boolean;
  end(): void;
}

/**
 * HookClient over an HttpTransport. auth and invite are asked at once, register, unregister and events are queued
 * (DeliveryQueue). Both share the places of one Gate, so a user never has more than 8 hooks in flight.
 */
export function createHookClient(options: HookClientOptions): HookClient {
  return new Hooks(options);
}

class Hooks implements HookClient {
  readonly #options: HookClientOptions;
  readonly #headers: Record<string, string>;
  readonly #gate: Gate;
  readonly #queue: DeliveryQueue;
  /** Deadlines that are running: all that `close` has to end. */
  readonly #open = new Set<Deadline & { giveUp(): void }>();
  readonly #counts: Record<string, number> = { hooks_answered_total: 0 };
  #asking = 0;
  #askIdle: (() => void)[] = [];

  constructor(options: HookClientOptions) {
    this.#options = options;
    this.#headers = hookHeaders(options.hookSecret);
    this.#gate = new Gate({ ...defaultGateLimits, ...options.gate });
    this.#queue = new DeliveryQueue({
      clock: options.clock,
      log: options.log,
      store: options.store,
      limits: { ...defaultDeliveryLimits, ...options.delivery },
      attempt: (delivery) => this.#deliver(delivery),
    });
  }

  start(): Promise<void> {
    return this.#queue.start();
  }

  auth(request: AuthHookRequest): Promise<HookOutcome<AuthHookReply>> {
    return this.#ask('auth', userKey(request.username), request, authHookReply);
  }

  invite(request: InviteHookRequest, signal?: AbortSignal): Promise<HookOutcome<InviteHookReply>> {
    const key = request.username === null ? sourceKey(request.source) : userKey(request.username);
    return this.#ask('invite', key, request, inviteHookReply, signal);
  }

  register(request: RegistrationHookRequest): void {
    this.#queue.push({
      kind: 'register',
      lane: userKey(request.username),
      url: null,
      body: JSON.stringify(request),
    });
  }

  unregister(request: RegistrationHookRequest): void {
    this.#queue.push({
      kind: 'unregister',
      lane: userKey(request.username),
      url: null,
      body: JSON.stringify(request),
    });
  }

  event(body: EventHookBody, url: string | null): void {
    this.#queue.push({ kind: 'event', lane: `call ${body.session_id}`, url, body: JSON.stringify(body) });
  }

  room(event: RoomEventBody): void {
    this.#queue.push({ kind: 'room', lane: `room ${event.room_id}`, url: null, body: JSON.stringify(event) });
  }

  async drain(deadlineMs: number): Promise<{ readonly undelivered: number }> {
    const limit = new AbortController();
    const late = delay(this.#options.clock, deadlineMs, limit.signal).catch(() => undefined);
    const idle = Promise.all([this.#queue.whenIdle(), this.#whenNothingAsked()]);
    await Promise.race([idle, late]);
    limit.abort();
    return { undelivered: this.#queue.size };
  }

  async close(): Promise<void> {
    this.#queue.close();
    for (const deadline of this.#open) deadline.giveUp();
  }

  pending(): number {
    return this.#asking + this.#queue.size;
  }

  counters(): Readonly<Record<string, number>> {
    return {
      ...this.#counts,
      ...this.#queue.counts,
      hooks_in_flight: this.#gate.inFlight,
      hooks_waiting: this.#gate.waiting,
      hooks_overload_total: this.#gate.refused,
      hooks_undelivered: this.#queue.size,
    };
  }

  async #ask<T>(
    route: 'auth' | 'invite',
    key: string,
    body: AuthHookRequest | InviteHookRequest,
    schema: z.ZodType<T>,
    caller?: AbortSignal,
  ): Promise<HookOutcome<T>> {
    const { clock, hookUrl: base, askTimeoutMs = 5000, log } = this.#options;
    const startedMs = clock.nowMs();
    this.#asking += 1;
    const deadline = this.#deadline(askTimeoutMs, caller);
    const got = await this.#exchange(key, hookUrl(base, route), JSON.stringify(body), deadline);
    deadline.end();
    this.#asking -= 1;
    if (this.#asking === 0) for (const resolve of this.#askIdle.splice(0)) resolve();
    const outcome = this.#outcome(got, schema, clock.nowMs() - startedMs);
    this.#count(outcome.ok ? 'hooks_answered_total' : `hooks_failed_${outcome.failure.replace('-', '_')}_total`);
    if (!outcome.ok && outcome.failure !== 'aborted') {
      const { failure, status, message, afterMs } = outcome;
      log.warn('hook.failed', { route, failure, status, message, afterMs });
    }
    return outcome;
  }

  #outcome<T>(got: Exchange, schema: z.ZodType<T>, afterMs: number): HookOutcome<T> {
    if (!got.ok) return { ...got, afterMs };
    const read = readReply(schema, got.answer);
    if ('reply' in read) return { ok: true, reply: read.reply, afterMs };
    return { ok: false, ...read, status: got.answer.status, afterMs };
  }

  /** One try. Any 2xx counts as taken: repeating it for a body that nobody needs would tell the application twice. */
  async #deliver(delivery: Delivery): Promise<string | null> {
    const { hookUrl: base, deliverTimeoutMs = 10_000 } = this.#options;
    const url = delivery.url ?? hookUrl(base, delivery.kind);
    const deadline = this.#deadline(deliverTimeoutMs);
    const got = await this.#exchange(delivery.lane, url, delivery.body, deadline);
    deadline.end();
    if (!got.ok) return `${got.failure}: ${got.message}`;
    const read = readReply(acknowledgeHookReply, got.answer);
    if ('reply' in read) return null;
    if (read.failure === 'status') return read.message;
    this.#count('hooks_odd_acknowledgement_total');
    return null;
  }

  /** Never rejects, and never outlasts the deadline even when the transport ignores its signal. */
  async #exchange(key: string, url: string, body: string, deadline: Deadline): Promise<Exchange> {
    const release = await this.#gate.acquire(key, deadline.signal);
    if (release === null) return this.#stopped(deadline) ?? failed('overload', 'too many hooks are waiting');
    const request = {
      url,
      method: 'POST',
      headers: this.#headers,
      body,
      maxBytes: MAX_ANSWER_BYTES,
      signal: deadline.signal,
    } as const;
    const send = async (): Promise<HttpAnswer> => this.#options.transport(request);
    const sent = send().then(
      (answer): Exchange => ({ ok: true, answer }),
      (thrown: unknown): Exchange => this.#stopped(deadline) ?? transportFailure(thrown),
    );
    const got = await Promise.race([sent, aborted(deadline.signal).then(() => this.#stopped(deadline)!)]);
    release();
    return got;
  }

  #stopped(deadline: Deadline): Exchange | null {
    if (deadline.timedOut()) return failed('timeout', 'no answer in time');
    return deadline.signal.aborted ? failed('aborted', 'nobody waits for the answer') : null;
  }

  #deadline(timeoutMs: number, caller?: AbortSignal): Deadline {
    const controller = new AbortController();
    let late = false;
    const timer = this.#options.clock.setTimer(timeoutMs, () => {
      late = true;
      controller.abort();
    });
    const giveUp = (): void => controller.abort();
    if (caller?.aborted === true) giveUp();
    caller?.addEventListener('abort', giveUp, { once: true });
    const deadline = {
      signal: controller.signal,
      timedOut: () => late,
      giveUp,
      end: () => {
        timer.cancel();
        caller?.removeEventListener('abort', giveUp);
        this.#open.delete(deadline);
      },
    };
    this.#open.add(deadline);
    return deadline;
  }

  #whenNothingAsked(): Promise<void> {
    if (this.#asking === 0) return Promise.resolve();
    return new Promise((resolve) => this.#askIdle.push(resolve));
  }

  #count(name: string): void {
    this.#counts[name] = (this.#counts[name] ?? 0) + 1;
  }
}

function userKey(username: string): string {
  return `user ${username}`;
}

/** The host alone: a trunk's calls come from one address and perhaps many ports. */
function sourceKey(source: string): string {
  return `source ${source.slice(0, source.lastIndexOf(':'))}`;
}

function failed(failure: HookFailure, message: string): Exchange {
  return { ok: false, failure, status: null, message };
}

function transportFailure(thrown: unknown): Exchange {
  if (!(thrown instanceof HttpTransportError)) return failed('connect', messageOf(thrown));
  const failure = thrown.failure === 'too-large' ? 'too-large' : 'connect';
  return failed(failure, thrown.message);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
