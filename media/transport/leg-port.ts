import type { SocketAddress } from '../../base/network.js';
import type { SendBuffer } from './send-buffers.js';

/** What comes in for one leg. */
export interface LegPortHandlers {
  /**
   * `data` is lent for the call; of it `length` bytes are the datagram.
   * @param arrivalMs  see UdpHandlers
   */
  onRtp(data: Uint8Array, length: number, address: string, port: number, arrivalMs?: number): void;
  onRtcp(data: Uint8Array, length: number, address: string, port: number, arrivalMs?: number): void;
}

/** One leg's way in and out: a pair of ports of its own (udp.ts), or a place at a port that many share (shared-udp.ts). */
export interface LegPort {
  /** Packets not sent because the earlier ones were still waiting. */
  readonly dropped: number;
  /** Sends and receives that the system refused. */
  readonly failures: number;
  readonly isOpen: boolean;
  /** Where RTP is received; empty before it is open. */
  readonly places: readonly SocketAddress[];
  /** Binds what is not bound yet; rejects with the system's error and then leaves nothing of its own bound. */
  open(): Promise<void>;
  /** So many packets may go out on one beat; never fewer than before. */
  reserve(packets: number): void;
  /** A buffer for one RTP packet; null: it counts as dropped. */
  acquire(): SendBuffer | null;
  acquireRtcp(): SendBuffer | null;
  /** Sends the first `length` bytes of an acquired buffer. */
  send(buffer: SendBuffer, length: number, address: string, port: number): void;
  /** As `send`, from where RTCP goes. */
  sendRtcp(buffer: SendBuffer, length: number, address: string, port: number): void;
  /** Checks that name this user fragment of ours (RFC 8445 §7.1.2) are for this leg; null: none are. */
  expect(ufrag: string | null): void;
  /** What answers that check of ours (RFC 8489 §6.3.3: by its transaction id) is for this leg. */
  ask(check: Uint8Array): void;
  /** That source has proved, by the check or answer that is being received, to be the peer. */
  own(address: string, port: number): void;
  /** May be called twice. */
  close(): Promise<void>;
}
