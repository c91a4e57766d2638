import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Call } from '../../control/index.js';
import { type ControlWorld, createControlWorld } from '../support/fake-mediaswitch.js';

let world: ControlWorld;

beforeEach(async () => {
  world = await createControlWorld();
});

describe('mediaswitch row 23: what crosses on the way', () => {
  test('a hangup while the channel opens: it is deleted once it is there, and nobody is called', async () => {
    world.control.onnewcall = (call) => call.newcall({ to: { user: '1003' } });
    world.rtp.pause();
    world.sip.invite('1000', '3');
    await world.taken();
    world.sip.end('call-1');
    world.rtp.resume();
    expect(await world.taken()).toEqual(['rtp DELETE /channel/ch-1']);
    expect(world.rtp.channels.size).toBe(0);
  });

  test('a hangup while the INVITE is on its way: it is sent once the Call-ID is known', async () => {
    const call = world.control.newcall({ to: { user: '1003' } });
    world.sip.pause();
    await world.taken();
    call!.hangup();
    expect(await world.taken()).toEqual([]);
    world.sip.resume();
    expect(await world.taken()).toEqual(['sip PUT /dialog/hangup call-1', 'rtp DELETE /channel/ch-1']);
    expect(call?.hungup).toBe(true);
  });

  test('news of our own call that overtake its Call-ID are not lost', async () => {
    const told: string[] = [];
    const call = world.control.newcall({ to: { user: '1003' } })!;
    call.onnewcall = () => told.push('new');
    call.onringing = () => told.push('ringing');
    call.onanswer = () => told.push('answer');
    world.sip.pause();
    await world.taken();
    world.sip.rings('call-1');
    world.sip.answered('call-1');
    expect(world.ask('GET', '/calls').body).toEqual([]);
    world.sip.resume();
    await world.taken();
    expect(told).toEqual(['new', 'ringing', 'answer']);
    expect(call).toMatchObject({ callid: 'call-1', answered: true });
  });

  test('a hangup while we answer: no answer is sent', async () => {
    world.control.onnewcall = (call) => call.answer();
    world.rtp.pause();
    world.sip.invite('1000', 'app');
    await world.taken();
    world.sip.end('call-1');
    world.rtp.resume();
    expect(await world.taken()).toEqual(['rtp DELETE /channel/ch-1']);
  });

  test('an answer that crosses our hangup is no answer', async () => {
    const told: string[] = [];
    world.sip.confirmsHangups = false;
    world.control.onnewcall = (call) => {
      const child = call.newcall({ to: { user: '1003' } });
      child!.onanswer = () => told.push('answer');
    };
    world.sip.invite('1000', '3');
    await world.taken();
    world.control.calls['call-2']?.hangup();
    world.sip.answered('call-2');
    expect(await world.taken()).toEqual(['sip PUT /dialog/hangup call-2']);
    world.sip.end('call-2');
    await world.taken();
    world.sip.end('call-1');
    await world.taken();
    expect(told).toEqual([]);
    expect(world.rtp.channels.size).toBe(0);
  });

  test('a hangup of which no news come is over after 40 s', async () => {
    const told: string[] = [];
    world.sip.confirmsHangups = false;
    world.control.onnewcall = (call) => call.busy();
    world.control.onhangup = (call) => told.push(`hangup ${call.error.code}`);
    world.sip.invite('1000', '3');
    await world.clock.advance(39_999);
    expect(told).toEqual([]);
    await world.clock.advance(1);
    expect(told).toEqual(['hangup 486']);
    world.sip.end('call-1');
    expect(told).toEqual(['hangup 486']);
    expect(world.control.calls).toEqual({});
  });

  test('the SIP server is gone: commands end their calls, and those that wait end within 30 s', async () => {
    world.control.onnewcall = (call) => (call.destination === 'app' ? call.answer() : undefined);
    world.sip.invite('1000', 'app');
    await world.taken();
    world.sip.answered('call-1');
    world.sip.invite('1001', 'waits');
    await world.taken();
    world.sip.isGone = true;
    world.control.calls['call-2']?.ring();
    await world.taken();
    expect(Object.keys(world.control.calls)).toEqual(['call-1']);
    await world.clock.advance(30_000);
    expect(world.control.calls).toEqual({});
    expect(world.rtp.channels.size).toBe(0);
  });

  test('a SIP server that was restarted: calls that it does not know are over', async () => {
    world.control.onnewcall = () => undefined;
    world.sip.invite('1000', '3');
    world.sip.invite('1001', '3');
    world.sip.dialogs.delete('call-1');
    await world.clock.advance(10_000);
    expect(Object.keys(world.control.calls)).toEqual(['call-1', 'call-2']);
    await world.clock.advance(10_000);
    expect(Object.keys(world.control.calls)).toEqual(['call-2']);
  });

  test('the RTP server is gone: its calls end within 3 s', async () => {
    world.control.onnewcall = (call) => call.answer();
    world.sip.invite('1000', 'app');
    await world.taken();
    world.sip.answered('call-1');
    await world.taken();
    world.rtp.isGone = true;
    await world.clock.advance(3000);
    expect(world.control.calls).toEqual({});
    expect(world.clock.pendingTimers).toBeLessThan(3);
  });

  describe('the RTP server is killed and at once there again: it answers, but the channels are gone', () => {
    beforeEach(async () => {
      world.control.onnewcall = (call) => call.answer();
      world.rtp.server = 'first run';
      world.sip.invite('1000', 'app');
      await world.taken();
      world.sip.answered('call-1');
      await world.taken();
    });

    test('mediaswitch row 25: its workload is none, and calls end within 3 s', async () => {
      world.rtp.tellsWorkload = true;
      await world.clock.advance(3000);
      expect(Object.keys(world.control.calls)).toEqual(['call-1']);
      world.rtp.startAnew();
      await world.clock.advance(3000);
      expect(world.control.calls).toEqual({});
    });

    test('mediaswitch row 25: the next channel tells, and its own call goes on', async () => {
      world.rtp.startAnew('second run');
      await world.clock.advance(3000);
      world.sip.invite('1001', 'app');
      await world.taken();
      expect(Object.keys(world.control.calls)).toEqual(['call-2']);
      expect(world.control.calls['call-2']?.history.map(({ what }) => what)).not.toContain('hanging up');
    });
  });

  test('a channel that cannot be mixed ends both', async () => {
    world.control.onnewcall = (call) => call.newcall({ to: { user: '1003' } });
    world.sip.invite('1000', '3');
    await world.taken();
    world.rtp.refusals.set('PUT /channel/ch-2/mix/ch-1', { status: 404 });
    world.sip.answered('call-2');
    await world.taken();
    world.sip.answered('call-1');
    await world.taken();
    expect(world.control.calls).toEqual({});
    expect(world.rtp.channels.size).toBe(0);
  });
});

