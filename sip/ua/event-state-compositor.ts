import type { Timer } from '../../base/clock.js';
import { randomHex } from '../../base/random.js';
import type { NameAddr } from '../header-values.js';
import { type EventValue, parseEvent } from '../headers/event.js';
import { contentType as readContentType } from '../headers.js';
import type { SipRequest } from '../message.js';
import type { AnyEventPackage } from '../packages/package.js';
import { detach, isAllOf, TOKEN } from '../parse/scanner.js';
import type { ServerTransaction } from '../transaction/layer.js';
import type { Flow } from '../transport/transport.js';
import { serializeUri } from '../uri.js';
import type { Closable, UaContext } from './context.js';
import { Decision } from './decision.js';
import { guarded } from './guard.js';
import { MemoryPublicationStore, type PublicationStore, type StoredPublication } from './publication-store.js';
import type { Refusal } from './request-checks.js';
import { type Checked, grantedExpiry, refused, resourceOf, typesOf } from './subscribe-checks.js';
import type { ResponseOptions } from './types.js';
import type { MethodHandler, Usage } from './usage.js';

/** A PUBLISH that somebody has to decide on. */
export interface PublishRequest {
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly package: string;
  readonly event: EventValue;
  /** The Request-URI as an address-of-record. */
  readonly resource: string;
  /** Its From. Not authenticated. */
  readonly publisher: NameAddr;
}

export type PublishDecision =
  | { readonly status: 'accepted'; readonly resource?: string | undefined }
  | ({ readonly status: 'rejected'; readonly statusCode: number } & ResponseOptions);

export interface CompositorLimits {
  /** Pieces of event state at once, of one resource in one package, and of one source address. */
  readonly total: number;
  readonly perResource: number;
  readonly perSource: number;
  /** PUBLISHes that wait for their decision. */
  readonly undecided: number;
  readonly bodyBytes: number;
  readonly decisionMs: number;
}

export const defaultCompositorLimits: CompositorLimits = {
  total: 50_000,
  perResource: 50,
  perSource: 2_000,
  undecided: 1_000,
  bodyBytes: 16_384,
  decisionMs: 10_000,
};

export interface CompositorOptions {
  readonly packages: readonly AnyEventPackage[];
  /** Who may publish for whom. What it throws is a 500; no answer within `decisionMs` a 503. */
  onPublish(request: PublishRequest): PublishDecision | Promise<PublishDecision>;
  /**
   * What is published for a resource has changed, by a PUBLISH or because it expired: compose it and hand it to
   * `Subscriptions.notify` (RFC 3903 §6). Oldest first; empty when nothing is left.
   */
  onChanged(packageName: string, resource: string, publications: readonly StoredPublication[]): void;
  readonly store?: PublicationStore | undefined;
  /** Seconds: 60, 3600 and 3600 unless told. */
  readonly minExpiresS?: number | undefined;
  readonly defaultExpiresS?: number | undefined;
  readonly maxExpiresS?: number | undefined;
  readonly limits?: Partial<CompositorLimits> | undefined;
}

/** What a PUBLISH asks for, by its parts: RFC 3903 §4.1. */
interface Asked {
  readonly package: AnyEventPackage;
  readonly event: EventValue;
  readonly ifMatch: string | undefined;
  readonly expiresS: number;
  /** Null refreshes or removes what is there. */
  readonly document: { readonly state: unknown; readonly contentType: string } | null;
}

const BUSY_S = 30;

/**
 * The event state compositor: RFC 3903 §6 for any number of packages. `ua.use` adds it. Every 200 carries a new
 * entity-tag. Limits are those of CompositorLimits: a PUBLISH beyond one gets 503, a body beyond one 413, both counted
 * `refused`.
 */
