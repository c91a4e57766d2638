import type { Clock, Timer } from '../../base/clock.js';
import type { Random } from '../../base/random.js';
import { IceChecks } from '../ice/checks.js';
import { IceLite } from '../ice/lite.js';
import type { LegDtls, LegMedia, LegSrtp } from '../sdp/leg-media.js';
import type { SrtpPath } from '../srtp/path.js';
import { type SrtpProfile, srtpProfiles } from '../srtp/profiles.js';
import type { Latch } from '../transport/latching.js';
import type { LegPort } from '../transport/leg-port.js';
import { DtlsAssociation } from './association.js';
import { CookieDoor, type Knock } from './cookie.js';
import type { HandshakeLane } from './handshake-lane.js';
import { privateKeyOf } from './identity.js';

/** A call whose sound has no keys by then has no sound. */
const DEADLINE_MS = 10_000;
/** So long a BYE may take behind a close_notify. */
const CLOSED_MS = 3000;
/** A handshake that has not ended by then may be another's: a stranger's, in the place of the phone's. */
const STRANGER_MS = 2000;
/** STUN and DTLS of one leg in one second; a handshake with all its repetitions, and checks, are a tenth of it. */
const MAX_PER_SECOND = 100;
const MAX_BYTES = 2048;
const LAST_STUN = 3;
const FIRST_DTLS = 20;
const HANDSHAKE = 22;

/** Counter mode first, which everybody has (RFC 8827 §6.5): with node:crypto GCM costs three times as much (ADR 14). */
const profiles: readonly SrtpProfile[] = [
  srtpProfiles.AES_CM_128_HMAC_SHA1_80,
  srtpProfiles.AEAD_AES_128_GCM,
  srtpProfiles.AEAD_AES_256_GCM,
  srtpProfiles.AES_CM_128_HMAC_SHA1_32,
];

const noKeys: LegSrtp = { send: null, receive: null };

export interface LegHandshakeOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly out: Pick<LegPort, 'acquire' | 'send' | 'expect' | 'ask' | 'own'>;
  readonly latch: Latch;
  readonly srtp: Pick<SrtpPath, 'set'>;
  /** There are keys now, or other ones. A listener must not throw. */
  readonly onSecured: () => void;
  /** The leg has no keys, or no more, and there will be none. A listener must not throw. */
  readonly onFailed: (reason: string) => void;
  /** The peer has shown that it is there and wants our packets (RFC 7675). A listener must not throw. */
  readonly onCheck: (nowMs: number) => void;
  /**
   * The peer ended its association (close_notify), and says no BYE besides. Null: one may follow, and `onFailed` is called
   * when there was none in 3 s. A listener must not throw.
   */
  readonly onClosed: (() => void) | null;
  /** Where DTLS waits until nothing else is due; null: it is worked at once. */
  readonly lane: HandshakeLane | null;
}

interface Source {
  readonly address: string;
  readonly port: number;
}

/**
 * All of a leg's socket that is neither RTP nor RTCP (RFC 7983 §7): STUN goes to ICE, DTLS to the association that gives SRTP its
 * keys. Until the peer has proved that it is who its SDP says, nothing is sent and nothing heard; a new association
 * (RFC 8842 §3.1) leaves the keys of the one before until it has its own. Limits: 100 datagrams a second and 2048 bytes,
 * those beyond are refused; one ClientHello that came before the answer that explains it is kept.
 */
export class LegHandshake {
  /** What was malformed, too much, or of a source that has no business here. */
  refused = 0;
  readonly #options: LegHandshakeOptions;
  readonly #ice = new IceLite();
  /** Towards a peer that makes none. */
  readonly #checks: IceChecks;
  readonly #door: CookieDoor;
  #dtls: LegDtls | null = null;
  #isExpecting = false;
  #association: DtlsAssociation | null = null;
  #peer: Source | null = null;
  #associatedMs = 0;
  #keys: LegSrtp | null = null;
  #early: (Source & { readonly datagram: Uint8Array }) | null = null;
  #timer: Timer | null = null;
  #windowMs = Number.NEGATIVE_INFINITY;
  #inWindow = 0;
  #isClosed = false;

