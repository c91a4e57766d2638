import type { LegId, RoomId } from '../base/ids.js';

/** What placement looks at in a media host. */
export interface Placeable {
  /** Legs in it now, those being opened included. */
  readonly legCount: number;
  /** Its last measure, and how many legs it had then. */
  readonly measured: { readonly busyShare: number; readonly legs: number; readonly beatLatenessMs: number };
}

/** What a leg is taken to cost while too few are there to measure it: a share of one core, for G.711. */
const LEG_SHARE = 0.0006;
/** With so many legs what a host costs without any no longer matters. */
const LEGS_TO_MEASURE = 10;
/** A host whose beats come a whole beat late is not asked to do more while another one is in time. */
const LATE_MS = 20;
/** A host this busy has no more legs to take, if another has. */
const CROWDED_SHARE = 0.8;
/** How much less busy that other host must be, so that legs do not go to and fro between two full ones. */
const MARGIN_SHARE = 0.2;

/** The share of a core that the host will be found to use at its next measure, going by what its legs have cost. */
export function expectedShare({ legCount, measured }: Placeable): number {
  const { busyShare, legs } = measured;
  const legShare = legs >= LEGS_TO_MEASURE ? busyShare / legs : LEG_SHARE;
  return Math.max(0, busyShare + (legCount - legs) * legShare);
}

function isLate({ measured }: Placeable): boolean {
  return measured.beatLatenessMs > LATE_MS;
}

/**
 * The host that the next room goes to: of those whose beats are in time (of all when none is) the one with the lowest
 * expected share, the first of equals. Null for an empty list.
 */
export function leastLoaded<H extends Placeable>(hosts: readonly H[]): H | null {
  let best: H | null = null;
  for (const host of hosts) {
    if (best === null || (isLate(best) && !isLate(host))) best = host;
    else if (isLate(host) === isLate(best) && expectedShare(host) < expectedShare(best)) best = host;
  }
  return best;
}

/**
 * Where the next leg of a room goes whose host is `home`: there, unless the room has grown too large for one host and
 * `other` has a good deal more to give. The leg's sockets and codec then cost there, and its sound comes by a ring.
 */
export function hostForLeg<H extends Placeable>(home: H, other: H | null): H {
  if (other === null || other === home || isLate(other)) return home;
  const isCrowded = isLate(home) || expectedShare(home) > CROWDED_SHARE;
  return isCrowded && expectedShare(other) + MARGIN_SHARE < expectedShare(home) ? other : home;
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
