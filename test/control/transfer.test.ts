import { beforeEach, describe, expect, test } from 'vitest';
import type { Call } from '../../control/index.js';
import { type ControlWorld, createControlWorld } from '../support/fake-mediaswitch.js';

// Rows 21 and 23: what a REFER of a phone does (contract 2.4). The transferor is 1000 in all of them.

let world: ControlWorld;
/** What onnewcall was given: destinations. */
let routed: string[];

beforeEach(async () => {
  world = await createControlWorld();
  routed = [];
  world.control.onnewcall = (call) => {
    routed.push(call.destination);
    if (call.destination === 'app') call.answer();
    else call.newcall({ to: { user: call.destination } });
  };
});

/** A call from 1000 that is up: its leg, and the one to whom it speaks, or null for an application. */
async function connected(to: string): Promise<[string, string | null]> {
  const near = world.sip.invite('1000', to);
  await world.taken();
  if (to === 'app') {
    world.sip.answered(near);
    await world.taken();
    return [near, null];
  }
  const far = (world.control.calls[near]!.other as Call).callid;
  world.sip.answered(far, 5000);
  await world.taken();
  world.sip.answered(near);
  await world.taken();
  return [near, far];
}

describe('mediaswitch row 23: blind transfer', () => {
  test('the far end is a new call to the refer target; the transferor is told', async () => {
    const [near, far] = await connected('1003');
    const told: string[] = [];
    const call = world.control.calls[far!]!;
    call.onhangup = () => told.push('lost with the transfer');
    world.sip.refers(near, '1004');
    expect(await world.taken()).toEqual([
      ...[
        'rtp PUT /channel/ch-1/unmix',
        'rtp POST /channel',
        `sip PUT /dialog/notify ${near}`,
        'sip POST /dialog/invite',
      ],
    ]);
    expect(routed).toEqual(['1003', '1004']);
    expect(call).toMatchObject({ destination: '1004', info: { refer: { to: '1004', referedby: '1000' } } });
    expect(world.sip.bodiesOf('POST /dialog/invite').at(-1)).toMatchObject({
      from: { user: '1003' },
      to: { user: '1004' },
    });
    world.sip.end(near);
    expect(await world.taken()).toEqual(['rtp DELETE /channel/ch-2']);
    world.sip.answered('call-3', 6000);
    expect(await world.taken()).toEqual(['rtp PUT /channel/ch-3', 'rtp PUT /channel/ch-1/mix/ch-3']);
    world.sip.end('call-3');
    await world.taken();
    expect(told).toEqual([]);
    expect(world.control.calls).toEqual({});
    expect(world.rtp.channels.size).toBe(0);
  });

  test('a callee transfers its caller as well', async () => {
    const [near, far] = await connected('1003');
    world.sip.refers(far!, '1004');
    expect(await world.taken()).toContain(`sip PUT /dialog/notify ${far}`);
    expect(world.sip.bodiesOf('POST /dialog/invite').at(-1)).toMatchObject({
      from: { user: '1000' },
      to: { user: '1004' },
    });
    world.sip.end(far!);
    await world.taken();
    expect(Object.keys(world.control.calls)).toEqual([near, 'call-3']);
  });

  test('a target that is busy ends the far end', async () => {
    const [near, far] = await connected('1003');
    world.sip.refers(near, '1004');
    await world.taken();
    world.sip.end('call-3', { code: 486, status: 'Busy Here' });
    expect(await world.taken()).toContain(`sip PUT /dialog/hangup ${far}`);
  });

  test('there is nobody to transfer from an application', async () => {
    const [near] = await connected('app');
    world.sip.refers(near, '1004');
    expect(await world.taken()).toEqual([]);
    expect(routed).toEqual(['app']);
  });
});

