import { messageOf } from '../../base/errors.js';
import type { CallId } from '../../base/ids.js';
import { randomToken } from '../../base/random.js';
import type { SrtpPolicy } from '../../media/index.js';
import type { Flow, IncomingSession, NameAddr, SessionHandlers, SipRequest } from '../../sip/index.js';
import type { Admission, Caller } from '../admission/admission.js';
import type { ServerLoad } from '../admission/server-load.js';
import type { SourceLimiter } from '../admission/source-limiter.js';
import type { Decider, DecisionStep } from '../decide/decider.js';
import { isRoutedByHooks } from '../decide/domains.js';
import { sourceText } from '../registrar/authenticator.js';
import { type Callee, createIncomingCall, type Route } from './call.js';
import { type MediaPath, probeOffer } from './call-media.js';
import type { CallRunner } from './call-runner.js';
import type { OutgoingCalls } from './outgoing.js';
import type { CallService } from './service.js';
import { warningHeader } from './warning.js';

export interface IncomingOptions {
  readonly service: CallService;
  readonly admission: Admission;
  readonly limiter: SourceLimiter;
  readonly load: ServerLoad;
  readonly decider: Decider;
  /** Rings the phones of a called user. */
  readonly outgoing: Pick<OutgoingCalls, 'callUser'>;
  /** Where a peer at that flow gets its RTP from and to. */
  readonly pathFor: (flow: Flow) => MediaPath;
}

/** User part of a name; empty where it has none. */
export function userOf({ uri }: Pick<NameAddr, 'uri'>): string {
  if (uri.scheme === 'tel') return uri.number;
  return uri.scheme === 'other' ? '' : (uri.user ?? '');
}

/** User part of the Request-URI; empty where it has none. */
export function calledUser({ uri }: SipRequest): string {
  return userOf({ uri });
}

/** Of an INVITE that says nothing: RFC 3261 §16.6 step 3. */
const DEFAULT_MAX_FORWARDS = 70;

/** Takes INVITEs from the SIP side to a decision and into a call: contract 4.2. */
export class IncomingCalls {
  readonly #options: IncomingOptions;

  constructor(options: IncomingOptions) {
    this.#options = options;
  }

