import type { Clock, Timer } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import type { RoomId } from '../../base/ids.js';
import type { Logger } from '../../base/log.js';
import type { WebSocketConnection, WebSocketHandlers } from '../../base/web-socket.js';
import type { StreamSettings, StreamView } from '../../contract/streams.js';
import type { MediaPool, MediaStream } from '../../rooms/index.js';
import {
  type EnterOptions,
  type EntryRefusal,
  type LeaveCause,
  type MemberDoor,
  plainEntry,
  type RoomEntrance,
} from '../rooms/door.js';
import type { RoomDirectory } from '../rooms/news.js';
import { FloodGuard } from './flood.js';
import { mediaRateOf, type StreamFormat } from './format.js';
import { StreamInbox } from './inbox.js';
import { StreamOutbox } from './outbox.js';
import { SoundEdge } from './sound-edge.js';
import { obey, StreamVoice } from './voice.js';

/** What streams need of the gateway. */
export interface StreamWorld {
  readonly clock: Clock;
  readonly log: Logger;
  readonly pool: Pick<MediaPool, 'openStream'>;
  readonly entrance: RoomEntrance;
  readonly rooms: RoomDirectory;
}

export interface StreamPlan {
  readonly streamId: string;
  readonly roomId: RoomId;
  readonly settings: StreamSettings;
  /** What a token says of it. */
  readonly extraData: string | null;
  /** As it may be shown; null: the application connects. */
  readonly url: string | null;
  /** Makes the connection again, and so often; null: never. */
  readonly redial: ((handlers: WebSocketHandlers) => Promise<WebSocketConnection>) | null;
  readonly redials: number;
  readonly onEnded: () => void;
}

/** Why a stream has ended, for its `stop`, its event and the log. */
export type StreamEnd =
  | LeaveCause
  | 'closed'
  | 'broken'
  | 'timeout'
  | 'stopped'
  | 'bad-message'
  | 'slow'
  | 'member-left'
  | 'alone'
  | 'lost'
  | 'drained';

/** A stream could not begin: nobody of that id, or the room takes nobody. */
export type StreamRefusal = EntryRefusal | { readonly code: 'MEMBER_NOT_FOUND' | 'OVERLOADED'; readonly text: string };

/** A ping so often; who has said nothing since the one before is gone. */
const PING_MS = 4000;
const FIRST_REDIAL_MS = 500;

/** How a stream of these settings enters a room. Whoever may open one has shown a secret or a token. */
export function entryOf({ role, of }: StreamSettings): EnterOptions {
  const options = { ...plainEntry, role, skipsPin: true };
  return of === 'mix' ? options : { ...options, heardBy: [of], hears: [of] };
}

/**
 * One stream: a member of a room on one side (gateway/rooms/door.ts), a WebSocket in the form of Twilio Media Streams on the
 * other. It ends with whichever ends first, and tells the other. Media hosts hold sound that is to be said and its marks;
 * what the application does not read in time is bounded in its outbox. Nothing that the application sends throws: it is
 * closed with 1003, 1007 or 1008 (RFC 6455 §7.4.1) and the reason.
 */
export class StreamSession implements MemberDoor, WebSocketHandlers {
  readonly memberId: string;
  readonly kind = 'stream' as const;
  readonly device = 'application' as const;
  readonly peer: string;
  readonly identity = null;
  readonly direction: 'in' | 'out';
  readonly extraData: string | null;
  readonly leg = null;
  readonly isSpectator: boolean;
  readonly isCompany: boolean;
  readonly refer = null;
  readonly #world: StreamWorld;
  readonly #plan: StreamPlan;
  readonly #edge: SoundEdge;
  readonly #outbox: StreamOutbox;
  readonly #framesPerChunk: number;
  readonly #flood: FloodGuard;
  readonly #inbox: StreamInbox;
  readonly #startedMs: number;
  #roomId: RoomId;
  #unwatch: () => void = () => undefined;
  #stream: MediaStream | null = null;
  #voice: StreamVoice | null = null;
  #connection: WebSocketConnection | null = null;
  #ping: Timer | null = null;
  #redial: Timer | null = null;
  #redialsLeft: number;
  #isHeardFrom = true;
  #hasTimedOut = false;
  #isOver = false;

