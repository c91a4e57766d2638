/** What a log line may carry. Values are written as JSON; credentials, keys and `a=crypto` never belong here. */
export type LogFields = Readonly<Record<string, unknown>>;

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** One JSON line per event. `event` is a dotted name out of gateway/events/names.ts. */
export interface Logger {
  trace(event: string, fields?: LogFields): void;
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

const nothing = (): void => undefined;

/** Drops everything; for tests and for library users who log elsewhere. */
export const silentLogger: Logger = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
