/** A message that may carry a session description: RFC 6337 §2.1 table 1. `1xx` is one that is not sent reliably. */
export type Carrier =
  | 'INVITE'
  | '1xx'
  | '1xx-rel'
  | '2xx-INVITE'
  | 'ACK'
  | 'PRACK'
  | '2xx-PRACK'
  | 'UPDATE'
  | '2xx-UPDATE';

export type Side = 'local' | 'remote';

/**
 * Where the offers and answers of one dialog stand (RFC 3264 §4, RFC 6337 §2): no session yet, an offer of one side
 * that waits for its answer, or a session that both agree on. Plain data; the functions below return a new one.
 */
export interface OfferAnswer {
  readonly at: 'none' | 'offered-local' | 'offered-remote' | 'stable';
  /** What carried the offer that waits. */
  readonly offer: Carrier | null;
  /** A session was agreed on before that offer: its refusal falls back to it. */
  readonly agreed: boolean;
  /** Who sent the INVITE that is under way without an offer: a reliable response to it makes one (RFC 3261 §13.2.1). */
  readonly solicitor: Side | null;
}

/**
 * `offer`, `answer`: as the message says. `preview`: of the answer, in a response that may get lost (RFC 6337 §3.1.1).
 * `repeat`: of an answer that is known, to be ignored. `glare`: the other side's offer waits (491). `overlap`: this
 * side's own offer waits (500). `misplaced`: that message may not carry one now.
 */
export type Verdict = 'offer' | 'answer' | 'preview' | 'repeat' | 'glare' | 'overlap' | 'misplaced';

export const noOfferYet: OfferAnswer = { at: 'none', offer: null, agreed: false, solicitor: null };

/** RFC 6337 §2.1 table 1, from the offer to the messages that may answer it. */
const answers: Readonly<Partial<Record<Carrier, readonly Carrier[]>>> = {
  INVITE: ['1xx-rel', '2xx-INVITE'],
  '1xx-rel': ['PRACK'],
  '2xx-INVITE': ['ACK'],
  PRACK: ['2xx-PRACK'],
  UPDATE: ['2xx-UPDATE'],
};

const responses: ReadonlySet<Carrier> = new Set<Carrier>(['1xx', '1xx-rel', '2xx-INVITE']);

function otherSide(side: Side): Side {
  return side === 'local' ? 'remote' : 'local';
}

/** An INVITE without a description was sent: whoever answers it offers. */
export function solicit(state: OfferAnswer, side: Side): OfferAnswer {
  return { ...state, solicitor: side };
}

/** `side` sends a description in that message. The state changes with an offer and an answer only. */
export function carry(
  state: OfferAnswer,
  side: Side,
  carrier: Carrier,
): { readonly verdict: Verdict; readonly state: OfferAnswer } {
  const verdict = judge(state, side, carrier);
  if (verdict === 'answer') {
    return { verdict, state: { at: 'stable', offer: null, agreed: true, solicitor: null } };
  }
  if (verdict !== 'offer') return { verdict, state };
  const at = side === 'local' ? 'offered-local' : 'offered-remote';
  return { verdict, state: { at, offer: carrier, agreed: state.agreed, solicitor: null } };
}

function judge(state: OfferAnswer, side: Side, carrier: Carrier): Verdict {
  if (state.at === 'none' || state.at === 'stable') return judgeFirst(state, side, carrier);
  const ownWaits = (state.at === 'offered-local') === (side === 'local');
  if (!ownWaits && state.offer !== null) {
    if (answers[state.offer]?.includes(carrier) === true) return 'answer';
    if (state.offer === 'INVITE' && carrier === '1xx') return 'preview';
  }
  if (carrier === 'INVITE' || carrier === 'PRACK' || carrier === 'UPDATE') return ownWaits ? 'overlap' : 'glare';
  // The reliable response that offered is followed by others before its PRACK: they repeat it.
  return ownWaits && responses.has(carrier) ? 'repeat' : 'misplaced';
}

/** No offer waits. */
function judgeFirst(state: OfferAnswer, side: Side, carrier: Carrier): Verdict {
  if (carrier === 'INVITE') return 'offer';
  if (responses.has(carrier)) {
    if (state.solicitor === otherSide(side)) return carrier === '1xx' ? 'preview' : 'offer';
    return state.at === 'stable' ? 'repeat' : 'misplaced';
  }
  // RFC 3311 §5.1, RFC 3262 §5: not before the first exchange is over, nor while an INVITE asks the peer to offer.
  const mayOffer = state.at === 'stable' && state.solicitor === null;
  if (carrier === 'PRACK' || carrier === 'UPDATE') return mayOffer ? 'offer' : 'glare';
  return 'misplaced';
}

/** What waits was refused, or will never be answered: RFC 3261 §14.1 keeps what was agreed on. */
export function withdraw(state: OfferAnswer): OfferAnswer {
  return { at: state.agreed ? 'stable' : 'none', offer: null, agreed: state.agreed, solicitor: null };
}

/** The INVITE that made the dialog is over: from now on both sides may offer, whether they have agreed or not. */
export function conclude(): OfferAnswer {
  return { at: 'stable', offer: null, agreed: true, solicitor: null };
}

/** True when neither side waits for anything, so that `UPDATE` may carry an offer: RFC 3311 §5.1. */
export function isSettled(state: OfferAnswer): boolean {
  return state.at === 'stable' && state.solicitor === null;
}
