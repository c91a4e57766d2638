import { fault, type Parsed, parsed } from '../../base/errors.js';
import type { NameAddr } from '../header-values.js';
import type { SipRequest } from '../message.js';
import { Params } from '../params.js';
import { acceptContacts, type ContactPreference, rejectContacts } from './caller-preferences.js';
import { type FeatureSet, featureSet, overlap } from './feature-set.js';
import { qOf, type ValueFault } from './field-list.js';

/** A contact that the caller does not rule out. */
export interface MatchedContact {
  readonly contact: NameAddr;
  /** What the callee wants: the `q` of the contact, 1 unless told. */
  readonly q: number;
  /** What the caller wants, 0 … 1: Qa of RFC 3841 §7.2.4. */
  readonly callerQ: number;
}

/**
 * The contacts of a user in the order in which a caller's request should try them: RFC 3841 §7.2. Those that a
 * Reject-Contact or a required Accept-Contact rules out are missing; the callee's q comes first, the caller's
 * preference decides between equal ones, and what is equal in both keeps its order. Contacts without features are
 * immune to it all.
 */
export function matchContacts(
  request: SipRequest,
  contacts: readonly NameAddr[],
): Parsed<readonly MatchedContact[], ValueFault> {
  const accept = acceptContacts(request);
  const reject = rejectContacts(request);
  if (!accept.ok) return fault(accept.fault, accept.at);
  if (!reject.ok) return fault(reject.fault, reject.at);
  const isExplicit = accept.value.length > 0 || reject.value.length > 0;
  const wanted = isExplicit ? accept.value : [implied(request)];
  const matched = match(contacts, wanted, reject.value);
  // What a request merely implies is no reason to reach nobody: a phone may do more than it registered.
  return parsed(matched.length === 0 && !isExplicit ? match(contacts, [], []) : matched);
}

/** RFC 3841 §7.2.2: the method, and the event package of a SUBSCRIBE, as if they were required. */
function implied(request: SipRequest): ContactPreference {
  const params = Params.of({ methods: request.method });
  const event = request.method === 'SUBSCRIBE' ? request.headers.get('event')?.split(';', 1)[0]?.trim() : undefined;
  if (event !== undefined && event !== '') params.set('events', event);
  return { params, require: true, explicit: false };
}

function match(
  contacts: readonly NameAddr[],
  accept: readonly ContactPreference[],
  reject: readonly ContactPreference[],
): MatchedContact[] {
  const wanted = accept.map((one) => ({ ...one, features: featureSet(one.params) }));
  const refused = reject.map(({ params }) => featureSet(params));
  const matched: MatchedContact[] = [];
  for (const contact of contacts) {
    const features = featureSet(contact.params);
    const q = qOf(contact.params) ?? 1;
    if (features.size === 0) {
      matched.push({ contact, q, callerQ: 1 });
      continue;
    }
    if (refused.some((predicate) => isRejected(features, predicate))) continue;
    const scores = wanted.map((predicate) => scoreOf(features, predicate));
    if (scores.includes(null)) continue;
    const sum = scores.reduce<number>((total, score) => total + (score ?? 0), 0);
    matched.push({ contact, q, callerQ: scores.length === 0 ? 1 : sum / scores.length });
  }
  return matched.sort((a, b) => b.q - a.q || b.callerQ - a.callerQ);
}

/** RFC 3841 §7.2.4: a Reject-Contact says nothing of a contact that does not declare all its features. */
function isRejected(contact: FeatureSet, predicate: FeatureSet): boolean {
  if (predicate.size === 0) return false;
  return [...predicate].every(([name, terms]) => {
    const declared = contact.get(name);
    return declared !== undefined && overlap(declared, terms);
  });
}

/** RFC 3841 §7.2.4: matching terms among all of them; null drops the contact. */
function scoreOf(
  contact: FeatureSet,
  { features, require, explicit }: ContactPreference & { readonly features: FeatureSet },
): number | null {
  if (features.size === 0) return 1;
  let matching = 0;
  for (const [name, terms] of features) {
    const declared = contact.get(name);
    if (declared === undefined) continue;
    if (!overlap(declared, terms)) return require ? null : 0;
    matching += 1;
  }
  const score = matching / features.size;
  if (!explicit || score === 1) return score;
  return require ? null : 0;
}
