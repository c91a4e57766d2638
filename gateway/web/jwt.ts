import { createHmac, timingSafeEqual } from 'node:crypto';

/** Longer texts are not looked at: what an application may put into `extra_data` fits many times. */
export const MAX_TOKEN_CHARS = 8192;

const header = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url');
/** RFC 4648 §5, without padding as RFC 7515 §2 has it. */
const part = /^[A-Za-z0-9_-]+$/;

export type JwtFault = 'malformed' | 'bad-signature' | 'expired';

export type JwtReading =
  | { readonly ok: true; readonly claims: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly fault: JwtFault };

/** A signed token in compact form: RFC 7519, RFC 7515 §7.1, always HS256 (RFC 7518 §3.2). */
export function signJwt(claims: Readonly<Record<string, unknown>>, secret: string): string {
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return `${header}.${payload}.${macOf(`${header}.${payload}`, secret).toString('base64url')}`;
}

/**
 * Reads a token of ours. The algorithm is pinned, whatever the header says (RFC 8725 §3.1); nothing of the claims is looked at
 * before the signature was right, which takes as long for every wrong one. Never throws.
 * @param nowMs  since the Unix epoch: `exp` and `nbf` are compared with it (RFC 7519 §4.1.4, §4.1.5)
 */
export function readJwt(token: string, secret: string | Uint8Array, nowMs: number): JwtReading {
  const parts = token.length <= MAX_TOKEN_CHARS ? token.split('.') : [];
  const [head, payload, signature] = parts;
  if (parts.length !== 3 || !parts.every((text) => part.test(text))) return { ok: false, fault: 'malformed' };
  const given = Buffer.from(signature!, 'base64url');
  const right = macOf(`${head}.${payload}`, secret);
  if (given.length !== right.length || !timingSafeEqual(given, right)) return { ok: false, fault: 'bad-signature' };
  const { alg, crit } = objectIn(head!) ?? {};
  const claims = objectIn(payload!);
  if (alg !== 'HS256' || crit !== undefined || claims === null) return { ok: false, fault: 'malformed' };
  const { exp, nbf } = claims;
  if (!isMoment(exp) || !isMoment(nbf)) return { ok: false, fault: 'malformed' };
  if (typeof exp === 'number' && nowMs >= exp * 1000) return { ok: false, fault: 'expired' };
  if (typeof nbf === 'number' && nowMs < nbf * 1000) return { ok: false, fault: 'malformed' };
  return { ok: true, claims };
}

function macOf(text: string, secret: string | Uint8Array): Buffer {
  return createHmac('sha256', secret).update(text).digest();
}

/** Absent, null, or seconds since the epoch. */
function isMoment(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'number' && Number.isFinite(value));
}

function objectIn(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
