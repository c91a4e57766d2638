import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hear, hearsPeak, LoopbackRooms } from '../support/loopback-rooms.js';
import { reached } from '../support/loopback-world.js';

/** Who comes into a room, over real UDP, with telephone-events (RFC 4733) for keys: listened to by every phone. */

const hold = 1600;
const tones = [440, 800, 1250, hold] as const;
let rooms: LoopbackRooms;

beforeAll(async () => {
  rooms = await LoopbackRooms.start();
});

afterEach(() => rooms.over());

afterAll(async () => {
  await rooms.close();
});

describe('a PIN by telephone-events', () => {
  test('from the hook, then from the API: three wrong ones end the call; the right one lets in, and only then is it heard', async () => {
    const room = rooms.name('pinned');
    const reply = { room: { pin: '4711', empty_s: 1 } };
    const inside = await rooms.come(room, 440, { ...reply, member: { skips_pin: true } });
    const outside = await rooms.phone(800);
    await rooms.call(outside, room, reply);
    await hearsPeak(outside, 620);
    await hear(
      [
        [inside, []],
        [outside, []],
      ],
      tones,
    );
    rooms.press(outside, '0000');
    await hearsPeak(outside, 300);
    rooms.press(outside, '12#4712');
    await reached(outside.call!, 'ended bye');
    expect((await rooms.events(room)).at(-1)).toMatchObject({ type: 'member_left', cause: 'pin-failed' });
    await hear([[inside, []]], tones);
    await rooms.ask('PATCH', `/rooms/${room}`, { pin: '0815' });
    await rooms.call(outside, room);
    await hearsPeak(outside, 620);
    rooms.press(outside, '4711');
    await hearsPeak(outside, 300);
    rooms.press(outside, '08*0815');
    await hear(
      [
        [inside, [800]],
        [outside, [440]],
      ],
      tones,
    );
  });
});

describe('a lobby, a lock and limits', () => {
  test('members hear the hold sound until a host is there, then each other; who is let in is announced; a lock and a limit refuse', async () => {
    const room = rooms.name('lobby');
    const sounds = {
      hold_sound: `tone:${hold}*0.3:2000`,
      entry_sound: 'tone:2000*0.3:400',
      exit_sound: 'tone:2600*0.3:400',
    };
    const settings = { wait_for_host: true, max_members: 3, empty_s: 1, ...sounds };
    await rooms.ask('POST', '/rooms', { room_id: room, ...settings });
    const member = await rooms.come(room, 440);
    await hear([[member, [hold]]], tones);
    const host = await rooms.come(room, 800, { member: { role: 'host' } });
    await hear(
      [
        [member, [800]],
        [host, [440]],
      ],
      tones,
    );
    await rooms.ask('PATCH', `/rooms/${room}`, { wait_for_host: false, lobby: true });
    const late = await rooms.come(room, 1250);
    await hear(
      [
        [member, [800]],
        [host, [440]],
        [late, [hold]],
      ],
      tones,
    );
    const announced = [hearsPeak(member, 2000), hearsPeak(host, 2000)];
    await rooms.act(room, late, { action: 'admit' });
    await Promise.all(announced);
    const together = [
      [member, [800, 1250]],
      [host, [440, 1250]],
      [late, [440, 800]],
    ] as const;
    await hear(together, tones);
    const fourth = await rooms.phone(600);
    expect(await rooms.refused(fourth, room)).toBe(480);
    await rooms.ask('PATCH', `/rooms/${room}`, { max_members: null, lobby: false, locked: true });
    expect(await rooms.refused(fourth, room)).toBe(403);
    await hear(together, [...tones, 600]);
    const gone = [hearsPeak(member, 2600), hearsPeak(host, 2600)];
    late.call?.hangUp();
    await Promise.all(gone);
    await rooms.ask('PATCH', `/rooms/${room}`, { locked: false, entry_sound: null, exit_sound: null });
    await rooms.call(fourth, room);
    await hear(
      [
        [member, [600, 800]],
        [host, [440, 600]],
        [fourth, [440, 800]],
      ],
      [600, ...tones, 2000, 2600],
    );
  });

  test('alone_sound for who is alone; max_age_s and idle_s end a room; muted on entry nobody is heard but hosts', async () => {
    const settings = { alone_sound: `tone:${hold}*0.3:2000`, mute_on_entry: true, empty_s: 1 };
    const [old, idle] = [rooms.name('old'), rooms.name('idle')];
    await rooms.ask('POST', '/rooms', { room_id: old, ...settings });
    await rooms.ask('POST', '/rooms', { room_id: idle, empty_s: 1 });
    const silent = await rooms.come(idle, 0);
    const host = await rooms.come(old, 440, { member: { role: 'host' } });
    await hear([[host, [hold]]], tones);
    const member = await rooms.come(old, 800);
    await hear(
      [
        [host, []],
        [member, [440]],
      ],
      tones,
    );
    // Both count from when the room began, or was spoken in last.
    await rooms.ask('PATCH', `/rooms/${old}`, { max_age_s: 1 });
    await rooms.ask('PATCH', `/rooms/${idle}`, { idle_s: 1 });
    for (const phone of [silent, host, member]) await reached(phone.call!, 'ended bye');
    expect((await rooms.events(old)).at(-1)).toMatchObject({ type: 'room_ended', reason: 'expired' });
    expect((await rooms.events(idle)).at(-1)).toMatchObject({ type: 'room_ended', reason: 'expired' });
  });
});
