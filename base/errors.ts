/**
 * The result of reading what a peer sent. A parser never throws: a fault is a value.
 * `fault` names what is wrong, `at` is the offset (bytes or characters) where it was noticed.
 */
export type Parsed<T, F extends string = string> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: F; readonly at: number };

/** A successful Parsed. */
export function parsed<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** A failed Parsed. */
export function fault<F extends string>(
  name: F,
  at = 0,
): { readonly ok: false; readonly fault: F; readonly at: number } {
  return { ok: false, fault: name, at };
}

/** What a caller caused or awaited and has to handle: a stable `code`, its data as fields of the subclass. */
export abstract class AppError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The message of whatever was thrown, for a log line or an error answer. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
