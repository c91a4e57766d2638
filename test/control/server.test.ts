import { beforeEach, describe, expect, test } from 'vitest';
import type { Call, Registration } from '../../control/index.js';
import { type ControlWorld, createControlWorld } from '../support/fake-mediaswitch.js';

let world: ControlWorld;

beforeEach(async () => {
  world = await createControlWorld();
});

describe('mediaswitch row 20: the HTTP interface', () => {
  test.each([
    ['PUT', '/reg/bling.babblevoice.com/1003', { host: '127.0.0.1', port: 45_646, agent: 'Z 5.2.28 rv2.8.114' }],
    ['PUT', '/reg', { domain: 'bling.babblevoice.com', user: '1003', host: '127.0.0.1', port: 45_646 }],
    ['POST', '/reg/', { domain: 'bling.babblevoice.com', user: '1003' }],
    ['PUT', 'http://127.0.0.1:9001/reg/bling.babblevoice.com/1003', { host: '127.0.0.1', user: '1003@x' }],
  ])('%s %s tells onreg who and where', (method, target, body) => {
    const told: Registration[] = [];
    world.control.onreg = (registration) => told.push(registration);
    expect(world.ask(method, target, body)).toEqual({ status: 200 });
    const { host, port, agent } = body as Partial<Registration>;
    const where = Object.fromEntries(Object.entries({ host, port, agent }).filter(([, value]) => value !== undefined));
    expect(told).toEqual([{ domain: 'bling.babblevoice.com', user: '1003', ...where }]);
  });

  test.each([
    ['/reg/bling.babblevoice.com/1003', undefined],
    ['/reg', { domain: 'bling.babblevoice.com', user: '1003' }],
  ])('DELETE %s tells ondereg who', (target, body) => {
    const told: Registration[] = [];
    world.control.ondereg = (registration) => told.push(registration);
    expect(world.ask('DELETE', target, body)).toEqual({ status: 200 });
    expect(told).toEqual([{ domain: 'bling.babblevoice.com', user: '1003' }]);
  });

  const readmeForm = {
    ...{ domain: 'bling.babblevoice.com', to: '1003', from: '1000', maxforwards: 70 },
    callerid: { number: '123', name: 'Desk', private: false },
    control: { host: '127.0.0.1', port: 9001 },
  };
  const codeForm = {
    ...{ from: { domain: 'bling.babblevoice.com', user: '1000' }, to: { user: '1003' }, maxforwards: 70 },
    ...{ cid: { number: '123', name: 'Desk' }, control: 'http://127.0.0.1:9001', sdp: {} },
  };

  test.each([
    ['of the README', [readmeForm]],
    ['of the code', codeForm],
  ])('POST /invite in the form %s goes through onnewcall', async (_, body) => {
    let call: Call | undefined;
    world.control.onnewcall = (each) => {
      call = each;
      each.newcall({ to: { user: 'desk' } });
    };
    const reply = world.ask('POST', '/invite', body);
    expect(reply).toEqual({ status: 200, body: { callid: call?.callid } });
    expect(call).toMatchObject({ destination: '1003', originator: false });
    expect(call?.callid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(call?.info).toMatchObject({ from: '1000', domain: 'bling.babblevoice.com' });
    expect(world.ask('GET', '/calls')).toEqual({ status: 200, body: [call?.callid] });
    expect(await world.taken()).toEqual(['rtp POST /channel', 'sip POST /dialog/invite']);
    expect(world.sip.bodiesOf('POST /dialog/invite')).toMatchObject([
      { from: { user: '1000' }, to: { user: 'desk' }, cid: { number: '123', name: 'Desk' }, maxforwards: 69 },
    ]);
    world.sip.rings('call-1');
    world.sip.answered('call-1');
    expect(call).toMatchObject({ ringing: true, answered: true });
    world.sip.end('call-1');
    await world.taken();
    expect(call?.hungup).toBe(true);
    expect(world.ask('GET', '/calls')).toEqual({ status: 200, body: [] });
    expect(world.rtp.channels.size).toBe(0);
  });

  test('POST /invite: a list, no callee, nobody to take it, nobody called for it', async () => {
    expect(world.ask('POST', '/invite', codeForm)).toMatchObject({ status: 503 });
    world.control.onnewcall = () => undefined;
    expect(world.ask('POST', '/invite', { from: '1000' })).toMatchObject({ status: 400 });
    expect(world.ask('POST', '/invite', [])).toMatchObject({ status: 400 });
    const both = world.ask('POST', '/invite', [readmeForm, { to: 'a@b.example' }]).body as { callid: string }[];
    expect(both.map(({ callid }) => world.control.calls[callid]?.info.domain)).toEqual([
      'bling.babblevoice.com',
      'b.example',
    ]);
    await world.clock.advance(180_000);
    expect(world.ask('GET', '/calls')).toEqual({ status: 200, body: [] });
  });

  test.each([
    ['GET', '/', 404],
    ['GET', '/calls/x', 404],
    ['POST', '/calls', 404],
    ['GET', '/dialog/call-1', 404],
    ['PUT', '/dialog', 404],
    ['PUT', '/a/b/c/d/e', 404],
    ['PUT', '/dialog/%ff', 400],
  ])('%s %s is a %d', (method, target, status) => {
    expect(world.ask(method, target, {}).status).toBe(status);
  });

  test.each([
    ['PUT', '/dialog/call-1', []],
    ['PUT', '/dialog/call-1', { sdp: 'v=0' }],
    ['PUT', '/reg/example.com/1003', 'x'],
    ['POST', '/reg', { domain: 'example.com' }],
    ['POST', '/invite', { to: {} }],
    ['POST', '/channel/ch-1', { event: 'nothing' }],
  ])('%s %s with a bad body is a 400 and changes nothing', (method, target, body) => {
    world.control.onnewcall = () => undefined;
    expect(world.ask(method, target, body)).toMatchObject({ status: 400, body: { error: expect.any(String) } });
    expect(world.ask('GET', '/calls')).toEqual({ status: 200, body: [] });
  });

  test('a call over the limit is a 503, which ends its caller, and is counted', async () => {
    world = await createControlWorld(1);
    world.control.onnewcall = () => undefined;
    world.sip.invite('1000', '3');
    const second = world.sip.invite('1001', '3');
    expect(world.sip.event(second).status).toBe(503);
    expect(world.ask('POST', '/invite', codeForm).status).toBe(503);
    expect(world.control.newcall({ to: { user: '1003' } })?.hungup).toBe(false);
    await world.taken();
    expect(world.ask('GET', '/calls').body).toEqual(['call-1']);
  });

  test('a call that nobody takes is a 480', async () => {
    world.sip.invite('1000', '3');
    await world.taken();
    expect(world.sip.bodiesOf('PUT /dialog/hangup')).toMatchObject([{ code: 480 }]);
  });
});

describe('mediaswitch row 20: calls that were there before this process', () => {
  test('one that is up is adopted without onnewcall, its end is handled, and a re-INVITE is confirmed', async () => {
    const told: string[] = [];
    world.control.onnewcall = () => told.push('new');
    world.control.onhangup = (call) => told.push(`hangup ${call.callid}`);
    world.sip.invite('1000', '3', { callid: 'old-call', answered: true, sdp: { them: {}, us: {} } });
    expect(world.ask('GET', '/calls').body).toEqual(['old-call']);
    expect(await world.taken()).toEqual(['sip PUT /dialog/ok old-call']);
    world.sip.holds('old-call', true);
    expect(await world.taken()).toEqual(['sip PUT /dialog/ok old-call']);
    world.sip.refers('old-call', '1004');
    world.sip.end('old-call');
    expect(told).toEqual(['hangup old-call']);
    expect(world.ask('GET', '/calls').body).toEqual([]);
    expect(await world.taken()).toEqual([]);
  });

  test('of one that ended, onhangup and onreporting hear; of news that come late, nobody', () => {
    const told: string[] = [];
    world.control.onhangup = (call) => told.push(`hangup ${call.error.code}`);
    world.control.onreporting = () => told.push('reporting');
    const gone = { hangup: true, error: { code: 487, status: 'Request Terminated' } };
    expect(world.ask('PUT', '/dialog/old-call', gone)).toEqual({ status: 200 });
    expect(world.ask('PUT', '/dialog/old-call', gone)).toEqual({ status: 200 });
    expect(told).toEqual(['hangup 487', 'reporting']);
    expect(world.ask('GET', '/calls').body).toEqual([]);
  });

  test('one that we did not make but somebody else did in our name is adopted', () => {
    world.sip.invite('1000', '1003', { callid: 'by-curl', originator: true, ring: true });
    expect(world.ask('GET', '/calls').body).toEqual(['by-curl']);
  });
});

describe('mediaswitch row 24: gateways, music, reporting, history, queues', () => {
  test('forward: what the gateway says counts, and each field stays itself', async () => {
    world.control.gw = {
      from: { user: 'trunk', domain: 'carrier.example', authsecret: 'secret' },
      ...{ to: { domain: 'carrier.example' }, cid: { number: '4420', name: 'Firm', private: true }, codecs: ['pcma'] },
    };
    world.control.gw = { to: { domain: 'second.example' } };
    expect(world.control.gw?.to?.domain).toBe('carrier.example');
    world.control.onnewcall = (call) => call.newcall({ to: { user: '555' }, forward: true });
    world.sip.invite('1000', '9555');
    await world.taken();
    expect(world.sip.bodiesOf('POST /dialog/invite')).toMatchObject([
      {
        from: { user: 'trunk', domain: 'carrier.example', authsecret: 'secret' },
        to: { user: '555', domain: 'carrier.example' },
        cid: { number: '4420', name: 'Firm', private: true },
        sdp: { m: [{ payloads: [8] }] },
      },
    ]);
  });

  test('a key pressed at the phone is told, and a channel that the RTP server closes ends its call', async () => {
    const keys: string[] = [];
    world.control.onnewcall = (call) => {
      call.answer();
      call.ondtmf = (_, key) => keys.push(key);
    };
    world.sip.invite('1000', 'app');
    await world.taken();
    world.sip.answered('call-1');
    await world.taken();
    expect(world.ask('POST', '/channel/ch-1', { event: 'dtmf', digit: '5' })).toEqual({ status: 200 });
    expect(world.ask('POST', '/channel/ch-1', { event: 'dtmf', digit: '#' })).toEqual({ status: 200 });
    expect(world.ask('POST', '/channel/ch-1', { event: 'record', file: 'a.wav' })).toEqual({ status: 200 });
    expect(keys).toEqual(['5', '#']);
    expect(world.ask('POST', '/channel/ch-1', { event: 'close', reason: 'idle-timeout', stats: {} })).toEqual({
      status: 200,
    });
    expect(await world.taken()).toEqual(['sip PUT /dialog/hangup call-1']);
    expect(world.ask('POST', '/channel/no-such', { event: 'close' })).toEqual({ status: 200 });
  });
});
