import type { Timer } from '../../base/clock.js';
import { randomHex } from '../../base/random.js';
import { sessionBody } from '../bodies/body-parts.js';
import { createRequest, type HeaderList } from '../build.js';
import { confirmUacDialog, createTag, createUacDialog, type Dialog, initialSequence } from '../dialog/dialog.js';
import { tagOf, withTag } from '../header-values.js';
import { writeAddress } from '../headers/written.js';
import type { SipResponse } from '../message.js';
import type { ClientTransaction, ClientTransactionHandlers } from '../transaction/layer.js';
import type { Flow } from '../transport/transport.js';
import type { BranchAnswer, BranchListener, EarlyNews } from './branch-listener.js';
import { BranchOffer } from './branch-offer.js';
import type { UaContext } from './context.js';
import { DigestClient, isChallenge, MAX_CHALLENGES } from './digest-client.js';
import { InviteUsage } from './invite-session.js';
import { type BranchAction, type BranchEvent, type BranchState, cellOf, inviteBranch } from './invite-table.js';
import { withOwnContact } from './out-of-dialog.js';
import { type Provisional, ReliableReceiver, rseqOf } from './reliable-client.js';
import { endByRequest, endByResponse, endByTransport, localEnd } from './session-end.js';
import type { InvitePart } from './session-extension.js';
import type { Branch, InviteOptions, SessionEnd, SessionHandlers } from './types.js';

interface Input {
  readonly response?: SipResponse;
  readonly answer?: BranchAnswer;
  readonly early?: EarlyNews | null;
  readonly credentials?: HeaderList;
  readonly headers?: HeaderList | undefined;
  readonly end?: SessionEnd;
}

/** Dialogs that one INVITE may open through forking proxies; responses of further ones are ignored. */
const MAX_DIALOGS = 32;

const requireReliable: HeaderList = [['Require', '100rel']];

const silent: SessionHandlers = { onEnded: () => undefined };

/** One INVITE of an attempt, to one contact: runs `inviteBranch` and owns the dialogs that proxies fork it into. */
export class InviteBranch {
  readonly index: number;
  readonly callId: string;
  readonly #context: UaContext;
  readonly #branch: Branch;
  readonly #options: InviteOptions;
  readonly #listener: BranchListener;
  readonly #digest: DigestClient | null;
  readonly #fromTag: string;
  /** By To tag; kept for the ACKs of repeated 2xx as long as the transaction delivers them. */
  readonly #usages = new Map<string, InviteUsage>();
  /** Early dialogs that are over: a late 2xx of one goes on with the sequence numbers that its PRACKs have used. */
  readonly #dropped = new Map<string, Dialog>();
  /** RFC 3262 §4: each early dialog counts for itself. */
  readonly #receivers = new WeakMap<InviteUsage, ReliableReceiver>();
  /** Our answers to everybody who has asked so far. */
  #credentials: HeaderList = [];
  #challenges = 0;
  readonly #parts: readonly (InvitePart | null)[];
  readonly #offer: BranchOffer;
  #sequence: number;
  #state: BranchState = 'calling';
  #transaction: ClientTransaction | null = null;
  #taken: InviteUsage | null = null;
  /** Usages whose BYE is not answered yet. */
  #hangingUp = 0;
  #isEarly = false;
  #isFinished = false;
  #ringTimer: Timer | null = null;
  #noAnswerTimer: Timer | null = null;

  constructor(context: UaContext, index: number, branch: Branch, options: InviteOptions, listener: BranchListener) {
    this.index = index;
    this.callId = options.callId ?? randomHex(context.random, 16);
    this.#context = context;
    this.#branch = branch;
    this.#options = options;
    this.#listener = listener;
    this.#digest = options.credentials === undefined ? null : new DigestClient(options.credentials, context.random);
    this.#parts = context.sessionExtensions().map((extension) => extension.invite?.(options) ?? null);
    this.#offer = new BranchOffer(branch.body ?? options.body, (refusal) => listener.onBranchRefused(this, refusal));
    this.#fromTag = createTag(context.random);
    this.#sequence = initialSequence(context.random);
  }

