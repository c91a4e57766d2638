import { fault, type Parsed, parsed } from '../../base/errors.js';
import { changedEntries, coalescedEntries } from './entries.js';
import type { Change, EventDocument, EventPackage } from './package.js';
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

const NAMESPACE = 'urn:ietf:params:xml:ns:conference-info';
const element = elementsOf(NAMESPACE);

const statuses = [
  ...(['pending', 'dialing-out', 'dialing-in', 'alerting', 'on-hold'] as const),
  ...(['connected', 'muted-via-focus', 'disconnecting', 'disconnected'] as const),
];
const mediaStatuses = ['recvonly', 'sendonly', 'sendrecv', 'inactive'] as const;
const joining = ['dialed-in', 'dialed-out', 'focus-owner'] as const;
const leaving = ['departed', 'booted', 'failed', 'busy'] as const;

/** RFC 4575 §5.8. */
export interface ConferenceMedia {
  readonly id: string;
  /** `audio`, `video`, … */
  readonly type?: string | undefined;
  readonly displayText?: string | undefined;
  readonly label?: string | undefined;
  /** The SSRC of what the endpoint sends. */
  readonly sourceId?: string | undefined;
  readonly status?: (typeof mediaStatuses)[number] | undefined;
}

/** One signalling device of a user: RFC 4575 §5.7. */
export interface ConferenceEndpoint {
  /** Its Contact, or another URI that tells the user's endpoints apart. */
  readonly entity: string;
  readonly displayText?: string | undefined;
  readonly status?: (typeof statuses)[number] | undefined;
  readonly joiningMethod?: (typeof joining)[number] | undefined;
  readonly disconnectionMethod?: (typeof leaving)[number] | undefined;
  readonly media?: readonly ConferenceMedia[] | undefined;
}

/** RFC 4575 §5.6. `deleted` in partial documents only. */
export interface ConferenceUser {
  readonly entity: string;
  readonly displayText?: string | undefined;
  readonly roles?: readonly string[] | undefined;
  readonly endpoints: readonly ConferenceEndpoint[];
  readonly deleted?: true | undefined;
}

/** The state of one conference: RFC 4575 §5. In a partial document what is undefined has not changed. */
export interface ConferenceInfo {
  /** Its URI; the resource of the subscription where it is not given. */
  readonly entity?: string | undefined;
  readonly displayText?: string | undefined;
  readonly subject?: string | undefined;
  readonly maximumUserCount?: number | undefined;
  readonly userCount?: number | undefined;
  readonly active?: boolean | undefined;
  readonly locked?: boolean | undefined;
  readonly users: readonly ConferenceUser[];
}

const keyOf = (user: ConferenceUser): string => user.entity;
const isDeleted = (user: ConferenceUser): boolean => user.deleted === true;

type Whole = Omit<ConferenceInfo, 'users' | 'entity'>;
const fields = ['displayText', 'subject', 'maximumUserCount', 'userCount', 'active', 'locked'] as const;

/**
 * Who is in a conference, and how: RFC 4575. A partial document holds the users that changed, each whole, the ones
 * that left as `deleted`, and of the rest what has changed. Elements that this package has no use for are passed over.
 */
export const conferencePackage: EventPackage<ConferenceInfo> = {
  name: 'conference',
  contentType: 'application/conference-info+xml',
  defaultExpiresS: 3600,
  minIntervalMs: 5000,

  serialize(state, context) {
    const { entity = context.resource, users } = state;
    const attributes = { entity, state: context.full ? 'full' : 'partial', version: context.version };
    const usersElement =
      users.length === 0 && !context.full
        ? null
        : element('users', context.full ? {} : { state: 'partial' }, users.map(userElement));
    return serializeXml(
      element('conference-info', attributes, [descriptionElement(state), stateElement(state), usersElement]),
    );
  },

  parse(body): Parsed<EventDocument<ConferenceInfo>, 'bad-body'> {
    const document = parseXml(body);
    if (!document.ok) return document;
    const root = document.value;
    const { entity } = root.attributes;
    const version = integerOf(root.attributes.version);
    // RFC 4575 §4.4: without the attribute the document is full.
    const kind = wordOf(root.attributes.state ?? 'full', ['full', 'partial']);
    if (root.name !== 'conference-info' || root.namespace !== NAMESPACE) return fault('bad-body');
    if (entity === undefined || version === undefined || kind === undefined) return fault('bad-body');
    const users = childOf(root, 'users');
    const read = (users === undefined ? [] : childrenOf(users, 'user')).map(readUser);
    if (read.includes(null)) return fault('bad-body');
    const state = { entity, ...readWhole(root), users: read.filter((user) => user !== null) };
    return parsed({ state, full: kind === 'full', version });
  },

  changes(from, to): Change<ConferenceInfo> {
    const { changed, gone } = changedEntries(from.users, to.users, keyOf);
    const told: Record<string, unknown> = {};
    for (const field of fields) if (from[field] !== to[field]) told[field] = to[field];
    // A partial document cannot say that something is not known any more.
    if (Object.values(told).includes(undefined)) return 'whole';
    if (changed.length === 0 && gone.length === 0 && Object.keys(told).length === 0) return 'none';
    const left = gone.filter((user) => !isDeleted(user));
    const users = [...changed, ...left.map((user): ConferenceUser => ({ ...user, endpoints: [], deleted: true }))];
    return { partial: { entity: to.entity, ...(told as Whole), users } };
  },

  merge(known, partial) {
    const users = new Map(known.users.map((user) => [user.entity, user]));
    for (const user of partial.users) {
      if (isDeleted(user)) users.delete(user.entity);
      else users.set(user.entity, user);
    }
    const told = Object.entries(partial).filter(([, value]) => value !== undefined);
    return { ...known, ...(Object.fromEntries(told) as Partial<ConferenceInfo>), users: [...users.values()] };
  },

  coalesce: (waiting, next) => ({ ...next, users: coalescedEntries(waiting.users, next.users, keyOf, isDeleted) }),

  blank: (resource) => ({ entity: resource, users: [] }),
};

