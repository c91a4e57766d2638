import fc from 'fast-check';
import { UnwritableError } from '../../sip/headers/writable.js';

/** What an application may get out of a form and hand on: line breaks, quotes, separators, halves of characters. */
export const nastyText = fc.oneof(
  fc.string({
    unit: fc.oneof(
      fc.constantFrom(
        '\r',
        '\n',
        '"',
        '\\',
        ';',
        ',',
        ':',
        '<',
        '>',
        '@',
        '?',
        '=',
        ' ',
        '\t',
        '%',
        '(',
        ')',
        '/',
        '&',
      ),
      fc.constantFrom('\r\nVia: SIP/2.0/UDP evil', '";x="', '>;tag=1', ', <sip:evil@h>', ';to-tag=evil', '\ud800', 'é'),
      fc.string({ minLength: 1, maxLength: 3 }),
    ),
    maxLength: 8,
  }),
  fc.constantFrom('a', 'token', 'text/plain', 'A'),
);

/** Null where it was refused with an UnwritableError; any other error is a defect. */
export function made<T>(make: () => T): T | null {
  try {
    return make();
  } catch (error) {
    if (error instanceof UnwritableError) return null;
    throw error;
  }
}

/** Undefined for what could not be read. */
export function readValue<T>(read: { readonly ok: boolean; readonly value?: T }): T | undefined {
  return read.ok ? read.value : undefined;
}
