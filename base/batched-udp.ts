import { getSystemErrorName } from 'node:util';
import { markAsUntransferable } from 'node:worker_threads';
import { AddressBook } from './address-book.js';
import { BatchedSocket } from './batched-socket.js';
import { type Clock, createRealClock, type Timer } from './clock.js';
import type { NativeUdp } from './native-udp.js';
import { layout, word } from './native-udp.js';
import type { SocketAddress, UdpHandlers } from './network.js';

/**
 * How long arrivals may wait for their batch while there are many, in microseconds; 0 = never. In a thread with a beat they
 * then wait for it; when each came is known all the same.
 */
const COALESCE_US = 1000;

const { slotBytes, recordWords, firstSendWord, scratchWord, sendRecords, sendSlots } = layout;

export type Sent = (error: Error | null) => void;

export interface BatchedCounters {
  /** Times that the thread was woken by its sockets or its beat. */
  wakes: number;
  received: number;
  sent: number;
  /** Datagrams that the kernel did not take (EAGAIN: no room; no way there). Each is dropped. */
  sendFailed: number;
  /** Errors told by ICMP. */
  icmpErrors: number;
}

/** A system error like those of node:dgram. */
function systemError(syscall: string, errno: number, at?: SocketAddress): Error {
  const code = getSystemErrorName(-errno);
  const where = at === undefined ? {} : { address: at.address, port: at.port };
  const text = at === undefined ? `${syscall} ${code}` : `${syscall} ${code} ${at.address}:${at.port}`;
  return Object.assign(new Error(text), { errno: -errno, code, syscall, ...where });
}

