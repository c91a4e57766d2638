import type { RoomId } from '../../base/ids.js';
import type { EnterOptions, EntryRefusal } from '../rooms/door.js';
import { type CallEnd, type EndCause, endOfSession, type SessionOutcome } from './call-end.js';

/** What step() needs to know of the settings; all in milliseconds, 0 = off. */
export interface CallTimeouts {
  /** An incoming leg that waits for another member. */
  readonly waitOtherPeersMs: number;
  /** How long a leg stays after the last other member left; 0 = it ends at once. */
  readonly emptyGraceMs: number;
  readonly acceptAloneMs: number;
  readonly outgoingAloneMs: number;
}

/** Where an incoming call goes, as a decider answered; tombstones are already applied. */
export type Route =
  | {
      readonly kind: 'reject';
      readonly statusCode: number;
      readonly reasonPhrase?: string;
      readonly retryAfterS?: number;
      readonly cause: EndCause;
    }
  | {
      readonly kind: 'room';
      readonly roomId: RoomId;
      readonly waits: boolean;
      readonly echo: boolean;
      /** How it comes in; a plain member, and into a plain room, where nothing is said. */
      readonly entry?: EntryWish;
      /** Whose phones are rung for the caller once he waits in the room; he hears ringing when one of them rings. */
      readonly callee?: Callee;
    };

/** What the application said of a member, and of the room if this member makes it. */
export type EntryWish = Partial<Omit<EnterOptions, 'echo'>>;

/** A user of a domain that is decided here. */
export interface Callee {
  readonly username: string;
  readonly domain: string | null;
}

/** `opening`: the media host binds the leg's ports; what follows when they are bound is in `next`. */
export type Phase =
  | { readonly at: 'deciding' }
  | { readonly at: 'opening'; readonly next: 'answer' | 'ring' | 'dial' }
  /** `isQuiet`: the phones rung for the caller have not rung yet, and neither does he hear ringing. */
  | { readonly at: 'waiting'; readonly isQuiet?: boolean }
  | { readonly at: 'calling' }
  | { readonly at: 'ringing' }
  | { readonly at: 'connected' }
  /** We hung up and the SIP side is still finishing. */
  | { readonly at: 'ending'; readonly end: CallEnd }
  | { readonly at: 'ended'; readonly end: CallEnd };

/** One leg as the call engine sees it: plain data. */
export interface Call {
  readonly direction: 'in' | 'out';
  readonly phase: Phase;
  readonly roomId: RoomId | null;
  readonly echo: boolean;
  readonly entry: EntryWish;
  readonly callee: Callee | null;
  /** This leg is in the room table. */
  readonly inRoom: boolean;
  /** No other member is in the room. */
  readonly alone: boolean;
  readonly timeouts: CallTimeouts;
}

export type CallTimer = 'wait-other-peers' | 'empty-grace' | 'alone';

export type CallEvent =
  | { readonly type: 'decided'; readonly route: Route }
  /** `isTombstoned`: meanwhile every leg dialled into the room has ended (contract 4.4). `refusal`: the room takes no such member. */
  | { readonly type: 'media-opened'; readonly isTombstoned?: boolean; readonly refusal?: EntryRefusal | null }
  | { readonly type: 'media-failed' }
  | { readonly type: 'progress' }
  | { readonly type: 'answered' }
  /** Another member of the room is, or became, Connected. */
  | { readonly type: 'other-connected'; readonly refusal?: EntryRefusal | null }
  /** The phones rung for this caller. */
  | { readonly type: 'callee-ringing' }
  | { readonly type: 'callee-failed'; readonly code: number; readonly reason: string }
  | { readonly type: 'accompanied' }
  /** No other member is left; `hadOthers` when there ever was one. */
  | { readonly type: 'alone'; readonly hadOthers: boolean }
  /** Into another room. */
  | { readonly type: 'moved'; readonly roomId: RoomId }
  | { readonly type: 'timer'; readonly timer: CallTimer }
  /** The gateway ends the call: API, drain, dead media, replaced by a newcomer, … */
  | { readonly type: 'close'; readonly cause: EndCause; readonly code?: number; readonly reason?: string }
  | { readonly type: 'session-ended'; readonly outcome: SessionOutcome };

export type CallAction =
  | { readonly do: 'open-media' }
  | { readonly do: 'dial' }
  | { readonly do: 'dial-callee'; readonly callee: Callee }
  | { readonly do: 'ring' }
  | { readonly do: 'answer' }
  /** Final response, CANCEL or BYE: whatever the session's state asks for. */
  | {
      readonly do: 'end-session';
      readonly statusCode: number;
      readonly reasonPhrase: string | null;
      readonly retryAfterS: number | null;
    }
  | { readonly do: 'join-room'; readonly connected: boolean }
  | { readonly do: 'mark-connected' }
  /** Sound flows between the leg and its room from here on. */
  | { readonly do: 'join-media' }
  | { readonly do: 'start-timer'; readonly timer: CallTimer; readonly delayMs: number }
  | { readonly do: 'stop-timer'; readonly timer: CallTimer }
  | { readonly do: 'report'; readonly state: 'Ringing' | 'Connected' }
  /** The one finaliser: leave the room, close the media, stop the timers, report the terminal state. */
  | { readonly do: 'finish'; readonly end: CallEnd }
  /** The SIP session is over too: nothing of the call is left. */
  | { readonly do: 'forget' }
  /** The room of an answer that came after the caller had gone (contract 4.4, orphans). */
  | { readonly do: 'pass-through-room'; readonly roomId: RoomId };

