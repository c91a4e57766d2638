import { createHash } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import type { Clock, Timer } from '../../base/clock.js';
import type { ApiEnv } from './auth.js';
import { ApiRefusal } from './errors.js';

export interface IdempotencyLimits {
  /** So long an answer is kept, from when the request was done. */
  readonly keepMs: number;
  /** Keys at once; of more, the oldest that is done goes. */
  readonly keys: number;
  /** Answers beyond are not kept: the request would be done again. */
  readonly answerBytes: number;
}

export const defaultIdempotencyLimits: IdempotencyLimits = { keepMs: 3_600_000, keys: 10_000, answerBytes: 65_536 };

interface Answer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: ArrayBuffer;
}

interface Entry {
  readonly fingerprint: string;
  /** Null while the request is running. */
  answer: Answer | null;
  timer: Timer | null;
}

/** For openapi.yaml, on every route with `idempotent`. */
export const idempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .optional()
    .describe('The same request with the same key is done once; it gets the first answer again for an hour.'),
});

/** 1 … 255 printable characters; the draft's form is a string of RFC 8941 §3.3.3, in quotes. */
const keyForm = /^(?:"([\x20-\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x7e]{1,255}))$/;

/**
 * Idempotency-Key (draft-ietf-httpapi-idempotency-key §2): a request that comes again with its key is answered as before and
 * not done again; another request with that key is 422, one while the first is running 409. Keys belong to a caller (its
 * Authorization), a method and a path. Answers of 5xx are not kept: nothing was done, or nobody knows. Limits:
 * IdempotencyLimits; counters `idempotency_replayed_total`, `idempotency_refused_total`, `idempotency_dropped_total` (an answer went
 * before its time, or was too long to be kept) and `idempotency_keys`.
 */
export class IdempotencyKeys {
  readonly counts = { idempotency_replayed_total: 0, idempotency_refused_total: 0, idempotency_dropped_total: 0 };
  readonly #clock: Clock;
  readonly #limits: IdempotencyLimits;
  /** In the order in which they came. */
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock, limits: Partial<IdempotencyLimits> = {}) {
    this.#clock = clock;
    this.#limits = { ...defaultIdempotencyLimits, ...limits };
  }

  /**
   * For the routes that create. The body is read whole for its fingerprint, and is still there for the handler; `fingerprint` gives
   * another one, for bodies that are too long for that.
   */
  guard(fingerprint: (c: Context<ApiEnv>) => Promise<string> | string = fingerprintOfBody): MiddlewareHandler<ApiEnv> {
    return async (c, next) => {
      const header = c.req.header('idempotency-key');
      if (header === undefined) return next();
      const read = keyForm.exec(header.trim());
      const key = read?.[1] ?? read?.[2];
      if (key === undefined) throw new ApiRefusal('BAD_REQUEST', 'Idempotency-Key: 1 to 255 printable characters');
      const name = hash(c.req.header('authorization') ?? '', c.req.method, c.req.path, key);
      const print = await fingerprint(c);
      const kept = this.#kept(name, print);
      if (kept !== null) return replay(kept);
      const entry: Entry = { fingerprint: print, answer: null, timer: null };
      this.#entries.set(name, entry);
      this.#makeRoom();
      await next();
      await this.#done(name, entry, c.res);
    };
  }

  counters(): Readonly<Record<string, number>> {
    return { ...this.counts, idempotency_keys: this.#entries.size };
  }

  close(): void {
    for (const entry of this.#entries.values()) entry.timer?.cancel();
    this.#entries.clear();
  }

  /** The answer to give again; null: the request is new. */
  #kept(name: string, fingerprint: string): Answer | null {
    const entry = this.#entries.get(name);
    if (entry === undefined) return null;
    const isOther = entry.fingerprint !== fingerprint;
    if (isOther || entry.answer === null) {
      this.counts.idempotency_refused_total += 1;
      throw isOther
        ? new ApiRefusal('IDEMPOTENCY_KEY_REUSED', 'this Idempotency-Key came with another request')
        : new ApiRefusal('IDEMPOTENCY_KEY_IN_USE', 'the request with this Idempotency-Key is not done yet');
    }
    this.counts.idempotency_replayed_total += 1;
    return entry.answer;
  }

  #makeRoom(): void {
    if (this.#entries.size <= this.#limits.keys) return;
    for (const [name, { answer }] of this.#entries) {
      if (answer === null) continue;
      this.counts.idempotency_dropped_total += 1;
      this.#forget(name);
      return;
    }
    // All of them are running. The newest has done nothing yet, so that its client can come again.
    const newest = [...this.#entries.keys()].at(-1);
    if (newest !== undefined) this.#forget(newest);
    throw new ApiRefusal('OVERLOADED', 'too many requests with an Idempotency-Key are running');
  }

  async #done(name: string, entry: Entry, response: Response): Promise<void> {
    if (response.status >= 500 || response.status === 429) {
      this.#forget(name);
      return;
    }
    const body = await response.clone().arrayBuffer();
    if (body.byteLength > this.#limits.answerBytes) {
      this.counts.idempotency_dropped_total += 1;
      this.#forget(name);
      return;
    }
    entry.answer = { status: response.status, headers: [...response.headers], body };
    entry.timer = this.#clock.setTimer(this.#limits.keepMs, () => this.#forget(name));
  }

  #forget(name: string): void {
    this.#entries.get(name)?.timer?.cancel();
    this.#entries.delete(name);
  }
}

function replay({ status, headers, body }: Answer): Response {
  const response = new Response(body.byteLength === 0 ? null : body, { status });
  for (const [name, value] of headers) response.headers.set(name, value);
  response.headers.set('idempotency-replayed', 'true');
  return response;
}

async function fingerprintOfBody(c: Context<ApiEnv>): Promise<string> {
  const body = await c.req.arrayBuffer();
  const query = new URL(c.req.url).search;
  return createHash('sha256').update(query).update('\n').update(new Uint8Array(body)).digest('base64');
}

function hash(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
}
