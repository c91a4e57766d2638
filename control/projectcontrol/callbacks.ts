import { messageOf } from '../../base/errors.js';

/** What the script's own functions threw, and what went wrong without anybody to tell. */
export type Report = (message: string, error?: unknown) => void;

export type Callback<Self, Args extends unknown[] = [Self]> = (this: Self, ...args: Args) => unknown;

/** The functions assigned to one setter: each assignment adds one. They are the script's, so there is no limit. */
export class CallbackStack<Self, Args extends unknown[] = [Self]> {
  readonly #name: string;
  #callbacks: Callback<Self, Args>[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  get isEmpty(): boolean {
    return this.#callbacks.length === 0;
  }

  /** Throws a TypeError for what cannot be called, in the line that assigned it. */
  add(callback: Callback<Self, Args>): void {
    if (typeof callback !== 'function') throw new TypeError(`${this.#name} has to be a function`);
    this.#callbacks.push(callback);
  }

  clear(): void {
    this.#callbacks = [];
  }

  /** Calls all, in order. One that throws, or whose promise is rejected, is reported and does not stop the others. */
  run(self: Self, args: Args, report: Report): void {
    for (const callback of [...this.#callbacks]) {
      try {
        const result = callback.apply(self, args);
        if (result instanceof Promise) result.catch((error: unknown) => this.#failed(error, report));
      } catch (error) {
        this.#failed(error, report);
      }
    }
  }

  /** The same, and forgets them before: what is added meanwhile waits for the next time. */
  runOnce(self: Self, args: Args, report: Report): void {
    const now = new CallbackStack<Self, Args>(this.#name);
    now.#callbacks = this.#callbacks;
    this.#callbacks = [];
    now.run(self, args, report);
  }

  #failed(error: unknown, report: Report): void {
    report(`${this.#name} failed: ${messageOf(error)}`, error);
  }
}
