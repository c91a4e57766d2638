import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../base/clock.js';
import type { Random } from '../../base/random.js';
import { detach } from '../parse/scanner.js';
import {
  algorithmName,
  type DigestAlgorithmName,
  type DigestCredentials,
  namedAlgorithms,
  serializeChallenge,
  verifyResponse,
} from './digest.js';
import { createMac } from './mac.js';

/**
 * What a nonce is worth before any secret is asked for.
 * - `ok`: ours, fresh, its count not seen yet.
 * - `unknown`: not issued by this process for this realm.
 * - `stale`: ours, but too old, or already spent by an answer without qop: challenge again with `stale=true`.
 * - `replayed`: its count has been used (RFC 7616 §5.5).
 */
export type NonceVerdict = 'ok' | 'unknown' | 'stale' | 'replayed';

export interface DigestAuthenticatorOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Lifetime of a nonce; 300 s unless told. */
  readonly ttlMs?: number;
  /** How many used nonces are remembered; 50 000 unless told. */
  readonly maxNonces?: number;
}

/**
 * `auth` unless told. `auth-int` asks that the body be hashed too, and takes nothing less. `none` leaves qop out (the
 * form of RFC 2069), and with it `-sess` algorithms.
 */
export type OfferedQop = 'auth' | 'auth-int' | 'none';

export interface ChallengeOptions {
  /** Each gets a challenge of its own, strongest first; MD5 alone unless told. */
  readonly algorithms?: readonly DigestAlgorithmName[];
  readonly qop?: OfferedQop;
  readonly stale?: boolean;
  readonly opaque?: string;
}

/**
 * Whether the credentials answer a challenge made with these options: RFC 7616 §3.4. `auth-int` takes no less; else
 * older forms are taken too, that of RFC 2069 among them (RFC 3261 §22.4).
 */
export function answersChallenge(credentials: DigestCredentials, options: ChallengeOptions): boolean {
  const { algorithms = ['MD5'], qop = 'auth' } = options;
  return algorithms.includes(algorithmName(credentials)) && (qop !== 'auth-int' || credentials.qop === 'auth-int');
}

/** One nonce that was used, and the one first used after it. */
interface Use {
  readonly nonce: string;
  /** Highest nonce count seen; Infinity after an answer without qop, which spends the nonce. */
  count: number;
  readonly issuedMs: number;
  /** Of the first request, for a `-sess` algorithm: RFC 7616 §3.4.2. */
  readonly cnonce: string | undefined;
  next: Use | null;
}

/** Longer cnonces of peers are not kept. */
const MAX_CNONCE = 128;
const TIME_DIGITS = 12;
const SALT_BYTES = 8;
const MAC_DIGITS = 32;
const NONCE_DIGITS = TIME_DIGITS + SALT_BYTES * 2 + MAC_DIGITS;

/**
 * Issues nonces and judges what comes back: RFC 7616 §3.3, §5.4, §5.5, RFC 3261 §22.
 *
 * ```
 *  nonce, hex:  | issued, ms: 12 | salt: 16 | HMAC-SHA256(key, issued | salt | realm), cut: 32 |
 * ```
 * The key is drawn at construction, so issuing stores nothing and a flood of REGISTERs without credentials costs one
 * HMAC each. Only used nonces are remembered, `maxNonces` at most; when full the oldest is forgotten, every nonce
 * issued up to its time becomes stale with it (nothing can be replayed), and `forgotten` counts it.
 */
export class DigestAuthenticator {
  /** Used nonces lost to the limit before their time. */
  forgotten = 0;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #mac: (salted: string, realm: string) => string;
  readonly #ttlMs: number;
  readonly #maxNonces: number;
  readonly #used = new Map<string, Use>();
  /**
   * In order of first use. The order of the Map would serve, but its first entry is found by walking over the holes
   * of all that were deleted before it.
   */
  #first: Use | null = null;
  #last: Use | null = null;
  /** Nonces issued up to here are stale. */
  #floorMs = -1;

  constructor(options: DigestAuthenticatorOptions) {
    this.#clock = options.clock;
    this.#random = options.random;
    const mac = createMac(options.random.bytes(32));
    this.#mac = (salted, realm) => mac(`${salted}:${realm}`).slice(0, MAC_DIGITS);
    this.#ttlMs = options.ttlMs ?? 300_000;
    this.#maxNonces = options.maxNonces ?? 50_000;
  }

  /** How many used nonces are remembered. */
  get size(): number {
    return this.#used.size;
  }