  get branch(): Branch {
    return this.#branch;
  }

  get state(): 'calling' | 'proceeding' | 'early' {
    if (this.#isEarly) return 'early';
    return this.#state === 'proceeding' ? 'proceeding' : 'calling';
  }

  get flow(): Flow | null {
    return this.#transaction?.flow ?? null;
  }

  start(): void {
    const { clock } = this.#context;
    const { ringTimeoutMs = 60_000, noAnswerMs } = this.#options;
    this.#send();
    this.#ringTimer = clock.setTimer(ringTimeoutMs, () =>
      this.#apply('ringTimeout', { end: localEnd('ring-timeout', 408, 'Request Timeout') }),
    );
    if (noAnswerMs !== undefined) {
      this.#noAnswerTimer = clock.setTimer(noAnswerMs, () => this.#apply('noAnswer', { end: localEnd('no-response') }));
    }
  }

  /** The dialogs that provisional responses have opened. */
  earlyUsages(): InviteUsage[] {
    return [...this.#usages.values()].filter(({ state }) => state === 'early');
  }

  cancel(headers?: HeaderList): void {
    this.#apply('cancel', { headers });
  }

  /** The user agent closes: nothing is waited for. */
  close(): void {
    this.#apply('cancel', {});
    for (const usage of [...this.#usages.values()]) usage.close();
    this.#finish();
  }

  #contact(): string | undefined {
    const { contact } = this.#options;
    return typeof contact === 'object' ? writeAddress('Contact', contact) : contact;
  }

  #send(): void {
    const { requestUri, target, headers: own = [] } = this.#branch;
    const { from, to, contactUser, contentType = 'application/sdp', headers = [], maxForwards } = this.#options;
    const { reliable = 'supported', route = [], sendTo } = this.#options;
    const request = createRequest({
      method: 'INVITE',
      uri: requestUri,
      from: withTag(from, this.#fromTag),
      to,
      callId: this.callId,
      cseq: { sequence: this.#sequence },
      ...(maxForwards === undefined ? {} : { maxForwards }),
      route,
      headers: [
        ...this.#context.capabilities(reliable === 'off' ? ['100rel'] : []),
        ...(reliable === 'required' ? requireReliable : []),
        ...this.#parts.flatMap((part) => part?.headers() ?? []),
        ...headers,
        ...own,
        ...this.#credentials,
      ],
      body: this.#offer.body,
      contentType,
    });
    this.#sequence += 1;
    const handlers: ClientTransactionHandlers = {
      onResponse: (response, flow) => this.#onResponse(transaction, response, flow),
      onTimeout: () => this.#apply('timeout', { end: localEnd('no-response') }),
      onTransportError: (error) => {
        const end = endByTransport(target, error);
        // That of a challenged INVITE's ACK is not the repeated INVITE's.
        if (this.#transaction === transaction) this.#apply('transportError', { end });
      },
      onTerminated: () => {
        if (this.#transaction !== transaction) return;
        this.#usages.clear();
        this.#dropped.clear();
      },
    };
    const complete = withOwnContact(this.#context, contactUser, requestUri, this.#contact());
    const options = { complete, after: this.#transaction };
    const transaction = this.#context.sendOut(request, { target, sendTo }, handlers, options);
    this.#transaction = transaction;
  }

  #onResponse(transaction: ClientTransaction, response: SipResponse, flow: Flow): void {
    if (transaction !== this.#transaction) return;
    this.#noAnswerTimer?.cancel();
    if (response.statusCode < 200) {
      this.#onProvisional(transaction, response, flow);
    } else if (response.statusCode < 300) {
      this.#onSuccess(transaction, response, flow);
    } else {
      this.#onFailure(transaction, response);
    }
  }

  #onProvisional(transaction: ClientTransaction, response: SipResponse, flow: Flow): void {
    const isOpen = this.#state === 'calling' || this.#state === 'proceeding';
    const usage = isOpen ? this.#earlyDialog(transaction, response, flow) : null;
    if (usage === null) {
      this.#apply('provisional', { response });
    } else if (rseqOf(response) === null) {
      const described = sessionBody(response);
      const meaning = described === null ? null : usage.carry('remote', '1xx', described);
      this.#apply('provisional', { response, early: { usage, reliable: false, meaning } });
    } else {
      const tell = (news: Provisional): void => this.#apply('provisional', { response, early: { ...news, usage } });
      this.#receiverOf(usage).receive(response, tell, () => this.#giveUp());
    }
  }

  #receiverOf(usage: InviteUsage): ReliableReceiver {
    const receiver = this.#receivers.get(usage) ?? new ReliableReceiver(usage);
    this.#receivers.set(usage, receiver);
    return receiver;
  }

  /** RFC 6337 §3.3: there is no way but this to refuse the offer of a provisional response. */
  #giveUp(): void {
    this.#apply('refuseOffer', { end: localEnd('rejected', 488, 'Not Acceptable Here') });
  }

  #onFailure(transaction: ClientTransaction, response: SipResponse): void {
    if (this.#parts.some((part) => part?.retry(response) === true) || this.#offer.isReplacedAfter(response)) {
      this.#apply('challenge', { response });
      return;
    }
    const asked = isChallenge(response) && this.#challenges < MAX_CHALLENGES;
    const credentials = asked ? this.#digest?.answer(transaction.request, response) : null;
    if (credentials === null || credentials === undefined) {
      this.#apply('failure', { response, end: endByResponse('rejected', response) });
      return;
    }
    this.#challenges += 1;
    this.#apply('challenge', { response, credentials });
  }

  #onSuccess(transaction: ClientTransaction, response: SipResponse, flow: Flow): void {
    const known = this.#usages.get(tagOf(response.to) ?? '');
    if (known !== undefined && known.state !== 'early') {
      known.acknowledgeAgain();
      return;
    }
    const early = known?.dialog ?? this.#dropped.get(tagOf(response.to) ?? '');
    const dialog =
      early === undefined ? createUacDialog(transaction.request, response) : confirmUacDialog(early, response);
    if (known === undefined) this.#makeRoom();
    const usage = known ?? this.#createUsage(transaction, dialog, flow);
    if (usage === null) return;
    usage.learn(response);
    this.#apply('success', { answer: { usage, dialog, flow, response } });
  }

  /** RFC 3261 §12.1.2. A provisional response without a To tag opens none. */
  #earlyDialog(transaction: ClientTransaction, response: SipResponse, flow: Flow): InviteUsage | null {
    const tag = tagOf(response.to);
    if (response.statusCode === 100 || tag === undefined) return null;
    this.#isEarly = true;
    const known = this.#usages.get(tag);
    const dialog = known?.dialog ?? createUacDialog(transaction.request, response);
    const usage = known ?? this.#createUsage(transaction, dialog, flow);
    usage?.learn(response);
    return usage;
  }

  /** An answer counts for more than ringing: the oldest early dialog makes way for it. */
  #makeRoom(): void {
    if (this.#usages.size < MAX_DIALOGS) return;
    const [oldest] = this.earlyUsages();
    if (oldest === undefined) return;
    this.#context.counters.forksIgnored += 1;
    this.#usages.delete(oldest.dialog.remoteTag);
    oldest.drop();
  }

  #createUsage(transaction: ClientTransaction, dialog: Dialog, flow: Flow): InviteUsage | null {
    if (this.#usages.size >= MAX_DIALOGS) {
      this.#context.counters.forksIgnored += 1;
      return null;
    }
    const listener = this.#listener;
    // Until the call is taken every early dialog speaks to the application; a dialog that lost speaks to nobody.
    const handlersOf = (): SessionHandlers =>
      this.#taken === null || this.#taken === usage ? listener.handlers : silent;
    const usage: InviteUsage = new InviteUsage({
      context: this.#context,
      dialog,
      role: 'uac',
      invite: transaction.request,
      contactUser: this.#options.contactUser,
      contact: this.#contact(),
      flow,
      digest: this.#digest,
      inviteParts: this.#parts,
      owner: {
        session: this.#listener.session,
        get handlers() {
          return handlersOf();
        },
        onEarlyBye: (bye) => {
          bye.respond(this.#context.createResponse(bye, 200));
          this.#apply('bye', { end: endByRequest('bye', bye.request, 487) });
        },
        onPrack: (prack) => prack.respond(this.#context.createResponse(prack, 481)),
        isHolding: false,
        onFinished: (end) => this.#onUsageFinished(usage, end),
      },
    });
    this.#usages.set(dialog.remoteTag, usage);
    return usage;
  }

  #onUsageFinished(usage: InviteUsage, end: SessionEnd | null): void {
    if (usage === this.#taken) {
      this.#listener.onUsageFinished(end ?? localEnd('closed'));
    } else if (end !== null) {
      this.#hangingUp -= 1;
    }
    this.#checkFinished();
  }

  #apply(event: BranchEvent, input: Input): void {
    const cell = cellOf<BranchState, BranchEvent, BranchAction>(inviteBranch, this.#state, event);
    if (cell === undefined) return;
    this.#context.trace?.({ machine: 'invite-branch', from: this.#state, event, to: cell.to });
    this.#state = cell.to;
    for (const action of cell.act) this.#actions[action](input);
  }

  #reportFailure({ end }: Input): void {
    if (end !== undefined) this.#listener.onBranchFailure(this, end);
  }