export type Step = readonly [Call, readonly CallAction[]];

export function createIncomingCall(timeouts: CallTimeouts): Call {
  return {
    direction: 'in',
    phase: { at: 'deciding' },
    roomId: null,
    echo: false,
    entry: {},
    callee: null,
    inRoom: false,
    alone: true,
    timeouts,
  };
}

/** An outgoing leg is a member of its room from its first moment. */
export function createOutgoingCall(roomId: RoomId, timeouts: CallTimeouts, entry: EntryWish = {}): Step {
  const call: Call = {
    direction: 'out',
    phase: { at: 'opening', next: 'dial' },
    roomId,
    echo: false,
    // Who is rung into a room need not know its PIN.
    entry: { skipsPin: true, ...entry },
    callee: null,
    inRoom: true,
    alone: true,
    timeouts,
  };
  return [call, [{ do: 'join-room', connected: false }, { do: 'open-media' }]];
}

function isAnswered(call: Call): boolean {
  return call.phase.at === 'connected';
}

function isOver(call: Call): boolean {
  return call.phase.at === 'ending' || call.phase.at === 'ended';
}

/** We end the call: the SIP side is told what fits its state. */
function hangUp(call: Call, end: CallEnd, retryAfterS: number | null = null): Step {
  return [
    { ...call, phase: { at: 'ending', end }, inRoom: false },
    [
      {
        do: 'end-session',
        statusCode: end.code ?? 486,
        reasonPhrase: end.code === null ? null : end.reason,
        retryAfterS,
      },
      { do: 'finish', end },
    ],
  ];
}

/** Causes that are nobody's wish. */
const failures: ReadonlySet<EndCause> = new Set([
  'media-unavailable',
  'media-host-lost',
  'media-rejected',
  'transport-failed',
  'internal-error',
]);

function close(call: Call, cause: EndCause, code?: number, reason?: string): Step {
  if (isAnswered(call)) return hangUp(call, { state: 'Ended', code: null, reason: reason ?? cause, cause });
  if (call.direction === 'out') {
    const failed = failures.has(cause);
    return hangUp(call, {
      state: failed ? 'Failed' : 'Canceled',
      code: failed ? (code ?? 503) : 487,
      reason: reason ?? cause,
      cause,
    });
  }
  const statusCode = code ?? 486;
  return hangUp(call, {
    // RFC 3261 §21.6: a 6xx is somebody's word.
    state: statusCode >= 500 && statusCode < 600 ? 'Failed' : 'Rejected',
    code: statusCode,
    reason: reason ?? (statusCode === 486 ? 'Busy Here' : cause),
    cause,
  });
}

function decide(call: Call, route: Route): Step {
  if (call.phase.at !== 'deciding') {
    return [call, route.kind === 'room' ? [{ do: 'pass-through-room', roomId: route.roomId }] : []];
  }
  if (route.kind === 'reject') {
    const state = route.statusCode >= 500 || route.cause === 'hook-failed' ? 'Failed' : 'Rejected';
    const reason = route.reasonPhrase ?? (route.statusCode === 486 ? 'Busy Here' : route.cause);
    return hangUp(call, { state, code: route.statusCode, reason, cause: route.cause }, route.retryAfterS ?? null);
  }
  const next = route.waits ? 'ring' : 'answer';
  const { roomId, echo, entry = {}, callee = null } = route;
  return [{ ...call, phase: { at: 'opening', next }, roomId, echo, entry, callee }, [{ do: 'open-media' }]];
}

function mediaOpened(call: Call, isTombstoned: boolean, refusal: EntryRefusal | null): Step {
  if (call.phase.at !== 'opening') return [call, []];
  if (refusal !== null) return close(call, 'room-refused', refusal.statusCode, refusal.text);
  if (call.phase.next === 'ring' && isTombstoned) return close(call, 'room-tombstone');
  switch (call.phase.next) {
    case 'dial':
      return [{ ...call, phase: { at: 'calling' } }, [{ do: 'dial' }]];
    case 'ring':
      if (call.callee !== null) return ringCallee(call, call.callee);
      return [
        { ...call, phase: { at: 'waiting' }, inRoom: true },
        [
          { do: 'ring' },
          { do: 'report', state: 'Ringing' },
          { do: 'start-timer', timer: 'wait-other-peers', delayMs: call.timeouts.waitOtherPeersMs },
          { do: 'join-room', connected: false },
        ],
      ];
    case 'answer':
      return connect({ ...call, inRoom: true }, [{ do: 'answer' }, { do: 'join-room', connected: true }]);
  }
}

