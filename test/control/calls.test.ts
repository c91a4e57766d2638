import { beforeEach, describe, expect, test } from 'vitest';
import type { Call } from '../../control/index.js';
import { type ControlWorld, createControlWorld, phoneSdp } from '../support/fake-mediaswitch.js';

let world: ControlWorld;

beforeEach(async () => {
  world = await createControlWorld();
});

/** Routes every call to user 1003, as the README's script does. */
function routeTo1003(): Call[] {
  const calls: Call[] = [];
  world.control.onnewcall = (call) => {
    calls.push(call);
    const child = call.newcall({ to: { user: '1003' } });
    if (child !== undefined) calls.push(child);
  };
  return calls;
}

describe('mediaswitch row 22: ring, answer, hangup, newcall', () => {
  test('answer opens a channel and describes what both sides have', async () => {
    world.control.onnewcall = (call) => call.answer({ codecs: ['pcma', 'ilbc', '2833'] });
    const callid = world.sip.invite('1000', '3', { sdp: { them: phoneSdp(4000, { payloads: [0, 8, 101] }), us: {} } });
    expect(await world.taken()).toEqual(['rtp POST /channel', `sip PUT /dialog/answer ${callid}`]);
    expect(world.rtp.bodiesOf('POST /channel')).toEqual([{ control: 'http://127.0.0.1:9001' }]);
    expect(world.sip.bodiesOf('PUT /dialog/answer')).toMatchObject([
      {
        callid,
        sdp: {
          ...{ v: 0, c: [{ nettype: 'IN', ipver: 4, address: '198.51.100.1' }], t: { start: 0, stop: 0 } },
          m: [
            {
              ...{ media: 'audio', port: 10_002, proto: 'RTP/AVP', payloads: [8, 101], direction: 'sendrecv' },
              rtpmap: {
                8: { encoding: 'PCMA', clock: 8000 },
                101: { encoding: 'telephone-event', clock: 8000 },
              },
              fmtp: { 101: '0-16' },
            },
          ],
        },
      },
    ]);
    world.sip.answered(callid);
    expect(await world.taken()).toEqual(['rtp PUT /channel/ch-1']);
    expect(world.rtp.bodiesOf('PUT /channel/ch-1')).toEqual([
      { ip: '192.0.2.7', port: 4000, audio: { payloads: [8, 101] } },
    ]);
    expect(world.control.calls[callid]?.metadata.channel).toEqual({
      ...{ ip: '198.51.100.1', port: 10_002, control: 'http://127.0.0.1:9002', uuid: 'ch-1' },
      codecs: ['pcma', 'ilbc', '2833'],
    });
  });

  test('a late offer is answered with all codecs, and aimed at what the ACK said', async () => {
    world.control.onnewcall = (call) => call.answer();
    const callid = world.sip.invite('1000', '3', { sdp: { them: {}, us: {} } });
    await world.taken();
    expect(world.sip.bodiesOf('PUT /dialog/answer')).toMatchObject([
      { sdp: { m: [{ payloads: [8, 0, 9, 97, 101] }] } },
    ]);
    world.sip.answered(callid, 4444);
    await world.taken();
    expect(world.rtp.bodiesOf('PUT /channel/ch-1')).toMatchObject([{ port: 4444 }]);
  });

  test('no channel is a 480, nothing in common a 488; neither leaves anything behind', async () => {
    world.control.onnewcall = (call) => call.answer();
    world.sip.invite('1000', '3', { sdp: { them: phoneSdp(4000, { payloads: [18, 101] }), us: {} } });
    expect(await world.taken()).toEqual([
      'rtp POST /channel',
      'sip PUT /dialog/hangup call-1',
      'rtp DELETE /channel/ch-1',
    ]);
    world.rtp.refusals.set('POST /channel', { status: 503, message: 'Currently out of channels' });
    world.sip.invite('1000', '3');
    expect(await world.taken()).toEqual(['rtp POST /channel', 'sip PUT /dialog/hangup call-2']);
    expect(world.sip.bodiesOf('PUT /dialog/hangup')).toMatchObject([{ code: 488 }, { code: 480 }]);
    expect(world.control.calls).toEqual({});
  });

  test.each([
    [(call: Call) => call.hangup(), {}],
    [(call: Call) => call.hangup('busy'), { code: 486, reason: 'Busy here' }],
    [(call: Call) => call.busy(), { code: 486, reason: 'Busy here' }],
    [(call: Call) => call.notfound(), { code: 404, reason: 'Not found' }],
    [(call: Call) => call.paymentrequired(), { code: 402, reason: 'Payment required' }],
    [(call: Call) => call.hangup({ code: 603, reason: 'Decline' }), { code: 603, reason: 'Decline' }],
    [(call: Call) => call.hangup({ code: 200 }), {}],
    [(call: Call) => call.hangup('later'), { reason: 'later' }],
  ])('hangup %#', async (hangUp, wanted) => {
    world.control.onnewcall = hangUp;
    world.sip.invite('1000', '3');
    await world.taken();
    expect(world.sip.bodiesOf('PUT /dialog/hangup')).toEqual([{ callid: 'call-1', ...wanted }]);
  });

  test('newcall of a call: its domain, its caller, one hop less', async () => {
    const [parent, child] = await dialled();
    expect(world.sip.bodiesOf('POST /dialog/invite')).toMatchObject([
      {
        from: { user: '1000', domain: 'pbx.example.com' },
        to: { user: '1003', domain: 'pbx.example.com' },
        cid: { name: '1000', number: '1000' },
        ...{ maxforwards: 69, control: 'http://127.0.0.1:9001' },
        sdp: { m: [{ port: 10_002, payloads: [8, 0, 9, 97, 101] }] },
      },
    ]);
    expect(child).toMatchObject({ callid: 'call-2', originator: true, other: parent });
    expect(parent).toMatchObject({ other: child, others: [child] });
    expect(parent.newcall({} as never)).toBeUndefined();
    expect(world.control.newcall(undefined as never)).toBeUndefined();
  });

  async function dialled(): Promise<[Call, Call]> {
    const calls = routeTo1003();
    world.sip.invite('1000', '3');
    expect(await world.taken()).toEqual(['rtp POST /channel', 'sip POST /dialog/invite']);
    return [calls[0]!, calls[1]!];
  }

  test('newcall of the control object', async () => {
    world.control.directory('example.com', []);
    const told: string[] = [];
    const call = world.control.newcall({ to: { user: '1003' }, cid: { number: '555', name: 'Desk' } });
    call!.onnewcall = () => told.push('new');
    await world.taken();
    expect(told).toEqual(['new']);
    expect(world.sip.bodiesOf('POST /dialog/invite')).toMatchObject([
      {
        from: { user: '555', domain: 'example.com' },
        to: { user: '1003', domain: 'example.com' },
        ...{ cid: { number: '555', name: 'Desk' }, maxforwards: 70 },
      },
    ]);
  });

  test('a call that the SIP server refuses is hung up, one without a channel tells onnewcall first', async () => {
    const told: string[] = [];
    const follow = (call: Call | undefined) => {
      call!.onnewcall = ({ error }) => told.push(`new ${error.code}`);
      call!.onhangup = ({ error }) => told.push(`hangup ${error.code}`);
    };
    world.sip.refusals.set('POST /dialog/invite', { status: 480, message: 'Temporarily Unavailable' });
    follow(world.control.newcall({ to: { user: '1003' } }));
    expect(await world.taken()).toEqual(['rtp POST /channel', 'sip POST /dialog/invite', 'rtp DELETE /channel/ch-1']);
    expect(told).toEqual(['hangup 480']);
    world.rtp.isGone = true;
    follow(world.control.newcall({ to: { user: '1003' } }));
    expect(await world.taken()).toEqual([]);
    expect(told).toEqual(['hangup 480', 'new 480', 'hangup 480']);
  });

  test('a call with no hops left is not made', async () => {
    const calls = routeTo1003();
    world.sip.invite('1000', '3', { maxforwards: 1 });
    await world.taken();
    expect(calls[1]?.error).toEqual({ code: 483, status: 'Too Many Hops' });
    expect(world.sip.bodiesOf('PUT /dialog/hangup')).toMatchObject([{ code: 483 }]);
  });

  test('a ring group: the first to answer is it, the others are hung up', async () => {
    let group: Call[] = [];
    world.control.onnewcall = (call) => {
      group = call.newcall([{ to: { user: 'a' } }, { to: { user: 'b' } }, {} as never, { to: { user: 'c' } }]);
    };
    const callid = world.sip.invite('1000', '3');
    await world.taken();
    expect(group.map(({ callid: id }) => id)).toEqual(['call-2', 'call-3', 'call-4']);
    for (const child of group) world.sip.rings(child.callid);
    expect(await world.taken()).toEqual([`sip PUT /dialog/ring ${callid}`]);
    world.sip.answered('call-3');
    world.sip.answered('call-4');
    expect(await world.taken()).toEqual([
      ...['rtp PUT /channel/ch-2', 'sip PUT /dialog/hangup call-2', 'sip PUT /dialog/hangup call-4'],
      ...['rtp POST /channel', 'rtp DELETE /channel/ch-1', 'rtp DELETE /channel/ch-3', 'sip PUT /dialog/answer call-1'],
    ]);
    world.sip.answered(callid);
    expect(await world.taken()).toEqual(['rtp PUT /channel/ch-4', 'rtp PUT /channel/ch-4/mix/ch-2']);
    expect(group.map(({ hungup }) => hungup)).toEqual([true, false, true]);
    expect(world.control.calls[callid]?.other).toBe(group[1]);
  });

  test('a ring group in which nobody answers ends the caller for the last reason', async () => {
    world.control.onnewcall = (call) => call.newcall([{ to: { user: 'a' } }, { to: { user: 'b' } }]);
    world.sip.invite('1000', '3');
    await world.taken();
    world.sip.end('call-2', { code: 408, status: 'Request Timeout' });
    expect((await world.taken()).filter((line) => line.includes('hangup'))).toEqual([]);
    world.sip.end('call-3', { code: 486, status: 'Busy Here' });
    await world.taken();
    expect(world.sip.bodiesOf('PUT /dialog/hangup')).toEqual([{ callid: 'call-1', code: 486, reason: 'Busy Here' }]);
  });
});
