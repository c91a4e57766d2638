/** A peer sends one or two a beat; of one that sends more, the rest is taken at once. */
const PACKETS = 4;
/** A packet of 20 ms of G.711 and its header, protected; what is longer makes its place grow. */
const USUAL_BYTES = 208;
const MOST_BYTES = 1600;

/** A datagram that waits, and where and when it came from. */
export interface WaitingPacket {
  bytes: Uint8Array;
  length: number;
  address: string;
  port: number;
  arrivalMs: number;
}

/**
 * What has arrived for one leg since the last beat, as it came. Nothing is made of it earlier, and everything about the
 * leg is then fetched into the processor's cache once for a beat, not once for the packet and once for the beat. Allocates
 * until its places have grown to the packets in use.
 */
export class Inbox {
  count = 0;
  readonly #packets: WaitingPacket[] = [];

  /** Copies a datagram; false = no room. Hot path. */
  put(data: Uint8Array, length: number, address: string, port: number, arrivalMs: number): boolean {
    if (this.count === PACKETS || length > MOST_BYTES) return false;
    const packet = this.#packets[this.count] ?? this.#add();
    if (packet.bytes.length < length) packet.bytes = new Uint8Array(MOST_BYTES);
    const { bytes } = packet;
    for (let i = 0; i < length; i += 1) bytes[i] = data[i]!;
    packet.length = length;
    packet.address = address;
    packet.port = port;
    packet.arrivalMs = arrivalMs;
    this.count += 1;
    return true;
  }

  /** One of the first `count`, in the order of arrival. */
  at(index: number): WaitingPacket {
    return this.#packets[index]!;
  }

  #add(): WaitingPacket {
    const packet = { bytes: new Uint8Array(USUAL_BYTES), length: 0, address: '', port: 0, arrivalMs: 0 };
    this.#packets.push(packet);
    return packet;
  }
}
