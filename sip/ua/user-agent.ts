import { AppError, messageOf } from '../../base/errors.js';
import { randomHex } from '../../base/random.js';
import { Roster } from '../../base/roster.js';
import type { HeaderList } from '../build.js';
import { DialogStore } from '../dialog/store.js';
import type { SipRequest, SipResponse } from '../message.js';
import { type ServerTransaction, TransactionLayer, type TransactionUser } from '../transaction/layer.js';
import { defaultTimerBase } from '../transaction/timers.js';
import { defaultKeepAliveMs, FlowKeeper } from '../transport/keep-alive.js';
import type { Flow, Target } from '../transport/transport.js';
import type { Uri } from '../uri.js';
import type { Closable, DialogOwner, UaContext, UaResponseOptions } from './context.js';
import { countRefusal, createUserAgentCounters, type UserAgentCounters } from './counters.js';
import { type RequestFilter, receiveForeign, standingInDialog } from './dialog-admission.js';
import { RequestSender } from './failover-sender.js';
import { FlowListeners } from './flow-listeners.js';
import { UasSession } from './incoming-session.js';
import { InviteAttempt } from './invite-attempt.js';
import { type OptionsAnswer, OptionsExchange, type OptionsRequest, type PeerCapabilities } from './options.js';
import { OutOfDialogSender } from './out-of-dialog.js';
import { ownContact } from './own-contact.js';
import { OwnResponses } from './own-response.js';
import { PendingInvites } from './pending-invites.js';
import { type Capabilities, checkContent, checkOutOfDialog, isInDialog, type Refusal } from './request-checks.js';
import { RingingCalls } from './ringing-calls.js';
import { refusalBy, type SessionExtension } from './session-extension.js';
import type {
  IncomingSession,
  InviteOptions,
  OutgoingAttempt,
  OutOfDialogRequest,
  ResponseOptions,
  SessionHandlers,
} from './types.js';
import { builtIn, capabilitiesOf, checkedUsage, type MethodHandler, toldBy, type Usage } from './usage.js';
import type { UserAgentOptions } from './user-agent-options.js';

/** An attempt without a contact to call. */
export class NoBranchError extends AppError {
  readonly code = 'NO_BRANCH';
}

/**
 * The transaction user: requests in dialogs go to their sessions, new ones through the checks of RFC 3261 §8.2 to the
 * application. Over `maxSessions` an INVITE gets 503, counted `refused`.
 */
export class UserAgent implements TransactionUser {
  readonly transactions: TransactionLayer;
  readonly counters: UserAgentCounters = createUserAgentCounters();
  readonly #options: UserAgentOptions;
  readonly #sender: RequestSender;
  readonly #context: UaContext;
  readonly #requests: OutOfDialogSender;
  readonly #usages: Usage[] = [builtIn];
  readonly #methods = new Map<string, MethodHandler>();
  readonly #extensions: SessionExtension[] = [];
  #known: Capabilities | null = null;
  readonly #exchange: OptionsExchange;
  readonly #responses: OwnResponses;
  #interceptor: ((invite: ServerTransaction) => boolean) | null = null;
  #invited: ((session: IncomingSession) => SessionHandlers) | null = null;
  #filter: RequestFilter | null = null;
  #closed: Promise<void> | null = null;

  constructor(options: UserAgentOptions) {
    const { transport, clock, random, log, timers = {} } = options;
    this.#options = options;
    this.#responses = new OwnResponses(options.userAgent, () => this.#told());
    this.transactions = new TransactionLayer({ transport, clock, random, log, timers }, this);
    this.#sender = new RequestSender(options, this.transactions);
    this.#context = this.#createContext();
    this.#requests = new OutOfDialogSender(this.#context);
    this.#exchange = new OptionsExchange(log);
  }

  /** Opens the transports. Rejects with a ListenError. */
  start(): Promise<void> {
    return this.#options.transport.start(this.transactions);
  }

  /** Tells every peer once that its session is over and waits for none of them. May be called twice. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** A method of the application; its requests outside dialogs come here, and those in dialogs nobody else takes. */
  handle(method: string, handler: MethodHandler): void {
    this.use({ methods: { [method]: handler } });
  }

