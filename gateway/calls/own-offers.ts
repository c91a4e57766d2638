import { type LocalMedia, makeOtherOffer, type OfferAnswerState } from '../../media/index.js';

/**
 * What each contact of an outgoing call has been offered: the same, but for those that refused it and got another
 * offer (RFC 3264 §4: an answer belongs to its offer). As many states as there are ways to say it, three at most.
 */
export class OwnOffers {
  readonly #states: OfferAnswerState[];
  /** Index into `#states`, by contact; the first where it is missing. */
  readonly #offered = new Map<number, number>();

  /** @param state  with the offer that all contacts got first */
  constructor(state: OfferAnswerState) {
    this.#states = [state];
  }

  /** What the answer of that contact is read against. */
  stateOf(branch: number): OfferAnswerState {
    return this.#states[this.#offered.get(branch) ?? 0]!;
  }

  /** The next offer to a contact that refused the last one; null when there is none. */
  next(branch: number, local: LocalMedia): string | null {
    const index = (this.#offered.get(branch) ?? 0) + 1;
    const state = this.#states[index] ?? makeOtherOffer(this.stateOf(branch), local)?.state;
    if (state === undefined) return null;
    this.#states[index] = state;
    this.#offered.set(branch, index);
    return state.sent;
  }
}
