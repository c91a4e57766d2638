import { beforeEach, describe, expect, test } from 'vitest';
import type { Call } from '../../control/index.js';
import { type ControlWorld, createControlWorld } from '../support/fake-mediaswitch.js';

let world: ControlWorld;

beforeEach(async () => {
  world = await createControlWorld();
});

describe('mediaswitch row 21: the library', () => {
  test('directory pushes the domain with our own address as its control server', async () => {
    world.control.directory('bling.babblevoice.com', [{ username: '1003', secret: '1123654789' }]);
    expect(await world.taken()).toEqual(['sip PUT /dir/bling.babblevoice.com']);
    const [pushed] = world.sip.bodiesOf('PUT /dir/bling.babblevoice.com');
    expect(pushed).toEqual({
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
