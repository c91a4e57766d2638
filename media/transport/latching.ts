import type { MediaAddress } from '../sdp/leg-media.js';

/** Packets in a row that make another source than the SDP one believable. */
const LEARN_PACKETS = 5;
/** A locked source that sent neither RTP nor RTCP for this long has gone; another one may be learned. */
const SILENT_MS = 3000;
/** The same after a re-INVITE that kept the address: long enough that no flood slips in between two packets. */
const SILENT_AFTER_SET_MS = 500;
/** Sources tried at the same time; the one heard longest ago makes room. */
const CANDIDATES = 4;

interface Candidate {
  address: string;
  port: number;
  nextSequence: number;
  packets: number;
  heardMs: number;
}

/** What ICE knows of a source. */
export interface CheckedSources {
  isValid(address: string, port: number): boolean;
  /** Sound of the peer came from there. @returns whether ours is to go there from now on */
  heardFrom(address: string, port: number, nowMs: number): boolean;
}

/**
 * Symmetric RTP (RFC 4961) that learns and then locks: which source is heard, and where our own packets go.
 *
 * The SDP address wins at once, also over a learned source. Another source must send 5 packets with consecutive
 * sequence numbers while the SDP one says nothing; then it is locked, until `set` or until it was silent for 3 s. What
 * is not accepted neither is heard nor moves the destination. Pure: time is an argument. Holds four candidates.
 */