/** What a handler throws ends the thread as an exception in any callback does, after the rest of the batch. */
function rethrow(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/**
 * The UDP sockets of one thread over the addon: what has arrived is read in one go, what is sent in one turn of the
 * event loop leaves in one call at its end. Limits: 1024 datagrams are read before other events have their turn; 512
 * datagrams or 1 MiB wait to be sent, then they leave at once; what the kernel refuses is dropped (`sendFailed`).
 * Hot path: nothing is allocated per datagram, but for a taker of `onMessage`, who gets a copy that is his.
 */
export class BatchedUdp {
  readonly counters: BatchedCounters = { wakes: 0, received: 0, sent: 0, sendFailed: 0, icmpErrors: 0 };
  /** The records shared with the addon. */
  readonly words: Int32Array;
  readonly book: AddressBook;
  readonly #addon: NativeUdp;
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #hub: number;
  readonly #memory: ArrayBuffer;
  readonly #sendBytes: Uint8Array;
  /** One view per receive slot, made once. */
  readonly #slots: Buffer[];
  readonly #rooms: Buffer[];
  /** The slot of `#rooms` that somebody may be writing into; −1 = none. */
  #openRoom = -1;
  readonly #sockets: (BatchedSocket | null)[] = [];
  readonly #errors = new Map<number, Error>();
  #queue = new SendQueue();
  #spare: SendQueue | null = new SendQueue();
  /** Batches that have left. */
  flushes = 0;
  #isWaking = false;
  #isStopped = false;
  #beat: (() => void) | null = null;
  readonly #flush = (): void => this.flush();

  /** @param clock  in whose time arrivals are told */
  constructor(addon: NativeUdp, clock: Pick<Clock, 'nowMs'> = createRealClock(), coalesceUs: number = COALESCE_US) {
    this.#addon = addon;
    this.#clock = clock;
    const { hub, memory } = addon.start((count, isBeat) => this.#wake(count, isBeat), coalesceUs);
    markAsUntransferable(memory);
    this.#hub = hub;
    this.#memory = memory;
    this.words = new Int32Array(memory, layout.recordsAt);
    this.#sendBytes = new Uint8Array(memory, layout.sendAt, sendSlots * slotBytes);
    this.#slots = Array.from({ length: layout.receiveSlots }, (_, i) => Buffer.from(memory, i * slotBytes, slotBytes));
    const { sendAt } = layout;
    this.#rooms = Array.from({ length: sendSlots }, (_, i) => Buffer.from(memory, sendAt + i * slotBytes, slotBytes));
    this.book = new AddressBook(addon, hub, this.words);
  }

  /** Throws the system's error. */
  bind(local: SocketAddress, handlers: UdpHandlers, receiveBufferBytes = 0): BatchedSocket {
    const isStamped = handlers.onPacket !== undefined;
    const number = this.#addon.bind(this.#hub, local.address, local.port, receiveBufferBytes, isStamped);
    if (number < 0) throw systemError('bind', -number, local);
    const generation = this.words[scratchWord + word.generation]!;
    const bound = { address: this.#addon.format(this.#hub), port: this.words[scratchWord + word.port]! };
    const socket = new BatchedSocket(this, { number, generation, local: bound, handlers });
    this.#sockets[number] = socket;
    return socket;
  }

  /** What waits to be sent leaves first. */
  close(socket: BatchedSocket): void {
    if (this.#isStopped) return;
    this.flush();
    if (this.#sockets[socket.number] === socket) this.#sockets[socket.number] = null;
    this.#addon.close(this.#hub, socket.number, socket.generation);
  }

  /** Closes every socket; nothing can be bound afterwards. */
  stop(): void {
    if (this.#isStopped) return;
    for (const socket of [...this.#sockets]) void socket?.close();
    this.#isStopped = true;
    this.#beat = null;
    this.#addon.stop(this.#hub);
  }

  /**
   * The thread's one precise timer: `fire` comes after what has arrived, and what it sends leaves together. Null while
   * it is taken.
   */
  setBeat(delayMs: number, fire: () => void): Timer | null {
    if (this.#beat !== null || this.#isStopped) return null;
    this.#beat = fire;
    this.#addon.arm(this.#hub, Math.max(0, delayMs) + this.#addon.now());
    const cancel = (): void => {
      if (this.#beat !== fire || this.#isStopped) return;
      this.#beat = null;
      this.#addon.arm(this.#hub, 0);
    };
    return { cancel };
  }

  /** The word of a record for what fills so many slots; what waits leaves when there is no room. -1: it never fits. */
  reserve(slots: number): number {
    if (slots > sendSlots) return -1;
    if (this.#queue.count === sendRecords || this.#queue.slots + slots > sendSlots) this.flush();
    return firstSendWord + this.#queue.count * recordWords;
  }

  /** A slot of what leaves next, to be written into by who then sends it. */
  room(): Uint8Array {
    if (this.#openRoom < 0) {
      const queue = this.#queue;
      if (queue.count === sendRecords || queue.slots === sendSlots) this.flush();
      this.#openRoom = this.#queue.slots;
      this.#queue.slots += 1;
    }
    return this.#rooms[this.#openRoom]!;
  }

  /** Is that the room that is being written into? */
  isRoom(data: Uint8Array): boolean {
    return this.#openRoom >= 0 && data === this.#rooms[this.#openRoom];
  }

  /** Takes the record that was reserved, of bytes that are in the room already; `sent` comes when it failed. */
  commitRoom(sent: Sent | undefined): void {
    const at = this.#openRoom * slotBytes;
    this.#openRoom = -1;
    this.#add(at, sent);
  }

  /** Takes the record that was reserved, and a copy of its bytes. */
  commit(bytes: Uint8Array, sent: Sent | undefined): void {
    const queue = this.#queue;
    const at = queue.slots * slotBytes;
    this.#sendBytes.set(bytes, at);
    queue.slots += Math.ceil(bytes.length / slotBytes);
    if (sent !== undefined) queue.isAwaited = true;
    this.#add(at, sent);
  }

  #add(at: number, sent: Sent | undefined): void {
    const queue = this.#queue;
    this.words[firstSendWord + queue.count * recordWords + word.offset]! += at;
    queue.sent[queue.count] = sent;
    queue.count += 1;
    if (queue.count === 1 && !this.#isWaking) queueMicrotask(this.#flush);
  }

  /** Sends what waits and tells its senders. */
  flush(): void {
    const leaving = this.#queue;
    const { count } = leaving;
    if (count === 0 || this.#isStopped) return;
    const failed = this.#addon.flush(this.#hub, count);
    if (failed > 0) {
      for (let i = 0; i < count; i += 1)
        leaving.results[i] = this.words[firstSendWord + i * recordWords + word.result]!;
    }
    this.flushes += 1;
    this.#openRoom = -1;
    this.counters.sent += count - failed;
    this.counters.sendFailed += failed;
    // Whoever is told may send again: into the spare queue, or into a new one from within a flush of that.
    this.#queue = this.#spare ?? new SendQueue();
    this.#spare = null;
    // Of most datagrams nobody wants to know.
    if (leaving.isAwaited || failed > 0) {
      for (let i = 0; i < count; i += 1) this.#tell(leaving, i, failed === 0 ? 0 : leaving.results[i]!);
    }
    leaving.isAwaited = false;
    leaving.count = 0;
    leaving.slots = 0;
    this.#spare = leaving;
  }

  errorOf(syscall: string, errno: number): Error {
    const known = this.#errors.get(errno);
    if (known !== undefined) return known;
    // One for each kind, not one for each datagram.
    const error = systemError(syscall, errno);
    this.#errors.set(errno, error);
    return error;
  }

  #tell(queue: SendQueue, index: number, errno: number): void {
    const sent = queue.sent[index];
    queue.sent[index] = undefined;
    try {
      sent?.(errno === 0 ? null : this.errorOf('send', errno));
    } catch (error) {
      rethrow(error);
    }
  }

  #wake(count: number, isBeat: boolean): void {
    this.counters.wakes += 1;
    this.#isWaking = true;
    const nowMs = count > 0 ? this.#clock.nowMs() : 0;
    for (let i = 0; i < count; i += 1) {
      try {
        this.#take(i * recordWords, nowMs);
      } catch (error) {
        rethrow(error);
      }
    }
    const beat = this.#beat;
    if (isBeat && beat !== null) {
      this.#beat = null;
      try {
        beat();
      } catch (error) {
        rethrow(error);
      }
    }
    this.#isWaking = false;
    this.flush();
  }

  #take(record: number, nowMs: number): void {
    const { words } = this;
    const socket = this.#sockets[words[record + word.socket]!];
    // Closed by a handler of this very batch, or its number is another's by now.
    if (socket == null || socket.generation !== words[record + word.generation]) return;
    const length = words[record + word.length]!;
    if (length < 0) {
      this.counters.icmpErrors += 1;
      socket.handlers.onError(this.errorOf('recvmsg', -length));
      return;
    }
    this.counters.received += 1;
    const at = words[record + word.offset]!;
    const data = length <= slotBytes ? this.#slots[at / slotBytes]! : Buffer.from(this.#memory, at, length);
    socket.receive(
      data,
      length,
      this.book.nameOf(record),
      words[record + word.port]!,
      nowMs - words[record + word.age]! / 1000,
    );
  }
}

/** The records that wait, and whom to tell. */
class SendQueue {
  count = 0;
  slots = 0;
  /** Somebody wants to be told. */
  isAwaited = false;
  /** errno of each, 0 where it was sent. */
  readonly results = new Int32Array(sendRecords);
  readonly sent: (Sent | undefined)[] = new Array<Sent | undefined>(sendRecords).fill(undefined);
}
