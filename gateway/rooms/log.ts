import type { Clock, Timer } from '../../base/clock.js';
import type { RoomId } from '../../base/ids.js';
import type { RoomEventBody } from '../../contract/room-events.js';
import type { NewRoomEvent } from './news.js';

export interface RoomLogLimits {
  /** Events kept of one room; of more, the oldest go. */
  readonly events: number;
  /** So long the log of a room that is over can be read. */
  readonly keepEndedMs: number;
  /** Logs of rooms that are over; of more, the oldest go. */
  readonly ended: number;
}

export const defaultRoomLogLimits: RoomLogLimits = { events: 1000, keepEndedMs: 300_000, ended: 1000 };

/** What a reader gets at once. */
export interface RoomLogPage {
  /** In order, without a gap. */
  readonly events: readonly RoomEventBody[];
  /** Events between what was asked for and the first one here that are not kept any more. */
  readonly missed: number;
}

/** The log of one room as its readers see it. A reader is a number: it asks for what comes after it. */
export interface RoomEvents {
  readonly roomId: RoomId;
  /** When the room began, in milliseconds since the Unix epoch: tells one room from the next of the same name. */
  readonly startedMs: number;
  /** 0: nothing has happened yet. */
  readonly lastSeq: number;
  /** room_ended is in it. Recordings that are still being written may be told of after that. */
  readonly isOver: boolean;
  /** It is over and not kept any more: nothing will be added. */
  readonly isForgotten: boolean;
  after(seq: number, most: number): RoomLogPage;
  /** Called after each event, and once more when the log is forgotten. Returns what ends that. */
  watch(listener: () => void): () => void;
}

/** The logs of all rooms as their readers see them. */
export interface RoomEventSource {
  /** The log of the room that has this name, or had it last. `startedMs`: that one and no other. */
  find(roomId: RoomId, startedMs?: number): RoomEvents | null;
  /** Every event of every room as it happens. Returns what ends that. */
  follow(listener: (event: RoomEventBody) => void): () => void;
}

/** What may be told of a room that is over: the ends of what it had begun. */
const afterTheEnd: ReadonlySet<string> = new Set([
  'playback_ended',
  'playback_failed',
  'recording_ready',
  'recording_stopped',
  'recording_failed',
  'stream_stopped',
]);

/**
 * What happened in one room, in order, numbered from 1 without a gap. Limit: `events`, the oldest go, counted by
 * RoomLogs as `room_events_dropped_total`. O(1) for each event.
 */
class RoomLog implements RoomEvents {
  readonly roomId: RoomId;
  readonly startedMs: number;
  isOver = false;
  isForgotten = false;
  lastSeq = 0;
  /** Event `seq` is at `(seq − 1) % events`. */
  readonly #ring: RoomEventBody[] = [];
  readonly #most: number;
  readonly #listeners = new Set<() => void>();

  constructor(roomId: RoomId, startedMs: number, most: number) {
    this.roomId = roomId;
    this.startedMs = startedMs;
    this.#most = most;
  }

  get kept(): number {
    return this.#ring.length;
  }

  /** Whether an older one made room for it. */
  append(event: RoomEventBody): boolean {
    const isFull = this.#ring.length === this.#most;
    this.lastSeq = event.seq;
    this.#ring[(event.seq - 1) % this.#most] = event;
    if (event.type === 'room_ended') this.isOver = true;
    return isFull;
  }