  /** The handlers that the new session reports to. The checks of RFC 3261 §8.2 and admission are already passed. */
  take(session: IncomingSession): SessionHandlers {
    let runner: CallRunner | null = null;
    let isOver = false;
    const begin = async (): Promise<void> => {
      const { service, admission } = this.#options;
      if (!this.#hasRoom(session)) return;
      const caller = await admission.identify(session.invite, session.flow);
      if (isOver) return;
      if (caller.kind === 'refused') {
        this.#refuse(session, caller.statusCode, caller.trace, caller);
        return;
      }
      // Others may have come while this caller was identified.
      if (!this.#hasRoom(session) || !this.#isUsable(session, caller)) return;
      runner = this.#create(session, caller);
      await this.#decide(session, runner, caller);
      if (service.draining && !isOver) runner.post({ type: 'close', cause: 'drained', code: 503 });
    };
    // Not before the session has its handlers.
    Promise.resolve()
      .then(begin)
      .catch((error: unknown) => {
        this.#options.service.options.log.error('call.fault', { message: messageOf(error) });
        session.end({ statusCode: 500 });
      });
    return {
      onConfirmed: (info) => runner?.sessionHandlers.onConfirmed?.(info),
      onOffer: (offer, reply) => {
        if (runner === null) reply.reject(491);
        else runner.sessionHandlers.onOffer?.(offer, reply);
      },
      admits: (transaction) => {
        if (runner !== null) return runner.sessionHandlers.admits?.(transaction) ?? true;
        const { service, admission } = this.#options;
        const domain = admission.domainOf(session.invite)?.name ?? null;
        const peer = { identity: null, serverAlias: null, domain };
        return service.options.admitForeign(transaction, peer).then((verdict) => verdict === 'admitted');
      },
      mayMoveFlow: (request, flow) => runner?.sessionHandlers.mayMoveFlow?.(request, flow),
      onRequest: (transaction) => runner?.sessionHandlers.onRequest?.(transaction) === true,
      onReofferAnswered: (body) => runner?.sessionHandlers.onReofferAnswered?.(body),
      onEnded: (end) => {
        isOver = true;
        runner?.sessionHandlers.onEnded(end);
      },
    };
  }

  /** 503 while draining or at max_conn: the cheapest answer first. */
  #hasRoom(session: IncomingSession): boolean {
    const { service } = this.#options;
    const refusal = service.refusal();
    if (refusal === null) return true;
    const trace = [{ check: 'admission', outcome: refusal, afterMs: 0 }];
    this.#refuse(session, 503, trace, { headers: [['Retry-After', String(service.options.settings.retryAfterS)]] });
    return false;
  }

  /** Everything that makes the question to the application pointless. */
  #isUsable(session: IncomingSession, caller: Extract<Caller, { kind: 'admitted' }>): boolean {
    const { service, load, pathFor, admission } = this.#options;
    const { settings, random } = service.options;
    const isHooks = isRoutedByHooks(admission.domainOf(session.invite));
    // Domains look at the Request-URI, and a caller may be anonymous.
    if (isHooks && userOf(session.invite.to) === '') {
      this.#refuse(session, 404, [{ check: 'To', outcome: 'has no user', afterMs: 0 }]);
      return false;
    }
    if (isHooks && userOf(session.invite.from) === '') {
      const trace = [{ check: 'From', outcome: 'has no user', afterMs: 0 }];
      this.#refuse(session, 400, trace, { reasonPhrase: 'From Without User' });
      return false;
    }
    if (caller.server !== null && load.isFull(caller.server)) {
      const trace = [{ check: 'max_calls of the profile', outcome: 'reached', afterMs: 0 }];
      this.#refuse(session, 503, trace, { headers: [['Retry-After', String(settings.retryAfterS)]] });
      return false;
    }
    if (session.offer === null) return true;
    const codecs = caller.server?.profile.codecs ?? settings.codecs;
    const srtp = service.srtpBy(this.#srtpOf(session, caller));
    const probe = probeOffer(session.offer, { codecs, srtp }, random);
    if (probe.ok) return true;
    const trace = [{ check: 'offer', outcome: probe.fault, afterMs: 0 }];
    const host = pathFor(session.flow).advertisedAddress;
    this.#refuse(session, 488, trace, { headers: [warningHeader(host, probe.warning)] });
    return false;
  }

  /** What the trunk says, else the domain that is called; null: the settings. */
  #srtpOf(session: IncomingSession, caller: Extract<Caller, { kind: 'admitted' }>): SrtpPolicy | null {
    return caller.server?.profile.srtp ?? this.#options.admission.domainOf(session.invite)?.srtp ?? null;
  }

