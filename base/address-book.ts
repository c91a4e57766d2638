import type { NativeUdp } from './native-udp.js';
import { layout, word } from './native-udp.js';

/** Family, address and scope. */
const WORDS = 6;
/** Names of the latest sources; a slot belongs to whoever came last. */
const NAMED = 1024;
/** Addresses that are sent to; above that many all are forgotten and parsed anew. */
const MOST_PARSED = 4096;

/**
 * Addresses as text and as the words of a record, each way without making anything for an address that was there
 * before. Bounded: a flood of sources costs a string for each of its datagrams.
 */
export class AddressBook {
  readonly #addon: NativeUdp;
  readonly #hub: number;
  readonly #words: Int32Array;
  readonly #namedWords = new Int32Array(NAMED * WORDS);
  readonly #names = new Array<string>(NAMED).fill('');
  readonly #parsedWords = new Int32Array(MOST_PARSED * WORDS);
  readonly #parsed = new Map<string, number>();
  #latest = '';
  #latestAt = -1;

  /** @param words the records shared with the addon */
  constructor(addon: NativeUdp, hub: number, words: Int32Array) {
    this.#addon = addon;
    this.#hub = hub;
    this.#words = words;
  }

  /** The address in the record that begins at word `record`. */
  nameOf(record: number): string {
    const words = this.#words;
    const from = record + word.family;
    const a = words[from + 1]!;
    const d = words[from + 4]!;
    const slot = (Math.imul(a ^ words[from + 3]! ^ d, 0x9e37_79b1) >>> 22) % NAMED;
    const known = this.#namedWords;
    const at = slot * WORDS;
    let isKnown = true;
    for (let i = 0; i < WORDS; i += 1) isKnown &&= known[at + i] === words[from + i];
    if (isKnown) return this.#names[slot]!;
    const scratch = layout.scratchWord + word.family;
    for (let i = 0; i < WORDS; i += 1) {
      const value = words[from + i]!;
      known[at + i] = value;
      words[scratch + i] = value;
    }
    const name = this.#addon.format(this.#hub);
    this.#names[slot] = name;
    return name;
  }

  /** Writes the address into the record that begins at word `record`; false for what is none. */
  write(address: string, record: number): boolean {
    const at = address === this.#latest ? this.#latestAt : this.#find(address);
    const to = record + word.family;
    if (at < 0) return false;
    for (let i = 0; i < WORDS; i += 1) this.#words[to + i] = this.#parsedWords[at + i]!;
    return true;
  }

  #find(address: string): number {
    let at = this.#parsed.get(address) ?? -1;
    if (at < 0) {
      if (this.#addon.parse(this.#hub, address) === 0) return -1;
      if (this.#parsed.size >= MOST_PARSED) this.#parsed.clear();
      at = this.#parsed.size * WORDS;
      const scratch = layout.scratchWord + word.family;
      for (let i = 0; i < WORDS; i += 1) this.#parsedWords[at + i] = this.#words[scratch + i]!;
      this.#parsed.set(address, at);
    }
    this.#latest = address;
    this.#latestAt = at;
    return at;
  }
}