  /** The values for as many WWW-Authenticate or Proxy-Authenticate fields, strongest algorithm first. */
  challenge(realm: string, options: ChallengeOptions = {}): string[] {
    const { algorithms = ['MD5'], qop = 'auth', stale = false, opaque } = options;
    const nonce = this.#issue(realm);
    const offered = qop === 'none' ? [] : [qop];
    const values: string[] = [];
    for (const { name, algorithm, session } of namedAlgorithms) {
      // RFC 7616 §3.4.2: a session form needs the cnonce, which comes with qop.
      if (!algorithms.includes(name) || (session === true && qop === 'none')) continue;
      values.push(serializeChallenge({ realm, nonce, algorithm, session, qop: offered, opaque, stale }));
    }
    return values;
  }

  /**
   * `verifyResponse`, where a `-sess` algorithm may go on from the first request that answered the nonce. Many clients
   * hash the cnonce of each request instead, which proves as much and is taken too.
   */
  verify(credentials: DigestCredentials, ha1: string, method: string, body?: Uint8Array): boolean {
    if (verifyResponse(credentials, ha1, method, body)) return true;
    const first = credentials.session === true ? this.#used.get(credentials.nonce)?.cnonce : undefined;
    return first !== undefined && verifyResponse(credentials, ha1, method, body, first);
  }

  /** Judges the nonce; needs no secret, changes nothing. */
  check(credentials: DigestCredentials, realm: string): NonceVerdict {
    const { nonce } = credentials;
    const issuedMs = this.#issuedMs(nonce, realm);
    if (issuedMs === null || credentials.realm !== realm) return 'unknown';
    if (issuedMs <= this.#floorMs || this.#clock.nowMs() - issuedMs > this.#ttlMs) return 'stale';
    const use = this.#used.get(nonce);
    if (use === undefined) return 'ok';
    if (use.count === Number.POSITIVE_INFINITY || credentials.qop === undefined) return 'stale';
    return nonceCount(credentials) > use.count ? 'ok' : 'replayed';
  }

  /** To be called once the response was verified: from now on this use of the nonce is a replay. */
  consume(credentials: DigestCredentials): void {
    const { nonce } = credentials;
    const count = credentials.qop === undefined ? Number.POSITIVE_INFINITY : nonceCount(credentials);
    const use = this.#used.get(nonce);
    if (use !== undefined) {
      use.count = Math.max(use.count, count);
      return;
    }
    this.#makeRoom();
    const issuedMs = Number.parseInt(nonce.slice(0, TIME_DIGITS), 16);
    const { session = false, cnonce: given = '' } = credentials;
    const cnonce = session && given.length <= MAX_CNONCE ? detach(given) : undefined;
    const fresh: Use = { nonce: detach(nonce), count, issuedMs, cnonce, next: null };
    if (this.#last === null) this.#first = fresh;
    else this.#last.next = fresh;
    this.#last = fresh;
    this.#used.set(fresh.nonce, fresh);
  }

  #issue(realm: string): string {
    const time = Math.floor(this.#clock.nowMs()).toString(16).padStart(TIME_DIGITS, '0');
    const salted = time + this.#random.bytes(SALT_BYTES).toString('hex');
    return salted + this.#mac(salted, realm);
  }

  /** When the nonce was issued, or null when it is not one of ours for that realm. */
  #issuedMs(nonce: string, realm: string): number | null {
    if (nonce.length !== NONCE_DIGITS || !/^[0-9a-f]+$/.test(nonce)) return null;
    const salted = nonce.slice(0, -MAC_DIGITS);
    const given = Buffer.from(nonce.slice(-MAC_DIGITS));
    if (!timingSafeEqual(given, Buffer.from(this.#mac(salted, realm)))) return null;
    return Number.parseInt(nonce.slice(0, TIME_DIGITS), 16);
  }

  #makeRoom(): void {
    const expiredMs = this.#clock.nowMs() - this.#ttlMs;
    for (let use = this.#first; use !== null; use = this.#first) {
      if (use.issuedMs >= expiredMs && this.#used.size < this.#maxNonces) return;
      if (use.issuedMs >= expiredMs) {
        this.forgotten += 1;
        this.#floorMs = Math.max(this.#floorMs, use.issuedMs);
      }
      this.#first = use.next;
      if (this.#first === null) this.#last = null;
      // What is dead but not yet collected would keep all that follow it.
      use.next = null;
      this.#used.delete(use.nonce);
    }
  }
}

function nonceCount(credentials: DigestCredentials): number {
  return Number.parseInt(credentials.nc ?? '0', 16);
}
