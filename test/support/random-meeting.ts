import fc from 'fast-check';
import { expect } from 'vitest';
import type { RoomId } from '../../base/ids.js';
import type { MemberView, RoomEventBody } from '../../contract/room-events.js';
import { type InviteReply, RoomWorld } from './room-world.js';
import type { WorldPhone } from './virtual-world.js';

/** Of each phone, which says it all the time. */
const tones = [440, 660, 930, 1270, 1650] as const;
const roomIds = ['r1', 'r2', 'r3'] as const;
const roles = ['host', 'member', 'listener'] as const;

const phone = fc.nat(tones.length - 1);
const roomId = fc.constantFrom(...roomIds);
const role = fc.constantFrom(...roles);
/** Nobody in particular is `null`; numbers are phones. */
const some = fc.option(fc.subarray([0, 1, 2, 3, 4]), { nil: null });

const change = fc.oneof(
  fc.record({ muted: fc.boolean() }),
  fc.record({ deaf: fc.boolean() }),
  fc.record({ gain_db: fc.integer({ min: -6, max: 6 }), listen_gain_db: fc.integer({ min: -6, max: 6 }) }),
  fc.record({ role }),
  fc.record({ heard_by: some }),
  fc.record({ hears: some }),
);
const settings = fc.oneof(
  fc.record({ locked: fc.boolean() }),
  fc.record({ wait_for_host: fc.boolean() }),
  fc.record({ lobby: fc.boolean() }),
  fc.record({ mute_on_entry: fc.boolean() }),
  fc.record({ ends_with_host: fc.boolean() }),
  fc.record({ max_members: fc.constantFrom(2, 5) }),
);
const action = fc.oneof(
  fc.record({ action: fc.constant('move'), room_id: roomId }),
  fc.record({ action: fc.constant('side_room'), room_id: fc.option(roomId, { nil: undefined }) }),
  fc.record({ action: fc.constantFrom('admit', 'return', 'ask_to_unmute', 'kick') }),
);

export const anyCalls = fc.array(fc.record({ roomId: fc.constantFrom('r1', 'r1', 'r2'), role }), {
  minLength: tones.length,
  maxLength: tones.length,
});
type FirstCall = Omit<Extract<Deed, { do: 'call' }>, 'do' | 'phone'>;

/** One thing that somebody does: a person with a phone, or the application. */
export const anyDeed = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('call' as const), phone, roomId, role }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('hang up' as const), phone }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('hold' as const, 'resume' as const), phone }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('press' as const), phone, keys: fc.constantFrom('6', '1', '2', '3', '4') }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('change' as const), phone, change }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('act' as const), phone, action }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('set' as const), roomId, settings }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), roomId }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('record' as const), roomId }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(3000) }) },
);
export type Deed = typeof anyDeed extends fc.Arbitrary<infer T> ? T : never;

const menu = { '6': 'toggle_mute', '4': 'toggle_deaf' } as const;
const hostMenu = { '1': 'mute_all', '2': 'unmute_all', '3': 'toggle_lock' } as const;

/** Five phones and three rooms of two media hosts, in which anything is done in any order. */
export class RandomMeeting {
  readonly world: RoomWorld;
  readonly phones: WorldPhone[] = [];
  /** Answers of the API that no wish of an application should get. */
  readonly faults: string[] = [];

  private constructor(world: RoomWorld) {
    this.world = world;
  }

  /** Each phone calls first. */
  static async start(calls: readonly FirstCall[]): Promise<RandomMeeting> {
    const meeting = new RandomMeeting(await RoomWorld.start({}, 2));
    const { world } = meeting;
    for (const [i, toneHz] of tones.entries()) {
      const each = await world.addPhone(String(1001 + i), { toneHz });
      await world.while(each.register());
      meeting.phones.push(each);
    }
    for (const [i, call] of calls.entries()) await meeting.#call({ do: 'call', phone: i, ...call });
    return meeting;
  }

  async play(deed: Deed): Promise<void> {
    switch (deed.do) {
      case 'call':
        return this.#call(deed);
      case 'hang up':
        this.phones[deed.phone]!.call?.hangUp();
        return this.world.clock.advance(50);
      case 'hold':
      case 'resume':
        return this.#hold(this.phones[deed.phone]!, deed.do);
      case 'press':
        return this.world.press(this.phones[deed.phone]!, deed.keys);
      case 'change':
        return this.#change(deed);
      case 'act':
        return this.#ofMember(deed.phone, 'POST', '/actions', deed.action);
      case 'set':
        return this.#ask('PATCH', `/rooms/${deed.roomId}`, deed.settings);
      case 'close':
        return this.#ask('DELETE', `/rooms/${deed.roomId}`);
      case 'record':
        return this.#ask('POST', `/rooms/${deed.roomId}/recordings`, {});
      case 'wait':
        return this.world.clock.advance(deed.ms);
    }
  }

  /** What the API says of who is where: by phone. */
  async members(): Promise<Map<number, MemberView & { readonly roomId: string }>> {
    const found = new Map<number, MemberView & { readonly roomId: string }>();
    const { json } = await this.world.gateway.fetch('GET', '/rooms');
    for (const { room_id } of json.rooms as { room_id: string }[]) {
      const members = (await this.world.gateway.fetch('GET', `/rooms/${room_id}/members`)).json.members as MemberView[];
      for (const member of members) {
        const place = this.phones.findIndex(({ options }) => options.user === member.identity);
        expect(found.has(place), `phone ${place} is in one room`).toBe(false);
        found.set(place, { ...member, roomId: room_id });
      }
    }
    return found;
  }

