import { messageOf } from '../../base/errors.js';
import { randomHex } from '../../base/random.js';
import type { HeaderList } from '../build.js';
import { nameAddr } from '../header-values.js';
import { detach } from '../parse/scanner.js';
import type { ServerTransaction } from '../transaction/layer.js';
import { type SipUri, sipUri, type Uri } from '../uri.js';
import type { ApplyResult, Binding, BindingChange, BindingFlow, BindingStore } from './binding.js';
import { checkWritten } from './checked-options.js';
import { orderContacts, type RegisteredContact } from './contact-order.js';
import type { UaContext } from './context.js';
import { type Gruus, grOf } from './gruu.js';
import {
  type ContactRequest,
  isOutbound,
  namesUser,
  outboundFault,
  type PlannedChange,
  type PlanOptions,
  pathTexts,
  planRegister,
  type RegisterPolicy,
  type RegisterRequest,
  readRegister,
} from './register-plan.js';
import { registeredHeaders } from './register-response.js';
import type { MethodHandler, Usage } from './usage.js';

/** Why a binding changed, in the words of RFC 3680 §4.7.1. */
export type BindingEvent = 'registered' | 'refreshed' | 'shortened' | 'expired' | 'unregistered' | 'deactivated';

export interface RegistrarOptions {
  readonly store: BindingStore;
  /** What is granted, for all or by address of record; 60 … 3600 s, 3600 unless asked, ten Contacts unless told. */
  readonly policy?: Partial<RegisterPolicy> | ((aor: string) => RegisterPolicy);
  /** RFC 3261 §10.3 steps 1 and 5: whether we are the registrar of that domain; every one unless told. Others get 404. */
  readonly serves?: (domain: string) => boolean;
  /** The key of an address of record in the store, null for an unknown one (404); `user@host` unless told. */
  readonly aorKey?: (aor: SipUri) => string | null;
  /**
   * RFC 3261 §10.3 steps 3 and 4. `answered`: it has been challenged, refused or dropped by the callback. Without it
   * anybody may register anything.
   */
  readonly authenticate?: (
    transaction: ServerTransaction,
    aor: SipUri,
  ) => 'ok' | 'answered' | Promise<'ok' | 'answered'>;
  /**
   * RFC 3327 §5.3: `off` does not know Path (a REGISTER that requires it gets 420), `strict` (unless told) answers 420
   * to a Path that the user agent does not support, `lenient` keeps it all the same.
   */
  readonly path?: 'off' | 'strict' | 'lenient';
  /** RFC 5626: several flows for each instance. `flowTimerS` is told to clients that come straight to us. */
  readonly outbound?: { readonly flowTimerS?: number | undefined } | false;
  /** RFC 5627: GRUUs for Contacts with an instance. */
  readonly gruus?: Gruus | null;
  /** RFC 3608 §6.3: URIs of the proxies that the user's requests have to take, first hop first. */
  readonly serviceRoute?: readonly SipUri[] | ((aor: string) => readonly SipUri[]);
  /** RFC 3261 §20.17 in the 200; true unless told. */
  readonly date?: boolean;
  /** What makes two Contacts the same, or one replace the other, beyond the RFCs. */
  readonly sameness?: (transaction: ServerTransaction) => Omit<PlanOptions<Binding>, 'outbound'>;
  /** Every change of a binding, after it was stored; for RFC 3680 among others. */
  readonly onBinding?: (aor: string, event: BindingEvent, binding: Binding) => void;
  /** Every REGISTER that was refused here, not by `authenticate`. */
  readonly onRefused?: (transaction: ServerTransaction, statusCode: number, reasonPhrase: string) => void;
  /** False for a stream connection that is gone; requests do not go there then. */
  readonly isFlowOpen?: (flow: BindingFlow) => boolean;
  /** REGISTERs that may wait for `authenticate` and the store; 10 000 unless told. More get 503, counted `overloads`. */
  readonly maxPending?: number;
  /** Of the 503s; 5 s unless told. */
  readonly retryAfterS?: number;
}

export type ResolvedGruu =
  | { readonly ok: true; readonly aor: SipUri; readonly contacts: readonly RegisteredContact[] }
  | { readonly ok: false; readonly statusCode: 404 | 480 };

/** A REGISTER that was let in. */
interface Admitted {
  readonly transaction: ServerTransaction;
  readonly aor: SipUri;
  readonly key: string;
}