  /** Adds a usage: from now on its methods are served, and Allow, Supported, Accept and Allow-Events name it. */
  use(usage: Usage): void {
    this.#usages.push(checkedUsage(usage));
    this.#known = null;
    if (usage.session !== undefined) this.#extensions.push(usage.session);
    this.#responses.forget();
    for (const [method, handler] of Object.entries(usage.methods ?? {})) {
      if (handler !== null) this.#methods.set(method, handler);
    }
  }

  /** What sessions and usages share: for usages that need more than `request` and `handle`. */
  get context(): UaContext {
    return this.#context;
  }

  /** Who takes INVITEs; answers with the handlers of the new session. Without one every INVITE gets 480. */
  onInvite(handler: (session: IncomingSession) => SessionHandlers): void {
    this.#invited = handler;
  }

  /**
   * Asked of every new INVITE before it becomes a session; true when it has answered, or will: a redirect server (RFC
   * 3261 §8.3) needs no dialog. CANCEL reaches who waits in `context.pendingInvites`.
   */
  interceptInvites(interceptor: (invite: ServerTransaction) => boolean): void {
    this.#interceptor = interceptor;
  }

  /**
   * Asked before any other check of a request, but not of those in a dialog that come from whom the dialog is with and
   * are its own; false when the filter has answered or dropped it.
   */
  admit(filter: RequestFilter): void {
    this.#filter = filter;
  }

  /** Who is told that a stream connection is gone. */
  flowClosed(listener: (flow: Flow) => void): void {
    this.#context.flowListeners.add(listener);
  }

  /** The values of Allow, Supported and Accept. */
  allow(): string {
    return this.#capabilities().methods.join(', ');
  }

  supported(): string {
    return this.#capabilities().extensions.join(', ');
  }

