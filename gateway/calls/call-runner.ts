import { messageOf } from '../../base/errors.js';
import type { LegId, RoomId } from '../../base/ids.js';
import type { QualityReport } from '../../media/index.js';
import type { LegEvent } from '../../rooms/index.js';
import type { Session, SessionEnd, SessionHandlers } from '../../sip/index.js';
import { isSecure } from '../../sip/index.js';
import type { DecisionStep } from '../decide/decider.js';
import { type EnterOptions, type EntryRefusal, plainEntry } from '../rooms/door.js';
import { type Call, type CallAction, type CallEvent, type CallTimer, step } from './call.js';
import { CallDoor, leaveCauseOf } from './call-door.js';
import type { CallEnd } from './call-end.js';
import type { CallMedia, MediaPath } from './call-media.js';
import type { CallInfo, CallRunnerOptions, CallServices, CallSide } from './call-services.js';
import { callerKindOf } from './contact-kind.js';
import { type Digit, DigitFilter } from './digit-filter.js';
import { endHeaders, neverDialled } from './end-headers.js';
import { endingOf } from './leg-news.js';
import { NamedTimers } from './timers.js';
import type { TransferResult } from './transfer.js';
import { warningHeader } from './warning.js';

/**
 * Runs one call: takes its events one at a time through the pure step, carries out the actions, and translates
 * between the SIP session, the media leg and the room table. Decides nothing itself.
 */
export class CallRunner {
  readonly info: CallInfo;
  /** How the route was found; for logs and refusals. */
  trace: readonly DecisionStep[] = [];
  answeredAtMs: number | null = null;
  peer: string;
  readonly #services: CallServices;
  readonly #media: CallMedia;
  #path: MediaPath | null;
  readonly #side: CallSide;
  readonly #timers: NamedTimers<CallTimer>;
  readonly #mailbox: CallEvent[] = [];
  #isMediaLost = false;
  readonly #digits = new DigitFilter();
  #session: Session | null;
  #call: Call;
  #busy = false;
  /** From where a request has proved to be the peer's. */
  #provenAt: string | null = null;

  constructor(options: CallRunnerOptions) {
    this.info = options.info;
    this.peer = options.info.wantedPeer;
    this.#call = options.call;
    this.#side = options.side;
    this.#media = options.media;
    this.#path = options.side.direction === 'in' ? options.side.path : null;
    this.#services = options.services;
    this.#session = options.side.direction === 'in' ? options.side.session : null;
    this.#timers = new NamedTimers(options.services.clock, (timer) => this.post({ type: 'timer', timer }));
  }

  get call(): Call {
    return this.#call;
  }

  get codec(): string | null {
    return this.#media.codec;
  }

  get srtp(): string | null {
    return this.#media.srtp;
  }

  /** Its peer describes itself as browsers do, whatever is between; known once it has. */
  get isBrowser(): boolean {
    return this.#media.isBrowser;
  }

  /** Nobody on the way to the next hop reads what is said over SIP. */
  get isSignallingSecure(): boolean {
    const flow = this.#session?.flow;
    return flow !== undefined && flow !== null && isSecure(flow.kind);
  }

  /** Its side of SIP; null before it is dialled. */
  get sip(): Pick<Session, 'dialog' | 'flow'> | null {
    return this.#session;
  }

  /** Why its room would not have it now; null also before it has one. */
  get refusal(): EntryRefusal | null {
    const { roomId } = this.#call;
    return roomId === null ? null : this.#services.entrance.check(roomId, this.#entry);
  }

