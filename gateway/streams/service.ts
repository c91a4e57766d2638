import { messageOf } from '../../base/errors.js';
import type { RoomId } from '../../base/ids.js';
import { isIpLiteral } from '../../base/ip-ranges.js';
import { type Random, randomHex } from '../../base/random.js';
import {
  AddressDeniedError,
  type WebSocketConnection,
  type WebSocketHandlers,
  type WebSocketNetwork,
} from '../../base/web-socket.js';
import type { CreateStreamBody, StreamSettings, StreamView } from '../../contract/streams.js';
import { ApiRefusal } from '../api/errors.js';
import { entryOf, type StreamPlan, type StreamRefusal, StreamSession, type StreamWorld } from './session.js';

export interface StreamServiceDeps extends StreamWorld {
  readonly random: Random;
  /** Null: nobody is connected to, in a gateway without WebSockets. */
  readonly webSockets: WebSocketNetwork | null;
  /** Which addresses may be connected to (gateway/hooks/address-rules.ts). */
  readonly permits: (address: string) => boolean;
  /** Certificates of authorities that are trusted instead of the system's, PEM. */
  readonly ca?: readonly string[] | undefined;
  /** Open at once; 1000 unless told. */
  readonly maxStreams?: number;
}

/** A longer message closes its connection with 1009. Half a minute of the most costly sound fits. */
export const MAX_STREAM_MESSAGE_BYTES = 2_097_152;
const MAX_STREAMS = 1000;
const CONNECT_MS = 5000;

/** What the API may ask of streams. */
export interface StreamCommands {
  /** Connects, enters the room, and resolves when the application has been told `start`. Throws ApiRefusal. */
  create(roomId: string, body: CreateStreamBody): Promise<StreamView>;
  /** Of one room; null: all. Throws ApiRefusal ROOM_NOT_FOUND. */
  list(roomId: string | null): readonly StreamView[];
  /** Throws ApiRefusal STREAM_NOT_FOUND, as `remove` does. */
  one(streamId: string): StreamView;
  remove(streamId: string): void;
}

/** All streams, by their ids. Limit: `maxStreams`, one more is refused. */
export class StreamService implements StreamCommands {
  readonly counters = { streams_started_total: 0, streams_refused_total: 0 };
  draining = false;
  readonly #deps: StreamServiceDeps;
  readonly #sessions = new Map<string, StreamSession>();
  /** Handshakes under way. */
  #coming = 0;

  constructor(deps: StreamServiceDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#sessions.size;
  }

