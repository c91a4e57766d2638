import type { Clock, Timer } from '../../base/clock.js';
import type { CallId, RoomId } from '../../base/ids.js';

interface Watch {
  readonly callId: CallId;
  readonly roomId: RoomId;
  /** Invite hooks that were pending when the leg was made and are not over yet. */
  readonly hooks: Set<CallId>;
  timer: Timer | null;
}

/** How long after its hook's end a caller may still come into the room. */
const ORPHAN_MS = 30_000;

/**
 * Legs that an application dialled from inside an invite hook, into a room that then nobody entered: the answer named
 * another room, or never came (contract 4.4, orphans). Which of the pending hooks a leg belongs to cannot be known, so
 * the wait begins when the last of them is over. Bounded by the number of calls.
 */
export class OrphanWatch {
  readonly #clock: Clock;
  readonly #close: (callId: CallId) => void;
  readonly #pending = new Set<CallId>();
  readonly #watches = new Map<CallId, Watch>();

  constructor(clock: Clock, close: (callId: CallId) => void) {
    this.#clock = clock;
    this.#close = close;
  }

  get size(): number {
    return this.#watches.size + this.#pending.size;
  }

  hookBegan(callId: CallId): void {
    this.#pending.add(callId);
  }

  hookEnded(callId: CallId): void {
    if (!this.#pending.delete(callId)) return;
    for (const watch of this.#watches.values()) {
      if (!watch.hooks.delete(callId) || watch.hooks.size > 0) continue;
      watch.timer = this.#clock.setTimer(ORPHAN_MS, () => {
        this.#watches.delete(watch.callId);
        this.#close(watch.callId);
      });
    }
  }

  /** An outgoing leg was made for the API. */
  dialled(callId: CallId, roomId: RoomId): void {
    if (this.#pending.size === 0) return;
    this.#watches.set(callId, { callId, roomId, hooks: new Set(this.#pending), timer: null });
  }

  /** A caller is in the room: whoever was dialled into it is no orphan. */
  callerJoined(roomId: RoomId): void {
    for (const watch of this.#watches.values()) if (watch.roomId === roomId) this.forget(watch.callId);
  }

  /** The leg ended by itself. */
  forget(callId: CallId): void {
    this.#watches.get(callId)?.timer?.cancel();
    this.#watches.delete(callId);
  }

  close(): void {
    for (const callId of [...this.#watches.keys()]) this.forget(callId);
    this.#pending.clear();
  }
}
