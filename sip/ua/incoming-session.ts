import type { Timer } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import type { SipCallId } from '../../base/ids.js';
import { sessionBody } from '../bodies/body-parts.js';
import { checkParts, type HeaderList } from '../build.js';
import { createUasDialog } from '../dialog/dialog.js';
import type { DialogId } from '../dialog/store.js';
import type { NameAddr } from '../header-values.js';
import { expires } from '../headers.js';
import type { SipRequest, SipResponse } from '../message.js';
import { reasonPhrase as phraseOf } from '../status.js';
import type { ServerTransaction } from '../transaction/layer.js';
import type { Flow } from '../transport/transport.js';
import { checkWritten } from './checked-options.js';
import type { Closable, UaContext } from './context.js';
import { DigestClient } from './digest-client.js';
import { InviteUsage } from './invite-session.js';
import { cellOf, inviteUas, type UasAction, type UasEvent, type UasState, type UsageState } from './invite-table.js';
import type { PendingInvite } from './pending-invites.js';
import { ReliableResponses, reliableSupport } from './reliable-server.js';
import { endByRequest, localEnd } from './session-end.js';
import type { UsageOwner } from './session-port.js';
import type {
  AcceptOptions,
  AckAnswer,
  EndOptions,
  IncomingSession,
  InDialogOptions,
  ProgressOptions,
  ReinviteResult,
  ReliableSupport,
  ResponseOptions,
  SessionEnd,
  SessionHandlers,
  SessionState,
  UpdateOptions,
} from './types.js';

interface Input {
  readonly statusCode?: number;
  readonly options?: ProgressOptions;
  readonly bye?: ServerTransaction;
  readonly end?: SessionEnd;
}

/** An Expires beyond a day ends no INVITE: nothing rings for so long. */
const MAX_EXPIRES_S = 86_400;

const usageStates: Readonly<Record<UsageState, SessionState>> = {
  early: 'early',
  answering: 'answered',
  unacknowledged: 'answered',
  'hanging-up': 'ending',
  confirmed: 'confirmed',
  ending: 'ending',
  ended: 'ended',
};

/** The state of a session whose 2xx is sent or received. */
export function stateOfUsage(usage: InviteUsage): SessionState {
  return usageStates[usage.state];
}

/** An INVITE that came in: runs `inviteUas` up to the final response, then its INVITE usage. */
export class UasSession implements IncomingSession, UsageOwner, PendingInvite, Closable {
  static readonly #actions: Readonly<Record<UasAction, (session: UasSession, input: Input) => void>> = {
    sendProvisional: (session, input) => session.#sendProvisional(input),
    sendSuccess: (session, input) => session.#sendSuccess(input),
    holdSuccess: (session, input) => {
      session.#held = input;
      session.#reliable?.dropWaiting();
    },
    sendFailure: (session, { statusCode, options }) => session.#fail(statusCode ?? 500, options),
    sendTerminated: (session) => session.#fail(487),
    answerBye: (session, { bye }) => bye?.respond(session.#context.createResponse(bye, 200)),
    report: (session) => session.#usage.drop(),
  };
  readonly id: string;
  readonly direction = 'in';
  readonly callId: SipCallId;
  readonly remote: NameAddr;
  readonly invite: SipRequest;
  readonly offer: Buffer | null;
  readonly #context: UaContext;
  readonly #transaction: ServerTransaction;
  readonly #usage: InviteUsage;
  #state: UasState = 'proceeding';
  #handlers: SessionHandlers | null = null;
  #end: SessionEnd | null = null;
  /** Made for the first that is sent. */
  #reliable: ReliableResponses | null = null;
  readonly #expiry: Timer | null;
  /** The 2xx that waits for a PRACK. */
  #held: Input = {};
  /** The end that came before the handlers. */
  #untold: SessionEnd | null = null;

