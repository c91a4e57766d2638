/**
 * Reads the vectors of TLS (RFC 5246 §4). Beyond the end every value is 0 or empty, and `isShort` says so: messages are read
 * to their end and judged then. What it gives are views of its bytes.
 */
export class WireReader {
  isShort = false;
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** All was read, and nothing was missing. */
  get isDone(): boolean {
    return !this.isShort && this.left === 0;
  }

  /** A number of one, two or three bytes. */
  number(bytes: 1 | 2 | 3): number {
    return this.left < bytes ? this.#short(0) : this.#bytes.readUIntBE(this.#advance(bytes), bytes);
  }

  take(count: number): Buffer {
    if (this.left < count) return this.#short(Buffer.alloc(0));
    const from = this.#advance(count);
    return this.#bytes.subarray(from, from + count);
  }

  /** A vector with a length in front of so many bytes. */
  vector(lengthBytes: 1 | 2 | 3): Buffer {
    return this.take(this.number(lengthBytes));
  }

  #short<T>(value: T): T {
    this.isShort = true;
    this.#at = this.#bytes.length;
    return value;
  }

  #advance(count: number): number {
    const from = this.#at;
    this.#at += count;
    return from;
  }
}

export function number(value: number, bytes: 1 | 2 | 3 | 6): Buffer {
  const written = Buffer.alloc(bytes);
  written.writeUIntBE(value, 0, bytes);
  return written;
}

export function vector(lengthBytes: 1 | 2 | 3, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([number(body.length, lengthBytes), body]);
}

/** The 16-bit numbers of a vector; null when half a one is left over. */
export function numbersIn(bytes: Buffer): number[] | null {
  if (bytes.length % 2 !== 0) return null;
  return Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readUInt16BE(index * 2));
}

export function numbers(values: readonly number[]): Buffer {
  return Buffer.concat(values.map((value) => number(value, 2)));
}
