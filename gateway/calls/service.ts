import type { Clock } from '../../base/clock.js';
import type { CallId } from '../../base/ids.js';
import type { Logger } from '../../base/log.js';
import type { Random } from '../../base/random.js';
import {
  type CodecName,
  type ComfortNoisePolicy,
  dtlsOffer,
  type InbandDtmf,
  type RtcpXrPolicy,
  type SrtpPolicy,
} from '../../media/index.js';
import type { MediaPool, PortSource } from '../../rooms/index.js';
import type { Flow, ServerTransaction } from '../../sip/index.js';
import type { OverloadGuard, OverloadReason } from '../admission/overload.js';
import type { ServerLoad } from '../admission/server-load.js';
import type { HookClient } from '../hooks/client.js';
import { RoomService } from '../rooms/service.js';
import type { Call, CallAction, CallEvent, CallTimeouts } from './call.js';
import { failureOfCallee } from './call-end.js';
import { CallMedia, type SrtpSettings } from './call-media.js';
import { CallRunner } from './call-runner.js';
import type { CallInfo, CallServices, CallSide } from './call-services.js';
import { CallTable } from './call-table.js';
import { MediaReporter } from './media-reporter.js';
import { OrphanWatch } from './orphans.js';
import { CallReporter } from './reporter.js';
import { RoomTable } from './room-table.js';
import type { Transfer } from './transfer.js';

export interface CallSettings {
  readonly timeouts: CallTimeouts;
  readonly ringTimeoutMs: number;
  readonly rtpTimeoutMs: number;
  /** Of browsers; see CallMediaSettings. */
  readonly consentTimeoutMs: number;
  readonly inbandDtmf: InbandDtmf;
  readonly comfortNoise: ComfortNoisePolicy;
  readonly codecs: readonly CodecName[];
  readonly srtp: SrtpSettings;
  readonly duplicatePeer: 'rename' | 'replace';
  readonly callEvents: boolean;
  readonly mediaEvents: boolean;
  readonly rtcpXr: RtcpXrPolicy;
  readonly earlyAudio: 'off' | 'room';
  readonly maxConn: number;
  readonly retryAfterS: number;
}

export interface CallServiceOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly hooks: HookClient;
  readonly pool: MediaPool;
  readonly ports: PortSource;
  readonly load: ServerLoad;
  readonly overload: OverloadGuard;
  /** RTCP CNAME of our legs (RFC 3550 §6.5.1). */
  readonly cname: string;
  readonly settings: CallSettings;
  /** Whether that user has registered over that flow. */
  readonly isFlowOf: (identity: string, flow: Flow) => boolean;
  readonly admitForeign: CallServices['admitForeign'];
  /** Serves a request within a call that its session does not: an INFO. False when it is none of ours either. */
  readonly onRequest: (call: CallRunner, transaction: ServerTransaction) => boolean;
}

export interface NewCall {
  readonly info: CallInfo;
  readonly call: Call;
  readonly side: CallSide;
  /** Order of preference; the settings' unless a server profile has its own. */
  readonly codecs?: readonly CodecName[];
  /** The settings' unless a server profile or a domain has its own. */
  readonly srtp: SrtpPolicy | null;
}

/** What all calls share, and the making of one: incoming.ts and outgoing.ts fill it in. */
export class CallService {
  readonly table = new CallTable();
  readonly rooms: RoomTable;
  /** The rooms as their members meet in them. */
  readonly entrance: RoomService;
  readonly orphans: OrphanWatch;
  readonly reporter: CallReporter;
  readonly media: MediaReporter;
  readonly options: CallServiceOptions;
  /** No new calls: the process is about to end. */
  draining = false;
  /** Whether phones are told in words that they are muted, or wait in a lobby. */
  tellsPhones = false;
  #hasWarned = false;
  #transfer: Transfer = async () => ({ statusCode: 501, reasonPhrase: 'Not Implemented' });

