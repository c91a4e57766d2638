import { afterEach, describe, expect, test } from 'vitest';
import { answerChallenge } from '../../../sip/auth/digest.js';
import type { SipRequest, SipResponse } from '../../../sip/message.js';
import { ContractWorld } from '../../support/contract-world.js';
import { silentMedia } from '../../support/phone.js';
import { type EndpointRequest, SipEndpoint } from '../../support/sip-endpoint.js';

let world: ContractWorld;
const endpoints: SipEndpoint[] = [];

afterEach(async () => {
  for (const endpoint of endpoints.splice(0)) await endpoint.close();
  await world.finish();
});

async function start(config = ''): Promise<void> {
  world = await ContractWorld.start(config);
  world.hooks.on('invite', { json: { strategy: 'Reject' } });
}

async function endpointAt(address: string, server = '10.0.0.1'): Promise<SipEndpoint> {
  const endpoint = await SipEndpoint.open(world.network.host(address), address, { server });
  endpoints.push(endpoint);
  return endpoint;
}

const offer = silentMedia('10.0.5.1').offer('sendrecv');

function invite(endpoint: SipEndpoint, parts: Partial<EndpointRequest> = {}): SipRequest {
  return endpoint.send({ method: 'INVITE', user: '9000', from: '77', body: offer, ...parts });
}

/** The final response, acknowledged as a phone would; null when none came within `limitMs`. */
async function outcome(endpoint: SipEndpoint, request: SipRequest, limitMs = 6000): Promise<SipResponse | null> {
  const final = (): SipResponse | undefined => endpoint.answersTo(request).find(({ statusCode }) => statusCode >= 200);
  for (let spentMs = 0; final() === undefined && spentMs < limitMs; spentMs += 20) await world.clock.advance(20);
  const response = final();
  if (response === undefined) return null;
  endpoint.acknowledge(request, response);
  await world.clock.advance(5);
  return response;
}

async function statusOf(endpoint: SipEndpoint, parts: Partial<EndpointRequest> = {}): Promise<number | null> {
  return (await outcome(endpoint, invite(endpoint, parts)))?.statusCode ?? null;
}

function credentials(response: SipResponse, username: string, password: string, method = 'INVITE'): [string, string] {
  const uri = 'sip:9000@10.0.0.1';
  const nonceCount = 1;
  const challenges = response.headers.all('WWW-Authenticate');
  const answered = answerChallenge(challenges, { username, password, method, uri, random: world.random, nonceCount });
  return ['Authorization', answered?.value ?? ''];
}

