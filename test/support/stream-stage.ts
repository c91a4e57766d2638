import type { LegId, RoomId } from '../../base/ids.js';
import { silentLogger } from '../../base/log.js';
import type { Network, SocketAddress } from '../../base/network.js';
import type { WebSocketHandlers } from '../../base/web-socket.js';
import { createStreamBody, type StreamView } from '../../contract/streams.js';
import type { EnterOptions, EntryRefusal, LeaveCause, MemberDoor, RoomEntrance } from '../../gateway/rooms/door.js';
import type { MemberRef, NewRoomEvent, RoomDirectory, RoomWatcher } from '../../gateway/rooms/news.js';
import { StreamService, type StreamServiceDeps } from '../../gateway/streams/service.js';
import { StreamDoor, type StreamToken } from '../../gateway/streams/stream-door.js';
import type { MediaStream, StreamOptions } from '../../rooms/index.js';
import { ManualClock } from './manual-clock.js';
import { createSeededRandom } from './seeded-random.js';
import { VirtualNetwork } from './virtual-network.js';
import { VirtualEntrance, type VirtualWebSocket, VirtualWebSockets } from './virtual-web-sockets.js';

/** A media host's side of a stream: says 20 ms a beat, hears what `sound` makes. */
export class FakeStream implements MediaStream {
  readonly legId: LegId;
  readonly options: StreamOptions;
  /** Everything said so far, silence included. */
  readonly said: number[] = [];
  roomId: RoomId;
  keptChunks = 0;
  isClosed = false;
  /** Makes the next samples that the stream hears. */
  sound: (samples: number) => Int16Array = (samples) => new Int16Array(samples);
  /** Sample frames that are missing before the next chunk. */
  lostFrames = 0;
  #queue: (Uint8Array | number)[] = [];
  #atMs = 0;

  constructor(legId: LegId, options: StreamOptions) {
    this.legId = legId;
    this.options = options;
    this.roomId = options.roomId;
  }

  get speaks(): boolean {
    return this.options.ways !== 'hears';
  }

  get waitingMs(): number {
    const bytes = this.#queue.reduce<number>((sum, each) => sum + (typeof each === 'number' ? 0 : each.length), 0);
    return (bytes * 1000) / (2 * this.options.sampleRateHz);
  }

  feed(pcm: Uint8Array): boolean {
    const addedMs = (pcm.length * 1000) / (2 * this.options.sampleRateHz);
    if (this.waitingMs + addedMs > this.options.bufferMs) return false;
    this.#queue.push(pcm);
    return true;
  }

