import type { Network, UdpSocket } from '../base/network.js';
import type { WireAddress, WireRingLink } from './protocol.js';
import type { FrameWriter, RingEnd } from './ring.js';
import { createRing, RingReader, RingWriter } from './ring.js';
import { frameSamplesAt } from './ticker.js';

export const WIRE_KEY_BYTES = 12;

const LOOPBACK = '127.0.0.1';
const HEADER_BYTES = 4 + WIRE_KEY_BYTES;
/** Frames of one link that may wait for the kernel; more are dropped. */
const MAX_UNSENT = 3;
/** A frame of every member of a room for a thousand may be waiting; the system may grant less. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/**
 * The sound of ring links between two processes: every media host in a process has one wire, a UDP socket on loopback,
 * and each link sends one datagram per beat and direction to the wire of the other host. A host on another machine has its
 * wire on an address that other machines reach.
 *
 *     Int32LE id   key (12 octets)   Int16LE samples[frame], or none for a silent frame
 *
 * What arrives goes into a ring of this process, so that both kinds of links have the same limits, the same distance
 * of one beat and the same counters. What is not of a known link, with its key and one of its two lengths, is dropped
 * and counted (`strays`): anybody may send to the wire, but nobody can guess 96 bits. Whoever can read what passes
 * between two machines can read the key and hear the sound. A lost datagram is one beat of silence (`underruns` of the
 * reader).
 */
export class RingWire {
  readonly #socket: UdpSocket;
  readonly #inlets: Inlets;

  private constructor(socket: UdpSocket, inlets: Inlets) {
    this.#socket = socket;
    this.#inlets = inlets;
  }

  /** Rejects with the system's error when loopback cannot be bound. */
  static async open(network: Network, address = LOOPBACK): Promise<RingWire> {
    const inlets = new Inlets();
    const socket = await network.bindUdp(
      { address, port: 0 },
      // A send that the system refuses costs its frame and nothing else.
      { onMessage: (data) => inlets.take(data), onError: () => undefined },
      { receiveBufferBytes: RECEIVE_BUFFER_BYTES },
    );
    return new RingWire(socket, inlets);
  }

  get port(): number {
    return this.#socket.local.port;
  }

  /** Ways that are open here: for each leg one, and at its own end one more for each of its tracks. */
  get size(): number {
    return this.#inlets.byId.size;
  }

  /** Datagrams of nobody. */
  get strays(): number {
    return this.#inlets.strays;
  }

  /** This host's end of a link; null when its id is in use here or its key is none. */
  end(link: WireRingLink, side: 'leg' | 'room'): RingEnd | null {
    const from = side === 'room' ? link.toRoom : link.fromRoom;
    const to = side === 'room' ? link.fromRoom : link.toRoom;
    const tracks = link.tracks ?? [];
    const inlets = side === 'room' ? [from] : [from, ...tracks];
    const { byId } = this.#inlets;
    const isGood = [to, from, ...tracks].every(({ key }) => key.length === WIRE_KEY_BYTES);
    if (!isGood || inlets.some(({ id }) => byId.has(id))) return null;
    const frameSamples = frameSamplesAt(link.sampleRateHz);
    const [reader, ...trackReaders] = inlets.map((inlet) => this.#readerOf(inlet, frameSamples));
    const writerTo = (address: WireAddress): FrameWriter => new WireWriter(this.#socket, address, frameSamples);
    return {
      reader: reader!,
      writer: writerTo(to),
      trackReaders,
      trackWriters: side === 'leg' ? [] : tracks.map(writerTo),
      sampleRateHz: link.sampleRateHz,
      close: () => {
        for (const { id } of inlets) byId.delete(id);
      },
    };
  }

  #readerOf({ id, key }: WireAddress, frameSamples: number): RingReader {
    const ring = createRing(frameSamples);
    this.#inlets.byId.set(id, new Inlet(key, ring, frameSamples));
    return new RingReader(ring, frameSamples);
  }

  close(): Promise<void> {
    this.#inlets.byId.clear();
    return this.#socket.close();
  }
}

/** Where frames arrive, by the id of their link. */
class Inlets {
  strays = 0;
  readonly byId = new Map<number, Inlet>();

