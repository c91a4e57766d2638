import type { Clock } from '../../base/clock.js';
import type { DialogEntry } from '../../sip/index.js';
import type { CallEnd } from '../calls/call-end.js';
import type { CallRunner } from '../calls/call-runner.js';
import type { CallListener } from '../calls/reporter.js';
import type { UserKey } from './users.js';

/** One call of a user as others may see it: what GET /sip/calls shows of it, and no names of its SIP dialog. */
export interface CallEntry extends Pick<DialogEntry, 'state' | 'event' | 'code'> {
  readonly id: string;
  readonly direction: 'initiator' | 'recipient';
  /** Who is at the other end, as a number or user name. */
  readonly otherNumber: string;
  /** On the clock's monotonic milliseconds. */
  readonly sinceMs: number;
}

const states = { Connecting: 'trying', Ringing: 'early', Connected: 'confirmed' } as const;

/** The calls of the gateway's users. As many as there are calls, which max_conn limits. */
export class CallStates implements CallListener {
  readonly #clock: Clock;
  readonly #onChanged: (user: UserKey, ended: CallEntry | null) => void;
  readonly #calls = new Map<UserKey, Map<string, CallEntry>>();

  /** `onChanged` is given the entry that has just ended, which `of` has no more. */
  constructor(clock: Clock, onChanged: (user: UserKey, ended: CallEntry | null) => void) {
    this.#clock = clock;
    this.#onChanged = onChanged;
  }

  of(user: UserKey): readonly CallEntry[] {
    return [...(this.#calls.get(user)?.values() ?? [])];
  }

  /** A call of that user is there, or has come further. Also for calls that are no CallRunner's. */
  set(user: UserKey, entry: Omit<CallEntry, 'sinceMs' | 'event' | 'code'>): void {
    const calls = this.#calls.get(user) ?? new Map<string, CallEntry>();
    this.#calls.set(user, calls);
    calls.set(entry.id, { ...entry, sinceMs: calls.get(entry.id)?.sinceMs ?? this.#clock.nowMs() });
    this.#onChanged(user, null);
  }

  /** It is over; nothing happens when it was not there. */
  end(user: UserKey, id: string, why: Pick<DialogEntry, 'event' | 'code'>): void {
    const calls = this.#calls.get(user);
    const entry = calls?.get(id);
    if (calls === undefined || entry === undefined) return;
    calls.delete(id);
    if (calls.size === 0) this.#calls.delete(user);
    this.#onChanged(user, { ...entry, state: 'terminated', ...why });
  }

  onState(call: CallRunner, state: keyof typeof states): void {
    const { callId, identity, direction, fromNumber, toNumber } = call.info;
    if (identity === null) return;
    this.set(identity, {
      id: callId,
      // Seen from the user: a leg that came in is a call he makes.
      direction: direction === 'in' ? 'initiator' : 'recipient',
      otherNumber: direction === 'in' ? toNumber : fromNumber,
      state: states[state],
    });
  }

  onEnd(call: CallRunner, end: CallEnd): void {
    const { callId, identity } = call.info;
    if (identity !== null) this.end(identity, callId, reasonOf(end));
  }
}

/** RFC 4235 §3.7.1, seen from the user: what his phone did is local. */
function reasonOf({ state, cause, code }: CallEnd): Pick<DialogEntry, 'event' | 'code'> {
  const known = code === null ? {} : { code };
  if (state === 'Ended') return { event: cause === 'remote-bye' ? 'local-bye' : 'remote-bye' };
  if (state === 'Canceled') return { event: 'cancelled', ...known };
  if (state === 'Rejected') return { event: 'rejected', ...known };
  return { event: cause === 'ring-timeout' || cause === 'no-response' ? 'timeout' : 'error', ...known };
}
