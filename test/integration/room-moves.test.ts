import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { nameAddr, Referrals, refer, Subscriptions, sipUri } from '../../sip/index.js';
import { eventually } from '../support/eventually.js';
import { hear, LoopbackRooms, type Row } from '../support/loopback-rooms.js';
import { type LoopbackPhone, reached } from '../support/loopback-world.js';

/** Members that come and go by other ways than a call of theirs, over two media workers: listened to by every phone. */

const tones = [440, 800, 1250, 2100] as const;
let rooms: LoopbackRooms;

beforeAll(async () => {
  rooms = await LoopbackRooms.start({ mediaWorkers: 2 });
});

afterEach(() => rooms.over());

afterAll(() => rooms.close());

/** A room in which nobody is ended by who leaves, and phones with these tones in it. */
async function meet(...hz: number[]): Promise<[string, LoopbackPhone[]]> {
  const room = rooms.name('room');
  await rooms.ask('POST', '/rooms', { room_id: room, empty_s: 1, refer: 'room' });
  const phones: LoopbackPhone[] = [];
  for (const toneHz of hz) phones.push(await rooms.come(room, toneHz));
  return [room, phones];
}

const rows = (phones: readonly LoopbackPhone[], heard: readonly (readonly number[])[]): Row[] =>
  phones.map((phone, index) => [phone, heard[index]!]);

/** Legs of each media worker. */
async function legs(): Promise<number[]> {
  const metrics = await rooms.gateway.metrics();
  return Object.entries(metrics).flatMap(([name, count]) => (name.startsWith('media_host_legs{') ? [count] : []));
}

describe('a move', () => {
  test('to a room of the other worker, and back: the call goes on, and each room hears it right', async () => {
    const [here, inHere] = await meet(440, 800);
    const [there, inThere] = await meet(1250, 2100);
    const phones = [...inHere, ...inThere];
    const mover = phones[0]!;
    expect((await legs()).toSorted()).toEqual([2, 2]);
    await hear(rows(phones, [[800], [440], [2100], [1250]]), tones);
    for (const round of [1, 2]) {
      await rooms.act(here, mover, { action: 'move', room_id: there });
      await hear(rows(phones, [[1250, 2100], [], [440, 2100], [440, 1250]]), tones);
      expect((await rooms.gateway.metrics()).media_ring_links).toBeGreaterThan(0);
      await rooms.act(there, mover, { action: 'move', room_id: here });
      await hear(rows(phones, [[800], [440], [2100], [1250]]), tones);
      expect((await rooms.events(here)).filter(({ cause }) => cause === 'moved')).toHaveLength(round);
    }
    await eventually('no ring', async () => (await rooms.gateway.metrics()).media_ring_links === 0);
    expect(phones.flatMap(({ calls }) => calls).map(({ log }) => log.includes('reinvite'))).toEqual(
      Array(4).fill(false),
    );
  });

  test('aside and back: two talk by themselves, and return one by one', async () => {
    const [home, phones] = await meet(440, 800, 1250);
    const { room_id: side } = await rooms.act(home, phones[0]!, { action: 'side_room' });
    await rooms.act(home, phones[1]!, { action: 'side_room', room_id: side });
    await hear(rows(phones, [[800], [440], []]), tones);
    await rooms.act(side, phones[0]!, { action: 'return' });
    await hear(rows(phones, [[1250], [], [440]]), tones);
    await rooms.act(side, phones[1]!, { action: 'return' });
    await hear(
      rows(phones, [
        [800, 1250],
        [440, 1250],
        [440, 800],
      ]),
      tones,
    );
  });
});

describe('dial-out', () => {
  test('a registered phone and a number at a server are rung into the room, and heard', async () => {
    const [room, [host]] = await meet(440);
    const [client, server] = [
      await rooms.phone(800, { onInvite: 'answer' }),
      await rooms.phone(1250, { onInvite: 'answer' }),
    ];
    const { data } = await rooms.ask('GET', '/sip/sessions');
    const { session_id } = data.find(({ username }: { username: string }) => username === client.options.user);
    await rooms.ask('POST', `/rooms/${room}/members`, { session_id, from_number: '100' });
    const { address, port } = server.listening.find(({ kind }) => kind === 'udp')!;
    const number = { server: `${address}:${port}`, from_number: '100', to_number: server.options.user };
    await rooms.ask('POST', `/rooms/${room}/members`, number);
    await Promise.all(
      [client, server].map((phone) => eventually('it was rung', () => phone.call?.log.includes('confirmed'))),
    );
    await hear(
      rows(
        [host!, client, server],
        [
          [800, 1250],
          [440, 1250],
          [440, 800],
        ],
      ),
      tones,
    );
  });
});

/** The phone does as it is asked: it calls the number that it is referred to. */
function follows(phone: LoopbackPhone): void {
  const onSubscribe = () => ({ status: 'rejected', statusCode: 489 }) as const;
  const subscriptions = new Subscriptions(phone.ua.context, { packages: [], onSubscribe });
  const referrals = new Referrals(subscriptions, {
    onRefer: (_request, reference) => {
      reference.progress(100);
      void phone
        .dial('9000')
        .then((call) => reached(call, 'answered'))
        .then(() => reference.final(200, 'OK'));
      return { status: 'accepted' };
    },
  });
  phone.ua.use(subscriptions);
  phone.ua.use(referrals);
}

describe('RFC 3515 REFER', () => {
  test('out: a member is transferred to who is in another room, and is heard there and no longer here', async () => {
    const [from, phones] = await meet(440, 800, 1250);
    const [to, others] = await meet(2100);
    follows(phones[0]!);
    rooms.answer(to);
    const { address, port } = rooms.gateway.sip;
    const done = await rooms.act(from, phones[0]!, { action: 'transfer', to: `sip:9000@${address}:${port}` });
    expect(done.status_code).toBe(200);
    await reached(phones[0]!.calls[0]!, 'ended bye');
    await hear(rows([...phones, ...others], [[2100], [1250], [800], [440]]), tones);
  });

  test('in: whom a member’s phone refers us to is rung into the room, and heard', async () => {
    const [, phones] = await meet(440, 800);
    const callee = await rooms.phone(1250, { onInvite: 'answer' });
    const progress: number[] = [];
    const referTo = nameAddr(sipUri({ user: callee.options.user, host: rooms.gateway.sip.address }));
    const { result } = refer(
      phones[0]!.ua.context,
      { session: phones[0]!.call!.session!, referTo },
      { onProgress: (statusCode) => void progress.push(statusCode) },
    );
    expect(await result).toMatchObject({ outcome: 'succeeded', statusCode: 200 });
    expect(progress[0]).toBe(100);
    await hear(
      rows(
        [...phones, callee],
        [
          [800, 1250],
          [440, 1250],
          [440, 800],
        ],
      ),
      tones,
    );
  });
});
