import type { Timer } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import type { Closable, UaContext } from './context.js';
import { guarded } from './guard.js';

export interface DecisionHandlers<T> {
  onDecided(decision: T): void;
  /** The application threw or rejected. */
  onFailed(): void;
  /** No decision in time; one that comes later is dropped. */
  onLate(): void;
  /** Whatever happened; before the others. */
  onDone(): void;
}

/**
 * Waits for what the application decides about a request, no longer than `deadlineMs`. A decision that is there at
 * once is told at once. Counted among the user agent's usages while it waits.
 */
export class Decision<T> implements Closable {
  readonly #context: UaContext;
  readonly #deadlineMs: number;
  readonly #ask: () => T | Promise<T>;
  readonly #handlers: DecisionHandlers<T>;
  #timer: Timer | null = null;
  #open = true;

  constructor(context: UaContext, deadlineMs: number, ask: () => T | Promise<T>, handlers: DecisionHandlers<T>) {
    this.#context = context;
    this.#deadlineMs = deadlineMs;
    this.#ask = ask;
    this.#handlers = handlers;
  }

  start(): void {
    let asked: T | Promise<T>;
    try {
      asked = this.#ask();
    } catch (error) {
      this.#failed(error);
      return;
    }
    if (!(asked instanceof Promise)) {
      this.#settle(() => this.#handlers.onDecided(asked));
      return;
    }
    this.#context.usages.add(this);
    this.#timer = this.#context.clock.setTimer(this.#deadlineMs, () => this.#settle(() => this.#handlers.onLate()));
    asked.then(
      (decision) => this.#settle(() => this.#handlers.onDecided(decision)),
      (error) => this.#failed(error),
    );
  }

  close(): void {
    this.#settle(() => {});
  }

  #failed(error: unknown): void {
    this.#context.log.error('sip.usage-handler-fault', { message: messageOf(error) });
    this.#settle(() => this.#handlers.onFailed());
  }

  #settle(tell: () => void): void {
    if (!this.#open) return;
    this.#open = false;
    this.#timer?.cancel();
    this.#context.usages.delete(this);
    this.#handlers.onDone();
    guarded(this.#context.log, tell, undefined);
  }
}
