import type { BatchedUdp, Sent } from './batched-udp.js';
import { layout, word } from './native-udp.js';
import type { SocketAddress, UdpHandlers, UdpSocket } from './network.js';

const EINVAL = 22;
const EMSGSIZE = 90;

export interface BatchedSocketOptions {
  readonly number: number;
  readonly generation: number;
  readonly local: SocketAddress;
  readonly handlers: UdpHandlers;
}

/** One socket of a `BatchedUdp`; to its owner like one of node:dgram. */
export class BatchedSocket implements UdpSocket {
  readonly local: SocketAddress;
  readonly number: number;
  readonly generation: number;
  readonly handlers: UdpHandlers;
  readonly #udp: BatchedUdp;
  #queuedBytes = 0;
  /** The batch that these are in. */
  #queuedIn = -1;
  #isClosed = false;

  constructor(udp: BatchedUdp, { number, generation, local, handlers }: BatchedSocketOptions) {
    this.#udp = udp;
    this.number = number;
    this.generation = generation;
    this.local = local;
    this.handlers = handlers;
  }

  get queuedBytes(): number {
    return this.#queuedIn === this.#udp.flushes ? this.#queuedBytes : 0;
  }

  room(): Uint8Array {
    return this.#udp.room();
  }

  /** The bytes are copied at once; `sent` comes when the batch has left. */
  send(data: Uint8Array, offset: number, length: number, port: number, address: string, sent?: Sent): void {
    if (this.#isClosed) return;
    if (offset < 0 || length < 0 || offset + length > data.length) throw new RangeError('outside of the buffer');
    const udp = this.#udp;
    // A small buffer is copied whole: a view of the part that counts would be one object more.
    const isWhole = data.length <= layout.slotBytes;
    const bytes = isWhole ? data : data.subarray(offset, offset + length);
    const isRoom = udp.isRoom(data);
    const record = udp.reserve(isRoom ? 0 : Math.ceil(bytes.length / layout.slotBytes));
    if (record < 0 || !udp.book.write(address, record)) {
      this.#refuse(record < 0 ? EMSGSIZE : EINVAL, sent);
      return;
    }
    const { words } = udp;
    words[record + word.socket] = this.number;
    words[record + word.generation] = this.generation;
    words[record + word.offset] = isWhole ? offset : 0;
    words[record + word.length] = length;
    words[record + word.port] = port;
    this.#queuedBytes = this.queuedBytes + length;
    this.#queuedIn = udp.flushes;
    if (isRoom && udp.isRoom(data)) udp.commitRoom(sent);
    else udp.commit(bytes, sent);
  }

  /** Hot path. `data` is lent and has `length` bytes or more. */
  receive(data: Buffer, length: number, address: string, port: number, arrivalMs: number): void {
    const { handlers } = this;
    if (handlers.onPacket !== undefined) handlers.onPacket(data, length, address, port, arrivalMs);
    else handlers.onMessage(Buffer.from(data.subarray(0, length)), address, port);
  }

  close(): Promise<void> {
    if (!this.#isClosed) {
      this.#udp.close(this);
      this.#isClosed = true;
    }
    return Promise.resolve();
  }

  /** As with node:dgram, nobody is told who did not ask. */
  #refuse(errno: number, sent: Sent | undefined): void {
    this.#udp.counters.sendFailed += 1;
    if (sent !== undefined) queueMicrotask(() => sent(this.#udp.errorOf('send', errno)));
  }
}
