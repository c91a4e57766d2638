import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RoomId } from '../../../base/ids.js';
import { nameAddr, refer, sipUri } from '../../../sip/index.js';
import { type InviteReply, RoomWorld, room } from '../../support/room-world.js';
import type { WorldPhone } from '../../support/virtual-world.js';

const tones = [440, 800, 1250] as const;
const other = 'other' as RoomId;
let world: RoomWorld;
/** Who transfers, who is with him, and who is in the other room. */
let anna: WorldPhone;
let bert: WorldPhone;
let carl: WorldPhone;

/** @param first  what the other room is like */
async function begin(first: InviteReply = {}): Promise<void> {
  world = await RoomWorld.start();
  carl = await world.come(1250, { room_id: other, ...first }, '1003');
  anna = await world.come(440, { room: { refer: 'room' } }, '1001');
  bert = await world.come(800, {}, '1002');
}

beforeEach(() => begin());

afterEach(async () => {
  for (const phone of [anna, bert, carl]) if (phone.call?.ended === null) phone.call.hangUp();
  await world.clock.advance(40_000);
  expect(world.gateway.gateway.leftovers()).toMatchObject({ calls: 0 });
  expect(await world.close()).toEqual({ sockets: [], timers: 0 });
});

/** A blind transfer to a number of the gateway: what the phone is told in the end. */
function transfer(number = '9001', by = anna) {
  const referTo = nameAddr(sipUri({ user: number, host: '10.0.0.1' }));
  const sent = refer(by.ua.context, { session: by.call!.session!, referTo });
  return world.while(sent.result);
}

async function restart(first: InviteReply): Promise<void> {
  for (const phone of [anna, bert, carl]) phone.call?.hangUp();
  await world.clock.advance(1000);
  await world.close();
  await begin(first);
}

