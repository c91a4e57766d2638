import { answersChallenge, type DigestAuthenticator, type OfferedQop } from '../auth/challenge.js';
import {
  type DigestAlgorithm,
  type DigestAlgorithmName,
  type DigestCredentials,
  parseAuthorization,
} from '../auth/digest.js';
import type { HeaderList } from '../build.js';
import { checkText } from '../headers/writable.js';
import type { SipRequest } from '../message.js';
import type { ServerTransaction } from '../transaction/layer.js';
import type { SipUri } from '../uri.js';
import type { UaContext } from './context.js';

export interface DigestRegistrarAuthOptions {
  readonly digest: DigestAuthenticator;
  readonly realm: string;
  /** Offered strongest first; MD5 alone unless told. */
  readonly algorithms?: readonly DigestAlgorithmName[];
  readonly qop?: OfferedQop;
  /** HA1 (RFC 7616 §3.4.2) of a user for that algorithm; null for an unknown user. What it throws is a 500. */
  readonly ha1: (username: string, algorithm: DigestAlgorithm) => string | null | Promise<string | null>;
  /** RFC 3261 §10.3 step 4: whether that user may bind that address of record; when it has its name, unless told. */
  readonly mayRegister?: (username: string, aor: SipUri) => boolean;
}

/** Stands in for the secret of a user who does not exist, so that its refusal takes as long as that of a password. */
const NOBODY = '0'.repeat(32);

/**
 * Digest for a registrar: RFC 3261 §22.4, RFC 8760. The 401 is stateless: neither a transaction nor a nonce outlives
 * a REGISTER without credentials. Wrong passwords, unknown users and foreign addresses of record look the same: 403.
 *
 * `new Registrar(ua.context, { store, authenticate: new DigestRegistrarAuth(ua.context, { … }).authenticate })`
 */
export class DigestRegistrarAuth {
  readonly counters = { challenged: 0, refused: 0 };
  readonly #context: UaContext;
  readonly #options: DigestRegistrarAuthOptions;

  /** Throws an UnwritableError for a realm that no challenge could carry. */
  constructor(context: UaContext, options: DigestRegistrarAuthOptions) {
    checkText('realm', options.realm);
    this.#context = context;
    this.#options = options;
  }

  readonly authenticate = (
    transaction: ServerTransaction,
    aor: SipUri,
  ): 'ok' | 'answered' | Promise<'ok' | 'answered'> => {
    const { digest, realm, ha1 } = this.#options;
    const credentials = this.#usable(transaction.request);
    if (credentials === null) return this.#challenge(transaction, false);
    // Also for a nonce of an earlier run: without stale=true a phone would ask its owner for a new password.
    if (digest.check(credentials, realm) !== 'ok') return this.#challenge(transaction, true);
    const secret = ha1(credentials.username, credentials.algorithm);
    if (secret === null || typeof secret === 'string') return this.#judge(transaction, aor, credentials, secret);
    return secret.then((found) => this.#judge(transaction, aor, credentials, found));
  };

  #judge(
    transaction: ServerTransaction,
    aor: SipUri,
    credentials: DigestCredentials,
    secret: string | null,
  ): 'ok' | 'answered' {
    const { digest, realm, mayRegister = isNamesake } = this.#options;
    const proven = digest.verify(credentials, secret ?? NOBODY, 'REGISTER', transaction.request.body);
    if (!proven || secret === null || !mayRegister(credentials.username, aor)) {
      this.counters.refused += 1;
      transaction.respond(this.#context.createResponse(transaction, 403));
      return 'answered';
    }
    // The nonce may have been used by another request while the secret was looked up.
    if (digest.check(credentials, realm) !== 'ok') return this.#challenge(transaction, true);
    digest.consume(credentials);
    return 'ok';
  }

  #challenge(transaction: ServerTransaction, stale: boolean): 'answered' {
    const { digest, realm, algorithms, qop } = this.#options;
    const values = digest.challenge(realm, { ...(algorithms && { algorithms }), ...(qop && { qop }), stale });
    const headers: HeaderList = values.map((value) => ['WWW-Authenticate', value]);
    this.counters.challenged += 1;
    this.#context.respondStateless(transaction, 401, { headers });
    return 'answered';
  }

  /** The first Authorization that answers a challenge of ours; others are as good as none (RFC 3261 §22.1). */
  #usable(request: SipRequest): DigestCredentials | null {
    for (const value of request.headers.all('authorization')) {
      const credentials = parseAuthorization(value);
      if (!credentials.ok || credentials.value.realm !== this.#options.realm) continue;
      if (answersChallenge(credentials.value, this.#options)) return credentials.value;
    }
    return null;
  }
}

function isNamesake(username: string, aor: SipUri): boolean {
  return username === aor.user;
}
