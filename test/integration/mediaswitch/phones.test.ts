import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createRealNetwork, type Network } from '../../../base/network.js';
import type { DialogDocument } from '../../../contract/mediaswitch/dialogs.js';
import { nameAddr, presencePackage, refer, sipUri, withUriHeaders } from '../../../sip/index.js';
import { FakeControlServer } from '../../support/control-server.js';
import { jsonOf } from '../../support/dialog-world.js';
import { eventually } from '../../support/eventually.js';
import type { GatewayProcess } from '../../support/gateway-process.js';
import { LoopbackWorld, reached } from '../../support/loopback-world.js';
import { type FakePhone, type PhoneCall, silentMedia } from '../../support/phone.js';

// Phones with real sockets at one gateway, whose control server speaks HTTP.

const domain = 'pbx.example.com';
const users = ['1003', '1004', '1005'];
const us = jsonOf(silentMedia('127.0.0.1', 10_000).offer('sendrecv'));
const network = createRealNetwork();
const phones = new Map<string, FakePhone>();
let world: LoopbackWorld;
let control: FakeControlServer;
let url: string;
let gateway: GatewayProcess;

beforeAll(async () => {
  world = new LoopbackWorld();
  control = new FakeControlServer();
  const served = await control.listen();
  url = served.url;
  world.closeLater(served.close);
  gateway = await world.startGateway();
  const secrets = users.map((username) => ({ username, secret: `pw${username}` }));
  expect((await send('PUT', `/dir/${domain}`, { control: url, users: secrets })).status).toBe(201);
  for (const user of users) phones.set(user, await registered(user));
});

afterAll(() => world.close());

beforeEach(() => {
  control.calls.length = 0;
  control.reply = 200;
  control.script = async ({ callid, originator, answered, hangup }) => {
    if (hangup) return;
    if (answered) await send('POST', '/dialog/ok', { callid, sdp: us });
    if (originator || answered) return;
    await send('POST', '/dialog/ring', { callid });
    await send('POST', '/dialog/answer', { callid, sdp: us });
  };
});

async function send(method: string, path: string, body?: unknown): Promise<{ status: number; json: unknown }> {
  const text = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(`${gateway.apiUrl}${path}`, { method, ...text });
  const said = await answer.text();
  return { status: answer.status, json: said === '' ? null : JSON.parse(said) };
}

async function registered(user: string, over: Network = network): Promise<FakePhone> {
  const phone = await world.addPhone(gateway.sip, user, { domain, password: `pw${user}`, network: over });
  expect((await phone.register(3600)).statusCode).toBe(200);
  return phone;
}

const phoneOf = (user: string): FakePhone => phones.get(user)!;

async function answeredCall(): Promise<PhoneCall> {
  const call = await reached(await phoneOf('1003').dial('2000'), 'answered');
  await told('ring answered');
  return call;
}

function wordsOf({ refer, error, ...event }: DialogDocument): string {
  const flags = (['ring', 'answered', 'hold', 'hangup'] as const).filter((flag) => event[flag]).join(' ') || 'new';
  return `${refer === undefined ? '' : 'refer '}${flags}${error.code === 0 ? '' : ` ${error.code}`}`;
}

const story = (): string[] => control.events().map(wordsOf);

/** The first event of those words. */
function told(words: string): Promise<DialogDocument> {
  return eventually(words, () => control.events().find((event) => wordsOf(event) === words)).catch((error: unknown) => {
    throw new Error(`${String(error)}; ${story().join(', ')}`);
  });
}

/** Calls a phone that reacts like this to an INVITE; its Call-ID. */
async function originate(user: string, onInvite: FakePhone['onInvite']): Promise<string> {
  phoneOf(user).onInvite = onInvite;
  const call = { from: { domain, user: '5000' }, to: { user }, cid: { number: '5000', name: 'Desk' }, maxforwards: 70 };
  const { status, json } = await send('POST', '/dialog/invite', { ...call, sdp: us });
  expect(status).toBe(200);
  return (json as { callid: string }).callid;
}

