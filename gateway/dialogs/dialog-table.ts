import type { DialogRunner } from './dialog-runner.js';

/** Dialogs at a time; one more is refused with 503 and counted `refused`. */
export const MAX_DIALOGS = 20_000;

/** The dialogs there are, by Call-ID; at most `max`. */
export class DialogTable {
  /** Dialogs made since the start. */
  counter = 0;
  readonly #max: number;
  readonly #dialogs = new Map<string, DialogRunner>();
  readonly #emptied: (() => void)[] = [];

  constructor(max = MAX_DIALOGS) {
    this.#max = max;
  }

  get size(): number {
    return this.#dialogs.size;
  }

  get isFull(): boolean {
    return this.#dialogs.size >= this.#max;
  }

  get(callid: string): DialogRunner | undefined {
    return this.#dialogs.get(callid);
  }

  all(): DialogRunner[] {
    return [...this.#dialogs.values()];
  }

  add(dialog: DialogRunner): void {
    this.counter += 1;
    this.#dialogs.set(dialog.info.callid, dialog);
  }

  delete(dialog: DialogRunner): void {
    if (this.#dialogs.get(dialog.info.callid) === dialog) this.#dialogs.delete(dialog.info.callid);
    if (this.size === 0) for (const tell of this.#emptied.splice(0)) tell();
  }

  /** Resolves when no dialog is left. */
  emptied(): Promise<void> {
    if (this.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#emptied.push(resolve));
  }
}
