import { afterEach, describe, expect, test } from 'vitest';
import { ContractWorld } from '../../support/contract-world.js';
import type { WorldPhone } from '../../support/virtual-world.js';
import { levelOf, steadyLevelOf } from '../../support/voice.js';

let world: ContractWorld;

afterEach(() => world.finish());

async function start(config = ''): Promise<void> {
  world = await ContractWorld.start(`call_events: true\n${config}`);
}

function inviteServer(more: Record<string, unknown> = {}) {
  return world.gateway.api('POST', '/sip/invite/server', {
    room_id: 'r',
    dest_addr: '10.0.2.1:5060',
    from_number: '1000',
    to_number: '555',
    ...more,
  });
}

function addServer(onInvite: WorldPhone['onInvite'] = 'answer'): Promise<WorldPhone> {
  return world.addQuietPhone('trunk', { address: '10.0.2.1', onInvite });
}

describe('contract §4.5 checklist', () => {
  test('Register / client MD5 auth', async () => {
    await start();
    const phone = await world.addQuietPhone('1001');
    expect((await world.register(phone)).statusCode).toBe(200);
    const [first, second] = world.wire.filter(({ text }) => text === 'REGISTER').map(({ message }) => message);
    expect(first?.headers.has('Authorization')).toBe(false);
    expect(second?.headers.get('Authorization')).toMatch(/algorithm=MD5/);
    const { json } = await world.gateway.api('GET', '/sip/sessions');
    expect(json.data).toEqual([
      {
        session_id: world.hooks.bodies('auth')[0]?.session_id,
        username: '1001',
        realm: 'sip.media-server.8xff.io',
        source: '10.0.1.1:5060',
        transport: 'udp',
        contact: expect.stringContaining('sip:1001@10.0.1.1'),
        user_agent: 'phone',
        registered_at: expect.any(Number),
        expires_at: json.data[0].registered_at + 180_000,
      },
    ]);
  });

  test('Register / server MD5 auth: a PBX registers with the credentials of its profile, checked here', async () => {
    await start('servers: [{alias: pbx, cidrs: [10.0.2.0/24], auth: digest, username: pbx, password: secret}]');
    const pbx = await world.addQuietPhone('pbx', { address: '10.0.2.1', password: 'secret', onInvite: 'answer' });
    expect((await world.register(pbx)).statusCode).toBe(200);
    await world.clock.advance(50);
    expect(world.hooks.routes()).toEqual(['register']);
    const wrong = await world.addQuietPhone('pbx', { address: '10.0.2.2', password: 'guess' });
    expect((await world.register(wrong)).statusCode).toBe(403);
    expect((await world.inviteClient('pbx', 'r')).status).toBe(200);
    (await world.rung(pbx)).hangUp();
    await world.expectNothingLeft();
  });

  test('Register / client IP rule, server IP rule', async () => {
    await start(
      [
        'ip_rules: [{scope: register, peer: server, action: deny, cidr: 10.0.2.0/28}, {scope: register, peer: any, action: deny, cidr: 10.0.5.0/24}]',
        'servers: [{alias: pbx, cidrs: [10.0.2.0/24], auth: digest, username: pbx, password: secret}]',
      ].join('\n'),
    );
    for (const address of ['10.0.2.1', '10.0.5.1']) {
      const denied = await world.addQuietPhone('pbx', { address, password: 'secret' });
      expect((await world.register(denied)).statusCode).toBe(403);
      expect(world.ladder(denied)).toEqual(['> REGISTER', '< 403 REGISTER']);
    }
    expect(world.hooks.routes()).toEqual([]);
    const pbx = await world.addQuietPhone('pbx', { address: '10.0.2.99', password: 'secret' });
    expect((await world.register(pbx)).statusCode).toBe(200);
    expect((await world.register(await world.addQuietPhone('1001'))).statusCode).toBe(200);
  });

  test('Unregister: by Expires 0 and by time; one hook each; the API answers NOT_FOUND', async () => {
    await start();
    const [a] = [await world.addRegistered('1001'), await world.addRegistered('1002')];
    await world.clock.advance(20);
    await world.while(a.unregister());
    await world.clock.advance(181_000);
    expect(world.hooks.bodies('unregister').map(({ username }) => username)).toEqual(['1001', '1002']);
    for (const user of ['1001', '1002']) expect((await world.inviteClient(user, 'r')).json.error).toBe('NOT_FOUND');
    await world.clock.advance(400_000);
    expect(world.hooks.bodies('unregister')).toHaveLength(2);
  });

  test('Call / client MD5 auth: by the source of the binding, never challenged', async () => {
    await start();
    world.hooks.on('invite', { json: { strategy: 'Reject' } });
    const phone = await world.addRegistered('1001');
    await world.dial(phone, '9000', 'ended rejected');
    expect(world.ladder(phone, 'INVITE')).toEqual(['> INVITE', '< 486 INVITE']);
    expect(world.hooks.bodies('invite')[0]?.username).toBe('1001');
    await world.expectNothingLeft();
  });

  test('Call / server MD5 auth: inbound challenge by profile, outbound answer from profile', async () => {
    await start(
      'servers: [{alias: pbx, cidrs: [10.0.2.0/24], auth: digest, username: trunk, password: trunk, outbound: {domain: trunk.example, username: us, password: pass}}]',
    );
    world.hooks.on('invite', { json: { strategy: 'Reject' } });
    const trunk = await addServer();
    const inbound = await world.dial(trunk, '9000', 'ended rejected');
    expect(inbound.ended?.statusCode).toBe(486);
    expect(world.ladder(trunk, 'INVITE')).toEqual(['> INVITE', '< 401 INVITE', '> INVITE', '< 486 INVITE']);
    expect(world.hooks.routes().filter((route) => route === 'auth')).toEqual([]);
    world.challengeAt(trunk, { username: 'us', password: 'pass' });
    await inviteServer({ server_alias: 'pbx' });
    const call = await world.rung(trunk);
    expect(call.session?.remote.uri).toMatchObject({ user: '1000', host: 'trunk.example' });
    call.hangUp();
    await world.expectNothingLeft();
    expect(world.stories('out')).toEqual([['Connecting', 'Connected', 'Ended']]);
  });

  test('Call / client, server IP rule', async () => {
    await start(
      [
        'ip_rules: [{scope: call, peer: server, action: deny, cidr: 10.0.2.0/24}, {scope: call, peer: client, action: deny, cidr: 10.0.1.1/32}]',
        'servers: [{alias: pbx, cidrs: [10.0.2.0/24], auth: none}]',
      ].join('\n'),
    );
    const phone = await world.addRegistered('1001');
    for (const caller of [phone, await addServer()]) {
      const call = await world.dial(caller, '9000', 'ended rejected');
      expect(call.ended?.statusCode).toBe(403);
    }
    expect(world.hooks.bodies('invite')).toEqual([]);
    await world.expectNothingLeft();
  });

  test('Incoming call', async () => {
    await start();
    world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'r1' } });
    const phone = await world.addRegistered('1001');
    const call = await world.dial(phone, '9000', 'answered');
    const { json } = await world.gateway.api('GET', '/sip/calls');
    expect(json.data).toEqual([
      {
        session_id: world.hooks.bodies('invite')[0]?.conn_id,
        call_id: json.data[0].session_id,
        direction: 'in',
        room_id: 'r1',
        peer_id: '1001',
        from_number: '1001',
        to_number: '9000',
        state: 'Connected',
        codec: 'pcma',
        server_alias: null,
        started_at: expect.any(Number),
        answered_at: expect.any(Number),
      },
    ]);
    const deleted = await world.gateway.api('DELETE', `/sip/conn/${json.data[0].session_id}`);
    expect(deleted).toEqual({ status: 200, json: { status: true, data: 'OK' } });
    await world.clock.advance(50);
    expect(call.ended?.cause).toBe('bye');
    await world.expectNothingLeft();
  });

  test('Outgoing call', async () => {
    await start();
    const b = await world.addRegistered('1002');
    await world.clock.advance(20);
    const made = await world.inviteClient('1002', 'r1');
    const ringing = await world.rung(b);
    await world.clock.advance(20);
    const view = async () => (await world.gateway.api('GET', '/sip/calls')).json.data[0];
    expect(await view()).toMatchObject({
      direction: 'out',
      state: 'Ringing',
      peer_id: '1002',
      to_number: '1002',
      answered_at: null,
    });
    const [invite] = world.sentTo(b, 'INVITE');
    expect(invite).toMatchObject({ maxForwards: 70 });
    expect(invite?.headers.get('Contact')).toMatch(/^<sip:1000@10\.0\.0\.1/);
    expect(invite?.headers.get('Allow')).toContain('BYE');
    expect(invite?.body.toString()).toMatch(/m=audio \d+ RTP\/AVP 111 9 8 0 97 101 96\r\n/);
    ringing.answer();
    await world.clock.advance(20);
    expect(await view()).toMatchObject({ state: 'Connected', session_id: made.json.data.session_id });
    ringing.hangUp();
    await world.expectNothingLeft();
    expect(world.stories('out')).toEqual([['Connecting', 'Ringing', 'Connected', 'Ended']]);
  });

  test.each([
    ['pcmu', 'pcma'],
    ['pcma', 'opus'],
    ['opus', 'ilbc'],
    ['g722', 'opus'],
  ] as const)('Audio transcode: %s and %s phones hear each other', async (one, other) => {
    await start();
    world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'r' } });
    const phones = [
      await world.addPhone('1001', { toneHz: 440, codecs: [one] }),
      await world.addPhone('1002', { toneHz: 1250, codecs: [other] }),
    ];
    const calls = [];
    for (const phone of phones) calls.push(await world.dial(phone, '9000', 'answered'));
    await world.clock.advance(500);
    for (const phone of phones) phone.voices[0]?.takeHeard();
    await world.clock.advance(1000);
    expect(phones.map(({ voices }) => voices[0]?.media?.send?.codec)).toEqual([one, other]);
    const heard = phones.map(({ voices }) => voices[0]!.takeHeard());
    expect(steadyLevelOf(heard[0]!, 1250)).toBeGreaterThan(-16);
    expect(steadyLevelOf(heard[1]!, 440)).toBeGreaterThan(-16);
    expect(levelOf(heard[0]!, 440)).toBeLessThan(-55);
    for (const call of calls) call.hangUp();
    await world.expectNothingLeft();
  });

  test("Call RING: 180 on WaitOtherPeers; the callee's 180 is an event only", async () => {
    await start();
    world.bridge();
    const [a, b] = [await world.addRegistered('1001'), await world.addRegistered('1002')];
    await world.clock.advance(20);
    const call = await world.dial(a, '1002', '180');
    (await world.rung(b)).answer();
    await world.clock.advance(50);
    expect(world.ladder(a, 'INVITE')).toEqual(['> INVITE', '< 180 INVITE', '< 200 INVITE']);
    const [ringing] = world.sentTo(a, '180 INVITE');
    expect(ringing?.body).toHaveLength(0);
    call.hangUp();
    await world.expectNothingLeft();
    expect(world.stories('out')[0]).toContain('Ringing');
  });

  test('Call BUSY: hook Reject and a failed hook refuse; remote 486 is Rejected 486', async () => {
    await start();
    const phone = await world.addRegistered('1001');
    world.hooks.on('invite', { json: { strategy: 'Reject', room_id: 'ignored' } });
    expect((await world.dial(phone, '9000', 'ended rejected')).ended).toMatchObject({
      statusCode: 486,
      reasonPhrase: 'Busy Here',
    });
    await world.addRegistered('1002', { onInvite: 486 });
    await world.clock.advance(20);
    await world.inviteClient('1002', 'r');
    await world.expectNothingLeft();
    expect(world.stories('in')).toEqual([['Connecting', 'Rejected 486']]);
    expect(world.stories('out')).toEqual([['Connecting', 'Rejected 486']]);
    const ended = world.hooks.bodies('event').find((event) => event.state === 'Rejected' && event.direction === 'out');
    expect(ended).toMatchObject({ code: 486, reason: 'Busy Here' });
  });

  test('Call CANCEL, both directions', async () => {
    await start();
    world.hooks.on('invite', { json: { strategy: 'WaitOtherPeers', room_id: 'r' } });
    const [a, b] = [await world.addRegistered('1001'), await world.addRegistered('1002')];
    await world.clock.advance(20);
    const call = await world.dial(a, '9000', '180');
    call.hangUp();
    await world.clock.advance(50);
    expect(world.ladder(a, 'INVITE').at(-1)).toBe('< 487 INVITE');
    const made = await world.inviteClient('1002', 'elsewhere');
    const ringing = await world.rung(b);
    await world.gateway.api('DELETE', `/sip/conn/${made.json.data.session_id}`);
    await world.clock.advance(50);
    expect(ringing.log).toEqual(['ended cancelled']);
    const [invite] = world.sentTo(b, 'INVITE');
    const [cancel] = world.sentTo(b, 'CANCEL');
    expect(cancel?.cseq.sequence).toBe(invite?.cseq.sequence);
    expect(cancel?.via[0]?.params.get('branch')).toBe(invite?.via[0]?.params.get('branch'));
    await world.expectNothingLeft();
    expect(world.stories('out')).toEqual([['Connecting', 'Ringing', 'Canceled 487']]);
  });

  test('END after others left', async () => {
    await start();
    world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'r' } });
    const first = await world.dial(await world.addRegistered('1001'), '9000', 'answered');
    const second = await world.dial(await world.addRegistered('1002'), '9000', 'answered');
    first.hangUp();
    await world.clock.advance(50);
    expect(second.ended?.cause).toBe('bye');
    await world.expectNothingLeft();
  });

  test('Auth, register, invite hooks: in that order, with explicit nulls', async () => {
    await start();
    const phone = await world.addRegistered('1001');
    await world.clock.advance(20);
    await world.dial(phone, '9000', 'ended rejected');
    await world.dial(await world.addQuietPhone('2000'), '9000', 'ended rejected');
    await world.expectNothingLeft();
    expect(world.hooks.routes().filter((route) => route !== 'event')).toEqual(['auth', 'register', 'invite', 'invite']);
    expect(world.hooks.bodies('invite')[1]).toHaveProperty('username', null);
    expect(world.hooks.bodies('event')[0]).toHaveProperty('code', null);
  });

  test('Unregister hook: Contact * tells every session of the user once', async () => {
    await start();
    await world.addRegistered('1001');
    await world.clock.advance(20);
    const old = world.sessionOf('1001');
    const other = await world.addQuietPhone('1001');
    expect((await world.register(other)).statusCode).toBe(200);
    await world.clock.advance(20);
    expect(world.hooks.bodies('unregister')).toEqual([]);
    await world.while(
      other.ua.request({
        method: 'REGISTER',
        uri: other.addressOfRecord.uri,
        target: other.target,
        from: other.addressOfRecord,
        to: other.addressOfRecord,
        headers: [
          ['Contact', '*'],
          ['Expires', '0'],
        ],
        credentials: { username: '1001', password: '1001' },
      }),
    );
    await world.clock.advance(400_000);
    const told = world.hooks.bodies('unregister').map(({ session_id }) => session_id);
    expect(told).toHaveLength(2);
    expect(new Set(told).size).toBe(2);
    expect(told).toContain(old);
  });

  test('API invite client: NOT_FOUND, INVALID_HOOK_URI, INVALID_SERVER_ALIAS, BAD_REQUEST; From by alias', async () => {
    await start();
    const b = await world.addRegistered('1002', { onInvite: 486 });
    await world.clock.advance(20);
    const fault = async (more: Record<string, unknown>) => {
      const { status, json } = await world.inviteClient('1002', 'r', more);
      return [status, json.status, json.error];
    };
    expect(await fault({ dest_session_id: 'unknown' })).toEqual([400, false, 'NOT_FOUND']);
    expect(await fault({ hook_uri: 'ftp://x' })).toEqual([400, false, 'INVALID_HOOK_URI']);
    expect(await fault({ hook_uri: 'relative/path' })).toEqual([400, false, 'INVALID_HOOK_URI']);
    expect(await fault({ server_alias: 'not a host' })).toEqual([400, false, 'INVALID_SERVER_ALIAS']);
    expect(await fault({ room_id: undefined })).toEqual([400, false, 'BAD_REQUEST']);
    expect(await fault({ from_number: 7 })).toEqual([400, false, 'BAD_REQUEST']);
    expect(b.calls).toEqual([]);
    const made = await world.inviteClient('1002', 'r', { server_alias: 'pbx.example.org', hook_uri: null, unknown: 1 });
    expect(made.json.data.call_id).toBe(made.json.data.session_id);
    await world.expectNothingLeft();
    const [invite] = world.sentTo(b, 'INVITE');
    expect(invite?.from.uri).toMatchObject({ user: '1000', host: 'pbx.example.org' });
    expect(world.hooks.bodies('event').map(({ server_alias }) => server_alias)).toEqual([
      'pbx.example.org',
      'pbx.example.org',
    ]);
  });

  test('API invite server, without and with auth; dest_addr as ip:port, host, host:port', async () => {
    await start();
    world.network.hosts.set('pbx.example', ['10.0.2.1']);
    const trunk = await addServer();
    for (const dest_addr of ['10.0.2.1:5060', '10.0.2.1', 'pbx.example', 'pbx.example:5060']) {
      expect((await inviteServer({ dest_addr, room_id: dest_addr })).status).toBe(200);
    }
    await world.clock.advance(100);
    expect(trunk.calls.map(({ log }) => log)).toEqual(Array(4).fill(['confirmed']));
    expect(world.sentTo(trunk, 'INVITE')[0]?.to.uri).toMatchObject({ user: '555' });
    for (const call of trunk.calls) call.hangUp();
    await world.clock.advance(100);
    world.challengeAt(trunk, { username: 'u', password: 'p' });
    await inviteServer({ dest_auth: { username: 'u', password: 'p' } });
    await world.clock.advance(100);
    expect(trunk.call?.log).toEqual(['confirmed']);
    trunk.call?.hangUp();
    await inviteServer({ room_id: 'no credentials' });
    for (const dest_addr of ['', 'a b', '10.0.2.1:99999', 'host:port:x', '300.1.1.1']) {
      expect([dest_addr, (await inviteServer({ dest_addr })).json.error]).toEqual([dest_addr, 'INVALID_DEST_ADDR']);
    }
    expect((await inviteServer({ dest_addr: 'nowhere.example', room_id: 'nowhere' })).status).toBe(200);
    await world.expectNothingLeft();
    expect(world.stories('out').at(-2)?.at(-1)).toBe('Failed 407');
    expect(world.stories('out').at(-1)?.at(-1)).toBe('Failed 503');
  });
});
