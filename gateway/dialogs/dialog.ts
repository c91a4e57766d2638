import { reasonPhrase } from '../../sip/index.js';
import type { Description } from './description.js';

/** A SIP status and its phrase; 0 and an empty one where nothing went wrong. */
export interface DialogError {
  readonly code: number;
  readonly status: string;
}

export const noError: DialogError = { code: 0, status: '' };

/** The error of a status that says nothing else. */
export function errorOf(code: number, phrase: string | null = null): DialogError {
  return { code, status: (phrase ?? '').trim() || reasonPhrase(code) };
}

/** What is said of a REFER: mediaswitch contract 1.5.2. */
export interface Refer {
  readonly to: string;
  readonly domain?: string;
  /** Call-ID of the dialog to replace. */
  readonly replaces?: string;
}

/**
 * What is under way in an answered dialog. `offered`: the peer's offer waits for the control server; `before` is what
 * holds again when it is refused. `confirming`: our answer to it waits for its ACK. `soliciting`: an offer in a 2xx of
 * the peer waits for the answer that our ACK carries.
 */
export type Exchange =
  | { readonly is: 'none' | 'confirming' | 'soliciting' }
  | {
      readonly is: 'offered';
      readonly hasAck: boolean;
      readonly before: { readonly them: Description | null; readonly hold: boolean };
    };

export type Phase =
  /** An INVITE of the peer without a final response. */
  | { readonly at: 'setup' }
  /** Our 200 waits for its ACK. */
  | { readonly at: 'accepted' }
  /** An INVITE of ours without a final response. */
  | { readonly at: 'calling' }
  | { readonly at: 'up'; readonly exchange: Exchange }
  /** We have ended it; the SIP side is still finishing. */
  | { readonly at: 'ending'; readonly error: DialogError }
  | { readonly at: 'ended' };

/** One dialog between a peer and its control server: plain data. Times are seconds since the epoch, 0 = not yet. */
export interface Dialog {
  readonly originator: boolean;
  /** False: nobody is told and nobody drives it. */
  readonly hasControl: boolean;
  readonly phase: Phase;
  readonly authenticated: boolean;
  readonly ring: boolean;
  readonly answered: boolean;
  readonly hold: boolean;
  readonly hangup: boolean;
  readonly error: DialogError;
  readonly them: Description | null;
  readonly us: Description | null;
  readonly epochs: { readonly start: number; readonly ring: number; readonly answer: number; readonly end: number };
}

/** `setup`: how long a caller waits for the control server. `reply`: how long an offer of the peer does. */
export type DialogTimer = 'setup' | 'reply';

export const timerMs: Readonly<Record<DialogTimer, number>> = {
  setup: 180_000,
  // Less than the peer's Timer F, so that an UPDATE is answered too.
  reply: 30_000,
};

export type DialogEvent =
  // What the control server asks for.
  | { readonly type: 'ring'; readonly alertInfo: string | null }
  | { readonly type: 'answer'; readonly description: Description | null }
  | { readonly type: 'ok'; readonly description: Description | null }
  | { readonly type: 'hangup'; readonly code: number | null; readonly reason: string | null }
  | { readonly type: 'reinvite'; readonly description: Description | null }
  /** It did not take an event. */
  | { readonly type: 'control-failed' }
  // What the peer does.
  | { readonly type: 'progress'; readonly description: Description | null }
  | { readonly type: 'answered'; readonly description: Description | null; readonly isOffer: boolean }
  | { readonly type: 'confirmed'; readonly description: Description | null }
  /** `hasAck`: a re-INVITE, and no UPDATE. Without a description it wants ours. */
  | { readonly type: 'offered'; readonly description: Description | null; readonly hasAck: boolean }
  | { readonly type: 'reinvite-confirmed'; readonly description: Description | null }
  /** A re-INVITE of ours with that offer got that answer. */
  | { readonly type: 'reinvited'; readonly offer: Description; readonly description: Description | null }
  /** A re-INVITE of ours without an offer got one. */
  | { readonly type: 'solicited'; readonly description: Description | null }
  | { readonly type: 'reinvite-failed'; readonly error: DialogError }
  | { readonly type: 'referred'; readonly refer: Refer }
  | { readonly type: 'session-ended'; readonly error: DialogError }
  // What happens here.
  | { readonly type: 'timer'; readonly timer: DialogTimer }
  | { readonly type: 'close'; readonly error: DialogError };