  /** The body types of one method, of INVITE unless told. */
  accept(method = 'INVITE'): string {
    return (this.#capabilities().mediaTypes[method] ?? []).join(', ');
  }

  allowEvents(): string {
    return this.#capabilities().events.join(', ');
  }

  /** Answers a request of `handle` or `admit`, with a To tag, Server, and Allow where due. */
  respond(transaction: ServerTransaction, statusCode: number, options?: ResponseOptions): void {
    transaction.respond(this.#createResponse(transaction, statusCode, options));
  }

  /**
   * The servers of a URI in the order in which a request would try them: RFC 3263 §4, those that failed lately last.
   * Rejects with a ResolveError; empty when the domain names none for us.
   */
  locate(uri: Uri, signal?: AbortSignal): Promise<readonly Target[]> {
    return this.#sender.locate(uri, signal);
  }

  /**
   * RFC 3261 §8.2.7: the same without a transaction, which is forgotten: each copy of the request is answered anew, and
   * nothing outlives the datagram. For challenges (§26.3.2.4), which strangers must not fill our memory with.
   */
  respondStateless(transaction: ServerTransaction, statusCode: number, options: ResponseOptions = {}): void {
    transaction.respondStateless(this.#responses.create(transaction, statusCode, options, true));
  }

  /** See OutOfDialogSender. */
  request(options: OutOfDialogRequest): Promise<SipResponse> {
    return this.#requests.send(options);
  }

  /** Asks a peer what it understands: RFC 3261 §11.1. Never rejects; see OutOfDialogSender. */
  options(request: OptionsRequest): Promise<PeerCapabilities> {
    return this.#exchange.ask(request, this.accept(), (options) => this.request(options));
  }

  /** Who says how an OPTIONS is answered; without it 200 with the header fields alone. */
  describe(answer: (request: SipRequest) => OptionsAnswer): void {
    this.#exchange.describe = answer;
  }

  /** Throws a NoBranchError when `branches` is empty. No handler is called before this returns. */
  invite(options: InviteOptions, handlers: SessionHandlers): OutgoingAttempt {
    if (options.branches.length === 0) throw new NoBranchError('an attempt needs at least one branch');
    return new InviteAttempt(this.#context, options, handlers, this.#createId());
  }

  /**
   * Our Contact towards a peer, as a header value. `secure`: a SIPS URI, as an answer to one has to be (RFC 3261
   * §8.1.1.8, §12.1.1), which names no transport (RFC 5630 §3.1.1).
   */
  contact(user: string | undefined, peer: Flow | Target, secure = false): string {
    const { transport, contact } = this.#options;
    return contact?.(user, peer, secure) ?? ownContact(transport, user, peer, secure);
  }

  /** Servers given up for the next one, late 2xx of those, and the list of servers that failed. */
  get failoverCounters() {
    return { ...this.#sender.counters, ...this.#sender.penalties.counters };
  }

  /** What is alive; all zero once every session has ended and its transactions have run out. */
  counts(): { readonly dialogs: number; readonly sessions: number; readonly transactions: number } {
    const { client, server } = this.transactions.counts();
    const { dialogs, sessions, usages } = this.#context;
    return {
      dialogs: dialogs.size,
      sessions: sessions.size + usages.size + this.#requests.size,
      transactions: client + server + this.#sender.size,
    };
  }

  onRequest(transaction: ServerTransaction): void {
    if (isInDialog(transaction.request)) {
      const owner = this.#context.dialogs.findForRequest(transaction.request);
      const standing = standingInDialog(owner, transaction.flow);
      if (standing !== null && this.#filter?.(transaction, standing) === false) return;
      if (owner === undefined) this.#refuseUnknownDialog(transaction);
      else if (standing === null) owner.receive(transaction);
      else receiveForeign(this.#context, owner, transaction);
      return;
    }
    if (this.transactions.isReturned(transaction.request)) this.counters.returned += 1;
    if (this.#filter?.(transaction, 'new') === false) return;
    const refusal = checkOutOfDialog(transaction.request, this.#capabilities(), transaction.isMerged);
    if (refusal === null) this.#serve(transaction);
    else this.#refuse(transaction, refusal);
  }

  onCancel(invite: ServerTransaction, cancel: SipRequest): void {
    this.#context.pendingInvites.get(invite)?.cancelled(cancel);
  }

  onAck(ack: SipRequest, flow: Flow): void {
    const owner = this.#context.dialogs.findForRequest(ack);
    if (owner === undefined) this.counters.strayAcks += 1;
    else owner.acknowledged(ack, flow);
  }

  onTransportFailure(transaction: ServerTransaction, error: Error): void {
    this.#context.pendingInvites.get(transaction)?.transportFailed(error);
  }

  onFlowClosed(flow: Flow): void {
    this.#context.ringing.flowClosed(flow, (closed, top) => this.#options.transport.reopen(closed, top));
    this.#context.flowListeners.closed(flow);
  }

  #serve(transaction: ServerTransaction): void {
    const { method } = transaction.request;
    const handler = this.#methods.get(method);
    if (method === 'INVITE') this.#serveInvite(transaction);
    else if (handler !== undefined) handler(transaction);
    else if (method === 'OPTIONS') {
      const answer = this.#optionsAnswer(transaction);
      this.respondStateless(transaction, answer.statusCode, answer);
    }
    // A BYE, and an ACK or CANCEL that is none, belong to a dialog.
    else this.respond(transaction, 481);
  }

  #serveInvite(transaction: ServerTransaction): void {
    if (this.#interceptor?.(transaction) === true) return;
    const { sessions } = this.#context;
    if (sessions.size >= (this.#options.maxSessions ?? 20_000)) {
      this.counters.refused += 1;
      this.respond(transaction, 503, { headers: [['Retry-After', '5']] });
      return;
    }
    if (this.#invited === null) {
      this.respond(transaction, 480);
      return;
    }
    const refusal = refusalBy(this.#context.sessionExtensions(), transaction.request);
    if (refusal !== null) {
      this.#refuse(transaction, refusal);
      return;
    }
    const session = new UasSession(this.#context, transaction, this.#createId());
    try {
      session.attach(this.#invited(session));
    } catch (error) {
      this.#options.log.error('sip.session-handler-fault', { sipCallId: session.callId, message: messageOf(error) });
      session.fail();
    }
  }

  /** RFC 3261 §11.2. */
  #optionsAnswer({ request }: ServerTransaction): ResponseOptions & { readonly statusCode: number } {
    return this.#exchange.answer(request, this.#capabilities().mediaTypes);
  }

  /** RFC 3261 §12.2.2, without a transaction: a forged source is told once and not again and again until its ACK. */
  #refuseUnknownDialog(transaction: ServerTransaction): void {
    this.counters.unknownDialogs += 1;
    this.respondStateless(transaction, 481);
  }

  #refuse(transaction: ServerTransaction, { statusCode, reasonPhrase, headers }: Refusal): void {
    countRefusal(this.counters, statusCode);
    this.respond(transaction, statusCode, { reasonPhrase, headers });
  }

  async #close(): Promise<void> {
    const { usages, sessions, standing } = this.#context;
    for (const closable of [...usages, ...sessions, ...standing]) closable.close();
    this.#requests.close();
    this.#sender.close();
    this.transactions.close();
    await this.#options.transport.close();
  }

  #createId(): string {
    return randomHex(this.#options.random, 8);
  }

  #capabilities(): Capabilities {
    this.#known ??= capabilitiesOf(this.#usages);
    return this.#known;
  }

  /** Allow, Supported and Allow-Events as header fields (empty lists are not written), and what usages tell besides. */
  #told(without: readonly string[] = []): HeaderList {
    return toldBy(this.#usages, this.#capabilities(), without);
  }

  #createResponse(transaction: ServerTransaction, statusCode: number, options: UaResponseOptions = {}): SipResponse {
    return this.#responses.create(transaction, statusCode, options, false);
  }

  #createContext(): UaContext {
    const { random, log, transport, timers = {}, nat, isPrivate, trace } = this.#options;
    const { clock } = this.transactions;
    const agent: HeaderList = [['User-Agent', this.#options.userAgent]];
    return {
      clock,
      random,
      log,
      timers: { ...defaultTimerBase, ...timers },
      trace,
      counters: this.counters,
      transactions: this.transactions,
      send: (request, hop, handlers, options) => this.#sender.send(request, hop, handlers, options),
      sendOut: (request, way, handlers, options) => this.#sender.sendOut(request, way, handlers, options),
      sendAck: (ack, hop) => this.#sender.sendAck(ack, hop),
      canReach: (uri) => this.#sender.canReach(uri),
      sessionExtensions: () => this.#extensions,
      dialogs: new DialogStore<DialogOwner>(),
      hops: { nat, isPrivate },
      sessions: new Roster<Closable>(),
      ...{ usages: new Set<Closable>(), standing: new Set<Closable>() },
      flowListeners: new FlowListeners(),
      keepAlive: (flow, intervalMs, { failed, answered }) =>
        new FlowKeeper(
          { clock, random, transport },
          flow,
          { intervalMs: intervalMs ?? defaultKeepAliveMs(flow.kind), onAnswered: answered },
          failed,
        ),
      pendingInvites: new PendingInvites(),
      ringing: new RingingCalls(),
      contact: (user, peer, secure) => this.contact(user, peer, secure),
      capabilities: (without) => [...this.#told(without), ...agent],
      userAgent: () => agent,
      respondStateless: (transaction, statusCode, options) => this.respondStateless(transaction, statusCode, options),
      createResponse: (transaction, statusCode, options) => this.#createResponse(transaction, statusCode, options),
      admitContent: (transaction) => {
        const refusal = checkContent(transaction.request, this.#capabilities());
        if (refusal !== null) this.#refuse(transaction, refusal);
        return refusal === null;
      },
      receiveInDialog: (transaction) => {
        const { method } = transaction.request;
        const handler = this.#methods.get(method);
        if (handler !== undefined) {
          if (this.#filter?.(transaction, 'beside') !== false) handler(transaction);
        } else if (method === 'OPTIONS') {
          const answer = this.#optionsAnswer(transaction);
          this.respond(transaction, answer.statusCode, answer);
        } else this.respond(transaction, 405);
      },
    };
  }
}
