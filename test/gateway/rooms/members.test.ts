import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RoomId } from '../../../base/ids.js';
import { plainPolicy } from '../../../gateway/rooms/policy.js';
import { RoomWorld, room } from '../../support/room-world.js';
import type { WorldPhone } from '../../support/virtual-world.js';

const tones = [440, 800, 1250] as const;
let world: RoomWorld;
let phones: WorldPhone[];

beforeEach(async () => {
  world = await RoomWorld.start();
  phones = [];
});

afterEach(async () => {
  expect(await world.close()).toEqual({ sockets: [], timers: 0 });
});

async function meet(count = 3): Promise<void> {
  for (const hz of tones.slice(0, count)) phones.push(await world.come(hz));
}

describe('a room', () => {
  test('is made by its first member and gone with its last, and its log tells of all in between', async () => {
    await meet(2);
    expect(world.runner().room.members.size).toBe(2);
    expect(await world.finish(phones)).toEqual([]);
    expect(world.events()).toEqual([
      'room_started',
      'member_joined 1001 room',
      'member_joined 1002 room',
      'member_left 1001 left',
      // Contract 4.4: in a plain room the other one is ended too.
      'member_left 1002 left',
      'room_ended empty',
    ]);
  });

  test('made over the API waits for its first member and stays for empty_s after its last', async () => {
    world.rooms.make(room, { ...plainPolicy, emptyMs: 90_000 });
    await world.clock.advance(80_000);
    await meet(2);
    phones[0]?.call?.hangUp();
    await world.clock.advance(5000);
    // It is a meeting: the other one is not ended by that.
    expect(world.runner().room.members.size).toBe(1);
    phones[1]?.call?.hangUp();
    await world.clock.advance(89_000);
    expect(world.rooms.has(room)).toBe(true);
    await world.clock.advance(2000);
    expect(world.rooms.has(room)).toBe(false);
    expect(world.events().at(-1)).toBe('room_ended empty');
  });

  test('made over the API that nobody enters is gone after empty_s', async () => {
    world.rooms.make('unused' as RoomId, { ...plainPolicy, emptyMs: 70_000 });
    await world.clock.advance(71_000);
    expect(world.rooms.size).toBe(0);
  });

  test('that is closed sends everybody away with the reason', async () => {
    await meet(2);
    world.runner().post({ type: 'close', reason: 'closed', cause: 'room-closed' });
    await world.clock.advance(1000);
    expect(phones.map((phone) => phone.call?.ended?.cause)).toEqual(['bye', 'bye']);
    expect(world.rooms.has(room)).toBe(false);
    expect(world.events().slice(-3)).toEqual([
      'member_left 1001 room-closed',
      'member_left 1002 room-closed',
      'room_ended closed',
    ]);
    expect(await world.finish([])).toEqual([]);
  });
});

describe('what is changed of a member is heard', () => {
  beforeEach(() => meet());

  test('muted by the application: it cannot unmute itself by its token, until it is asked to', async () => {
    const { commands } = world.gateway.gateway.rooms;
    const id = world.memberOf(phones[0]!);
    expect(await commands.act(room, id, { action: 'ask_to_unmute' })).toMatchObject({ code: 'WRONG_STATE' });
    expect(commands.updateMember(room, id, { muted: true })).toMatchObject({
      value: { muted: true, muted_by: 'host' },
    });
    expect(await world.heard(phones, tones)).toEqual([[800, 1250], [1250], [800]]);
    expect(commands.updateMember(room, id, { muted: false }, 'self')).toMatchObject({ code: 'MUTED_BY_HOST' });
    expect(await commands.act(room, id, { action: 'ask_to_unmute' })).toMatchObject({ ok: true });
    expect(commands.member(room, id)).toMatchObject({ value: { muted: true, muted_by: 'self' } });
    expect(commands.updateMember(room, id, { muted: false }, 'self')).toMatchObject({ value: { muted_by: null } });
    expect((await world.heard(phones, tones))[1]).toEqual([440, 1250]);
    commands.updateMember(room, id, { muted: true }, 'self');
    expect(commands.updateMember(room, id, { muted: false })).toMatchObject({ value: { muted: false } });
  });

  test('muted: nobody hears it, it hears all', async () => {
    world.runner().post({ type: 'update-member', id: world.memberOf(phones[0]!), change: { isMuted: true } });
    expect(await world.heard(phones, tones)).toEqual([[800, 1250], [1250], [800]]);
    world.runner().post({ type: 'update-member', id: world.memberOf(phones[0]!), change: { isMuted: false } });
    expect(await world.heard(phones, tones)).toEqual([
      [800, 1250],
      [440, 1250],
      [440, 800],
    ]);
  });

  test('deaf: it hears nobody, all hear it', async () => {
    world.runner().post({ type: 'update-member', id: world.memberOf(phones[0]!), change: { isDeaf: true } });
    expect(await world.heard(phones, tones)).toEqual([[], [440, 1250], [440, 800]]);
  });

  test('a listener is not heard, whether muted or not', async () => {
    world.runner().post({ type: 'update-member', id: world.memberOf(phones[1]!), change: { role: 'listener' } });
    expect(await world.heard(phones, tones)).toEqual([[1250], [440, 1250], [440]]);
  });

  test('gains: 6 dB louder to the others, 6 dB quieter to its own ear', async () => {
    const before = await world.levelFor(phones[1]!, 440);
    const own = await world.levelFor(phones[0]!, 800);
    const change = { gainDb: 6, listenGainDb: -6 };
    world.runner().post({ type: 'update-member', id: world.memberOf(phones[0]!), change });
    expect((await world.levelFor(phones[1]!, 440)) - before).toBeCloseTo(6, 0);
    expect((await world.levelFor(phones[0]!, 800)) - own).toBeCloseTo(-6, 0);
  });

  test('a kick is a BYE, and an event with its cause', async () => {
    const id = world.memberOf(phones[0]!);
    world.runner().post({ type: 'kick', id, cause: 'kicked', text: 'Noise', prompt: null });
    await world.clock.advance(1000);
    expect(phones[0]?.call?.ended?.cause).toBe('bye');
    expect(world.events().at(-1)).toBe('member_left 1001 kicked');
    expect(await world.heard(phones.slice(1), tones)).toEqual([[1250], [800]]);
  });

  test('a kick with a prompt: it is heard first', async () => {
    const id = world.memberOf(phones[0]!);
    const sound = { prompt: 'tone:2000*0.5:500' };
    world.runner().post({ type: 'kick', id, cause: 'kicked', text: 'Noise', ...sound });
    await world.clock.advance(100);
    expect(phones[0]?.call?.ended).toBeNull();
    await world.clock.advance(20_000);
    expect(phones[0]?.call?.ended?.cause).toBe('bye');
  });

  test('RFC 3264 §8.4 held by its phone: the others are told, and hear no music of it', async () => {
    await world.while(phones[0]!.call!.hold());
    expect(world.events().at(-1)).toBe('member_updated 1001 room');
    expect(world.runner().room.members.get(world.memberOf(phones[0]!))?.isHeld).toBe(true);
    expect((await world.heard(phones.slice(1), tones))[0]).toEqual([1250]);
    await world.while(phones[0]!.call!.resume());
    expect((await world.heard(phones.slice(1), tones))[0]).toEqual([440, 1250]);
  });
});
