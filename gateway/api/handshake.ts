import type { UpgradeRequest } from '../../base/web-socket.js';
import { apiErrorStatus } from '../../contract/errors.js';
import { type ApiAuthOptions, createAccessRule } from './auth.js';
import { ApiRefusal } from './errors.js';

/** A WebSocket handshake that is answered with an HTTP status; `reason` is the body of the answer. */
export interface RefusedHandshake {
  readonly ok: false;
  readonly statusCode: number;
  readonly reason: string;
}

export function refusedHandshake(statusCode: number, reason: string): RefusedHandshake {
  return { ok: false, statusCode, reason };
}

/** In the words of the API: its code, and what it says beside that. */
export function refusedBy({ code, message }: ApiRefusal): RefusedHandshake {
  return refusedHandshake(apiErrorStatus[code], message === '' ? code : `${code}: ${message}`);
}

/** What a handshake shows as its token: `?token=`, or its Bearer, which may be the secret of the API. Null: nothing. */
export function shownToken(request: UpgradeRequest): { readonly token: string; readonly isInQuery: boolean } | null {
  const inQuery = new URLSearchParams(request.query).get('token');
  if (inQuery !== null) return { token: inQuery, isInQuery: true };
  const bearer = /^bearer +(\S+)\s*$/i.exec(request.header('authorization') ?? '')?.[1];
  return bearer === undefined ? null : { token: bearer, isInQuery: false };
}

/**
 * Who may make a handshake without a participant's token: who may use the API, and no web page, because pages are not held back by
 * same-origin rules here. Null: let in.
 */
export function createHandshakeRule(options: ApiAuthOptions): (request: UpgradeRequest) => ApiRefusal | null {
  const judge = createAccessRule(options);
  return (request) => {
    if (request.origin !== null) return new ApiRefusal('FORBIDDEN', 'web pages need a token of this room');
    return judge({
      authorization: request.header('authorization') ?? undefined,
      host: request.header('host') ?? undefined,
      remoteAddress: request.remote.address,
      localAddress: request.local.address,
    });
  };
}
