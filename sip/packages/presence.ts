import { fault, type Parsed, parsed } from '../../base/errors.js';
import type { EventDocument, EventPackage } from './package.js';
import { childOf, childrenOf, elementsOf, parseXml, serializeXml, textOf, wordOf, type XmlElement } from './xml.js';

const PIDF = 'urn:ietf:params:xml:ns:pidf';
const DATA_MODEL = 'urn:ietf:params:xml:ns:pidf:data-model';
const RPID = 'urn:ietf:params:xml:ns:pidf:rpid';
const pidf = elementsOf(PIDF);
const dataModel = elementsOf(DATA_MODEL);
const rpid = elementsOf(RPID);

export interface PresenceNote {
  readonly text: string;
  /** RFC 5646 tag. */
  readonly language?: string | undefined;
}

/** One way to reach the presentity: RFC 3863 §4.1.2. */
export interface PresenceTuple {
  /** Unique in the document. */
  readonly id: string;
  readonly basic?: 'open' | 'closed' | undefined;
  readonly contact?: { readonly uri: string; readonly priority?: number | undefined } | undefined;
  readonly notes?: readonly PresenceNote[] | undefined;
  /** RFC 3339. */
  readonly timestamp?: string | undefined;
  /** Status values and elements of other namespaces (RFC 4480, …), kept as they came. */
  readonly status?: readonly XmlElement[] | undefined;
  readonly extensions?: readonly XmlElement[] | undefined;
}

/** The human being: RFC 4479 §3.2, with the activities of RFC 4480 §3.2 (`on-the-phone`, `busy`, `away`, …). */
export interface PresencePerson {
  readonly id: string;
  readonly activities: readonly string[];
  readonly notes?: readonly PresenceNote[] | undefined;
  readonly extensions?: readonly XmlElement[] | undefined;
}

/** The presence of one presentity: RFC 3863. */
export interface Presence {
  /** The presentity; the resource of the subscription where it is not given. */
  readonly entity?: string | undefined;
  readonly tuples: readonly PresenceTuple[];
  readonly persons?: readonly PresencePerson[] | undefined;
  readonly notes?: readonly PresenceNote[] | undefined;
  /** Other elements of the document (RFC 4479 device, …), kept as they came. */
  readonly extensions?: readonly XmlElement[] | undefined;
}

/** Presence: RFC 3856, bodies by RFC 3863. Every NOTIFY carries the whole state; RFC 5263 deltas are not offered. */
export const presencePackage: EventPackage<Presence> = {
  name: 'presence',
  contentType: 'application/pidf+xml',
  defaultExpiresS: 3600,
  minIntervalMs: 5000,

  serialize: (state, context) => writePresence(state, context.resource),
  parse(body): Parsed<EventDocument<Presence>, 'bad-body'> {
    const read = readPresence(body);
    return read.ok ? parsed({ state: read.value, full: true }) : read;
  },

  // RFC 3856 §6.6.2: somebody who is not to know sees a presentity that is not there.
  blank: (resource) => ({ entity: resource, tuples: [{ id: 'blocked', basic: 'closed' }] }),
};

/** A PIDF document, also the body of a PUBLISH (RFC 3903 §10.1). `resource` stands in for a missing entity. */
export function writePresence(state: Presence, resource: string): Buffer {
  const { entity = resource, tuples, persons = [], notes = [], extensions = [] } = state;
  return serializeXml(
    pidf('presence', { entity }, [
      ...tuples.map(tupleElement),
      ...notes.map((note) => noteElement(note)),
      ...persons.map(personElement),
      ...extensions,
    ]),
  );
}

