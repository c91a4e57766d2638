import { fault, type Parsed, parsed } from '../../base/errors.js';
import type { SipMessage } from '../message.js';
import { Params } from '../params.js';
import { Scanner } from '../parse/scanner.js';
import type { ValueFault } from './field-list.js';

/** RFC 8224 §4: a signed assertion of who calls. It is read here and not verified. */
export interface IdentityToken {
  /** `header.payload.signature` in base64url, or `..signature` in the compact form (RFC 8225 §7). */
  readonly token: string;
  /** Where the certificate is. */
  readonly info: string | undefined;
  /** `ES256` unless told. */
  readonly alg: string;
  /** The PASSporT extension, `shaken` for instance. */
  readonly ppt: string | undefined;
  /** The others. */
  readonly params: Params;
}

/** Longer values are not read. */
const MAX_CHARACTERS = 8192;

/** Every Identity field; each is one value (RFC 8224 §4). */
export function identityTokens(message: SipMessage): Parsed<readonly IdentityToken[], ValueFault> {
  return message.headers.cached('identity tokens', () => {
    const tokens: IdentityToken[] = [];
    for (const line of message.headers.all('identity')) {
      const token = line.length > MAX_CHARACTERS ? null : readToken(line);
      if (token === null) return fault('bad-value', tokens.length);
      tokens.push(token);
    }
    return parsed(tokens);
  });
}

function readToken(line: string): IdentityToken | null {
  const match = /^\s*([A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+)\s*/.exec(line);
  if (match === null) return null;
  // `info=<uri>` is no generic-param; it is taken out so that the rest is.
  let info: string | undefined;
  const rest = line.slice(match[0].length).replace(/;\s*info\s*=\s*<([^<>]*)>/i, (_, uri: string) => {
    info = uri;
    return '';
  });
  const scanner = new Scanner(rest);
  const params = new Params();
  if (!scanner.params(params)) return null;
  scanner.skipLws();
  if (!scanner.done) return null;
  const alg = params.get('alg') ?? 'ES256';
  const ppt = params.get('ppt') ?? undefined;
  params.delete('alg');
  params.delete('ppt');
  return { token: match[1]!, info, alg, ppt, params };
}

/** What a PASSporT claims: RFC 8225 §5. Unverified. */
export interface Passport {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** The claims of a full-form token; a compact one has none of its own. */
export function passportOf({ token }: Pick<IdentityToken, 'token'>): Parsed<Passport, 'compact' | 'bad-value'> {
  const [head = '', claims = ''] = token.split('.');
  if (head === '' || claims === '') return fault('compact');
  const header = objectIn(head);
  const payload = objectIn(claims);
  return header === null || payload === null ? fault('bad-value') : parsed({ header, payload });
}

function objectIn(base64url: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(base64url, 'base64url').toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : null;
  } catch {
    return null;
  }
}
