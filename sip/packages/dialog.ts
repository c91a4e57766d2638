import { fault, type Parsed, parsed } from '../../base/errors.js';
import type { Params } from '../params.js';
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

const NAMESPACE = 'urn:ietf:params:xml:ns:dialog-info';
const element = elementsOf(NAMESPACE);

const states = ['trying', 'proceeding', 'early', 'confirmed', 'terminated'] as const;
const events = ['cancelled', 'rejected', 'replaced', 'local-bye', 'remote-bye', 'error', 'timeout'] as const;

/** RFC 4235 §3.7.1. */
export type DialogStateName = 'trying' | 'proceeding' | 'early' | 'confirmed' | 'terminated';
export type DialogEvent = 'cancelled' | 'rejected' | 'replaced' | 'local-bye' | 'remote-bye' | 'error' | 'timeout';

/** Three values that name a dialog: the `replaces` element of RFC 4235 §4.1.3. */
export interface DialogNames {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
}

/** RFC 4235 §4.1.6. */
export interface DialogParticipant {
  readonly identity?: { readonly uri: string; readonly displayName?: string | undefined } | undefined;
  readonly target?:
    | {
        readonly uri: string;
        /** Parameters of the Contact, `+sip.rendering` for instance: name and value. */
        readonly params?: readonly (readonly [name: string, value: string])[] | undefined;
      }
    | undefined;
}

/** One dialog of the resource: RFC 4235 §4.1.2. */
export interface DialogEntry {
  /** Unique in the document, the same for the life of the dialog. */
  readonly id: string;
  readonly callId?: string | undefined;
  readonly localTag?: string | undefined;
  readonly remoteTag?: string | undefined;
  readonly direction?: 'initiator' | 'recipient' | undefined;
  readonly state: DialogStateName;
  readonly event?: DialogEvent | undefined;
  /** The response that brought it there. */
  readonly code?: number | undefined;
  /** When it was made, on the clock of DocumentContext.nowMs; written as a duration. */
  readonly sinceMs?: number | undefined;
  /** As read; where there is no `sinceMs`. */
  readonly durationS?: number | undefined;
  readonly replaces?: DialogNames | undefined;
  readonly referredBy?: string | undefined;
  readonly local?: DialogParticipant | undefined;
  readonly remote?: DialogParticipant | undefined;
}

/** The dialogs of one user. */
export interface DialogInfo {
  /** The resource of the subscription where it is not given. */
  readonly entity?: string | undefined;
  readonly dialogs: readonly DialogEntry[];
}

const keyOf = (entry: DialogEntry): string => entry.id;
const hasEnded = (entry: DialogEntry): boolean => entry.state === 'terminated';

/**
 * INVITE-initiated dialogs of a user, which is what lamps of busy lines show: RFC 4235. A partial document holds the
 * dialogs that changed; one that is gone is told once as `terminated`.
 */
export const dialogPackage: EventPackage<DialogInfo> = {
  name: 'dialog',
  contentType: 'application/dialog-info+xml',
  defaultExpiresS: 3600,
  minIntervalMs: 1000,

  serialize(state, context) {
    const { entity = context.resource, dialogs } = state;
    const attributes = { version: context.version, state: context.full ? 'full' : 'partial', entity };
    const entries = dialogs.map((entry) => dialogElement(entry, context));
    return serializeXml(element('dialog-info', attributes, entries));
  },

  parse(body): Parsed<EventDocument<DialogInfo>, 'bad-body'> {
    const document = parseXml(body);
    if (!document.ok) return document;
    const root = document.value;
    const version = integerOf(root.attributes.version);
    const kind = wordOf(root.attributes.state, ['full', 'partial']);
    const { entity } = root.attributes;
    if (root.name !== 'dialog-info' || root.namespace !== NAMESPACE) return fault('bad-body');
    if (version === undefined || kind === undefined || entity === undefined) return fault('bad-body');
    const dialogs = childrenOf(root, 'dialog').map(readDialog);
    if (dialogs.includes(null)) return fault('bad-body');
    const state = { entity, dialogs: dialogs.filter((entry) => entry !== null) };
    return parsed({ state, full: kind === 'full', version });
  },

  changes(from, to): Change<DialogInfo> {
    const { changed, gone } = changedEntries(from.dialogs, to.dialogs, keyOf);
    const lost = gone.filter((entry) => !hasEnded(entry));
    if (changed.length === 0 && lost.length === 0) return 'none';
    const told = lost.map((entry): DialogEntry => ({ ...entry, state: 'terminated' }));
    return { partial: { entity: to.entity, dialogs: [...changed, ...told] } };
  },

  merge: (known, partial) => ({
    entity: partial.entity ?? known.entity,
    dialogs: mergedEntries(known.dialogs, partial.dialogs, keyOf, hasEnded),
  }),

  coalesce: (waiting, next) => ({
    ...next,
    dialogs: coalescedEntries(waiting.dialogs, next.dialogs, keyOf, hasEnded),
  }),

  blank: (resource) => ({ entity: resource, dialogs: [] }),

  // RFC 4235 §3.2: `call-id` with `to-tag` and `from-tag`, seen from the subscriber: our local tag is its To tag.
  select(state, eventParams) {
    const wanted: readonly (readonly [keyof DialogEntry, string])[] = [
      ['callId', 'call-id'],
      ['localTag', 'to-tag'],
      ['remoteTag', 'from-tag'],
    ];
    const given = wanted.filter(([, param]) => paramOf(eventParams, param) !== undefined);
    if (given.length === 0) return state;
    const fits = (entry: DialogEntry): boolean =>
      given.every(([field, param]) => entry[field] === paramOf(eventParams, param));
    return { ...state, dialogs: state.dialogs.filter(fits) };
  },
};