/** The reverse of `writePresence`; elements that it does not know are kept. Never throws. */
export function readPresence(body: Buffer): Parsed<Presence, 'bad-body'> {
  const document = parseXml(body);
  if (!document.ok) return document;
  const root = document.value;
  const { entity } = root.attributes;
  if (root.name !== 'presence' || root.namespace !== PIDF || entity === undefined) return fault('bad-body');
  const tuples = childrenOf(root, 'tuple').map(readTuple);
  if (tuples.includes(null)) return fault('bad-body');
  const persons = childrenOf(root, 'person', DATA_MODEL).map(readPerson);
  const extensions = root.children.filter(
    ({ namespace, name }) => namespace !== PIDF && !(namespace === DATA_MODEL && name === 'person'),
  );
  return parsed({
    entity,
    tuples: tuples.filter((tuple) => tuple !== null),
    persons: filled(persons),
    notes: filled(childrenOf(root, 'note').map(readNote)),
    extensions: filled(extensions),
  });
}

/**
 * RFC 3903 §10.3: several publications of one presentity as one document. Tuples and persons keep their order; an id
 * that comes twice gets a number, since ids are unique in a document.
 */
export function composePresence(entity: string, published: readonly Presence[]): Presence {
  const taken = new Set<string>();
  const unique = <T extends { readonly id: string }>(entry: T): T => {
    let id = entry.id;
    for (let number = 2; taken.has(id); number += 1) id = `${entry.id}-${number}`;
    taken.add(id);
    return id === entry.id ? entry : { ...entry, id };
  };
  return {
    entity,
    tuples: published.flatMap(({ tuples }) => tuples).map(unique),
    persons: filled(published.flatMap(({ persons = [] }) => persons).map(unique)),
    notes: filled(published.flatMap(({ notes = [] }) => notes)),
    extensions: filled(published.flatMap(({ extensions = [] }) => extensions)),
  };
}

function filled<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

function noteElement({ text, language }: PresenceNote, make = pidf): XmlElement {
  return make('note', { 'xml:lang': language }, text);
}

function tupleElement(tuple: PresenceTuple): XmlElement {
  const { id, basic, contact, notes = [], timestamp, status = [], extensions = [] } = tuple;
  const state = [basic === undefined ? null : pidf('basic', {}, basic), ...status];
  return pidf('tuple', { id }, [
    pidf('status', {}, state),
    ...extensions,
    contact === undefined ? null : pidf('contact', { priority: contact.priority }, contact.uri),
    ...notes.map((note) => noteElement(note)),
    timestamp === undefined ? null : pidf('timestamp', {}, timestamp),
  ]);
}

function personElement({ id, activities, notes = [], extensions = [] }: PresencePerson): XmlElement {
  const doing = activities.filter((name) => /^[a-z][a-z-]*$/.test(name)).map((name) => rpid(name));
  return dataModel('person', { id }, [
    doing.length === 0 ? null : rpid('activities', {}, doing),
    ...extensions,
    ...notes.map((note) => noteElement(note, dataModel)),
  ]);
}

function readNote({ text, attributes }: XmlElement): PresenceNote {
  return { text, language: attributes['xml:lang'] };
}

function readTuple(from: XmlElement): PresenceTuple | null {
  const { id } = from.attributes;
  const status = childOf(from, 'status');
  if (id === undefined || status === undefined) return null;
  const contact = childOf(from, 'contact');
  const priority = /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.exec(contact?.attributes.priority ?? '')?.[0];
  return {
    id,
    basic: wordOf(textOf(status, 'basic'), ['open', 'closed']),
    contact:
      contact === undefined || contact.text === ''
        ? undefined
        : { uri: contact.text, priority: priority === undefined ? undefined : Number(priority) },
    notes: filled(childrenOf(from, 'note').map(readNote)),
    timestamp: textOf(from, 'timestamp'),
    status: filled(status.children.filter(({ namespace }) => namespace !== PIDF)),
    extensions: filled(from.children.filter(({ namespace }) => namespace !== PIDF)),
  };
}

function readPerson(from: XmlElement): PresencePerson {
  const activities = childOf(from, 'activities', RPID);
  const known = (child: XmlElement): boolean =>
    child === activities || (child.name === 'note' && child.namespace === DATA_MODEL);
  return {
    id: from.attributes.id ?? 'person',
    activities: activities?.children.filter(({ namespace }) => namespace === RPID).map(({ name }) => name) ?? [],
    notes: filled(childrenOf(from, 'note').map(readNote)),
    extensions: filled(from.children.filter((child) => !known(child))),
  };
}
