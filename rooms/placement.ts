import type { LegId, RoomId } from '../base/ids.js';

/** What placement looks at in a media host. */
export interface Placeable {
  /** Legs in it now, those being opened included. */
  readonly legCount: number;
  /** Its last measure, and how many legs it had then. */
  readonly measured: { readonly busyShare: number; readonly legs: number };
}

/** What a leg is taken to cost until the next measure shows it: a share of one core, for G.711. */
const LEG_SHARE = 0.0006;

/** The share of a core that the host will be found to use at its next measure. */
export function expectedShare(host: Placeable): number {
  return Math.max(0, host.measured.busyShare + (host.legCount - host.measured.legs) * LEG_SHARE);
}

/** The host with the lowest expected share; the first of equals. Null for an empty list. */
export function leastLoaded<H extends Placeable>(hosts: readonly H[]): H | null {
  let best: H | null = null;
  for (const host of hosts) if (best === null || expectedShare(host) < expectedShare(best)) best = host;
  return best;
}

/**
 * Which host each room lives in. A leg holds the room it is in, or was opened for; a room without holders has no place
 * and may come to life elsewhere. Bounded by the legs: one hold each.
 */
export class RoomPlaces<H> {
  readonly #rooms = new Map<RoomId, { readonly host: H; readonly holders: Set<LegId> }>();
  readonly #roomOf = new Map<LegId, RoomId>();

  get size(): number {
    return this.#rooms.size;
  }

  hostOf(roomId: RoomId): H | null {
    return this.#rooms.get(roomId)?.host ?? null;
  }

  /** The leg holds this room, and no other; a room without a place gets `host`. Returns the room's host. */
  hold(roomId: RoomId, legId: LegId, host: H): H {
    const place = this.#rooms.get(roomId) ?? { host, holders: new Set() };
    place.holders.add(legId);
    if (this.#roomOf.get(legId) !== roomId) this.release(legId);
    this.#rooms.set(roomId, place);
    this.#roomOf.set(legId, roomId);
    return place.host;
  }

  release(legId: LegId): void {
    const roomId = this.#roomOf.get(legId);
    if (roomId === undefined) return;
    this.#roomOf.delete(legId);
    const place = this.#rooms.get(roomId);
    place?.holders.delete(legId);
    if (place?.holders.size === 0) this.#rooms.delete(roomId);
  }

  /** Forgets the rooms of a host that is gone; the legs that held them. */
  evict(host: H): LegId[] {
    const evicted: LegId[] = [];
    for (const [roomId, place] of this.#rooms) {
      if (place.host !== host) continue;
      this.#rooms.delete(roomId);
      for (const legId of place.holders) {
        this.#roomOf.delete(legId);
        evicted.push(legId);
      }
    }
    return evicted;
  }
}
