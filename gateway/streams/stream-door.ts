import type {
  UpgradeRequest,
  UpgradeVerdict,
  WebSocketConnection,
  WebSocketDoor,
  WebSocketHandlers,
} from '../../base/web-socket.js';
import { type StreamSettings, streamQuery, streamSettings } from '../../contract/streams.js';
import type { ApiAuthOptions } from '../api/auth.js';
import {
  createHandshakeRule,
  type RefusedHandshake as Refused,
  refusedHandshake as refused,
  refusedBy,
  shownToken,
} from '../api/handshake.js';
import { MAX_STREAM_MESSAGE_BYTES, type StreamService } from './service.js';

/** All below it is rooms. */
export const STREAMS_PATH = '/streams/';

/** What a room token says of who shows it. */
export interface StreamToken {
  /** Null: any. */
  readonly room: string | null;
  /** In place of the name that the query gives; null: any. */
  readonly peer: string | null;
  /** It may speak. */
  readonly mayPublish: boolean;
  /** It may hear. */
  readonly maySubscribe: boolean;
  readonly extraData: string | null;
}

export interface StreamDoorOptions extends ApiAuthOptions {
  readonly service: Pick<StreamService, 'check' | 'adopt'>;
  /** What it allows, or what is wrong with it. */
  readonly readToken: (token: string) => StreamToken | 'expired' | 'malformed' | 'bad-signature';
}

/**
 * The way in at `GET /streams/{room_id}`: an application becomes a member of the room, which is made where there is none, as by
 * a call. Let in is who may use the API, and who shows a token of this room, as Bearer or `?token=`; a web page only by a
 * token, because pages are not held back by same-origin rules here. No subprotocol is needed.
 */
export class StreamDoor implements WebSocketDoor {
  readonly protocol = 'hookline.streams';
  readonly maxMessageBytes = MAX_STREAM_MESSAGE_BYTES;
  readonly counters = { refused: 0 };
  readonly #options: StreamDoorOptions;
  readonly #judge;

  constructor(options: StreamDoorOptions) {
    this.#options = options;
    this.#judge = createHandshakeRule(options);
  }

  judge(request: UpgradeRequest): UpgradeVerdict {
    const verdict = this.#verdict(request);
    if (!verdict.ok) this.counters.refused += 1;
    return verdict;
  }

  #verdict(request: UpgradeRequest): UpgradeVerdict {
    const { service } = this.#options;
    const roomId = roomOf(request.path);
    if (roomId === null) return refused(404, 'no room is named');
    if (request.protocols.length > 0 && !request.protocols.includes(this.protocol)) {
      return refused(400, `the subprotocol is ${this.protocol}, or none`);
    }
    const query = new URLSearchParams(request.query);
    const grant = this.#grantOf(request, roomId) ?? this.#access(request);
    if (grant !== null && 'ok' in grant) return grant;
    const settings = settingsOf(query, grant);
    if ('ok' in settings) return settings;
    const refusal = service.check(roomId, settings, false);
    if (refusal !== null) return refusedBy(refusal);
    const extraData = grant?.extraData ?? null;
    const adopt = (connection: WebSocketConnection): WebSocketHandlers =>
      service.adopt(roomId, { settings, extraData }, connection);
    return { ok: true, adopt, abandon: () => undefined };
  }

  /** Null: no token of ours is shown; a Bearer that is none may be the secret of the API. */
  #grantOf(request: UpgradeRequest, roomId: string): StreamToken | Refused | null {
    const shown = shownToken(request);
    if (shown === null) return null;
    const token = this.#options.readToken(shown.token);
    if (token === 'expired') return refused(401, 'TOKEN_EXPIRED');
    if (typeof token === 'string') return shown.isInQuery ? refused(401, 'INVALID_TOKEN') : null;
    return (token.room ?? roomId) === roomId ? token : refused(401, 'INVALID_TOKEN: the token is for another room');
  }

  #access(request: UpgradeRequest): Refused | null {
    const refusal = this.#judge(request);
    return refusal === null ? null : refusedBy(refusal);
  }
}

function roomOf(path: string): string | null {
  const part = path.slice(STREAMS_PATH.length);
  try {
    const roomId = decodeURIComponent(part);
    return roomId === '' || part.includes('/') || roomId.length > 255 ? null : roomId;
  } catch {
    return null;
  }
}

/** `param.NAME=…` are custom parameters, what is not known is left alone. */
function settingsOf(query: URLSearchParams, token: StreamToken | null): StreamSettings | Refused {
  const given = Object.fromEntries(query);
  const parameters = [...query].flatMap(([key, value]) => (key.startsWith('param.') ? [[key.slice(6), value]] : []));
  const read = streamQuery.safeParse(given);
  const custom = streamSettings.shape.custom_parameters.safeParse(Object.fromEntries(parameters));
  const error = read.error ?? custom.error;
  if (error !== undefined) {
    const issue = error.issues[0];
    return refused(400, `${issue?.path.join('.') || 'query'}: ${issue?.message ?? 'invalid'}`);
  }
  const settings = { ...read.data!, custom_parameters: custom.data! };
  if (token === null) return settings;
  if (!token.mayPublish && settings.ways !== 'hears') return refused(403, 'this token is for ways=hears');
  if (!token.maySubscribe && settings.ways !== 'speaks') return refused(403, 'this token is for ways=speaks');
  // A token is not the API: it lets in a member as others are, by its own name, who hears what the room hears.
  return { ...settings, name: token.peer ?? settings.name, role: 'member', of: 'mix' };
}
