import { messageOf } from '../../base/errors.js';
import type { SipCallId } from '../../base/ids.js';
import { sessionBody } from '../bodies/body-parts.js';
import { checkParts, createRequest, createResponse, type HeaderList } from '../build.js';
import type { DialogId } from '../dialog/store.js';
import type { NameAddr } from '../header-values.js';
import type { SipResponse } from '../message.js';
import type { Flow } from '../transport/transport.js';
import { AttemptTargets } from './attempt-targets.js';
import { bestFailure } from './best-failure.js';
import type { BranchAnswer, BranchListener, EarlyNews } from './branch-listener.js';
import { checkWritten } from './checked-options.js';
import type { Closable, UaContext } from './context.js';
import { stateOfUsage } from './incoming-session.js';
import { InviteBranch } from './invite-branch.js';
import type { InviteUsage } from './invite-session.js';
import { askForAnswer } from './late-answer.js';
import type { Verdict } from './offer-answer.js';
import { localEnd } from './session-end.js';
import type {
  AckAnswer,
  Branch,
  EndOptions,
  InDialogOptions,
  InviteOptions,
  OutgoingAttempt,
  ProgressInfo,
  ReinviteResult,
  SessionEnd,
  SessionHandlers,
  SessionState,
  UpdateOptions,
} from './types.js';

const elsewhere: HeaderList = [['Reason', 'SIP;cause=200;text="Call completed elsewhere"']];

/** A description where none is allowed says nothing. */
function meaningOf(verdict: Verdict | null): ProgressInfo['meaning'] {
  return verdict === 'offer' || verdict === 'answer' || verdict === 'preview' || verdict === null ? verdict : 'repeat';
}

/**
 * An INVITE to a set of contacts: the first 2xx wins, the other branches get CANCEL, or ACK and BYE when their 2xx
 * is on its way already; of failures the best one ends it (RFC 3261 §16.7).
 */
export class InviteAttempt implements OutgoingAttempt, BranchListener, Closable {
  readonly id: string;
  readonly direction = 'out';
  readonly session = this;
  readonly #context: UaContext;
  readonly #options: InviteOptions;
  readonly #handlers: SessionHandlers;
  readonly #targets: AttemptTargets;
  readonly #all: InviteBranch[] = [];
  #redirected = 0;
  /** Without an outcome yet. */
  readonly #open = new Set<InviteBranch>();
  /** Not finished on the wire. */
  readonly #live = new Set<InviteBranch>();
  readonly #failures: SessionEnd[] = [];
  #winner: { readonly branch: InviteBranch; readonly usage: InviteUsage } | null = null;
  /** Our own end, reported once the branches are finished. */
  #ending: SessionEnd | null = null;
  #isReported = false;

  constructor(context: UaContext, options: InviteOptions, handlers: SessionHandlers, id: string) {
    this.id = id;
    this.#context = context;
    this.#options = options;
    this.#handlers = handlers;
    checkWritten(options);
    this.#targets = new AttemptTargets(context, options);
    context.sessions.add(this);
    try {
      this.#startGroup();
    } catch (error) {
      // Whoever asked has not got the attempt, so nobody else could end it.
      this.#isReported = true;
      this.close();
      throw error;
    }
  }

  get handlers(): SessionHandlers {
    return this.#handlers;
  }

