import { fault, type Parsed, parsed } from '../../base/errors.js';
import { changedEntries, coalescedEntries, mergedEntries } from './entries.js';
import type { Change, DocumentContext, EventDocument, EventPackage } from './package.js';
import {
  childOf,
  childrenOf,
  elementsOf,
  integerOf,
  parseXml,
  serializeXml,
  textOf,
  wordOf,
  type XmlElement,
} from './xml.js';

const NAMESPACE = 'urn:ietf:params:xml:ns:reginfo';
const GRUU_NAMESPACE = 'urn:ietf:params:xml:ns:gruuinfo';
const element = elementsOf(NAMESPACE);
const gruuElement = elementsOf(GRUU_NAMESPACE);

const registrationStates = ['init', 'active', 'terminated'] as const;
const contactStates = ['active', 'terminated'] as const;
const contactEvents = [
  ...['registered', 'created', 'refreshed', 'shortened', 'expired'],
  ...['deactivated', 'probation', 'unregistered', 'rejected'],
] as const;

export type RegContactEvent =
  | 'registered'
  | 'created'
  | 'refreshed'
  | 'shortened'
  | 'expired'
  | 'deactivated'
  | 'probation'
  | 'unregistered'
  | 'rejected';

/** One contact of an address-of-record: RFC 3680 §5.2. */
export interface RegContact {
  /** Unique in the document, the same for the life of the binding. */
  readonly id: string;
  readonly state: 'active' | 'terminated';
  /** What brought it there. */
  readonly event: RegContactEvent;
  readonly uri: string;
  readonly displayName?: string | undefined;
  /** When it expires, on the clock of DocumentContext.nowMs; written as the seconds that are left. */
  readonly expiresAtMs?: number | undefined;
  /** The seconds that were left when the document was written; where there is no `expiresAtMs`. */
  readonly expiresS?: number | undefined;
  readonly retryAfterS?: number | undefined;
  /** 0 … 1. */
  readonly q?: number | undefined;
  readonly callId?: string | undefined;
  readonly cseq?: number | undefined;
  /** Parameters of the Contact that this package has no attribute for: name to value. */
  readonly unknownParams?: Readonly<Record<string, string>> | undefined;
  /** RFC 5628 §5. */
  readonly publicGruu?: string | undefined;
  readonly temporaryGruu?: string | undefined;
}

export interface RegRegistration {
  readonly aor: string;
  readonly id: string;
  readonly state: 'init' | 'active' | 'terminated';
  readonly contacts: readonly RegContact[];
}

export interface RegState {
  readonly registrations: readonly RegRegistration[];
}

const keyOf = (registration: RegRegistration): string => registration.id;
const contactKey = (contact: RegContact): string => contact.id;
const contactEnded = (contact: RegContact): boolean => contact.state === 'terminated';
const hasEnded = (registration: RegRegistration): boolean => registration.state === 'terminated';

function ended(registration: RegRegistration): RegRegistration {
  const contacts = registration.contacts.map(
    (contact): RegContact =>
      contact.state === 'terminated' ? contact : { ...contact, state: 'terminated', event: 'expired' },
  );
  return { ...registration, state: 'terminated', contacts };
}

/** The registration with the contacts that have gone since, as ended ones. */
function withGone(from: RegRegistration | undefined, to: RegRegistration): RegRegistration {
  const before = from?.contacts.filter((contact) => !contactEnded(contact)) ?? [];
  const { gone } = changedEntries(before, to.contacts, contactKey);
  const told = gone.map((contact): RegContact => ({ ...contact, state: 'terminated', event: 'expired' }));
  return told.length === 0 ? to : { ...to, contacts: [...to.contacts, ...told] };
}

/**
 * Registration state of addresses-of-record: RFC 3680, with the GRUUs of RFC 5628. A partial document holds the
 * registrations that changed, each whole; contacts that are gone are told once as `terminated`.
 */
