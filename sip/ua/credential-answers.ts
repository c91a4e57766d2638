import { type Random, randomHex } from '../../base/random.js';
import { answerChallenge, parseChallenges } from '../auth/digest.js';
import type { HeaderList } from '../build.js';
import type { SipRequest, SipResponse } from '../message.js';
import { serializeUri } from '../uri.js';
import type { Challenger, Credentials, CredentialsSource } from './types.js';

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
   * Whoever has not asked yet gets no answer from now on, but of credentials that name its realm: within a session the
   * far end could ask in anybody's name, for a hash to guess the password from. Without effect while nobody has asked.
   */
  settle(): void {
    if (this.#known.size > 0) this.#settled ??= new Set([...this.#known.values()].map(({ realm }) => realm));
  }

  /** From the start only credentials that name the realm answer it. */
  trustNobody(): void {
    this.#settled = new Set();
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

  /**
   * Takes the challenges of a 401 or 407; true when the request may be repeated with `headers`. Either may hold both
   * kinds: a forking proxy puts together what its branches were asked (RFC 3261 §16.7 step 7).
   */
  take(request: SipRequest, response: SipResponse): boolean {
    let any = false;
    for (const { challenger, values, isStale } of askedBy(response)) {
      any = this.#note(request, challenger, values, isStale) || any;
    }
    this.#answers += 1;
    return any && this.#answers <= MAX_ANSWERS;
  }

  #note(request: SipRequest, challenger: Challenger, challenges: readonly string[], isStale: boolean): boolean {
    const { realm, isProxy } = challenger;
    const key = keyOf(challenger);
    if (this.#tried.has(key) && !isStale) return false;
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
    const { realm } = challenger;
    const credentials = chosen(this.#source, challenger);
    if (credentials === null || credentials.realm === realm) return credentials;
    return credentials.realm === undefined && this.#settled?.has(realm) !== false ? credentials : null;
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

interface Asked {
  readonly challenger: Challenger;
  /** The header field values with its challenges. */
  readonly values: string[];
  isStale: boolean;
}

function askedBy({ headers }: SipResponse): Iterable<Asked> {
  const realms = new Map<string, Asked>();
  for (const isProxy of [false, true]) {
    for (const value of headers.all(isProxy ? 'Proxy-Authenticate' : 'WWW-Authenticate')) {
      for (const { realm, stale } of parseChallenges(value)) {
        const key = keyOf({ realm, isProxy });
        // Each realm costs another look through its values: what would not be remembered is not looked at.
        if (!realms.has(key) && realms.size >= MAX_REALMS) continue;
        const asked = realms.get(key) ?? { challenger: { realm, isProxy }, values: [], isStale: false };
        if (!asked.values.includes(value)) asked.values.push(value);
        asked.isStale ||= stale;
        realms.set(key, asked);
      }
    }
  }
  return realms.values();
}

function keyOf({ realm, isProxy }: Challenger): string {
  return `${isProxy} ${realm}`;
}

function chosen(source: CredentialsSource, challenger: Challenger): Credentials | null {
  if (typeof source === 'function') return source(challenger);
  if (!('length' in source)) return source;
  const fits = source.find(({ realm }) => realm === challenger.realm);
  return fits ?? source.find(({ realm }) => realm === undefined) ?? null;
}
