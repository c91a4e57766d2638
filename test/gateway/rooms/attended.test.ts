import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RoomId } from '../../../base/ids.js';
import type { RoomSettings } from '../../../contract/rooms.js';
import {
  nameAddr,
  refer,
  referenceForPeer,
  type Session,
  serializeDialogReference,
  sipUri,
  withUriHeaders,
} from '../../../sip/index.js';
import { RoomWorld, room } from '../../support/room-world.js';
import type { WorldPhone } from '../../support/virtual-world.js';

const tones = [440, 800, 1250, 2100] as const;
const aside = 'aside' as RoomId;
let world: RoomWorld;
/** Who transfers, who is in the room too, and who is asked in. */
let anna: WorldPhone;
let bert: WorldPhone;
let carl: WorldPhone;
/** Anna's calls: into the room, and with Carl. */
let inRoom: Session;
let consulted: Session;

beforeEach(async () => {
  world = await RoomWorld.start();
});

afterEach(async () => {
  for (const call of anna.calls) if (call.ended === null) call.hangUp();
  expect(await world.finish([bert, carl])).toEqual([]);
  expect(await world.close()).toEqual({ sockets: [], timers: 0 });
});

async function meet(settings: RoomSettings = { refer: 'room' }): Promise<void> {
  anna = await world.come(440, { room: settings });
  bert = await world.come(800);
  inRoom = anna.call!.session!;
  carl = await world.come(1250, { room_id: aside });
  consulted = (await world.call(anna, { room_id: aside })).session!;
}

const nameOf = ({ dialog }: Session): string => `${dialog?.callId} ${dialog?.localTag} ${dialog?.remoteTag}`;

function transfer(by: WorldPhone, within: Session, dialog: string) {
  const replaces = serializeDialogReference(referenceForPeer(dialog));
  const referTo = withUriHeaders(sipUri({ user: '1003', host: '10.0.0.1' }), [['Replaces', replaces]]);
  return world.while(refer(by.ua.context, { session: within, referTo: nameAddr(referTo) }).result);
}

const endsOf = (phone: WorldPhone) => phone.calls.map(({ ended }) => ended?.cause ?? null);

describe('RFC 5589 §7, RFC 3891 §3 attended transfer into a room', () => {
  test('a REFER in the call to the room: who was consulted is in, the other call is over, its phone ends the first', async () => {
    await meet();
    const result = await transfer(anna, inRoom, nameOf(consulted));
    expect(result).toMatchObject({ outcome: 'succeeded', statusCode: 200 });
    await world.clock.advance(500);
    expect(endsOf(anna)).toEqual([null, 'bye']);
    anna.calls[0]!.hangUp();
    expect(await world.heard([bert, carl], tones)).toEqual([[1250], [800]]);
    expect(world.rooms.find(aside)).toBeNull();
    expect(world.events(aside).at(-2)).toBe('member_left 1001 left');
  });

  test('a REFER in the call to who is consulted, which is the usual way', async () => {
    await meet();
    const result = await transfer(anna, consulted, nameOf(inRoom));
    expect(result).toMatchObject({ outcome: 'succeeded', statusCode: 200 });
    expect(await world.heard([bert, carl], tones)).toEqual([[1250], [800]]);
    expect(endsOf(anna)).toEqual(['bye', 'bye']);
  });

  test('he needs no place of his own in a full room', async () => {
    await meet({ refer: 'room', max_members: 2 });
    expect(await transfer(anna, consulted, nameOf(inRoom))).toMatchObject({ outcome: 'succeeded' });
    expect(await world.heard([bert, carl], tones)).toEqual([[1250], [800]]);
  });

  test('into a locked room only by a host', async () => {
    await meet();
    const { commands } = world.gateway.gateway.rooms;
    commands.update(room, { locked: true });
    expect(await transfer(anna, consulted, nameOf(inRoom))).toMatchObject({ outcome: 'refused', statusCode: 403 });
    const id = [...world.runner().room.members.values()].find(({ peer }) => peer === '1001')!.id;
    commands.updateMember(room, id, { role: 'host' });
    expect(await transfer(anna, consulted, nameOf(inRoom))).toMatchObject({ outcome: 'succeeded' });
    expect(await world.heard([bert, carl], tones)).toEqual([[1250], [800]]);
  });

  test.each([
    ['a call that is not there', () => transfer(anna, inRoom, 'nobody@nowhere 1 2'), 603],
    ['the call of somebody else', () => transfer(bert, bert.call!.session!, nameOf(consulted)), 603],
    ['the call that it is in', () => transfer(anna, inRoom, nameOf(inRoom)), 603],
  ] as const)('%s is refused, and all calls go on', async (_what, ask, statusCode) => {
    await meet();
    expect(await ask()).toMatchObject({ outcome: 'refused', statusCode });
    expect(endsOf(anna)).toEqual([null, null]);
    expect(await world.heard([anna, carl], tones)).toEqual([[1250], [440]]);
  });

  test('refer: off refuses it as every REFER', async () => {
    await meet({});
    expect(await transfer(anna, inRoom, nameOf(consulted))).toMatchObject({ outcome: 'refused', statusCode: 405 });
  });
});