/** What phones, the script and the servers may do, in any order; `at` picks one of the calls there are. */
const steps: Readonly<Record<string, (at: number) => void>> = {
  invite: (at) => void world.sip.invite(`10${at % 3}`, ['app', '1003', 'group'][at % 3]!),
  rings: (at) => withDialog(at, ({ callid, originator }) => originator && world.sip.rings(callid)),
  answered: (at) =>
    withDialog(at, ({ callid, originator, sdp }) => (originator || 'm' in sdp.us) && world.sip.answered(callid)),
  ends: (at) => withDialog(at, ({ callid }) => world.sip.end(callid)),
  fails: (at) => withDialog(at, ({ callid }) => world.sip.end(callid, { code: 486, status: 'Busy Here' })),
  holds: (at) => withDialog(at, ({ callid, answered, hold }) => answered && world.sip.holds(callid, !hold)),
  refers: (at) => withDialog(at, ({ callid, answered }) => answered && world.sip.refers(callid, '1004')),
  replaces: (at) =>
    withDialog(
      at,
      ({ callid, answered }) => answered && world.sip.refers(callid, '1004', [...world.sip.dialogs.keys()][0]),
    ),
  hangup: (at) => withCall(at, (call) => call.hangup(at % 2 === 0 ? undefined : 'busy')),
  answer: (at) => withCall(at, (call) => call.answer()),
  newcall: (at) => withCall(at, (call) => void call.newcall({ to: { user: '1005' } })),
  order: () => void world.ask('POST', '/invite', { from: '1000', to: '1003', domain: 'pbx.example.com' }),
  pauseSip: () => world.sip.pause(),
  resumeSip: () => world.sip.resume(),
  pauseRtp: () => world.rtp.pause(),
  resumeRtp: () => world.rtp.resume(),
  channelGone: (at) => {
    const uuid = [...world.rtp.channels.keys()][at % Math.max(1, world.rtp.channels.size)];
    if (uuid === undefined) return;
    world.rtp.channels.delete(uuid);
    world.ask('POST', `/channel/${uuid}`, { event: 'close', reason: 'idle-timeout' });
  },
};

type Dialog = Parameters<Parameters<typeof withDialog>[1]>[0];

function withDialog(
  at: number,
  use: (dialog: ReturnType<ControlWorld['sip']['dialogs']['get']> & object) => unknown,
): void {
  const all = [...world.sip.dialogs.values()];
  const dialog: Dialog | undefined = all[at % Math.max(1, all.length)];
  if (dialog !== undefined) use(dialog);
}

function withCall(at: number, use: (call: Call) => void): void {
  const all = Object.values(world.control.calls);
  const call = all[at % Math.max(1, all.length)];
  if (call !== undefined) use(call);
}

test('mediaswitch row 23: whatever happens in whatever order, no call and no channel is left', async () => {
  const step = fc.tuple(fc.constantFrom(...Object.keys(steps)), fc.nat(7), fc.boolean());
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (plan) => {
      world = await createControlWorld();
      const ended = new Map<Call, number>();
      world.control.onhangup = (call) => ended.set(call, (ended.get(call) ?? 0) + 1);
      world.control.onnewcall = (call) => {
        if (call.destination === 'app') call.answer();
        else if (call.destination === 'group') call.newcall([{ to: { user: 'a' } }, { to: { user: 'b' } }]);
        else call.newcall({ to: { user: call.destination } });
      };
      for (const [name, at, waits] of plan) {
        steps[name]!(at);
        if (waits) await world.taken();
      }
      world.sip.resume();
      world.rtp.resume();
      await world.taken();
      for (const callid of [...world.sip.dialogs.keys()]) world.sip.end(callid);
      // Less than it takes to look whether the SIP server still knows them.
      await world.clock.advance(9000);
      expect(Object.keys(world.control.calls)).toEqual([]);
      expect([...world.rtp.channels.keys()]).toEqual([]);
      expect([...world.sip.dialogs.keys()]).toEqual([]);
      await world.clock.advance(30_000);
      expect(world.clock.pendingTimers).toBe(0);
      expect([...ended.values()].every((count) => count === 1)).toBe(true);
      expect(world.reports.filter((report) => report.includes('failed'))).toEqual([]);
    }),
    { numRuns: 150 },
  );
});
