import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MemberView } from '../../../contract/room-events.js';
import { plainPolicy } from '../../../gateway/rooms/policy.js';
import { RoomWorld, room } from '../../support/room-world.js';
import type { WorldPhone } from '../../support/virtual-world.js';

const tones = [440, 800, 1250] as const;
const hold = 'tone:1600*0.5:2000';
let world: RoomWorld;

beforeEach(async () => {
  world = await RoomWorld.start();
});

afterEach(async () => {
  expect(await world.close()).toEqual({ sockets: [], timers: 0 });
});

const endOf = ({ call }: WorldPhone) => [call?.ended?.cause, call?.ended?.statusCode];
const placeOf = (phone: WorldPhone) => world.runner().room.members.get(world.memberOf(phone))?.place;

describe('RFC 3261 §21.4 who may not come in is refused before an answer, and not as busy', () => {
  test('403: the room is locked; a host comes in all the same', async () => {
    const first = await world.come(440, { room: { locked: true }, member: { role: 'host' } });
    const second = await world.come(800);
    expect(endOf(second)).toEqual(['rejected', 403]);
    expect(second.call?.log).not.toContain('answered');
    const third = await world.come(1250, { member: { role: 'host' } });
    expect(await world.heard([first, third], tones)).toEqual([[1250], [440]]);
    expect(await world.finish([first, third])).toEqual([]);
  });

  test('480: max_members are in; one leaves, and there is room', async () => {
    const phones = [await world.come(440, { room: { max_members: 2 } }), await world.come(800)];
    const third = await world.come(1250);
    expect(endOf(third)).toEqual(['rejected', 480]);
    phones[1]?.call?.hangUp();
    await world.clock.advance(500);
    await world.call(third);
    expect(await world.heard([phones[0]!, third], tones)).toEqual([[1250], [440]]);
    expect(world.gateway.log.find(({ fields }) => fields.cause === 'room-refused')?.fields).toMatchObject({
      code: 480,
      reason: 'Room Full',
    });
  });
});

describe('the PIN', () => {
  const pinned = { room: { pin: '4711' } };

  test('is asked for with tones; who knows it comes in, and is not heard before', async () => {
    const first = await world.come(440, { ...pinned, member: { skips_pin: true } });
    const second = await world.come(800);
    expect(second.call?.log).toContain('answered');
    expect(world.peakOf(second, 620)).toBeGreaterThan(-25);
    expect(placeOf(second)).toBe('pin');
    expect(await world.heard([first, second], tones)).toEqual([[], []]);
    await world.press(second, '4711');
    expect(placeOf(second)).toBe('room');
    expect(await world.heard([first, second], tones)).toEqual([[800], [440]]);
    // Keys of a PIN are nobody's business.
    expect(world.events()).not.toContain('dtmf');
  });

  test('may be corrected: * begins it anew, # ends it early; three wrong ones end the call', async () => {
    await world.come(440, { ...pinned, member: { skips_pin: true } });
    const second = await world.come(800);
    await world.press(second, '47*4711');
    expect(placeOf(second)).toBe('room');
    const third = await world.come(1250);
    await world.press(third, '12#0000');
    expect(placeOf(third)).toBe('pin');
    // Whoever hears no tones is told as well.
    expect(world.events().filter((event) => event === 'member_updated 1003 pin')).toHaveLength(2);
    const { json } = await world.gateway.api('GET', `/rooms/${room}/members`);
    const { members } = json as unknown as { members: MemberView[] };
    expect(members.map(({ pin_tries_left }) => pin_tries_left)).toEqual([null, null, 1]);
    await world.press(third, '4712');
    await world.clock.advance(3000);
    expect(endOf(third)[0]).toBe('bye');
    expect(world.events().at(-1)).toBe('member_left 1003 pin-failed');
    expect(world.gateway.log.at(-1)?.fields.cause ?? '').not.toBe('internal-error');
  });

  test('of whom does not press anything the call ends after 30 s', async () => {
    await world.come(440, { ...pinned, member: { skips_pin: true } });
    const second = await world.come(800);
    await world.clock.advance(32_000);
    expect(endOf(second)[0]).toBe('bye');
  });

  test('set over the API is asked of the next one; taken away, those who are asked come in', async () => {
    await world.come(440);
    world.runner().post({ type: 'update', policy: { ...plainPolicy, pin: '123' } });
    const second = await world.come(800);
    expect(placeOf(second)).toBe('pin');
    world.runner().post({ type: 'update', policy: plainPolicy });
    expect(placeOf(second)).toBe('room');
    expect(await world.heard([second], tones)).toEqual([[440]]);
  });

  test('contract 4.4: who is asked for it is nobody’s company, and is not ended when another one gives up', async () => {
    const first = await world.come(440, pinned);
    const second = await world.come(800);
    first.call?.hangUp();
    await world.clock.advance(1000);
    expect(second.call?.ended).toBeNull();
    await world.press(second, '4711');
    expect(placeOf(second)).toBe('room');
  });
});

