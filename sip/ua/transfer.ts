import type { Timer } from '../../base/clock.js';
import { parseSipFrag } from '../bodies/sipfrag.js';
import type { HeaderList } from '../build.js';
import type { DialogId } from '../dialog/store.js';
import { parseEvent, parseSubscriptionState } from '../headers/event.js';
import type { SipRequest, SipResponse } from '../message.js';
import { referPackage } from '../packages/refer.js';
import type { ClientTransaction, ServerTransaction } from '../transaction/layer.js';
import type { Closable, UaContext } from './context.js';
import { type Outcome, requestOnce } from './dialog-request.js';
import type { DigestClient } from './digest-client.js';
import { guarded } from './guard.js';
import type { ReferHandlers, ReferResult, SentRefer } from './refer.js';
import type { ReferCarrier } from './refer-carrier.js';
import { ReferRefresh } from './refer-refresh.js';
import type { DialogGuest, DialogPort } from './shared-dialog.js';

export interface TransferOptions {
  readonly context: UaContext;
  readonly digest: DigestClient | null;
  readonly headers: HeaderList;
  readonly timeoutMs: number;
  readonly handlers: ReferHandlers;
}

/**
 * One REFER of ours from its request to the one result: RFC 3515 §2.4.5. Its subscription is refreshed until then. After
 * the result it stays in its dialog until the subscription has ended, no longer than Timer N, so that a last NOTIFY is
 * not refused.
 */
export class Transfer implements SentRefer, DialogGuest, Closable {
  readonly result: Promise<ReferResult>;
  readonly #context: UaContext;
  readonly #options: TransferOptions;
  #resolve: (result: ReferResult) => void = () => {};
  #state: 'referring' | 'accepted' | 'ended' = 'referring';
  #leave: () => void = () => {};
  #port: () => DialogPort | null = () => null;
  readonly #refresh: ReferRefresh;
  #isGone = false;
  #sequence = 0;
  #hasNotify = false;
  #sessionEnded = false;
  #told: number | undefined;
  #timer: Timer | null = null;

  constructor(options: TransferOptions) {
    this.#options = options;
    this.#context = options.context;
    this.result = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    const { context, digest } = options;
    this.#refresh = new ReferRefresh({ context, digest, port: () => this.#port(), onLost: () => this.#lost() });
  }

  get state(): 'referring' | 'accepted' | 'ended' {
    return this.#state;
  }

