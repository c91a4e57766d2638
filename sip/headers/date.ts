import type { Parsed } from '../../base/errors.js';
import type { SipMessage } from '../message.js';
import { soleValue, type ValueFault } from './field-list.js';
import { UnwritableError } from './writable.js';

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** RFC 3261 §20.17, as milliseconds of the Unix epoch. */
export function date(message: SipMessage): Parsed<number | undefined, ValueFault> {
  return soleValue(message, 'date', parseSipDate);
}

/** RFC 3261 §25.1 SIP-date, `Sat, 13 Nov 2010 23:29:00 GMT`, as epoch milliseconds; null for anything else. */
export function parseSipDate(text: string): number | null {
  const match = /^(\w{3}), (\d{2}) (\w{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/i.exec(text);
  if (match === null) return null;
  const [, weekday = '', day = '', monthName = '', year = '', hour = '', minute = '', second = ''] = match;
  const month = months.findIndex((name) => name.toLowerCase() === monthName.toLowerCase());
  if (month < 0 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return null;
  const at = Date.UTC(Number(year), month, Number(day), Number(hour), Number(minute), Number(second));
  const read = new Date(at);
  const exists = Number(second) === 60 || read.getUTCDate() === Number(day);
  const isThatDay = days[read.getUTCDay()]?.toLowerCase() === weekday.toLowerCase();
  return exists && (isThatDay || Number(second) === 60) && Number(year) >= 1000 ? at : null;
}

/** Epoch milliseconds as a SIP-date, cut to the second. Throws an UnwritableError outside the years 1000 to 9999. */
export function serializeSipDate(epochMs: number): string {
  const at = new Date(epochMs);
  const year = at.getUTCFullYear();
  if (!(year >= 1000 && year <= 9999)) throw new UnwritableError('Date', 'has a year of more or less than four digits');
  return at.toUTCString();
}
