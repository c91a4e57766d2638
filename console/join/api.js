// The public HTTP API, as far as this page uses it. Every refusal becomes an ApiError with the gateway's stable code.
import { iceServersIn } from './ice-servers.js';

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

  /** WHIP's request both ways. @returns the answer, and how the connection is named from now on */
  async connect(name, sdp, signal) {
    if (this.#token === '') this.#token = await this.#ownToken();
    const query = new URLSearchParams({ room: this.#room, peer: name });
    const headers = { 'Content-Type': 'application/sdp' };
    const response = await this.#ask(`webrtc/endpoint?${query}`, { method: 'POST', headers, body: sdp, signal });
    const location = response.headers.get('Location') ?? '';
    return {
      answer: await response.text(),
      location: location.replace(/^\//, ''),
      // Behind the dot is the key of the connection, which nobody else is told.
      memberId: decodeURIComponent(location.split('/').pop() ?? '').split('.')[0],
      iceServers: iceServersIn(response.headers.get('Link')),
    };
  }

  async #ownToken() {
    const body = JSON.stringify({ room: this.#room });
    const headers = { 'Content-Type': 'application/json' };
    const { data } = await (await this.#ask('join/token', { method: 'POST', headers, body })).json();
    return data.token;
  }

  /** A new offer in the same connection: an ICE restart. @returns the answer */
  async reoffer(location, sdp) {
    const headers = { 'Content-Type': 'application/sdp', 'If-Match': '*' };
    return (await this.#ask(location, { method: 'PATCH', headers, body: sdp })).text();
  }

  /** `keepalive`: it is sent even when the page goes away. */
  async end(location) {
    await this.#ask(location, { method: 'DELETE', keepalive: true });
  }

  async members() {
    const body = await (await this.#ask(`${this.#path}/members`, {})).json();
    return Array.isArray(body) ? body : (body.members ?? body.data ?? []);
  }

  async mute(memberId, muted) {
    const headers = { 'Content-Type': 'application/json' };
    const body = JSON.stringify({ muted });
    await this.#ask(`${this.#path}/members/${encodeURIComponent(memberId)}`, { method: 'PATCH', headers, body });
  }

  /** The id of the newest event there is: who reads on from it reads nothing of what was before. */
  async newest() {
    const query = new URLSearchParams({ after: String(Number.MAX_SAFE_INTEGER), limit: '1' });
    const { started_ms, last_seq } = await (await this.#ask(`${this.#path}/events?${query}`, {})).json();
    return `${started_ms}-${last_seq}`;
  }

  /** The events from `lastId` on, as an open response of server-sent events. */
  async events(lastId, signal) {
    const headers = { Accept: 'text/event-stream', 'Last-Event-ID': lastId };
    return this.#ask(`${this.#path}/events`, { headers, signal, cache: 'no-store' });
  }

  get #path() {
    return `rooms/${encodeURIComponent(this.#room)}`;
  }

  async #ask(path, init) {
    const headers = { ...init.headers, ...(this.#token === '' ? {} : { Authorization: `Bearer ${this.#token}` }) };
    let response;
    try {
      response = await fetch(`/${path}`, { ...init, headers });
    } catch (error) {
      if (error.name === 'AbortError') throw error;
      throw new ApiError('OFFLINE', 0, 'no answer');
    }
    if (response.ok) return response;
    const said = await response.json().catch(() => ({}));
    throw new ApiError(said.code ?? said.error ?? `HTTP_${response.status}`, response.status, said.detail ?? '');
  }
}