  constructor(options: LegHandshakeOptions) {
    this.#options = options;
    this.#door = new CookieDoor(options.random);
    const { clock, random, onCheck, out } = options;
    this.#checks = new IceChecks({
      ...{ clock, random, onNominated: this.#nominate },
      onAnswered: (nowMs, address, port) => {
        out.own(address, port);
        onCheck(nowMs);
      },
      send: (address, port, check) => {
        options.out.ask(check);
        this.#sendTo({ address, port }, check);
      },
    });
  }

  /** What an offer and answer agreed on, after the latch has heard of it. */
  set(media: LegMedia): void {
    const { latch, srtp, out } = this.#options;
    this.#ice.set(media.ice ?? null);
    this.#checks.set(media.ice ?? null);
    out.expect(media.ice?.localUfrag ?? null);
    // Who is lite may be sent to at once, where the c-line says where.
    const isToBeFound = media.ice?.isRemoteLite !== true || media.remote?.address === '0.0.0.0';
    latch.followsChecks = this.#ice.isOn && isToBeFound;
    latch.checks = this.#ice;
    this.#follow();
    const dtls = media.dtls ?? null;
    this.#isExpecting = dtls === null && media.srtp !== undefined && media.send === null;
    const isSame = dtls !== null && dtls.association === this.#dtls?.association;
    if (!isSame) this.#begin(dtls);
    srtp.set(dtls === null ? (media.srtp ?? null) : (this.#keys ?? noKeys), dtls === null || media.rtcpMux);
    const isWaiting = dtls !== null && this.#association?.isDone !== true;
    if (isWaiting && media.isEarly !== true && this.#timer === null) this.#arm(DEADLINE_MS, this.#late);
    this.#startClient();
    this.#hearEarly();
  }

  /** Sound of the peer has come from there. */
  heard(address: string, port: number, nowMs: number): void {
    this.#ice.heard(address, port, nowMs);
  }

  /** One datagram whose first byte is below 64. */
  receive(data: Uint8Array, length: number, address: string, port: number): void {
    const nowMs = this.#options.clock.nowMs();
    if (nowMs - this.#windowMs >= 1000) {
      this.#windowMs = nowMs;
      this.#inWindow = 0;
    }
    this.#inWindow += 1;
    if (this.#isClosed || this.#inWindow > MAX_PER_SECOND || length > MAX_BYTES || length === 0) {
      this.refused += 1;
      return;
    }
    const datagram = data.subarray(0, length);
    if (datagram[0]! <= LAST_STUN) this.#takeCheck(datagram, address, port, nowMs);
    else if (datagram[0]! >= FIRST_DTLS) this.#queueDtls(datagram, address, port, nowMs);
    else this.refused += 1;
  }

  #queueDtls(datagram: Uint8Array, address: string, port: number, nowMs: number): void {
    const { lane, clock } = this.#options;
    if (lane === null) {
      this.#takeDtls(datagram, address, port, nowMs);
      return;
    }
    const copy = Uint8Array.from(datagram);
    lane.run(() => {
      if (!this.#isClosed) this.#takeDtls(copy, address, port, clock.nowMs());
    });
  }

  /** close_notify, while the socket is still there. May be called twice. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#checks.close();
    this.#association?.close();
  }

  #begin(dtls: LegDtls | null): void {
    this.#association?.close();
    this.#association = null;
    this.#peer = null;
    this.#dtls = dtls;
    this.#timer?.cancel();
    this.#timer = null;
    if (dtls === null) this.#keys = null;
  }

  /** Where nominated, our packets go. */
  #follow(): void {
    const { nominated } = this.#ice;
    if (nominated !== null) this.#options.latch.pin(nominated.address, nominated.port, this.#options.clock.nowMs());
  }

  /** A lite peer has answered there: the pair of a full agent and a lite one (RFC 8445 §8.1.1). */
  readonly #nominate = (address: string, port: number): void => {
    this.#options.latch.pin(address, port, this.#options.clock.nowMs());
    if (this.#association?.isDone === false) this.#peer = { address, port };
    this.#startClient();
  };

  #takeCheck(datagram: Uint8Array, address: string, port: number, nowMs: number): void {
    if (this.#checks.receive(datagram, address, port)) return;
    const refused = this.#ice.refused;
    const { answer, isGood, isNominated } = this.#ice.receive(datagram, address, port, nowMs);
    this.refused += this.#ice.refused - refused;
    if (isGood) this.#options.out.own(address, port);
    if (answer !== null) this.#sendTo({ address, port }, answer);
    if (isGood) this.#options.onCheck(nowMs);
    if (!isNominated) return;
    this.#follow();
    // What has begun with the session before goes on here (RFC 8842 §5.5, as when a page begins anew on the same resource).
    if (this.#association?.isDone === false) this.#peer = { address, port };
    this.#startClient();
  }

  #takeDtls(datagram: Uint8Array, address: string, port: number, nowMs: number): void {
    const { latch } = this.#options;
    if (this.#dtls === null) {
      if (this.#isExpecting && datagram[0] === HANDSHAKE) {
        this.#early = { address, port, datagram: Uint8Array.from(datagram) };
      } else {
        this.refused += 1;
      }
      return;
    }
    const isKnown = this.#ice.isValid(address, port) || latch.mayAccept(address, port, nowMs);
    const isPeer = this.#peer !== null && this.#peer.port === port && this.#peer.address === address;
    if (!isKnown && !isPeer) {
      this.refused += 1;
      return;
    }
    if (this.#association === null) this.#knock(datagram, address, port);
    else if (isPeer || this.#mayTakeOver(address, port)) this.#hand(datagram, address, port);
    else this.refused += 1;
  }

  /** Of another source than the one that we talk to: that checked well, or is in the SDP, or comes when nothing moves. */
  #mayTakeOver(address: string, port: number): boolean {
    const isSlow = this.#options.clock.nowMs() - this.#associatedMs > STRANGER_MS;
    const mayGiveUp = isSlow && !this.#ice.isOn && this.#association?.isDone === false;
    return this.#ice.isValid(address, port) || this.#options.latch.isOfSdp(address, port) || mayGiveUp;
  }

  #hand(datagram: Uint8Array, address: string, port: number): void {
    const association = this.#association!;
    const isOther = this.#peer?.port !== port || this.#peer.address !== address;
    if (isOther && !association.isDone && this.#dtls?.role === 'passive' && !this.#ice.isOn) {
      // Somebody else was quicker than the phone that the SDP speaks of.
      const knock = this.#door.knock(Buffer.from(datagram), `${address} ${port}`);
      if (knock.type === 'open') this.#associate(knock, { address, port });
      this.#answerKnock(knock, { address, port });
      return;
    }
    if (isOther && this.#ice.isOn) this.#peer = { address, port };
    const before = association.refused;
    association.receive(datagram);
    this.refused += association.refused - before;
  }

  #knock(datagram: Uint8Array, address: string, port: number): void {
    if (this.#dtls?.role !== 'passive') {
      this.refused += 1;
      return;
    }
    // Who has checked well gets what is sent to it; a browser may say the cookie on another pair than it got it on.
    const from = this.#ice.isOn ? 'checked' : `${address} ${port}`;
    const knock = this.#door.knock(Buffer.from(datagram), from);
    if (knock.type === 'open') this.#associate(knock, { address, port });
    this.#answerKnock(knock, { address, port });
  }

  #answerKnock(knock: Knock, from: Source): void {
    if (knock.type === 'nothing') this.refused += 1;
    if (knock.type === 'ask') this.#sendTo(from, knock.datagram);
    if (knock.type === 'open') this.#association?.receive(knock.datagram);
  }

  /** As client, once it is known where to. */
  #startClient(): void {
    if (this.#dtls?.role !== 'active' || this.#association !== null || this.#ice.isRestarting) return;
    const { rtpAddress, rtpPort } = this.#options.latch;
    if (rtpAddress !== null && rtpPort !== 0) this.#associate(null, { address: rtpAddress, port: rtpPort });
  }

  #hearEarly(): void {
    const early = this.#early;
    if (early === null || this.#dtls === null) return;
    this.#early = null;
    this.receive(early.datagram, early.datagram.length, early.address, early.port);
  }

  #associate(opening: Extract<Knock, { readonly type: 'open' }> | null, peer: Source): void {
    const dtls = this.#dtls!;
    const { clock, random, latch, srtp } = this.#options;
    const key = privateKeyOf(dtls.privateKey);
    if (key === null) {
      this.#fail('no key of ours');
      return;
    }
    this.#association?.close();
    this.#peer = peer;
    this.#associatedMs = clock.nowMs();
    this.#association = new DtlsAssociation({
      clock,
      random,
      certificate: dtls.certificate,
      key,
      fingerprints: dtls.fingerprints,
      profiles,
      opening,
      events: {
        onKeys: (send, receive) => {
          this.#keys = { send, receive };
          this.#timer?.cancel();
          this.#timer = null;
          if (!this.#ice.isOn && this.#peer !== null) latch.pin(this.#peer.address, this.#peer.port, clock.nowMs());
          srtp.set(this.#keys);
          this.#options.onSecured();
        },
        onFailed: (reason) => this.#broken(reason),
        onClosed: () => {
          this.#forgetKeys();
          const { onClosed } = this.#options;
          if (onClosed === null) this.#arm(CLOSED_MS, () => this.#fail('the peer ended DTLS'));
          else onClosed();
        },
      },
      send: (datagram) => this.#sendTo(this.#peer ?? peer, datagram),
    });
    this.#association.start();
  }

  /** A stranger that was let in because the phone may be anywhere ends nothing. */
  #broken(reason: string): void {
    const peer = this.#peer;
    const isStranger = peer !== null && !this.#ice.isOn && !this.#options.latch.isOfSdp(peer.address, peer.port);
    if (!isStranger || this.#keys !== null) {
      this.#fail(reason);
      return;
    }
    this.refused += 1;
    this.#association = null;
    this.#peer = null;
  }

  readonly #late = (): void => {
    this.#fail(`no DTLS in ${DEADLINE_MS / 1000} s: ${this.#association?.trouble ?? 'nothing came'}`);
  };

  #fail(reason: string): void {
    this.#timer?.cancel();
    this.#association?.close();
    this.#forgetKeys();
    this.#options.onFailed(reason);
  }

  #forgetKeys(): void {
    this.#keys = null;
    this.#options.srtp.set(noKeys);
  }

  #arm(delayMs: number, fire: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.setTimer(delayMs, fire, { liveness: true });
  }

  /** Dropped where the socket is busy: both STUN and DTLS send again. */
  #sendTo({ address, port }: Source, datagram: Uint8Array): void {
    const { out } = this.#options;
    const buffer = out.acquire();
    if (buffer === null || datagram.length > buffer.bytes.length) return;
    buffer.bytes.set(datagram);
    out.send(buffer, datagram.length, address, port);
  }
}
