import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RoomId } from '../../../base/ids.js';
import type { MemberActionBody } from '../../../contract/rooms.js';
import type { RoomCommands } from '../../../gateway/rooms/commands.js';
import { nameAddr, parseUri, Referrals, refer, type SipRequest, Subscriptions } from '../../../sip/index.js';
import { RoomWorld, room } from '../../support/room-world.js';
import type { WorldPhone } from '../../support/virtual-world.js';

const tones = [440, 800, 1250] as const;
const other = 'r2' as RoomId;
let world: RoomWorld;
let phones: WorldPhone[];
let commands: RoomCommands;

/** `isMeeting`: members stay when the others leave. */
async function start(mediaHosts = 1, isMeeting = false): Promise<void> {
  world = await RoomWorld.start({}, mediaHosts);
  commands = world.gateway.gateway.rooms.commands;
  phones = [];
  for (const hz of tones) phones.push(await world.come(hz, isMeeting ? { room: {} } : {}));
}

beforeEach(() => start());

afterEach(async () => {
  expect(await world.close()).toEqual({ sockets: [], timers: 0 });
});

function act(index: number, action: MemberActionBody, roomId: RoomId = room) {
  return world.while(commands.act(roomId, world.memberOf(phones[index]!), action));
}

describe.each([1, 2])('move, with %i media hosts', (mediaHosts) => {
  beforeEach(async () => {
    await world.close();
    await start(mediaHosts, true);
  });

  test('the call goes on, in another room, which is made; those who stay and those who are there hear it right', async () => {
    expect(await act(0, { action: 'move', room_id: other })).toMatchObject({ ok: true, value: { room_id: other } });
    expect(await world.heard(phones, tones)).toEqual([[], [1250], [800]]);
    expect(await act(1, { action: 'move', room_id: other })).toMatchObject({ ok: true });
    expect(await world.heard(phones, tones)).toEqual([[800], [440], []]);
    expect(phones.map(({ call }) => call?.ended)).toEqual([null, null, null]);
    expect(world.events()).toContain('member_left 1001 moved');
    expect(world.events(other)).toEqual(['room_started', 'member_joined 1001 room', 'member_joined 1002 room']);
    // Contract 3.3: GET /sip/calls knows where it is.
    const calls = (await world.gateway.api('GET', '/sip/calls')).json.data as { peer_id: string; room_id: string }[];
    expect(calls.map(({ peer_id, room_id }) => `${peer_id} ${room_id}`).toSorted()).toEqual([
      '1001 r2',
      '1002 r2',
      '1003 r1',
    ]);
    expect(await world.finish(phones)).toEqual([]);
  });
});

describe('move', () => {
  test('into a room that is locked is refused, and nothing changes', async () => {
    commands.create({ room_id: other, locked: true });
    expect(await act(0, { action: 'move', room_id: other })).toMatchObject({ ok: false, code: 'ROOM_LOCKED' });
    expect((await world.heard(phones, tones))[1]).toEqual([440, 1250]);
    expect(world.events()).not.toContain('member_left 1001 moved');
  });

  test('what was changed of a member goes with it', async () => {
    commands.updateMember(room, world.memberOf(phones[0]!), { muted: true });
    await act(0, { action: 'move', room_id: other });
    await act(1, { action: 'move', room_id: other });
    expect((await world.heard(phones, tones)).slice(0, 2)).toEqual([[800], []]);
  });
});