  async create(roomId: string, { url, reconnects, ...settings }: CreateStreamBody): Promise<StreamView> {
    const refusal = this.check(roomId, settings, true);
    if (refusal !== null) throw this.#refused(refusal);
    this.#coming += 1;
    const session = this.#session(roomId, { settings, extraData: null }, { url, reconnects });
    const connection = await this.#dial(url, session).finally(() => {
      this.#coming -= 1;
    });
    const late = this.#begin(session, roomId, connection);
    if (late !== null) throw this.#refused(late);
    return session.view();
  }

  /** Of a connection that the application made, after `check`. */
  adopt(
    roomId: string,
    { settings, extraData }: Pick<StreamPlan, 'settings' | 'extraData'>,
    connection: WebSocketConnection,
  ): WebSocketHandlers {
    const session = this.#session(roomId, { settings, extraData }, null);
    const refusal = this.#begin(session, roomId, connection);
    if (refusal !== null) this.#refused(refusal);
    return session;
  }

  /** Whether a stream could begin now. @param mustBeThere  it makes no room */
  check(roomId: string, settings: StreamSettings, mustBeThere: boolean): ApiRefusal | null {
    const { entrance, rooms, maxStreams = MAX_STREAMS } = this.#deps;
    if (this.draining) return new ApiRefusal('DRAINING');
    if (this.#sessions.size + this.#coming >= maxStreams) return new ApiRefusal('TOO_MANY_STREAMS');
    if (mustBeThere && !rooms.has(roomId as RoomId)) return new ApiRefusal('ROOM_NOT_FOUND');
    const refusal = entrance.check(roomId as RoomId, entryOf(settings));
    if (refusal !== null) return new ApiRefusal(refusal.code, refusal.text);
    if (settings.of === 'mix' || rooms.member(roomId as RoomId, settings.of) !== null) return null;
    return new ApiRefusal('MEMBER_NOT_FOUND', `${settings.of} is not in the room`);
  }

  list(roomId: string | null): readonly StreamView[] {
    const views = [...this.#sessions.values()].map((session) => session.view());
    if (roomId === null) return views;
    const here = views.filter((view) => view.room_id === roomId);
    if (here.length === 0 && !this.#deps.rooms.has(roomId as RoomId)) throw new ApiRefusal('ROOM_NOT_FOUND');
    return here;
  }

  one(streamId: string): StreamView {
    return this.#find(streamId).view();
  }

  remove(streamId: string): void {
    this.#find(streamId).stop('stopped');
  }

  /** The gateway shuts down: applications are told so (RFC 6455 §7.4.1: 1001). */
  close(): void {
    this.draining = true;
    for (const session of [...this.#sessions.values()]) session.stop('drained');
  }

  #find(streamId: string): StreamSession {
    const session = this.#sessions.get(streamId);
    if (session === undefined) throw new ApiRefusal('STREAM_NOT_FOUND');
    return session;
  }

  #session(
    roomId: string,
    given: Pick<StreamPlan, 'settings' | 'extraData'>,
    dialled: { readonly url: string; readonly reconnects: number } | null,
  ): StreamSession {
    // As Twilio's are: bots may look at the two letters.
    const streamId = `MZ${randomHex(this.#deps.random, 16)}`;
    return new StreamSession(this.#deps, {
      streamId,
      ...given,
      roomId: roomId as RoomId,
      url: dialled === null ? null : shownUrl(dialled.url),
      redial: dialled === null ? null : (handlers) => this.#dial(dialled.url, handlers),
      redials: dialled?.reconnects ?? 0,
      onEnded: () => this.#sessions.delete(streamId),
    });
  }

  #begin(session: StreamSession, roomId: string, connection: WebSocketConnection): ApiRefusal | null {
    this.#sessions.set(session.memberId, session);
    const refusal: StreamRefusal | null = session.begin(connection);
    if (refusal === null) {
      this.counters.streams_started_total += 1;
      this.#deps.log.info('stream.started', { streamId: session.memberId, roomId });
      return null;
    }
    this.#sessions.delete(session.memberId);
    connection.end(1008, refusal.text.slice(0, 100));
    return new ApiRefusal(refusal.code, refusal.text);
  }

  #refused(refusal: ApiRefusal): ApiRefusal {
    this.counters.streams_refused_total += 1;
    this.#deps.log.warn('stream.refused', { code: refusal.code, reason: refusal.message });
    return refusal;
  }

  /** Rejects with an ApiRefusal. */
  async #dial(url: string, handlers: WebSocketHandlers): Promise<WebSocketConnection> {
    const { webSockets, permits, ca } = this.#deps;
    const { protocol, hostname, port, pathname, search, username, password } = new URL(url);
    const secure = protocol === 'wss:';
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    if (webSockets === null) throw this.#refused(new ApiRefusal('STREAM_UNREACHABLE', 'there are no WebSockets'));
    const credentials = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64');
    const at = { address: host, port: port === '' ? (secure ? 443 : 80) : Number(port) };
    try {
      return await webSockets.connect(at, handlers, {
        secure,
        path: pathname + search,
        protocol: null,
        permits,
        maxMessageBytes: MAX_STREAM_MESSAGE_BYTES,
        timeoutMs: CONNECT_MS,
        ...(isIpLiteral(host) ? {} : { serverName: host }),
        ...(username === '' ? {} : { headers: { authorization: `Basic ${credentials}` } }),
        ...(ca === undefined ? {} : { ca }),
      });
    } catch (thrown) {
      const isDenied = thrown instanceof AddressDeniedError;
      throw this.#refused(new ApiRefusal(isDenied ? 'URL_NOT_ALLOWED' : 'STREAM_UNREACHABLE', messageOf(thrown)));
    }
  }
}

/** Without what may be secret: credentials and the query. */
function shownUrl(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

/** The URL is checked, but not what stands behind its percent signs. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