  #hangUp(answer: BranchAnswer): void {
    this.#hangingUp += 1;
    answer.usage.confirm(answer.dialog, answer.flow);
    answer.usage.answered(undefined);
    answer.usage.hangUp(localEnd('bye'));
  }

  #dropEarly(): void {
    for (const [tag, usage] of [...this.#usages]) {
      if (usage === this.#taken || usage.state !== 'early') continue;
      this.#usages.delete(tag);
      this.#dropped.set(tag, usage.dialog);
      usage.drop();
    }
  }

  #stopTimers(): void {
    this.#ringTimer?.cancel();
    this.#noAnswerTimer?.cancel();
  }

  #checkFinished(): void {
    const over = this.#state === 'terminated' || (this.#state === 'answered' && this.#taken?.state === 'ended');
    if (over && this.#hangingUp === 0) this.#finish();
  }

  #finish(): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.#stopTimers();
    this.#listener.onBranchFinished(this);
  }

  readonly #actions: Readonly<Record<BranchAction, (input: Input) => void>> = {
    reportProgress: ({ response, early = null }) => {
      if (response !== undefined && response.statusCode > 100) this.#listener.onBranchProgress(this, response, early);
    },
    reportAnswer: ({ answer }) => {
      if (answer === undefined) return;
      this.#taken = answer.usage;
      const taken = this.#listener.onBranchAnswer(this, answer);
      if (!taken) {
        this.#taken = null;
        this.#state = 'terminated';
        this.#hangUp(answer);
      }
      this.#dropEarly();
      this.#checkFinished();
    },
    reportFailure: (input) => this.#reportFailure(input),
    reportNoResponse: (input) => this.#reportFailure(input),
    reportRingTimeout: (input) => this.#reportFailure(input),
    reportTransportError: (input) => this.#reportFailure(input),
    reportBye: (input) => this.#reportFailure(input),
    reportRefusal: (input) => this.#reportFailure(input),
    retry: ({ credentials }) => {
      this.#dropEarly();
      this.#dropped.clear();
      const { request } = this.#transaction!;
      this.#credentials = credentials ?? this.#digest?.again(request) ?? [];
      this.#send();
    },
    sendCancel: ({ headers }) => this.#transaction?.cancel(headers),
    hangUp: ({ answer }) => {
      if (answer !== undefined) this.#hangUp(answer);
    },
    stopTimers: () => this.#stopTimers(),
    finish: () => {
      this.#dropEarly();
      this.#checkFinished();
    },
  };
}
