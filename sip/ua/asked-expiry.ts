import { minExpires } from '../headers.js';
import type { SipResponse } from '../message.js';

/** 423s in one round that are answered at once. */
const MAX_BRIEF = 3;
/** An expiry that no registrar may raise ours above: a year. */
const MAX_EXPIRES_S = 31_536_000;

/** The expiry that a REGISTER asks for, and what registrars that find it too brief make of it: RFC 3261 §10.2.8. */
export class AskedExpiry {
  #seconds: number;
  #briefs = 0;

  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  get seconds(): number {
    return this.#seconds;
  }

  /** A new round of REGISTERs begins. */
  begin(): void {
    this.#briefs = 0;
  }

  /** Takes what a 423 wants, if it is more; false when the REGISTER is not worth another try now. */
  raise(response: SipResponse): boolean {
    const least = minExpires(response);
    const leastS = least.ok ? (least.value ?? 0) : 0;
    if (leastS <= this.#seconds || leastS > MAX_EXPIRES_S || this.#briefs >= MAX_BRIEF) return false;
    this.#briefs += 1;
    this.#seconds = leastS;
    return true;
  }
}
