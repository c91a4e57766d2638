import type { WebSocketDoor, WebSocketHandlers } from '../../base/web-socket.js';
import type { RoomFeedMessage } from '../../contract/room-events.js';
import { EventDoor } from '../../gateway/api/event-door.js';
import type { RoomReaderLimits } from '../../gateway/api/room-readers.js';
import { type RoomApiBench, type RoomApiSetup, roomApi } from './room-api.js';
import { createSeededRandom } from './seeded-random.js';
import { VirtualNetwork } from './virtual-network.js';
import {
  VirtualEntrance,
  type VirtualRefusal,
  type VirtualWebSocket,
  VirtualWebSockets,
} from './virtual-web-sockets.js';

/** A reader's end of a feed. */
export class EventReader implements WebSocketHandlers {
  readonly messages: RoomFeedMessage[] = [];
  socket!: VirtualWebSocket;
  isClosed = false;

  onMessage(data: Buffer): void {
    this.messages.push(JSON.parse(data.toString()));
  }

  onPong(): void {}

  onClose(): void {
    this.isClosed = true;
  }

  get seqs(): number[] {
    return this.messages.flatMap((message) => ('seq' in message ? [message.seq] : []));
  }

  /** Code and reason of the close frame that came. */
  get closed(): [number | null, string | null] {
    return [this.socket.closeCode, this.socket.closeReason];
  }
}

const ours = { address: '10.0.0.1', port: 8002 };

export interface EventStageSetup extends Pick<RoomApiSetup, 'options' | 'events'> {
  readonly readers?: Partial<RoomReaderLimits>;
}

/** Readers of events over WebSocket, of rooms without sound, on one manual clock. */
export class EventStage {
  readonly bench: RoomApiBench;
  readonly door: EventDoor;
  /** The gateway's ends of the connections, in order: what is in their sockets can be set. */
  readonly ends: VirtualWebSocket[] = [];
  readonly #network: VirtualNetwork;

  constructor(setup: EventStageSetup = {}) {
    this.bench = roomApi(setup);
    const { clock, rooms: commands, keys, readers, attention } = this.bench;
    this.#network = new VirtualNetwork({ clock, random: createSeededRandom(1) });
    const access = { apiSecret: null, apiAllow: ['10.0.0.0/8'], ...setup.options };
    this.door = new EventDoor({ commands, keys, readers, attention }, access);
  }

  async open(): Promise<this> {
    const entrance = new VirtualEntrance();
    entrance.admit(this.#watched());
    await entrance.open(this.#network.host(ours.address), ours);
    return this;
  }

  /** Rejects with a VirtualRefusal. */
  async dial(
    path: string,
    { origin = null, headers, protocols = [] }: Partial<Parameters<VirtualWebSockets['dial']>[2]> = {},
  ): Promise<EventReader> {
    const { clock } = this.bench;
    const reader = new EventReader();
    const sockets = new VirtualWebSockets(this.#network.host('10.0.0.9'));
    const dialled = sockets.dial(ours, reader, { path, origin, protocols, headers });
    let isDone = false;
    const done = (): void => {
      isDone = true;
    };
    dialled.then(done, done);
    await clock.until(() => isDone, 1000, 1);
    reader.socket = await dialled;
    await clock.advance(5);
    return reader;
  }

  /** The HTTP status of a refusal, and its text. */
  refusal(...dialled: Parameters<EventStage['dial']>): Promise<unknown> {
    return this.dial(...dialled).then(
      () => 'let in',
      ({ statusCode, message }: VirtualRefusal) => [statusCode, message],
    );
  }

  /** What is left behind when all readers have gone. */
  left(): unknown {
    const { readers, rooms, clock } = this.bench;
    const { room_event_readers: open } = readers.counters();
    return { readers: open, listeners: rooms.levelListeners.size, timers: clock.pendingTimers };
  }

  #watched(): WebSocketDoor {
    return {
      protocol: this.door.protocol,
      maxMessageBytes: this.door.maxMessageBytes,
      judge: (request) => {
        const verdict = this.door.judge(request);
        if (!verdict.ok) return verdict;
        return {
          ...verdict,
          adopt: (connection) => {
            this.ends.push(connection as VirtualWebSocket);
            return verdict.adopt(connection);
          },
        };
      },
    };
  }
}