describe('a side room', () => {
  test('two talk by themselves and return, one after the other', async () => {
    const went = await act(0, { action: 'side_room' });
    if (!went.ok) throw new Error(went.code);
    const side = went.value.room_id as RoomId;
    await act(1, { action: 'side_room', room_id: side });
    expect(await world.heard(phones, tones)).toEqual([[800], [440], []]);
    expect(await act(0, { action: 'return' }, side)).toMatchObject({ ok: true, value: { room_id: room } });
    expect(await world.heard(phones, tones)).toEqual([[1250], [], [440]]);
    await act(1, { action: 'return' }, side);
    expect(await world.heard(phones, tones)).toEqual([
      [800, 1250],
      [440, 1250],
      [440, 800],
    ]);
    expect(world.rooms.has(side)).toBe(false);
  });

  test('who stays behind alone waits for those who return, and is ended when they do not', async () => {
    phones[2]?.call?.hangUp();
    await world.clock.advance(1000);
    const went = await act(0, { action: 'side_room' });
    await world.clock.advance(5000);
    expect(phones[1]?.call?.ended).toBeNull();
    expect(went.ok).toBe(true);
    phones[0]?.call?.hangUp();
    await world.clock.advance(1000);
    expect(phones[1]?.call?.ended?.cause).toBe('bye');
    expect(await world.finish([])).toEqual([]);
  });

  test('from one side room to the next: it is still the first room that waits, also where it is named; none is left afterwards', async () => {
    const id = world.memberOf(phones[0]!);
    const where = (): RoomId => world.rooms.rooms().find((runner) => runner.room.members.has(id))!.room.id;
    const aside = (body: Partial<MemberActionBody> = {}) =>
      act(0, { action: 'side_room', ...body } as MemberActionBody, where());
    await aside();
    await aside({ room_id: other });
    expect(where()).toBe(other);
    expect(await aside({ room_id: room })).toMatchObject({ ok: true, value: { room_id: room } });
    expect((await world.heard(phones, tones))[0]).toEqual([800, 1250]);
    expect(await act(0, { action: 'return' })).toMatchObject({ ok: false, code: 'NOWHERE_TO_RETURN' });
    await aside();
    await aside({ room_id: other });
    expect(await world.finish(phones)).toEqual([]);
  });

  test('who returns has its place there: no lobby, and not locked out', async () => {
    const went = await act(0, { action: 'side_room' });
    if (!went.ok) throw new Error(went.code);
    commands.update(room, { locked: true, lobby: true, pin: '4711', max_members: 2 });
    expect(await act(0, { action: 'return' }, went.value.room_id as RoomId)).toMatchObject({ ok: true });
    expect((await world.heard(phones, tones))[0]).toEqual([800, 1250]);
  });

  test('return of who is in none is refused', async () => {
    expect(await act(0, { action: 'return' })).toMatchObject({ ok: false, code: 'NOWHERE_TO_RETURN' });
  });
});

/** What a phone is sent by REFER. */
function takeRefer(phone: WorldPhone): SipRequest[] {
  const seen: SipRequest[] = [];
  phone.ua.use({
    methods: {
      REFER: (transaction) => {
        seen.push(transaction.request);
        transaction.respond(phone.ua.context.createResponse(transaction, 603));
      },
    },
  });
  return seen;
}

describe('RFC 3515 transfer of a member', () => {
  test('its phone is asked to call somebody else; what it refuses is told, and the call goes on', async () => {
    const seen = takeRefer(phones[0]!);
    const result = await act(0, { action: 'transfer', to: 'sip:9999@10.9.9.9' });
    expect(seen[0]?.headers.all('Refer-To').join()).toContain('sip:9999@10.9.9.9');
    expect(result).toMatchObject({ ok: false, code: 'PEER_REFUSED', message: expect.stringContaining('603') });
    expect((await world.heard(phones, tones))[1]).toEqual([440, 1250]);
  });

  test('one that does it is gone from the room once the new call stands', async () => {
    const subscriptions = new Subscriptions(phones[0]!.ua.context, {
      packages: [],
      onSubscribe: () => ({ status: 'rejected', statusCode: 489 }),
    });
    phones[0]!.ua.use(subscriptions);
    const referrals = new Referrals(subscriptions, {
      onRefer: (_request, reference) => {
        reference.progress(180);
        world.clock.setTimer(2000, () => reference.final(200, 'OK'));
        return { status: 'accepted' };
      },
    });
    phones[0]!.ua.use(referrals);
    const result = await act(0, { action: 'transfer', to: 'sip:9999@10.9.9.9' });
    expect(result).toMatchObject({ ok: true, value: { status_code: 200 } });
    await world.clock.advance(1000);
    expect(phones[0]?.call?.ended?.cause).toBe('bye');
    expect((await world.heard(phones, tones)).slice(1)).toEqual([[1250], [800]]);
  });

  test('to what is no URI is refused', async () => {
    expect(await act(0, { action: 'transfer', to: 'nonsense' })).toMatchObject({ ok: false, code: 'UNPROCESSABLE' });
  });
});

