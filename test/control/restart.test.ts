import { describe, expect, test } from 'vitest';
import { legNote } from '../../contract/mediaswitch/control.js';
import type { Call, ProjectControl } from '../../control/index.js';
import { type ControlWorld, createControlWorld, phoneSdp } from '../support/fake-mediaswitch.js';
import { settle } from '../support/manual-clock.js';

/** As in the README: the caller is connected with 1003. */
function route(control: ProjectControl): void {
  control.onnewcall = (call) => {
    call.newcall({ to: { user: '1003' } });
  };
}

/** 1000 speaks with 1003: call-1 with ch-1 and call-2 with ch-2, whichever came first. */
async function talking(): Promise<ControlWorld> {
  const world = await createControlWorld(undefined, undefined, route);
  world.sip.invite('1000', '3');
  await settle();
  world.sip.rings('call-2');
  await settle();
  world.sip.answered('call-2', 4002);
  await settle();
  world.sip.answered('call-1');
  await world.taken();
  expect([...world.rtp.channels.values()].every((other) => other !== null)).toBe(true);
  return world;
}

/** The process is killed: nobody hears what is told, until there is a new one. */
async function killed(world: ControlWorld): Promise<void> {
  world.sip.tell = () => ({ status: 503 });
  await world.control.close();
  await world.taken();
}

async function restarted(
  world: ControlWorld,
  script: (control: ProjectControl) => void = () => undefined,
): Promise<{ readonly after: ControlWorld; readonly restored: Call[]; readonly told: string[] }> {
  const restored: Call[] = [];
  const told: string[] = [];
  const after = await createControlWorld(undefined, world, (control) => {
    script(control);
    control.onnewcall = (call) => told.push(`new ${call.callid}`);
    control.onhangup = (call) => told.push(`over ${call.callid}`);
    control.onrestored = (call) => restored.push(call);
  });
  return { after, restored, told };
}

const calls = (world: ControlWorld): unknown => world.ask('GET', '/calls').body;

