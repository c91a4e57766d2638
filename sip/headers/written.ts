import { type NameAddr, serializeNameAddr } from '../header-values.js';
import { checkNameAddr } from './writable.js';

/**
 * An address of the application as a header value: its display name and parameters in quotes where they need them.
 * Throws an UnwritableError, which names the field, for what would leave its place: a line break, a parameter name or a
 * host with separators. (`serializeNameAddr` of header-values.ts trusts what was read or checked before.)
 */
export function writeAddress(field: string, value: NameAddr): string {
  checkNameAddr(field, value);
  return serializeNameAddr(value);
}

/** The same without a field: what the door has as `serializeNameAddr`. */
export function writeNameAddr(value: NameAddr): string {
  return writeAddress('address', value);
}