describe('the lobby', () => {
  test('wait_for_host: members hear the hold sound and nobody, until a host is there', async () => {
    const settings = { wait_for_host: true, hold_sound: hold };
    const first = await world.come(440, { room: settings });
    const second = await world.come(800);
    expect([placeOf(first), placeOf(second)]).toEqual(['lobby', 'lobby']);
    expect(await world.heard([first, second], [...tones, 1600])).toEqual([[1600], [1600]]);
    const host = await world.come(1250, { member: { role: 'host' } });
    expect(await world.heard([first, second, host], [...tones, 1600])).toEqual([
      [800, 1250],
      [440, 1250],
      [440, 800],
    ]);
    // It does not end again when the host leaves.
    host.call?.hangUp();
    expect(await world.heard([first, second], tones)).toEqual([[800], [440]]);
  });

  test('lobby: members wait until they are let in', async () => {
    const host = await world.come(440, { room: { lobby: true, hold_sound: hold }, member: { role: 'host' } });
    const member = await world.come(800);
    expect(placeOf(member)).toBe('lobby');
    expect(await world.heard([host, member], [...tones, 1600])).toEqual([[], [1600]]);
    world.runner().post({ type: 'admit', id: world.memberOf(member) });
    expect(await world.heard([host, member], [...tones, 1600])).toEqual([[800], [440]]);
    expect(world.events()).toContain('member_updated 1002 room');
  });

  test('of whom nobody lets in the call ends after lobby_timeout_s', async () => {
    await world.come(440, { room: { lobby: true, lobby_timeout_s: 20 }, member: { role: 'host' } });
    const member = await world.come(800);
    await world.clock.advance(21_000);
    expect(endOf(member)[0]).toBe('bye');
    expect(world.events()).toContain('member_left 1002 lobby-timeout');
  });

  test('who becomes host comes in', async () => {
    const member = await world.come(440, { room: { wait_for_host: true } });
    world.runner().post({ type: 'update-member', id: world.memberOf(member), change: { role: 'host' } });
    expect(placeOf(member)).toBe('room');
  });
});

describe('the end of a room', () => {
  test('ends_with_host: the last host has left', async () => {
    const host = await world.come(440, { room: { ends_with_host: true }, member: { role: 'host' } });
    const member = await world.come(800);
    host.call?.hangUp();
    await world.clock.advance(1000);
    expect(endOf(member)[0]).toBe('bye');
    expect(world.events().slice(-2)).toEqual(['member_left 1002 room-closed', 'room_ended closed']);
  });

  test('max_age_s', async () => {
    const phone = await world.come(440, { room: { max_age_s: 60 } });
    await world.clock.advance(58_000);
    expect(phone.call?.ended).toBeNull();
    await world.clock.advance(3000);
    expect(endOf(phone)[0]).toBe('bye');
    expect(world.events().slice(-2)).toEqual(['member_left 1001 room-expired', 'room_ended expired']);
  });

  test('idle_s: nobody has spoken for so long; while somebody speaks it goes on', async () => {
    const phones = [await world.come(440, { room: { idle_s: 30 } }), await world.come(0)];
    await world.clock.advance(60_000);
    expect(world.rooms.has(room)).toBe(true);
    phones[0]!.voices.at(-1)!.toneHz = 0;
    await world.clock.advance(25_000);
    expect(world.rooms.has(room)).toBe(true);
    await world.clock.advance(8000);
    expect(world.rooms.has(room)).toBe(false);
    expect(world.events().at(-1)).toBe('room_ended expired');
  });
});

describe('what the hook says of a member', () => {
  test('muted, and mute_on_entry, which hosts are spared', async () => {
    const phones = [
      await world.come(440, { room: { mute_on_entry: true }, member: { role: 'host' } }),
      await world.come(800),
      await world.come(1250, { member: { role: 'host', muted: true } }),
    ];
    expect(await world.heard(phones, tones)).toEqual([[], [440], [440]]);
  });

  test('a value that cannot be refuses the caller, and the log names its field', async () => {
    world.hooks.on('invite', { json: { strategy: 'Accept', room_id: room, room: { pin: 'secret' }, unknown: 1 } });
    const phone = await world.addPhone('1001', { toneHz: 440 });
    await world.while(phone.register());
    const call = await world.while(phone.dial('9000'));
    await world.clock.until(() => call.ended !== null, 5000);
    expect(endOf(phone)).toEqual(['rejected', 503]);
    const refused = world.gateway.log.find(({ event }) => event === 'call.ended');
    expect(JSON.stringify(refused?.fields.trace)).toContain('room.pin');
  });

  test('unknown fields are ignored', async () => {
    world.hooks.on('invite', {
      json: { strategy: 'Accept', room_id: room, room: { colour: 'red' }, member: { shoe_size: 42 }, later: {} },
    });
    const phone = await world.addPhone('1001', { toneHz: 440 });
    await world.while(phone.register());
    const call = await world.while(phone.dial('9000'));
    await world.clock.until(() => call.log.includes('answered'), 5000);
    expect(world.rooms.has(room)).toBe(true);
  });
});
