import type { Random } from '../../base/random.js';
import type { HeaderList } from '../build.js';
import type { SipRequest, SipResponse } from '../message.js';
import { CredentialAnswers } from './credential-answers.js';
import type { CredentialsSource } from './types.js';

/** How often one request is repeated with credentials, over all who ask and all stale nonces. */
export const MAX_CHALLENGES = 4;

/**
 * Answers 401 and 407 to the requests of one session: RFC 3261 §22.2, §22.3. Each realm and each kind has its own
 * nonce, counted over all requests (RFC 7616 §3.4); a repeated request carries the answers to everybody who has asked.
 * The caller holds MAX_CHALLENGES.
 */
export class DigestClient {
  readonly #answers: CredentialAnswers;

  constructor(credentials: CredentialsSource, random: Random) {
    this.#answers = new CredentialAnswers(credentials, random);
  }

  /** For the requests of a session that came in. See CredentialAnswers. */
  static ofIncoming(credentials: CredentialsSource, random: Random): DigestClient {
    const client = new DigestClient(credentials, random);
    client.#answers.trustNobody();
    return client;
  }

  /** See CredentialAnswers. */
  settle(): void {
    this.#answers.settle();
  }

  /** Every credentials field of the repeated request, or null when it would be asked again: a wrong password. */
  answer(request: SipRequest, response: SipResponse): HeaderList | null {
    const { headers } = request;
    if (!headers.has('Authorization') && !headers.has('Proxy-Authorization')) this.#answers.begin();
    return this.#answers.take(request, response) ? this.#answers.headers(request) : null;
  }

  /** The fields once more, for a request that is repeated for another reason: each nonce counts on. */
  again(request: SipRequest): HeaderList {
    this.#answers.begin();
    return this.#answers.headers(request);
  }
}

/** True for the two responses that ask for credentials. */
export function isChallenge(response: SipResponse): boolean {
  return response.statusCode === 401 || response.statusCode === 407;
}
