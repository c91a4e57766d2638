import type { Clock } from '../../base/clock.js';
import type { CallId } from '../../base/ids.js';
import type { Logger } from '../../base/log.js';
import type { Flow, IncomingSession, ServerTransaction, Session, SessionHandlers } from '../../sip/index.js';
import type { CallPeer, Foreign } from '../admission/admission.js';
import type { RoomEntrance } from '../rooms/door.js';
import type { Call, Callee } from './call.js';
import type { CallEnd } from './call-end.js';
import type { CallMedia, MediaPath } from './call-media.js';
import type { CallRunner } from './call-runner.js';
import type { Digit } from './digit-filter.js';
import type { MediaReporter } from './media-reporter.js';
import type { ContactKind } from './own-offers.js';
import type { RoomTable } from './room-table.js';
import type { Transfer } from './transfer.js';

/** What does not change about a call. */
export interface CallInfo {
  readonly callId: CallId;
  readonly direction: 'in' | 'out';
  readonly fromNumber: string;
  readonly toNumber: string;
  readonly wantedPeer: string;
  /** The registered or authenticated user behind the leg; see identityOf. */
  readonly identity: string | null;
  readonly serverAlias: string | null;
  /** The domain that the caller was judged by; null: the hooks', and for calls of ours. */
  readonly domain: string | null;
  readonly hookUri: string | null;
  /** The caller that this leg was dialled for, when it was dialled here and not by an application. */
  readonly callerId?: CallId;
  readonly startedAtMs: number;
}

/** Our offer to each contact: a browser takes another one than a phone. */
export type OffersTo = (contacts: readonly ContactKind[]) => readonly Buffer[];

/** The SIP side of an outgoing call: made when the ports are bound. */
export interface Dialer {
  /** Finds where the call goes and which address of ours faces it. Rejects when it goes nowhere. */
  prepare(): Promise<MediaPath>;
  dial(offers: OffersTo, handlers: SessionHandlers): Session;
}

export interface CallServices {
  readonly clock: Clock;
  readonly log: Logger;
  readonly rooms: RoomTable;
  readonly entrance: RoomEntrance;
  readonly media: MediaReporter;
  /** Whether phones are told in words how they are heard. */
  notices(): boolean;
  /** Asks a peer to call somebody else. */
  readonly transfer: Transfer;
  /** Who hears what a called side sends before it answers: nobody, or its room. */
  readonly earlyAudio: 'off' | 'room';
  /** Retry-After of a 503 that says nothing of its own. */
  readonly retryAfterS: number;
  /** Whether that user has registered over that flow. */
  isFlowOf(identity: string, flow: Flow): boolean;
  /** See Admission.admitForeign; what is refused has been answered. */
  admitForeign(transaction: ServerTransaction, peer: CallPeer): Promise<Foreign['kind']>;
  /** A request within the call that its session does not serve; false when it is not served here either. */
  onRequest(call: CallRunner, transaction: ServerTransaction): boolean;
  /** The peer pressed a key; once per key. */
  onDigit(call: CallRunner, digit: Digit): void;
  /** A non-terminal state was reached; terminal ones come through onFinished. */
  onState(call: CallRunner, state: 'Connecting' | 'Ringing' | 'Connected'): void;
  /** The call is in the room table. */
  onJoined(call: CallRunner): void;
  /** Called exactly once per call. */
  onFinished(call: CallRunner, end: CallEnd): void;
  /** The SIP session is over too. */
  onForgotten(call: CallRunner): void;
}

export type CallSide =
  | {
      readonly direction: 'in';
      readonly session: IncomingSession;
      readonly path: MediaPath;
      /** Rings a user's phones; how that goes comes as events. */
      readonly dialCallee: (caller: CallRunner, callee: Callee) => void;
    }
  | { readonly direction: 'out'; readonly dialer: Dialer };

/** One call, put together. */
export interface CallRunnerOptions {
  readonly info: CallInfo;
  readonly call: Call;
  readonly side: CallSide;
  readonly media: CallMedia;
  readonly services: CallServices;
}
