import type { Clock } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import type { SessionId } from '../../base/ids.js';
import { hostPort } from '../../base/ip-ranges.js';
import { type Random, randomHex, randomToken } from '../../base/random.js';
import {
  answersChallenge,
  type DigestAlgorithm,
  type DigestAlgorithmName,
  type DigestAuthenticator,
  type DigestCredentials,
  parseAuthorization,
  parseUri,
  type SipRequest,
} from '../../sip/index.js';
import type { SourceLimiter } from '../admission/source-limiter.js';
import type { Decider, DecisionStep } from '../decide/decider.js';
import { asksHooks, type Domain } from '../decide/domains.js';
import type { CachedHa1 } from './bindings.js';

export interface AuthenticatorOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly digest: DigestAuthenticator;
  readonly decider: Decider;
  readonly limiter: SourceLimiter;
  /** Of domains that have none of their own. */
  readonly realm: string;
  readonly algorithms: readonly DigestAlgorithmName[];
  readonly qop: 'auth' | 'none';
  readonly retryAfterS: number;
  /** Whether credentials made for one called user are refused for another one (RFC 7616 §3.4.6). */
  readonly checkUri: boolean;
}

/** A header field to add to a response. */
export type Header = readonly [string, string];

export type AuthResult =
  | {
      readonly ok: true;
      readonly username: string;
      /** The id that the application was asked with; null when nobody had to be asked. */
      readonly sessionId: string | null;
      readonly cache: CachedHa1 | null;
    }
  | {
      readonly ok: false;
      readonly statusCode: number;
      readonly reasonPhrase?: string;
      readonly headers: readonly Header[];
      readonly trace: readonly DecisionStep[];
    };

export interface AuthQuestion {
  readonly request: SipRequest;
  readonly sourceAddress: string;
  /** Whose realm is asked for and whose users count; null: the hooks'. */
  readonly domain: Domain | null;
  /** The user that the credentials must belong to (To of a REGISTER); null takes any. */
  readonly expectedUser: string | null;
  /** Secrets known already: of a binding at the same source, or of a server profile. */
  readonly known: (username: string, algorithm: DigestAlgorithm) => CachedHa1 | null;
  /** False: only `known` secrets count, the application is not asked. */
  readonly askDecider: boolean;
  /** The registration that goes on when this request succeeds; without one the application hears of a new id. */
  readonly sessionId?: SessionId | undefined;
}

/** Stands in for the secret of a user who does not exist, so that its refusal takes as long as that of a password. */
const NOBODY = '0'.repeat(32);

const md5Only = ['MD5'] as const;

/** How long a secret that the application gave may be used without asking again. */
const CACHE_MS = 3_600_000;

