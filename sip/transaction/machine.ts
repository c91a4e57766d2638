/** What one event does in one state: the next state, and the actions in the order they run. */
export interface Cell<State extends string, Action extends string> {
  readonly to: State;
  readonly act: readonly Action[];
}

/** The events a state reacts to; an absent cell means "ignored". */
export type Row<State extends string, Event extends string, Action extends string> = {
  readonly [event in Event]?: Cell<State, Action>;
};

/** A whole machine, cells as in the RFC's figure. It starts in `initial` and ends in `terminated`. */
export type Table<State extends string, Event extends string, Action extends string> = {
  readonly [state in State]: Row<State, Event, Action>;
};

/** Any table, as its runner sees it. */
export type AnyTable<State extends string, Event extends string, Action extends string> = {
  readonly [state in State]?: Row<State, Event, Action>;
};

/** One transition, for logs and tests. */
export interface Transition {
  readonly machine: 'invite-client' | 'non-invite-client' | 'invite-server' | 'non-invite-server';
  readonly branch: string;
  readonly from: string;
  readonly event: string;
  readonly to: string;
}