  get callId(): SipCallId {
    return ((this.#winner?.branch ?? this.#all[0])?.callId ?? '') as SipCallId;
  }

  get remote(): NameAddr {
    return this.#winner?.usage.dialog.remote ?? this.#options.to;
  }

  get dialog(): DialogId | null {
    return this.#winner?.usage.dialog ?? null;
  }

  get flow(): Flow | null {
    return this.#winner?.usage.flow ?? this.#all[0]?.flow ?? null;
  }

  get state(): SessionState {
    if (this.#isReported) return 'ended';
    if (this.#ending !== null) return 'ending';
    if (this.#winner !== null) return stateOfUsage(this.#winner.usage);
    const states = this.#all.map((branch) => branch.state);
    if (states.includes('early')) return 'early';
    return states.includes('proceeding') ? 'proceeding' : 'calling';
  }

  end(options: EndOptions = {}): void {
    checkParts(options);
    if (this.#isReported || this.#ending !== null) return;
    if (this.#winner === null) {
      this.#ending = localEnd(options.cause ?? 'cancelled', 487, 'Request Terminated');
      this.#cancelAll(options.headers);
      this.#checkEnding();
      return;
    }
    const { usage } = this.#winner;
    // The application hangs up while it is told of the answer: the ACK goes first.
    const end = localEnd(options.cause ?? 'bye');
    if (usage.state === 'early') this.#hangUpAfterAck(end, options.headers);
    else usage.hangUp(end, options.headers);
  }

  reinvite(body: Buffer): Promise<ReinviteResult> {
    return this.#winner?.usage.refreshes.reinvite(body) ?? Promise.resolve({ ok: false, statusCode: 481 });
  }

  solicit(answer: (offer: Buffer) => AckAnswer | Promise<AckAnswer>): Promise<ReinviteResult> {
    return this.#winner?.usage.refreshes.solicit(answer) ?? Promise.resolve({ ok: false, statusCode: 481 });
  }

  update(body: Buffer | null, options: UpdateOptions = {}): Promise<ReinviteResult> {
    checkParts(options);
    const usage = this.#usage(options.dialogId);
    return usage?.refreshes.update(body, options.headers) ?? Promise.resolve({ ok: false, statusCode: 481 });
  }

  refresh(headers?: HeaderList): Promise<ReinviteResult> {
    checkParts({ headers });
    return this.#usage()?.refreshes.refresh(headers) ?? Promise.resolve({ ok: false, statusCode: 481 });
  }

  peerAllows(method: string): boolean {
    return this.#usage()?.peerAllows(method) ?? false;
  }

  request(method: string, options: InDialogOptions = {}): Promise<SipResponse> {
    checkWritten({ ...options, method });
    const usage = this.#usage(options.dialogId);
    return usage?.request(method, options) ?? Promise.resolve(this.#noDialog(method));
  }

  close(): void {
    this.#targets.clear();
    this.#ending ??= localEnd('closed');
    for (const branch of [...this.#live]) branch.close();
    this.#report(this.#ending);
    this.#release();
  }

  onBranchProgress(branch: InviteBranch, response: SipResponse, early: EarlyNews | null): void {
    if (this.#isOver()) return;
    const body = sessionBody(response);
    const info: ProgressInfo = {
      statusCode: response.statusCode,
      response,
      body,
      branch: branch.index,
      dialogId: early?.usage.dialogId ?? null,
      reliable: early?.reliable ?? false,
      meaning: meaningOf(body === null ? null : (early?.meaning ?? 'preview')),
      offer: early?.offer,
    };
    try {
      this.#handlers.onProgress?.(info);
    } catch (error) {
      this.#fail(error);
    }
  }

  onBranchAnswer(branch: InviteBranch, answer: BranchAnswer): boolean {
    this.#open.delete(branch);
    if (this.#isOver()) return false;
    const { usage, response } = answer;
    this.#winner = { branch, usage };
    this.#targets.clear();
    for (const other of [...this.#open]) other.cancel(elsewhere);
    this.#acknowledge(branch, answer, response);
    return true;
  }

  onBranchRefused(branch: InviteBranch, response: SipResponse): Buffer | null {
    if (this.#isOver()) return null;
    try {
      return this.#handlers.onRefused?.({ response, branch: branch.index }) ?? null;
    } catch (error) {
      this.#fail(error);
      return null;
    }
  }

  onBranchFailure(branch: InviteBranch, end: SessionEnd): void {
    this.#open.delete(branch);
    if (this.#isOver()) return;
    this.#failures.push(end);
    if ((end.statusCode ?? 0) >= 600) {
      this.#cancelAll();
      this.#report(end);
      return;
    }
    if (end.response !== undefined && this.#options.followRedirects === true) {
      for (const target of this.#targets.redirected(branch.branch, end.response)) this.#start(target);
    }
    if (this.#open.size === 0 && !this.#startGroup()) this.#report(bestFailure(this.#failures) ?? end);
  }

  onBranchFinished(branch: InviteBranch): void {
    this.#live.delete(branch);
    this.#checkEnding();
    this.#release();
  }

  onUsageFinished(end: SessionEnd): void {
    this.#report(end);
  }

  #pendingHangUp: { readonly end: SessionEnd; readonly headers: HeaderList | undefined } | null = null;

  #hangUpAfterAck(end: SessionEnd, headers?: HeaderList): void {
    this.#pendingHangUp ??= { end, headers };
  }

  #acknowledge(branch: InviteBranch, { usage, dialog, flow }: BranchAnswer, response: SipResponse): void {
    const described = sessionBody(response);
    const verdict = described === null ? null : usage.carry('remote', '2xx-INVITE', described);
    // What a reliable provisional response has said already is said again here at most: RFC 6337 §3.1.2.
    const body = verdict === 'offer' || verdict === 'answer' ? described : null;
    usage.confirm(dialog, flow);
    const ask = (): ReturnType<NonNullable<SessionHandlers['onAnswered']>> =>
      this.#handlers.onAnswered?.({ response, body, branch: branch.index, dialogId: usage.dialogId });
    if (usage.offers.at === 'offered-remote') this.#answerOffer(usage, ask as () => AckAnswer | Promise<AckAnswer>);
    else this.#confirm(usage, ask);
    usage.established(response);
  }

  /** Nothing is waited for: our offer is answered, or nobody has made one, which is no session. */
  #confirm(usage: InviteUsage, tell: () => unknown): void {
    const fail = (error: unknown): void => {
      this.#logFault(error);
      if (usage.state === 'early') this.#hangUpAfterAck(localEnd('internal-error', 500));
      else usage.hangUp(localEnd('internal-error', 500));
    };
    try {
      const told = tell();
      if (told instanceof Promise) told.catch(fail);
    } catch (error) {
      fail(error);
    }
    if (usage.offers.at === 'none') this.#hangUpAfterAck(localEnd('rejected', 488, 'Not Acceptable Here'));
    this.#acknowledged(usage, undefined);
  }

  /** RFC 3261 §13.2.2.4: the ACK has the answer. An offer that gets none is acknowledged, then the session ended. */
  #answerOffer(usage: InviteUsage, ask: () => AckAnswer | Promise<AckAnswer>): void {
    askForAnswer(this.#context, ask, (answer) => {
      // Somebody has hung up meanwhile; the ACK went before the BYE.
      if (usage.state !== 'early' && usage.state !== 'answering') return;
      if ('end' in answer) this.#hangUpAfterAck(answer.end);
      this.#acknowledged(usage, 'body' in answer ? answer.body : undefined);
    });
    if (usage.state === 'early') usage.answerLater();
    this.#hangUpPending(usage);
  }

  #acknowledged(usage: InviteUsage, ackBody: Buffer | undefined): void {
    usage.answered(ackBody);
    this.#hangUpPending(usage);
  }

  #hangUpPending(usage: InviteUsage): void {
    const hangUp = this.#pendingHangUp;
    if (hangUp !== null) usage.hangUp(hangUp.end, hangUp.headers);
  }

  /** The answered dialog; before that the early one of that name, or the only one there is. */
  #usage(dialogId?: string): InviteUsage | null {
    if (this.#winner !== null) {
      const { usage } = this.#winner;
      return dialogId === undefined || dialogId === usage.dialogId ? usage : null;
    }
    if (this.#isOver()) return null;
    const early = [...this.#open].flatMap((branch) => branch.earlyUsages());
    const named = dialogId === undefined ? early : early.filter((usage) => usage.dialogId === dialogId);
    return named.length === 1 ? (named[0] ?? null) : null;
  }

  /** The call is taken, over, or on its way out. */
  #isOver(): boolean {
    return this.#winner !== null || this.#ending !== null || this.#isReported;
  }

  /** False when there is no further group. */
  #startGroup(): boolean {
    const group = this.#targets.next();
    if (group === null) return false;
    for (const branch of group) this.#start(branch);
    return true;
  }

  #start(branch: Branch): void {
    const known = this.#options.branches.indexOf(branch);
    const index = known === -1 ? this.#options.branches.length + this.#redirected++ : known;
    // Contacts of a 3xx are not among those that were asked for.
    const made = new InviteBranch(this.#context, index, this.#targets.starting(branch), this.#options, this);
    this.#all.push(made);
    this.#open.add(made);
    this.#live.add(made);
    made.start();
  }

  #cancelAll(headers?: HeaderList): void {
    this.#targets.clear();
    for (const branch of [...this.#open]) branch.cancel(headers);
  }

  #checkEnding(): void {
    if (this.#ending !== null && this.#live.size === 0) this.#report(this.#ending);
  }

  #fail(error: unknown): void {
    this.#logFault(error);
    this.#ending = localEnd('internal-error', 500);
    this.#cancelAll();
  }

  #logFault(error: unknown): void {
    this.#context.log.error('sip.session-handler-fault', { sipCallId: this.callId, message: messageOf(error) });
  }

  #noDialog(method: string): SipResponse {
    const { from, to, branches } = this.#options;
    const uri = branches[0]?.requestUri ?? to.uri;
    return createResponse(createRequest({ method, uri, from, to, callId: this.callId, cseq: { sequence: 1 } }), 481);
  }

  #report(end: SessionEnd): void {
    if (this.#isReported) return;
    this.#isReported = true;
    try {
      this.#handlers.onEnded(end);
    } catch (error) {
      this.#logFault(error);
    }
    this.#release();
  }

  #release(): void {
    if (this.#isReported && this.#live.size === 0) this.#context.sessions.delete(this);
  }
}