describe('dialogs of a phone', () => {
  test('mediaswitch rows 11, 14, 16: held, resumed, re-INVITEd with a clock as text, and hung up by its control server', async () => {
    const call = await answeredCall();
    expect((await call.hold()).ok).toBe(true);
    expect((await told('ring answered hold')).sdp.them).toMatchObject({ m: [{ direction: 'sendonly' }] });
    expect((await call.resume()).ok).toBe(true);
    await eventually('six events', () => control.events().length === 6);
    const held = ['ring answered hold', 'ring answered hold'];
    expect(story()).toEqual(['new', 'ring answered', ...held, 'ring answered', 'ring answered']);
    const { callid, sdp } = control.last;
    expect(sdp.them).toMatchObject({
      v: 0,
      c: [{ nettype: 'IN', ipver: 4, address: '127.0.0.1' }],
      m: [{ media: 'audio', payloads: [8, 0, 101], rtpmap: { 101: { encoding: 'telephone-event', clock: 8000 } } }],
    });
    const media = { media: 'audio', port: 10_002, proto: 'RTP/AVP', payloads: [8], direction: 'sendrecv' };
    const moved = { ...us, m: [{ ...media, rtpmap: { 8: { encoding: 'PCMA', clock: '8000' } } }] };
    expect((await send('PUT', '/dialog/invite', { callid, sdp: moved })).status).toBe(200);
    await eventually('the re-INVITE', () =>
      call.remote.at(-1)?.includes('m=audio 10002 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000'),
    );
    await eventually('what the phone answers', () => control.events().length === 7);
    expect((await send('PUT', '/dialog/hangup', { callid })).status).toBe(200);
    await reached(call, 'ended bye');
    expect((await told('ring answered hangup')).error).toEqual({ code: 0, status: '' });
    expect((await send('POST', '/dialog/hangup', { callid })).status).toBe(404);
  });

  test('mediaswitch rows 11, 18: a blind and an attended transfer, each ended by /dialog/notify', async () => {
    const call = await answeredCall();
    const target = sipUri({ user: '1004', host: domain });
    const replaces = 'a+b/c@127.0.0.1;to-tag=1;from-tag=2';
    const attended = withUriHeaders(target, [['Replaces', replaces]]);
    for (const [uri, seen] of [
      [target, { to: '1004', domain }],
      [attended, { to: '1004', domain, replaces: 'a+b/c@127.0.0.1' }],
    ] as const) {
      control.calls.length = 0;
      const credentials = { username: '1003', password: 'pw1003' };
      const options = { session: call.session!, referTo: nameAddr(uri), credentials };
      const { result } = refer(call.phone.ua.context, options, {});
      const { callid, refer: asked } = await told('refer ring answered');
      expect(asked).toEqual(seen);
      expect((await send('POST', '/dialog/notify', { callid })).status).toBe(200);
      expect(await result).toMatchObject({ outcome: 'succeeded', statusCode: 200 });
    }
    call.hangUp();
    expect((await told('ring answered hangup')).refer).toBeUndefined();
  });

  test('mediaswitch rows 13, 19: 487 for a CANCEL; 480 where the control server does not take the event', async () => {
    control.script = ({ callid, hangup }) => {
      if (!hangup) void send('POST', '/dialog/ring', { callid });
    };
    const call = await reached(await phoneOf('1003').dial('2000'), '180');
    call.hangUp();
    await eventually('the end', () => call.ended);
    expect((await told('ring hangup')).error.code).toBe(0);
    expect(call.ended?.statusCode).toBe(487);
    control.reply = 500;
    const refused = await phoneOf('1003').dial('2000');
    await eventually('the refusal', () => refused.ended);
    expect(refused.ended?.statusCode).toBe(480);
  });

  test.each([302, 486, 503, 603])('mediaswitch rows 9, 19: a callee who says %i is told of', async (statusCode) => {
    const callid = await originate('1004', statusCode);
    const last = await eventually('the end', () => control.events(callid).find(({ hangup }) => hangup));
    expect(last).toMatchObject({ originator: true, answered: false, error: { code: statusCode } });
  });

  test('mediaswitch rows 11, 19: a call of ours that is not answered is CANCELled', async () => {
    const callid = await originate('1004', 'ring');
    await told('ring');
    expect((await send('POST', '/dialog/hangup', { callid })).status).toBe(200);
    await told('ring hangup');
    await eventually('the CANCEL', () => phoneOf('1004').call?.ended);
    expect((await send('GET', '/dialog')).json).toMatchObject({ count: 0 });
  });
});

