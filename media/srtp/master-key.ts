import { timingSafeEqual } from 'node:crypto';
import { inspect } from 'node:util';

const SHOWN = '[key]';

/**
 * Master key and master salt of SRTP, one behind the other. What prints or serialises it shows that there is a key and
 * no more, so that it may lie in objects that are logged; `bytes` gives it away to whom it is for.
 */
export class MasterKey {
  readonly #bytes: Uint8Array;

  /** @param bytes  copied */
  constructor(bytes: Uint8Array) {
    this.#bytes = Uint8Array.from(bytes);
  }

  /** A copy, for a context or a message to a media host. */
  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  /** In constant time for keys of one length. */
  equals(other: MasterKey): boolean {
    return this.#bytes.length === other.#bytes.length && timingSafeEqual(this.#bytes, other.#bytes);
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }
}
