import { type DestinationStream, destination, pino } from 'pino';
import type { Clock } from '../base/clock.js';
import { type LogControl, type LogFields, type Logger, type LogLevel, logLevels, redactFields } from '../base/log.js';

/** Bytes of log that may wait for a slow reader; what does not fit is dropped and counted. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

export interface LogOutput {
  readonly log: Logger;
  readonly control: LogControl;
  /** Lines lost because nobody read fast enough, or at all. */
  readonly dropped: () => number;
  /** Writes what waits, at once; for the moment before exit. */
  flush(): void;
}

/**
 * A Logger that writes one JSON line per event: time, level, event, then its fields, secrets redacted. Its level can
 * be changed while it is in use.
 */
export function createLogger(level: LogLevel, clock: Clock, stream: DestinationStream): Logger & LogControl {
  const writer = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date(clock.epochMs()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  const at =
    (name: LogLevel) =>
    (event: string, fields?: LogFields): void => {
      if (!writer.isLevelEnabled(name)) return;
      writer[name](fields === undefined ? { event } : { event, ...redactFields(fields) });
    };
  return {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    get level() {
      return logLevels.find((name) => name === writer.level) ?? level;
    },
    setLevel: (next) => {
      writer.level = next;
    },
  };
}

/** Log lines to a file descriptor (2: standard error), without ever waiting for its reader. */
export function openLog(level: LogLevel, clock: Clock, fd: number): LogOutput {
  let dropped = 0;
  const stream = destination({ dest: fd, sync: false, maxLength: MAX_WAITING_BYTES });
  stream.on('drop', () => {
    dropped += 1;
  });
  // A reader that went away must not take the gateway with it.
  stream.on('error', () => {
    dropped += 1;
  });
  const log = createLogger(level, clock, stream);
  return {
    log,
    control: log,
    dropped: () => dropped,
    flush: () => {
      try {
        stream.flushSync();
      } catch {
        dropped += 1;
      }
    },
  };
}
