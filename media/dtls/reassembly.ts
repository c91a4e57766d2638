import { number, WireReader } from './wire.js';

/** Longer messages are refused; a certificate with its chain is a tenth of it. */
const MAX_MESSAGE_BYTES = 16_384;
/** Messages that are kept before it is their turn: the longest flight has five. */
const MAX_AHEAD = 8;

/** One handshake message of the peer. */
export interface HandshakeMessage {
  readonly type: number;
  readonly sequence: number;
  /** Of the records that it came in. */
  readonly epoch: 0 | 1;
  readonly body: Buffer;
}

interface Partial {
  readonly type: number;
  readonly epoch: 0 | 1;
  readonly body: Buffer;
  /** Which bytes are there. */
  readonly has: Uint8Array;
  missing: number;
}

/** Header and body as if the message had not been cut up, which is what all hashes are made of: RFC 6347 §4.2.6. */
export function wholeMessage(type: number, sequence: number, body: Uint8Array): Buffer {
  const length = number(body.length, 3);
  return Buffer.concat([number(type, 1), length, number(sequence, 2), number(0, 3), length, body]);
}

/**
 * Puts handshake messages together and in order: RFC 6347 §4.2.2, §4.2.3.
 *
 *      0        1          4             6                 9                 12
 *      +--------+----------+-------------+-----------------+-----------------+--------
 *      |msg type|  length  | message seq | fragment offset | fragment length | bytes
 *      +--------+----------+-------------+-----------------+-----------------+--------
 *
 * Holds at most 8 messages of 16 KiB; fragments beyond that, or that contradict each other, are refused and counted.
 */
export class Reassembly {
  refused = 0;
  /** Fragments of messages that we have had: the peer did not get what we answered. */
  repeated = 0;
  #next: number;
  readonly #parts = new Map<number, Partial>();

  /** @param first  the message that comes first */
  constructor(first = 0) {
    this.#next = first;
  }

  /** The fragments of one record. */
  add(record: Buffer, epoch: 0 | 1): void {
    const reader = new WireReader(record);
    while (reader.left > 0) {
      const type = reader.number(1);
      const length = reader.number(3);
      const sequence = reader.number(2);
      const offset = reader.number(3);
      const fragment = reader.vector(3);
      const isGood = !reader.isShort && length <= MAX_MESSAGE_BYTES && offset + fragment.length <= length;
      if (!isGood || sequence >= this.#next + MAX_AHEAD) {
        this.refused += 1;
        return;
      }
      if (sequence < this.#next) this.repeated += 1;
      else this.#keep(sequence, { type, epoch, length }, offset, fragment);
    }
  }

  /** The next message in order, once; null while it is not whole. */
  take(): HandshakeMessage | null {
    const part = this.#parts.get(this.#next);
    if (part === undefined || part.missing > 0) return null;
    this.#parts.delete(this.#next);
    const sequence = this.#next;
    this.#next += 1;
    return { type: part.type, sequence, epoch: part.epoch, body: part.body };
  }

  #keep(
    sequence: number,
    head: { readonly type: number; readonly epoch: 0 | 1; readonly length: number },
    offset: number,
    fragment: Buffer,
  ): void {
    const { type, epoch, length } = head;
    const part = this.#parts.get(sequence) ?? {
      type,
      epoch,
      body: Buffer.alloc(length),
      has: new Uint8Array(length),
      missing: length,
    };
    if (part.type !== type || part.epoch !== epoch || part.body.length !== length) {
      this.refused += 1;
      return;
    }
    this.#parts.set(sequence, part);
    for (let i = 0; i < fragment.length; i += 1) {
      if (part.has[offset + i] === 1) continue;
      part.has[offset + i] = 1;
      part.body[offset + i] = fragment[i]!;
      part.missing -= 1;
    }
  }
}
