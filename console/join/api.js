// The public HTTP API, as far as this page uses it. Every refusal becomes an ApiError with the gateway's stable code.
import { iceServersIn } from './ice-servers.js';

/** No answer within that is no answer: a network may swallow everything without a word. */
const LIMIT_MS = 10_000;

/** @property {string} code  a word of the API, or `OFFLINE` where there was no answer */
export class ApiError extends Error {
  constructor(code, status, text) {
    super(text);
    this.code = code;
    this.status = status;
  }
}

/** One participant of one room; without a token one is asked for, which rooms give that are open to strangers. */
export class RoomApi {
  #token;
  #room;

  constructor(room, token) {
    this.#room = room;
    this.#token = token;
  }

  get room() {
    return this.#room;
  }

  /** The same participant in another room. */
  in(room) {
    return new RoomApi(room, this.#token);
  }

  /** WHIP's request both ways. @returns the answer, and how the connection is named from now on */
  async connect(name, sdp) {
    if (this.#token === '') this.#token = await this.#ownToken();
    const query = new URLSearchParams({ room: this.#room, peer: name });
    const headers = { 'Content-Type': 'application/sdp' };
    return this.#ask(`webrtc/endpoint?${query}`, { method: 'POST', headers, body: sdp }, async (response) => {
      const location = response.headers.get('Location') ?? '';
      return {
        ...(await answerIn(response)),
        location: location.replace(/^\//, ''),
        // Behind the dot is the key of the connection, which nobody else is told.
        memberId: decodeURIComponent(location.split('/').pop() ?? '').split('.')[0],
      };
    });
  }

  async #ownToken() {
    const headers = { 'Content-Type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify({ room: this.#room }) };
    const { data } = await this.#ask('join/token', init, (response) => response.json());
    return data.token;
  }

  /** A new offer in the same connection: an ICE restart. @returns the answer */
  async reoffer(location, sdp) {
    const headers = { 'Content-Type': 'application/sdp', 'If-Match': '*' };
    return this.#ask(location, { method: 'PATCH', headers, body: sdp }, answerIn);
  }

  /** `keepalive`: it is sent even when the page goes away. */
  async end(location) {
    await this.#ask(location, { method: 'DELETE', keepalive: true });
  }

  /** The room itself: its settings. */
  async about() {
    return this.#ask(this.#path, {}, (response) => response.json());
  }

  async members() {
    const body = await this.#ask(`${this.#path}/members`, {}, (response) => response.json());
    return Array.isArray(body) ? body : (body.members ?? body.data ?? []);
  }

  async mute(memberId, muted) {
    const headers = { 'Content-Type': 'application/json' };
    const body = JSON.stringify({ muted });
    await this.#ask(`${this.#path}/members/${encodeURIComponent(memberId)}`, { method: 'PATCH', headers, body });
  }

  /** The id of the newest event there is: who reads on from it reads nothing of what was before. */
  async newest() {
    const { started_ms, last_seq } = await this.#log({ after: String(Number.MAX_SAFE_INTEGER), limit: '1' });
    return `${started_ms}-${last_seq}`;
  }

  /** What came after that event, and of which beginning of the room: another one of the same name may have begun since. */
  async since(lastId) {
    const [startedMs, after] = lastId.split('-');
    const { started_ms, events } = await this.#log({ after, started_ms: startedMs });
    return { isSameRoom: String(started_ms) === startedMs, events };
  }

  /** The events from `lastId` on, as an open response of server-sent events. */
  async events(lastId, signal) {
    const headers = { Accept: 'text/event-stream', 'Last-Event-ID': lastId };
    return this.#ask(`${this.#path}/events`, { headers, signal, cache: 'no-store' });
  }

  get #path() {
    return `rooms/${encodeURIComponent(this.#room)}`;
  }

  #log(asked) {
    return this.#ask(`${this.#path}/events?${new URLSearchParams(asked)}`, {}, (response) => response.json());
  }

  /** @param take  what is wanted of the response, within the same limit */
  async #ask(path, { signal, ...init }, take = (response) => response) {
    const headers = { ...init.headers, ...(this.#token === '' ? {} : { Authorization: `Bearer ${this.#token}` }) };
    const gone = new AbortController();
    const late = setTimeout(() => gone.abort(), LIMIT_MS);
    signal?.addEventListener('abort', () => gone.abort(), { once: true });
    try {
      const response = await fetch(`/${path}`, { ...init, headers, signal: gone.signal });
      if (response.ok) return await take(response);
      const said = await response.json().catch(() => ({}));
      throw new ApiError(said.code ?? said.error ?? `HTTP_${response.status}`, response.status, said.detail ?? '');
    } catch (error) {
      if (error instanceof ApiError || signal?.aborted) throw error;
      throw new ApiError('OFFLINE', 0, 'no answer');
    } finally {
      clearTimeout(late);
    }
  }
}

async function answerIn(response) {
  return { answer: await response.text(), iceServers: iceServersIn(response.headers.get('Link')) };
}
