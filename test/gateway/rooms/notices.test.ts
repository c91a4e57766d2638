import { afterEach, describe, expect, test } from 'vitest';
import { RoomWorld } from '../../support/room-world.js';
import type { WorldPhone } from '../../support/virtual-world.js';

let world: RoomWorld;

afterEach(async () => {
  expect(await world.close()).toEqual({ sockets: [], timers: 0 });
});

const mute = (phone: WorldPhone, isMuted: boolean) =>
  world.runner().post({ type: 'update-member', id: world.memberOf(phone), change: { isMuted } });

describe('RFC 3428 a phone is told in words how it is heard', () => {
  test('that it waits in the lobby, is let in, is muted, is heard again', async () => {
    world = await RoomWorld.start();
    const phone = await world.come(440, { room: { lobby: true } });
    expect(phone.messages).toEqual(['Please wait until you are let in.']);
    world.runner().post({ type: 'admit', id: world.memberOf(phone) });
    await world.clock.advance(500);
    mute(phone, true);
    await world.clock.advance(500);
    mute(phone, false);
    await world.clock.advance(500);
    expect(phone.messages.slice(1)).toEqual(['You can be heard.', 'You are muted.', 'You can be heard.']);
    expect(await world.finish([phone])).toEqual([]);
  });

  test('room_notices: off', async () => {
    world = await RoomWorld.start({ config: 'room_notices: off' });
    const phone = await world.come(440, { room: {}, member: { muted: true } });
    await world.clock.advance(500);
    expect(phone.messages).toEqual([]);
  });
});

describe('RFC 3261 §21.4 who waited too long', () => {
  test('is refused, and not answered first, when the room has been locked meanwhile', async () => {
    world = await RoomWorld.start();
    const waiting = await world.addPhone('1009', { toneHz: 800 });
    await world.while(waiting.register());
    world.answer({ strategy: 'WaitOtherPeers', room: { locked: false } });
    const call = await world.while(waiting.dial('9000'));
    await world.clock.until(() => call.log.includes('180'), 5000);
    await world.come(440, { room: { locked: true }, member: { role: 'host' } });
    expect(call.log).not.toContain('answered');
    expect(call.ended?.statusCode).toBe(403);
  });
});
