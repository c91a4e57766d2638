import { describe, expect, test } from 'vitest';
import {
  type Carrier,
  carry,
  conclude,
  isSettled,
  noOfferYet,
  type OfferAnswer,
  type Side,
  solicit,
  type Verdict,
  withdraw,
} from '../../../sip/ua/offer-answer.js';

const carriers: readonly Carrier[] = [
  'INVITE',
  '1xx',
  '1xx-rel',
  '2xx-INVITE',
  'ACK',
  'PRACK',
  '2xx-PRACK',
  'UPDATE',
  '2xx-UPDATE',
];
const other = (side: Side): Side => (side === 'local' ? 'remote' : 'local');
const offered = (side: Side, carrier: Carrier, from: OfferAnswer = noOfferYet): OfferAnswer => {
  const { verdict, state } = carry(from, side, carrier);
  expect(verdict).toBe('offer');
  return state;
};

/** Every message that gets that verdict, of all those that one side may send. */
function verdicts(state: OfferAnswer, side: Side): Partial<Record<Verdict, Carrier[]>> {
  const found: Partial<Record<Verdict, Carrier[]>> = {};
  for (const carrier of carriers) {
    const { verdict } = carry(state, side, carrier);
    found[verdict] = [...(found[verdict] ?? []), carrier];
  }
  return found;
}

const finals: Carrier[] = ['ACK', '2xx-PRACK', '2xx-UPDATE'];
const requests: Carrier[] = ['INVITE', 'PRACK', 'UPDATE'];
const responses: Carrier[] = ['1xx', '1xx-rel', '2xx-INVITE'];

describe.each(['local', 'remote'] as const)('the offerer is %s', (side) => {
  const peer = other(side);
  const stable = conclude();

  test('RFC 6337 §2.1 nothing but an INVITE begins: no response, PRACK, UPDATE or ACK offers by itself', () => {
    expect(verdicts(noOfferYet, side)).toEqual({
      offer: ['INVITE'],
      misplaced: [...responses, 'ACK', '2xx-PRACK', '2xx-UPDATE'],
      glare: ['PRACK', 'UPDATE'],
    });
  });

  // RFC 6337 §2.1 table 1, all six patterns.
  test.each<[Carrier, OfferAnswer, Carrier[], Carrier[]]>([
    ['INVITE', noOfferYet, ['1xx-rel', '2xx-INVITE'], ['1xx']],
    ['INVITE', stable, ['1xx-rel', '2xx-INVITE'], ['1xx']],
    ['1xx-rel', solicit(noOfferYet, peer), ['PRACK'], []],
    ['2xx-INVITE', solicit(noOfferYet, peer), ['ACK'], []],
    ['2xx-INVITE', solicit(stable, peer), ['ACK'], []],
    ['PRACK', stable, ['2xx-PRACK'], []],
    ['UPDATE', stable, ['2xx-UPDATE'], []],
  ])(
    'RFC 6337 §2.1 an offer in %s is answered where the table says, and nowhere else',
    (carrier, from, answers, previews) => {
      const state = offered(side, carrier, from);
      expect([state.at, state.offer]).toEqual([`offered-${side}`, carrier]);
      const answering = verdicts(state, peer);
      expect(answering.answer).toEqual(answers);
      expect(answering.preview ?? []).toEqual(previews);
      // RFC 3311 §5.2: the other side's new offer is glare, except where that message is the answer.
      expect(answering.glare).toEqual(requests.filter((request) => !answers.includes(request)));
      expect(answering.offer).toBeUndefined();
      const own = verdicts(state, side);
      expect(own).toEqual({ overlap: requests, repeat: responses, misplaced: finals });
      for (const answer of answers) {
        const { state: agreed } = carry(state, peer, answer);
        expect(agreed).toEqual(stable);
        expect(isSettled(agreed)).toBe(true);
      }
      // RFC 3261 §14.1: what was agreed on before a refused offer stays.
      expect(withdraw(state)).toEqual(from.agreed ? stable : noOfferYet);
      expect(isSettled(state)).toBe(false);
    },
  );

  test('RFC 6337 §2.1 an agreed session: either side may offer by INVITE, PRACK or UPDATE; responses repeat', () => {
    for (const who of [side, peer]) {
      expect(verdicts(stable, who)).toEqual({ offer: requests, repeat: responses, misplaced: finals });
    }
  });

  test('RFC 3261 §13.2.1 an INVITE without an offer: the first reliable response of the other side makes it', () => {
    for (const from of [noOfferYet, stable]) {
      const state = solicit(from, side);
      expect(isSettled(state)).toBe(false);
      expect(verdicts(state, peer)).toEqual({
        offer: ['INVITE', '1xx-rel', '2xx-INVITE'],
        preview: ['1xx'],
        glare: ['PRACK', 'UPDATE'],
        misplaced: finals,
      });
      expect(verdicts(state, side).glare).toEqual(['PRACK', 'UPDATE']);
      expect(withdraw(state)).toEqual(from);
    }
  });

  test('RFC 6337 §3.1.2 a verdict other than offer and answer changes nothing', () => {
    const states = [
      noOfferYet,
      stable,
      solicit(noOfferYet, side),
      offered(side, 'INVITE'),
      offered(side, 'UPDATE', stable),
      offered(side, 'PRACK', stable),
    ];
    for (const state of states) {
      for (const carrier of carriers) {
        for (const who of [side, peer]) {
          const result = carry(state, who, carrier);
          if (result.verdict === 'offer' || result.verdict === 'answer') continue;
          expect(result.state).toBe(state);
        }
      }
    }
  });
});
