import type { CallEntry, CallStates } from '../presence/call-states.js';
import { identityOf } from '../registrar/bindings.js';
import type { Dialog } from './dialog.js';
import type { DialogRunner } from './dialog-runner.js';

type State = 'trying' | 'early' | 'confirmed';

/** What was told last. */
interface Told {
  /** No Call-ID: who knows one can replace the call (RFC 4235 §6). */
  readonly id: string;
  readonly state: State;
}

/** Shows dialogs to those who watch the user at their other end: RFC 4235. As many as there are in the table. */
export class DialogPresence {
  readonly #calls: () => Pick<CallStates, 'set' | 'end'> | null;
  readonly #told = new Map<DialogRunner, Told>();
  #count = 0;

  /** `calls`: null while nobody can watch anybody. */
  constructor(calls: () => Pick<CallStates, 'set' | 'end'> | null) {
    this.#calls = calls;
  }

  /** The dialog is new, or is not what it was before. */
  onStep(runner: DialogRunner, before: Dialog): void {
    const { peer } = runner.guard;
    const calls = this.#calls();
    if (peer.kind !== 'user' || calls === null) return;
    const user = identityOf(peer.owner);
    const { dialog, info } = runner;
    const told = this.#told.get(runner);
    if (dialog.hangup) {
      this.#told.delete(runner);
      if (told !== undefined) calls.end(user, told.id, endOf(dialog, before.phase.at === 'ending'));
      return;
    }
    const state = stateOf(dialog);
    if (told?.state === state) return;
    const id = told?.id ?? this.#newId();
    this.#told.set(runner, { id, state });
    const direction = dialog.originator ? 'recipient' : 'initiator';
    calls.set(user, { id, direction, otherNumber: info.otherNumber, state });
  }

  #newId(): string {
    this.#count += 1;
    return `dialog-${this.#count}`;
  }
}

function stateOf({ answered, ring }: Dialog): State {
  if (answered) return 'confirmed';
  return ring ? 'early' : 'trying';
}

/** RFC 4235 §3.7.1, seen from the user. `isOurs`: we have ended it, he has not. */
function endOf(
  { answered, originator, error: { code } }: Dialog,
  isOurs: boolean,
): Pick<CallEntry, 'event'> & { readonly code?: number } {
  const known = code === 0 ? {} : { code };
  if (answered && (isOurs || code === 0)) return { event: isOurs ? 'remote-bye' : 'local-bye' };
  if (code === 408) return { event: 'timeout', ...known };
  if (answered) return { event: 'error', ...known };
  if (code === 0) return { event: 'cancelled' };
  // A failure that his phone gave, or that his call got.
  return { event: originator === isOurs ? 'error' : 'rejected', ...known };
}