export type DialogAction =
  /** The control server hears of the dialog as it is after the step. */
  | { readonly do: 'tell'; readonly refer?: Refer; readonly error?: DialogError }
  | { readonly do: 'ring'; readonly alertInfo: string | null }
  | { readonly do: 'accept'; readonly body: Buffer }
  | { readonly do: 'answer-offer'; readonly body: Buffer }
  | { readonly do: 'refuse-offer'; readonly statusCode: number }
  /** Null: there is no answer, and the session ends. */
  | { readonly do: 'acknowledge'; readonly body: Buffer | null }
  | { readonly do: 'reinvite'; readonly description: Description }
  | { readonly do: 'solicit' }
  /** Final response, CANCEL or BYE: whatever the session's state asks for. */
  | { readonly do: 'end-session'; readonly error: DialogError }
  | { readonly do: 'start-timer'; readonly timer: DialogTimer }
  | { readonly do: 'stop-timer'; readonly timer: DialogTimer }
  /** The one finaliser, behind the last event: stop the timers, leave the table. */
  | { readonly do: 'finish' };

export type Step = readonly [Dialog, readonly DialogAction[]];

const fresh = { ring: false, answered: false, hold: false, hangup: false, error: noError, us: null };

export function createIncomingDialog(start: Pick<Dialog, 'authenticated' | 'them'> & { readonly nowS: number }): Step {
  const { authenticated, them, nowS } = start;
  const epochs = { start: nowS, ring: 0, answer: 0, end: 0 };
  const dialog: Dialog = {
    ...fresh,
    ...{ originator: false, hasControl: true, authenticated, them, epochs },
    phase: { at: 'setup' },
  };
  return [dialog, [{ do: 'tell' }, { do: 'start-timer', timer: 'setup' }]];
}

export function createOutgoingDialog(start: Pick<Dialog, 'hasControl' | 'us'> & { readonly nowS: number }): Dialog {
  const { hasControl, us, nowS } = start;
  const epochs = { start: nowS, ring: 0, answer: 0, end: 0 };
  return {
    ...fresh,
    ...{ originator: true, hasControl, authenticated: false, them: null, us, epochs },
    phase: { at: 'calling' },
  };
}

const none: Exchange = { is: 'none' };

function isOver({ phase }: Dialog): boolean {
  return phase.at === 'ending' || phase.at === 'ended';
}

function exchangeOf({ phase }: Dialog): Exchange {
  return phase.at === 'up' ? phase.exchange : none;
}

function withExchange(dialog: Dialog, exchange: Exchange): Dialog {
  return { ...dialog, phase: { at: 'up', exchange } };
}

/** Whether that command cannot be carried out without a description of ours. */
export function needsDescription(dialog: Dialog, command: 'answer' | 'ok'): boolean {
  if (dialog.phase.at === 'setup') return true;
  const { is } = exchangeOf(dialog);
  if (is === 'soliciting') return true;
  return command === 'ok' && is === 'offered' && dialog.us === null;
}

/** We end the dialog: the SIP side is told what fits its state, and tells when it has. */
function end(dialog: Dialog, error: DialogError): Step {
  const stop: DialogAction[] = [
    { do: 'stop-timer', timer: 'setup' },
    { do: 'stop-timer', timer: 'reply' },
  ];
  return [{ ...dialog, phase: { at: 'ending', error } }, [...stop, { do: 'end-session', error }]];
}

function hangUp(dialog: Dialog, code: number | null, reason: string | null): Step {
  // A BYE or CANCEL is no error unless it is said to be one.
  if (dialog.phase.at !== 'setup' && code === null) return end(dialog, noError);
  return end(dialog, errorOf(code ?? 404, reason));
}

