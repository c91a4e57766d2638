import type { LegId, RoomId } from '../base/ids.js';
import type { Random } from '../base/random.js';
import type { SampleRateHz } from '../media/index.js';
import { MAX_HEARING } from './hearing.js';
import type { HostSlot } from './host-slot.js';
import { LevelWatches } from './level-watches.js';
import { RoomPlaces } from './placement.js';
import type { HearingLists, RingLink, WireAddress } from './protocol.js';
import { createRingLink } from './ring.js';
import { WIRE_KEY_BYTES } from './ring-wire.js';

/** Ids of ring links wrap here: far more than links live at a time, and still a small integer. */
const MOST_WIRE_ID = 2 ** 29 - 1;

/** Who may be in a room: a leg or a stream. */
export interface Roomer {
  readonly legId: LegId;
  readonly slot: HostSlot;
  /** The host in whose room it is a ring member; null while its room is in its own host, or it is in none. */
  ringSlot: HostSlot | null;
  /** At which a ring loses nothing of its sound. */
  readonly codecRateHz: SampleRateHz;
  /** Single tracks that it is sent in place of the mix. */
  readonly trackCount?: number;
  /** The host of its room is gone, or there is no way to it. */
  onRoomLost(reason: string): void;
}

/** To the host of its room. */
export function postHearing({ legId, slot, ringSlot }: Roomer, { heardBy, hears }: HearingLists): void {
  (ringSlot ?? slot).post({
    type: 'set-hearing',
    legId,
    heardBy: heardBy?.slice(0, MAX_HEARING) ?? null,
    hears: hears?.slice(0, MAX_HEARING) ?? null,
  });
}

/** Which host each room lives in, and how those in other hosts come to it. Bounded by the legs, players and streams. */
export class PoolRooms {
  readonly places = new RoomPlaces<HostSlot>();
  readonly watches = new LevelWatches((roomId, on) =>
    this.places.hostOf(roomId)?.post({ type: 'watch-levels', roomId, on }),
  );
  readonly #random: Random;
  #wireId = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /**
   * Puts it in a room, out of the one it was in: of its own host, or through a ring of another's. A room without a place
   * comes to it.
   */
  join(roomer: Roomer, roomId: RoomId, echo: boolean): void {
    const { legId, slot } = roomer;
    this.#closeRing(roomer);
    const roomSlot = this.places.hold(roomId, legId, slot);
    if (roomSlot === slot) {
      slot.post({ type: 'join-room', legId, roomId, echo });
      this.watches.renew(roomId);
      return;
    }
    const link = this.#linkBetween(slot, roomSlot, roomer);
    if (link === null) {
      this.places.release(legId);
      roomer.onRoomLost(`hosts ${slot.index} and ${roomSlot.index} have no way for sound between them`);
      return;
    }
    roomer.ringSlot = roomSlot;
    roomSlot.post({ type: 'open-ring-member', legId, roomId, echo, link });
    slot.post({ type: 'join-ring', legId, link });
    this.watches.renew(roomId);
  }

  leave(roomer: Roomer): void {
    this.release(roomer);
    roomer.slot.post({ type: 'leave-room', legId: roomer.legId });
  }

  /** It is in no room any more; its host will notice by itself. */
  release(roomer: Roomer): void {
    this.#closeRing(roomer);
    this.places.release(roomer.legId);
  }

  /** In shared memory where both hosts have it, else by their wires; null where one has none that the other reaches. */
  #linkBetween(
    legSlot: HostSlot,
    roomSlot: HostSlot,
    { codecRateHz: sampleRateHz, trackCount = 0 }: Roomer,
  ): RingLink | null {
    if (legSlot.sharesMemory && roomSlot.sharesMemory) return createRingLink(sampleRateHz, trackCount);
    const areBothRemote = legSlot.wireAddress !== null && roomSlot.wireAddress !== null;
    const areBothOurs = legSlot.url === null && roomSlot.url === null;
    const toRoom = this.#wireAddress(roomSlot);
    const fromRoom = this.#wireAddress(legSlot);
    if (toRoom === null || fromRoom === null || !(areBothRemote || areBothOurs)) return null;
    const addresses = Array.from({ length: trackCount }, () => this.#wireAddress(legSlot)!);
    const tracks = addresses.length === 0 ? {} : { tracks: addresses };
    return { carrier: 'wire', toRoom, fromRoom, sampleRateHz, ...tracks };
  }

  #wireAddress({ wirePort: port, wireAddress }: HostSlot): WireAddress | null {
    if (port === null) return null;
    this.#wireId = (this.#wireId & MOST_WIRE_ID) + 1;
    const address = wireAddress === null ? {} : { address: wireAddress };
    return { ...address, port, id: this.#wireId, key: Uint8Array.from(this.#random.bytes(WIRE_KEY_BYTES)) };
  }

  #closeRing(roomer: Roomer): void {
    roomer.ringSlot?.post({ type: 'close-ring-member', legId: roomer.legId });
    roomer.ringSlot = null;
  }
}
