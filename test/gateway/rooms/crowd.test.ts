import { expect, test } from 'vitest';
import type { RoomId } from '../../../base/ids.js';
import { RoomWorld } from '../../support/room-world.js';
import type { WorldPhone } from '../../support/virtual-world.js';

/** How many phones take turns: each comes and goes so often that they are a thousand together. */
const PHONES = 20;
const ROUNDS = 50;

test('a thousand members come and go in a minute: no call, leg, socket, timer, token, room or log is left, and who stays hears well', async () => {
  const world = await RoomWorld.start({ config: 'rtp_ports: 20000-20999' }, 2);
  const ask = (method: string, path: string, body?: unknown) => world.gateway.fetch(method, path, body);
  const settings = { entry_sound: 'tone:2000*0.1:100', exit_sound: 'tone:2600*0.1:100' };
  const [first, second] = [await world.come(440, { room: settings }), await world.come(800)];
  const phones: WorldPhone[] = [];
  for (let index = 0; index < PHONES; index += 1) {
    const phone = await world.addPhone(String(2000 + index), { toneHz: 0 });
    await world.while(phone.register());
    phones.push(phone);
  }
  // Transactions absorb what is resent for 32 s.
  await world.clock.advance(40_000);
  const sockets = world.network.openSockets().length;
  const before = { left: world.gateway.gateway.leftovers(), rooms: world.rooms.size };
  const startedMs = world.clock.nowMs();
  world.answer({});
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const phone of phones) await world.while(phone.dial('9000'));
    await world.clock.until(() => phones.every(({ call }) => call?.log.includes('answered')), 5000, 5);
    // One moves, one is muted and gone, one has gone aside into a room of its own.
    const [mover, muted, aside] = phones.map((phone) => world.memberOf(phone)) as [string, string, string];
    await ask('POST', `/rooms/r1/members/${mover}/actions`, { action: 'move', room_id: `other-${round}` });
    await ask('PATCH', `/rooms/r1/members/${muted}`, { muted: true, agc: true, noise_suppression: true });
    await ask('POST', `/rooms/r1/members/${aside}/actions`, { action: 'side_room' });
    await ask('POST', '/token/webrtc', { room: 'r1', ttl: 60 });
    await world.clock.advance(200);
    for (const { call } of phones) call?.hangUp();
    await world.clock.until(() => phones.every(({ call }) => call?.ended !== null), 5000, 5);
    await world.clock.advance(Math.max(0, startedMs + (round + 1) * 1200 - world.clock.nowMs()));
  }
  expect(world.clock.nowMs() - startedMs).toBeLessThanOrEqual(60_000);
  const joined = world.gateway.gateway.counters().calls_answered_total;
  expect(joined).toBe(PHONES * ROUNDS + 2);
  expect(await world.heard([first, second], [440, 800])).toEqual([[800], [440]]);
  await world.clock.advance(40_000);
  expect({ left: world.gateway.gateway.leftovers(), rooms: world.rooms.size }).toEqual(before);
  expect(world.network.openSockets()).toHaveLength(sockets);
  expect(world.rooms.logs.find('other-1' as RoomId)).not.toBeNull();
  expect(await world.finish([first, second])).toEqual([]);
  // Logs are kept for five minutes.
  await world.clock.advance(300_000);
  expect(world.gateway.gateway.counters().room_logs).toBe(0);
  expect(await world.close()).toEqual({ sockets: [], timers: 0 });
});
