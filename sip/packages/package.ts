import type { Parsed } from '../../base/errors.js';
import type { Params } from '../params.js';

/**
 * An event package (RFC 6665 §5) as the event framework needs it: how its state is written, read, told apart and
 * joined. Plain functions over immutable states: nothing here knows of dialogs, timers or the network. A state that
 * has been handed to the framework is never changed; a new one replaces it.
 */
export interface EventPackage<State> {
  /** The value of Event without parameters, template included: `presence`, `presence.winfo`. Lower case. */
  readonly name: string;
  /** RFC 6665 §5.4.5: the body type of a subscription whose SUBSCRIBE has no Accept. Lower case. */
  readonly contentType: string;
  /** Further types that `serialize` can write and `parse` can read. */
  readonly otherTypes?: readonly string[] | undefined;
  /** RFC 6665 §5.4.4: seconds of a subscription that asks for none. */
  readonly defaultExpiresS: number;
  /** RFC 6665 §5.4.10: the least time between two NOTIFYs of one subscription; 0 sends as fast as they are answered. */
  readonly minIntervalMs: number;
  /**
   * Set by a template package such as winfo (RFC 6665 §5.2, RFC 3857 §4): the package whose subscriptions are its
   * state. The notifier then pushes a WatcherList by itself whenever one of them changes.
   */
  readonly watches?: string | undefined;

  /**
   * One document. With `context.full` false, `state` is what `changes` gave. Not called where a NOTIFY has no body.
   * Throws nothing.
   */
  serialize(state: State, context: DocumentContext): Buffer;

  /** A document from the peer; `contentType` is one of ours, lower case, without parameters. Never throws. */
  parse(body: Buffer, contentType: string): Parsed<EventDocument<State>, 'bad-body'>;

  /**
   * RFC 6665 §5.3.2, state deltas: what a subscriber that knows `from` has to be told to know `to`. Without this
   * function every NOTIFY carries the whole state. Entries that `to` has no more are told as ended.
   */
  changes?(from: State, to: State): Change<State>;

  /** The other side of `changes`: a partial document applied to what is known. Without it partial replaces known. */
  merge?(known: State, partial: State): State;

  /**
   * A newer state replaces one that has waited for the throttle or for the answer to a NOTIFY. Without this function
   * the newer one counts. A package that tells an entry's end once (`terminated`) keeps such entries here.
   */
  coalesce?(waiting: State, next: State): State;

  /**
   * RFC 6665 §4.2.1.2 with RFC 3856 §6.6.2: what a subscriber sees that is pending, or is not to know that it was
   * refused (polite blocking). Without it those NOTIFYs have no body.
   */
  blank?(resource: string): State;

  /** The part of the state that the parameters of Event ask for (RFC 4235 §3.2 `call-id`, `to-tag`, `from-tag`). */
  select?(state: State, eventParams: Params): State;
}

/** A partial state, the order to send the whole one instead, or nothing to tell. */
export type Change<State> = { readonly partial: State } | 'whole' | 'none';

/** What a document is written for. */
export interface DocumentContext {
  /** Of the notifier's resource: the `entity` of most documents, for instance `sip:alice@example.com`. */
  readonly resource: string;
  /** How many documents this subscription has got before: 0, 1, 2, … (the `version` of RFC 3680 §5.1, RFC 4235 §4.1). */
  readonly version: number;
  /** False: `state` holds only what has changed since the document before. */
  readonly full: boolean;
  /** Which of the package's types is wanted. */
  readonly contentType: string;
  /** Parameters of the Event header field, `id` included. */
  readonly eventParams: Params;
  /** The clock's monotonic milliseconds, for durations. */
  readonly nowMs: number;
  /** Wall clock, for timestamps. */
  readonly epochMs: number;
}

/** A document as it was read. */
export interface EventDocument<State> {
  readonly state: State;
  readonly full: boolean;
  /** Undefined in packages without versions. After a gap the subscriber asks for the full state again. */
  readonly version?: number | undefined;
}

/** Any package, for lists of them. The methods are bivariant, so every EventPackage<State> is one. */
export type AnyEventPackage = EventPackage<unknown>;

/** RFC 3857 §4.7.1: the states of a watcher, which are those of its subscription. */
export type WatcherStatus = 'pending' | 'active' | 'waiting' | 'terminated';

/** RFC 3857 §4.7.1: what brought the watcher into its state. */
export type WatcherEvent =
  | 'subscribe'
  | 'approved'
  | 'deactivated'
  | 'probation'
  | 'rejected'
  | 'timeout'
  | 'giveup'
  | 'noresource';

/** One subscription as a winfo document tells it (RFC 3858 §3). */
export interface Watcher {
  /** Unique among the watchers of the list, the same for the life of the subscription. */
  readonly id: string;
  /** Who watches: the URI of its From, without parameters. */
  readonly uri: string;
  readonly displayName: string | undefined;
  readonly status: WatcherStatus;
  readonly event: WatcherEvent;
  /** On the clock of DocumentContext.nowMs; null where it does not apply. */
  readonly sinceMs: number;
  readonly expiresAtMs: number | null;
}

/** The state of a winfo package: the watchers of one resource in one package. */
export interface WatcherList {
  readonly resource: string;
  /** The package that is watched: `presence` for `presence.winfo`. */
  readonly package: string;
  /** Those that have just ended are there once, as `terminated`. */
  readonly watchers: readonly Watcher[];
}