  constructor(context: UaContext, transaction: ServerTransaction, id: string) {
    const { request, localTag, flow } = transaction;
    this.id = id;
    this.callId = request.callId as SipCallId;
    this.remote = request.from;
    this.invite = request;
    this.offer = sessionBody(request);
    this.#context = context;
    this.#transaction = transaction;
    const { uri } = request;
    this.#usage = new InviteUsage({
      context,
      dialog: createUasDialog(request, localTag),
      role: 'uas',
      invite: request,
      contactUser: uri.scheme === 'sip' || uri.scheme === 'sips' ? uri.user : undefined,
      flow,
      digest: null,
      inviteParts: [],
      owner: this,
    });
    this.#expiry = this.#startExpiry();
    context.sessions.add(this);
    context.pendingInvites.set(transaction, this);
    context.ringing.add(this);
  }

  get callerFlow(): Flow {
    return this.#transaction.flow;
  }

  get reliableSupport(): ReliableSupport {
    return reliableSupport(this.invite);
  }

  get isHolding(): boolean {
    return this.#reliable?.isHolding ?? false;
  }

  get session(): IncomingSession {
    return this;
  }

  get state(): SessionState {
    if (this.#state === 'answered') return stateOfUsage(this.#usage);
    if (this.#state === 'accepting') return 'early';
    return this.#state === 'terminated' ? 'ended' : this.#state;
  }

  get flow(): Flow {
    return this.#usage.flow;
  }

  get dialog(): DialogId {
    return this.#usage.dialog;
  }

  get handlers(): SessionHandlers {
    return this.#handlers ?? silent;
  }

  /** The application's handlers; called once, right after it has seen the session. */
  attach(handlers: SessionHandlers): void {
    this.#handlers = handlers;
    const untold = this.#untold;
    this.#untold = null;
    if (untold !== null) this.#tell(untold);
  }

  progress(statusCode: number, options: ProgressOptions = {}): void {
    checkParts(options);
    if (options.reliable === 'required' && this.reliableSupport === 'none') {
      this.reject(421, { headers: [['Require', '100rel']] });
      return;
    }
    this.#apply('progress', { statusCode, options });
  }

  accept(options: AcceptOptions): void {
    checkParts(options);
    const { credentials } = options;
    if (credentials !== undefined) this.#usage.digest = DigestClient.ofIncoming(credentials, this.#context.random);
    this.#apply(this.isHolding ? 'acceptLater' : 'accept', { statusCode: 200, options });
  }

  reject(statusCode: number, options: ResponseOptions = {}): void {
    checkParts(options);
    const reasonPhrase = options.reasonPhrase ?? phraseOf(statusCode);
    this.#apply('reject', { statusCode, options, end: localEnd('rejected', statusCode, reasonPhrase) });
  }

  end(options: EndOptions = {}): void {
    const { statusCode = 486, reasonPhrase, headers } = options;
    checkParts(options);
    if (this.#state === 'answered') this.#usage.hangUp(localEnd(options.cause ?? 'bye'), headers);
    else this.reject(statusCode, { reasonPhrase, headers });
  }

  reinvite(body: Buffer): Promise<ReinviteResult> {
    return this.#usage.refreshes.reinvite(body);
  }

  solicit(answer: (offer: Buffer) => AckAnswer | Promise<AckAnswer>): Promise<ReinviteResult> {
    return this.#usage.refreshes.solicit(answer);
  }

  update(body: Buffer | null, options: UpdateOptions = {}): Promise<ReinviteResult> {
    checkParts(options);
    return this.#hasDialog ? this.#usage.refreshes.update(body, options.headers) : Promise.resolve(noDialog);
  }

  refresh(headers?: HeaderList): Promise<ReinviteResult> {
    checkParts({ headers });
    return this.#hasDialog ? this.#usage.refreshes.refresh(headers) : Promise.resolve(noDialog);
  }

  peerAllows(method: string): boolean {
    return this.#usage.peerAllows(method);
  }

  request(method: string, options?: InDialogOptions): Promise<SipResponse> {
    checkWritten({ ...options, method });
    return this.#hasDialog
      ? this.#usage.request(method, options)
      : Promise.resolve(this.#usage.requests.made(method, 481));
  }

  /** A fault of the application before any answer. */
  fail(): void {
    const end = localEnd('internal-error', 500, phraseOf(500));
    if (this.#state === 'answered') this.#usage.hangUp(end);
    else this.#apply('reject', { statusCode: 500, end });
  }

  close(): void {
    if (this.#state === 'answered') this.#usage.close();
    else this.#apply('close', { statusCode: 503, end: localEnd('closed', 503, phraseOf(503)) });
  }

  cancelled(cancel: SipRequest): void {
    this.#apply('cancel', { end: endByRequest('cancelled', cancel, 487) });
  }

  transportFailed(): void {
    const end = localEnd('transport', 503);
    if (this.#state === 'answered') this.#usage.lost(end);
    else this.#apply('transportError', { statusCode: 503, end });
  }

  onEarlyBye(bye: ServerTransaction): void {
    this.#apply('bye', { bye, end: endByRequest('bye', bye.request, 487) });
  }

  onPrack(transaction: ServerTransaction): void {
    this.#reliably().receive(transaction);
  }

  onFinished(end: SessionEnd | null): void {
    this.#leaveLatecomer();
    this.#context.sessions.delete(this);
    this.#context.pendingInvites.delete(this.#transaction);
    this.#tell(end ?? this.#end ?? localEnd('closed'));
  }

  /** RFC 3261 §13.3.1: how long the caller waits; what is accepted by then and waits for a PRACK stays so. */
  #startExpiry(): Timer | null {
    const asked = expires(this.invite);
    const seconds = asked.ok ? (asked.value ?? 0) : 0;
    if (seconds === 0 || seconds > MAX_EXPIRES_S) return null;
    const end: SessionEnd = { ...localEnd('cancelled', 487, phraseOf(487)), by: 'remote' };
    return this.#context.clock.setTimer(seconds * 1000, () => {
      if (this.#state === 'proceeding' || this.#state === 'early') this.#apply('reject', { statusCode: 487, end });
    });
  }

  /** RFC 3261 §12.1: not before our first response with a To tag. */
  get #hasDialog(): boolean {
    return this.#state === 'early' || this.#state === 'accepting' || this.#state === 'answered';
  }

  #reliably(): ReliableResponses {
    this.#reliable ??= new ReliableResponses({
      context: this.#context,
      transaction: this.#transaction,
      createProvisional: (statusCode, options) => this.#dialogResponse({ statusCode, options }),
      describe: (body) => this.#usage.carry('local', '1xx-rel', body),
      answered: (body) => this.#onEarlyAnswer(body),
      offered: (prack, offer) => this.#usage.offered(prack, offer),
      acknowledged: () => this.#onAcknowledged(),
      giveUp: () => this.#apply('noPrack', { statusCode: 504, end: localEnd('no-prack', 504, phraseOf(504)) }),
    });
    return this.#reliable;
  }

  #onEarlyAnswer(body: Buffer): void {
    this.#usage.carry('remote', 'PRACK', body);
    this.#usage.guard(() => this.handlers.onEarlyAnswer?.(body));
  }

  #onAcknowledged(): void {
    if (this.isHolding) return;
    this.#apply('acknowledged', this.#held);
    this.#usage.resumeOffers();
  }

  /** RFC 3262 §3: a PRACK may still come for a response that the final one has overtaken. */
  #leaveLatecomer(): void {
    const { dialog } = this.#usage;
    const isLate = this.#state === 'terminated' && this.#end?.cause !== 'closed';
    const latecomer = isLate ? this.#reliable?.latecomer() : undefined;
    if (!latecomer) return;
    this.#context.dialogs.add(dialog, latecomer);
    this.#transaction.onTerminated(() => this.#context.dialogs.remove(dialog, latecomer));
  }

  #tell(end: SessionEnd): void {
    if (this.#handlers === null) {
      this.#untold = end;
      return;
    }
    try {
      this.#handlers.onEnded(end);
    } catch (error) {
      this.#context.log.error('sip.session-handler-fault', { sipCallId: this.callId, message: messageOf(error) });
    }
  }

  #apply(event: UasEvent, input: Input): void {
    const cell = cellOf<UasState, UasEvent, UasAction>(inviteUas, this.#state, event);
    if (cell === undefined) return;
    this.#context.trace?.({ machine: 'invite-uas', from: this.#state, event, to: cell.to });
    this.#state = cell.to;
    if (cell.to === 'answered' || cell.to === 'terminated') {
      this.#context.ringing.delete(this);
      this.#expiry?.cancel();
    }
    if (input.end !== undefined) this.#end = input.end;
    for (const action of cell.act) UasSession.#actions[action](this, input);
  }

  #fail(statusCode: number, options: ResponseOptions = {}): void {
    this.#reliable?.stop();
    this.#transaction.respond(this.#context.createResponse(this.#transaction, statusCode, options));
  }

  /** RFC 3261 §12.1.1: with Contact and the request's Record-Route. */
  #dialogResponse({ statusCode = 200, options = {} }: Input): SipResponse {
    const headers: HeaderList = [['Contact', this.#usage.contact()], ...(options.headers ?? [])];
    return this.#context.createResponse(this.#transaction, statusCode, { ...options, headers, copyRecordRoute: true });
  }

  #sendProvisional({ statusCode = 183, options = {} }: Input): void {
    const support = this.reliableSupport;
    const isReliable = support === 'required' || (support === 'supported' && (options.reliable ?? false) !== false);
    if (isReliable) this.#reliably().send(statusCode, options);
    else this.#transaction.respond(this.#dialogResponse({ statusCode, options }));
  }

  #sendSuccess({ options = {} }: Input): void {
    this.#reliable?.stop();
    const headers = [...(options.headers ?? []), ...this.#usage.parts.responseHeaders(this.invite)];
    const verdict = options.body === undefined ? null : this.#usage.carry('local', '2xx-INVITE', options.body);
    const body = verdict === 'repeat' ? undefined : options.body;
    const response = this.#dialogResponse({ statusCode: 200, options: { ...options, body, headers } });
    this.#usage.answer(this.#transaction, response);
  }
}

const silent: SessionHandlers = { onEnded: () => undefined };

const noDialog: ReinviteResult = { ok: false, statusCode: 481 };