  /** A line that the peer's phone may show: RFC 3428 within the dialog, for who says that it can. */
  notify(text: string): void {
    if (!this.#services.notices() || this.#session?.peerAllows('MESSAGE') !== true) return;
    void this.#session.request('MESSAGE', { body: Buffer.from(text), contentType: 'text/plain' });
  }

  /** Asks the peer to call somebody else (RFC 3515). */
  transfer(target: string): Promise<TransferResult> {
    return this.#services.transfer(this.#session, target);
  }

  quality(): Promise<QualityReport | null> {
    return this.#media.quality();
  }

  /** One event at a time; an event raised by an action waits until the actions before it are done. */
  post(event: CallEvent): void {
    if (event.type === 'alone' && this.#isMediaLost) return;
    this.#mailbox.push(event);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#mailbox.shift(); next !== undefined; next = this.#mailbox.shift()) {
        const [call, actions] = step(this.#call, next);
        this.#call = call;
        this.run(actions);
      }
    } finally {
      this.#busy = false;
    }
  }

  /** Carries out actions that did not come from an event: those of the call's creation. */
  run(actions: readonly CallAction[]): void {
    for (const action of actions) {
      try {
        this.#perform(action);
      } catch (error) {
        // One call's fault is one call's end.
        this.#services.log.error('call.fault', {
          callId: this.info.callId,
          action: action.do,
          message: messageOf(error),
          stack: error instanceof Error ? error.stack : undefined,
        });
        this.#mailbox.push({ type: 'close', cause: 'internal-error', code: 500, reason: 'Server Internal Error' });
      }
    }
  }

  /** What the SIP session tells this call. */
  readonly sessionHandlers: SessionHandlers = {
    onProgress: (progress) => {
      const { earlyAudio } = this.#services;
      const { body, dialogId, branch, meaning } = progress;
      if (body !== null && (meaning === 'answer' || meaning === 'preview')) {
        const roomId = earlyAudio === 'room' ? this.#call.roomId : null;
        this.#media.early({ dialogId: dialogId ?? '', branch }, body, { isFinal: meaning === 'answer', roomId });
      }
      if (progress.statusCode > 100) this.post({ type: 'progress' });
    },
    onAnswered: ({ body, ...dialog }) => {
      const outcome = this.#media.complete(body, dialog);
      // Who waits in the room is not answered for the sake of a phone that nobody can hear.
      if (outcome.ok) this.post({ type: 'answered' });
      else this.#closeForMedia(outcome.fault);
    },
    onRefused: ({ response, branch }) => {
      const offer = this.#media.offerAgain(branch);
      const { statusCode } = response;
      if (offer !== null) this.#services.log.info('call.offered-again', { callId: this.info.callId, statusCode });
      return offer;
    },
    onConfirmed: ({ body }) => {
      if (this.#side.direction !== 'in' || this.#side.session.offer !== null) return;
      const outcome = this.#media.complete(body);
      if (!outcome.ok) this.#closeForMedia(outcome.fault);
    },
    onOffer: (offer, reply) => {
      if (offer === null || offer.length === 0) {
        reply.accept(this.#media.offer());
        return;
      }
      const outcome = this.#media.answer(offer, reply.dialogId);
      if (outcome.ok) {
        reply.accept(outcome.body);
        this.#services.entrance.held(this.info.callId, this.#media.isHeld);
      } else reply.reject(488, [warningHeader(this.#path?.advertisedAddress ?? '-', outcome.warning)]);
    },
    onReofferAnswered: (body) => {
      const outcome = this.#media.complete(body);
      if (!outcome.ok) this.#closeForMedia(outcome.fault);
    },
    admits: async (transaction) => {
      const verdict = await this.#services.admitForeign(transaction, this.info);
      if (verdict === 'proven') this.#provenAt = transaction.flow.remote.address;
      return verdict === 'proven' || verdict === 'admitted';
    },
    mayMoveFlow: (_request, flow) => {
      const { identity } = this.info;
      const { address } = flow.remote;
      const known = this.#session?.flow?.remote.address === address || this.#provenAt === address;
      return known || (identity !== null && this.#services.isFlowOf(identity, flow));
    },
    onRequest: (transaction) => this.#services.onRequest(this, transaction),
    onEnded: (end: SessionEnd) => {
      const { by, cause, statusCode, reasonPhrase } = end;
      this.post({ type: 'session-ended', outcome: { by, cause, statusCode, reasonPhrase } });
    },
  };

  #closeForMedia(fault: string): void {
    this.post({ type: 'close', cause: 'media-rejected', code: 488, reason: `Unusable session description: ${fault}` });
  }

  #perform(action: CallAction): void {
    const { rooms, clock } = this.#services;
    const { callId } = this.info;
    switch (action.do) {
      case 'open-media':
        void this.#openMedia();
        return;
      case 'dial':
        if (this.#side.direction === 'out')
          this.#session = this.#side.dialer.dial((contacts) => this.#media.offersTo(contacts), this.sessionHandlers);
        return;
      case 'dial-callee':
        if (this.#side.direction === 'in') this.#side.dialCallee(this, action.callee);
        return;
      case 'ring':
        if (this.#side.direction === 'in') this.#side.session.progress(180);
        return;
      case 'answer':
        this.#answer();
        return;
      case 'end-session':
        this.#endSession(action);
        return;
      case 'join-room':
        this.#joinRoom(action.connected);
        return;
      case 'mark-connected':
        rooms.markConnected(callId);
        return;
      case 'join-media':
        this.#enter();
        return;
      case 'start-timer':
        this.#timers.start(action.timer, action.delayMs);
        return;
      case 'stop-timer':
        this.#timers.stop(action.timer);
        return;
      case 'report':
        if (action.state === 'Connected') this.answeredAtMs = clock.epochMs();
        this.#services.onState(this, action.state);
        return;
      case 'finish':
        this.#finish(action.end);
        return;
      case 'forget':
        this.#services.onForgotten(this);
        return;
      case 'pass-through-room':
        rooms.passThrough(action.roomId);
        return;
    }
  }

  #joinRoom(connected: boolean): void {
    const { roomId } = this.#call;
    if (roomId === null) return;
    const member = this.#services.rooms.join({
      memberId: this.info.callId,
      roomId,
      wantedPeer: this.info.wantedPeer,
      identity: this.info.identity,
      incoming: this.info.direction === 'in',
      connected,
      // Who is answered counts once it is in the room itself, which follows: it makes the room before others come in.
      counts: !connected && this.#services.entrance.entersAtOnce(roomId, this.#entry, this.info.direction),
    });
    this.peer = member.peer;
    this.#services.onJoined(this);
  }

  /** It is in another room, where it has this name. */
  moved(roomId: RoomId, peer: string): void {
    this.peer = peer;
    this.post({ type: 'moved', roomId });
  }

  get #entry(): EnterOptions {
    return { ...plainEntry, ...this.#call.entry, echo: this.#call.echo };
  }

  #enter(): void {
    const { roomId } = this.#call;
    const { leg } = this.#media;
    if (roomId === null || leg === null) return;
    const refusal = this.#services.entrance.enter(new CallDoor(this, leg), roomId, this.#entry);
    if (refusal !== null)
      this.#mailbox.push({ type: 'close', cause: 'room-refused', code: refusal.statusCode, reason: refusal.text });
  }

  async #openMedia(): Promise<void> {
    const { callId } = this.info;
    const roomId = this.#call.roomId ?? ('' as RoomId);
    if (this.#side.direction === 'out') {
      try {
        this.#path = await this.#side.dialer.prepare();
      } catch (error) {
        this.post({ type: 'close', cause: 'transport-failed', code: 503, reason: messageOf(error) });
        return;
      }
    }
    try {
      if (this.#path === null) return;
      const isIncoming = this.#side.direction === 'in';
      const [legId, onEvent] = [callId as string as LegId, this.#onLegEvent];
      await this.#media.open({ legId, roomId, path: this.#path, onEvent });
      const isTombstoned = isIncoming && this.#services.rooms.isTombstoned(roomId);
      const refusal = isIncoming ? this.refusal : null;
      this.post({ type: 'media-opened', isTombstoned, refusal });
    } catch (error) {
      this.#services.log.warn('call.media-unavailable', { callId, message: messageOf(error) });
      this.post({ type: 'media-failed' });
    }
  }

  readonly #onLegEvent = (event: LegEvent): void => {
    const { callId } = this.info;
    const ending = endingOf(event);
    if (ending !== null) this.post(ending);
    switch (event.type) {
      case 'media-started':
        this.#services.log.debug('call.media-started', { callId, from: `${event.address}:${event.port}` });
        return;
      case 'media-one-way':
      case 'media-two-way':
        this.#services.media.ways(this, event);
        return;
      case 'dtmf':
        this.onDigit(event);
        return;
      case 'lost':
        // All calls of the host are told at once: each ends for that, not because the first left it alone. Peers are not told more.
        this.#isMediaLost = true;
        queueMicrotask(() =>
          this.post({ type: 'close', cause: 'media-host-lost', code: 503, reason: 'Media host lost' }),
        );
        return;
    }
  };

  /** A key as one of its sources tells it; those that tell it again are not followed. */
  onDigit({ digit, durationMs, source }: Digit): void {
    if (this.#digits.accept({ digit, durationMs, source }, this.#services.clock.nowMs())) {
      this.#services.onDigit(this, { digit, durationMs, source });
    }
  }

  #answer(): void {
    if (this.#side.direction !== 'in') return;
    const { session } = this.#side;
    if (session.offer === null) {
      session.accept({ body: this.#media.offer(callerKindOf(session.invite)) });
      return;
    }
    const outcome = this.#media.answer(session.offer);
    if (outcome.ok) {
      session.accept({ body: outcome.body });
      return;
    }
    // The offer was tried before anybody was asked, so this is a fault of ours and not the peer's.
    this.#mailbox.push({ type: 'close', cause: 'internal-error', code: 500, reason: 'Server Internal Error' });
  }

  #endSession(action: Extract<CallAction, { do: 'end-session' }>): void {
    const retryAfterS = this.#side.direction === 'in' ? this.#services.retryAfterS : null;
    const headers = endHeaders(this.#call.phase, action, retryAfterS);
    const session = this.#session;
    if (session === null) {
      // Dialling never began: there is no SIP side to wait for.
      this.#mailbox.push({ type: 'session-ended', outcome: neverDialled });
      return;
    }
    session.end({
      statusCode: action.statusCode,
      ...(action.reasonPhrase === null ? {} : { reasonPhrase: action.reasonPhrase }),
      headers,
    });
  }

  #finish(end: CallEnd): void {
    this.#timers.stopAll();
    // Told before the room is left: the others who end because of it come after their cause.
    this.#services.onFinished(this, end);
    this.#services.entrance.left(this.info.callId, leaveCauseOf(end.cause));
    this.#services.rooms.leave(this.info.callId);
    const { log, media } = this.#services;
    media.ended(this);
    const onFault = (message: string): void =>
      log.error('call.media-close-failed', { callId: this.info.callId, message });
    this.#media.close(onFault, (summary) => media.quality(this, summary));
  }
}
