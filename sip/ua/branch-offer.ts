import type { SipResponse } from '../message.js';

/** Of one contact, the first included; a peer that refuses all of them has been asked enough. */
const MAX_OFFERS = 4;

/**
 * What one contact is offered. RFC 3261 §21.4.13 and §21.4.26: who answers 415 or 488 may take something else, so the
 * application may put another offer in the place of a refused one (§8.1.3.5: the same Call-ID, the next CSeq).
 */
export class BranchOffer {
  #body: Buffer | null;
  #left = MAX_OFFERS - 1;
  readonly #ask: (refusal: SipResponse) => Buffer | null;

  constructor(body: Buffer | null, ask: (refusal: SipResponse) => Buffer | null) {
    this.#body = body;
    this.#ask = ask;
  }

  get body(): Buffer | null {
    return this.#body;
  }

  /** Whether the INVITE is to be sent again, with another body. */
  isReplacedAfter(response: SipResponse): boolean {
    const { statusCode } = response;
    if (this.#body === null || this.#left === 0 || (statusCode !== 415 && statusCode !== 488)) return false;
    const other = this.#ask(response);
    if (other === null) return false;
    this.#left -= 1;
    this.#body = other;
    return true;
  }
}