  mark(mark: number): boolean {
    if (this.#queue.filter((each) => typeof each === 'number').length === 1000) return false;
    if (this.#queue.length === 0) this.options.onMark(mark);
    else this.#queue.push(mark);
    return true;
  }

  clear(): void {
    const marks = this.#queue.filter((each) => typeof each === 'number');
    this.#queue = [];
    for (const mark of marks) this.options.onMark(mark);
  }

  kept(): void {
    this.keptChunks += 1;
  }

  record(): null {
    return null;
  }

  setMember(): void {}
  setHearing(): void {}

  join(roomId: RoomId): void {
    this.roomId = roomId;
  }

  close(): void {
    this.isClosed = true;
  }

  beat(): void {
    if (this.isClosed) return;
    const { sampleRateHz, ways, chunkMs, onChunk } = this.options;
    this.#say((sampleRateHz / 1000) * 20);
    this.#atMs += 20;
    if (ways === 'speaks' || this.#atMs % chunkMs !== 0) return;
    const pcm = this.sound((sampleRateHz / 1000) * chunkMs);
    onChunk(new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.length * 2), this.lostFrames, this.#atMs - chunkMs);
    this.lostFrames = 0;
  }

  #say(samples: number): void {
    for (let left = samples; left > 0; ) {
      const next = this.#queue[0];
      if (next === undefined) {
        for (; left > 0; left -= 1) this.said.push(0);
      } else if (typeof next === 'number') {
        this.#queue.shift();
        this.options.onMark(next);
      } else {
        const taken = Math.min(left, next.length / 2);
        const view = new DataView(next.buffer, next.byteOffset, next.length);
        for (let i = 0; i < taken; i += 1) this.said.push(view.getInt16(2 * i, true));
        left -= taken;
        if (taken === next.length / 2) this.#queue.shift();
        else this.#queue[0] = next.subarray(2 * taken);
      }
    }
    while (typeof this.#queue[0] === 'number') this.options.onMark(this.#queue.shift() as number);
  }
}

/** Rooms as streams see them. */
export class FakeRooms implements RoomEntrance, RoomDirectory {
  readonly rooms = new Map<string, MemberRef[]>();
  readonly events: [string, NewRoomEvent][] = [];
  readonly entered: { readonly door: MemberDoor; readonly roomId: string; readonly options: EnterOptions }[] = [];
  readonly gone: [string, LeaveCause][] = [];
  readonly watchers = new Map<string, Set<RoomWatcher>>();
  refusal: EntryRefusal | null = null;
  hasLobby = false;

  addMember(roomId: string, memberId: string): void {
    const leg = { legId: `leg-${memberId}` as LegId } as MemberRef['leg'];
    this.rooms.set(roomId, [...(this.rooms.get(roomId) ?? []), { memberId, peer: memberId, leg, stream: null }]);
  }

  removeMember(roomId: string, memberId: string): void {
    this.rooms.set(
      roomId,
      (this.rooms.get(roomId) ?? []).filter((each) => each.memberId !== memberId),
    );
    for (const watcher of [...(this.watchers.get(roomId) ?? [])]) watcher.onLeft?.(memberId);
  }

  check(): EntryRefusal | null {
    return this.refusal;
  }

  enter(door: MemberDoor, roomId: RoomId, options: EnterOptions): EntryRefusal | null {
    if (this.refusal !== null) return this.refusal;
    this.entered.push({ door, roomId, options });
    return null;
  }

  left(memberId: string, cause: LeaveCause): void {
    this.gone.push([memberId, cause]);
  }

  entersAtOnce(): boolean {
    return !this.hasLobby;
  }

  keepsAlone(): boolean {
    return false;
  }

  held(): void {}
  speaks(): void {}
  digit(): void {}
  legEvent(): void {}

  has(roomId: RoomId): boolean {
    return this.rooms.has(roomId);
  }

  members(roomId: RoomId): readonly MemberRef[] {
    return this.rooms.get(roomId) ?? [];
  }

  member(roomId: RoomId, memberId: string): MemberRef | null {
    return this.members(roomId).find((each) => each.memberId === memberId) ?? null;
  }

  watch(roomId: RoomId, watcher: RoomWatcher): () => void {
    const watchers = this.watchers.get(roomId) ?? new Set();
    this.watchers.set(roomId, watchers.add(watcher));
    return () => watchers.delete(watcher);
  }

  emit(roomId: RoomId, event: NewRoomEvent): void {
    this.events.push([roomId, event]);
  }

  get watching(): number {
    return [...this.watchers.values()].reduce((sum, { size }) => sum + size, 0);
  }
}

/** One message that the gateway sent. */
// Tests look at different shapes here.
// biome-ignore lint/suspicious/noExplicitAny: the shape is what each test asserts
export type Message = any;

/** An application's end of a stream. */
export class FakeBot implements WebSocketHandlers {
  readonly messages: Message[] = [];
  readonly binary: Buffer[] = [];
  socket!: VirtualWebSocket;
  isClosed = false;

  onMessage(data: Buffer, isText: boolean): void {
    if (isText) this.messages.push(JSON.parse(data.toString()));
    else this.binary.push(Buffer.from(data));
  }

  onPong(): void {}

  onClose(): void {
    this.isClosed = true;
  }

  get sid(): string {
    return this.of('start')[0].streamSid;
  }

  of(event: string): Message[] {
    return this.messages.filter((message) => message.event === event);
  }

  send(message: object | string): void {
    this.socket.send(Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)), true);
  }

  say(sound: Uint8Array): void {
    this.send({ event: 'media', streamSid: this.sid, media: { payload: Buffer.from(sound).toString('base64') } });
  }

  mark(name: string): void {
    this.send({ event: 'mark', streamSid: this.sid, mark: { name } });
  }

  /** Code and reason of the close frame that came. */
  get closed(): [number | null, string | null] {
    return [this.socket.closeCode, this.socket.closeReason];
  }

  /** The sound that came, one after the other. */
  heard(): Buffer {
    return Buffer.concat(this.of('media').map(({ media }) => Buffer.from(media.payload, 'base64')));
  }
}

/** An application that is connected to: each connection becomes one more of `bots`. */
export function serveBots(
  network: Network,
  local: SocketAddress,
  bots: FakeBot[],
): Promise<{ close(): Promise<void> }> {
  return new VirtualWebSockets(network).listen(local, {
    protocol: 'none',
    maxMessageBytes: 10_000_000,
    judge: () => ({
      ok: true,
      adopt: (connection) => {
        const bot = new FakeBot();
        bot.socket = connection as VirtualWebSocket;
        bots.push(bot);
        return bot;
      },
      abandon: () => undefined,
    }),
  });
}

const ours = '10.0.0.1';
const theirs = '10.0.0.9';

/** Streams of a gateway whose rooms and media hosts are fakes, and applications, on one manual clock. */
export class StreamStage {
  readonly clock = new ManualClock();
  readonly network = new VirtualNetwork({ clock: this.clock, random: createSeededRandom(1) });
  readonly rooms = new FakeRooms();
  readonly streams: FakeStream[] = [];
  readonly bots: FakeBot[] = [];
  readonly tokens = new Map<string, StreamToken>();
  readonly service: StreamService;
  readonly door: StreamDoor;
  readonly webSockets = new VirtualWebSockets(this.network.host(ours));
  #isOver = false;