  /** Asserts that each phone hears exactly those whom the API says that it hears. */
  async listen(): Promise<void> {
    // What was done last has come about: a re-INVITE, the end of a ramp, the limit of a loud gain.
    await this.world.clock.advance(1500);
    const members = await this.members();
    const expected = this.phones.map((_, ear) => tones.filter((_, mouth) => hears(members, ear, mouth)));
    const heard = await this.world.heard(this.phones, tones);
    expect(heard, JSON.stringify([...members])).toEqual(expected);
    expect(await this.members()).toEqual(members);
  }

  /** Ends everything; asserts that logs have no hole, that who came has gone, and that nothing is left. */
  async finish(): Promise<void> {
    const { world } = this;
    const seen = roomIds.map((id) => world.rooms.logs.find(id as RoomId)?.after(0, 1000).events ?? []);
    for (const events of seen) expect(numbersOf(events)).toEqual(events.map((_, i) => i + 1));
    expect(await world.finish(this.phones)).toEqual([]);
    for (const id of roomIds) {
      const log = world.rooms.logs.find(id as RoomId);
      if (log !== null) expectWhole(log.after(0, 1000).events);
    }
    expect(this.faults).toEqual([]);
    // Logs stay for five minutes.
    await world.clock.advance(300_000);
    expect(await world.close()).toEqual({ sockets: [], timers: 0 });
  }

  async #call({ phone: place, roomId: into, role: as }: Extract<Deed, { do: 'call' }>): Promise<void> {
    const each = this.phones[place]!;
    if (each.call !== undefined && each.call.ended === null) return;
    const reply: InviteReply = { room_id: into, room: { menu, host_menu: hostMenu }, member: { role: as } };
    await this.world.call(each, reply);
  }

  async #hold(each: WorldPhone, what: 'hold' | 'resume'): Promise<void> {
    const { call } = each;
    if (call === undefined || call.ended !== null || !call.log.includes('answered')) return;
    await this.world.while(call[what]());
  }

  #change({ phone: place, change: wanted }: Extract<Deed, { do: 'change' }>): Promise<void> {
    return this.#ofMember(place, 'PATCH', '', wanted);
  }

  /** Of a phone that is nowhere nothing is asked. */
  async #ofMember(place: number, method: string, path: string, body: object): Promise<void> {
    const members = await this.members();
    const member = members.get(place);
    if (member === undefined) return;
    const ids = (places: readonly number[] | null): string[] | null =>
      places === null ? null : places.flatMap((each) => members.get(each)?.member_id ?? []);
    const named = Object.entries(body).map(([key, value]) => [
      key,
      key === 'heard_by' || key === 'hears' ? ids(value) : value,
    ]);
    const url = `/rooms/${member.roomId}/members/${member.member_id}${path}`;
    await this.#ask(method, url, Object.fromEntries(named));
  }

  async #ask(method: string, path: string, body?: object): Promise<void> {
    const { status, json } = await this.world.gateway.fetch(method, path, body);
    // What cannot be done now is 409, locked 423, full 409, gone 404: never a fault of the gateway, nor one of the question.
    if (status >= 500 || status === 400 || status === 422)
      this.faults.push(`${method} ${path}: ${JSON.stringify(json)}`);
  }
}

function hears(members: ReadonlyMap<number, MemberView & { readonly roomId: string }>, ear: number, mouth: number) {
  const [listener, speaker] = [members.get(ear), members.get(mouth)];
  if (ear === mouth || listener === undefined || speaker === undefined) return false;
  if (listener.roomId !== speaker.roomId || listener.place !== 'room' || speaker.place !== 'room') return false;
  if (speaker.muted || speaker.held || speaker.role === 'listener' || listener.deaf || listener.held) return false;
  const mayHear = (list: readonly string[] | null, id: string): boolean => list === null || list.includes(id);
  return mayHear(speaker.heard_by, listener.member_id) && mayHear(listener.hears, speaker.member_id);
}

const numbersOf = (events: readonly RoomEventBody[]): number[] => events.map(({ seq }) => seq);

/** A room that is over: begun once, ended once, and everybody who came has gone, once. */
function expectWhole(events: readonly RoomEventBody[]): void {
  const types = events.map(({ type }) => type);
  expect(types[0]).toBe('room_started');
  expect(types.filter((type) => type === 'room_started')).toHaveLength(1);
  expect(types.filter((type) => type === 'room_ended')).toHaveLength(1);
  const present = new Set<string>();
  const speaking = new Set<string>();
  for (const event of events) {
    if (event.type === 'member_joined') {
      expect(present.has(event.member.member_id)).toBe(false);
      present.add(event.member.member_id);
    } else if (event.type === 'member_updated') expect(present.has(event.member.member_id)).toBe(true);
    else if (event.type === 'member_left') expect(present.delete(event.member_id)).toBe(true);
    else if (event.type === 'speaking_started') {
      expect(present.has(event.member_id)).toBe(true);
      expect(speaking.has(event.member_id)).toBe(false);
      speaking.add(event.member_id);
    } else if (event.type === 'speaking_stopped') expect(speaking.delete(event.member_id)).toBe(true);
  }
  expect([...present]).toEqual([]);
}
