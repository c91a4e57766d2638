import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { IpRanges, loopbackRanges } from '../../base/ip-ranges.js';
import { ApiRefusal } from './errors.js';
import { isJoinPage } from './join-page.js';
import { allows, type RoomGrant, type RoomTokenVerifier } from './room-access.js';

/** What a request's connection tells; given by the server, or by a test. */
export interface ApiBindings {
  readonly remoteAddress: string;
  readonly localAddress: string;
  /** Ends the connection without ceremony: of a reader that does not read. */
  readonly drop?: () => void;
}

export interface ApiEnv {
  // hono names the type parameters so.
  Bindings: ApiBindings;
  Variables: {
    /** Set where the request bears a participant's token: what it may do; else it may do everything. */
    grant?: RoomGrant;
  };
}

export interface ApiAuthOptions {
  /** Asked for as `Authorization: Bearer`; null: no secret. */
  readonly apiSecret: string | null;
  /** CIDR ranges that may come without a Bearer. */
  readonly apiAllow: readonly string[];
  /** Knows participants' tokens; without it there are none. */
  readonly roomTokens?: RoomTokenVerifier;
}

/** What a request shows of who sends it. */
export interface Visitor extends ApiBindings {
  readonly authorization: string | undefined;
  readonly host: string | undefined;
}

/** Null: let in. */
export type AccessRule = (visitor: Visitor) => ApiRefusal | null;

/** Liveness, readiness and the description of the API say nothing worth hiding. */
const open = new Set(['/health', '/ready', '/openapi.yaml']);

/** Routes of browsers (api/web*.ts): each request there brings a token, or is judged by the route in the words of its contract. */
const ownRule = /^\/(?:(?:whip|whep|webrtc|app|token)\/|join\/token$)/;

/**
 * Who may use the API: the bearer of the secret, an address of `apiAllow`, and, when neither is configured, whoever
 * reaches the listener (which is then on loopback). Without a Bearer, a request that came in over loopback has to name
 * a loopback host: a web page can point its own name at 127.0.0.1 (DNS rebinding), but then sends that name.
 */
export function createAccessRule({ apiSecret, apiAllow }: ApiAuthOptions): AccessRule {
  const allowed = IpRanges.of(apiAllow);
  const secretHash = apiSecret === null ? null : sha256(apiSecret);
  return ({ authorization, host, remoteAddress, localAddress }) => {
    if (bears(authorization, secretHash)) return null;
    if (loopbackRanges.contains(localAddress) && !namesLoopback(host)) {
      return new ApiRefusal('FORBIDDEN', 'the Host header does not name this machine');
    }
    if (allowed.contains(remoteAddress)) return null;
    if (secretHash !== null) return new ApiRefusal('UNAUTHORIZED');
    return allowed.isEmpty ? null : new ApiRefusal('FORBIDDEN', 'this address may not use the API');
  };
}

/**
 * The rule for every request but those that anybody may make. Who bears a participant's token may do what the token allows and
 * nothing else, wherever it comes from.
 */
export function createApiAuth(options: ApiAuthOptions): MiddlewareHandler<ApiEnv> {
  const judge = createAccessRule(options);
  return async (c, next) => {
    if (open.has(c.req.path) || ownRule.test(c.req.path) || isJoinPage(c.req.path)) return next();
    const [authorization, host] = [c.req.header('authorization'), c.req.header('host')];
    const token = tokenOf(authorization);
    const grant = token === null ? null : (options.roomTokens?.verify(token) ?? null);
    // Not as somebody without a token, who may do more where no secret is set.
    if (grant === 'expired') throw new ApiRefusal('TOKEN_EXPIRED');
    if (grant !== null) {
      if (!allows(grant, c.req.method, c.req.path)) throw new ApiRefusal('FORBIDDEN', 'not with this token');
      c.set('grant', grant);
      return next();
    }
    const refusal = judge({ ...c.env, authorization, host });
    if (refusal !== null) throw refusal;
    return next();
  };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Hashed first, so that the comparison takes as long for every length. */
function bears(authorization: string | undefined, secretHash: Buffer | null): boolean {
  const token = tokenOf(authorization);
  return secretHash !== null && token !== null && timingSafeEqual(sha256(token), secretHash);
}

function tokenOf(authorization: string | undefined): string | null {
  return /^bearer +(\S.*)$/i.exec(authorization ?? '')?.[1]?.trimEnd() ?? null;
}

function namesLoopback(host: string | undefined): boolean {
  if (host === undefined) return false;
  const name = host
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  return name === 'localhost' || loopbackRanges.contains(name);
}