describe('dial-out', () => {
  test('a registered phone is rung into the room, without its PIN', async () => {
    commands.update(room, { pin: '1234' });
    const callee = await world.addPhone('2000', { toneHz: 2100, onInvite: 'answer' });
    await world.while(callee.register());
    const sessions = (await world.gateway.api('GET', '/sip/sessions')).json.data as {
      username: string;
      session_id: string;
    }[];
    const session_id = sessions.find(({ username }) => username === '2000')!.session_id;
    const dialled = await commands.dial(room, { session_id, from_number: '100' });
    expect(dialled).toMatchObject({ ok: true });
    await world.clock.advance(500);
    expect((await world.heard([phones[0]!, callee], [...tones, 2100])).slice(0)).toEqual([
      [800, 1250, 2100],
      [440, 800, 1250],
    ]);
    expect(commands.member(room, dialled.ok ? dialled.value.memberId : '')).toMatchObject({
      ok: true,
      value: { peer: '2000', direction: 'out', place: 'room' },
    });
  });

  test('a number at a server', async () => {
    const callee = await world.addPhone('2000', { toneHz: 2100, onInvite: 'answer' });
    const server = callee.options.address;
    expect(await commands.dial(room, { server, from_number: '100', to_number: '2000' })).toMatchObject({ ok: true });
    await world.clock.advance(500);
    expect((await world.heard([phones[0]!], [2100]))[0]).toEqual([2100]);
  });

  test('with a role: a lock does not keep him out, a full room does, before he is rung and when he answers', async () => {
    const callee = await world.addPhone('2000', { toneHz: 2100, onInvite: 'answer' });
    const body = { server: callee.options.address, from_number: '100', to_number: '2000' };
    commands.update(room, { locked: true, max_members: 3 });
    expect(await commands.dial(room, body)).toMatchObject({ code: 'ROOM_FULL' });
    commands.update(room, { max_members: 4 });
    const first = await commands.dial(room, { ...body, role: 'host' });
    const second = await commands.dial(room, { ...body, role: 'listener' });
    await world.clock.advance(1000);
    const [host] = first.ok ? [commands.member(room, first.value.memberId)] : [];
    expect(host).toMatchObject({ ok: true, value: { role: 'host', place: 'room' } });
    expect(second.ok && commands.member(room, second.value.memberId)).toMatchObject({ code: 'MEMBER_NOT_FOUND' });
    expect((await world.heard([phones[0]!], [2100]))[0]).toEqual([2100]);
  });

  test('of an unknown registration or into no room is refused', async () => {
    const body = { session_id: 'never', from_number: '100' };
    expect(await commands.dial(room, body)).toMatchObject({ code: 'REGISTRATION_NOT_FOUND' });
    expect(await commands.dial('nowhere' as RoomId, body)).toMatchObject({ code: 'ROOM_NOT_FOUND' });
  });
});

describe('RFC 3515 §2.4 a member’s phone asks for somebody to be called', () => {
  const ask = (phone: WorldPhone, to: string) => {
    const uri = parseUri(to);
    if (!uri.ok) throw new Error(to);
    const progress: number[] = [];
    const onProgress = (statusCode: number): void => void progress.push(statusCode);
    const sent = refer(
      phone.ua.context,
      { session: phone.call!.session!, referTo: nameAddr(uri.value) },
      { onProgress },
    );
    return { result: world.while(sent.result), progress };
  };

  test('refer: room: he is rung into the room, and the phone is told how it goes', async () => {
    commands.update(room, { refer: 'room' });
    const callee = await world.addPhone('2000', { toneHz: 2100, onInvite: 'answer' });
    await world.while(callee.register());
    const { result, progress } = ask(phones[0]!, 'sip:2000@10.0.0.1');
    expect(await result).toMatchObject({ outcome: 'succeeded', statusCode: 200 });
    expect(progress[0]).toBe(100);
    expect(await world.heard([phones[0]!, callee], [...tones, 2100])).toEqual([
      [800, 1250, 2100],
      [440, 800, 1250],
    ]);
  });

  test('into a locked room only a host has somebody rung', async () => {
    commands.update(room, { refer: 'room', locked: true });
    const callee = await world.addPhone('2000', { toneHz: 2100, onInvite: 'answer' });
    await world.while(callee.register());
    expect(await ask(phones[0]!, 'sip:2000@10.0.0.1').result).toMatchObject({ outcome: 'refused', statusCode: 403 });
    commands.updateMember(room, world.memberOf(phones[0]!), { role: 'host' });
    expect(await ask(phones[0]!, 'sip:2000@10.0.0.1').result).toMatchObject({ outcome: 'succeeded' });
    expect((await world.heard([phones[0]!], [2100]))[0]).toEqual([2100]);
  });

  test('one who refuses is told of as what he said', async () => {
    commands.update(room, { refer: 'room' });
    const callee = await world.addPhone('2000', { onInvite: 486 });
    await world.while(callee.register());
    expect(await ask(phones[0]!, 'sip:2000@10.0.0.1').result).toMatchObject({ outcome: 'failed', statusCode: 486 });
    expect(await ask(phones[0]!, 'sip:2999@10.0.0.1').result).toMatchObject({ outcome: 'refused', statusCode: 404 });
  });

  test('refer: off, which is the default: nobody is called', async () => {
    expect(await ask(phones[0]!, 'sip:2000@10.0.0.1').result).toMatchObject({ outcome: 'refused', statusCode: 405 });
  });
});