describe('contract §2.4 what the invite hook is told', () => {
  test('source and username of a registered phone; numbers from the From and To headers, not the Request-URI', async () => {
    await start();
    const phone = await world.addRegistered('1001');
    await world.dial(phone, '9000', 'ended rejected');
    expect(world.hooks.bodies('invite')).toEqual([
      {
        source: '10.0.1.1:5060',
        username: '1001',
        from_number: '1001',
        to_number: '9000',
        conn_id: expect.stringMatching(/^[\w-]{16,}$/),
      },
    ]);
    const stranger = await endpointAt('10.0.5.1');
    await statusOf(stranger, { user: '1', to: '2', from: '3' });
    expect(world.hooks.bodies('invite')[1]).toMatchObject({ username: null, from_number: '3', to_number: '2' });
    await world.expectNothingLeft();
  });

  test('several users at one source: the one that the From names, else null', async () => {
    await start();
    const phone = await world.addRegistered('1001');
    const { target } = phone;
    const both = await endpointAt('10.0.5.1');
    for (const user of ['2001', '2002']) {
      const parts = { method: 'REGISTER', from: user, to: user, callId: user };
      const first = both.send(parts);
      await world.clock.advance(20);
      const headers = [credentials(both.answersTo(first)[0]!, user, user, 'REGISTER')];
      const second = both.send({ ...parts, headers });
      await world.clock.advance(20);
      expect(both.answersTo(second).at(-1)?.statusCode).toBe(200);
    }
    for (const from of ['2002', '2001', '5']) await statusOf(both, { from });
    expect(world.hooks.bodies('invite').map(({ username }) => username)).toEqual(['2002', '2001', null]);
    expect(target.address).toBe('10.0.0.1');
    await world.expectNothingLeft();
  });

  test('no user in the To: 404; none in the From: 400; both without a hook', async () => {
    await start();
    const peer = await endpointAt('10.0.5.1');
    expect(await statusOf(peer, { to: null })).toBe(404);
    expect(await statusOf(peer, { from: null })).toBe(400);
    expect(world.hooks.routes()).toEqual([]);
    await world.expectNothingLeft();
  });

  test('an offer without usable audio: 488 with Warning, without a hook', async () => {
    await start();
    const peer = await endpointAt('10.0.5.1');
    const video = Buffer.from(
      'v=0\r\no=- 1 1 IN IP4 10.0.5.1\r\ns=-\r\nc=IN IP4 10.0.5.1\r\nt=0 0\r\nm=video 4000 RTP/AVP 99\r\n',
    );
    const savp = Buffer.from(offer.toString().replace('RTP/AVP', 'RTP/SAVP'));
    for (const body of [video, savp, Buffer.from('nonsense')]) {
      const response = await outcome(peer, invite(peer, { body }));
      expect(response?.statusCode).toBe(488);
      expect(response?.headers.get('Warning')).toMatch(/^3\d\d \S+ ".+"$/);
    }
    expect(world.hooks.routes()).toEqual([]);
    await world.expectNothingLeft();
  });
});

describe('contract §2.6 ip_rules', () => {
  test('scope call: 403 before any hook; registering is another scope', async () => {
    await start('ip_rules: [{scope: call, peer: any, action: deny, cidr: 10.0.5.0/24}]');
    expect(await statusOf(await endpointAt('10.0.5.1'))).toBe(403);
    expect(await statusOf(await endpointAt('10.0.6.1'))).toBe(486);
    expect(world.hooks.bodies('invite')).toHaveLength(1);
    const registering = await world.addRegistered('1001', { address: '10.0.5.2' });
    expect(registering.options.user).toBe('1001');
    await world.expectNothingLeft();
  });

  test('the first match wins', async () => {
    await start(
      'ip_rules: [{scope: call, peer: any, action: allow, cidr: 10.0.5.1/32}, {scope: call, peer: any, action: deny, cidr: 10.0.5.0/24}]',
    );
    expect(await statusOf(await endpointAt('10.0.5.1'))).toBe(486);
    expect(await statusOf(await endpointAt('10.0.5.2'))).toBe(403);
    await world.expectNothingLeft();
  });

  test('peer client: a live binding; peer server: a profile; unknown callers match neither', async () => {
    await start(
      [
        'ip_rules: [{scope: call, peer: client, action: deny, cidr: 0.0.0.0/0}, {scope: call, peer: server, action: deny, cidr: 10.0.7.0/30}]',
        'servers: [{alias: pbx, cidrs: [10.0.7.0/24], auth: none}]',
      ].join('\n'),
    );
    const phone = await world.addRegistered('1001');
    expect((await world.dial(phone, '9000', 'ended rejected')).ended?.statusCode).toBe(403);
    expect(await statusOf(await endpointAt('10.0.7.1'))).toBe(403);
    expect(await statusOf(await endpointAt('10.0.7.9'))).toBe(486);
    expect(await statusOf(await endpointAt('10.0.5.1'))).toBe(486);
    await world.expectNothingLeft();
  });

  test('deny_mode: drop answers nothing at all', async () => {
    await start('deny_mode: drop\nip_rules: [{scope: call, peer: any, action: deny, cidr: 10.0.5.0/24}]');
    const peer = await endpointAt('10.0.5.1');
    const request = invite(peer);
    expect(await outcome(peer, request, 3000)).toBeNull();
    expect(peer.received).toEqual([]);
    await world.expectNothingLeft();
  });

  test('IPv6 sources: rules hold, and the hook is told [addr]:port', async () => {
    await start();
    const other = await world.addGateway({
      address: 'fd00::1',
      config: 'ip_rules: [{scope: call, peer: any, action: deny, cidr: "fd00::5:0/112"}]',
    });
    expect(await statusOf(await endpointAt('fd00::5:7', 'fd00::1'))).toBe(403);
    const offered = Buffer.from(offer.toString().replaceAll('IN IP4 10.0.5.1', 'IN IP6 fd00::6:7'));
    expect(await statusOf(await endpointAt('fd00::6:7', 'fd00::1'), { body: offered })).toBe(486);
    expect(world.hooks.bodies('invite')[0]?.source).toBe('[fd00::6:7]:5060');
    await world.clock.advance(40_000);
    expect(world.leftovers(other)).toEqual({});
  });
});

