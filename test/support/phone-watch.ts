import type { Subscription } from '../../sip/ua/subscriber.js';

/** A subscription of a phone, and what it was told. */
export class PhoneWatch<State> {
  /** Whole states as they were known after each NOTIFY, newest last. */
  readonly states: State[] = [];
  /** `active`, `terminated deactivated`, `retry terminated`, `ended refused 403`, in order. */
  readonly log: string[] = [];
  /** NOTIFY bodies as they came. */
  readonly bodies: string[] = [];
  subscription: Subscription | null = null;

  get state(): State | undefined {
    return this.states.at(-1);
  }
}