const defaultPolicy: RegisterPolicy = { minS: 60, defaultS: 3600, maxS: 3600, maxContacts: 10 };

/** What a binding keeps of Contact and User-Agent; longer texts are cut, more parameters left out. */
const MAX_TEXT = 256;
const MAX_PARAMS = 20;
const MAX_PATH = 10;

/**
 * The registrar: RFC 3261 §10.3 over a store, with Path (RFC 3327), Service-Route (RFC 3608), outbound (RFC 5626 §6)
 * and GRUUs (RFC 5627 §5). REGISTERs for one address of record are served one after another, those for different ones
 * side by side. Limits: `maxPending`, the policy's `maxContacts`, the store's own, and what a binding keeps of a Contact.
 */
export class Registrar implements Usage {
  readonly counters = { accepted: 0, refused: 0, overloads: 0 };
  readonly methods: Readonly<Record<string, MethodHandler>>;
  readonly extensions: readonly string[];
  readonly #context: UaContext;
  readonly #options: RegistrarOptions;
  /** The REGISTER of an address of record that the next one waits for. */
  readonly #last = new Map<string, Promise<void>>();
  #pending = 0;

  /** Throws an UnwritableError for a Service-Route that no 200 could carry. */
  constructor(context: UaContext, options: RegistrarOptions) {
    const { serviceRoute } = options;
    if (Array.isArray(serviceRoute)) checkWritten({ route: serviceRoute.map((uri: SipUri) => nameAddr(uri)) });
    this.#context = context;
    this.#options = options;
    this.methods = { REGISTER: (transaction) => void this.handle(transaction) };
    this.extensions = [
      ...(options.path === 'off' ? [] : ['path']),
      ...(options.outbound ? ['outbound'] : []),
      ...(options.gruus ? ['gruu'] : []),
    ];
    options.store.onExpired?.((key, binding) => this.#tell(key, 'expired', binding));
  }

  /** REGISTERs that are being served. */
  get pending(): number {
    return this.#pending;
  }

  /** Answers one REGISTER. Never rejects: one request's fault is its 500. */
  async handle(transaction: ServerTransaction): Promise<void> {
    if (this.#pending >= (this.#options.maxPending ?? 10_000)) {
      this.counters.overloads += 1;
      this.#refuse(transaction, 503, 'Too Many Pending', [this.#retryAfter()]);
      return;
    }
    this.#pending += 1;
    try {
      const admitted = await this.#admit(transaction);
      if (admitted !== null) await this.#inTurn(admitted.key, () => this.#register(admitted));
    } catch (error) {
      this.#context.log.error('register.fault', { message: messageOf(error) });
      this.#refuse(transaction, 500, 'Server Internal Error');
    } finally {
      this.#pending -= 1;
    }
  }

  /** The live bindings of an address of record. */
  async bindings(aor: SipUri): Promise<readonly Binding[]> {
    const key = this.#keyOf(aor);
    return key === null ? [] : this.#live(key);
  }

  /** Where requests for an address of record go: one per user agent, best first; see orderContacts. */
  async contactsOf(aor: SipUri): Promise<RegisteredContact[]> {
    return orderContacts(await this.bindings(aor), this.#options.isFlowOpen);
  }

  /**
   * RFC 5627 §5.4, §6.1: where requests for a GRUU go. 404 for one that means nothing (any more), 480 for a user agent
   * that is not registered.
   */
  async resolve(uri: Uri): Promise<ResolvedGruu> {
    const { gruus } = this.#options;
    const meaning = gruus?.read(uri) ?? null;
    const aor = meaning === null ? null : sipUri({ user: meaning.user, host: meaning.host });
    const key = aor === null ? null : this.#keyOf(aor);
    if (!gruus || meaning === null || aor === null || key === null) return { ok: false, statusCode: 404 };
    const live = await this.#live(key);
    const named = live.filter(({ instance, callId }) => {
      if (instance === null) return false;
      if (meaning.kind === 'public') return grOf(instance) === meaning.instance;
      return gruus.instanceMark(instance, callId) === meaning.mark;
    });
    const isKnown = meaning.kind === 'public' || live.length === 0;
    if (named.length === 0) return { ok: false, statusCode: isKnown ? 480 : 404 };
    return { ok: true, aor, contacts: orderContacts(named, this.#options.isFlowOpen) };
  }

  async #admit(transaction: ServerTransaction): Promise<Admitted | null> {
    const { uri, to } = transaction.request;
    if (uri.scheme !== 'sip' && uri.scheme !== 'sips') return this.#refuse(transaction, 416, 'Unsupported URI Scheme');
    const aor = to.uri;
    if ((aor.scheme !== 'sip' && aor.scheme !== 'sips') || !namesUser(to)) {
      return this.#refuse(transaction, 404, 'To Names No User');
    }
    const { serves } = this.#options;
    if (serves !== undefined && !(serves(uri.host) && serves(aor.host))) {
      return this.#refuse(transaction, 404, 'Domain Not Served');
    }
    const key = this.#keyOf(aor);
    if (key === null) return this.#refuse(transaction, 404, 'Not Found');
    const verdict = await this.#options.authenticate?.(transaction, aor);
    return verdict === 'answered' ? null : { transaction, aor, key };
  }

  async #register({ transaction, aor, key }: Admitted): Promise<void> {
    const { request } = transaction;
    const asked = readRegister(request);
    if (asked === null) return void this.#refuse(transaction, 400, 'Bad Contact');
    const unsupported = this.#pathFault(asked);
    if (unsupported) return void this.#refuse(transaction, 420, 'Bad Extension', [['Unsupported', 'path']]);
    if (asked.contacts.some(({ uri }) => this.#loops(uri, aor))) {
      return void this.#refuse(transaction, 403, 'Contact Is The Address Of Record');
    }
    const lacking = this.#options.outbound ? outboundFault(asked) : null;
    if (lacking !== null) return void this.#refuse(transaction, lacking.statusCode, lacking.reasonPhrase);
    const plan = planRegister(asked, await this.#live(key), this.#policyOf(key), {
      outbound: Boolean(this.#options.outbound),
      ...this.#options.sameness?.(transaction),
    });
    if (!plan.ok) {
      const headers: HeaderList = plan.minExpiresS === undefined ? [] : [['Min-Expires', String(plan.minExpiresS)]];
      return void this.#refuse(transaction, plan.statusCode, plan.reasonPhrase, headers);
    }
    const changes = plan.changes.map((change) => this.#changeOf(change, transaction, asked));
    if ((await this.#apply(key, changes, transaction)) === 'full') {
      return void this.#refuse(transaction, 503, 'Registrar Full', [this.#retryAfter()]);
    }
    this.counters.accepted += 1;
    for (const change of changes) this.#tellOf(key, change);
    const { outbound, gruus, serviceRoute = [], date = true } = this.#options;
    const headers = registeredHeaders(asked, aor, {
      bindings: await this.#live(key),
      epochMs: this.#context.clock.epochMs(),
      serviceRoute: typeof serviceRoute === 'function' ? serviceRoute(key) : serviceRoute,
      outbound: outbound || null,
      gruus: gruus ?? null,
      date,
    });
    this.#respond(transaction, 200, { headers });
  }

  async #apply(key: string, changes: BindingChange[], transaction: ServerTransaction): Promise<ApplyResult> {
    return changes.length === 0 ? 'stored' : this.#options.store.apply(key, changes, transaction);
  }

  /** RFC 3327 §5.3. */
  #pathFault({ path, supported }: RegisterRequest): boolean {
    if (path.length > MAX_PATH) return true;
    const { path: mode = 'strict' } = this.#options;
    return mode === 'strict' && path.length > 0 && !supported.includes('path');
  }

  /** RFC 5627 §5.1: a Contact that leads back to its own address of record would loop. */
  #loops(uri: Uri, aor: SipUri): boolean {
    if (!this.#options.gruus || uri.scheme === 'other' || uri.scheme === 'tel') return false;
    if (uri.host !== aor.host || uri.port !== undefined) return false;
    if (uri.user === aor.user) return true;
    return this.#options.gruus.read(uri)?.user === aor.user;
  }

  #changeOf(change: PlannedChange<Binding>, transaction: ServerTransaction, asked: RegisterRequest): BindingChange {
    if (change.type === 'remove') return { type: 'remove', previous: change.binding };
    const previous = change.type === 'update' ? change.binding : null;
    const binding = this.#bindingOf(change, previous, transaction, asked);
    const { replaces } = change;
    return previous === null ? { type: 'add', binding, replaces } : { type: 'update', binding, previous, replaces };
  }

  /** Kept for long: slices would keep the whole REGISTER with them. */
  #bindingOf(
    { contact, expiresS }: { readonly contact: ContactRequest; readonly expiresS: number },
    previous: Binding | null,
    { request, flow }: ServerTransaction,
    asked: RegisterRequest,
  ): Binding {
    const { clock, random } = this.#context;
    const nowMs = clock.epochMs();
    const bound = Boolean(this.#options.outbound) && isOutbound(contact, asked);
    return {
      id: previous?.id ?? randomHex(random, 8),
      contact: detach(contact.text),
      params: keptParams(contact),
      instance: contact.instance === null ? null : detach(contact.instance),
      regId: bound ? contact.regId : null,
      q: contact.q,
      callId: request.callId,
      sequence: request.cseq.sequence,
      path: this.#options.path === 'off' ? [] : pathTexts(asked.path).map(detach),
      flow: {
        kind: flow.kind,
        local: { ...flow.local },
        remote: { ...flow.remote },
        connectionId: flow.connectionId,
      },
      userAgent: detach(request.headers.get('user-agent')?.slice(0, MAX_TEXT) ?? '') || null,
      registeredAtMs: previous?.registeredAtMs ?? nowMs,
      refreshedAtMs: nowMs,
      expiresAtMs: nowMs + expiresS * 1000,
    };
  }

  #tellOf(key: string, change: BindingChange): void {
    if (change.type === 'remove') {
      this.#tell(key, 'unregistered', change.previous);
      return;
    }
    for (const replaced of change.replaces) this.#tell(key, 'deactivated', replaced);
    const shorter = change.type === 'update' && change.binding.expiresAtMs < change.previous.expiresAtMs;
    const event = change.type === 'add' ? 'registered' : shorter ? 'shortened' : 'refreshed';
    this.#tell(key, event, change.binding);
  }

  #tell(key: string, event: BindingEvent, binding: Binding): void {
    try {
      this.#options.onBinding?.(key, event, binding);
    } catch (error) {
      this.#context.log.error('register.fault', { message: messageOf(error) });
    }
  }

