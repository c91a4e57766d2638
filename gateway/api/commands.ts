import type { LogLevel } from '../../base/log.js';
import type { ApiErrorCode } from '../../contract/errors.js';
import type { MessageSummaryBody } from '../../contract/message-summary.js';
import type { QualityView } from '../../contract/quality.js';
import type { CallView, InviteClientBody, InviteServerBody, SessionView } from '../../contract/v1.js';
import type { HistogramView } from '../calls/histogram.js';

/** Refusals that a command can give; the others are found before a command runs. */
export type CommandCode = Extract<
  ApiErrorCode,
  | 'NOT_FOUND'
  | 'INVALID_DEST_ADDR'
  | 'INVALID_HOOK_URI'
  | 'INVALID_SERVER_ALIAS'
  | 'INTERNAL_ERROR'
  | 'MAX_CONN'
  | 'OVERLOADED'
  | 'DRAINING'
  | 'BAD_REQUEST'
>;

export type CommandResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: CommandCode; readonly message?: string };

/** What the HTTP API may ask of the gateway. It is all that api/ knows of calls and registrations. */
export interface ApiCommands {
  /** Returns as soon as the leg exists; it does not wait for ringing or answer. */
  inviteClient(body: InviteClientBody): Promise<CommandResult<{ readonly sessionId: string }>>;
  inviteServer(body: InviteServerBody): Promise<CommandResult<{ readonly sessionId: string }>>;
  /** CANCEL, 486 or BYE, depending on the state of the leg. */
  closeConnection(connId: string): Promise<CommandResult<'OK'>>;
  /** How a leg that is up sounds. */
  quality(connId: string): Promise<CommandResult<QualityView>>;
  sessions(): readonly SessionView[];
  calls(): readonly CallView[];
  /** What phones of that user are told that subscribe to `message-summary`. `aor`: a SIP URI, or one without its scheme. */
  messageSummary(aor: string): CommandResult<MessageSummaryBody>;
  setMessageSummary(aor: string, body: MessageSummaryBody): CommandResult<MessageSummaryBody>;
  /** All listeners are up and the gateway is not draining. */
  ready(): boolean;
  /** The least important level of log lines that are written; null where somebody else rules the log. */
  logLevel(): LogLevel | null;
  /** For this run; the setting stays. */
  setLogLevel(level: LogLevel): void;
  /** Name to value for /metrics; a name that ends in `_total` only ever rises. */
  counters(): Readonly<Record<string, number>>;
  histograms(): Readonly<Record<string, HistogramView>>;
}
