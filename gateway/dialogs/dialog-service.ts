import type { Clock } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import type { IpRanges } from '../../base/ip-ranges.js';
import type { Logger } from '../../base/log.js';
import type { IncomingSession, SessionHandlers, UserAgent } from '../../sip/index.js';
import type { Admission, Caller } from '../admission/admission.js';
import { calledUser, userOf } from '../calls/incoming.js';
import type { ControlClient } from '../control/control-client.js';
import type { DecisionStep } from '../decide/decider.js';
import type { Domain } from '../decide/domains.js';
import { sourceText } from '../registrar/authenticator.js';
import type { Description, DescriptionCodec } from './description.js';
import { createIncomingDialog, errorOf } from './dialog.js';
import { DialogRunner, type DialogServices } from './dialog-runner.js';
import { DialogTable } from './dialog-table.js';
import type { DialogInfo } from './dialog-view.js';
import { type DialogPeer, PeerGuard, type PeerGuardOptions } from './peer-guard.js';

export interface DialogServiceOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly userAgent: UserAgent;
  readonly admission: Admission;
  readonly control: ControlClient;
  readonly codec: DescriptionCodec;
  readonly guard: PeerGuardOptions;
  /** Who may call without credentials. */
  readonly trusted: IpRanges;
  /** Why nothing new can be taken now, or null. */
  readonly refusal: () => string | null;
  readonly retryAfterS: number;
  /** Called before each new dialog. */
  readonly onNew: () => void;
  /** See DialogServices. */
  readonly onStep: DialogServices['onStep'];
  readonly maxDialogs?: number;
}

type Admitted = Extract<Caller, { kind: 'admitted' }>;

/** RFC 3261 §16.6 step 3, of an INVITE that says nothing. */
const DEFAULT_MAX_FORWARDS = 70;

/**
 * Dialogs between peers and their control servers (mediaswitch contract 1.4, 1.5.2, 4.4): no media passes here, the
 * descriptions go through as JSON. This takes the INVITEs; OriginatedDialogs makes those of the control servers.
 */
export class DialogService {
  readonly table: DialogTable;
  readonly counters = { refused: 0 };
  readonly options: DialogServiceOptions;
  readonly #services: DialogServices;

