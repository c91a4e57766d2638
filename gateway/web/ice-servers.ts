import { createHmac } from 'node:crypto';

/** A server that pages are told to use: STUN, or TURN with credentials. */
export interface IceServer {
  /** `stun:`, `stuns:`, `turn:` or `turns:` (RFC 7064, RFC 7065). */
  readonly urls: readonly string[];
  readonly username: string | null;
  readonly credential: string | null;
  /** What the TURN server shares with us: credentials are made for each page then, and end with `ttlS`. */
  readonly secret: string | null;
  readonly ttlS: number;
}

/** What one page is told. */
export interface GivenIceServer {
  readonly urls: readonly string[];
  readonly username: string | null;
  readonly credential: string | null;
}

/** @param name  of whom they are for: it stands in the log of the TURN server */
export function iceServersFor(servers: readonly IceServer[], name: string, epochMs: number): GivenIceServer[] {
  return servers.map(({ urls, username, credential, secret, ttlS }) => {
    if (secret === null) return { urls, username, credential };
    // The time-limited credentials that coturn checks with `use-auth-secret`: HMAC-SHA1 of the user name, which begins with its end.
    const user = `${Math.floor(epochMs / 1000) + ttlS}:${name.replaceAll(/[^\w.@~-]/g, '_')}`;
    return { urls, username: user, credential: createHmac('sha1', secret).update(user).digest('base64') };
  });
}

/** Values of the Link header: RFC 9725 §4.5, one for each URL. */
export function linkHeaders(servers: readonly GivenIceServer[]): string[] {
  return servers.flatMap(({ urls, username, credential }) =>
    urls.map((url) => {
      const login =
        username === null || credential === null
          ? ''
          : `; username=${quoted(username)}; credential=${quoted(credential)}; credential-type="password"`;
      return `<${url}>; rel="ice-server"${login}`;
    }),
  );
}

/** RFC 9110 §5.6.4. */
function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
