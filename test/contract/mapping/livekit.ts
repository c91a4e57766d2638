import { expect } from 'vitest';
import { Referrals, Subscriptions } from '../../../sip/index.js';
import { type RowTest, TRUNK } from './desk.js';

/** Rows of the table of LiveKit's RoomService, SIP and webhooks. */
export const livekit: Readonly<Record<string, RowTest>> = {
  CreateRoom: async (desk) => {
    const made = await desk.ask('POST', '/rooms', { room_id: 'r1', max_members: 1, empty_s: 60 });
    expect([made.status, made.json]).toMatchObject([201, { room_id: 'r1', state: 'open', members: 0 }]);
    await desk.come();
    await desk.come();
    expect([desk.isUp(0), desk.isUp(1)]).toEqual([true, false]);
    desk.phones[0]?.call?.hangUp();
    await desk.world.clock.advance(59_000);
    expect((await desk.ask('GET', '/rooms/r1')).status).toBe(200);
    await desk.world.clock.advance(2000);
    expect((await desk.ask('GET', '/rooms/r1')).status).toBe(404);
  },

  ListRooms: async (desk) => {
    await desk.ask('POST', '/rooms', { room_id: 'empty' });
    await desk.meet(1);
    expect((await desk.ask('GET', '/rooms')).json.rooms).toMatchObject([
      { room_id: 'empty', members: 0 },
      { room_id: 'r1', members: 1 },
    ]);
  },

  DeleteRoom: async (desk) => {
    await desk.meet(2);
    expect((await desk.ask('DELETE', '/rooms/r1')).status).toBe(200);
    await desk.world.clock.advance(1000);
    expect([desk.isUp(0), desk.isUp(1), (await desk.ask('GET', '/rooms/r1')).status]).toEqual([false, false, 404]);
  },

  ListParticipants: async (desk) => {
    await desk.meet(2);
    expect((await desk.ask('GET', '/rooms/r1/members')).json.members).toMatchObject([
      { peer: '1001', kind: 'sip', direction: 'in', place: 'room' },
      { peer: '1002', kind: 'sip', direction: 'in', place: 'room' },
    ]);
  },

  GetParticipant: async (desk) => {
    await desk.meet(1);
    const { member_id } = await desk.member(0);
    expect(await desk.ask('GET', `/rooms/r1/members/${member_id}`)).toMatchObject({
      status: 200,
      json: { member_id, peer: '1001', role: 'member', muted: false },
    });
  },

  RemoveParticipant: async (desk) => {
    await desk.meet(3);
    const { member_id } = await desk.member(0);
    expect((await desk.ask('DELETE', `/rooms/r1/members/${member_id}?reason=bye`)).status).toBe(200);
    await desk.world.clock.advance(1000);
    expect([desk.isUp(0), desk.isUp(1), desk.isUp(2)]).toEqual([false, true, true]);
    expect(await desk.heardBy(1)).toEqual([2]);
    expect(await desk.told()).toContainEqual(
      expect.objectContaining({ type: 'member_left', member_id, cause: 'kicked', reason: 'bye' }),
    );
  },

  MutePublishedTrack: async (desk) => {
    await desk.meet(2);
    expect(await desk.heardBy(1)).toEqual([0]);
    expect((await desk.change(0, { muted: true })).json).toMatchObject({ muted: true });
    expect(await desk.heardBy(1)).toEqual([]);
    await desk.change(0, { muted: false });
    expect(await desk.heardBy(1)).toEqual([0]);
  },

  UpdateParticipant: async (desk) => {
    await desk.meet(2);
    expect((await desk.change(0, { role: 'listener' })).json).toMatchObject({ role: 'listener' });
    expect([await desk.heardBy(1), await desk.heardBy(0)]).toEqual([[], [1]]);
  },

  UpdateSubscriptions: async (desk) => {
    await desk.meet(3);
    const only = await desk.member(1);
    await desk.change(0, { hears: [only.member_id] });
    expect([await desk.heardBy(0), await desk.heardBy(2)]).toEqual([[1], [0, 1]]);
    await desk.change(0, { hears: null });
    expect(await desk.heardBy(0)).toEqual([1, 2]);
  },

  SendData: async (desk) => {
    await desk.meet(1);
    const { status, json } = await desk.ask('POST', '/rooms/r1/data', { data: 'x' });
    expect([status, json.code]).toEqual([404, 'UNKNOWN_ROUTE']);
  },

  UpdateRoomMetadata: async (desk) => {
    await desk.meet(1);
    const changed = await desk.ask('PATCH', '/rooms/r1', { locked: true, metadata: 'x' });
    expect([changed.json.settings.locked, changed.json]).toEqual([
      true,
      expect.not.objectContaining({ metadata: 'x' }),
    ]);
    expect(await desk.told()).toContainEqual(expect.objectContaining({ type: 'room_updated', locked: true }));
  },

  MoveParticipant: async (desk) => {
    await desk.meet(2);
    await desk.ask('POST', '/rooms', { room_id: 'r2' });
    await desk.come({ room_id: 'r2' });
    expect((await desk.act(0, { action: 'move', room_id: 'r2' })).json).toMatchObject({ room_id: 'r2' });
    expect([await desk.heardBy(0), await desk.heardBy(2), await desk.heardBy(1)]).toEqual([[2], [0], []]);
    expect(desk.isUp(0)).toBe(true);
  },

  ForwardParticipant: async (desk) => {
    await desk.meet(1);
    const { status, json } = await desk.act(0, { action: 'forward', room_id: 'r2' });
    expect([status, json.code]).toEqual([400, 'BAD_REQUEST']);
  },

  PerformRpc: async (desk) => {
    await desk.meet(1);
    const { member_id } = await desk.member(0);
    const { status, json } = await desk.ask('POST', `/rooms/r1/members/${member_id}/rpc`, { method: 'x' });
    expect([status, json.code]).toEqual([404, 'UNKNOWN_ROUTE']);
  },

  CreateSIPInboundTrunk: async (desk) => {
    await desk.meet(1);
    const trunk = await desk.world.addPhone('4930555', { toneHz: 800, address: TRUNK });
    desk.phones.push(trunk);
    await desk.world.call(trunk, { room_id: 'r1' });
    expect(desk.world.hooks.bodies('invite').at(-1)).toMatchObject({ username: null, from_number: '4930555' });
    expect((await desk.ask('GET', '/sip/calls')).json.data).toContainEqual(
      expect.objectContaining({ peer_id: '4930555', codec: 'pcma' }),
    );
    expect(await desk.heardBy(0)).toEqual([1]);
  },

  CreateSIPOutboundTrunk: async (desk) => {
    await desk.meet(1);
    const trunk = await desk.world.addPhone('4930555', { toneHz: 800, address: TRUNK, onInvite: 'answer' });
    desk.phones.push(trunk);
    const body = { server: 'pbx', from_number: '100', to_number: '4930555' };
    expect((await desk.ask('POST', '/rooms/r1/members', body)).status).toBe(201);
    await desk.world.clock.advance(1000);
    expect([await desk.heardBy(0), await desk.heardBy(1)]).toEqual([[1], [0]]);
  },

  CreateSIPDispatchRule: async (desk) => {
    await desk.meet(0);
    const phone = await desk.world.addPhone('1001', { toneHz: 440 });
    desk.phones.push(phone);
    await desk.world.while(phone.register());
    const room = { pin: '4711' };
    desk.world.hooks.on('invite', ({ body }) => ({
      json: { strategy: 'Accept', room_id: `number ${body.to_number}`, room },
    }));
    await desk.world.while(phone.dial('9000'));
    await desk.world.clock.advance(1000);
    expect(await desk.member(0, 'number 9000')).toMatchObject({ place: 'pin' });
    await desk.world.press(phone, '4711#');
    expect(await desk.member(0, 'number 9000')).toMatchObject({ place: 'room' });
  },

  CreateSIPParticipant: async (desk) => {
    await desk.meet(1);
    const phone = await desk.world.addPhone('1002', { toneHz: 800, onInvite: 'answer' });
    desk.phones.push(phone);
    await desk.world.while(phone.register());
    const { data } = (await desk.ask('GET', '/sip/sessions')).json;
    const { session_id } = data.find(({ username }: { username: string }) => username === '1002');
    const dialled = await desk.ask('POST', '/rooms/r1/members', { session_id, from_number: '100' });
    await desk.world.clock.advance(1000);
    const { member_id, direction } = await desk.member(1);
    expect([dialled.status, dialled.json, direction]).toEqual([201, { member_id }, 'out']);
    expect([await desk.heardBy(0), await desk.heardBy(1)]).toEqual([[1], [0]]);
  },

  TransferSIPParticipant: async (desk) => {
    await desk.meet(2);
    const { ua } = desk.phones[0]!;
    const asked: string[] = [];
    const subscriptions = new Subscriptions(ua.context, {
      packages: [],
      onSubscribe: () => ({ status: 'rejected', statusCode: 489 }),
    });
    ua.use(subscriptions);
    ua.use(
      new Referrals(subscriptions, {
        onRefer: ({ referTo }, reference) => {
          asked.push(JSON.stringify(referTo));
          desk.world.clock.setTimer(1000, () => reference.final(200, 'OK'));
          return { status: 'accepted' };
        },
      }),
    );
    const done = await desk.act(0, { action: 'transfer', to: 'sip:9999@10.9.9.9' });
    expect([done.status, done.json.status_code, asked[0]]).toEqual([200, 200, expect.stringContaining('9999')]);
    await desk.world.clock.advance(1000);
    expect([desk.isUp(0), desk.isUp(1)]).toEqual([false, true]);
  },

  room_started: async (desk) => {
    await desk.meet(0);
    expect((await desk.told())[0]).toMatchObject({ type: 'room_started', room_id: 'r1', seq: 1 });
  },

  room_finished: async (desk) => {
    await desk.meet(0);
    await desk.ask('DELETE', '/rooms/r1');
    expect((await desk.told()).at(-1)).toMatchObject({ type: 'room_ended', reason: 'closed', seq: 2 });
  },

  participant_joined: async (desk) => {
    await desk.meet(1);
    expect((await desk.told())[1]).toMatchObject({ type: 'member_joined', seq: 2, member: { peer: '1001' } });
  },

  participant_left: async (desk) => {
    await desk.meet(2);
    desk.phones[0]?.call?.hangUp();
    await desk.world.clock.advance(1000);
    expect(await desk.told()).toContainEqual(
      expect.objectContaining({ type: 'member_left', peer: '1001', cause: 'left' }),
    );
  },

  participant_connection_aborted: async (desk) => {
    await desk.meet(1);
    await desk.world.addPhone('4930555', { address: TRUNK, onInvite: 486 });
    const body = { server: 'pbx', from_number: '100', to_number: '4930555' };
    expect((await desk.ask('POST', '/rooms/r1/members', body)).status).toBe(201);
    await desk.world.clock.advance(1000);
    // Who has not answered was no member.
    expect((await desk.toldTypes()).filter((type) => type.startsWith('member_'))).toEqual(['member_joined']);
  },

  track_published: async (desk) => {
    await desk.meet(1);
    await desk.change(0, { muted: true });
    await desk.change(0, { muted: false });
    expect(await desk.lastUpdate()).toMatchObject({ peer: '1001', muted: false });
  },

  track_unpublished: async (desk) => {
    await desk.meet(1);
    await desk.change(0, { muted: true });
    expect(await desk.lastUpdate()).toMatchObject({ peer: '1001', muted: true });
  },
};