describe('mediaswitch row 23: attended transfer', () => {
  test('two people: linked to each other, and mixed when the transferor hangs up', async () => {
    const [first, firstFar] = await connected('1003');
    world.sip.holds(first, true);
    await world.taken();
    world.sip.event(first);
    const [second, secondFar] = await connected('1004');
    world.sip.refers(second, '1003', first);
    expect(await world.taken()).toEqual([`rtp PUT /channel/ch-3/unmix`, `sip PUT /dialog/notify ${second}`]);
    expect(world.control.calls[firstFar!]?.other).toBe(world.control.calls[secondFar!]);
    expect(world.control.calls[first]?.other).toBe(world.control.calls[second]);
    world.sip.end(second);
    const lines = await world.taken();
    expect(lines.filter((line) => line.startsWith('sip'))).toEqual([`sip PUT /dialog/hangup ${first}`]);
    expect(lines.filter((line) => line.includes('mix'))).toEqual(['rtp PUT /channel/ch-3/mix/ch-1']);
    expect(Object.keys(world.control.calls).sort()).toEqual([firstFar, secondFar].sort());
    expect(world.rtp.channels).toEqual(
      new Map([
        ['ch-1', 'ch-3'],
        ['ch-3', 'ch-1'],
      ]),
    );
    world.sip.end(firstFar!);
    await world.taken();
    expect(world.control.calls).toEqual({});
    expect(world.rtp.channels.size).toBe(0);
  });

  test('the REFER may come on the first leg and name the second', async () => {
    const [first, firstFar] = await connected('1003');
    const [second, secondFar] = await connected('1004');
    world.sip.refers(first, '1004', second);
    expect(await world.taken()).toContain(`sip PUT /dialog/notify ${first}`);
    world.sip.end(first);
    await world.taken();
    expect(Object.keys(world.control.calls).sort()).toEqual([firstFar, secondFar].sort());
  });

  test('to one who still rings: both are mixed once he answers', async () => {
    const [first, firstFar] = await connected('1003');
    const second = world.sip.invite('1000', '1004');
    await world.taken();
    const secondFar = (world.control.calls[second]!.other as Call).callid;
    world.sip.refers(second, '1003', first);
    await world.taken();
    world.sip.end(second);
    world.sip.end(first);
    expect((await world.taken()).filter((line) => line.includes('/mix/'))).toEqual([]);
    world.sip.answered(secondFar, 6000);
    expect(await world.taken()).toEqual(['rtp PUT /channel/ch-3', 'rtp PUT /channel/ch-1/mix/ch-3']);
    expect(Object.keys(world.control.calls).sort()).toEqual([firstFar, secondFar].sort());
  });

  test('to an application: its channel goes to the person on hold, who is re-INVITEd', async () => {
    const [first, far] = await connected('1003');
    world.sip.holds(first, true);
    await world.taken();
    world.sip.event(first);
    const [second] = await connected('app');
    world.sip.refers(second, 'app', first);
    expect(await world.taken()).toEqual([
      ...[`sip PUT /dialog/invite ${far}`, 'rtp PUT /channel/ch-3', `sip PUT /dialog/notify ${second}`],
    ]);
    expect(world.rtp.bodiesOf('PUT /channel/ch-3').at(-1)).toMatchObject({ ip: '192.0.2.7', port: 5000 });
    expect(world.sip.bodiesOf('PUT /dialog/invite')).toMatchObject([
      { sdp: { o: { sessionid: 1, sessionversion: 2 }, c: [{ address: '198.51.100.1' }], m: [{ port: 10_006 }] } },
    ]);
    world.sip.end(second);
    const lines = await world.taken();
    expect(lines.filter((line) => line.startsWith('sip'))).toEqual([`sip PUT /dialog/hangup ${first}`]);
    expect([...world.rtp.channels.keys()]).toEqual(['ch-3']);
    expect(Object.keys(world.control.calls)).toEqual([far]);
    world.sip.end(far!);
    await world.taken();
    expect(world.rtp.channels.size).toBe(0);
  });

  test("nobody takes over another's call: the dialog in replaces has to be the transferor's own", async () => {
    const [first] = await connected('1003');
    const stranger = world.sip.invite('6666', '1004');
    await world.taken();
    world.sip.answered('call-4', 6000);
    await world.taken();
    world.sip.answered(stranger);
    await world.taken();
    world.sip.refers(stranger, '1003', first);
    expect(await world.taken()).toEqual([]);
  });

  test('a dialog in replaces that is not known makes the transfer a blind one', async () => {
    const [near] = await connected('1003');
    world.sip.refers(near, '1004', 'no-such-call');
    await world.taken();
    expect(routed).toEqual(['1003', '1004']);
  });
});
