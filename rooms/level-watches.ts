import type { RoomId } from '../base/ids.js';
import type { RoomLevelsReport } from './media-pool.js';

type Listener = (report: RoomLevelsReport) => void;

/**
 * Who wants to be told the levels of which room; the room's host sends them once however many listen. Bounded by those
 * who ask, all of them on the main thread.
 */
export class LevelWatches {
  readonly #ask: (roomId: RoomId, on: boolean) => void;
  readonly #listeners = new Map<RoomId, Set<Listener>>();

  /** @param ask  tells the room's host, where there is one */
  constructor(ask: (roomId: RoomId, on: boolean) => void) {
    this.#ask = ask;
  }

  /** Returns what ends it; safe to call twice. */
  add(roomId: RoomId, listener: Listener): () => void {
    const listeners = this.#listeners.get(roomId) ?? new Set();
    this.#listeners.set(roomId, listeners);
    // The same function twice is two listeners.
    const own: Listener = (report) => listener(report);
    listeners.add(own);
    if (listeners.size === 1) this.#ask(roomId, true);
    return () => {
      if (!listeners.delete(own) || listeners.size > 0) return;
      this.#listeners.delete(roomId);
      this.#ask(roomId, false);
    };
  }

  /** Somebody joins the room, which may be its first. */
  renew(roomId: RoomId): void {
    if (this.#listeners.has(roomId)) this.#ask(roomId, true);
  }

  tell(report: RoomLevelsReport): void {
    for (const listener of this.#listeners.get(report.roomId) ?? []) listener(report);
  }
}
