import type { MemberView, RoomEventBody } from '../../../contract/room-events.js';
import { RoomWorld } from '../../support/room-world.js';
import type { WorldPhone } from '../../support/virtual-world.js';

/** What a row of docs/api-mapping.md does, seen and heard. */
export type RowTest = (desk: Desk) => Promise<void>;

// Answers have many shapes here; what each row expects of them is what it asserts.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Answer = { readonly status: number; readonly json: any };

/** An application with nothing but the HTTP API and its hooks, and phones that say a tone each: 1001 440 Hz, 1002 800 Hz, 1003 1250 Hz. */
export class Desk {
  readonly world: RoomWorld;
  readonly phones: WorldPhone[] = [];

  private constructor(world: RoomWorld) {
    this.world = world;
  }

  static async open(): Promise<Desk> {
    return new Desk(await RoomWorld.start({ config: 'room_events: on' }));
  }

  async ask(method: string, path: string, body?: unknown): Promise<Answer> {
    return (await this.world.gateway.api(method, path, body)) as unknown as Answer;
  }

  /** A room `r1` made over the API, with so many phones in it. */
  async meet(phones: number, settings: object = {}): Promise<void> {
    await this.ask('POST', '/rooms', { room_id: 'r1', ...settings });
    for (let at = 0; at < phones; at += 1) await this.come();
  }

  /** One more phone calls into r1, or where `reply` says. */
  async come(reply: object = {}): Promise<WorldPhone> {
    const phone = await this.world.come(tones[this.phones.length] ?? 0, reply);
    this.phones.push(phone);
    return phone;
  }

  /** The member of the phone number `at`: 0 is 1001. */
  async member(at: number, roomId = 'r1'): Promise<MemberView> {
    const { json } = await this.ask('GET', `/rooms/${roomId}/members`);
    const found = (json.members as MemberView[]).find(({ peer }) => peer === String(1001 + at));
    if (found === undefined) throw new Error(`${1001 + at} is not in ${roomId}`);
    return found;
  }

  async change(at: number, change: object): Promise<Answer> {
    const { member_id } = await this.member(at);
    return this.ask('PATCH', `/rooms/r1/members/${member_id}`, change);
  }

  async act(at: number, action: object, roomId = 'r1'): Promise<Answer> {
    const { member_id } = await this.member(at, roomId);
    return this.ask('POST', `/rooms/${roomId}/members/${member_id}/actions`, action);
  }

  /** Which phones the phone number `at` hears now, as numbers too. */
  async heardBy(at: number): Promise<number[]> {
    const phone = this.phones[at];
    if (phone === undefined) throw new Error(`there is no phone ${at}`);
    const [heard = []] = await this.world.heard([phone], tones);
    return heard.map((hz) => tones.indexOf(hz));
  }

  /** What became of the call of the phone number `at`. */
  isUp(at: number): boolean {
    return this.phones[at]?.call?.ended === null;
  }

  /** What the application was told of by POST {hook_url}/room, so far. */
  async told(): Promise<RoomEventBody[]> {
    await this.world.clock.advance(200);
    return this.world.hooks.calls.filter(({ route }) => route === 'room').map(({ body }) => body as RoomEventBody);
  }

  /** The member of the newest member_updated. */
  async lastUpdate(): Promise<MemberView | null> {
    const last = (await this.told()).findLast(({ type }) => type === 'member_updated');
    return last?.type === 'member_updated' ? last.member : null;
  }

  async toldTypes(): Promise<string[]> {
    return (await this.told()).map(({ type }) => type);
  }

  async close(): Promise<{ readonly sockets: string[]; readonly timers: number }> {
    return this.world.close();
  }
}

const tones: number[] = [440, 800, 1250];
