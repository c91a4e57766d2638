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

/** The least important level that is written, while the process runs. */
export interface LogControl {
  readonly level: LogLevel;
  setLevel(level: LogLevel): void;
}

const nothing = (): void => undefined;

/** Drops everything; for tests and for library users who log elsewhere. */
export const silentLogger: Logger = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

/** Names of fields whose values are secrets, whatever stands before or after: hookSecret, proxyAuthorization, ha1 … */
const secretName = /passw|secret|authorization|credential|ha1|token|crypto|cookie/i;
/** Secrets inside texts: bearers and digests, passwords of URLs, key material of SDP (RFC 4568 §9.1). */
const secretTexts: readonly (readonly [RegExp, string])[] = [
  [/\b(authorization|proxy-authorization)(\s*:\s*)[^\r\n]+/gi, '$1$2[redacted]'],
  [/\b(Bearer|Digest)\s+[^\r\n]+/gi, '$1 [redacted]'],
  [/\b(inline:)[^\s"']+/gi, '$1[redacted]'],
  [/(\/\/[^\s/:@]*:)[^\s/@]+@/g, '$1[redacted]@'],
  [/([?&](?:token|secret|password)=)[^&\s]+/gi, '$1[redacted]'],
];
const mayHoldSecret = /authorization|bearer|digest|inline:|\/\/[^\s/]*@|[?&](?:token|secret|password)=/i;
const MAX_DEPTH = 6;

/**
 * Fields as they may be written: secrets replaced by `[redacted]`, errors by their message and code, what JSON does
 * not know by its text. Nesting beyond six levels is cut.
 */
export function redactFields(fields: LogFields): Record<string, unknown> {
  return redactMembers(fields, 0);
}

function redactMembers(members: Readonly<Record<string, unknown>>, depth: number): Record<string, unknown> {
  const written: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(members)) {
    const isSecret =
      secretName.test(name) && (typeof value === 'string' || typeof value === 'object') && value !== null;
    written[name] = isSecret ? '[redacted]' : redactValue(value, depth);
  }
  return written;
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[…]';
  if (value instanceof Error) return redactError(value, depth);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Map || value instanceof Set) return `[${value.size} entries]`;
  if (Array.isArray(value)) return value.map((member) => redactValue(member, depth + 1));
  return redactMembers(value as Readonly<Record<string, unknown>>, depth + 1);
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  const { cause } = error;
  return {
    message: redactText(error.message),
    ...('code' in error ? { code: String(error.code) } : {}),
    ...(error.stack === undefined ? {} : { stack: redactText(error.stack) }),
    ...(cause === undefined ? {} : { cause: redactValue(cause, depth + 1) }),
  };
}

function redactText(text: string): string {
  if (!mayHoldSecret.test(text)) return text;
  return secretTexts.reduce((redacted, [pattern, by]) => redacted.replace(pattern, by), text);
}
