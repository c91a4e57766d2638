import { createRealClock, delay } from '../../base/clock.js';
import type { Heard, Wire } from '../../bench/media/wire.js';
import type { MemberView } from '../../contract/room-events.js';
import { fromDist } from './dist.js';
import { eventually } from './eventually.js';
import { LoopbackRooms } from './loopback-rooms.js';
import type { LoopbackPhone } from './loopback-world.js';
import { silentMedia } from './phone.js';

type Stage = typeof import('../../bench/media/stage.js');
type WireModule = typeof import('../../bench/media/wire.js');

/** Not a whole number of periods in 20 ms, so that sound that is left out is seen; and one in the loop of bench/media/sounds.ts. */
export const talkerHz = 812.5;
/** Longer than any run: it ends when it is told. */
const MOST_MS = 600_000;
/** So many phones register and call at once. */
const AT_ONCE = 10;
const clock = createRealClock();
const ROOM = '9000';
/** All come from one address, which may ask for few things a second unless it is believed. */
const domain = [
  '--domains',
  JSON.stringify([{ name: '*', auth: 'none', allow: ['127.0.0.0/8'], routing: 'bridge', rooms: { 9000: ROOM } }]),
];

/** One action of a run, and when it began and was done, in milliseconds since the Unix epoch. */
export interface Step {
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface CrowdOptions {
  readonly members: number;
  readonly mediaWorkers: number;
  /** The C wire times arrivals by the kernel; without a compiler it is the one on Node. */
  readonly wire: 'c' | 'node';
  /** More flags of the gateway. */
  readonly args?: readonly string[];
}

/**
 * One room of the real gateway with many phones in it, by SIP and RTP over loopback: the first says a tone, all others
 * silence. Their sound is sent, and kept, by the bench's wire, a process of its own, so that what this process does is not
 * heard.
 */
export class Crowd {
  readonly rooms: LoopbackRooms;
  readonly room: string;
  readonly steps: Step[] = [];
  readonly #wire: Wire;
  readonly #stage: Stage;
  readonly #phones: LoopbackPhone[] = [];
  readonly #ids: string[] = [];
  #running: Promise<Heard> | null = null;

  private constructor(rooms: LoopbackRooms, wire: Wire, stage: Stage) {
    this.rooms = rooms;
    this.room = ROOM;
    this.#wire = wire;
    this.#stage = stage;
  }

  /** A gateway with a room that is full, and nobody heard yet. */
  static async start({ members, mediaWorkers, wire: kind, args = [] }: CrowdOptions): Promise<Crowd> {
    const { startWire, compiled } = await fromDist<WireModule>('bench/media/wire.js');
    const stage = await fromDist<Stage>('bench/media/stage.js');
    const rooms = await LoopbackRooms.start({
      mediaWorkers,
      rtpPairs: 2 * members,
      hookUrl: 'off',
      args: [...domain, ...args],
    });
    const wire = await startWire(members, kind === 'c' && compiled('endpoints') !== null ? 'c' : 'node');
    rooms.world.closeLater(() => wire.stop());
    const crowd = new Crowd(rooms, wire, stage);
    await crowd.#fill().catch(async (error: unknown) => {
      await crowd.close();
      throw error;
    });
    return crowd;
  }

  /** Its `member_id`, by the endpoint's number. */
  id(index: number): string {
    return this.#ids[index]!;
  }

  /** Whose work is heard: the gateway, and what sends and keeps the sound. */
  get pids(): readonly number[] {
    return [this.rooms.gateway.program.pid, this.#wire.pid];
  }

  phone(index: number): LoopbackPhone {
    return this.#phones[index]!;
  }

  /** Everybody sends from now on; resolves once what they hear is kept. */
  async begin(): Promise<void> {
    const ports = this.#phones.map(({ call }) => Number(/m=audio (\d+)/.exec(call?.remote[0] ?? '')?.[1]));
    const seats = this.#phones.map((_, place) => ({
      ...{ room: 0, place, bursts: false, isSampled: true },
      hz: place === 0 ? talkerHz : null,
    }));
    const opened = { codec: 'pcma', payloadType: 8, frameMs: 20, ports } as const;
    const times = { warmMs: 2000, measureMs: MOST_MS };
    const plan = this.#stage.planOf(seats, opened, times, { jitterMs: 0, loss: 0, noise: false });
    let begun: () => void = () => undefined;
    const beginning = new Promise<void>((resolve) => {
      begun = resolve;
    });
    this.#running = this.#wire.run(plan, begun, () => undefined);
    await Promise.race([beginning, this.#running]);
  }

  /** Does something while all listen, with a pause behind it in which nothing is done. */
  async step(name: string, act: () => Promise<unknown>, pauseMs = 300): Promise<void> {
    const fromMs = clock.epochMs();
    await act();
    await delay(clock, pauseMs);
    this.steps.push({ name, fromMs, toMs: clock.epochMs() });
  }

  /** What everybody heard, in order of arrival, by number; and how late the wire sent. */
  async end(): Promise<Heard> {
    this.#wire.finish();
    return this.#running!;
  }

  close(): Promise<void> {
    return this.rooms.close();
  }

  async #fill(): Promise<void> {
    const { rooms, room } = this;
    await rooms.ask('POST', '/rooms', { room_id: room, empty_s: 1 });
    for (const port of this.#wire.ports)
      this.#phones.push(await rooms.phone(0, { createMedia: () => silentMedia('127.0.0.1', port) }));
    for (let at = 0; at < this.#phones.length; at += AT_ONCE)
      await Promise.all(this.#phones.slice(at, at + AT_ONCE).map((phone) => rooms.call(phone, room)));
    const members = await eventually('all are in the room', async () => {
      const found = await rooms.members(room);
      return found.length === this.#phones.length && found;
    });
    const idOf = new Map(members.map(({ peer, member_id }: MemberView) => [peer, member_id]));
    for (const { options } of this.#phones) this.#ids.push(idOf.get(options.user)!);
  }
}