  /** In the dialog of a session; without one the REFER fails with 481. */
  startIn(id: DialogId | null): void {
    const owner = id === null ? undefined : this.#context.dialogs.find(id);
    const port = owner?.join?.(this) ?? null;
    this.#context.usages.add(this);
    if (port === null) {
      this.#end({ outcome: 'refused', statusCode: 481, response: null });
      this.#gone();
      return;
    }
    this.#leave = () => port.leave(this);
    this.#port = () => port;
    this.#send((headers, handlers) =>
      port.send('REFER', { headers: [['Contact', port.contact()], ...headers] }, handlers),
    );
  }

  startFree(carrier: ReferCarrier): void {
    this.#context.usages.add(this);
    carrier.expect(this);
    this.#leave = () => carrier.leave();
    this.#port = () => carrier.port;
    this.#send(
      (headers, handlers) => carrier.send(headers, handlers),
      (outcome) => {
        if (outcome.flow !== null) carrier.accepted(outcome.response, outcome.flow);
      },
    );
  }

  receive(transaction: ServerTransaction): boolean {
    const { request } = transaction;
    const event = parseEvent(request);
    if (request.method !== 'NOTIFY' || !event.ok || event.value?.name !== referPackage.name) return false;
    // RFC 3515 §2.4.6: the id is the CSeq of the REFER; the first one of a dialog may do without.
    if (event.value.id !== undefined && event.value.id !== String(this.#sequence)) return false;
    if (event.value.id === undefined && this.#isGone) return false;
    const state = parseSubscriptionState(request);
    const statusCode = state.ok ? 200 : 400;
    transaction.respond(this.#context.createResponse(transaction, statusCode));
    if (!state.ok) return true;
    const isOver = state.value.state === 'terminated';
    this.#notified(request, isOver);
    if (!isOver && this.#state !== 'ended') this.#refresh.told(event.value, state.value.expiresS);
    return true;
  }

  firstUsageEnded(): void {
    this.#sessionEnded = true;
    // The news of a transfer often comes right after the BYE that it led to.
    if (this.#state === 'accepted') this.#waitFor(this.#timerNMs, 'session-ended');
  }

  close(): void {
    this.#end({ outcome: 'unknown', cause: 'closed', statusCode: this.#told });
    this.#gone();
  }

  get #timerNMs(): number {
    return 64 * this.#context.timers.t1Ms;
  }

  #send(
    send: (headers: HeaderList, handlers: Parameters<DialogPort['send']>[2]) => ClientTransaction,
    accepted: (outcome: Outcome) => void = () => {},
  ): void {
    const { digest, headers } = this.#options;
    requestOnce(
      (extras, handlers) => {
        const transaction = send(extras.headers ?? [], handlers);
        this.#sequence = transaction.request.cseq.sequence;
        return transaction;
      },
      digest,
      { headers },
      (outcome) => {
        const { response } = outcome;
        if (this.#state !== 'referring') return;
        if (response.statusCode >= 300) {
          this.#end({ outcome: 'refused', statusCode: response.statusCode, response });
          this.#gone();
          return;
        }
        accepted(outcome);
        this.#accepted(response);
      },
    );
  }

  #accepted(response: SipResponse): void {
    this.#state = 'accepted';
    guarded(this.#context.log, () => this.#options.handlers.onAccepted?.(response), undefined);
    if (/^\s*false\b/i.test(response.headers.get('Refer-Sub') ?? '')) {
      this.#end({ outcome: 'accepted' });
      this.#gone();
    } else if (this.#sessionEnded) this.#waitFor(this.#timerNMs, 'session-ended');
    else if (this.#hasNotify) this.#waitFor(this.#options.timeoutMs, 'timeout');
    else this.#waitFor(Math.min(this.#timerNMs, this.#options.timeoutMs), 'no-notify');
  }

  #waitFor(ms: number, cause: 'no-notify' | 'timeout' | 'session-ended'): void {
    this.#timer?.cancel();
    this.#timer = this.#context.clock.setTimer(ms, () => {
      this.#end({ outcome: 'unknown', cause, statusCode: this.#told });
      this.#gone();
    });
  }

  #notified(request: SipRequest, terminated: boolean): void {
    const isFirst = !this.#hasNotify;
    this.#hasNotify = true;
    const frag = request.body.length === 0 ? null : parseSipFrag(request.body);
    const line = frag?.ok === true && frag.value.startLine?.kind === 'response' ? frag.value.startLine : null;
    if (this.#state !== 'ended' && line !== null) this.#news(line.statusCode, line.reasonPhrase);
    if (terminated) this.#lost();
    else if (this.#state === 'accepted' && isFirst && !this.#sessionEnded) {
      this.#waitFor(this.#options.timeoutMs, 'timeout');
    }
  }

  /** The subscription has ended. */
  #lost(): void {
    this.#end({ outcome: 'unknown', cause: 'no-final', statusCode: this.#told });
    this.#gone();
  }

  #news(statusCode: number, reasonPhrase: string): void {
    if (statusCode < 200) {
      // The NOTIFY after a refresh tells what is known (RFC 6665 §4.2.1.2).
      if (statusCode === this.#told) return;
      this.#told = statusCode;
      guarded(this.#context.log, () => this.#options.handlers.onProgress?.(statusCode, reasonPhrase), undefined);
      return;
    }
    this.#end({ outcome: statusCode < 300 ? 'succeeded' : 'failed', statusCode, reasonPhrase });
  }

  /** The result; its dialog is kept for the NOTIFY that may still end the subscription. */
  #end(result: ReferResult): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#refresh.stop();
    this.#timer?.cancel();
    this.#timer = this.#isGone ? null : this.#context.clock.setTimer(this.#timerNMs, () => this.#gone());
    this.#resolve(result);
  }

  #gone(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#timer?.cancel();
    this.#leave();
    this.#context.usages.delete(this);
  }
}
