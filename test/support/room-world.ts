import type { RoomId } from '../../base/ids.js';
import type { InviteHookReply } from '../../contract/v1.js';
import type { RoomRunner } from '../../gateway/rooms/room-runner.js';
import type { RoomService } from '../../gateway/rooms/service.js';
import type { SoundWorld } from '../../gateway/sounds/sound-world.js';
import type { PhoneCall } from './phone.js';
import { VirtualWorld, type WorldGateway, type WorldOptions, type WorldPhone } from './virtual-world.js';
import { levelOf, steadyLevelOf } from './voice.js';

export const room = 'r1' as RoomId;

/** What a hook may answer, written down as an application would. */
export type InviteReply = Partial<InviteHookReply>;

/** A world with one gateway whose rooms are looked at from inside, and phones that listen to each other. */
export class RoomWorld extends VirtualWorld {
  #gateway: WorldGateway | null = null;
  #phones = 0;

  static async start(options: WorldOptions = {}, mediaHosts = 1, sounds?: SoundWorld): Promise<RoomWorld> {
    const world = new RoomWorld(options);
    world.#gateway = await world.addGateway({ mediaHosts, ...(sounds !== undefined && { sounds }) });
    world.answer({});
    return world;
  }

  get gateway(): WorldGateway {
    if (this.#gateway === null) throw new Error('no gateway yet');
    return this.#gateway;
  }

  get rooms(): RoomService {
    return this.gateway.gateway.rooms.service;
  }

  /** The hook sends everybody into r1 unless told. */
  answer(reply: InviteReply): void {
    this.answerInvites({ strategy: 'Accept', room_id: room, ...reply });
  }

  /** The room, which must be there. */
  runner(roomId: RoomId = room): RoomRunner {
    const runner = this.rooms.find(roomId);
    if (runner === null) throw new Error(`there is no room ${roomId}`);
    return runner;
  }

  /** A registered phone that says a tone and calls into its room; answered or ended when this returns. */
  async come(toneHz: number, reply: InviteReply = {}, user = `${1001 + this.#phones}`): Promise<WorldPhone> {
    this.#phones += 1;
    const phone = await this.addPhone(user, { toneHz });
    await this.while(phone.register());
    await this.call(phone, reply);
    return phone;
  }

  async call(phone: WorldPhone, reply: InviteReply = {}): Promise<PhoneCall> {
    this.answer(reply);
    const call = await this.while(phone.dial('9000'));
    await this.clock.until(() => call.log.includes('answered') || call.ended !== null, 10_000, 5);
    await this.clock.advance(100);
    return call;
  }

  /** Id of a phone's newest call as a member. */
  memberOf(phone: WorldPhone): string {
    const { user } = phone.options;
    const found = this.rooms
      .rooms()
      .flatMap((runner) => [...runner.room.members.values()])
      .filter(({ peer }) => peer === user || peer.startsWith(`${user}~`))
      .at(-1);
    if (found === undefined) throw new Error(`${user} is in no room`);
    return found.id;
  }

  /** Which of the tones each phone hears during one second, after half a second in which buffers fill. */
  async heard(phones: readonly WorldPhone[], tones: readonly number[]): Promise<number[][]> {
    await this.clock.advance(500);
    for (const phone of phones) phone.voices.at(-1)?.takeHeard();
    await this.clock.advance(1000);
    return phones.map((phone) => {
      const heard = phone.voices.at(-1)?.takeHeard() ?? new Int16Array();
      return tones.filter((hz) => steadyLevelOf(heard, hz) > -35);
    });
  }

  /** How loud a tone is for a phone during one second. */
  async levelFor(phone: WorldPhone, hz: number): Promise<number> {
    await this.clock.advance(500);
    phone.voices.at(-1)?.takeHeard();
    await this.clock.advance(1000);
    return steadyLevelOf(phone.voices.at(-1)?.takeHeard() ?? new Int16Array(), hz);
  }

  /** The loudest that a tone is within any 100 ms of what was heard since the last look. */
  peakOf(phone: WorldPhone, hz: number): number {
    const heard = phone.voices.at(-1)?.takeHeard() ?? new Int16Array();
    let peak = Number.NEGATIVE_INFINITY;
    for (let from = 0; from + 800 <= heard.length; from += 400) {
      peak = Math.max(peak, levelOf(heard.subarray(from, from + 800), hz));
    }
    return peak;
  }

  /** Presses keys on a phone as telephone-events, one after the other. */
  async press(phone: WorldPhone, keys: string): Promise<void> {
    for (const key of keys) {
      phone.voices.at(-1)?.session.dtmf(key, 80);
      await this.clock.advance(250);
    }
  }

  /** Types of a room's events so far, with what tells them apart. */
  events(roomId: RoomId = room): string[] {
    const log = this.rooms.logs.find(roomId);
    return (log?.after(0, 1000).events ?? []).map((event) => {
      switch (event.type) {
        case 'member_joined':
        case 'member_updated':
          return `${event.type} ${event.member.peer} ${event.member.place}`;
        case 'member_left':
          return [event.type, event.peer, event.cause, ...(event.reason === undefined ? [] : [event.reason])].join(' ');
        case 'room_ended':
          return `${event.type} ${event.reason}`;
        case 'speaking_started':
        case 'speaking_stopped':
          return `${event.type} ${event.peer}`;
        default:
          return event.type;
      }
    });
  }

  /** Hangs up all phones and says what is left of calls, rooms and media. */
  async finish(phones: readonly WorldPhone[]): Promise<string[]> {
    for (const phone of phones) phone.call?.hangUp();
    await this.clock.advance(40_000);
    const left = this.gateway.gateway.leftovers();
    return Object.entries(left).flatMap(([name, count]) => (count === 0 ? [] : [`${name} ${count}`]));
  }
}
