import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Call, ProjectControl } from '../../control/index.js';
import { fromDist } from '../support/dist.js';
import { eventually } from '../support/eventually.js';
import { FakeProjectRtp, FakeProjectSip, serveFake } from '../support/fake-mediaswitch.js';

// What scripts make with the library, HTTP over real sockets between it and both servers.

const { createCallQueues, createProjectControl } =
  await fromDist<typeof import('../../control/index.js')>('control/index.js');
const undo: (() => unknown)[] = [];
let control: ProjectControl;
let sip: FakeProjectSip;
let rtp: FakeProjectRtp;
let wire: string[];

/** What the fake has told and is not answered yet: events of a call arrive in their order. */
let last: Promise<unknown>;

beforeEach(async () => {
  wire = [];
  last = Promise.resolve();
  sip = new FakeProjectSip('sip', wire);
  rtp = new FakeProjectRtp('rtp', wire);
  control = createProjectControl({ logger: () => undefined });
  control.sip = { host: '127.0.0.1', port: await served(sip) };
  control.rtp = { host: '127.0.0.1', port: await served(rtp) };
  control.us = { host: '127.0.0.1', port: 0 };
  await control.run();
  undo.push(() => control.close());
  sip.tell = ({ method, target, body }) => {
    last = last.then(() => fetch(`http://127.0.0.1:${control.us.port}${target}`, { method, body }));
    return { status: 200 };
  };
});

afterEach(async () => {
  await last;
  for (const step of undo.splice(0).reverse()) await step();
});

async function served(fake: FakeProjectSip | FakeProjectRtp): Promise<number> {
  const { port, close } = await serveFake(fake);
  undo.push(close);
  return port;
}

const sees = (line: string): Promise<unknown> =>
  eventually(`${line} among ${wire.join(', ')}`, () => wire.includes(line));

/** Both phones of a call that is connected, `call-1` and `call-2`. */
async function connected(): Promise<void> {
  control.onnewcall = (call) => call.newcall({ to: { user: '1003' } });
  sip.invite('1000', '3');
  await eventually('the second call', () => sip.dialogs.has('call-2'));
  await eventually('its Call-ID', () => control.calls['call-2']);
  sip.answered('call-2', 5000);
  await sees('sip PUT /dialog/answer call-1');
  sip.answered('call-1');
  await eventually('both hear each other', () => rtp.channels.get('ch-2') === 'ch-1');
}

describe('a script', () => {
  test('mediaswitch row 22: busy, and a ring group in which the first to answer is it', async () => {
    control.onnewcall = (call) => {
      if (call.destination === 'busy') call.hangup('busy');
      else call.newcall(['a', 'b', 'c'].map((user) => ({ to: { user } })));
    };
    sip.invite('1000', 'busy');
    await sees('sip PUT /dialog/hangup call-1');
    expect(sip.bodiesOf('PUT /dialog/hangup')).toEqual([{ callid: 'call-1', code: 486, reason: 'Busy here' }]);
    sip.invite('1000', 'all');
    const group = ['call-3', 'call-4', 'call-5'];
    await eventually('three calls', () => group.every((callid) => control.calls[callid] !== undefined));
    sip.answered('call-4');
    for (const line of ['hangup call-3', 'hangup call-5', 'answer call-2']) await sees(`sip PUT /dialog/${line}`);
    expect(wire).not.toContain('sip PUT /dialog/hangup call-4');
  });

  test('mediaswitch rows 16, 23, 24: hold plays its music to the other, off hold mixes again; both ends are reported', async () => {
    const reported: [string, string[]][] = [];
    control.onreporting = ({ callid, history }) => reported.push([callid, history.map(({ what }) => what)]);
    control.moh = { loop: true, files: [{ wav: 'moh.wav' }] };
    await connected();
    sip.holds('call-1', true);
    await sees('sip PUT /dialog/ok call-1');
    await eventually('music', () => wire.some((line) => /^rtp PUT \/channel\/ch-\d\/play$/.test(line)));
    const played = rtp.seen.find(({ path }) => path.endsWith('/play'));
    expect(played?.body).toEqual({ loop: true, files: [{ wav: 'moh.wav' }] });
    expect([...rtp.channels.values()]).toEqual([null, null]);
    sip.holds('call-1', false);
    await eventually('both hear each other again', () => rtp.channels.get('ch-2') === 'ch-1');
    sip.end('call-2');
    await sees('sip PUT /dialog/hangup call-1');
    await eventually('two reports', () => reported.length === 2);
    expect(reported.map(([callid]) => callid).sort()).toEqual(['call-1', 'call-2']);
    for (const [, history] of reported) expect(history.length).toBeGreaterThan(1);
  });

  test('mediaswitch row 24: out through a gateway with its own name, and a queue that tells every caller its place', async () => {
    const cid = { number: '4420', name: 'Firm', private: true };
    const from = { user: 'trunk', domain: 'carrier.example', authsecret: 'secret' };
    control.gw = { from, to: { domain: 'carrier.example' }, cid, codecs: ['pcma'] };
    const sales = createCallQueues(control.logger)('sales');
    const places = (): unknown[] => sales.calls.map(({ metadata }) => metadata.queue);
    control.onnewcall = (call: Call) => {
      if (call.destination === 'sales') sales.queue(call);
      else call.newcall({ to: { user: '555' }, forward: true });
    };
    sip.invite('1000', '9555');
    await sees('sip POST /dialog/invite');
    const [invite] = sip.bodiesOf('POST /dialog/invite');
    expect(invite).toMatchObject({ from, to: { user: '555', domain: 'carrier.example' }, cid });
    expect(invite).toMatchObject({ sdp: { m: [{ payloads: [8] }] } });
    const [first] = [sip.invite('1001', 'sales'), sip.invite('1002', 'sales')];
    await eventually('two who wait', () => sales.length === 2);
    expect(places()).toEqual([
      { state: 'waiting', position: 1 },
      { state: 'waiting', position: 2 },
    ]);
    sip.end(first);
    await eventually('the second is the first', () => sales.length === 1);
    expect(places()).toEqual([{ state: 'waiting', position: 1 }]);
  });
});
