import type { Clock } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import type { Logger } from '../../base/log.js';
import type { DialogDocument, DialogView } from '../../contract/mediaswitch/dialogs.js';
import type { IncomingSession, OfferReply, OutgoingAttempt, SessionHandlers } from '../../sip/index.js';
import { NamedTimers } from '../calls/timers.js';
import type { ControlOutcome } from '../control/control-client.js';
import type { Description, DescriptionCodec } from './description.js';
import {
  type Dialog,
  type DialogAction,
  type DialogError,
  type DialogEvent,
  type DialogTimer,
  errorOf,
  step,
  timerMs,
} from './dialog.js';
import { errorOfEnd } from './dialog-end.js';
import { type DialogInfo, documentOf, type PeerView } from './dialog-view.js';
import type { PeerGuard } from './peer-guard.js';

export interface DialogServices {
  readonly clock: Clock;
  readonly log: Logger;
  readonly codec: DescriptionCodec;
  /** Sends an event to the dialog's control server, behind those before it. */
  tell(info: DialogInfo, document: DialogDocument): Promise<ControlOutcome>;
  /** Our Contact in that session. */
  contactOf(session: OutgoingAttempt, info: DialogInfo): string;
  /** After each change, before what follows from it. Must not throw. */
  onStep(dialog: DialogRunner, before: Dialog): void;
  /** Called exactly once per dialog, after its last event was sent. */
  onFinished(dialog: DialogRunner): void;
}

/** The SIP side, as it is found. */
export type DialogSide =
  | { readonly direction: 'in'; readonly session: IncomingSession }
  | { readonly direction: 'out'; session: OutgoingAttempt | null };

/**
 * Runs one dialog: takes its events one at a time through the pure step, carries out the actions, and translates
 * between the SIP session and the control server. Decides nothing itself. At most a session's and its timers' events
 * wait in the mailbox.
 */
export class DialogRunner {
  readonly info: DialogInfo;
  readonly guard: PeerGuard;
  /** What its control server has noted, as JSON of at most MAX_NOTE_BYTES: nobody else's business. */
  note: string | null = null;
  readonly #services: DialogServices;
  readonly #side: DialogSide;
  readonly #timers: NamedTimers<DialogTimer>;
  readonly #mailbox: DialogEvent[] = [];
  #dialog: Dialog;
  #busy = false;
  #reply: OfferReply | null = null;
  #acknowledge: ((body: Buffer | null) => void) | null = null;
  /** As last seen: a session that is over knows no flow. */
  #peer: PeerView = { contact: '', remote: { host: '', port: 0 } };

  constructor(options: {
    readonly info: DialogInfo;
    readonly dialog: Dialog;
    readonly side: DialogSide;
    readonly guard: PeerGuard;
    readonly services: DialogServices;
  }) {
    this.info = options.info;
    this.guard = options.guard;
    this.#dialog = options.dialog;
    this.#side = options.side;
    this.#services = options.services;
    this.#timers = new NamedTimers(options.services.clock, (timer) => this.post({ type: 'timer', timer }));
  }

  get dialog(): Dialog {
    return this.#dialog;
  }

