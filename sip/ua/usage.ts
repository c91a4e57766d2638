import type { HeaderList } from '../build.js';
import { serializeMediaType } from '../headers/media-type.js';
import { Params } from '../params.js';
import type { ServerTransaction } from '../transaction/layer.js';
import { checkTokens, checkWritten } from './checked-options.js';
import type { Capabilities } from './request-checks.js';
import type { SessionExtension } from './session-extension.js';

/** Serves one request: answers it, now or later. */
export type MethodHandler = (transaction: ServerTransaction) => void;

/**
 * A part that is added to a user agent, and what it adds to the truth of Allow, Supported, Accept and Allow-Events
 * (RFC 3261 §11.2, RFC 6665 §8.2.2): those are joined from the usages that are there, never written down.
 */
export interface Usage {
  /** Requests outside dialogs, and those in dialogs nobody else takes. Null: served by the sessions themselves. */
  readonly methods?: Readonly<Record<string, MethodHandler | null>>;
  /** Option tags (RFC 3261 §19.2), lower case. */
  readonly extensions?: readonly string[];
  /** Body types by method, lower case. */
  readonly mediaTypes?: Readonly<Record<string, readonly string[]>>;
  /** Event packages it is the notifier or the compositor of. */
  readonly events?: readonly string[];
  /** Has its say in INVITE sessions; those that are under way are not touched. */
  readonly session?: SessionExtension;
  /** Other header fields that go wherever Allow goes, Recv-Info (RFC 6086 §4.3) for instance. */
  readonly told?: HeaderList;
}

/** Where a session description may be. */
const sessionTypes = ['application/sdp', 'multipart/mixed', 'multipart/alternative'];

/** What a user agent does before any usage is added to it. */
export const builtIn: Usage = {
  methods: { INVITE: null, ACK: null, CANCEL: null, BYE: null, OPTIONS: null, UPDATE: null, PRACK: null },
  extensions: ['100rel'],
  mediaTypes: { INVITE: sessionTypes, UPDATE: sessionTypes, PRACK: sessionTypes },
};

/** Throws an UnwritableError for what Allow, Supported, Accept, Allow-Events or `told` could not be written with. */
export function checkedUsage(usage: Usage): Usage {
  const { methods = {}, extensions, mediaTypes = {}, events, told } = usage;
  checkTokens('method', Object.keys(methods));
  checkTokens('option tag', extensions);
  checkTokens('event package', events);
  for (const type of Object.values(mediaTypes).flat()) serializeMediaType({ type, params: new Params() });
  checkWritten({ headers: told });
  return usage;
}

/** Every value of the lists once, in order. */
export function union(lists: readonly (readonly string[] | undefined)[]): string[] {
  return [...new Set(lists.flatMap((list) => list ?? []))];
}

/** The usages' contributions joined, in the order in which they were added. */
export function capabilitiesOf(usages: readonly Usage[]): Capabilities {
  const named = union(usages.map(({ mediaTypes }) => Object.keys(mediaTypes ?? {})));
  return {
    methods: union(usages.map(({ methods }) => Object.keys(methods ?? {}))),
    extensions: union(usages.map(({ extensions }) => extensions)),
    mediaTypes: Object.fromEntries(
      named.map((method) => [method, union(usages.map(({ mediaTypes }) => mediaTypes?.[method]))]),
    ),
    events: union(usages.map(({ events }) => events)),
  };
}

/** Allow, Supported and Allow-Events as header fields (empty lists are not written), and what usages tell besides. */
export function toldBy(usages: readonly Usage[], known: Capabilities, without: readonly string[]): HeaderList {
  const lists = [
    ['Allow', known.methods.join(', ')],
    ['Supported', known.extensions.filter((tag) => !without.includes(tag)).join(', ')],
    ['Allow-Events', known.events.join(', ')],
  ] as const;
  return [...lists.filter(([, value]) => value !== ''), ...usages.flatMap((usage) => usage.told ?? [])];
}
