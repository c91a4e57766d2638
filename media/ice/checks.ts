import type { Clock, Timer } from '../../base/clock.js';
import type { Random } from '../../base/random.js';
import type { LegIce } from '../sdp/leg-media.js';
import { attribute, isIntegral, readStun, stunType, writeStun } from './stun.js';

/** RFC 8445 §14.2. */
const PACE_MS = 50;
/** RFC 8445 §14.3. */
const RTO_MS = 500;
/** A better place than the first that answered has so long to answer too. */
const BETTER_MS = 200;
/** The handshake of a leg that nobody answers is given up then as well. */
const GIVE_UP_MS = 10_000;
/** RFC 7675 §5.1: no more often than each 4 s. */
const CONSENT_MS = 4000;
/** Remote places that are checked; RFC 8445 §19.5.1: whoever names them makes us send there. */
const MAX_PLACES = 8;
/** RFC 8445 §5.1.2.1: a peer reflexive one of component 1, which is what our own address is to a peer. */
const PRIORITY = 110 * 2 ** 24 + 65_535 * 2 ** 8 + 255;

export interface IceChecksOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly send: (address: string, port: number, datagram: Uint8Array) => void;
  /** Our packets go there from now on; told again after each restart. A listener must not throw. */
  readonly onNominated: (address: string, port: number) => void;
  /** The peer has answered a check from there; before `onNominated`. A listener must not throw. */
  readonly onAnswered: (nowMs: number, address: string, port: number) => void;
}

interface Place {
  readonly address: string;
  readonly port: number;
  sentMs: number;
  isValid: boolean;
  /** Of the last check; null: it has been answered. */
  transactionId: Buffer | null;
  /** That check had USE-CANDIDATE. */
  nominates: boolean;
}

/**
 * The controlling side of ICE towards a lite peer, which waits to be checked (RFC 8445 §6.1.1, §7.2): checks its places
 * in their order, nominates the best that answers, and then goes on asking for its consent (RFC 7675). One local place, one
 * component. Time is the given clock's; throws on nothing. Limits: 8 places, one check each 50 ms, and 10 s of them.
 */
export class IceChecks {
  readonly #options: IceChecksOptions;
  #ice: LegIce | null = null;
  #places: Place[] = [];
  #nominated: Place | null = null;
  #beganMs = 0;
  #validMs = Number.POSITIVE_INFINITY;
  #timer: Timer | null = null;
  #tieBreaker: Buffer | null = null;

  constructor(options: IceChecksOptions) {
    this.#options = options;
  }

  /** What SDP agreed on; other credentials begin anew, and no `checks` ends them. */
  set(ice: LegIce | null): void {
    const wanted = ice?.checks === undefined ? null : ice;
    const isSame = wanted !== null && this.#ice !== null && textOf(wanted) === textOf(this.#ice);
    this.#ice = wanted;
    if (isSame) return;
    this.close();
    const places = wanted?.checks?.places.slice(0, MAX_PLACES) ?? [];
    this.#places = places.map(({ address, port }) => ({
      ...{ address, port, sentMs: Number.NEGATIVE_INFINITY, isValid: false },
      ...{ transactionId: null, nominates: false },
    }));
    this.#nominated = null;
    this.#validMs = Number.POSITIVE_INFINITY;
    this.#beganMs = this.#options.clock.nowMs();
    if (this.#places.length > 0) this.#step();
  }

  /** @returns false: it answers none of our checks, or is not from where that was sent (RFC 8445 §7.2.5.2.1) */
  receive(datagram: Uint8Array, address: string, port: number): boolean {
    if (this.#ice?.checks === undefined) return false;
    const message = readStun(Buffer.from(datagram));
    if (message === null || message.type !== stunType.success) return false;
    const place = this.#places.find((each) => each.transactionId?.equals(message.transactionId) === true);
    const isFrom = place?.address === address && place.port === port;
    if (place === undefined || !isFrom || !isIntegral(message, this.#ice.checks.remotePassword)) return false;
    const nowMs = this.#options.clock.nowMs();
    place.transactionId = null;
    place.isValid = true;
    this.#validMs = Math.min(this.#validMs, nowMs);
    this.#options.onAnswered(nowMs, address, port);
    if (place.nominates && this.#nominated === null) {
      this.#nominated = place;
      this.#options.onNominated(address, port);
      this.#arm(CONSENT_MS);
    } else if (this.#nominated === null && place === this.#places[0]) {
      this.#check(place, true);
    }
    return true;
  }

  /** May be called twice. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #arm(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.setTimer(delayMs, this.#step, { liveness: true });
  }

  readonly #step = (): void => {
    const nowMs = this.#options.clock.nowMs();
    if (this.#nominated !== null) {
      this.#check(this.#nominated, false);
      this.#arm(CONSENT_MS);
      return;
    }
    if (nowMs - this.#beganMs > GIVE_UP_MS) return;
    const best = nowMs - this.#validMs >= BETTER_MS ? this.#places.find(({ isValid }) => isValid) : undefined;
    const isDue = ({ sentMs }: Place): boolean => nowMs - sentMs >= RTO_MS;
    const next = best ?? this.#places.find((place) => !place.isValid && isDue(place));
    if (next !== undefined && (isDue(next) || !next.nominates)) this.#check(next, best !== undefined);
    this.#arm(PACE_MS);
  };

  #check(place: Place, nominates: boolean): void {
    const { random, clock, send } = this.#options;
    const { remoteUfrag, localUfrag, checks } = this.#ice!;
    this.#tieBreaker ??= Buffer.from(random.bytes(8));
    // The same check again is the same transaction, so that a late answer counts (RFC 8489 §6.2.1).
    if (place.nominates !== nominates) place.transactionId = null;
    place.transactionId ??= Buffer.from(random.bytes(12));
    place.nominates = nominates;
    place.sentMs = clock.nowMs();
    const priority = Buffer.alloc(4);
    priority.writeUInt32BE(PRIORITY);
    const attributes = [
      [attribute.username, Buffer.from(`${remoteUfrag}:${localUfrag}`)],
      [attribute.priority, priority],
      [attribute.iceControlling, this.#tieBreaker],
      ...(nominates ? [[attribute.useCandidate, Buffer.alloc(0)] as const] : []),
    ] as const;
    const request = writeStun(stunType.request, place.transactionId, attributes, checks!.remotePassword);
    send(place.address, place.port, request);
  }
}

function textOf({ localUfrag, remoteUfrag, checks }: LegIce): string {
  return `${localUfrag} ${remoteUfrag} ${checks?.remotePassword}`;
}