  #create(session: IncomingSession, caller: Extract<Caller, { kind: 'admitted' }>): CallRunner {
    const { service, load, pathFor, admission } = this.#options;
    const { random, clock, settings } = service.options;
    const { invite } = session;
    const isHooks = isRoutedByHooks(admission.domainOf(invite));
    const fromNumber = userOf(session.invite.from);
    const codecs = caller.server?.profile.codecs ?? null;
    const runner = service.create(
      {
        info: {
          callId: randomToken(random, 18) as CallId,
          direction: 'in',
          fromNumber,
          toNumber: isHooks ? userOf(invite.to) : calledUser(invite),
          wantedPeer: fromNumber === '' ? 'anonymous' : fromNumber,
          identity: caller.identity,
          serverAlias: caller.server?.profile.alias ?? null,
          domain: admission.domainOf(invite)?.name ?? null,
          hookUri: null,
          startedAtMs: clock.epochMs(),
        },
        call: createIncomingCall(settings.timeouts),
        side: {
          direction: 'in',
          session,
          path: pathFor(session.flow),
          dialCallee: (runner, callee) => this.#dialCallee(session, runner, callee),
        },
        ...(codecs === null ? {} : { codecs }),
        srtp: this.#srtpOf(session, caller),
      },
      [],
    );
    if (caller.server !== null) load.began(caller.server, runner);
    return runner;
  }

  #dialCallee(session: IncomingSession, caller: CallRunner, callee: Callee): void {
    const { from, maxForwards } = session.invite;
    const dialled = this.#options.outgoing.callUser(caller, callee, {
      source: sourceText(session.flow.remote),
      displayName: from.displayName,
      host: 'host' in from.uri ? from.uri.host : null,
      maxForwards: (maxForwards ?? DEFAULT_MAX_FORWARDS) - 1,
    });
    if (dialled.ok) return;
    const isUnreachable = dialled.code === 'NOT_FOUND';
    const code = isUnreachable ? 480 : 503;
    const reason = isUnreachable ? 'Temporarily Unavailable' : 'Service Unavailable';
    caller.post({ type: 'callee-failed', code, reason });
  }

  async #decide(
    session: IncomingSession,
    runner: CallRunner,
    caller: Extract<Caller, { kind: 'admitted' }>,
  ): Promise<void> {
    const { service, limiter, decider, admission } = this.#options;
    const domain = admission.domainOf(session.invite);
    const { callId, fromNumber, toNumber } = runner.info;
    const { address } = session.flow.remote;
    // Questions that leave this process are limited by who makes us ask.
    const isRemote = isRoutedByHooks(domain);
    const isUnknown = isRemote && caller.username === null && caller.server === null;
    if (isUnknown && !limiter.ask(address)) {
      runner.trace = [...caller.trace, { check: 'pending hooks of this source', outcome: 'too many', afterMs: 0 }];
      const retryAfterS = service.options.settings.retryAfterS;
      runner.post({ type: 'decided', route: { kind: 'reject', statusCode: 503, retryAfterS, cause: 'hook-failed' } });
      return;
    }
    if (isRemote) service.orphans.hookBegan(callId);
    const source = sourceText(session.flow.remote);
    const called = calledUser(session.invite);
    const question = { callId, domain, called, source, username: caller.username, fromNumber, toNumber };
    try {
      const decision = await decider.route(question);
      runner.trace = [...caller.trace, ...decision.trace];
      runner.post({ type: 'decided', route: this.#applyTombstone(decision.route, runner) });
    } finally {
      if (isUnknown) limiter.settle(address);
      if (isRemote) service.orphans.hookEnded(callId);
    }
  }

  /** The called side failed before the caller could join: nobody will ever answer there (contract 4.4). */
  #applyTombstone(route: Route, runner: CallRunner): Route {
    if (route.kind !== 'room' || !route.waits || !this.#options.service.rooms.isTombstoned(route.roomId)) return route;
    runner.trace = [...runner.trace, { check: 'room', outcome: 'every leg dialled into it has ended', afterMs: 0 }];
    return { kind: 'reject', statusCode: 486, cause: 'room-tombstone' };
  }

  #refuse(
    session: IncomingSession,
    statusCode: number,
    trace: readonly DecisionStep[],
    options: { readonly reasonPhrase?: string; readonly headers?: readonly (readonly [string, string])[] } = {},
  ): void {
    if (statusCode !== 401) {
      this.#options.service.options.log.info('call.refused', {
        source: sourceText(session.flow.remote),
        from: userOf(session.invite.from),
        to: userOf(session.invite.to),
        statusCode,
        trace,
      });
    }
    session.reject(statusCode, {
      ...(options.headers === undefined ? {} : { headers: options.headers }),
      ...(options.reasonPhrase === undefined ? {} : { reasonPhrase: options.reasonPhrase }),
    });
  }
}