  constructor(options: DialogServiceOptions) {
    const { clock, log, codec, control, userAgent } = options;
    this.options = options;
    this.table = new DialogTable(options.maxDialogs);
    this.#services = {
      clock,
      log,
      codec,
      tell: ({ control: base, callid }, body) => {
        const url = `${base}/dialog/${encodeURIComponent(callid)}`;
        return control.send({ method: 'PUT', url, body, lane: `dialog ${callid}` });
      },
      contactOf: (session, { from }) => (session.flow === null ? '' : userAgent.contact(from, session.flow)),
      onStep: (dialog, before) => options.onStep(dialog, before),
      onFinished: (dialog) => this.table.delete(dialog),
    };
  }

  get services(): DialogServices {
    return this.#services;
  }

  /** Why no dialog can be made now, or null; counts what is refused. */
  refusal(): string | null {
    const why = this.table.isFull ? 'max-dialogs' : this.options.refusal();
    if (why !== null) this.counters.refused += 1;
    return why;
  }

  /** Ends all dialogs: BYE, CANCEL, or 503. */
  closeAll(): void {
    for (const dialog of this.table.all()) dialog.post({ type: 'close', error: errorOf(503) });
  }

  /** The handlers that the new session reports to. The checks of RFC 3261 §8.2 and admission are already passed. */
  take(session: IncomingSession, domain: Domain): SessionHandlers {
    let runner: DialogRunner | null = null;
    let isOver = false;
    const begin = async (): Promise<void> => {
      if (!this.#hasRoom(session)) return;
      const caller = await this.options.admission.identify(session.invite, session.flow);
      if (isOver) return;
      if (caller.kind === 'refused') this.#refuse(session, caller.statusCode, caller.trace, caller.headers);
      // Others may have come while this caller was identified.
      else if (this.#hasRoom(session)) runner = this.#create(session, caller, domain);
    };
    // Not before the session has its handlers.
    Promise.resolve()
      .then(begin)
      .catch((error: unknown) => {
        this.options.log.error('dialog.fault', { callid: session.callId, message: messageOf(error) });
        session.end({ statusCode: 500 });
      });
    const handlers = (): SessionHandlers | undefined => runner?.handlers;
    return {
      onConfirmed: (info) => handlers()?.onConfirmed?.(info),
      onOffer: (offer, reply) => {
        if (runner === null) reply.reject(491);
        else runner.handlers.onOffer?.(offer, reply);
      },
      onReinviteConfirmed: (info) => handlers()?.onReinviteConfirmed?.(info),
      admits: (transaction) =>
        handlers()?.admits?.(transaction) ??
        this.options.guard
          .admitForeign(transaction, { identity: null, serverAlias: null, domain: domain.name })
          .then((verdict) => verdict === 'admitted'),
      mayMoveFlow: (request, flow) => handlers()?.mayMoveFlow?.(request, flow),
      onEnded: (end) => {
        isOver = true;
        handlers()?.onEnded(end);
      },
    };
  }

  #hasRoom(session: IncomingSession): boolean {
    const why = this.refusal();
    if (why === null) return true;
    const headers: [string, string][] = [['Retry-After', String(this.options.retryAfterS)]];
    this.#refuse(session, 503, [step('admission', why)], headers);
    return false;
  }

  /** Null when the INVITE cannot become a dialog; it is answered then. */
  #create(session: IncomingSession, caller: Admitted, domain: Domain): DialogRunner | null {
    const { invite } = session;
    const them = session.offer === null ? null : this.options.codec.ofBody(session.offer);
    const refusal = this.#unusable(session, domain, them);
    if (refusal !== null) {
      this.#refuse(session, ...refusal);
      return null;
    }
    this.options.onNew();
    const nowS = Math.floor(this.options.clock.epochMs() / 1000);
    const [dialog, actions] = createIncomingDialog({ authenticated: caller.username !== null, them, nowS });
    const to = userOf(invite.to);
    const info: DialogInfo = {
      callid: session.callId,
      domain: 'host' in invite.uri ? invite.uri.host : domain.name,
      to: to === '' ? calledUser(invite) : to,
      from: userOf(invite.from),
      otherNumber: to === '' ? calledUser(invite) : to,
      maxForwards: invite.maxForwards ?? DEFAULT_MAX_FORWARDS,
      control: domain.control,
    };
    const guard = new PeerGuard(this.options.guard, this.#peerOf(session, caller, domain));
    const runner = new DialogRunner({
      ...{ info, dialog, guard },
      side: { direction: 'in', session },
      services: this.#services,
    });
    this.table.add(runner);
    this.#services.onStep(runner, dialog);
    this.options.log.info('dialog.started', { callid: info.callid, from: info.from, to: info.to, trace: caller.trace });
    runner.run(actions);
    return runner;
  }

  #unusable(
    session: IncomingSession,
    domain: Domain,
    them: Description | null,
  ): [statusCode: number, trace: readonly DecisionStep[]] | null {
    if (domain.control === null) return [480, [step('control', 'none')]];
    // The Call-ID is the dialog's name towards the control server.
    if (this.table.get(session.callId) !== undefined) return [482, [step('Call-ID', 'of a dialog that is there')]];
    if (session.offer !== null && them === null) return [488, [step('offer', 'cannot be read')]];
    return null;
  }

  #peerOf(session: IncomingSession, caller: Admitted, domain: Domain): DialogPeer {
    const { username, server } = caller;
    if (username !== null) return { kind: 'user', owner: { username, domain: domain.name } };
    if (server !== null) return { kind: 'server', alias: server.profile.alias, domain: domain.name };
    const isTrusted = this.options.trusted.contains(session.flow.remote.address);
    return { kind: isTrusted ? 'trusted' : 'stranger', domain: domain.name };
  }

  #refuse(
    session: IncomingSession,
    statusCode: number,
    trace: readonly DecisionStep[],
    headers: readonly (readonly [string, string])[] = [],
  ): void {
    if (statusCode !== 401) {
      this.options.log.info('dialog.refused', {
        source: sourceText(session.flow.remote),
        from: userOf(session.invite.from),
        to: userOf(session.invite.to),
        statusCode,
        trace,
      });
    }
    session.reject(statusCode, { headers });
  }
}

function step(check: string, outcome: string): DecisionStep {
  return { check, outcome, afterMs: 0 };
}
