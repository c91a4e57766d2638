import { beforeEach, describe, expect, test } from 'vitest';
import { type ControlWorld, createControlWorld } from '../support/fake-mediaswitch.js';

let world: ControlWorld;

beforeEach(async () => {
  world = await createControlWorld();
});

/** Routes every call to user 1003, as the README's script does. */
function routeTo1003(): void {
  world.control.onnewcall = (call) => call.newcall({ to: { user: '1003' } });
}

describe('mediaswitch row 23: what happens by itself', () => {
  test('a child that rings and answers makes its parent ring and answer, and they are mixed', async () => {
    routeTo1003();
    const callid = world.sip.invite('1000', '3');
    await world.taken();
    world.sip.rings('call-2');
    expect(await world.taken()).toEqual([`sip PUT /dialog/ring ${callid}`]);
    world.sip.answered('call-2', 5000);
    expect(await world.taken()).toEqual([
      'rtp PUT /channel/ch-1',
      'rtp POST /channel',
      `sip PUT /dialog/answer ${callid}`,
    ]);
    world.sip.answered(callid);
    expect(await world.taken()).toEqual(['rtp PUT /channel/ch-2', 'rtp PUT /channel/ch-2/mix/ch-1']);
    expect(world.rtp.channels).toEqual(
      new Map([
        ['ch-1', 'ch-2'],
        ['ch-2', 'ch-1'],
      ]),
    );
  });

  test.each([
    ['the caller', 'call-1', 'call-2'],
    ['the callee', 'call-2', 'call-1'],
  ])('when %s hangs up, so does the other, and both channels go', async (_, first, second) => {
    await connect();
    world.sip.end(first);
    const lines = await world.taken();
    expect(lines.filter((line) => line.startsWith('sip'))).toEqual([`sip PUT /dialog/hangup ${second}`]);
    expect(world.rtp.channels.size).toBe(0);
    expect(world.sip.bodiesOf('PUT /dialog/hangup')).toEqual([{ callid: second }]);
    expect(world.control.calls).toEqual({});
  });

  async function connect(): Promise<void> {
    routeTo1003();
    world.sip.invite('1000', '3');
    await world.taken();
    world.sip.answered('call-2', 5000);
    await world.taken();
    world.sip.answered('call-1');
    await world.taken();
  }

  test('a callback may call somebody else when a child fails, and the caller stays', async () => {
    world.control.onnewcall = (call) => {
      const first = call.newcall({ to: { user: 'a' } });
      first!.onhangup = () => call.newcall({ to: { user: 'b' } });
    };
    world.sip.invite('1000', '3');
    await world.taken();
    world.sip.end('call-2', { code: 486, status: 'Busy Here' });
    expect(await world.taken()).toEqual(['rtp DELETE /channel/ch-1', 'rtp POST /channel', 'sip POST /dialog/invite']);
    expect(Object.keys(world.control.calls)).toEqual(['call-1', 'call-3']);
  });

  test('hold: unmixed, music for the other, and confirmed; off hold: mixed again', async () => {
    world.control.moh = { loop: true, files: [{ wav: 'moh.wav' }] };
    await connect();
    const told: string[] = [];
    world.control.calls['call-1']!.onhold = () => told.push('hold');
    world.control.calls['call-1']!.onoffhold = () => told.push('off hold');
    world.sip.holds('call-1', true);
    expect((await world.taken()).sort()).toEqual([
      ...[
        'rtp PUT /channel/ch-1/play',
        'rtp PUT /channel/ch-2',
        'rtp PUT /channel/ch-2/unmix',
        'sip PUT /dialog/ok call-1',
      ],
    ]);
    expect(world.rtp.bodiesOf('PUT /channel/ch-1/play')).toEqual([{ loop: true, files: [{ wav: 'moh.wav' }] }]);
    expect(world.sip.bodiesOf('PUT /dialog/ok')).toMatchObject([
      { sdp: { o: { sessionversion: 2 }, m: [{ port: 10_004, direction: 'inactive' }] } },
    ]);
    // The ACK brings the same once more.
    world.sip.event('call-1');
    expect(await world.taken()).toEqual([]);
    expect(world.control.calls['call-1']?.hold).toBe(true);
    world.sip.holds('call-1', false, 4002);
    expect((await world.taken()).sort()).toEqual([
      ...['rtp PUT /channel/ch-2', 'rtp PUT /channel/ch-2/mix/ch-1', 'sip PUT /dialog/ok call-1'],
    ]);
    expect(world.rtp.bodiesOf('PUT /channel/ch-2').at(-1)).toMatchObject({ port: 4002 });
    expect(world.sip.bodiesOf('PUT /dialog/ok').at(-1)).toMatchObject({
      sdp: { o: { sessionversion: 3 }, m: [{ direction: 'sendrecv' }] },
    });
    world.sip.event('call-1');
    world.sip.holds('call-1', true);
    await world.taken();
    expect(told).toEqual(['hold', 'off hold', 'hold']);
  });

  test('a re-INVITE without hold is confirmed, and aimed at where the phone is now; a refresh is confirmed too', async () => {
    await connect();
    world.sip.holds('call-1', false, 4900);
    expect(await world.taken()).toEqual(['rtp PUT /channel/ch-2', 'sip PUT /dialog/ok call-1']);
    world.sip.event('call-1');
    expect(await world.taken()).toEqual([]);
    world.sip.event('call-1');
    expect(await world.taken()).toEqual(['sip PUT /dialog/ok call-1']);
  });
});
