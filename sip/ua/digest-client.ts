import type { Random } from '../../base/random.js';
import { answerChallenge } from '../auth/digest.js';
import type { SipRequest, SipResponse } from '../message.js';
import { serializeUri } from '../uri.js';
import type { Credentials } from './types.js';

/** Answers 401 and 407 with one set of credentials: RFC 3261 §22.2, §22.3. */
export class DigestClient {
  readonly #credentials: Credentials;
  readonly #random: Random;
  /** RFC 7616 §3.4: nc counts the answers to one nonce. */
  #nonce: string | null = null;
  #nonceCount = 0;

  constructor(credentials: Credentials, random: Random) {
    this.#credentials = credentials;
    this.#random = random;
  }

  /** The header field for the repeated request, or null when no challenge of the response can be answered. */
  answer(request: SipRequest, response: SipResponse): readonly [string, string] | null {
    const proxy = response.statusCode === 407;
    const challenges = response.headers.all(proxy ? 'Proxy-Authenticate' : 'WWW-Authenticate');
    const attempt = (nonceCount: number) =>
      answerChallenge(challenges, {
        ...this.#credentials,
        method: request.method,
        uri: serializeUri(request.uri),
        random: this.#random,
        nonceCount,
        body: request.body,
      });
    let answered = attempt(1);
    if (answered !== null && answered.challenge.nonce === this.#nonce) answered = attempt(this.#nonceCount + 1);
    if (answered === null) return null;
    this.#nonceCount = answered.challenge.nonce === this.#nonce ? this.#nonceCount + 1 : 1;
    this.#nonce = answered.challenge.nonce;
    return [proxy ? 'Proxy-Authorization' : 'Authorization', answered.value];
  }
}

/** True for the two responses that ask for credentials. */
export function isChallenge(response: SipResponse): boolean {
  return response.statusCode === 401 || response.statusCode === 407;
}