export class EventStateCompositor implements Usage, Closable {
  readonly methods: Readonly<Record<string, MethodHandler>> = { PUBLISH: (transaction) => this.#receive(transaction) };
  /** RFC 3903 §7: what may be published is told beside what may be watched. */
  readonly events: readonly string[];
  readonly mediaTypes: Readonly<Record<string, readonly string[]>>;
  readonly counters = { published: 0, refreshed: 0, modified: 0, removed: 0, expired: 0, denied: 0, refused: 0 };
  readonly #context: UaContext;
  readonly #options: CompositorOptions;
  readonly #limits: CompositorLimits;
  readonly #store: PublicationStore;
  readonly #packages: ReadonlyMap<string, AnyEventPackage>;
  readonly #timers = new Map<string, Timer>();
  #undecided = 0;
  #isClosed = false;

  constructor(context: UaContext, options: CompositorOptions) {
    this.#context = context;
    this.#options = options;
    this.#limits = { ...defaultCompositorLimits, ...options.limits };
    this.#store = options.store ?? new MemoryPublicationStore();
    this.#packages = new Map(options.packages.map((one) => [one.name, one]));
    this.events = [...this.#packages.keys()];
    this.mediaTypes = { PUBLISH: [...new Set(options.packages.flatMap(typesOf))] };
  }

  /** Pieces of event state that are published now. */
  get size(): number {
    return this.#store.size;
  }

  /** What is published for a resource now. */
  of(eventPackage: { readonly name: string }, resource: string): readonly StoredPublication[] {
    return this.#store.of(eventPackage.name, resource);
  }

  /**
   * The user agent closes: nothing that was published is there any more, since nobody would notice that it expires, and
   * no change is told. A PUBLISH that still comes, or is decided on now, gets 503.
   */
  close(): void {
    this.#isClosed = true;
    for (const [etag, timer] of this.#timers) {
      timer.cancel();
      this.#store.delete(etag);
    }
    this.#timers.clear();
    this.#context.usages.delete(this);
  }

  #receive(transaction: ServerTransaction): void {
    const checked = this.#check(transaction.request);
    if (!checked.ok) {
      this.#refuse(transaction, checked.refusal);
      return;
    }
    if (this.#isClosed || this.#undecided >= this.#limits.undecided) {
      this.#busy(transaction);
      return;
    }
    const { request, flow } = transaction;
    const { event } = checked.value;
    const resource = resourceOf(request.uri);
    const subject = { request, flow, package: event.name, event, resource, publisher: request.from };
    this.#undecided += 1;
    new Decision(this.#context, this.#limits.decisionMs, () => this.#options.onPublish(subject), {
      onDecided: (decision) => this.#decided(transaction, checked.value, decision),
      onFailed: () => this.#refuse(transaction, { statusCode: 500 }),
      onLate: () => this.#busy(transaction),
      onDone: () => {
        this.#undecided -= 1;
      },
    }).start();
  }

  #check(request: SipRequest): Checked<Asked> {
    const event = parseEvent(request);
    if (!event.ok) return refused({ statusCode: 400, reasonPhrase: 'Bad Event' });
    const known = this.#packages.get(event.value?.name ?? '');
    if (event.value === undefined || known === undefined) {
      const names = [...this.#packages.keys()].join(', ');
      return refused({ statusCode: 489, headers: [['Allow-Events', names]] });
    }
    const tags = request.headers.all('SIP-If-Match');
    // RFC 3903 §6 step 3: one entity-tag at most, and a body where there is none.
    if (tags.length > 1 || (tags[0] !== undefined && !isAllOf(tags[0], TOKEN))) {
      return refused({ statusCode: 400, reasonPhrase: 'Bad SIP-If-Match' });
    }
    const ifMatch = tags[0] === undefined ? undefined : detach(tags[0]);
    if (ifMatch === undefined && request.body.length === 0)
      return refused({ statusCode: 400, reasonPhrase: 'No Body' });
    const { minExpiresS = 60, defaultExpiresS = 3600, maxExpiresS = 3600 } = this.#options;
    const expiry = grantedExpiry(request, { minExpiresS, defaultExpiresS, maxExpiresS });
    if (!expiry.ok) return expiry;
    const document = this.#document(request, known);
    if (!document.ok) return document;
    const asked = { package: known, event: event.value, ifMatch, expiresS: expiry.value, document: document.value };
    return { ok: true, value: asked };
  }