  constructor(world: StreamWorld, plan: StreamPlan) {
    const { settings, streamId } = plan;
    this.#world = world;
    this.#plan = plan;
    this.#roomId = plan.roomId;
    this.#redialsLeft = plan.redials;
    this.#startedMs = world.clock.epochMs();
    this.memberId = streamId;
    this.peer = settings.name;
    this.extraData = plan.extraData;
    this.direction = plan.url === null ? 'in' : 'out';
    this.isSpectator = settings.ways === 'hears';
    this.isCompany = !this.isSpectator;
    const format: StreamFormat = {
      encoding: settings.encoding,
      rateHz: settings.rate,
      frames: settings.frames,
      chunkMs: settings.chunk_ms,
    };
    this.#edge = new SoundEdge(format);
    this.#framesPerChunk = (mediaRateOf(settings.rate) * settings.chunk_ms) / 1000;
    this.#flood = new FloodGuard(world.clock);
    this.#inbox = new StreamInbox({
      clock: world.clock,
      onMessage: (data, isText) => this.#hear(data, isText),
      onHold: (on) => this.#connection?.hold(on),
    });
    this.#outbox = new StreamOutbox({
      clock: world.clock,
      format,
      names: {
        streamSid: streamId,
        callSid: settings.of === 'mix' ? plan.roomId : settings.of,
        roomId: plan.roomId,
      },
      bytesPerMs: this.#edge.bytesPerMs,
      onStuck: () => this.#finish('slow', 1008, 'nothing is read'),
    });
  }

  get stream(): MediaStream | null {
    return this.#stream;
  }

  view(): StreamView {
    const { settings, url } = this.#plan;
    const { encoding, rate, ways, of, frames, chunk_ms, name } = settings;
    return {
      stream_id: this.memberId,
      room_id: this.#roomId,
      state: this.#connection === null ? 'reconnecting' : 'open',
      direction: this.direction,
      url,
      name,
      encoding,
      rate,
      ways,
      of,
      frames,
      chunk_ms,
      started_ms: this.#startedMs,
      sent_chunks: this.#outbox.sentChunks,
      lost_chunks: this.#outbox.lostChunks,
      received_ms: Math.round(this.#voice?.receivedMs ?? 0),
      refused_ms: Math.round(this.#voice?.refusedMs ?? 0),
      waiting_ms: Math.round(this.#stream?.waitingMs ?? 0),
    };
  }

  /** Enters the room and says `connected` and `start`. Null: it goes; on a refusal only its connection is left to be closed. */
  begin(connection: WebSocketConnection): StreamRefusal | null {
    const { settings } = this.#plan;
    const opened = this.#openStream();
    if ('code' in opened) return opened;
    if (this.#isOver) return { code: 'OVERLOADED', text: 'no media host' };
    this.#stream = opened;
    this.#voice = new StreamVoice(settings, this.#edge, opened, (name) => this.#outbox.mark(name));
    this.#connection = connection;
    this.#outbox.open(connection, settings);
    const refusal = this.#world.entrance.enter(this, this.#roomId, entryOf(settings));
    if (refusal !== null) {
      this.#isOver = true;
      this.#outbox.close();
      opened.close();
      return refusal;
    }
    this.#watch();
    this.#armPing();
    this.#world.rooms.emit(this.#roomId, { type: 'stream_started', stream_id: this.memberId });
    return null;
  }

  /** MemberDoor: the room sends it away. */
  end(cause: LeaveCause, text: string): void {
    this.#finish(cause, 1000, text === '' ? cause : text);
  }

  /** Twilio's form has no message for it. */
  tell(): void {}

  /** The API or the gateway ends it. */
  stop(end: 'stopped' | 'drained'): void {
    this.#finish(end, end === 'drained' ? 1001 : 1000, end);
  }

  onMessage(data: Buffer, isText: boolean): void {
    this.#isHeardFrom = true;
    if (this.#isOver || this.#voice === null) return;
    if (this.#flood.take(data.length)) this.#inbox.take(data, isText);
    else this.#finish('bad-message', 1008, 'too much at once');
  }

  onPong(): void {
    this.#isHeardFrom = true;
  }

  onClose(error: Error | null, statusCode: number): void {
    if (this.#isOver || this.#connection === null) return;
    this.#dropConnection();
    const isOrderly = error === null && statusCode !== 1006 && !this.#hasTimedOut;
    if (!isOrderly && this.#plan.redial !== null && this.#redialsLeft > 0) this.#waitToRedial();
    else this.#finish(isOrderly ? 'closed' : this.#hasTimedOut ? 'timeout' : 'broken', 1000, '');
  }

  #openStream(): MediaStream | StreamRefusal {
    const { settings } = this.#plan;
    const { rooms, pool, entrance } = this.#world;
    const alone = settings.of === 'mix' ? null : rooms.member(this.#roomId, settings.of);
    const legId = alone?.leg?.legId ?? alone?.stream?.legId ?? null;
    if (settings.of !== 'mix' && legId === null) {
      return { code: 'MEMBER_NOT_FOUND', text: `${settings.of} is not in the room` };
    }
    // Who waits in the lobby hears nobody: its stream begins in a room of its own, and joins when it is let in.
    const isLetIn = entrance.entersAtOnce(this.#roomId, entryOf(settings), this.direction);
    const roomId = isLetIn ? this.#roomId : (`lobby of ${this.memberId}` as RoomId);
    try {
      const stream = pool.openStream({
        roomId,
        sampleRateHz: mediaRateOf(settings.rate),
        ways: settings.ways,
        of: legId ?? 'mix',
        chunkMs: settings.chunk_ms,
        bufferMs: settings.buffer_ms,
        onChunk: (pcm, lostFrames, atMs) => this.#heard(pcm, lostFrames, atMs),
        onMark: (mark) => this.#voice?.said(mark),
        onEnded: (end) => this.#finish(end === 'lost' ? 'lost' : 'room-closed', end === 'lost' ? 1011 : 1000, end),
      });
      return this.#following(stream, roomId);
    } catch (thrown) {
      return { code: 'OVERLOADED', text: messageOf(thrown) };
    }
  }

  /** The room service moves it by `join`: its watch goes along. @param at  where its sound is now */
  #following(stream: MediaStream, at: RoomId): MediaStream {
    const join = stream.join.bind(stream);
    let joined = at;
    stream.join = (roomId) => {
      if (roomId !== joined) join(roomId);
      joined = roomId;
      if (roomId === this.#roomId) return;
      this.#roomId = roomId;
      this.#watch();
      if (this.#plan.settings.of !== 'mix') this.#finish('member-left', 1000, 'member-left');
    };
    return stream;
  }

  #watch(): void {
    const { of, stays } = this.#plan.settings;
    this.#unwatch();
    this.#unwatch = this.#world.rooms.watch(this.#roomId, {
      onLeft: (memberId) => {
        if (memberId === of) this.#finish('member-left', 1000, 'member-left');
        else if (!stays && this.#isAlone()) this.#finish('alone', 1000, 'alone');
      },
      onDigit: (memberId, digit) => {
        if (of === 'mix' || memberId === of) this.#outbox.dtmf(digit, memberId);
      },
    });
  }

  /** Applications that talk to each other when the people have gone would do so for good. */
  #isAlone(): boolean {
    return this.#world.rooms.members(this.#roomId).every(({ stream }) => stream !== null);
  }

  #heard(pcm: Uint8Array, lostFrames: number, atMs: number): void {
    this.#stream?.kept();
    if (this.#isOver) return;
    this.#outbox.media(this.#edge.toWire(pcm), Math.ceil(lostFrames / this.#framesPerChunk), Math.round(atMs));
  }

  #hear(data: Buffer, isText: boolean): void {
    if (this.#isOver || this.#voice === null) return;
    const fault = obey(data, isText, this.#voice, this.#plan.settings);
    if (fault !== null) this.#finish('bad-message', fault.statusCode, fault.reason);
  }

  #armPing(): void {
    const { clock } = this.#world;
    this.#isHeardFrom = true;
    const ping = (): void => {
      if (!this.#isHeardFrom) {
        this.#hasTimedOut = true;
        this.#connection?.destroy();
        this.onClose(null, 1006);
        return;
      }
      this.#isHeardFrom = false;
      this.#connection?.ping();
      this.#ping = clock.setTimer(PING_MS, ping, { liveness: true });
    };
    this.#ping = clock.setTimer(PING_MS, ping, { liveness: true });
  }

  #dropConnection(): void {
    this.#ping?.cancel();
    this.#outbox.close();
    this.#connection = null;
  }

  #waitToRedial(): void {
    const tried = this.#plan.redials - this.#redialsLeft;
    this.#redialsLeft -= 1;
    this.#hasTimedOut = false;
    this.#world.log.info('stream.reconnecting', { streamId: this.memberId, left: this.#redialsLeft });
    this.#redial = this.#world.clock.setTimer(FIRST_REDIAL_MS * 2 ** tried, () => void this.#dialAgain());
  }

  async #dialAgain(): Promise<void> {
    const { redial, settings } = this.#plan;
    const connection = await redial?.(this).catch(() => null);
    if (this.#isOver) connection?.destroy();
    else if (connection !== undefined && connection !== null) {
      this.#connection = connection;
      this.#outbox.open(connection, settings);
      this.#armPing();
    } else if (this.#redialsLeft > 0) this.#waitToRedial();
    else this.#finish('broken', 1000, '');
  }

  /** Once, whatever ends it. */
  #finish(end: StreamEnd, statusCode: number, reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { log, entrance, rooms } = this.#world;
    this.#unwatch();
    this.#redial?.cancel();
    this.#inbox.close();
    this.#outbox.stop(end);
    this.#connection?.end(statusCode, reason.slice(0, 100));
    this.#dropConnection();
    this.#stream?.close();
    log.info('stream.ended', { streamId: this.memberId, roomId: this.#roomId, end, reason, holds: this.#inbox.holds });
    rooms.emit(this.#roomId, { type: 'stream_stopped', stream_id: this.memberId, reason: end });
    entrance.left(this.memberId, causeOf(end));
    this.#plan.onEnded();
  }
}

function causeOf(end: StreamEnd): LeaveCause {
  switch (end) {
    case 'closed':
    case 'stopped':
    case 'member-left':
    case 'alone':
    case 'drained':
      return 'left';
    case 'broken':
    case 'timeout':
    case 'bad-message':
    case 'slow':
    case 'lost':
      return 'failed';
    default:
      return end;
  }
}