/** The caller waits as long as the phones do: their ring timeout ends both. */
function ringCallee(call: Call, callee: Callee): Step {
  return [
    { ...call, phase: { at: 'waiting', isQuiet: true }, inRoom: true },
    [
      { do: 'join-room', connected: false },
      { do: 'dial-callee', callee },
    ],
  ];
}

function calleeRings(call: Call): Step {
  if (call.phase.at !== 'waiting' || call.phase.isQuiet !== true) return [call, []];
  return [{ ...call, phase: { at: 'waiting' } }, [{ do: 'ring' }, { do: 'report', state: 'Ringing' }]];
}

/** The leg is answered. While it has never met anybody, the alone timer of its direction runs. */
function connect(call: Call, first: readonly CallAction[]): Step {
  const aloneMs = call.direction === 'in' ? call.timeouts.acceptAloneMs : call.timeouts.outgoingAloneMs;
  const actions: CallAction[] = [...first, { do: 'join-media' }, { do: 'report', state: 'Connected' }];
  if (call.alone && aloneMs > 0) actions.push({ do: 'start-timer', timer: 'alone', delayMs: aloneMs });
  return [{ ...call, phase: { at: 'connected' } }, actions];
}

function answered(call: Call): Step {
  if (call.phase.at !== 'calling' && call.phase.at !== 'ringing') return [call, []];
  return connect(call, [{ do: 'mark-connected' }]);
}

function otherConnected(call: Call, refusal: EntryRefusal | null): Step {
  if (call.phase.at !== 'waiting') return [call, []];
  if (refusal !== null) return close(call, 'room-refused', refusal.statusCode, refusal.text);
  return connect(call, [{ do: 'stop-timer', timer: 'wait-other-peers' }, { do: 'answer' }, { do: 'mark-connected' }]);
}

function leftAlone(call: Call, hadOthers: boolean): Step {
  if (!call.inRoom) return [call, []];
  const alone = { ...call, alone: true };
  if (!hadOthers) return [alone, []];
  // Two who were put through to each other are a call, not a conference.
  if (call.timeouts.emptyGraceMs === 0 || call.callee !== null) return close(alone, 'others-left');
  return [alone, [{ do: 'start-timer', timer: 'empty-grace', delayMs: call.timeouts.emptyGraceMs }]];
}

function expired(call: Call, timer: CallTimer): Step {
  switch (timer) {
    case 'wait-other-peers':
      return call.phase.at === 'waiting' ? close(call, 'wait-timeout') : [call, []];
    case 'empty-grace':
      return call.alone ? close(call, 'others-left') : [call, []];
    case 'alone':
      return call.alone ? close(call, 'alone-timeout') : [call, []];
  }
}

function sessionEnded(call: Call, outcome: SessionOutcome): Step {
  if (call.phase.at === 'ended') return [call, []];
  if (call.phase.at === 'ending') return [{ ...call, phase: { at: 'ended', end: call.phase.end } }, [{ do: 'forget' }]];
  const end = endOfSession(call.direction, isAnswered(call), outcome);
  return [{ ...call, phase: { at: 'ended', end }, inRoom: false }, [{ do: 'finish', end }, { do: 'forget' }]];
}

/**
 * One event in the life of a leg: the next state and what to do, in order. Pure; a late event (an answer of a hook
 * after the caller gave up, a timer that fired while a BYE was on its way) is a row here, never a race.
 */
export function step(call: Call, event: CallEvent): Step {
  if (isOver(call) && event.type !== 'session-ended' && event.type !== 'decided') return [call, []];
  switch (event.type) {
    case 'decided':
      return decide(call, event.route);
    case 'media-opened':
      return mediaOpened(call, event.isTombstoned === true, event.refusal ?? null);
    case 'media-failed':
      return close(call, 'media-unavailable', 503, 'Media unavailable');
    case 'progress':
      if (call.phase.at !== 'calling') return [call, []];
      return [{ ...call, phase: { at: 'ringing' } }, [{ do: 'report', state: 'Ringing' }]];
    case 'answered':
      return answered(call);
    case 'other-connected':
      return otherConnected(call, event.refusal ?? null);
    case 'callee-ringing':
      return calleeRings(call);
    case 'callee-failed':
      return call.phase.at === 'waiting' ? close(call, 'remote-rejected', event.code, event.reason) : [call, []];
    case 'accompanied':
      return [
        { ...call, alone: false },
        [
          { do: 'stop-timer', timer: 'empty-grace' },
          { do: 'stop-timer', timer: 'alone' },
        ],
      ];
    case 'alone':
      return leftAlone(call, event.hadOthers);
    case 'moved':
      return [{ ...call, roomId: event.roomId }, []];
    case 'timer':
      return expired(call, event.timer);
    case 'close':
      return close(call, event.cause, event.code, event.reason);
    case 'session-ended':
      return sessionEnded(call, event.outcome);
  }
}