test('mediaswitch row 15: the password of a call answers the 401 of the other side, which sees who calls', async () => {
  const other = await world.startGateway({ dataDir: ':memory:' });
  const name = '127.0.0.1';
  const pushed = { control: url, users: [{ username: '1003', secret: 'pw1003' }] };
  await fetch(`${other.apiUrl}/dir/${name}`, { method: 'PUT', body: JSON.stringify(pushed) });
  control.script = async ({ callid, originator, answered, hangup }) => {
    if (originator || answered || hangup) return;
    await fetch(`${other.apiUrl}/dialog/answer`, { method: 'POST', body: JSON.stringify({ callid, sdp: us }) });
  };
  const call = async (authsecret: string): Promise<string> => {
    const from = { domain: name, user: '1003', authsecret };
    const body = { from, to: { user: '2000', domain: `${name}:${other.sip.port}` }, control: url, sdp: us };
    const { json } = await send('POST', '/dialog/invite', body);
    return (json as { callid: string }).callid;
  };
  const callid = await call('pw1003');
  const ours = (): DialogDocument[] => control.events(callid).filter(({ originator }) => originator);
  await eventually('answered', () => ours().some(({ answered, authenticated }) => answered && authenticated));
  const theirs = control.events(callid).filter(({ originator }) => !originator);
  expect(theirs[0]).toMatchObject({ from: '1003', to: '2000', authenticated: true });
  await send('POST', '/dialog/hangup', { callid });
  await eventually('the end', () => ours().at(-1)?.hangup);
  const refused = await call('guessed');
  const end = await eventually('a refusal', () => control.events(refused).find(({ hangup }) => hangup));
  expect(end.error.code).toBe(403);
});

test('mediaswitch row 7: OPTIONS that are not answered are counted, a REGISTER begins anew', async () => {
  /** A phone that hears no OPTIONS, or counts them. */
  const heard = new Set<string>();
  const over = (user: string, isDeaf: boolean): Network => ({
    ...network,
    bindUdp: (at, handlers, options) =>
      network.bindUdp(
        at,
        {
          ...handlers,
          onMessage: (data, ...from) => {
            const isPing = data.toString('latin1', 0, 8) === 'OPTIONS ';
            if (isPing) heard.add(user);
            if (!isPing || !isDeaf) handlers.onMessage(data, ...from);
          },
        },
        options,
      ),
  });
  const names = (kind: string): string[] => Array.from({ length: 8 }, (_, n) => `${kind}-${n}`);
  const all = [...names('deaf'), ...names('here')];
  const secrets = all.map((username) => ({ username, secret: `pw${username}` }));
  await send('PUT', `/dir/${domain}`, { control: url, users: secrets });
  const added = new Map<string, FakePhone>();
  for (const user of all) added.set(user, await registered(user, over(user, user.startsWith('deaf'))));
  const outstanding = async (user: string): Promise<number> => {
    const { json } = await send('GET', `/reg/${domain}/${user}`);
    return (json as { users: Record<string, { outstandingping: number }> }).users[user]!.outstandingping;
  };
  const deaf = await eventually('one that hears nothing', () => names('deaf').find((user) => heard.has(user)));
  await eventually('one more', async () => (await outstanding(deaf)) === 1);
  const here = await eventually('one that answers', () => names('here').find((user) => heard.has(user)));
  await eventually('none left', async () => (await outstanding(here)) === 0);
  expect((await added.get(deaf)!.register(3600)).statusCode).toBe(200);
  expect(await outstanding(deaf)).toBe(0);
});

test('mediaswitch row 30: who watches a user of the directory is told when he registers', async () => {
  const secrets = ['1003', '1004'].map((username) => ({ username, secret: `pw${username}` }));
  await send('PUT', `/dir/${domain}`, { control: url, users: secrets });
  await phoneOf('1004').unregister();
  const watch = phoneOf('1003').watch('1004', presencePackage);
  await eventually('closed', () => watch.state?.tuples.every(({ basic }) => basic === 'closed'));
  await phoneOf('1004').register(3600);
  await eventually('open', () => watch.state?.tuples.some(({ basic }) => basic === 'open'));
});
