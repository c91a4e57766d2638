import type { UdpSocket } from '../../base/network.js';
import { maxSrtpOverheadBytes } from '../srtp/profiles.js';

/** Packets of one leg that may wait for the kernel; more are dropped. */
const MAX_UNSENT = 3;
/** The same of a leg that sends more than one a beat: eight tracks, and what else there is. */
const MOST_RESERVED = 16;
/** The largest packet we send, before it is protected. */
export const MAX_PACKET_BYTES = 1472;
/** SR with one block, SDES with the longest CNAME, BYE, and room to spare. */
const MAX_RTCP_BYTES = 512;

/** A buffer to write one packet into. It belongs to the socket from `send` until the socket's callback. */
export interface SendBuffer {
  readonly bytes: Uint8Array;
  readonly isFree: boolean;
}

class Slot implements SendBuffer {
  isFree = true;
  readonly #size: number;
  readonly #onFailure: () => void;
  /** Made when first needed: a leg whose packets go out at once never fills a second one. */
  #bytes: Uint8Array | null = null;

  constructor(size: number, onFailure: () => void) {
    this.#size = size;
    this.#onFailure = onFailure;
  }

  get bytes(): Uint8Array {
    this.#bytes ??= new Uint8Array(this.#size);
    return this.#bytes;
  }

  /** The one callback of this buffer's whole life, so that sending makes no closure. */
  readonly sent = (error: Error | null): void => {
    this.isFree = true;
    if (error !== null) this.#onFailure();
  };
}

/** Room that the network lends, one packet at a time. */
class LentRoom implements SendBuffer {
  readonly isFree = true;
  bytes: Uint8Array = new Uint8Array(0);
}

/**
 * What one leg writes its packets into. Limit: 3 unsent RTP packets, or what was reserved, 16 at most, and 1 unsent RTCP
 * packet, later ones dropped (`dropped`); a buffer is used again only after its callback. A network that lends room for RTP has a limit of its own.
 * The hot path allocates nothing here.
 */
export class SendBuffers {
  /** Packets not sent because the earlier ones were still waiting. */
  dropped = 0;
  /** Sends and receives that the system refused; they cost the packet and nothing else. */
  failures = 0;
  readonly onFailure = (): void => {
    this.failures += 1;
  };
  readonly #onLentSent = (error: Error | null): void => {
    if (error !== null) this.onFailure();
  };
  readonly #slots = Array.from({ length: MAX_UNSENT }, () => this.#slot());
  readonly #lent = new LentRoom();
  readonly #rtcpSlot = new Slot(MAX_RTCP_BYTES, this.onFailure);

  /** So many packets may be unsent from now on; never fewer than before. Their bytes are there when first needed. */
  reserve(packets: number): void {
    while (this.#slots.length < Math.min(packets, MOST_RESERVED)) this.#slots.push(this.#slot());
  }

  /** A free buffer for one RTP packet of that socket; null when all are unsent, and then the packet counts as dropped. */
  acquire(socket: UdpSocket | null): SendBuffer | null {
    if (socket?.room !== undefined) {
      this.#lent.bytes = socket.room();
      return this.#lent;
    }
    for (let i = 0; i < this.#slots.length; i += 1) {
      const slot = this.#slots[i]!;
      if (slot.isFree) return slot;
    }
    this.dropped += 1;
    return null;
  }

  /** The same for RTCP. */
  acquireRtcp(): SendBuffer | null {
    if (this.#rtcpSlot.isFree) return this.#rtcpSlot;
    this.dropped += 1;
    return null;
  }

  /** Sends the first `length` bytes of an acquired buffer. */
  send(socket: UdpSocket, buffer: SendBuffer, length: number, address: string, port: number): void {
    // What a peer writes into its SDP must not make the socket throw.
    if (port < 1 || port > 65_535) return;
    if (buffer === this.#lent) {
      socket.send(buffer.bytes, 0, length, port, address, this.#onLentSent);
      return;
    }
    const slot = buffer as Slot;
    slot.isFree = false;
    socket.send(slot.bytes, 0, length, port, address, slot.sent);
  }

  #slot(): Slot {
    return new Slot(MAX_PACKET_BYTES + maxSrtpOverheadBytes, this.onFailure);
  }
}
