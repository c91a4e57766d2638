import type {
  AuthHookReply,
  AuthHookRequest,
  CallEventBody,
  InviteHookReply,
  InviteHookRequest,
  RegistrationHookRequest,
} from '../../contract/v1.js';

export type HookFailure = 'timeout' | 'connect' | 'status' | 'invalid' | 'overload' | 'aborted' | 'too-large';

export type HookOutcome<T> =
  | { readonly ok: true; readonly reply: T; readonly afterMs: number }
  | {
      readonly ok: false;
      readonly failure: HookFailure;
      /** HTTP status, when an answer came. */
      readonly status: number | null;
      readonly message: string;
      readonly afterMs: number;
    };

/** The application's hooks, as the rest of the gateway sees them. No method throws or rejects. */
export interface HookClient {
  /** Takes up what an earlier process could not deliver. Awaited once, before the first request is served. */
  start(): Promise<void>;
  /** Asked once, never repeated; 5 s with queue time. */
  auth(request: AuthHookRequest): Promise<HookOutcome<AuthHookReply>>;
  /** Like auth. `signal` gives the question up (outcome `aborted`); leave it alone to learn a late answer's room. */
  invite(request: InviteHookRequest, signal: AbortSignal): Promise<HookOutcome<InviteHookReply>>;
  /** Queued: in order per user, 10 s a try, at most 5 tries with 1, 2, 4, 8 s between them. */
  register(request: RegistrationHookRequest): void;
  unregister(request: RegistrationHookRequest): void;
  /** Queued like register, in order per call (`session_id`). `url`: the call's hook_uri, null: {hook_url}/event. */
  event(body: CallEventBody, url: string | null): void;
  /** Waits until nothing is pending, at most `deadlineMs` from now. What is left survives in the store. */
  drain(deadlineMs: number): Promise<{ readonly undelivered: number }>;
  /** Ends what is in flight; queued deliveries stay in the store. May be called twice. */
  close(): Promise<void>;
  /** Hooks in flight, waiting or queued. */
  pending(): number;
  counters(): Readonly<Record<string, number>>;
}