  /** Per frame: O(samples), no allocation of ours. */
  take(data: Buffer): void {
    const inlet = data.length < HEADER_BYTES ? undefined : this.byId.get(data.readInt32LE(0));
    if (inlet === undefined || !inlet.take(data)) this.strays += 1;
  }
}

/** Where the frames of one link arrive. */
class Inlet {
  readonly #key: Uint8Array;
  readonly #ring: RingWriter;
  readonly #frame: Int16Array;

  constructor(key: Uint8Array, ring: SharedArrayBuffer, frameSamples: number) {
    this.#key = key;
    this.#ring = new RingWriter(ring, frameSamples);
    this.#frame = new Int16Array(frameSamples);
  }

  /** False when it is no frame of this link. */
  take(data: Buffer): boolean {
    const frame = this.#frame;
    const isSilent = data.length === HEADER_BYTES;
    if (!isSilent && data.length !== HEADER_BYTES + frame.length * 2) return false;
    let difference = 0;
    for (let i = 0; i < WIRE_KEY_BYTES; i += 1) difference |= data[4 + i]! ^ this.#key[i]!;
    if (difference !== 0) return false;
    if (isSilent) {
      this.#ring.write(null);
      return true;
    }
    for (let i = 0, at = HEADER_BYTES; i < frame.length; i += 1, at += 2) frame[i] = data[at]! | (data[at + 1]! << 8);
    this.#ring.write(frame);
    return true;
  }
}

class Slot {
  readonly silent: Uint8Array;
  readonly bytes: Uint8Array;
  isFree = true;

  constructor({ id, key }: WireAddress, frameSamples: number) {
    this.bytes = new Uint8Array(HEADER_BYTES + frameSamples * 2);
    new DataView(this.bytes.buffer).setInt32(0, id, true);
    this.bytes.set(key, 4);
    this.silent = this.bytes.slice(0, HEADER_BYTES);
  }

  /** The one callback of this slot's whole life, so that sending makes no closure. */
  readonly sent = (): void => {
    this.isFree = true;
  };
}

/** The sending end of one link. */
class WireWriter implements FrameWriter {
  /** Frames not sent because the earlier ones were still waiting. */
  overruns = 0;
  readonly #socket: UdpSocket;
  readonly #port: number;
  readonly #address: string;
  readonly #slots: readonly Slot[];

  constructor(socket: UdpSocket, to: WireAddress, frameSamples: number) {
    this.#socket = socket;
    this.#port = to.port;
    this.#address = to.address ?? socket.local.address;
    this.#slots = Array.from({ length: MAX_UNSENT }, () => new Slot(to, frameSamples));
  }

  /** Sends this beat's frame; null = silence. O(samples), no allocation of ours. */
  write(frame: Int16Array | null): void {
    for (let i = 0; i < MAX_UNSENT; i += 1) {
      const slot = this.#slots[i]!;
      if (!slot.isFree) continue;
      slot.isFree = false;
      const bytes = frame === null ? slot.silent : slot.bytes;
      if (frame !== null) fill(bytes, frame);
      this.#socket.send(bytes, 0, bytes.length, this.#port, this.#address, slot.sent);
      return;
    }
    this.overruns += 1;
  }
}

function fill(bytes: Uint8Array, frame: Int16Array): void {
  const samples = (bytes.length - HEADER_BYTES) >> 1;
  for (let i = 0, at = HEADER_BYTES; i < samples; i += 1, at += 2) {
    bytes[at] = frame[i]!;
    bytes[at + 1] = frame[i]! >> 8;
  }
}