  after(seq: number, most: number): RoomLogPage {
    const from = Math.max(0, Math.min(seq, this.lastSeq));
    const first = Math.max(from, this.lastSeq - this.#most);
    const events: RoomEventBody[] = [];
    for (let next = first + 1; next <= this.lastSeq && events.length < most; next += 1) {
      const event = this.#ring[(next - 1) % this.#most];
      if (event !== undefined) events.push(event);
    }
    return { events, missed: first - from };
  }

  watch(listener: () => void): () => void {
    const own = (): void => listener();
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** A log that can still be read for a while. */
interface EndedLog {
  readonly log: RoomLog;
  readonly untilMs: number;
}

/**
 * The logs of all rooms. The room service opens one when a room begins and puts events in; hooks and the API read. Limits:
 * RoomLogLimits; counters `room_events_total`, `room_events_dropped_total` (a ring was full) and
 * `room_events_late_total` (of rooms that are over or were never there).
 */
export class RoomLogs implements RoomEventSource {
  readonly counts = { room_events_total: 0, room_events_dropped_total: 0, room_events_late_total: 0 };
  readonly #clock: Clock;
  readonly #limits: RoomLogLimits;
  readonly #live = new Map<RoomId, RoomLog>();
  /** In the order in which they ended. */
  readonly #ended = new Set<EndedLog>();
  /** One for all of them, at the time of the oldest. */
  #timer: Timer | null = null;
  readonly #followers = new Set<(event: RoomEventBody) => void>();

  constructor(clock: Clock, limits: Partial<RoomLogLimits> = {}) {
    this.#clock = clock;
    this.#limits = { ...defaultRoomLogLimits, ...limits };
  }

  /** A room begins: `room_started` is its event 1. One of that name that was there is over. */
  open(roomId: RoomId): RoomEvents {
    this.#finish(roomId);
    const before = this.#lastStart(roomId);
    // Two rooms of one name never begin at the same time, so that the time tells them apart.
    const log = new RoomLog(roomId, Math.max(this.#clock.epochMs(), before + 1), this.#limits.events);
    this.#live.set(roomId, log);
    this.emit(roomId, { type: 'room_started' });
    return log;
  }

  /** Gives the event its number and time. `room_ended` ends the log; what comes after that is taken only as the end of what was begun. */
  emit(roomId: RoomId, event: NewRoomEvent): void {
    const log = this.#live.get(roomId) ?? this.#lastEnded(roomId);
    if (log === null || (log.isOver && !afterTheEnd.has(event.type))) {
      this.counts.room_events_late_total += 1;
      return;
    }
    // The compiler cannot see that a member of the union without three fields gets them back.
    const numbered = {
      seq: log.lastSeq + 1,
      room_id: roomId,
      ts: this.#clock.epochMs(),
      ...event,
    } as RoomEventBody;
    if (log.append(numbered)) this.counts.room_events_dropped_total += 1;
    this.counts.room_events_total += 1;
    if (event.type === 'room_ended') this.#bury(log);
    for (const follower of [...this.#followers]) follower(numbered);
    log.tell();
  }

  find(roomId: RoomId, startedMs?: number): RoomEvents | null {
    const live = this.#live.get(roomId) ?? null;
    if (startedMs === undefined) return live ?? this.#lastEnded(roomId);
    if (live?.startedMs === startedMs) return live;
    for (const { log } of this.#ended) if (log.roomId === roomId && log.startedMs === startedMs) return log;
    return null;
  }

  follow(listener: (event: RoomEventBody) => void): () => void {
    const own = (event: RoomEventBody): void => listener(event);
    this.#followers.add(own);
    return () => this.#followers.delete(own);
  }

  /** Forgets what is over; readers are told. */
  close(): void {
    for (const entry of [...this.#ended]) this.#forget(entry);
    this.#timer?.cancel();
    this.#timer = null;
  }

  counters(): Readonly<Record<string, number>> {
    let kept = 0;
    for (const log of this.#live.values()) kept += log.kept;
    for (const { log } of this.#ended) kept += log.kept;
    return { ...this.counts, room_events_kept: kept, room_logs: this.#live.size + this.#ended.size };
  }

  #finish(roomId: RoomId): void {
    if (this.#live.has(roomId)) this.emit(roomId, { type: 'room_ended', reason: 'closed' });
  }

  #bury(log: RoomLog): void {
    this.#live.delete(log.roomId);
    this.#ended.add({ log, untilMs: this.#clock.nowMs() + this.#limits.keepEndedMs });
    this.#wait();
    if (this.#ended.size <= this.#limits.ended) return;
    for (const oldest of this.#ended) {
      this.#forget(oldest);
      return;
    }
  }

  #wait(): void {
    const [oldest] = this.#ended;
    if (this.#timer !== null || oldest === undefined) return;
    this.#timer = this.#clock.setTimer(Math.max(0, oldest.untilMs - this.#clock.nowMs()), () => {
      this.#timer = null;
      const nowMs = this.#clock.nowMs();
      for (const entry of this.#ended) {
        if (entry.untilMs > nowMs) break;
        this.#forget(entry);
      }
      this.#wait();
    });
  }

  #forget(entry: EndedLog): void {
    this.#ended.delete(entry);
    entry.log.isForgotten = true;
    entry.log.tell();
  }

  #lastEnded(roomId: RoomId): RoomLog | null {
    let last: RoomLog | null = null;
    for (const { log } of this.#ended) if (log.roomId === roomId) last = log;
    return last;
  }

  #lastStart(roomId: RoomId): number {
    return this.#lastEnded(roomId)?.startedMs ?? 0;
  }
}
