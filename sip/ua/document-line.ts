import type { Clock } from '../../base/clock.js';
import type { EventValue } from '../headers/event.js';
import type { AnyEventPackage } from '../packages/package.js';

export interface DocumentLineOptions {
  readonly resource: string;
  readonly contentType: string;
  readonly event: EventValue;
}

/** The body of a NOTIFY. */
export interface EventBody {
  readonly body: Buffer;
  readonly contentType: string;
}

/**
 * The documents of one subscription in their order: which state its subscriber knows, which one waits to be told, and
 * whether the next document is whole or a change (RFC 6665 §5.3.2). Holds two states, however often it is pushed.
 */
export class DocumentLine {
  readonly #package: AnyEventPackage;
  readonly #options: DocumentLineOptions;
  /** The newest state; undefined until there is one. */
  #state: unknown;
  /** What the last document told; undefined when the next one has to be whole. */
  #told: unknown;
  #hasNews = false;
  #version = 0;

  constructor(eventPackage: AnyEventPackage, options: DocumentLineOptions) {
    this.#package = eventPackage;
    this.#options = options;
  }

  /** A state waits to be told. */
  get hasNews(): boolean {
    return this.#hasNews;
  }

  push(state: unknown): void {
    // Where the next document is whole anyway, what happened in between is not needed, and must not pile up.
    const waits = this.#hasNews && this.#told !== undefined;
    this.#state = waits ? (this.#package.coalesce?.(this.#state, state) ?? state) : state;
    this.#hasNews = true;
  }

  /** The next document is whole. */
  restart(): void {
    this.#told = undefined;
  }

  /**
   * The next body: null for a NOTIFY without one, `none` when there is nothing to tell. With `always` there is a NOTIFY
   * even so, and it has the whole state; with `blank` it has what a subscriber may see that may not see the state.
   */
  next(blank: boolean, always: boolean, clock: Clock): EventBody | null | 'none' {
    const { resource, event } = this.#options;
    if (blank) {
      const state = this.#package.blank?.(resource);
      return state === undefined ? null : this.#write(state, true, clock);
    }
    this.#hasNews = false;
    if (this.#state === undefined) return null;
    const whole = this.#package.select?.(this.#state, event.params) ?? this.#state;
    const known = this.#told;
    this.#told = whole;
    const change = always || known === undefined ? 'whole' : (this.#package.changes?.(known, whole) ?? 'whole');
    if (change === 'none') return 'none';
    return change === 'whole' ? this.#write(whole, true, clock) : this.#write(change.partial, false, clock);
  }

  #write(state: unknown, full: boolean, clock: Clock): EventBody {
    const { resource, contentType, event } = this.#options;
    const body = this.#package.serialize(state, {
      resource,
      version: this.#version,
      full,
      contentType,
      eventParams: event.params,
      nowMs: clock.nowMs(),
      epochMs: clock.epochMs(),
    });
    this.#version += 1;
    return { body, contentType };
  }
}
