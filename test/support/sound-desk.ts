import type { OpenAPIHono } from '@hono/zod-openapi';
import type { RoomId } from '../../base/ids.js';
import { silentLogger } from '../../base/log.js';
import { createApi } from '../../gateway/api/app.js';
import type { ApiCommands } from '../../gateway/api/commands.js';
import { HttpTransportError } from '../../gateway/hooks/transport.js';
import type { MemberRef, NewRoomEvent, RoomDirectory, RoomWatcher } from '../../gateway/rooms/news.js';
import { createInlineCodecs } from '../../gateway/sounds/codecs.js';
import type { Download } from '../../gateway/sounds/download.js';
import { createSoundParts, type SoundParts, type SoundPartsDeps } from '../../gateway/sounds/parts.js';
import type { RunCommand } from '../../gateway/sounds/speech.js';
import type { MediaPool, MediaStream, StreamOptions } from '../../rooms/index.js';
import { MediaStage, type StagePhone } from './media-stage.js';
import { createSeededRandom } from './seeded-random.js';

/** Rooms as the room service shows them, filled by hand. */
export class FakeDirectory implements RoomDirectory {
  readonly events: NewRoomEvent[] = [];
  readonly #members = new Map<RoomId, MemberRef[]>();
  readonly #watchers = new Map<RoomId, Set<RoomWatcher>>();

  has(roomId: RoomId): boolean {
    return this.#members.has(roomId);
  }

  members(roomId: RoomId): readonly MemberRef[] {
    return this.#members.get(roomId) ?? [];
  }

  member(roomId: RoomId, memberId: string): MemberRef | null {
    return this.members(roomId).find((member) => member.memberId === memberId) ?? null;
  }

  watch(roomId: RoomId, watcher: RoomWatcher): () => void {
    const watchers = this.#watchers.get(roomId) ?? new Set();
    this.#watchers.set(roomId, watchers.add(watcher));
    return () => watchers.delete(watcher);
  }

  emit(_roomId: RoomId, event: NewRoomEvent): void {
    this.events.push(event);
  }

  enter(roomId: RoomId, member: MemberRef): void {
    this.#members.set(roomId, [...this.members(roomId), member]);
    for (const watcher of this.#watchers.get(roomId) ?? []) watcher.onEntered?.(member);
  }

  leave(roomId: RoomId, memberId: string): void {
    this.#members.set(
      roomId,
      this.members(roomId).filter((member) => member.memberId !== memberId),
    );
    for (const watcher of [...(this.#watchers.get(roomId) ?? [])]) watcher.onLeft?.(memberId);
  }

  end(roomId: RoomId): void {
    this.#members.delete(roomId);
    for (const watcher of [...(this.#watchers.get(roomId) ?? [])]) watcher.onEnded?.();
  }

  get watchers(): number {
    return [...this.#watchers.values()].reduce((sum, { size }) => sum + size, 0);
  }

  typesOf(): string[] {
    return this.events.map(({ type }) => type);
  }
}

export const room = 'r' as RoomId;

export interface DeskOptions {
  readonly config?: Partial<SoundPartsDeps['config']>;
  /** Answers by URL. */
  readonly web?: Download;
  readonly run?: RunCommand;
  readonly pool?: Partial<MediaPool>;
}

const nothingThere: Download = async ({ url }) => {
  throw new HttpTransportError('connect', `nobody listens at ${url}`);
};

/** Rooms of phones on a made-up network, with the sounds and recordings of the gateway and their API. */
export class SoundDesk {
  readonly stage = new MediaStage();
  readonly directory = new FakeDirectory();
  readonly parts: SoundParts;
  readonly api: OpenAPIHono<never>;

  constructor({ config = {}, web = nothingThere, run, pool = {} }: DeskOptions = {}) {
    const { clock } = this.stage;
    this.parts = createSoundParts({
      config: {
        dataDir: null,
        maxRoomRateHz: 16_000,
        soundMaxBytes: 1_000_000,
        soundMaxS: 60,
        soundsMaxBytes: 2_000_000,
        soundCacheBytes: 1_000_000,
        soundFetchTimeoutMs: 5000,
        ttsCommand: null,
        ttsUrl: null,
        ttsVoice: 'en',
        ttsTimeoutMs: 3000,
        recordingsMaxFiles: 100,
        recordingsMaxBytes: 100_000_000,
        ...config,
      },
      clock,
      random: createSeededRandom(11),
      log: silentLogger,
      pool: {
        playToRoom: (...a) => this.stage.pool.playToRoom(...a),
        recordRoom: (...a) => this.stage.pool.recordRoom(...a),
        ...pool,
      },
      directory: this.directory,
      codecs: createInlineCodecs(),
      send: web,
      run: run ?? (async () => Promise.reject(new Error('no program'))),
    });
    this.api = createApi({} as ApiCommands, apiOptions, null, [
      (app) => this.parts.addRoutes(app),
    ]) as unknown as OpenAPIHono<never>;
  }

  async member(memberId: string, toneHz: number): Promise<StagePhone> {
    const phone = await this.stage.phone(toneHz, { roomId: room });
    phone.leg.join(room, { echo: false });
    this.directory.enter(room, { memberId, peer: memberId, leg: phone.leg, stream: null });
    return phone;
  }

  /** An application in the room, that says what it is fed. */
  async application(memberId: string, options: Partial<StreamOptions> = {}): Promise<MediaStream> {
    await this.stage.clock.advance(20);
    const stream = this.stage.pool.openStream({
      roomId: room,
      sampleRateHz: 8000,
      ways: 'both',
      of: 'mix',
      chunkMs: 20,
      bufferMs: 60_000,
      onChunk: () => stream.kept(),
      onMark: () => undefined,
      onEnded: () => undefined,
      ...options,
    });
    this.directory.enter(room, { memberId, peer: memberId, leg: null, stream });
    return stream;
  }

  /** Awaits something while the clock moves on. */
  async while<T>(promise: Promise<T>): Promise<T> {
    let isDone = false;
    const mark = (): void => {
      isDone = true;
    };
    promise.then(mark, mark);
    await this.stage.clock.until(() => isDone, 120_000, 5);
    return promise;
  }

  /** Calls the API without a socket. */
  async ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const isBytes = body instanceof Uint8Array;
    const response = await this.while(
      Promise.resolve(
        this.api.request(
          path,
          {
            method,
            headers: {
              host: '127.0.0.1',
              ...(body === undefined || isBytes ? {} : { 'content-type': 'application/json' }),
              ...headers,
            },
            ...(body === undefined ? {} : { body: isBytes ? new Uint8Array(body) : JSON.stringify(body) }),
          },
          { remoteAddress: '127.0.0.1', localAddress: '127.0.0.1' } as never,
        ),
      ),
    );
    const bytes = Buffer.from(await this.while(response.arrayBuffer()));
    const isJson = (response.headers.get('content-type') ?? '').includes('json');
    // biome-ignore lint/suspicious/noExplicitAny: the answer's shape is what each test asserts
    const json: any = isJson ? JSON.parse(bytes.toString('utf8')) : null;
    return { status: response.status, json, bytes, headers: response.headers };
  }
}

const apiOptions = { apiSecret: null, apiAllow: [], corsOrigin: null, errorFormat: 'envelope' as const };
