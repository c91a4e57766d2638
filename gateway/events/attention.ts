import type { Clock, Timer } from '../../base/clock.js';
import type { RoomId } from '../../base/ids.js';
import type { RoomCommands } from '../rooms/commands.js';

/** So long who has read a room's events is thought to come again. */
const LEASE_MS = 60_000;

interface Held {
  holders: number;
  lease: Timer | null;
  readonly unwatch: () => void;
}

/**
 * Who speaks is measured while somebody wants to know: a stream, the hooks, or who asks for events once and again. One watch
 * per room, however many want it.
 */
export class Attention {
  readonly #clock: Clock;
  readonly #commands: Pick<RoomCommands, 'watchLevels'>;
  readonly #rooms = new Map<RoomId, Held>();

  constructor(clock: Clock, commands: Pick<RoomCommands, 'watchLevels'>) {
    this.#clock = clock;
    this.#commands = commands;
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** Until what it returns is called. */
  hold(roomId: RoomId): () => void {
    const held = this.#open(roomId);
    if (held === null) return () => undefined;
    held.holders += 1;
    let isOn = true;
    return () => {
      if (!isOn) return;
      isOn = false;
      held.holders -= 1;
      this.#check(roomId, held);
    };
  }

  /** For a minute from now. */
  touch(roomId: RoomId): void {
    const held = this.#open(roomId);
    if (held === null) return;
    held.lease?.cancel();
    held.lease = this.#clock.setTimer(LEASE_MS, () => {
      held.lease = null;
      this.#check(roomId, held);
    });
  }

  /** The room is over. */
  end(roomId: RoomId): void {
    const held = this.#rooms.get(roomId);
    if (held === undefined) return;
    this.#rooms.delete(roomId);
    held.lease?.cancel();
    held.unwatch();
  }

  close(): void {
    for (const roomId of [...this.#rooms.keys()]) this.end(roomId);
  }

  #open(roomId: RoomId): Held | null {
    const known = this.#rooms.get(roomId);
    if (known !== undefined) return known;
    const unwatch = this.#commands.watchLevels(roomId, () => undefined);
    if (unwatch === null) return null;
    const held = { holders: 0, lease: null, unwatch };
    this.#rooms.set(roomId, held);
    return held;
  }

  #check(roomId: RoomId, held: Held): void {
    if (held.holders === 0 && held.lease === null && this.#rooms.get(roomId) === held) this.end(roomId);
  }
}
