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

describe('mediaswitch row 21: the library', () => {
  test('directory pushes the domain with our own address as its control server', async () => {
    world.control.directory('bling.babblevoice.com', [{ username: '1003', secret: '1123654789' }]);
    expect(await world.taken()).toEqual(['sip PUT /dir/bling.babblevoice.com']);
    expect(world.sip.seen[0]?.body).toEqual({
      control: 'http://127.0.0.1:9001',
      users: [{ username: '1003', secret: '1123654789' }],
    });
  });

  test('a directory that finds no server is pushed again until it does, and only the newest', async () => {
    world.sip.isGone = true;
    world.control.directory('example.com', []);
    world.control.directory('example.com', [{ username: 'a', secret: 'b' }]);
    await world.clock.advance(400);
    world.sip.isGone = false;
    await world.clock.advance(60_000);
    expect(world.sip.bodiesOf('PUT /dir/example.com')).toMatchObject([{ users: [{ username: 'a' }] }]);
    expect(() => world.control.directory('', [])).toThrow(TypeError);
    expect(() => world.control.directory('example.com', 'nobody' as never)).toThrow(TypeError);
  });

  test('onnewcall, onringing, onanswer and onhangup stack, with the call as argument and as this', async () => {
    const told: string[] = [];
    const note = (what: string) =>
      function (this: Call, call: Call) {
        expect(this).toBe(call);
        told.push(what);
      };
    world.control.onnewcall = note('new 1');
    world.control.onnewcall = function (this: Call, call) {
      expect(this).toBe(call);
      told.push('new 2');
      call.onringing = note('ringing 1');
      call.onringing = note('ringing 2');
      call.onanswer = note('answer 1');
      call.onhangup = note('hangup 1');
      call.onhangup = note('hangup 2');
      call.onreporting = note('reporting');
      call.ring();
    };
    world.control.onringing = note('control ringing');
    world.control.onanswer = note('control answer');
    world.control.onhangup = note('control hangup');
    world.control.onreporting = note('control reporting');
    const callid = world.sip.invite('1000', '3');
    expect(await world.taken()).toEqual([`sip PUT /dialog/ring ${callid}`]);
    world.sip.answered(callid);
    world.sip.end(callid);
    expect(told).toEqual([
      ...['new 1', 'new 2', 'control ringing', 'ringing 1', 'ringing 2', 'control answer', 'answer 1'],
      ...['control hangup', 'hangup 1', 'hangup 2', 'control reporting', 'reporting'],
    ]);
    world.sip.invite('1000', '3');
    expect(told.slice(12)).toEqual(['new 1', 'new 2']);
  });

  test('a callback that throws or rejects is reported and stops nobody', async () => {
    const told: string[] = [];
    world.control.onnewcall = () => {
      throw new Error('a mistake');
    };
    world.control.onnewcall = async () => {
      throw new Error('a late mistake');
    };
    world.control.onnewcall = (call) => told.push(call.destination);
    world.sip.invite('1000', '3');
    await world.taken();
    expect(told).toEqual(['3']);
    expect(world.reports).toEqual(['onnewcall failed: a mistake', 'onnewcall failed: a late mistake']);
    expect(() => {
      world.control.onnewcall = 'nothing' as never;
    }).toThrow('onnewcall has to be a function');
  });

  test('getters follow the call', async () => {
    let call: Call | undefined;
    world.control.onnewcall = (each) => {
      call = each;
      each.ring();
    };
    const callid = world.sip.invite('1000', '3');
    expect(call).toMatchObject({
      callid,
      ringing: false,
      answered: false,
      hungup: false,
      destination: '3',
      hold: false,
    });
    expect(call).toMatchObject({ originator: false, other: false, others: [], haserror: false });
    expect(call?.info).toMatchObject({ callid, from: '1000', domain: 'pbx.example.com' });
    await world.taken();
    expect(call?.ringing).toBe(true);
    world.sip.answered(callid);
    expect(call?.answered).toBe(true);
    expect(world.control.calls).toEqual({ [callid]: call });
    world.sip.end(callid, { code: 486, status: 'Busy here' });
    expect(call).toMatchObject({ hungup: true, haserror: true, error: { code: 486, status: 'Busy here' } });
    expect(call?.history.map(({ what }) => what)).toEqual(['new', 'ringing', 'answered', 'hung up']);
    expect(world.control.calls).toEqual({});
  });

  test('ring and answer of a call that rings or is up call what still waits, on the next turn', async () => {
    const told: string[] = [];
    world.control.onnewcall = (call) => {
      call.ring();
      call.onhangup = () => told.push('hangup');
    };
    const callid = world.sip.invite('1000', '3');
    await world.taken();
    const call = world.control.calls[callid]!;
    call.onringing = () => told.push('ringing');
    call.ring();
    expect(told).toEqual([]);
    expect(await world.taken()).toEqual([]);
    world.sip.answered(callid);
    call.onanswer = () => told.push('answer');
    call.answer();
    expect(told).toEqual(['ringing']);
    expect(await world.taken()).toEqual([]);
    expect(told).toEqual(['ringing', 'answer']);
  });

  test('codecs are known by their names only', () => {
    world.control.codecs = ['722', 'pcma', 'pcmu', 'ilbc', '2833'];
    expect(world.control.codecs).toEqual(['722', 'pcma', 'pcmu', 'ilbc', '2833']);
    world.control.codecs = [722, 2833] as never;
    expect(world.control.codecs).toEqual(['722', '2833']);
    expect(() => {
      world.control.codecs = ['g729'] as never;
    }).toThrow('no codec g729');
  });

  test('sipserver and rtpserver send what they are given; without an answer the code is 500', async () => {
    const replies: unknown[] = [];
    world.control.sipserver(undefined, '/dialog', 'GET', (reply) => replies.push(reply));
    world.control.rtpserver({}, '/channel', 'POST', (reply) => replies.push(reply));
    await world.taken();
    world.sip.isGone = true;
    world.control.sipserver({}, '/x', 'PUT', (reply) => replies.push(reply));
    await world.taken();
    expect(replies).toMatchObject([
      { code: 200, json: { count: 0 } },
      { code: 200, json: { uuid: 'ch-1' } },
      { code: 500, message: 'connect ECONNREFUSED', json: null },
    ]);
  });

  test('a request has 10 s', async () => {
    const replies: unknown[] = [];
    world.sip.pause();
    world.control.sipserver(undefined, '/dialog', 'GET', (reply) => replies.push(reply));
    await world.clock.advance(9999);
    expect(replies).toEqual([]);
    await world.clock.advance(1);
    expect(replies).toMatchObject([{ code: 500, message: 'no answer within 10000 ms' }]);
  });
});

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