describe('RFC 5589 §6, RFC 3515 §2.4 a Refer-To of this gateway that is nobody’s phone', () => {
  test('is asked as a call of who is with the transferor, who goes where the answer says, by the leg that he has', async () => {
    world.answer({ room_id: other });
    const asked = world.hooks.bodies('invite').length;
    expect(await transfer()).toMatchObject({ outcome: 'succeeded', statusCode: 200 });
    expect(world.hooks.bodies('invite').slice(asked)).toEqual([
      {
        source: expect.stringMatching(/^10\.0\.1\.\d+:5060$/),
        username: '1002',
        from_number: '1002',
        to_number: '9001',
        conn_id: world.memberOf(bert),
        referred_by: '1001',
      },
    ]);
    anna.call?.hangUp();
    expect(await world.heard([bert, carl], tones)).toEqual([[1250], [800]]);
    expect([bert.calls.length, bert.call?.ended]).toEqual([1, null]);
    expect(world.events()).toContain('member_left 1002 moved');
    expect(world.events(other)).toContain('member_joined 1002 room');
  });

  test('a room that he makes is as the answer says, and no meeting where it says nothing', async () => {
    world.answer({ room_id: 'new', room: { max_members: 7 } });
    expect(await transfer()).toMatchObject({ outcome: 'succeeded' });
    expect(world.runner('new' as RoomId).room).toMatchObject({ isMeeting: true, policy: { maxMembers: 7 } });
    await restart({});
    world.answer({ room_id: 'new' });
    expect(await transfer()).toMatchObject({ outcome: 'succeeded' });
    expect(world.runner('new' as RoomId).room).toMatchObject({ isMeeting: false });
    const dora = await world.come(2100, { room_id: 'new' }, '1004');
    dora.call?.hangUp();
    await world.clock.advance(1000);
    expect(bert.call?.ended).toMatchObject({ cause: 'bye' });
  });

  test('he comes in as a caller would: asked for the PIN, in silence meanwhile; muted where the answer or he himself says so', async () => {
    await restart({ room: { pin: '4711' }, member: { skips_pin: true } });
    world.answer({ room_id: other });
    expect(await transfer()).toMatchObject({ outcome: 'succeeded' });
    expect(world.events(other)).toContain('member_joined 1002 pin');
    expect(await world.heard([bert, carl, anna], tones)).toEqual([[], [], []]);
    await world.press(bert, '4711#');
    expect(await world.heard([bert, carl], tones)).toEqual([[1250], [800]]);
    await restart({});
    const { commands } = world.gateway.gateway.rooms;
    commands.updateMember(room, world.memberOf(bert), { muted: true });
    world.answer({ room_id: other, member: { role: 'host' } });
    expect(await transfer()).toMatchObject({ outcome: 'succeeded' });
    expect(world.runner(other).room.members.get(world.memberOf(bert))).toMatchObject({ role: 'host' });
    expect(await world.heard([bert, carl], tones)).toEqual([[1250], []]);
  });

  test.each([
    ['says no', { strategy: 'Reject' }, 486],
    ['names no room', { room_id: null }, 486],
    ['names a room that is locked', { room_id: other }, 403],
  ] as const)('where the answer %s, nobody moves and the phone is told %i', async (_what, reply, statusCode) => {
    world.gateway.gateway.rooms.commands.update(other, { locked: true });
    world.answer(reply);
    expect(await transfer()).toMatchObject({ outcome: 'failed', statusCode });
    expect(await world.heard([anna, bert], tones)).toEqual([[800], [440]]);
  });

  test('an application that does not answer is 503', async () => {
    world.hooks.on('invite', { status: 500 });
    expect(await transfer()).toMatchObject({ outcome: 'failed', statusCode: 503 });
    expect(await world.heard([anna, bert], tones)).toEqual([[800], [440]]);
  });

  test('the room that they are in already is no move', async () => {
    world.answer({ room_id: room });
    expect(await transfer()).toMatchObject({ outcome: 'succeeded' });
    expect(world.events()).not.toContain('member_left 1002 moved');
  });

  test('a phone that hangs up at once is waited for by nobody: he goes all the same', async () => {
    world.hooks.on('invite', { json: { strategy: 'Accept', room_id: other }, delayMs: 2000 });
    void transfer();
    await world.clock.advance(500);
    anna.call?.hangUp();
    await world.clock.advance(2000);
    expect(await world.heard([bert, carl], tones)).toEqual([[1250], [800]]);
  });

  test('who has hung up meanwhile is a 481', async () => {
    world.hooks.on('invite', { json: { strategy: 'Accept', room_id: other }, delayMs: 2000 });
    const told = transfer();
    await world.clock.advance(500);
    bert.call?.hangUp();
    expect(await told).toMatchObject({ outcome: 'failed', statusCode: 481 });
    expect(world.events(other)).not.toContain('member_joined 1002 room');
  });

  test('one question at a time: 491', async () => {
    world.hooks.on('invite', { json: { strategy: 'Accept', room_id: other }, delayMs: 1000 });
    const first = transfer();
    await world.clock.advance(100);
    expect(await transfer('9002')).toMatchObject({ outcome: 'refused', statusCode: 491 });
    expect(await first).toMatchObject({ outcome: 'succeeded' });
  });

  test('whoever is with several others, or with nobody, is told 404, and nobody is asked', async () => {
    const asked = world.hooks.bodies('invite').length;
    await world
      .come(2100, {}, '1004')
      .then((dora) => world.clock.advance(100).then(() => expect(dora.call?.ended).toBe(null)));
    expect(await transfer()).toMatchObject({ outcome: 'refused', statusCode: 404 });
    for (const { id } of [...world.runner().room.members.values()].filter(({ peer }) => peer !== '1001')) {
      await world.while(world.gateway.gateway.rooms.commands.act(room, id, { action: 'kick', reason: 'x' }));
    }
    await world.clock.advance(500);
    expect(await transfer()).toMatchObject({ outcome: 'refused', statusCode: 404 });
    expect(world.hooks.bodies('invite').length).toBe(asked + 1);
  });
});