  constructor(options: CallServiceOptions) {
    this.options = options;
    const { clock, log, hooks, pool, settings } = options;
    const callOf = (memberId: string): CallRunner | undefined => this.table.get(memberId as CallId);
    const post = (memberId: string, event: CallEvent): void => callOf(memberId)?.post(event);
    this.rooms = new RoomTable(
      { clock, duplicatePeer: settings.duplicatePeer },
      {
        onOtherConnected: (memberId) => {
          const call = callOf(memberId);
          // Who waited may come too late: the room is full, or locked. That is for him to know before he is answered.
          const refusal = call?.call.phase.at === 'waiting' ? call.refusal : null;
          call?.post({ type: 'other-connected', refusal });
        },
        onAccompanied: (memberId) => post(memberId, { type: 'accompanied' }),
        onAlone: (memberId, hadOthers) => {
          const roomId = callOf(memberId)?.call.roomId ?? null;
          const stays = roomId !== null && this.entrance.keepsAlone(roomId);
          post(memberId, { type: 'alone', hadOthers: hadOthers && !stays });
        },
        onReplaced: (memberId) => {
          if (callOf(memberId) === undefined) this.entrance.replaced(memberId);
          else post(memberId, { type: 'close', cause: 'replaced' });
        },
        onMoved: (memberId, roomId, peer) => callOf(memberId)?.moved(roomId, peer),
      },
    );
    this.entrance = new RoomService({ clock, log, pool, company: this.rooms });
    this.orphans = new OrphanWatch(clock, (callId) => {
      // Dialled during somebody else's hook: which hook it was for cannot be known, but the call goes on.
      if (!this.rooms.isWanted(callId)) post(callId, { type: 'close', cause: 'orphaned' });
    });
    this.reporter = new CallReporter({ clock, log, hooks, callEvents: settings.callEvents });
    const { callEvents, mediaEvents } = settings;
    this.media = new MediaReporter({ clock, log, hooks, callEvents, mediaEvents });
  }

  /** How peers are asked to call others; without it they cannot be. */
  useTransfer(transfer: Transfer): void {
    this.#transfer = transfer;
  }

  /** Why a new call cannot be taken now, or null. */
  refusal(): 'draining' | 'max-conn' | OverloadReason | null {
    if (this.draining) return 'draining';
    if (this.table.size >= this.options.settings.maxConn) return 'max-conn';
    return this.options.overload.check();
  }

  /** With the policy of a trunk or domain, where it has one. */
  srtpBy(policy: SrtpPolicy | null): SrtpSettings {
    const { srtp } = this.options.settings;
    return policy === null ? srtp : { ...srtp, policy };
  }

  /** Makes the call and carries out what its creation asks for. */
  create(start: NewCall, actions: readonly CallAction[]): CallRunner {
    const { clock, log, pool, ports, random, cname, settings, isFlowOf, admitForeign } = this.options;
    const media = new CallMedia({
      pool,
      ports,
      random,
      cname,
      settings: {
        codecs: start.codecs ?? settings.codecs,
        answerOrder: start.codecs === undefined ? 'offer' : 'local',
        rtpTimeoutMs: settings.rtpTimeoutMs,
        consentTimeoutMs: settings.consentTimeoutMs,
        srtp: this.srtpBy(start.srtp),
        inbandDtmf: settings.inbandDtmf,
        comfortNoise: settings.comfortNoise,
        rtcpXr: settings.rtcpXr,
      },
    });
    const runner = new CallRunner({
      info: start.info,
      call: start.call,
      side: start.side,
      media,
      services: {
        clock,
        log,
        rooms: this.rooms,
        entrance: this.entrance,
        media: this.media,
        notices: () => this.tellsPhones,
        transfer: (session, target) => this.#transfer(session, target),
        earlyAudio: settings.earlyAudio,
        retryAfterS: settings.retryAfterS,
        isFlowOf,
        admitForeign,
        onRequest: this.options.onRequest,
        onDigit: (call, digit) => {
          this.reporter.digit(call, digit);
          this.entrance.digit(call.info.callId, digit.digit);
        },
        onState: (call, state) => {
          this.reporter.state(call, state);
          this.#warnOfReadableKeys(call);
          if (state === 'Ringing') this.#tellCaller(call, { type: 'callee-ringing' });
        },
        onJoined: (call) => {
          if (call.info.direction === 'in' && call.call.roomId !== null) this.orphans.callerJoined(call.call.roomId);
        },
        onFinished: (call, end) => {
          this.orphans.forget(call.info.callId);
          this.table.finished(call);
          this.reporter.end(call, end);
          this.#tellCaller(call, { type: 'callee-failed', ...failureOfCallee(end) });
        },
        onForgotten: (call) => {
          this.options.load.ended(call);
          this.table.forgotten(call);
        },
      },
    });
    this.table.add(runner);
    this.reporter.state(runner, 'Connecting');
    runner.run(actions);
    return runner;
  }

  /** RFC 4568 §8.3: the keys are as safe as the messages that carry them. Said once. */
  #warnOfReadableKeys(call: CallRunner): void {
    if (this.#hasWarned || call.srtp === null || call.srtp === dtlsOffer || call.isSignallingSecure) return;
    this.#hasWarned = true;
    this.options.log.warn('call.srtp-keys-readable', { callId: call.info.callId });
  }

  /** Whoever waits for this leg because it was dialled for him. */
  #tellCaller({ info }: CallRunner, event: CallEvent): void {
    if (info.callerId !== undefined) this.table.get(info.callerId)?.post(event);
  }
}
