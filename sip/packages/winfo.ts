import { fault, type Parsed, parsed } from '../../base/errors.js';
import { changedEntries, coalescedEntries, mergedEntries } from './entries.js';
import type {
  Change,
  DocumentContext,
  EventDocument,
  EventPackage,
  Watcher,
  WatcherEvent,
  WatcherList,
  WatcherStatus,
} from './package.js';
import { childrenOf, elementsOf, integerOf, parseXml, serializeXml, wordOf, type XmlElement } from './xml.js';

const NAMESPACE = 'urn:ietf:params:xml:ns:watcherinfo';
const element = elementsOf(NAMESPACE);

const statuses: readonly WatcherStatus[] = ['pending', 'active', 'waiting', 'terminated'];
const events: readonly WatcherEvent[] = [
  ...(['subscribe', 'approved', 'deactivated', 'probation'] as const),
  ...(['rejected', 'timeout', 'giveup', 'noresource'] as const),
];

const keyOf = (watcher: Watcher): string => watcher.id;
const hasEnded = (watcher: Watcher): boolean => watcher.status === 'terminated';

/**
 * Who watches a resource: RFC 3857, written as RFC 3858 says. The template package of `watched`; its own watchers can
 * be watched by `watcherInfoPackage('presence.winfo')`. Times of a document that was read count from when it was
 * written: `sinceMs` is then minus the seconds subscribed, `expiresAtMs` the seconds left, both in milliseconds.
 */
export function watcherInfoPackage(watched: string): EventPackage<WatcherList> {
  return {
    name: `${watched}.winfo`,
    contentType: 'application/watcherinfo+xml',
    defaultExpiresS: 3600,
    minIntervalMs: 5000,
    watches: watched,

    serialize(state, context) {
      const attributes = { version: context.version, state: context.full ? 'full' : 'partial' };
      const watchers = state.watchers.map((watcher) => watcherElement(watcher, context));
      const list = element('watcher-list', { resource: state.resource, package: state.package }, watchers);
      return serializeXml(element('watcherinfo', attributes, [list]));
    },

    parse: (body) => read(body, watched),

    changes(from, to): Change<WatcherList> {
      const { changed, gone } = changedEntries(from.watchers, to.watchers, keyOf);
      const lost = gone.filter((watcher) => !hasEnded(watcher));
      if (changed.length === 0 && lost.length === 0) return 'none';
      const told = lost.map((watcher): Watcher => ({ ...watcher, status: 'terminated', event: 'timeout' }));
      return { partial: { ...to, watchers: [...changed, ...told] } };
    },

    merge: (known, partial) => ({
      ...known,
      watchers: mergedEntries(known.watchers, partial.watchers, keyOf, hasEnded),
    }),

    coalesce: (waiting, next) => ({
      ...next,
      watchers: coalescedEntries(waiting.watchers, next.watchers, keyOf, hasEnded),
    }),

    blank: (resource) => ({ resource, package: watched, watchers: [] }),
  };
}

function watcherElement(watcher: Watcher, { nowMs }: DocumentContext): XmlElement {
  const { id, status, event, displayName, sinceMs, expiresAtMs, uri } = watcher;
  const left = expiresAtMs === null ? undefined : Math.max(0, Math.ceil((expiresAtMs - nowMs) / 1000));
  const attributes = {
    id,
    status,
    event,
    'display-name': displayName,
    expiration: left,
    'duration-subscribed': Math.max(0, Math.floor((nowMs - sinceMs) / 1000)),
  };
  return element('watcher', attributes, uri);
}

function read(body: Buffer, watched: string): Parsed<EventDocument<WatcherList>, 'bad-body'> {
  const document = parseXml(body);
  if (!document.ok) return document;
  const root = document.value;
  const version = integerOf(root.attributes.version);
  const kind = wordOf(root.attributes.state, ['full', 'partial']);
  if (root.name !== 'watcherinfo' || root.namespace !== NAMESPACE || version === undefined || kind === undefined) {
    return fault('bad-body');
  }
  const list = childrenOf(root, 'watcher-list').find(({ attributes }) => attributes.package === watched);
  const watchers = (list === undefined ? [] : childrenOf(list, 'watcher')).map(readWatcher);
  if (watchers.includes(null)) return fault('bad-body');
  const state: WatcherList = {
    resource: list?.attributes.resource ?? '',
    package: watched,
    watchers: watchers.filter((watcher) => watcher !== null),
  };
  return parsed({ state, full: kind === 'full', version });
}

function readWatcher({ attributes, text }: XmlElement): Watcher | null {
  const { id } = attributes;
  const status = wordOf(attributes.status, statuses);
  const event = wordOf(attributes.event, events);
  if (id === undefined || status === undefined || event === undefined || text === '') return null;
  const expiration = integerOf(attributes.expiration);
  return {
    id,
    uri: text,
    displayName: attributes['display-name'],
    status,
    event,
    sinceMs: -1000 * (integerOf(attributes['duration-subscribed']) ?? 0),
    expiresAtMs: expiration === undefined ? null : expiration * 1000,
  };
}
