import type { Clock } from '../base/clock.js';
import type { NativeSrtp } from '../base/native-srtp.js';
import type { Network } from '../base/network.js';
import type { Random } from '../base/random.js';
import type { HandshakeLane } from './dtls/handshake-lane.js';
import { LegHandshake } from './dtls/leg-handshake.js';
import { Inbox } from './inbox.js';
import type { Destination } from './leg-sender.js';
import { isRtcpDatagram, RtpHeader, readRtp } from './rtp/packet.js';
import type { LegMedia } from './sdp/leg-media.js';
import { SrtpPath } from './srtp/path.js';
import { Latch } from './transport/latching.js';
import type { LegPort } from './transport/leg-port.js';
import type { SharedUdp } from './transport/shared-udp.js';
import { UdpPair } from './transport/udp.js';

/** What comes of the datagrams of one leg. All is lent for the call; times are those of arrival. */
export interface LegWireHandlers {
  /** A packet of the peer, opened; `header` says where in `data` its payload is. */
  onRtp(header: RtpHeader, data: Uint8Array, nowMs: number, address: string, port: number): void;
  /** The first `length` bytes are a compound packet of the peer, opened. */
  onRtcp(data: Uint8Array, length: number, nowMs: number): void;
  /** RTP of somebody who is not believed to be the peer. */
  onStranger(address: string, port: number): void;
  /** See SessionEvents. */
  onSecured(): void;
  onSecurityFailed(reason: string): void;
  /** A check of the peer, see LegHandshakeOptions. */
  onCheck(nowMs: number): void;
  onClosed: (() => void) | null;
}

export interface LegWireOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly address: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
  readonly nat: 'auto' | 'off';
  readonly nativeSrtp: NativeSrtp | null;
  /** With it the leg has a place at its port, `rtpPort`; null: a pair of ports of its own. */
  readonly shared: SharedUdp | null;
  /** Others at which a leg at a shared port is reached as well. */
  readonly alsoAddresses: readonly string[];
  readonly lane: HandshakeLane | null;
  readonly handlers: LegWireHandlers;
}

/**
 * One leg's sockets and everything that stands between them and its sound: whose packets they are (transport/latching.ts),
 * what is protected (srtp/), what is a handshake or a check (RFC 7983, dtls/). RTP waits for `empty`, which the beat
 * calls; RTCP, STUN and DTLS are answered at once.
 */
export class LegWire {
  readonly srtp: SrtpPath;
  readonly latch: Latch;
  readonly pair: LegPort;
  readonly #clock: Clock;
  readonly #handlers: LegWireHandlers;
  readonly #handshake: LegHandshake;
  readonly #inbox = new Inbox();
  readonly #header = new RtpHeader();
  readonly #to: Destination = { address: null, port: 0 };
  #isAgreed = false;
  #refused = 0;

  constructor(options: LegWireOptions) {
    const { clock, random, nat, nativeSrtp, lane, handlers } = options;
    this.#clock = clock;
    this.#handlers = handlers;
    this.pair = this.#portOf(options);
    this.srtp = new SrtpPath(this.pair, nativeSrtp);
    this.latch = new Latch(nat);
    const { latch, srtp } = this;
    const onFailed = (reason: string): void => handlers.onSecurityFailed(reason);
    const onCheck = (nowMs: number): void => handlers.onCheck(nowMs);
    const onSecured = (): void => handlers.onSecured();
    const { onClosed } = handlers;
    const out = this.pair;
    this.#handshake = new LegHandshake({
      clock,
      random,
      out,
      latch,
      srtp,
      onSecured,
      onFailed,
      onCheck,
      onClosed,
      lane,
    });
  }

  #portOf({ shared, network, address, alsoAddresses, rtpPort, rtcpPort }: LegWireOptions): LegPort {
    const handlers = { onRtp: this.#onRtp, onRtcp: this.#onRtcp };
    if (shared !== null) return shared.leg([address, ...alsoAddresses], rtpPort, handlers);
    return new UdpPair({ network, address, rtpPort, rtcpPort, handlers });
  }

  /** Datagrams that were not the peer's, or nothing that it could have sent. */
  get refused(): number {
    return this.#refused + this.#handshake.refused;
  }

  /** Where our RTP goes; `address` null = nowhere yet. Reused. */
  get destination(): Destination {
    this.#to.address = this.latch.rtpAddress;
    this.#to.port = this.latch.rtpPort;
    return this.#to;
  }

  /** What an offer and answer agreed on; what came before is judged by what held then. */
  set(media: LegMedia, canReceive: boolean): void {
    this.empty();
    this.#isAgreed = true;
    this.latch.set(media.remote, canReceive);
    this.#handshake.set(media);
  }

  /** Hands on the RTP that has arrived since the last time. */
  empty(): void {
    const inbox = this.#inbox;
    const { count } = inbox;
    if (count === 0) return;
    inbox.count = 0;
    for (let i = 0; i < count; i += 1) {
      const { bytes, length, address, port, arrivalMs } = inbox.at(i);
      this.#takeRtp(bytes, length, address, port, arrivalMs);
    }
  }

  /** Nothing is sent any more until a check says where to (RFC 7675 §5.1: consent has expired). */
  silence(): void {
    this.latch.release();
  }

  /** Says goodbye to a DTLS peer and forgets all keys; the sockets are the caller's to close. */
  close(): void {
    this.#handshake.close();
    this.empty();
    this.srtp.close();
  }

  readonly #onRtp = (data: Uint8Array, bytes: number, address: string, port: number, arrivalMs?: number): void => {
    // RFC 7983 §7: below 64 it is STUN or DTLS, from 128 on RTP or RTCP.
    if (data[0]! < 64) {
      this.#handshake.receive(data, bytes, address, port);
      return;
    }
    if (isRtcpDatagram(data, bytes)) {
      this.#onRtcp(data, bytes, address, port, arrivalMs);
      return;
    }
    const nowMs = arrivalMs ?? this.#clock.nowMs();
    if (this.#inbox.put(data, bytes, address, port, nowMs)) return;
    this.empty();
    this.#takeRtp(data, bytes, address, port, nowMs);
  };

  #takeRtp(data: Uint8Array, bytes: number, address: string, port: number, nowMs: number): void {
    // Of a protected packet nothing is believed, its source least of all, before its tag was right.
    const mayBeHeard = this.#isAgreed && this.latch.mayAccept(address, port, nowMs);
    const length = mayBeHeard ? this.srtp.openRtp(data, bytes) : 0;
    const isRtp = length > 0 && readRtp(data, length, this.#header) === null;
    if (isRtp && this.latch.accept(address, port, this.#header.sequence, nowMs)) {
      this.#handshake.heard(address, port, nowMs);
      this.#handlers.onRtp(this.#header, data, nowMs, address, port);
      return;
    }
    this.#refused += 1;
    const isStranger = isRtp || (!mayBeHeard && readRtp(data, bytes, this.#header) === null);
    if (isStranger) this.#handlers.onStranger(address, port);
  }

  readonly #onRtcp = (data: Uint8Array, bytes: number, address: string, port: number, arrivalMs?: number): void => {
    const nowMs = arrivalMs ?? this.#clock.nowMs();
    const length = this.latch.mayAcceptRtcp(address) ? this.srtp.openRtcp(data, bytes) : 0;
    if (length > 0 && this.latch.acceptRtcp(address, port, nowMs)) this.#handlers.onRtcp(data, length, nowMs);
    else this.#refused += 1;
  };
}