  /** The document of its events, and the note. */
  get view(): DialogView {
    const document = documentOf(this.info, this.#dialog, this.#look());
    return this.note === null ? document : { ...document, note: JSON.parse(this.note) };
  }

  /** One event at a time; an event raised by an action waits until the actions before it are done. */
  post(event: DialogEvent): void {
    this.#mailbox.push(event);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#mailbox.shift(); next !== undefined; next = this.#mailbox.shift()) {
        const before = this.#dialog;
        const [dialog, actions] = step(before, next, Math.floor(this.#services.clock.epochMs() / 1000));
        this.#dialog = dialog;
        if (dialog !== before) this.#services.onStep(this, before);
        this.run(actions);
      }
    } finally {
      this.#busy = false;
    }
  }

  /** Carries out actions that did not come from an event: those of the dialog's creation. */
  run(actions: readonly DialogAction[]): void {
    for (const action of actions) {
      try {
        this.#perform(action);
      } catch (error) {
        // One dialog's fault is one dialog's end.
        this.#services.log.error('dialog.fault', {
          callid: this.info.callid,
          action: action.do,
          message: messageOf(error),
        });
        if (action.do !== 'end-session') this.#mailbox.push({ type: 'close', error: errorOf(500) });
      }
    }
  }

  /** What the SIP session tells this dialog. */
  readonly handlers: SessionHandlers = {
    onProgress: ({ body, statusCode }) => {
      if (statusCode > 100) this.post({ type: 'progress', description: this.#read(body) });
    },
    onAnswered: ({ body }) => {
      const description = this.#read(body);
      if (this.#dialog.us !== null) {
        this.post({ type: 'answered', description, isOffer: false });
        return undefined;
      }
      return this.#answerLater(() => this.post({ type: 'answered', description, isOffer: true }));
    },
    onConfirmed: ({ body }) => this.post({ type: 'confirmed', description: this.#read(body) }),
    onOffer: (offer, reply) => void this.#onOffer(offer, reply),
    onReinviteConfirmed: ({ body }) => this.post({ type: 'reinvite-confirmed', description: this.#read(body) }),
    admits: (transaction) => this.guard.admits(transaction),
    mayMoveFlow: (_request, flow) => this.guard.mayMove(flow, this.#side.session?.flow ?? null),
    onEnded: (end) => this.post({ type: 'session-ended', error: errorOfEnd(end) }),
  };

  #read(body: Buffer | null): Description | null {
    return body === null || body.length === 0 ? null : this.#services.codec.ofBody(body);
  }

  /** The ACK waits for what the control server says: the stack gives it 32 s (64·T1). */
  #answerLater(ask: () => void): Promise<Buffer | null> {
    return new Promise((resolve) => {
      this.#acknowledge = resolve;
      ask();
    });
  }

  /** A re-INVITE has to prove who sends it (mediaswitch contract 4.2); what cannot be read is refused. */
  async #onOffer(offer: Buffer | null, reply: OfferReply): Promise<void> {
    try {
      const hasAck = reply.carrier === 'INVITE';
      const refusal =
        hasAck && reply.request !== undefined
          ? await this.guard.challenge(reply.request, this.#side.session?.flow ?? null)
          : null;
      if (refusal !== null) {
        reply.reject(refusal.statusCode, refusal.headers);
        return;
      }
      const description = this.#read(offer);
      if (offer !== null && offer.length > 0 && description === null) {
        reply.reject(488);
        return;
      }
      this.#reply = reply;
      this.post({ type: 'offered', description, hasAck });
    } catch (error) {
      this.#services.log.error('dialog.fault', { callid: this.info.callid, message: messageOf(error) });
      reply.reject(500);
    }
  }

  #perform(action: DialogAction): void {
    switch (action.do) {
      case 'tell':
        this.#tell(action);
        return;
      case 'ring': {
        const headers: [string, string][] = action.alertInfo === null ? [] : [['Alert-Info', action.alertInfo]];
        if (this.#side.direction === 'in') this.#side.session.progress(180, { headers });
        return;
      }
      case 'accept':
        if (this.#side.direction === 'in') this.#side.session.accept({ body: action.body });
        return;
      case 'answer-offer':
        this.#reply?.accept(action.body);
        this.#reply = null;
        return;
      case 'refuse-offer':
        this.#reply?.reject(action.statusCode);
        this.#reply = null;
        return;
      case 'acknowledge':
        this.#acknowledge?.(action.body);
        this.#acknowledge = null;
        return;
      case 'reinvite':
        void this.#reinvite(action.description);
        return;
      case 'solicit':
        void this.#solicit();
        return;
      case 'end-session':
        this.#endSession(action.error);
        return;
      case 'start-timer':
        this.#timers.start(action.timer, timerMs[action.timer]);
        return;
      case 'stop-timer':
        this.#timers.stop(action.timer);
        return;
      case 'finish':
        this.#finish();
        return;
    }
  }

  #tell({ refer, error }: Extract<DialogAction, { do: 'tell' }>): void {
    if (this.info.control === null) return;
    const more = { ...(refer === undefined ? {} : { refer }), ...(error === undefined ? {} : { error }) };
    const document = documentOf(this.info, this.#dialog, this.#look(), more);
    void this.#deliver(document);
  }

  async #deliver(document: DialogDocument): Promise<void> {
    const { callid } = this.info;
    const outcome = await this.#services.tell(this.info, document);
    if (outcome.kind === 'taken') return;
    this.#services.log.warn('dialog.control-failed', { callid, control: this.info.control, outcome });
    if (!document.hangup) this.post({ type: 'control-failed' });
  }

  async #reinvite(offer: Description): Promise<void> {
    const result = await this.#side.session?.reinvite(offer.body);
    if (result?.ok === true) this.post({ type: 'reinvited', offer, description: this.#read(result.body) });
    else this.#reinviteFailed(result?.statusCode ?? 481);
  }

  async #solicit(): Promise<void> {
    const result = await this.#side.session?.solicit((offer) =>
      this.#answerLater(() => this.post({ type: 'solicited', description: this.#read(offer) })),
    );
    if (result?.ok !== true) this.#reinviteFailed(result?.statusCode ?? 481);
  }

  #reinviteFailed(statusCode: number): void {
    this.post({ type: 'reinvite-failed', error: errorOf(statusCode) });
  }

  #endSession({ code, status }: DialogError): void {
    const { session } = this.#side;
    if (session === null) {
      this.#mailbox.push({ type: 'session-ended', error: errorOf(500) });
      return;
    }
    // Of what is answered, or a call of ours, there is no final response to give: BYE or CANCEL.
    session.end(code === 0 ? {} : { statusCode: code, reasonPhrase: status });
  }

  #finish(): void {
    this.#timers.stopAll();
    this.#acknowledge?.(null);
    this.#acknowledge = null;
    this.#reply = null;
    const { error, answered } = this.#dialog;
    const { callid } = this.info;
    this.#services.log.info('dialog.ended', { callid, answered, code: error.code });
    this.#services.onFinished(this);
  }

  #look(): PeerView {
    const { session } = this.#side;
    const flow = session?.flow;
    if (flow === null || flow === undefined) return this.#peer;
    const remote = { host: flow.remote.address, port: flow.remote.port };
    const contact =
      this.#side.direction === 'in'
        ? (this.#side.session.invite.headers.get('Contact') ?? '')
        : this.#services.contactOf(session as OutgoingAttempt, this.info);
    this.#peer = { contact, remote };
    return this.#peer;
  }
}
