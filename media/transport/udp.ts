import type { Network, UdpSocket } from '../../base/network.js';
import { maxSrtpOverheadBytes } from '../srtp/profiles.js';

/** Packets of one leg that may wait for the kernel; more are dropped. */
const MAX_UNSENT = 3;
/** The largest packet we send, before it is protected. */
export const MAX_PACKET_BYTES = 1472;
/** SR with one block, SDES with the longest CNAME, BYE, and room to spare. */
const MAX_RTCP_BYTES = 512;

export interface UdpPairHandlers {
  /**
   * `data` is lent for the call; of it `length` bytes are the datagram.
   * @param arrivalMs  see UdpHandlers
   */
  onRtp(data: Uint8Array, length: number, address: string, port: number, arrivalMs?: number): void;
  onRtcp(data: Uint8Array, length: number, address: string, port: number, arrivalMs?: number): void;
}

export interface UdpPairOptions {
  readonly network: Network;
  readonly address: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
  readonly handlers: UdpPairHandlers;
}

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

function slotFor(onFailure: () => void): Slot {
  return new Slot(MAX_PACKET_BYTES + maxSrtpOverheadBytes, onFailure);
}

/** Room that the network lends, one packet at a time. */
class LentRoom implements SendBuffer {
  readonly isFree = true;
  bytes: Uint8Array = new Uint8Array(0);
}

/**
 * One leg's two sockets, RTP and RTCP, over base/network. Limit: 3 unsent RTP packets and 1 unsent RTCP packet, later
 * ones dropped (`dropped`); a send buffer is used again only after its callback. A network that lends room for RTP has a
 * limit of its own. The hot path allocates nothing here; node:dgram below it does.
 */
export class UdpPair {
  /** Packets not sent because the earlier ones were still waiting. */
  dropped = 0;
  /** Sends and receives that the system refused; they cost the packet and nothing else. */
  failures = 0;
  readonly #options: UdpPairOptions;
  #rtp: UdpSocket | null = null;
  #rtcp: UdpSocket | null = null;
  #closed: Promise<void> | null = null;
  readonly #onFailure = (): void => {
    this.failures += 1;
  };
  readonly #onLentSent = (error: Error | null): void => {
    if (error !== null) this.#onFailure();
  };
  readonly #slots = Array.from({ length: MAX_UNSENT }, () => slotFor(this.#onFailure));
  readonly #lent = new LentRoom();
  readonly #rtcpSlot = new Slot(MAX_RTCP_BYTES, this.#onFailure);

  constructor(options: UdpPairOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#rtcp !== null && this.#closed === null;
  }

  /** Binds both ports; rejects with the system's error and then leaves none bound. */
  async open(): Promise<void> {
    const { rtpPort, rtcpPort, handlers } = this.#options;
    const rtp = await this.#bind(rtpPort, handlers.onRtp);
    try {
      this.#rtcp = await this.#bind(rtcpPort, handlers.onRtcp);
    } catch (error) {
      await rtp.close();
      throw error;
    }
    this.#rtp = rtp;
    // Closed while the second port was being bound.
    if (this.#closed !== null) await this.#closeSockets();
  }

  /** A free buffer for one RTP packet; null when three are unsent, and then the packet counts as dropped. */
  acquire(): SendBuffer | null {
    if (this.#rtp?.room !== undefined) {
      this.#lent.bytes = this.#rtp.room();
      return this.#lent;
    }
    for (let i = 0; i < MAX_UNSENT; i += 1) {
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

  /** Sends the first `length` bytes of an acquired buffer from the RTP port. */
  send(buffer: SendBuffer, length: number, address: string, port: number): void {
    if (buffer !== this.#lent) {
      this.#send(this.#rtp, buffer as Slot, length, address, port);
      return;
    }
    if (this.#rtp === null || this.#closed !== null || !isPort(port)) return;
    this.#rtp.send(buffer.bytes, 0, length, port, address, this.#onLentSent);
  }

  /** As `send`, from the RTCP port. */
  sendRtcp(buffer: SendBuffer, length: number, address: string, port: number): void {
    this.#send(this.#rtcp, buffer as Slot, length, address, port);
  }

  close(): Promise<void> {
    this.#closed ??= this.#closeSockets();
    return this.#closed;
  }

  #bind(port: number, deliver: UdpPairHandlers['onRtp']): Promise<UdpSocket> {
    const { network, address, handlers } = this.#options;
    const onPacket = (data: Uint8Array, length: number, from: string, fromPort: number, arrivalMs?: number): void => {
      if (this.#closed === null) deliver.call(handlers, data, length, from, fromPort, arrivalMs);
    };
    return network.bindUdp(
      { address, port },
      {
        onMessage: (data, from, fromPort) => onPacket(data, data.length, from, fromPort),
        onPacket,
        onError: this.#onFailure,
      },
    );
  }

  #send(socket: UdpSocket | null, slot: Slot, length: number, address: string, port: number): void {
    if (socket === null || this.#closed !== null || !isPort(port)) return;
    slot.isFree = false;
    socket.send(slot.bytes, 0, length, port, address, slot.sent);
  }

  async #closeSockets(): Promise<void> {
    await this.#rtcp?.close();
    await this.#rtp?.close();
  }
}

/** What a peer writes into its SDP must not make the socket throw. */
function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535;
}