/**
 * Digest authentication of a request (RFC 3261 §22, RFC 8760): challenge, nonce checks, secrets from the cache or
 * from the application. From outside an unknown user and a wrong password look the same: 403 after the same steps.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  /** Drawn at the first challenge that has one, and the same for all: what a nonce is worth is told by itself. */
  #opaque: string | null = null;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** 401 with one WWW-Authenticate per algorithm, strongest first. */
  challenge(stale: boolean, domain: Domain | null = null): Extract<AuthResult, { ok: false }> {
    const { digest, random } = this.#options;
    const isMediaswitch = domain?.registrar === 'mediaswitch';
    if (isMediaswitch) this.#opaque ??= randomHex(random, 16);
    const opaque = isMediaswitch && this.#opaque !== null ? { opaque: this.#opaque } : {};
    const values = digest.challenge(this.realmOf(domain), { ...this.#offered(domain), stale, ...opaque });
    return { ok: false, statusCode: 401, headers: values.map((value) => ['WWW-Authenticate', value]), trace: [] };
  }

  realmOf(domain: Domain | null): string {
    return domain?.realm ?? this.#options.realm;
  }

  async verify(question: AuthQuestion): Promise<AuthResult> {
    const { digest } = this.#options;
    const { domain } = question;
    const credentials = this.#usable(question.request, domain);
    if (credentials === null) return this.challenge(false, domain);
    if (question.expectedUser !== null && credentials.username !== question.expectedUser) {
      return refuse(step('digest username', `is ${credentials.username}, To is ${question.expectedUser}`));
    }
    const checksUri = this.#options.checkUri && domain?.registrar !== 'mediaswitch';
    if (checksUri && isForAnother(credentials.uri, question.request)) {
      const trace = [step('digest uri', `${credentials.uri} names another user than the Request-URI`)];
      return { ok: false, statusCode: 400, reasonPhrase: 'Digest URI Mismatch', headers: [], trace };
    }
    const nonce = digest.check(credentials, credentials.realm);
    // Also for a nonce of an earlier run: without stale=true a phone would ask its owner for a new password.
    if (nonce !== 'ok') return this.challenge(true, domain);
    const { method, body } = question.request;
    const known = question.known(credentials.username, credentials.algorithm);
    if (known !== null && digest.verify(credentials, known.ha1, method, body)) {
      return this.#accept(question, credentials, { sessionId: null, cache: null });
    }
    if (!question.askDecider) {
      if (known === null) digest.verify(credentials, NOBODY, method, body);
      return refuse(step('digest', 'does not match the profile'));
    }
    return this.#ask(question, credentials);
  }

  async #ask(question: AuthQuestion, credentials: DigestCredentials): Promise<AuthResult> {
    const { digest, limiter, decider, random, clock, retryAfterS } = this.#options;
    const { domain, request } = question;
    const isLimited = asksHooks(domain);
    if (isLimited && !limiter.ask(question.sourceAddress)) {
      return unavailable(503, retryAfterS, [step('pending questions of this source', 'too many')]);
    }
    const sessionId = question.sessionId ?? randomToken(random, 18);
    try {
      const decision = await decider.credentials({
        domain,
        username: credentials.username,
        realm: credentials.realm,
        sessionId,
        algorithm: credentials.algorithm,
      });
      if (decision.kind === 'refused') {
        digest.verify(credentials, NOBODY, request.method, request.body);
        return refuse(...decision.trace);
      }
      if (decision.kind === 'unavailable')
        return unavailable(decision.statusCode, decision.retryAfterS, decision.trace);
      if (!digest.verify(credentials, decision.ha1, request.method, request.body)) {
        return refuse(...decision.trace, step('digest', 'does not match'));
      }
      const cache = { algorithm: credentials.algorithm, ha1: decision.ha1, untilMs: clock.nowMs() + CACHE_MS };
      return this.#accept(question, credentials, { sessionId, cache: isLimited ? cache : null });
    } catch (error) {
      return unavailable(503, retryAfterS, [step('credentials', messageOf(error))]);
    } finally {
      if (isLimited) limiter.settle(question.sourceAddress);
    }
  }

  /** The nonce may have been used by another request while the application was asked. */
  #accept(
    { domain }: AuthQuestion,
    credentials: DigestCredentials,
    granted: { readonly sessionId: string | null; readonly cache: CachedHa1 | null },
  ): AuthResult {
    const { digest } = this.#options;
    if (digest.check(credentials, credentials.realm) !== 'ok') return this.challenge(true, domain);
    digest.consume(credentials);
    return { ok: true, username: credentials.username, ...granted };
  }

  /** The first Authorization that answers a challenge of ours; others are as good as none (RFC 3261 §22.1). */
  #usable(request: SipRequest, domain: Domain | null): DigestCredentials | null {
    const realm = this.realmOf(domain);
    for (const value of request.headers.all('authorization')) {
      const credentials = parseAuthorization(value);
      if (!credentials.ok || credentials.value.realm !== realm) continue;
      const { opaque } = credentials.value;
      // A client that leaves it out is as good as one that knows none.
      if (domain?.registrar === 'mediaswitch' && opaque !== undefined && opaque !== this.#opaque) continue;
      if (answersChallenge(credentials.value, this.#offered(domain))) return credentials.value;
    }
    return null;
  }

  /** A domain that keeps MD5 hashes alone offers nothing else. */
  #offered(domain: Domain | null): Pick<AuthenticatorOptions, 'algorithms' | 'qop'> {
    const { algorithms, qop } = this.#options;
    return { algorithms: domain?.registrar === 'mediaswitch' ? md5Only : algorithms, qop: domain?.qop ?? qop };
  }
}

/**
 * Credentials that were made for a call to somebody else: who holds a request back on its way could spend them on a
 * number of his own. Only users are compared: hosts and parameters are rewritten on honest ways, and some phones name
 * the server alone.
 */
function isForAnother(digestUri: string, { uri }: SipRequest): boolean {
  const read = parseUri(digestUri);
  if (!read.ok || (uri.scheme !== 'sip' && uri.scheme !== 'sips')) return false;
  const { value } = read;
  if (value.scheme !== 'sip' && value.scheme !== 'sips') return false;
  return value.user !== undefined && uri.user !== undefined && value.user !== uri.user;
}

function step(check: string, outcome: string): DecisionStep {
  return { check, outcome, afterMs: 0 };
}

function refuse(...trace: DecisionStep[]): AuthResult {
  return { ok: false, statusCode: 403, headers: [], trace };
}

function unavailable(statusCode: number, retryAfterS: number | null, trace: readonly DecisionStep[]): AuthResult {
  const headers: Header[] = statusCode === 503 && retryAfterS !== null ? [['Retry-After', String(retryAfterS)]] : [];
  return { ok: false, statusCode, headers, trace };
}

/** `address:port` of a flow's far end. */
export function sourceText(remote: { readonly address: string; readonly port: number }): string {
  return hostPort(remote.address, remote.port);
}