  #document(request: SipRequest, known: AnyEventPackage): Checked<Asked['document']> {
    const { body } = request;
    if (body.length === 0) return { ok: true, value: null };
    if (body.length > this.#limits.bodyBytes) {
      this.counters.refused += 1;
      return refused({ statusCode: 413 });
    }
    const read = readContentType(request);
    const type = read.ok ? read.value?.type : undefined;
    const types = typesOf(known);
    if (type === undefined || !types.includes(type)) {
      return refused({ statusCode: 415, headers: [['Accept', types.join(', ')]] });
    }
    const document = known.parse(body, type);
    if (!document.ok) return refused({ statusCode: 400, reasonPhrase: 'Bad Body' });
    return { ok: true, value: { state: document.value.state, contentType: detach(type) } };
  }

  #decided(transaction: ServerTransaction, asked: Asked, decision: PublishDecision): void {
    if (this.#isClosed) {
      this.#busy(transaction);
      return;
    }
    if (decision.status === 'rejected') {
      this.counters.denied += 1;
      this.#refuse(transaction, decision);
      return;
    }
    const { request, flow } = transaction;
    const resource = decision.resource ?? resourceOf(request.uri);
    const known = asked.ifMatch === undefined ? undefined : this.#store.get(asked.ifMatch);
    if (asked.ifMatch !== undefined && (known?.resource !== resource || known.package !== asked.package.name)) {
      this.#refuse(transaction, { statusCode: 412 });
      return;
    }
    const source = flow.remote.address;
    if (known === undefined && this.#isFull(asked.package.name, resource, source)) {
      this.#busy(transaction);
      return;
    }
    const etag = randomHex(this.#context.random, 8);
    this.#grant(transaction, etag, asked.expiresS);
    this.#count(asked, known);
    const given = asked.document ?? known;
    if (known !== undefined) this.#forget(known.etag);
    if (asked.expiresS > 0 && given !== undefined) {
      const body = asked.document === null ? (known?.body ?? request.body) : request.body;
      const expiresAtMs = this.#context.clock.nowMs() + asked.expiresS * 1000;
      const { state, contentType } = given;
      const publisher = serializeUri(request.from.uri);
      const name = asked.package.name;
      this.#keep({ etag, package: name, resource, state, body, contentType, expiresAtMs, publisher, source }, asked);
    }
    if (asked.document !== null || asked.expiresS === 0) this.#changed(asked.package.name, resource);
  }

  #isFull(packageName: string, resource: string, source: string): boolean {
    const { total, perResource, perSource } = this.#limits;
    if (this.#store.size >= total || this.#store.fromSource(source) >= perSource) return true;
    return this.#store.of(packageName, resource).length >= perResource;
  }

  #count({ document, expiresS }: Asked, known: StoredPublication | undefined): void {
    if (expiresS === 0) this.counters.removed += 1;
    else if (known === undefined) this.counters.published += 1;
    else if (document === null) this.counters.refreshed += 1;
    else this.counters.modified += 1;
  }

  #keep(publication: StoredPublication, { expiresS }: Asked): void {
    this.#store.set(publication);
    this.#context.usages.add(this);
    const { etag, resource } = publication;
    const expire = (): void => {
      this.counters.expired += 1;
      this.#forget(etag);
      this.#changed(publication.package, resource);
    };
    this.#timers.set(etag, this.#context.clock.setTimer(expiresS * 1000, expire));
  }

  #forget(etag: string): void {
    this.#store.delete(etag);
    this.#timers.get(etag)?.cancel();
    this.#timers.delete(etag);
    if (this.#timers.size === 0) this.#context.usages.delete(this);
  }

  #changed(packageName: string, resource: string): void {
    const left = this.#store.of(packageName, resource);
    guarded(this.#context.log, () => this.#options.onChanged(packageName, resource, left), undefined);
  }

  #grant(transaction: ServerTransaction, etag: string, expiresS: number): void {
    const headers = [['SIP-ETag', etag] as const, ['Expires', String(expiresS)] as const];
    transaction.respond(this.#context.createResponse(transaction, 200, { headers }));
  }

  #busy(transaction: ServerTransaction): void {
    this.counters.refused += 1;
    this.#refuse(transaction, { statusCode: 503, headers: [['Retry-After', String(BUSY_S)]] });
  }

  #refuse(transaction: ServerTransaction, { statusCode, ...options }: Refusal & ResponseOptions): void {
    transaction.respond(this.#context.createResponse(transaction, statusCode, options));
  }
}
