import type { RtcpNews } from './rtcp/reporter.js';

/** So long a way may be silent before it counts as broken; with the beat, it is told within three seconds. */
const SILENT_MS = 2500;
/** A gap between two checks this long means that this process stood still, and nobody listened. */
const STALL_MS = 200;
/** Without so many packets of ours since its last report, that report says nothing of them. */
const MIN_SENT = 50;

/** Which way is broken, seen from us. */
export type BrokenWay = 'in' | 'out' | 'both';

/**
 * - `nothing-came`: never a packet since the call was answered or resumed.
 * - `from-elsewhere`: none, but RTP came from a source that is not believed (media/transport/latching.ts).
 * - `stopped`: the peer's sender reports count packets that do not come any more.
 * - `not-heard`: the peer's reports say that nothing of what we send comes there.
 */
export type OneWayCause = 'nothing-came' | 'from-elsewhere' | 'stopped' | 'not-heard';

/** A leg on which sound goes one way only; plain data. Addresses are `ip:port`, `[ipv6]:port`. */
export interface OneWayNews {
  readonly direction: BrokenWay;
  readonly cause: OneWayCause;
  readonly silentMs: number;
  /** Our own, where RTP is awaited. */
  readonly local: string;
  /** What the peer's description says. */
  readonly sdp: string;
  /** From where its RTP came, and where ours goes therefore; null: the description's. */
  readonly latched: string | null;
  /** The last source whose RTP was not believed since then. */
  readonly refused: string | null;
  readonly packetsSent: number;
  readonly packetsReceived: number;
}

/**
 * Notices that sound goes one way only, while it should go both: NAT, a firewall, a wrong address in a description. A
 * silence alone is none (phones that are muted may send nothing); what has to be missing is the first packet, or one
 * that the peer says it has sent. Counts only while armed, so that hold suspends it; a stall of our own extends it. Pure,
 * asked once per beat; `heard` is on the hot path.
 */
export class OneWayWatch {
  /** How often a broken way was told. */
  count = 0;
  cause: OneWayCause = 'nothing-came';
  /** How long the way that was told last had been silent then. */
  silentMs = 0;
  refusedAddress: string | null = null;
  refusedPort = 0;
  #armed = false;
  #armedMs = 0;
  #checkedMs = 0;
  #sentAtArm = 0;
  #hasHeard = false;
  #heardMs = 0;
  #isStopped = false;
  #isUnheard = false;
  /** Of the peer's last sender report. */
  #srPackets = -1;
  #srMs = 0;
  /** Of the peer's last report. */
  #reportMs = 0;
  #sentAtReport = 0;
  #highestSequence = -1;
  #told: BrokenWay | null = null;

  /** The way that is broken, as far as it was told. */
  get broken(): BrokenWay | null {
    return this.#told;
  }

  /** @param moved the peer is somewhere else now: all begins anew */
  arm(armed: boolean, nowMs: number, { moved, packetsSent }: { moved: boolean; packetsSent: number }): void {
    if (moved) this.#told = null;
    if (armed && (moved || !this.#armed)) this.#begin(nowMs, packetsSent);
    this.#armed = armed;
    this.#checkedMs = nowMs;
  }

  /** RTP of the peer was accepted. */
  heard(nowMs: number): void {
    this.#hasHeard = true;
    this.#heardMs = nowMs;
    this.#isStopped = false;
  }

  /** RTP of somebody else was refused. */
  refused(address: string, port: number): void {
    this.refusedAddress = address;
    this.refusedPort = port;
  }

  /** The peer's RTCP came. */
  reported(news: RtcpNews, packetsSent: number, nowMs: number): void {
    if (!this.#armed || news.bye) return;
    if (news.packetsSent >= 0) {
      // Sent after the last one that came, and while nothing came.
      if (this.#hasHeard && news.packetsSent > this.#srPackets && this.#srPackets >= 0 && this.#srMs > this.#heardMs) {
        this.#isStopped = true;
      }
      this.#srPackets = news.packetsSent;
      this.#srMs = nowMs;
    }
    if (!news.hasReport) return;
    const isTelling = nowMs - this.#reportMs >= SILENT_MS && packetsSent - this.#sentAtReport >= MIN_SENT;
    const { extendedHighestSequence } = news;
    const hasCome = extendedHighestSequence >= 0 && extendedHighestSequence !== this.#highestSequence;
    if (hasCome) this.#isUnheard = false;
    else if (isTelling) this.#isUnheard = true;
    if (!hasCome && !isTelling) return;
    if (extendedHighestSequence >= 0) this.#highestSequence = extendedHighestSequence;
    this.#reportMs = nowMs;
    this.#sentAtReport = packetsSent;
  }

  /** What there is to tell on this beat: that a way is broken, that both are well again, or nothing. */
  check(nowMs: number, packetsSent: number): 'one-way' | 'two-way' | null {
    const stalledMs = nowMs - this.#checkedMs;
    this.#checkedMs = nowMs;
    if (!this.#armed) return null;
    if (stalledMs > STALL_MS) {
      this.#armedMs += stalledMs;
      this.#reportMs += stalledMs;
    }
    const neverCame = !this.#hasHeard && nowMs - this.#armedMs >= SILENT_MS && packetsSent > this.#sentAtArm;
    const isDeaf = neverCame || (this.#isStopped && nowMs - this.#heardMs >= SILENT_MS);
    const way = isDeaf ? (this.#isUnheard ? 'both' : 'in') : this.#isUnheard ? 'out' : null;
    if (way === this.#told) return null;
    this.#told = way;
    if (way === null) return 'two-way';
    this.count += 1;
    this.#explain(isDeaf, nowMs);
    return 'one-way';
  }

  #begin(nowMs: number, packetsSent: number): void {
    this.#armedMs = nowMs;
    this.#sentAtArm = packetsSent;
    this.#hasHeard = false;
    this.#isStopped = false;
    this.#isUnheard = false;
    this.#srPackets = -1;
    this.#reportMs = nowMs;
    this.#sentAtReport = packetsSent;
    this.#highestSequence = -1;
    this.refusedAddress = null;
  }

  #explain(isDeaf: boolean, nowMs: number): void {
    this.silentMs = nowMs - (isDeaf && this.#hasHeard ? this.#heardMs : this.#armedMs);
    if (!isDeaf) this.cause = 'not-heard';
    else if (this.#hasHeard) this.cause = 'stopped';
    else this.cause = this.refusedAddress === null ? 'nothing-came' : 'from-elsewhere';
  }
}
