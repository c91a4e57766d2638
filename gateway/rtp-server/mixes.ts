import type { RoomId } from '../../base/ids.js';

/** Channels that hear each other. */
interface Mix<C> {
  readonly roomId: RoomId;
  readonly channels: Set<C>;
}

/**
 * Which channels are mixed. Mixing is transitive: who is mixed with one hears all with whom that one is mixed. A channel that
 * is left alone is not mixed any more. Bounded by the channels.
 */
export class Mixes<C> {
  readonly #newRoomId: () => RoomId;
  readonly #mixOf = new Map<C, Mix<C>>();
  #size = 0;

  constructor(newRoomId: () => RoomId) {
    this.#newRoomId = newRoomId;
  }

  /** Mixes of two and more. */
  get size(): number {
    return this.#size;
  }

  /** Null: it is mixed with nobody. */
  roomOf(channel: C): RoomId | null {
    return this.#mixOf.get(channel)?.roomId ?? null;
  }

  /** The channels that are in another room from now on. */
  mix(a: C, b: C): readonly C[] {
    const [of, by] = [this.#mixOf.get(a), this.#mixOf.get(b)];
    if (of !== undefined && of === by) return [];
    if (of !== undefined && by !== undefined) {
      const [large, small] = of.channels.size >= by.channels.size ? [of, by] : [by, of];
      this.#size -= 1;
      return this.#add(large, ...small.channels);
    }
    const known = of ?? by;
    if (known !== undefined) return this.#add(known, known === of ? b : a);
    this.#size += 1;
    return this.#add({ roomId: this.#newRoomId(), channels: new Set<C>() }, a, b);
  }

  /** The channels that are in no room any more. */
  unmix(channel: C): readonly C[] {
    const mix = this.#mixOf.get(channel);
    if (mix === undefined) return [];
    const left = [channel];
    mix.channels.delete(channel);
    if (mix.channels.size === 1) left.push(...mix.channels);
    if (mix.channels.size <= 1) this.#size -= 1;
    for (const each of left) this.#mixOf.delete(each);
    return left;
  }

  #add(mix: Mix<C>, ...channels: readonly C[]): readonly C[] {
    for (const channel of channels) {
      mix.channels.add(channel);
      this.#mixOf.set(channel, mix);
    }
    return channels;
  }
}