/** An element around what is there; null around nothing. */
function around(name: string, content: readonly (XmlElement | null)[]): XmlElement | null {
  return content.some((child) => child !== null) ? element(name, {}, content) : null;
}

function textElement(name: string, value: string | number | boolean | undefined): XmlElement | null {
  return value === undefined ? null : element(name, {}, String(value));
}

function descriptionElement({ displayText, subject, maximumUserCount }: ConferenceInfo): XmlElement | null {
  return around('conference-description', [
    textElement('display-text', displayText),
    textElement('subject', subject),
    textElement('maximum-user-count', maximumUserCount),
  ]);
}

function stateElement({ userCount, active, locked }: ConferenceInfo): XmlElement | null {
  return around('conference-state', [
    textElement('user-count', userCount),
    textElement('active', active),
    textElement('locked', locked),
  ]);
}

function userElement({ entity, displayText, roles = [], endpoints, deleted }: ConferenceUser): XmlElement {
  if (deleted === true) return element('user', { entity, state: 'deleted' });
  return element('user', { entity, state: 'full' }, [
    textElement('display-text', displayText),
    roles.length === 0
      ? null
      : element(
          'roles',
          {},
          roles.map((role) => element('entry', {}, role)),
        ),
    ...endpoints.map(endpointElement),
  ]);
}

function endpointElement(endpoint: ConferenceEndpoint): XmlElement {
  const { entity, displayText, status, joiningMethod, disconnectionMethod, media = [] } = endpoint;
  return element('endpoint', { entity }, [
    textElement('display-text', displayText),
    textElement('status', status),
    textElement('joining-method', joiningMethod),
    textElement('disconnection-method', disconnectionMethod),
    ...media.map(({ id, type, displayText: text, label, sourceId, status: flow }) =>
      element('media', { id }, [
        textElement('display-text', text),
        textElement('type', type),
        textElement('label', label),
        textElement('src-id', sourceId),
        textElement('status', flow),
      ]),
    ),
  ]);
}

function booleanOf(text: string | undefined): boolean | undefined {
  if (text === 'true' || text === '1') return true;
  return text === 'false' || text === '0' ? false : undefined;
}

function readWhole(root: XmlElement): Whole {
  const description = childOf(root, 'conference-description');
  const state = childOf(root, 'conference-state');
  const described = (name: string) => (description === undefined ? undefined : textOf(description, name));
  const stated = (name: string) => (state === undefined ? undefined : textOf(state, name));
  return {
    displayText: described('display-text'),
    subject: described('subject'),
    maximumUserCount: integerOf(described('maximum-user-count')),
    userCount: integerOf(stated('user-count')),
    active: booleanOf(stated('active')),
    locked: booleanOf(stated('locked')),
  };
}

function readUser(from: XmlElement): ConferenceUser | null {
  const { entity } = from.attributes;
  if (entity === undefined) return null;
  if (from.attributes.state === 'deleted') return { entity, endpoints: [], deleted: true };
  const roles = childOf(from, 'roles');
  const endpoints = childrenOf(from, 'endpoint').map(readEndpoint);
  return {
    entity,
    displayText: textOf(from, 'display-text'),
    roles: roles === undefined ? undefined : childrenOf(roles, 'entry').map(({ text }) => text),
    endpoints: endpoints.filter((endpoint) => endpoint !== null),
  };
}

function readEndpoint(from: XmlElement): ConferenceEndpoint | null {
  const { entity } = from.attributes;
  if (entity === undefined) return null;
  const media = childrenOf(from, 'media').map(
    (medium): ConferenceMedia => ({
      id: medium.attributes.id ?? '',
      type: textOf(medium, 'type'),
      displayText: textOf(medium, 'display-text'),
      label: textOf(medium, 'label'),
      sourceId: textOf(medium, 'src-id'),
      status: wordOf(textOf(medium, 'status'), mediaStatuses),
    }),
  );
  return {
    entity,
    displayText: textOf(from, 'display-text'),
    status: wordOf(textOf(from, 'status'), statuses),
    joiningMethod: wordOf(textOf(from, 'joining-method'), joining),
    disconnectionMethod: wordOf(textOf(from, 'disconnection-method'), leaving),
    media: media.length === 0 ? undefined : media,
  };
}