function paramOf(params: Params, name: string): string | undefined {
  return params.get(name) || undefined;
}

function dialogElement(entry: DialogEntry, { nowMs }: DocumentContext): XmlElement {
  const { id, callId, localTag, remoteTag, direction, state, event, code, sinceMs, replaces, referredBy } = entry;
  const durationS = sinceMs === undefined ? entry.durationS : Math.max(0, Math.floor((nowMs - sinceMs) / 1000));
  const attributes = { id, 'call-id': callId, 'local-tag': localTag, 'remote-tag': remoteTag, direction };
  return element('dialog', attributes, [
    element('state', { event, code }, state),
    durationS === undefined ? null : element('duration', {}, String(durationS)),
    replaces === undefined ? null : element('replaces', namesAttributes(replaces)),
    referredBy === undefined ? null : element('referred-by', {}, referredBy),
    participantElement('local', entry.local),
    participantElement('remote', entry.remote),
  ]);
}

function namesAttributes({ callId, localTag, remoteTag }: DialogNames): Readonly<Record<string, string>> {
  return { 'call-id': callId, 'local-tag': localTag, 'remote-tag': remoteTag };
}

function participantElement(name: 'local' | 'remote', participant: DialogParticipant | undefined): XmlElement | null {
  if (participant === undefined) return null;
  const { identity, target } = participant;
  const params = (target?.params ?? []).map(([pname, pval]) => element('param', { pname, pval }));
  return element(name, {}, [
    identity === undefined ? null : element('identity', { display: identity.displayName }, identity.uri),
    target === undefined ? null : element('target', { uri: target.uri }, params),
  ]);
}

function readDialog(from: XmlElement): DialogEntry | null {
  const { id } = from.attributes;
  const stateElement = childOf(from, 'state');
  const state = wordOf(stateElement?.text, states);
  if (id === undefined || stateElement === undefined || state === undefined) return null;
  return {
    id,
    callId: from.attributes['call-id'],
    localTag: from.attributes['local-tag'],
    remoteTag: from.attributes['remote-tag'],
    direction: wordOf(from.attributes.direction, ['initiator', 'recipient']),
    state,
    event: wordOf(stateElement.attributes.event, events),
    code: integerOf(stateElement.attributes.code),
    durationS: integerOf(textOf(from, 'duration')),
    replaces: readNames(childOf(from, 'replaces')),
    referredBy: textOf(from, 'referred-by'),
    local: readParticipant(childOf(from, 'local')),
    remote: readParticipant(childOf(from, 'remote')),
  };
}

function readNames(from: XmlElement | undefined): DialogNames | undefined {
  const callId = from?.attributes['call-id'];
  const localTag = from?.attributes['local-tag'];
  const remoteTag = from?.attributes['remote-tag'];
  return callId === undefined || localTag === undefined || remoteTag === undefined
    ? undefined
    : { callId, localTag, remoteTag };
}

function readParticipant(from: XmlElement | undefined): DialogParticipant | undefined {
  if (from === undefined) return undefined;
  const identity = childOf(from, 'identity');
  const target = childOf(from, 'target');
  const uri = target?.attributes.uri;
  const params = (target === undefined ? [] : childrenOf(target, 'param')).map(
    ({ attributes: { pname = '', pval = '' } }) => [pname, pval] as const,
  );
  return {
    identity:
      identity === undefined || identity.text === ''
        ? undefined
        : { uri: identity.text, displayName: identity.attributes.display },
    target: uri === undefined ? undefined : { uri, params: params.length === 0 ? undefined : params },
  };
}
