import { Params } from './params.js';
import { parseUri, type SipUri, sipUri, type TelUri, type Uri } from './uri.js';

/** What a telephone-subscriber says: RFC 3966 §3, §5. */
export interface TelNumber {
  /** With `+` everywhere the same; a local one means something in its context only (RFC 3966 §5.1.4, §5.1.5). */
  readonly kind: 'global' | 'local';
  /** Without visual separators, `+` included, letters in upper case. */
  readonly digits: string;
  /** A domain, lower-case, or the global digits that it begins with; a global number has none. */
  readonly context: string | undefined;
  /** `ext`, without visual separators. */
  readonly extension: string | undefined;
  /** `isub`. */
  readonly subaddress: string | undefined;
}

/**
 * The parts of a tel URI, or null where RFC 3966 §3 is not kept: hex digits in a global number, no digit at all. That a
 * local number has no context, which §5.1.5 forbids, is forgiven: many phones leave it out.
 */
export function telNumber({ number, params }: TelUri): TelNumber | null {
  const digits = bare(number).toUpperCase();
  const kind = digits.startsWith('+') ? 'global' : 'local';
  if (!(kind === 'global' ? /^\+\d+$/ : /^[0-9A-F*#]+$/).test(digits)) return null;
  const context = params.get('phone-context');
  const extension = params.get('ext');
  return {
    kind,
    digits,
    context: typeof context === 'string' ? bareContext(context) : undefined,
    extension: typeof extension === 'string' ? bare(extension) : undefined,
    subaddress: params.get('isub') ?? undefined,
  };
}

/** Without the visual separators of RFC 3966 §5.1.1. */
function bare(text: string): string {
  return text.replace(/[-.()]/g, '');
}

/** RFC 3966 §5.1.5: separators mean nothing in digits, and much in a domain. */
function bareContext(context: string): string {
  return context.startsWith('+') ? bare(context) : context.toLowerCase();
}

/**
 * The SIP URI of the same subscriber at a domain, in the form that compares: no visual separators, `ext` and `isub`
 * first, the others in lexical order, all in lower case (RFC 3261 §19.1.6).
 */
export function telToSip(uri: TelUri, host: string, port?: number | undefined): SipUri {
  const rank = (name: string): string => (name === 'ext' || name === 'isub' ? `0${name}` : `1${name}`);
  const params = [...uri.params].map(([name, value]) => [name.toLowerCase(), value] as const);
  params.sort(([a], [b]) => (rank(a) < rank(b) ? -1 : 1));
  let user = bare(uri.number).toLowerCase();
  for (const [name, value] of params) {
    const isNumber = name === 'ext' || (name === 'phone-context' && value?.startsWith('+') === true);
    user += value === null ? `;${name}` : `;${name}=${isNumber ? bare(value) : value.toLowerCase()}`;
  }
  return sipUri({ user, host, port, params: { user: 'phone' } });
}

/** The tel URI in the user part of a SIP URI with `user=phone`; null when there is none (RFC 3261 §19.1.6). */
export function sipToTel(uri: Uri): TelUri | null {
  if (uri.scheme !== 'sip' && uri.scheme !== 'sips') return null;
  if (uri.user === undefined || uri.params.get('user')?.toLowerCase() !== 'phone') return null;
  const [number = '', ...rest] = uri.user.split(';');
  const read = parseUri(`tel:${number}`);
  if (!read.ok || read.value.scheme !== 'tel') return null;
  const params = new Params();
  for (const text of rest) {
    const equals = text.indexOf('=');
    const name = equals < 0 ? text : text.slice(0, equals);
    if (name === '' || params.has(name)) return null;
    params.set(name, equals < 0 ? null : text.slice(equals + 1));
  }
  return { scheme: 'tel', number: read.value.number, params };
}