export const regPackage: EventPackage<RegState> = {
  name: 'reg',
  contentType: 'application/reginfo+xml',
  defaultExpiresS: 3761,
  minIntervalMs: 5000,

  serialize(state, context) {
    const attributes = { version: context.version, state: context.full ? 'full' : 'partial' };
    const registrations = state.registrations.map((registration) => registrationElement(registration, context));
    return serializeXml(element('reginfo', attributes, registrations));
  },

  parse(body): Parsed<EventDocument<RegState>, 'bad-body'> {
    const read = parseXml(body);
    if (!read.ok) return read;
    const root = read.value;
    const version = integerOf(root.attributes.version);
    const kind = wordOf(root.attributes.state, ['full', 'partial']);
    if (root.name !== 'reginfo' || root.namespace !== NAMESPACE || version === undefined || kind === undefined) {
      return fault('bad-body');
    }
    const registrations = childrenOf(root, 'registration').map(readRegistration);
    if (registrations.includes(null)) return fault('bad-body');
    const state = { registrations: registrations.filter((registration) => registration !== null) };
    return parsed({ state, full: kind === 'full', version });
  },

  changes(from, to): Change<RegState> {
    const { changed, gone } = changedEntries(from.registrations, to.registrations, keyOf);
    if (changed.length === 0 && gone.length === 0) return 'none';
    const known = new Map(from.registrations.map((registration) => [registration.id, registration]));
    const told = changed.map((registration) => withGone(known.get(registration.id), registration));
    return { partial: { registrations: [...told, ...gone.filter((entry) => !hasEnded(entry)).map(ended)] } };
  },

  merge(known, partial) {
    const merged = mergedEntries(known.registrations, partial.registrations, keyOf, hasEnded);
    return {
      registrations: merged.map((registration) => ({
        ...registration,
        contacts: registration.contacts.filter((contact) => !contactEnded(contact)),
      })),
    };
  },

  coalesce(waiting, next) {
    const before = new Map(waiting.registrations.map((registration) => [registration.id, registration]));
    const registrations = next.registrations.map((registration) => ({
      ...registration,
      contacts: coalescedEntries(
        before.get(registration.id)?.contacts ?? [],
        registration.contacts,
        contactKey,
        contactEnded,
      ),
    }));
    return { registrations: coalescedEntries(waiting.registrations, registrations, keyOf, hasEnded) };
  },

  blank: () => ({ registrations: [] }),
};

function registrationElement({ aor, id, state, contacts }: RegRegistration, context: DocumentContext): XmlElement {
  const children = contacts.map((contact) => contactElement(contact, context));
  return element('registration', { aor, id, state }, children);
}

function contactElement(contact: RegContact, { nowMs }: DocumentContext): XmlElement {
  const { id, state, event, q, callId, cseq, displayName, expiresAtMs, publicGruu, temporaryGruu } = contact;
  const left = expiresAtMs === undefined ? contact.expiresS : Math.max(0, Math.ceil((expiresAtMs - nowMs) / 1000));
  const attributes = {
    id,
    state,
    event,
    expires: left,
    'retry-after': contact.retryAfterS,
    q,
    callid: callId,
    cseq,
  };
  const unknown = Object.entries(contact.unknownParams ?? {});
  return element('contact', attributes, [
    element('uri', {}, contact.uri),
    displayName === undefined ? null : element('display-name', {}, displayName),
    ...unknown.map(([name, value]) => element('unknown-param', { name }, value)),
    publicGruu === undefined ? null : gruuElement('pub-gruu', { uri: publicGruu }),
    temporaryGruu === undefined ? null : gruuElement('temp-gruu', { uri: temporaryGruu, 'first-cseq': cseq ?? 1 }),
  ]);
}

function readRegistration(from: XmlElement): RegRegistration | null {
  const { aor, id } = from.attributes;
  const state = wordOf(from.attributes.state, registrationStates);
  if (aor === undefined || id === undefined || state === undefined) return null;
  const contacts = childrenOf(from, 'contact').map(readContact);
  return contacts.includes(null) ? null : { aor, id, state, contacts: contacts.filter((contact) => contact !== null) };
}

function readContact(from: XmlElement): RegContact | null {
  const { id, q } = from.attributes;
  const state = wordOf(from.attributes.state, contactStates);
  const event = wordOf(from.attributes.event, contactEvents as readonly RegContactEvent[]);
  const uri = textOf(from, 'uri');
  if (id === undefined || state === undefined || event === undefined || uri === undefined) return null;
  const unknown = childrenOf(from, 'unknown-param').map(({ attributes, text }) => [attributes.name ?? '', text]);
  const rank = q !== undefined && /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(q) ? Number(q) : undefined;
  return {
    id,
    state,
    event,
    uri,
    displayName: textOf(from, 'display-name'),
    expiresS: integerOf(from.attributes.expires),
    retryAfterS: integerOf(from.attributes['retry-after']),
    q: rank,
    callId: from.attributes.callid,
    cseq: integerOf(from.attributes.cseq),
    unknownParams: unknown.length === 0 ? undefined : Object.fromEntries(unknown),
    publicGruu: childOf(from, 'pub-gruu', GRUU_NAMESPACE)?.attributes.uri,
    temporaryGruu: childOf(from, 'temp-gruu', GRUU_NAMESPACE)?.attributes.uri,
  };
}