  async #live(key: string): Promise<readonly Binding[]> {
    const nowMs = this.#context.clock.epochMs();
    return (await this.#options.store.load(key)).filter(({ expiresAtMs }) => expiresAtMs > nowMs);
  }

  /** After the one before it for the same address of record, whatever became of that. */
  #inTurn(key: string, serve: () => Promise<void>): Promise<void> {
    const before = this.#last.get(key);
    const turn = before === undefined ? serve() : before.then(serve, serve);
    this.#last.set(key, turn);
    return turn.finally(() => {
      if (this.#last.get(key) === turn) this.#last.delete(key);
    });
  }

  #policyOf(key: string): RegisterPolicy {
    const { policy = {} } = this.#options;
    return typeof policy === 'function' ? policy(key) : { ...defaultPolicy, ...policy };
  }

  #keyOf(aor: SipUri): string | null {
    const { aorKey = aorKeyOf } = this.#options;
    return aorKey(aor);
  }

  #retryAfter(): [string, string] {
    return ['Retry-After', String(this.#options.retryAfterS ?? 5)];
  }

  #refuse(transaction: ServerTransaction, statusCode: number, reasonPhrase: string, headers: HeaderList = []): null {
    this.counters.refused += 1;
    this.#options.onRefused?.(transaction, statusCode, reasonPhrase);
    this.#respond(transaction, statusCode, { reasonPhrase, headers });
    return null;
  }

  #respond(
    transaction: ServerTransaction,
    statusCode: number,
    options: { readonly reasonPhrase?: string; readonly headers?: HeaderList },
  ): void {
    transaction.respond(this.#context.createResponse(transaction, statusCode, options));
  }
}

/** RFC 3261 §10.3 step 5: without port, password, parameters and headers; sip and sips are one address of record. */
export function aorKeyOf(aor: SipUri): string {
  return `${aor.user ?? ''}@${aor.host}`;
}

function keptParams({ params }: ContactRequest): Record<string, string | null> {
  const kept = Object.entries(params).filter(([name, value]) => name.length + (value?.length ?? 0) <= MAX_TEXT * 2);
  return Object.fromEntries(
    kept.slice(0, MAX_PARAMS).map(([name, value]) => [detach(name), value === null ? null : detach(value)]),
  );
}