describe('a control server that is started again', () => {
  test('mediaswitch row 20: GET /calls is true at once, and calls are what they were', async () => {
    const world = await talking();
    expect(legNote.parse(world.sip.notes.get('call-2'))).toMatchObject({ parent: 'call-1', mixed: 'call-1' });
    const channels = Object.values(world.control.calls).map(({ metadata }) => metadata.channel?.uuid);
    await killed(world);
    const { after, restored, told } = await restarted(world);
    expect(calls(after)).toEqual(['call-1', 'call-2']);
    const [caller, callee] = restored;
    expect([caller!.other, callee!.other]).toEqual([callee, caller]);
    expect(callee!.metadata.family.parent).toBe(caller);
    expect(restored.map(({ metadata }) => metadata.channel?.uuid)).toEqual(channels);
    expect(restored.map(({ answered }) => answered)).toEqual([true, true]);
    // Nothing that anybody would notice: the same targets, and nobody waits for an ok.
    expect((await after.taken()).map((line) => line.replace(/ch-\d/, 'ch'))).toEqual([
      'rtp PUT /channel/ch',
      'sip PUT /dialog/ok call-1',
      'rtp PUT /channel/ch',
      'sip PUT /dialog/ok call-2',
    ]);
    expect([told, after.reports]).toEqual([[], []]);
  });

  test('mediaswitch row 23: the hangup of one leg is that of the other, and both channels are deleted', async () => {
    for (const first of ['call-1', 'call-2']) {
      const world = await talking();
      await killed(world);
      const { after, restored, told } = await restarted(world);
      const heard: string[] = [];
      for (const call of restored) call.onhangup = (ended) => heard.push(ended.callid);
      after.sip.end(first);
      await settle();
      expect([calls(after), after.sip.dialogs.size, after.rtp.channels.size]).toEqual([[], 0, 0]);
      expect(heard).toEqual([first, first === 'call-1' ? 'call-2' : 'call-1']);
      expect(told).toEqual(heard.map((callid) => `over ${callid}`));
    }
  });

  test('mediaswitch row 16: hold and off hold go on working, also where hold began before', async () => {
    const world = await talking();
    const moh = { loop: true, files: [{ wav: 'moh.wav' }] };
    await killed(world);
    let { after } = await restarted(world, (control) => {
      control.moh = moh;
    });
    await after.taken();
    after.sip.holds('call-1', true);
    const held = await after.taken();
    expect(held).toContain('sip PUT /dialog/ok call-1');
    expect(held.some((line) => line.endsWith('/unmix'))).toBe(true);
    expect(held.some((line) => line.endsWith('/play'))).toBe(true);
    await killed(after);
    ({ after } = await restarted(after));
    await after.taken();
    after.sip.holds('call-1', false);
    expect((await after.taken()).some((line) => line.includes('/mix/'))).toBe(true);
    expect([...after.rtp.channels.values()].every((other) => other !== null)).toBe(true);
  });

  test('mediaswitch row 18: a blind transfer, and an attended one that began before', async () => {
    const world = await talking();
    await killed(world);
    const { after, told } = await restarted(world);
    await after.taken();
    after.sip.refers('call-2', '1004');
    expect(await after.taken()).toContain('sip PUT /dialog/notify call-2');
    expect(told).toEqual(['new call-1']);
    expect(after.control.calls['call-1']?.destination).toBe('1004');
    await killed(after);
    const second = await restarted(after);
    expect(second.restored.map(({ destination }) => destination)).toEqual(['1004', '1003']);
    expect(second.restored[0]!.other).toBe(false);
    expect(second.told).toEqual([]);

    const busy = await talking();
    busy.sip.invite('1003', '5', { callid: 'call-3', sdp: { them: phoneSdp(4003), us: {} } });
    await settle();
    busy.sip.answered('call-4', 4004);
    await settle();
    busy.sip.answered('call-3');
    await settle();
    busy.sip.refers('call-2', '5', 'call-3');
    await busy.taken();
    await killed(busy);
    const third = await restarted(busy);
    await third.after.taken();
    third.after.sip.end('call-2');
    await settle();
    expect(calls(third.after)).toEqual(['call-1', 'call-4']);
    expect((await third.after.taken()).some((line) => line.includes('/mix/'))).toBe(true);
  });

  test('mediaswitch row 23: what happened while nobody was there is done now: an answer, and an end', async () => {
    const world = await createControlWorld(undefined, undefined, route);
    world.sip.invite('1000', '3');
    await settle();
    await killed(world);
    world.sip.answered('call-2', 4002);
    const { after } = await restarted(world);
    expect(await after.taken()).toContain('sip PUT /dialog/answer call-1');
    after.sip.answered('call-1');
    expect((await after.taken()).some((line) => line.includes('/mix/'))).toBe(true);
    await killed(after);
    after.sip.end('call-2');
    const again = await restarted(after);
    await settle();
    expect(again.told).toEqual(['over call-1']);
    expect([calls(again.after), again.after.sip.dialogs.size]).toEqual([[], 0]);

    const other = await talking();
    await killed(other);
    other.sip.end('call-1');
    const last = await restarted(other);
    await settle();
    expect([last.told, calls(last.after)]).toEqual([['over call-2'], []]);
  });

  test('mediaswitch row 22: of a ring group the first to answer is it, also after a restart', async () => {
    const world = await createControlWorld(undefined, undefined, (control) => {
      control.onnewcall = (call) => call.newcall([{ to: { user: '1003' } }, { to: { user: '1004' } }]);
    });
    world.sip.invite('1000', '3');
    await settle();
    await killed(world);
    const { after } = await restarted(world);
    await after.taken();
    after.sip.answered('call-3', 4003);
    await settle();
    expect(calls(after)).toEqual(['call-1', 'call-3']);
  });

  test('a dialog without a note is adopted; one that nobody has routed yet is a new call', async () => {
    const world = await createControlWorld();
    await killed(world);
    world.sip.invite('1000', '3', { callid: 'up', answered: true });
    world.sip.invite('1000', '4', { callid: 'begun' });
    const { after, restored, told } = await restarted(world);
    expect(calls(after)).toEqual(['up', 'begun']);
    expect([restored.map(({ callid }) => callid), told]).toEqual([['up'], ['new begun']]);
    after.sip.end('up');
    expect(told).toEqual(['new begun', 'over up']);
  });

  test('a SIP server that is not there yet is asked again; news of its calls wait for their notes', async () => {
    const world = await talking();
    await killed(world);
    world.sip.isGone = true;
    const { after, told } = await restarted(world);
    expect(calls(after)).toEqual([]);
    // It is back, and one of its calls ends before we have asked again.
    after.sip.isGone = false;
    after.sip.end('call-2');
    expect([calls(after), told]).toEqual([[], []]);
    await after.clock.advance(500);
    await settle();
    expect(calls(after)).toEqual([]);
    expect(told).toEqual(expect.arrayContaining(['over call-1', 'over call-2']));
    expect(after.sip.dialogs.size).toBe(0);
  });

  test('a SIP server that cannot list dialogs, and notes that are none of ours, change nothing', async () => {
    for (const answer of [{ status: 404 }, { status: 200, body: { count: 2, counter: 2 } }, { status: 200, body: 7 }]) {
      const world = await talking();
      await killed(world);
      world.sip.refusals.set(`GET /dialog?control=${encodeURIComponent('http://127.0.0.1:9001')}`, answer);
      const { after, restored } = await restarted(world);
      expect([calls(after), restored]).toEqual([[], []]);
    }
    const world = await talking();
    await killed(world);
    world.sip.notes.set('call-1', 'something else');
    world.sip.notes.set('call-2', { hookline: 2 });
    const { after } = await restarted(world);
    expect(calls(after)).toEqual(['call-1', 'call-2']);
    expect(Object.values(after.control.calls).map(({ other }) => other)).toEqual([false, false]);
  });

  test('a channel that the RTP server has no more ends its call', async () => {
    const world = await talking();
    await killed(world);
    world.rtp.channels.clear();
    const { after } = await restarted(world);
    await settle();
    expect([calls(after), after.sip.dialogs.size]).toEqual([[], 0]);
  });
});

describe('the notes of a call', () => {
  test('nothing waits for them, and one at a time is under way', async () => {
    const world = await createControlWorld(undefined, undefined, route);
    world.sip.refusals.set('POST /dialog/note', { status: 500 });
    world.sip.invite('1000', '3');
    await settle();
    world.sip.answered('call-2', 4002);
    await settle();
    world.sip.answered('call-1');
    await settle();
    expect(world.reports).toEqual([]);
    expect([...world.rtp.channels.values()].every((other) => other !== null)).toBe(true);
    const notes = world.sip.bodiesOf('POST /dialog/note').map((body) => body?.callid);
    expect(notes.filter((callid) => callid === 'call-1').length).toBeLessThanOrEqual(4);
    expect(world.sip.notes.size).toBe(0);
  });

  test('a call that is only told of has none', async () => {
    const world = await createControlWorld(undefined, undefined, (control) => {
      control.onnewcall = (call) => call.ring();
    });
    world.sip.invite('1000', '3');
    await settle();
    expect(world.sip.bodiesOf('POST /dialog/note')).toEqual([]);
  });
});