describe('contract §2.6 server profiles', () => {
  const digestPbx =
    'servers: [{alias: pbx, cidrs: [10.0.7.0/24], auth: digest, username: pbx, password: secret, max_calls: 1, codecs: [pcmu]}]';

  test('auth none: trusted by address, username null, alias in the events', async () => {
    await start('call_events: true\nservers: [{alias: pbx, cidrs: [10.0.7.0/24], auth: none}]');
    expect(await statusOf(await endpointAt('10.0.7.1'))).toBe(486);
    expect(world.hooks.bodies('invite')[0]).toMatchObject({ username: null, source: '10.0.7.1:5060' });
    await world.expectNothingLeft();
    expect(world.hooks.bodies('event').map(({ server_alias }) => server_alias)).toEqual(['pbx', 'pbx']);
  });

  test('auth digest: challenged, checked here, no auth hook', async () => {
    await start(digestPbx);
    const peer = await endpointAt('10.0.7.1');
    const challenged = await outcome(peer, invite(peer));
    expect(challenged?.statusCode).toBe(401);
    expect(await statusOf(peer, { headers: [credentials(challenged!, 'pbx', 'secret')] })).toBe(486);
    const again = await outcome(peer, invite(peer));
    expect(await statusOf(peer, { headers: [credentials(again!, 'pbx', 'wrong')] })).toBe(403);
    const third = await outcome(peer, invite(peer));
    expect(await statusOf(peer, { headers: [credentials(third!, 'other', 'secret')] })).toBe(403);
    expect(world.hooks.routes()).toEqual(['invite']);
    await world.expectNothingLeft();
  });

  test.each([
    ['check', 400],
    ['ignore', 486],
  ])(
    'RFC 7616 §3.4.6 digest_uri: %s, and credentials for one number come with a call to another: %i',
    async (rule, code) => {
      await start(`digest_uri: ${rule}\n${digestPbx}`);
      const peer = await endpointAt('10.0.7.1');
      const challenged = await outcome(peer, invite(peer));
      const headers = [credentials(challenged!, 'pbx', 'secret')];
      expect(await statusOf(peer, { user: '0900', to: '9000', headers })).toBe(code);
      await world.expectNothingLeft();
    },
  );

  test("its codecs override the offerer's order, and max_calls is a limit of its own", async () => {
    await start('servers: [{alias: pbx, cidrs: [10.0.7.0/24], auth: none, max_calls: 1, codecs: [pcmu]}]');
    world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'r' } });
    const trunk = await world.addQuietPhone('77', { address: '10.0.7.1' });
    const call = await world.dial(trunk, '9000', 'answered');
    expect(call.remote[0]).toMatch(/m=audio \d+ RTP\/AVP 0 101\r\n/);
    const second = await world.dial(trunk, '9001', 'ended rejected');
    expect(second.ended?.statusCode).toBe(503);
    expect(second.ended?.response?.headers.get('Retry-After')).toBe('5');
    call.hangUp();
    await world.clock.advance(50);
    (await world.dial(trunk, '9002', 'answered')).hangUp();
    await world.expectNothingLeft();
  });
});