function ring(dialog: Dialog, alertInfo: string | null, nowS: number): Step {
  if (dialog.phase.at !== 'setup' || dialog.ring) return [dialog, []];
  return [
    { ...dialog, ring: true, epochs: { ...dialog.epochs, ring: nowS } },
    [
      { do: 'ring', alertInfo },
      { do: 'start-timer', timer: 'setup' },
    ],
  ];
}

function reply(dialog: Dialog, command: 'answer' | 'ok', description: Description | null): Step {
  const us = description ?? dialog.us;
  const { phase } = dialog;
  if (us === null || (description === null && needsDescription(dialog, command))) return [dialog, []];
  if (phase.at === 'setup') {
    const accepted: Dialog = { ...dialog, us, phase: { at: 'accepted' } };
    return [
      accepted,
      [
        { do: 'stop-timer', timer: 'setup' },
        { do: 'accept', body: us.body },
      ],
    ];
  }
  const exchange = exchangeOf(dialog);
  if (exchange.is === 'soliciting') {
    return [withExchange({ ...dialog, us }, none), [{ do: 'acknowledge', body: us.body }]];
  }
  if (command === 'ok' && exchange.is === 'offered') return answerOffer({ ...dialog, us }, us, exchange.hasAck);
  return [dialog, []];
}

function answerOffer(dialog: Dialog, us: Description, hasAck: boolean): Step {
  return [
    withExchange(dialog, hasAck ? { is: 'confirming' } : none),
    [
      { do: 'stop-timer', timer: 'reply' },
      { do: 'answer-offer', body: us.body },
    ],
  ];
}

/** RFC 3261 §14.2: a session that is not changed stays as it was. */
function refuseOffer(dialog: Dialog, statusCode: number): Step {
  const exchange = exchangeOf(dialog);
  if (exchange.is !== 'offered') return [dialog, []];
  return [
    withExchange({ ...dialog, ...exchange.before }, none),
    [
      { do: 'stop-timer', timer: 'reply' },
      { do: 'refuse-offer', statusCode },
    ],
  ];
}

function offered(dialog: Dialog, description: Description | null, hasAck: boolean): Step {
  // Before the answer there is nobody to ask: the control server answers INVITEs.
  if (dialog.phase.at !== 'up' && dialog.phase.at !== 'accepted') {
    return [dialog, [{ do: 'refuse-offer', statusCode: 491 }]];
  }
  const { them, hold } = dialog;
  const changed: Dialog = {
    ...dialog,
    them: description ?? them,
    hold: description === null ? hold : description.isHold,
  };
  if (!dialog.hasControl) {
    if (dialog.us === null) return [dialog, [{ do: 'refuse-offer', statusCode: 488 }]];
    return answerOffer(changed, dialog.us, hasAck);
  }
  return [
    withExchange(changed, { is: 'offered', hasAck, before: { them, hold } }),
    [{ do: 'start-timer', timer: 'reply' }, { do: 'tell' }],
  ];
}

/** An offer in a 2xx of the peer. */
function solicited(dialog: Dialog, description: Description | null): Step {
  const changed = { ...dialog, them: description ?? dialog.them };
  if (description !== null && dialog.hasControl) {
    return [withExchange(changed, { is: 'soliciting' }), [{ do: 'tell' }]];
  }
  const body = description === null ? null : (dialog.us?.body ?? null);
  return [withExchange(changed, none), [{ do: 'acknowledge', body }]];
}

function answered(dialog: Dialog, description: Description | null, isOffer: boolean, nowS: number): Step {
  if (dialog.phase.at !== 'calling') return [dialog, []];
  const up: Dialog = withExchange(
    { ...dialog, answered: true, authenticated: true, epochs: { ...dialog.epochs, answer: nowS } },
    none,
  );
  if (isOffer) return solicited(up, description);
  return [{ ...up, them: description ?? up.them }, [{ do: 'tell' }]];
}