  constructor(options: Partial<StreamServiceDeps> & { readonly apiSecret?: string } = {}) {
    this.service = new StreamService({
      clock: this.clock,
      random: createSeededRandom(2),
      log: silentLogger,
      pool: {
        openStream: (given) => {
          const stream = new FakeStream(`stream-${this.streams.length}` as LegId, given);
          this.streams.push(stream);
          return stream;
        },
      },
      entrance: this.rooms,
      rooms: this.rooms,
      webSockets: this.webSockets,
      permits: () => true,
      ...options,
    });
    this.door = new StreamDoor({
      service: this.service,
      apiSecret: options.apiSecret ?? null,
      apiAllow: ['10.0.0.0/8'].slice(options.apiSecret === undefined ? 0 : 1),
      readToken: (token) => this.tokens.get(token) ?? 'malformed',
    });
    const beat = (): void => {
      if (this.#isOver) return;
      for (const stream of this.streams) stream.beat();
      this.clock.setTimer(20, beat);
    };
    this.clock.setTimer(20, beat);
  }

  /** The door on the HTTP listener of the gateway. */
  async open(): Promise<this> {
    const entrance = new VirtualEntrance();
    entrance.admit(this.door);
    await entrance.open(this.network.host(ours), { address: ours, port: 8002 });
    return this;
  }

  /** An application connects. Rejects with a VirtualRefusal. */
  async dial(
    path: string,
    { origin = null, headers, protocols = [] }: Partial<Parameters<VirtualWebSockets['dial']>[2]> = {},
  ): Promise<FakeBot> {
    const bot = new FakeBot();
    const sockets = new VirtualWebSockets(this.network.host(theirs));
    bot.socket = await this.while(
      sockets.dial({ address: ours, port: 8002 }, bot, { path, origin, protocols, headers }),
    );
    await this.clock.advance(5);
    return bot;
  }

  /** An application that is connected to; its bots are in `bots`, in order. */
  serve(port: number): Promise<{ close(): Promise<void> }> {
    return serveBots(this.network.host(theirs), { address: theirs, port }, this.bots);
  }

  create(roomId: string, body: object): Promise<StreamView> {
    const read = createStreamBody.parse({ url: `ws://${theirs}:9000/bot`, ...body });
    return this.while(this.service.create(roomId, read));
  }

  async while<T>(promise: Promise<T>): Promise<T> {
    let isDone = false;
    const mark = (): void => {
      isDone = true;
    };
    promise.then(mark, mark);
    await this.clock.until(() => isDone, 60_000, 5);
    return promise;
  }

  /** Ends all streams; what is left then is a leak. */
  async close(): Promise<{ readonly streams: number; readonly watching: number; readonly timers: number }> {
    this.service.close();
    await this.clock.advance(100);
    this.#isOver = true;
    await this.clock.advance(100);
    const left = this.streams.filter(({ isClosed }) => !isClosed).length;
    return { streams: this.service.size + left, watching: this.rooms.watching, timers: this.clock.pendingTimers };
  }
}
