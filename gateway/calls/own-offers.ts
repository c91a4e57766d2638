import { type LocalMedia, makeOffer, makeOtherOffer, type OfferAnswerState } from '../../media/index.js';

/** Who is called: a browser, which takes nothing but DTLS and ICE, or any other phone. */
export type ContactKind = 'phone' | 'browser';

/**
 * An offer in a row: to phones, each after the one that was refused, and to browsers one. That comes first where a browser is
 * expected and last where none is: it may be behind a proxy that does not show it.
 */
type Place = number | 'browser' | 'browser-at-last';

/**
 * What each contact of an outgoing call has been offered: the same, but for browsers, and for those that refused it and got
 * another offer (RFC 3264 §4: an answer belongs to its offer). As many states as there are ways to say it, four at most.
 */
export class OwnOffers {
  readonly #fresh: OfferAnswerState;
  readonly #local: (kind: ContactKind) => LocalMedia;
  readonly #toPhones: OfferAnswerState[] = [];
  #toBrowsers: OfferAnswerState | null = null;
  /** By contact; those that are missing are phones with the first offer. */
  readonly #places = new Map<number, Place>();
  /** Contacts that were taken for browsers. */
  readonly #browsers = new Set<number>();

  /** @param fresh  without an offer; @param local  what our side brings, now */
  constructor(fresh: OfferAnswerState, local: (kind: ContactKind) => LocalMedia) {
    this.#fresh = fresh;
    this.#local = local;
  }

  /** The first offer to that contact. */
  first(branch: number, kind: ContactKind): string {
    const isBrowser = kind === 'browser' && this.#browserState().ice !== null;
    if (isBrowser) this.#browsers.add(branch);
    this.#places.set(branch, isBrowser ? 'browser' : 0);
    return this.stateOf(branch).sent ?? '';
  }

  /** What the answer of that contact is read against. */
  stateOf(branch: number): OfferAnswerState {
    const place = this.#places.get(branch) ?? 0;
    return typeof place === 'string' ? this.#browserState() : (this.#toPhones[place] ?? this.#firstToPhones());
  }

  /** The next offer to a contact that refused the last one; null when there is none. */
  next(branch: number): string | null {
    const place = this.#places.get(branch) ?? 0;
    if (place === 'browser-at-last') return null;
    const index = place === 'browser' ? 0 : place + 1;
    const state = this.#toPhones[index] ?? makeOtherOffer(this.stateOf(branch), this.#local('phone'))?.state;
    if (state === undefined) return this.#atLast(branch);
    this.#toPhones[index] = state;
    this.#places.set(branch, index);
    return state.sent;
  }

  #atLast(branch: number): string | null {
    const { ice, sent } = this.#browserState();
    if (this.#browsers.has(branch) || ice === null) return null;
    this.#places.set(branch, 'browser-at-last');
    return sent;
  }

  #firstToPhones(): OfferAnswerState {
    const { state } = makeOffer(this.#fresh, this.#local('phone'));
    this.#toPhones[0] = state;
    return state;
  }

  /** Without ICE where we have no DTLS: then a browser is offered what a phone is. */
  #browserState(): OfferAnswerState {
    this.#toBrowsers ??= makeOffer(this.#fresh, this.#local('browser')).state;
    return this.#toBrowsers;
  }
}