describe('contract §2.6 unknown_call', () => {
  test('hook: the application decides by source', async () => {
    await start('unknown_call: hook');
    expect(await statusOf(await endpointAt('10.0.5.1'))).toBe(486);
    expect(world.hooks.routes()).toEqual(['invite']);
    await world.expectNothingLeft();
  });

  test('reject: 403 without a hook', async () => {
    await start('unknown_call: reject');
    expect(await statusOf(await endpointAt('10.0.5.1'))).toBe(403);
    expect(world.hooks.routes()).toEqual([]);
    await world.expectNothingLeft();
  });

  test('challenge: 401, auth hook, and the digest username goes to the invite hook', async () => {
    await start('unknown_call: challenge');
    const phone = await world.addQuietPhone('1001');
    const call = await world.dial(phone, '9000', 'ended rejected');
    expect(call.ended?.statusCode).toBe(486);
    expect(world.ladder(phone, 'INVITE')[0]).toBe('> INVITE');
    expect(world.ladder(phone, 'INVITE')[1]).toBe('< 401 INVITE');
    expect(world.hooks.routes()).toEqual(['auth', 'invite']);
    expect(world.hooks.bodies('invite')[0]).toMatchObject({ username: '1001', from_number: '1001' });
    const wrong = await world.addQuietPhone('1002', { password: 'no' });
    expect((await world.dial(wrong, '9000', 'ended rejected')).ended?.statusCode).toBe(403);
    world.hooks.on('auth', { instead: 'never' });
    const third = await world.addQuietPhone('1003');
    const stuck = await world.dial(third, '9000', 'ended rejected');
    expect(stuck.ended?.statusCode).toBe(503);
    await world.expectNothingLeft();
  });

  test('challenge: a registered phone is not challenged, and CANCEL works while the auth hook is pending', async () => {
    await start('unknown_call: challenge');
    const known = await world.addRegistered('1001');
    await world.dial(known, '9000', 'ended rejected');
    expect(world.hooks.routes().filter((route) => route === 'auth')).toHaveLength(1);
    world.hooks.on('auth', { instead: 'never' });
    const phone = await world.addQuietPhone('1002');
    const call = await world.dial(phone, '9000');
    await world.clock.advance(500);
    call.hangUp();
    await world.clock.advance(50);
    expect(call.ended?.cause).toBe('cancelled');
    await world.expectNothingLeft();
  });
});

describe('design §3 private sources only', () => {
  test('while passwords can be guessed, REGISTER and INVITE come from loopback and private addresses alone', async () => {
    await start();
    const address = '198.51.100.1';
    const gateway = await world.addGateway({ address, overrides: { privateSourcesOnly: true } });
    const server = { address, port: 5060 };
    const near = await world.addQuietPhone('1001', { server });
    expect((await world.register(near)).statusCode).toBe(200);
    const far = await world.addQuietPhone('1002', { server, address: '203.0.113.5' });
    expect((await world.register(far)).statusCode).toBe(403);
    expect((await world.dial(far, '9000', 'ended rejected')).ended?.statusCode).toBe(403);
    expect(world.hooks.routes()).toEqual(['auth', 'register']);
    await world.clock.advance(40_000);
    expect(world.leftovers(gateway)).toEqual({});
  });
});