export class Latch {
  /** `off`: nothing but the SDP address is ever accepted. */
  readonly #nat: 'auto' | 'off';
  /** With ICE (RFC 8445 §12.1): nothing is sent before a check has shown where to, and nobody else is learned. */
  followsChecks = false;
  /** Which sources have been checked; null without ICE. */
  checks: CheckedSources | null = null;
  #sdp: Required<MediaAddress> | null = null;
  #lockedAddress: string | null = null;
  #lockedPort = 0;
  #heardMs = Number.NEGATIVE_INFINITY;
  #mayLearn = true;
  /** Since `set`, nothing was heard of the locked source. */
  #open = true;
  #learnedRtcpPort = 0;
  #hasCandidates = false;
  /** Where the RTCP with that port came from. */
  #learnedRtcpAddress: string | null = null;
  readonly #candidates: Candidate[] = Array.from({ length: CANDIDATES }, () => ({
    address: '',
    port: 0,
    nextSequence: 0,
    packets: 0,
    heardMs: Number.NEGATIVE_INFINITY,
  }));

  constructor(nat: 'auto' | 'off' = 'auto') {
    this.#nat = nat;
  }

  /**
   * A new agreement. A changed address, and the first, is the destination from now on, whatever was learned before; an
   * unchanged one, or none (hold by 0.0.0.0), keeps what was learned and lets another source be learned after half
   * a second of silence.
   * @param mayLearn false while the peer is not to send: then silence says nothing about it
   */
  set(remote: MediaAddress | null, mayLearn: boolean): void {
    this.#mayLearn = mayLearn;
    this.#open = true;
    this.#clearCandidates();
    if (remote === null || remote.rtpPort === 0) return;
    const { address, rtcpAddress = address } = remote;
    const sdp = { ...remote, address: canonicalAddress(address), rtcpAddress: canonicalAddress(rtcpAddress) };
    const moved = this.#sdp === null || sdp.address !== this.#sdp.address || sdp.rtpPort !== this.#sdp.rtpPort;
    this.#sdp = sdp;
    if (!moved) return;
    this.#lockedAddress = null;
    this.#learnedRtcpPort = 0;
  }

  /** Where our RTP goes; null before anything is known. */
  get rtpAddress(): string | null {
    return this.#lockedAddress ?? (this.followsChecks ? null : (this.#sdp?.address ?? null));
  }

  /** A source that has proved to be the peer: it is heard, and our packets go there, until `set` moves them. */
  pin(address: string, port: number, nowMs: number): void {
    this.#lock(address, port, nowMs);
  }

  /** Nobody is known to be the peer any more; where checks are followed, nothing is sent before the next one. */
  release(): void {
    this.#lockedAddress = null;
    this.#learnedRtcpPort = 0;
  }

  isOfSdp(address: string, port: number): boolean {
    return this.#isSdp(address, port);
  }

  /** A source was heard, and it is the destination. */
  get isLocked(): boolean {
    return this.#lockedAddress !== null;
  }

  get rtpPort(): number {
    return this.#lockedAddress === null ? (this.#sdp?.rtpPort ?? 0) : this.#lockedPort;
  }

  /** Where our RTCP goes: learned, else of the SDP, else the port after RTP. */
  get rtcpPort(): number {
    if (this.#learnedRtcpPort !== 0) return this.#learnedRtcpPort;
    return this.#followsSdp ? this.#sdp!.rtcpPort : this.#lockedPort + 1;
  }

  /** That of RTP, or what RFC 3605 says; null before anything is known. */
  get rtcpAddress(): string | null {
    if (this.#learnedRtcpPort !== 0) return this.#learnedRtcpAddress;
    return this.#followsSdp ? this.#sdp!.rtcpAddress : this.#lockedAddress;
  }

  /** RTP goes to the SDP address. */
  get #followsSdp(): boolean {
    return this.#sdp !== null && (this.#lockedAddress === null || this.#isSdp(this.#lockedAddress, this.#lockedPort));
  }

  /** Could RTCP of the peer come from there? Learns nothing, see `mayAccept`. */
  mayAcceptRtcp(address: string): boolean {
    return address === this.rtpAddress || (this.#followsSdp && address === this.#sdp!.rtcpAddress);
  }

  /**
   * Could a packet from there be heard now, if it is what it claims? Learns nothing: what is protected is asked here first,
   * so that strangers do not make us compute, and after its tag was right in `accept`. Hot path, no allocation.
   */
  mayAccept(address: string, port: number, nowMs: number): boolean {
    if (this.#isLocked(address, port) || this.#isSdp(address, port)) return true;
    if (this.followsChecks && this.checks?.isValid(address, port) === true) return true;
    if (this.#nat === 'off' || !this.#mayLearn || this.followsChecks) return false;
    const silentMs = this.#open ? SILENT_AFTER_SET_MS : SILENT_MS;
    return this.#lockedAddress === null || nowMs - this.#heardMs >= silentMs;
  }

  /** Is this RTP packet heard? May lock its source. Hot path, no allocation. */
  accept(address: string, port: number, sequence: number, nowMs: number): boolean {
    if (this.#isLocked(address, port)) {
      this.#heard(nowMs);
      return true;
    }
    // RFC 8445 §12.2: sound may come over any pair that has been checked.
    if (this.followsChecks && this.checks?.isValid(address, port) === true) {
      if (this.checks.heardFrom(address, port, nowMs)) this.#lock(address, port, nowMs);
      return true;
    }
    if (this.#isSdp(address, port)) {
      this.#lock(address, port, nowMs);
      return true;
    }
    if (!this.mayAccept(address, port, nowMs) || !this.#isBelievable(address, port, sequence, nowMs)) return false;
    this.#lock(address, port, nowMs);
    return true;
  }

  /** Is this RTCP datagram of the peer? Learns where our own RTCP goes. */
  acceptRtcp(address: string, port: number, nowMs: number): boolean {
    if (!this.mayAcceptRtcp(address)) return false;
    if (this.#nat === 'off' && port !== this.#sdp?.rtcpPort && port !== this.#sdp?.rtpPort) return false;
    if (this.#lockedAddress !== null) this.#heard(nowMs);
    this.#learnedRtcpPort = port;
    this.#learnedRtcpAddress = address;
    return true;
  }

  #isLocked(address: string, port: number): boolean {
    return port === this.#lockedPort && address === this.#lockedAddress;
  }

  #isSdp(address: string, port: number): boolean {
    const sdp = this.#sdp;
    return sdp !== null && port === sdp.rtpPort && address === sdp.address;
  }

  #heard(nowMs: number): void {
    this.#heardMs = nowMs;
    this.#open = false;
    this.#clearCandidates();
  }

  #lock(address: string, port: number, nowMs: number): void {
    if (address !== this.#lockedAddress) this.#learnedRtcpPort = 0;
    this.#lockedAddress = address;
    this.#lockedPort = port;
    this.#heard(nowMs);
  }

  #isBelievable(address: string, port: number, sequence: number, nowMs: number): boolean {
    let candidate = this.#candidates[0]!;
    for (let i = 0; i < CANDIDATES; i += 1) {
      const other = this.#candidates[i]!;
      if (other.port === port && other.address === address) {
        candidate = other;
        break;
      }
      if (other.heardMs < candidate.heardMs) candidate = other;
    }
    this.#hasCandidates = true;
    const isSame = candidate.port === port && candidate.address === address;
    candidate.packets = isSame && sequence === candidate.nextSequence ? candidate.packets + 1 : 1;
    candidate.address = address;
    candidate.port = port;
    candidate.nextSequence = (sequence + 1) & 0xffff;
    candidate.heardMs = nowMs;
    return candidate.packets >= LEARN_PACKETS;
  }

  #clearCandidates(): void {
    if (!this.#hasCandidates) return;
    this.#hasCandidates = false;
    for (let i = 0; i < CANDIDATES; i += 1) {
      const candidate = this.#candidates[i]!;
      candidate.port = 0;
      candidate.packets = 0;
      candidate.heardMs = Number.NEGATIVE_INFINITY;
    }
  }
}

/** The form in which sockets name an address: RFC 5952 for IPv6. What is no address is given back as it is. */
export function canonicalAddress(address: string): string {
  if (!address.includes(':')) return address;
  const url = `http://[${address}]/`;
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : address;
}