function progressed(dialog: Dialog, description: Description | null, nowS: number): Step {
  if (dialog.phase.at !== 'calling') return [dialog, []];
  const heard = { ...dialog, them: description ?? dialog.them };
  if (dialog.ring) return [heard, []];
  return [{ ...heard, ring: true, epochs: { ...heard.epochs, ring: nowS } }, [{ do: 'tell' }]];
}

function confirmed(dialog: Dialog, description: Description | null, nowS: number): Step {
  if (dialog.phase.at !== 'accepted') return [dialog, []];
  const epochs = { ...dialog.epochs, answer: nowS };
  return [
    withExchange({ ...dialog, answered: true, them: description ?? dialog.them, epochs }, none),
    [{ do: 'tell' }],
  ];
}

function reinviteConfirmed(dialog: Dialog, description: Description | null): Step {
  if (exchangeOf(dialog).is !== 'confirming') return [dialog, []];
  return [withExchange({ ...dialog, them: description ?? dialog.them }, none), [{ do: 'tell' }]];
}

/** Nobody drives an unanswered dialog any more; an answered one goes on without. */
function controlFailed(dialog: Dialog): Step {
  const { at } = dialog.phase;
  if (at === 'setup' || at === 'calling') return end(dialog, errorOf(480));
  return refuseOffer(dialog, 500);
}

function sessionEnded(dialog: Dialog, error: DialogError, nowS: number): Step {
  const { phase } = dialog;
  if (phase.at === 'ended') return [dialog, []];
  const epochs = { ...dialog.epochs, end: nowS };
  const ended: Dialog = {
    ...dialog,
    ...{ hangup: true, error: phase.at === 'ending' ? phase.error : error, epochs },
    phase: { at: 'ended' },
  };
  return [ended, [{ do: 'tell' }, { do: 'finish' }]];
}

/**
 * One event in the life of a dialog: the next state and what to do, in order. Pure. What comes too late (a command for
 * a dialog that is ending, an answer twice) changes nothing. Exactly one event leads to `ended`, and tells of it.
 */
export function step(dialog: Dialog, event: DialogEvent, nowS: number): Step {
  if (event.type === 'session-ended') return sessionEnded(dialog, event.error, nowS);
  if (isOver(dialog)) return [dialog, event.type === 'offered' ? [{ do: 'refuse-offer', statusCode: 481 }] : []];
  switch (event.type) {
    case 'ring':
      return ring(dialog, event.alertInfo, nowS);
    case 'answer':
    case 'ok':
      return reply(dialog, event.type, event.description);
    case 'hangup':
      return hangUp(dialog, event.code, event.reason);
    case 'reinvite': {
      if (dialog.phase.at !== 'up' && dialog.phase.at !== 'accepted') return [dialog, []];
      const { description } = event;
      return [dialog, [description === null ? { do: 'solicit' } : { do: 'reinvite', description }]];
    }
    case 'control-failed':
      return controlFailed(dialog);
    case 'progress':
      return progressed(dialog, event.description, nowS);
    case 'answered':
      return answered(dialog, event.description, event.isOffer, nowS);
    case 'confirmed':
      return confirmed(dialog, event.description, nowS);
    case 'offered':
      return offered(dialog, event.description, event.hasAck);
    case 'reinvite-confirmed':
      return reinviteConfirmed(dialog, event.description);
    case 'reinvited':
      return [{ ...dialog, us: event.offer, them: event.description ?? dialog.them }, [{ do: 'tell' }]];
    case 'solicited':
      return dialog.phase.at === 'up'
        ? solicited(dialog, event.description)
        : [dialog, [{ do: 'acknowledge', body: null }]];
    case 'reinvite-failed':
      return [dialog, [{ do: 'tell', error: event.error }]];
    case 'referred':
      return [dialog, [{ do: 'tell', refer: event.refer }]];
    case 'timer':
      return event.timer === 'reply' ? refuseOffer(dialog, 500) : expired(dialog);
    case 'close':
      return end(dialog, dialog.phase.at === 'setup' ? event.error : noError);
  }
}

function expired(dialog: Dialog): Step {
  return dialog.phase.at === 'setup' ? end(dialog, errorOf(480)) : [dialog, []];
}
