import type { Clock } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import type { HttpExchange, ServerAddress, ServerReply } from './http.js';

/** The original had no time-out, so that a call whose server was gone stayed for ever. */
export const REQUEST_TIMEOUT_MS = 10_000;

/** Asks the SIP server and the RTP server. Each request has its own body and deadline; nothing is shared or repeated. */
export class JsonClient {
  readonly #clock: Clock;
  readonly #http: HttpExchange;

  constructor(clock: Clock, http: HttpExchange) {
    this.#clock = clock;
    this.#http = http;
  }

  /** Never rejects. `body` undefined: none is sent. */
  async send(address: ServerAddress, method: string, path: string, body?: unknown): Promise<ServerReply> {
    const deadline = new AbortController();
    const timer = this.#clock.setTimer(REQUEST_TIMEOUT_MS, () => deadline.abort());
    try {
      const text = body === undefined ? null : JSON.stringify(body);
      const request = { address: { ...address }, method, path, body: text, signal: deadline.signal };
      const reply = await this.#http(request);
      return { code: reply.status, message: reply.message, json: parseJson(reply.body), answered: true };
    } catch (error) {
      const why = deadline.signal.aborted ? `no answer within ${REQUEST_TIMEOUT_MS} ms` : messageOf(error);
      return { code: 500, message: why, json: null, answered: false };
    } finally {
      timer.cancel();
    }
  }
}

function parseJson(text: string): unknown {
  if (text.trim() === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A member of an answer that has to be a text: an id, an address. */
export function textMember(json: unknown, ...names: readonly string[]): string | null {
  if (typeof json !== 'object' || json === null) return null;
  for (const name of names) {
    const value = (json as Record<string, unknown>)[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
}

/** Why a server refused: what its body says, or its reason phrase. */
export function reasonOf(reply: ServerReply): string {
  return textMember(reply.json, 'error') ?? reply.message;
}
