import type { Parsed } from '../../base/errors.js';
import { type DigestCredentials, digestResponse, sessionKey } from '../auth/digest.js';
import type { SipMessage } from '../message.js';
import { QUOTE_CODE, VALUE } from '../parse/scanner.js';
import { readAll, soleValue, type ValueFault } from './field-list.js';

/** RFC 7616 §3.5, RFC 3261 §20.6: what a server says after it has let us in. */
export interface AuthenticationInfo {
  /** To be used in our next request. */
  readonly nextnonce: string | undefined;
  readonly qop: string | undefined;
  /** The proof that the server knows the password too. */
  readonly rspauth: string | undefined;
  readonly cnonce: string | undefined;
  readonly nc: string | undefined;
}

const EQUALS = 0x3d;
const COMMA = 0x2c;

export function authenticationInfo(message: SipMessage): Parsed<AuthenticationInfo | undefined, ValueFault> {
  return soleValue(message, 'authentication-info', (text) =>
    readAll(text, (scanner) => {
      const values = new Map<string, string>();
      do {
        const name = scanner.token().toLowerCase();
        if (name === '' || values.has(name) || !scanner.takeSeparator(EQUALS)) return null;
        const value = scanner.peek() === QUOTE_CODE ? scanner.quotedString() : scanner.run(VALUE);
        if (value === null) return null;
        values.set(name, value);
      } while (scanner.takeSeparator(COMMA));
      const [nextnonce, qop, rspauth] = [values.get('nextnonce'), values.get('qop'), values.get('rspauth')];
      return { nextnonce, qop, rspauth, cnonce: values.get('cnonce'), nc: values.get('nc') };
    }),
  );
}

/**
 * Whether `rspauth` proves that the server knows `ha1`: RFC 7616 §3.5. `sent` are the credentials of our request;
 * `body` is that of the response and needed for auth-int only. False when there is nothing to verify.
 */
export function verifyRspauth(
  info: AuthenticationInfo,
  sent: DigestCredentials,
  ha1: string,
  body?: Uint8Array | undefined,
): boolean {
  const { rspauth } = info;
  const qop = info.qop ?? sent.qop;
  if (rspauth === undefined || (qop !== undefined && qop !== 'auth' && qop !== 'auth-int')) return false;
  if (info.cnonce !== undefined && info.cnonce !== sent.cnonce) return false;
  if (info.nc !== undefined && info.nc !== sent.nc) return false;
  const { algorithm, session, nonce, uri, nc, cnonce } = sent;
  const key = session === true ? sessionKey(algorithm, ha1, nonce, cnonce ?? '') : ha1;
  // A2 is the digest-uri alone: a request without a method.
  const expected = digestResponse({ algorithm, ha1: key, nonce, method: '', uri, qop, nc, cnonce, body });
  return expected === rspauth.toLowerCase();
}
