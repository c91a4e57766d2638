import { type Random, randomHex } from '../../base/random.js';
import { answerChallenge, parseChallenges } from '../auth/digest.js';
import type { HeaderList } from '../build.js';
import type { SipRequest, SipResponse } from '../message.js';
import { serializeUri } from '../uri.js';
import type { Credentials } from './types.js';

/** What is known of who asks for credentials. */
export interface Challenger {
  readonly realm: string;
  /** A 407: a proxy on the way, not the server at its end. */
  readonly isProxy: boolean;
}

/** One set for everybody, or a choice; null for somebody who gets none. */
export type CredentialsSource = Credentials | ((challenger: Challenger) => Credentials | null);

interface Answered {
  readonly realm: string;
  readonly isProxy: boolean;
  readonly challenges: readonly string[];
  readonly nonce: string;
  readonly credentials: Credentials;
  /** `-sess` algorithms keep it, since their key is made of it (RFC 7616 §3.4.2). */
  readonly sessionCnonce: string;
  count: number;
}

/** Realms of one response, and realms remembered; more are not answered. */
const MAX_REALMS = 4;
/** Answers in one round, over all realms and stale nonces. */
const MAX_ANSWERS = 6;

/**
 * Answers challenges for a request that is sent again and again, a REGISTER mostly: RFC 3261 §22.2, §22.3, RFC 7616
 * §3.4, §3.6. Several realms, a registrar's and its proxies', are answered together, and a later request carries its
 * answers from the start with rising nonce counts, which spares its 401. A second challenge to our answer means a wrong
 * password unless it says `stale`: it is not answered, or we would go round for ever.
 */
export class CredentialAnswers {
  readonly #source: CredentialsSource;
  readonly #random: Random;
  readonly #known = new Map<string, Answered>();
  /** Realms that were answered since `begin`. */
  readonly #tried = new Set<string>();
  /** The only ones that are answered, once settled; null before. */
  #settled: ReadonlySet<string> | null = null;
  #answers = 0;

  constructor(source: CredentialsSource, random: Random) {
    this.#source = source;
    this.#random = random;
  }

  /** A new request, which is not the repetition of a challenged one. */
  begin(): void {
    this.#tried.clear();
    this.#answers = 0;
  }

  /**
   * Whoever has not asked yet gets no answer from now on: within a session the far end could ask in any realm's name,
   * for a hash to guess the password from. Without effect while nobody has asked.
   */
  settle(): void {
    if (this.#known.size > 0) this.#settled ??= new Set([...this.#known.values()].map(({ realm }) => realm));
  }

  /** The header fields for every realm that has asked so far; each call uses its nonces once more. */
  headers(request: SipRequest): HeaderList {
    return [...this.#known.values()].flatMap((known) => {
      known.count += 1;
      const answer = this.#compute(request, known);
      if (answer === null) return [];
      return [[known.isProxy ? 'Proxy-Authorization' : 'Authorization', answer.value] as const];
    });
  }

  /** Takes the challenges of a 401 or 407; true when the request may be repeated with `headers`. */
  take(request: SipRequest, response: SipResponse): boolean {
    const isProxy = response.statusCode === 407;
    const values = response.headers.all(isProxy ? 'Proxy-Authenticate' : 'WWW-Authenticate');
    const realms = new Map<string, { readonly values: string[]; isStale: boolean }>();
    for (const value of values) {
      for (const { realm, stale } of parseChallenges(value)) {
        // Each realm costs another look through its values: what would not be remembered is not looked at.
        if (!realms.has(realm) && realms.size >= MAX_REALMS) continue;
        const known = realms.get(realm) ?? { values: [], isStale: false };
        if (!known.values.includes(value)) known.values.push(value);
        known.isStale ||= stale;
        realms.set(realm, known);
      }
    }
    let any = false;
    for (const [realm, asked] of realms) {
      any = this.#note(request, { realm, isProxy }, asked.values, asked.isStale) || any;
    }
    this.#answers += 1;
    return any && this.#answers <= MAX_ANSWERS;
  }

  #note(request: SipRequest, challenger: Challenger, challenges: readonly string[], isStale: boolean): boolean {
    const { realm, isProxy } = challenger;
    const key = `${isProxy} ${realm}`;
    if (this.#tried.has(key) && !isStale) return false;
    if (this.#settled?.has(realm) === false) return false;
    if (!this.#known.has(key) && this.#known.size >= MAX_REALMS) return false;
    const credentials = this.#credentialsFor(challenger);
    this.#tried.add(key);
    const before = this.#known.get(key);
    this.#known.delete(key);
    if (credentials === null) return false;
    const sessionCnonce = randomHex(this.#random, 8);
    const answer = this.#compute(request, { challenges, credentials, sessionCnonce, count: 1 });
    if (answer === null) return false;
    const { nonce } = answer.challenge;
    const session = before?.nonce === nonce ? before : { count: 0, sessionCnonce };
    this.#known.set(key, { ...session, realm, isProxy, challenges, nonce, credentials });
    return true;
  }

  #credentialsFor(challenger: Challenger): Credentials | null {
    const credentials = typeof this.#source === 'function' ? this.#source(challenger) : this.#source;
    return credentials?.realm === undefined || credentials.realm === challenger.realm ? credentials : null;
  }

  #compute(
    { method, body, uri }: SipRequest,
    {
      challenges,
      credentials,
      sessionCnonce,
      count,
    }: Pick<Answered, 'challenges' | 'credentials' | 'sessionCnonce' | 'count'>,
  ) {
    const options = { method, uri: serializeUri(uri), body, random: this.#random, nonceCount: count, sessionCnonce };
    return answerChallenge(challenges, { ...credentials, ...options });
  }
}
