import {
  type Carrier,
  carry,
  conclude,
  noOfferYet,
  type OfferAnswer,
  type Side,
  solicit,
  type Verdict,
  withdraw,
} from './offer-answer.js';

/** Runs the offer/answer state of one dialog. */
export class SessionOffers {
  #state: OfferAnswer = noOfferYet;
  #described: Buffer | null = null;

  get state(): OfferAnswer {
    return this.#state;
  }

  /** The last offer or answer that we sent. */
  get described(): Buffer | null {
    return this.#described;
  }

  carry(side: Side, carrier: Carrier, body: Buffer): Verdict {
    const { verdict, state } = carry(this.#state, side, carrier);
    this.#state = state;
    if (side === 'local' && (verdict === 'offer' || verdict === 'answer')) this.#described = body;
    return verdict;
  }

  solicit(side: Side): void {
    this.#state = solicit(this.#state, side);
  }

  conclude(): void {
    this.#state = conclude();
  }

  withdraw(): void {
    this.#state = withdraw(this.#state);
  }
}
