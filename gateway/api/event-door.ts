import type { RoomId } from '../../base/ids.js';
import type {
  UpgradeRequest,
  UpgradeVerdict,
  WebSocketConnection,
  WebSocketDoor,
  WebSocketHandlers,
} from '../../base/web-socket.js';
import type { FeedSource } from '../events/feed.js';
import { SocketLine } from '../events/socket-line.js';
import type { ApiAuthOptions } from './auth.js';
import { ApiRefusal } from './errors.js';
import { createHandshakeRule, refusedBy, refusedHandshake, shownToken } from './handshake.js';
import { allows, type RoomGrant } from './room-access.js';
import type { RoomApi } from './room-api.js';
import { allRoomsSource, eventQuery, roomSource, startOf } from './room-feed.js';

/** Paths of HTTP listeners whose handshakes are of this door: all below the first, and the second. */
export const EVENTS_PATHS = ['/rooms/', '/events'] as const;

const roomEventsPath = /^\/rooms\/([^/]+)\/events$/;

/**
 * The events of a room at `GET /rooms/{room_id}/events`, and of all rooms at `GET /events`, as they happen, over WebSocket: the same
 * messages as by server-sent events. Let in is who may use the API, and to its own room who shows a participant's token, as
 * Bearer or `?token=`; a web page only by a token. No subprotocol is needed. Refusals are those of the API, as text.
 */
export class EventDoor implements WebSocketDoor {
  readonly protocol = 'hookline.events';
  /** Nothing is to be said. */
  readonly maxMessageBytes = 1024;
  readonly counters = { room_event_handshakes_refused_total: 0 };
  readonly #api: RoomApi;
  readonly #access: ApiAuthOptions;
  readonly #judge;

  constructor(api: RoomApi, access: ApiAuthOptions) {
    this.#api = api;
    this.#access = access;
    this.#judge = createHandshakeRule(access);
  }

  judge(request: UpgradeRequest): UpgradeVerdict {
    const verdict = this.#verdict(request);
    if (!verdict.ok) this.counters.room_event_handshakes_refused_total += 1;
    return verdict;
  }

  #verdict(request: UpgradeRequest): UpgradeVerdict {
    const { path, protocols } = request;
    const room = roomEventsPath.exec(path)?.[1] ?? null;
    if (room === null && path !== '/events') return refusedHandshake(404, 'no WebSocket is served here');
    if (protocols.length > 0 && !protocols.includes(this.protocol)) {
      return refusedHandshake(400, `the subprotocol is ${this.protocol}, or none`);
    }
    try {
      const grant = this.#grantOf(request);
      const openSource = room === null ? () => allRoomsSource(this.#api) : this.#readRoom(room, request, grant);
      const refusal = this.#api.readers.refusal();
      if (refusal !== null) return refusedBy(refusal);
      return { ok: true, adopt: (connection) => this.#adopt(openSource(), connection), abandon: () => undefined };
    } catch (thrown) {
      if (thrown instanceof ApiRefusal) return refusedBy(thrown);
      throw thrown;
    }
  }

  /** Undefined: who may read everything. Throws ApiRefusal. */
  #grantOf(request: UpgradeRequest): RoomGrant | undefined {
    const shown = shownToken(request);
    const grant = shown === null ? null : (this.#access.roomTokens?.verify(shown.token) ?? null);
    if (grant === 'expired') throw new ApiRefusal('TOKEN_EXPIRED');
    if (grant !== null) {
      if (allows(grant, 'GET', request.path)) return grant;
      throw new ApiRefusal('FORBIDDEN', 'not with this token');
    }
    if (shown?.isInQuery === true) throw new ApiRefusal('INVALID_TOKEN');
    const refusal = this.#judge(request);
    if (refusal !== null) throw refusal;
    return undefined;
  }

  /** Throws ApiRefusal. */
  #readRoom(part: string, { query }: UpgradeRequest, grant: RoomGrant | undefined): () => FeedSource {
    const asked = eventQuery.safeParse(Object.fromEntries(new URLSearchParams(query)));
    if (!asked.success) {
      const [issue] = asked.error.issues;
      throw new ApiRefusal('BAD_REQUEST', `${issue?.path.join('.')}: ${issue?.message}`);
    }
    const start = startOf(this.#api.commands, nameOf(part) as RoomId, asked.data);
    return () => roomSource(this.#api, start, { grant, levels: asked.data.levels });
  }

  #adopt(source: FeedSource, connection: WebSocketConnection): WebSocketHandlers {
    const { readers } = this.#api;
    const line = new SocketLine({ clock: readers.clock, connection, pingMs: readers.limits.heartbeatMs });
    readers.tell(source, line);
    return line;
  }
}

/** A name that is badly escaped is no room's. */
function nameOf(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ApiRefusal('ROOM_NOT_FOUND');
  }
}
