/** Commands that wait in a lane; one more is not sent. A call has about ten in its life. */
const MAX_WAITING = 64;

/**
 * Does one thing after the other: the commands of a call arrive in the order in which they were given. Limit: 64 wait,
 * one more is dropped (`run` resolves with null) and counted in `dropped`; what ends a call is never dropped.
 */
export class Lane {
  dropped = 0;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** `task` must not reject. */
  run<T>(task: () => Promise<T>): Promise<T | null> {
    if (this.#waiting >= MAX_WAITING) {
      this.dropped += 1;
      return Promise.resolve(null);
    }
    return this.runAnyway(task);
  }

  runAnyway<T>(task: () => Promise<T>): Promise<T> {
    this.#waiting += 1;
    const done = this.#last.then(task).finally(() => {
      this.#waiting -= 1;
    });
    this.#last = done;
    return done;
  }

  /** Resolves once everything given so far is done. */
  get settled(): Promise<unknown> {
    return this.#last;
  }
}
