import type { LegId } from '../base/ids.js';
import { type RingLeg, RingMember } from './member.js';
import type { HostCommand, RingLink } from './protocol.js';
import type { RoomRegistry } from './registry.js';
import { type RingEnd, sharedRingEnd } from './ring.js';
import type { RingWire } from './ring-wire.js';

export const noLink = 'link cannot be opened';

export interface RingCounts {
  overruns: number;
  underruns: number;
}

/** The ends of ring links in one media host, and the legs of other hosts that are members here: at most one each per leg. */
export class HostRings {
  readonly #rooms: RoomRegistry;
  readonly #wire: RingWire | null;
  readonly #members = new Map<LegId, { readonly member: RingMember; readonly end: RingEnd }>();
  /** Of links that are closed. */
  readonly #counts: RingCounts = { overruns: 0, underruns: 0 };

  constructor(rooms: RoomRegistry, wire: RingWire | null) {
    this.#rooms = rooms;
    this.#wire = wire;
  }

  get members(): number {
    return this.#members.size;
  }

  /** Null when it cannot be opened. */
  end(link: RingLink, side: 'leg' | 'room'): RingEnd | null {
    if (link.carrier === 'memory') return sharedRingEnd(link, side);
    return this.#wire?.end(link, side) ?? null;
  }

  openMember(command: Extract<HostCommand, { readonly type: 'open-ring-member' }>): string | null {
    const { legId, roomId, echo, link } = command;
    if (this.#members.has(legId)) return 'leg is here already';
    const end = this.end(link, 'room');
    if (end === null) return noLink;
    const member = new RingMember(legId, end, { echo });
    this.#members.set(legId, { member, end });
    this.#rooms.join(roomId, member);
    return null;
  }

  closeMember(legId: LegId): string | null {
    const ringMember = this.#members.get(legId);
    if (ringMember === undefined) return 'no such ring member';
    this.#members.delete(legId);
    this.#rooms.leave(legId);
    addRing(this.#counts, ringMember.member);
    ringMember.end.close();
    return null;
  }

  closeMembers(): void {
    for (const legId of [...this.#members.keys()]) this.closeMember(legId);
  }

  /** A leg goes from the room at the other end. */
  leave(ring: RingLeg, end: RingEnd): void {
    addRing(this.#counts, ring);
    ring.leave();
    end.close();
  }

  /** Of all links that there were, but for those of legs that are still open. */
  counts(): RingCounts {
    const counts = { ...this.#counts };
    for (const { member } of this.#members.values()) addRing(counts, member);
    return counts;
  }
}

export function addRing(counts: RingCounts, ring: Pick<RingLeg | RingMember, 'reader' | 'writer'>): void {
  counts.overruns += ring.writer.overruns + ring.reader.overruns;
  counts.underruns += ring.reader.underruns;
}
