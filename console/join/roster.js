// Who is in the room, kept by the room's events.
import { applied } from './people.js';
import { EventParser } from './sse.js';

const AGAIN_MS = 1000;
/** Who may not read asks again, less and less often. */
const BLIND_AGAIN_MS = 2000;
const BLIND_MOST_MS = 30_000;
/** The server says something every 15 s, if only that it is there. */
const QUIET_MS = 40_000;
/** A member is in its room a moment after its connection is up: so often it is looked for. */
const LOOKS = 20;
const LOOK_AGAIN_MS = 250;

/**
 * News: `onChange(members)` with everybody by id, `onEvent(event)` with each event, `onGone()` once when the member, or the whole
 * room, is not there any more, `onBlind(error)` each time that nothing may be read, `onSilent()` when the server does not answer.
 */
export class Roster {
  /** Of the newest event that was read; empty: none was. */
  lastId = '';
  /** The member is in another room for now: that it is missing here means nothing. */
  isAway = false;
  #api;
  #memberId;
  #news;
  #members = new Map();
  #wasSeen = false;
  #looks = 0;
  #refusals = 0;
  #stop = new AbortController();

  constructor(api, memberId, news) {
    this.#api = api;
    this.#memberId = memberId;
    this.#news = news;
  }

  /** Reads on after every break, until `stop`. */
  async follow() {
    let pauseMs = 0;
    while (await this.#pause(pauseMs)) {
      try {
        pauseMs = (await this.#readOnce()) ? AGAIN_MS : LOOK_AGAIN_MS;
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        pauseMs = this.#failed(error);
      }
      if (pauseMs === null) return;
    }
  }

  stop() {
    this.#stop.abort();
  }

  /** @returns false where the member has not come yet */
  async #readOnce() {
    // Asked before the list, so that nothing falls between the two.
    if (this.lastId === '') this.lastId = await this.#api.newest();
    const members = await this.#api.members();
    if (this.#stop.signal.aborted) return true;
    if (!this.isAway && !members.some(({ member_id }) => member_id === this.#memberId)) return this.#isMissing();
    this.#refusals = 0;
    this.#set(new Map(members.map((member) => [member.member_id, member])));
    const response = await this.#api.events(this.lastId, this.#stop.signal);
    if (response.status !== 204) await this.#read(response.body);
    return true;
  }

  /** @returns after how long it is tried again; null: it is over */
  #failed(error) {
    if (error.status === 404 && !this.isAway) return this.#isMissing() ? null : LOOK_AGAIN_MS;
    if ([401, 403, 404].includes(error.status)) {
      if (error.status !== 404) this.#news.onBlind(error);
      this.#refusals += 1;
      return Math.min(BLIND_MOST_MS, BLIND_AGAIN_MS * 2 ** (this.#refusals - 1));
    }
    this.#news.onSilent();
    return AGAIN_MS;
  }

  /** Neither is there: it has gone, or has not come yet. @returns whether it has gone */
  #isMissing() {
    this.#looks += 1;
    if (!this.#wasSeen && this.#looks < LOOKS) return false;
    this.stop();
    this.#news.onGone();
    return true;
  }

  async #read(body) {
    const parser = new EventParser();
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const late = setTimeout(() => reader.cancel().catch(() => undefined), QUIET_MS);
      const { value, done } = await reader.read();
      clearTimeout(late);
      if (done) return;
      for (const { id, type, data } of parser.push(value)) {
        if (this.#stop.signal.aborted) return;
        // What is not kept any more is made up for by the list.
        if (type === 'missed') return;
        // An event is read when it was taken: who asks meanwhile what happened is told of it too.
        const isLetIn = this.#take(JSON.parse(data));
        if (id !== '') this.lastId = id;
        // A guest was told nothing of the others until now: they are in the list.
        if (isLetIn) return void reader.cancel().catch(() => undefined);
      }
    }
  }

  /** @returns whether it has let the member in */
  #take(event) {
    if (event.type === undefined) return false;
    this.#news.onEvent(event);
    if (this.#stop.signal.aborted) return false;
    const before = this.#members.get(this.#memberId)?.place ?? 'room';
    this.#set(applied(this.#members, event));
    return before !== 'room' && this.#members.get(this.#memberId)?.place === 'room';
  }

  #set(members) {
    this.#members = members;
    this.#wasSeen ||= members.has(this.#memberId);
    this.#news.onChange(members);
  }

  /** @returns false when it was stopped */
  #pause(pauseMs) {
    const { signal } = this.#stop;
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve(!signal.aborted);
      };
      const timer = setTimeout(end, pauseMs);
      signal.addEventListener('abort', end);
    });
  }
}