describe('design §9 limits', () => {
  test('20 INVITE/s and 10 pending hooks per source; beyond that a 503 with Retry-After, stateless', async () => {
    await start();
    const peer = await endpointAt('10.0.5.1');
    const requests = Array.from({ length: 30 }, () => invite(peer));
    const responses = [];
    for (const request of requests) responses.push(await outcome(peer, request));
    expect(responses.filter((response) => response?.statusCode === 486)).toHaveLength(10);
    const refused = responses.filter((response) => response?.statusCode === 503);
    expect(refused).toHaveLength(20);
    for (const response of refused) expect(response?.headers.get('Retry-After')).toBe('5');
    expect(world.hooks.bodies('invite')).toHaveLength(10);
    expect(world.gateway.gateway.counters().admission_limited_total).toBe(20);
    // Another source is not held up, and the busy one may come again.
    expect(await statusOf(await endpointAt('10.0.5.2'))).toBe(486);
    await world.clock.advance(1000);
    expect(await statusOf(peer)).toBe(486);
    await world.expectNothingLeft();
  });

  test('requests in a dialog are never shed', async () => {
    await start();
    world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'r' } });
    const phone = await world.addQuietPhone('77', { address: '10.0.5.1' });
    const calls = [];
    for (let number = 0; number < 10; number += 1) calls.push(await world.dial(phone, `${number}`, 'answered'));
    const flood = await SipEndpoint.open(world.network.host('10.0.5.1'), '10.0.5.1', { port: 5070 });
    endpoints.push(flood);
    for (let count = 0; count < 60; count += 1) flood.send({ method: 'REGISTER', from: 'x', to: 'x' });
    await world.clock.advance(5);
    for (const call of calls) call.hangUp();
    await world.clock.advance(100);
    for (const call of calls) expect(call.ended?.statusCode ?? null).toBeNull();
    expect(world.ladder(phone, 'BYE').filter((line) => line === '< 200 BYE')).toHaveLength(10);
    await world.expectNothingLeft();
  });

  test('max_conn: INVITE 503 with Retry-After, API MAX_CONN; the place is free again after the call', async () => {
    await start('max_conn: 2');
    world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'r' } });
    const phone = await world.addRegistered('1001');
    const callee = await world.addRegistered('1002', { onInvite: 486 });
    const calls = [];
    for (const number of ['1', '2'])
      calls.push(await world.dial(await world.addRegistered(`30${number}`), number, 'answered'));
    const third = await world.dial(phone, '3', 'ended rejected');
    expect(third.ended?.statusCode).toBe(503);
    expect(third.ended?.response?.headers.get('Retry-After')).toBe('5');
    const refused = await world.inviteClient('1002', 'r9');
    expect(refused).toMatchObject({ status: 503, json: { status: false, error: 'MAX_CONN' } });
    expect(callee.calls).toEqual([]);
    for (const call of calls) call.hangUp();
    await world.clock.advance(50);
    (await world.dial(phone, '3', 'answered')).hangUp();
    await world.expectNothingLeft();
  });

  test('no RTP port pair is left: 503 to the caller, Failed for the called leg, and all of it comes back', async () => {
    await start('rtp_ports: 12000-12001\nmax_conn: 10\ncall_events: true');
    world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'r' } });
    const first = await world.dial(await world.addRegistered('1001'), '1', 'answered');
    const second = await world.dial(await world.addRegistered('1002'), '2', 'ended rejected');
    expect(second.ended?.statusCode).toBe(503);
    expect((await world.inviteClient('1001', 'elsewhere')).status).toBe(200);
    await world.clock.advance(100);
    first.hangUp();
    await world.clock.advance(2000);
    const third = await world.dial(await world.addRegistered('1003'), '2', 'answered');
    third.hangUp();
    await world.expectNothingLeft();
    expect(world.stories('out')).toEqual([['Connecting', 'Failed 503']]);
  });

  test('draining: INVITE 503 with Retry-After, API DRAINING; calls in progress stay until they end', async () => {
    await start('drain_ms: 5000');
    world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'r' } });
    const phone = await world.addRegistered('1001');
    const call = await world.dial(phone, '1', 'answered');
    const drained = world.gateway.gateway.drain();
    await world.clock.advance(1000);
    const refused = await world.dial(await world.addQuietPhone('1002'), '2', 'ended rejected');
    expect(refused.ended?.statusCode).toBe(503);
    expect((await world.inviteClient('1001', 'r')).json.error).toBe('DRAINING');
    expect(call.ended).toBeNull();
    await world.while(drained);
    await world.gateway.stop();
    expect(call.ended?.cause).toBe('bye');
    expect(world.leftovers()).toEqual({});
  });
});
