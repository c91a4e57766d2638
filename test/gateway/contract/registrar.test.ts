import { afterEach, describe, expect, test } from 'vitest';
import {
  type DigestChallenge,
  digestResponse,
  ha1,
  parseChallenge,
  serializeAuthorization,
} from '../../../sip/auth/digest.js';
import type { HeaderList } from '../../../sip/build.js';
import type { SipResponse } from '../../../sip/message.js';
import { ContractWorld } from '../../support/contract-world.js';
import { DurableStore } from '../../support/durable-store.js';
import { SipEndpoint } from '../../support/sip-endpoint.js';

let world: ContractWorld;
const endpoints: SipEndpoint[] = [];

afterEach(async () => {
  for (const endpoint of endpoints.splice(0)) await endpoint.close();
  await world.finish();
});

async function start(config = ''): Promise<void> {
  world = await ContractWorld.start(config);
}

async function endpointAt(address: string, port = 5060): Promise<SipEndpoint> {
  const endpoint = await SipEndpoint.open(world.network.host(address), address, { port });
  endpoints.push(endpoint);
  return endpoint;
}

async function ask(endpoint: SipEndpoint, user: string, headers: HeaderList, callId = 'reg'): Promise<SipResponse> {
  const request = endpoint.send({ method: 'REGISTER', from: user, to: user, callId, headers });
  await world.until(() => endpoint.answersTo(request).some(({ statusCode }) => statusCode >= 200), 'an answer');
  return endpoint.answersTo(request).at(-1)!;
}

function challengeOf(response: SipResponse, algorithm = 'MD5'): DigestChallenge {
  const read = response.headers.all('WWW-Authenticate').map((value) => parseChallenge(value));
  const found = read.find((each) => each.ok && each.value.algorithm === algorithm);
  if (found === undefined || !found.ok) throw new Error(`no ${algorithm} challenge`);
  return found.value;
}

function answer(
  { realm, nonce, algorithm }: DigestChallenge,
  user: string,
  options: { readonly nc?: number | null; readonly password?: string } = {},
): [string, string] {
  const uri = 'sip:10.0.0.1';
  const { nc = 1, password = user } = options;
  const counted =
    nc === null ? {} : ({ qop: 'auth', nc: nc.toString(16).padStart(8, '0'), cnonce: 'f00dcafe' } as const);
  const secret = ha1(algorithm, user, realm, password);
  const response = digestResponse({ algorithm, ha1: secret, nonce, method: 'REGISTER', uri, ...counted });
  return [
    'Authorization',
    serializeAuthorization({ username: user, realm, nonce, uri, response, algorithm, ...counted }),
  ];
}

/** Challenged and answered in one go. */
async function enroll(
  endpoint: SipEndpoint,
  user: string,
  headers: HeaderList = [],
  callId = 'reg',
): Promise<SipResponse> {
  const challenged = await ask(endpoint, user, headers, callId);
  return ask(endpoint, user, [...headers, answer(challengeOf(challenged), user)], callId);
}

function contactsOf(response: SipResponse): string[] {
  return response.headers.all('Contact');
}

async function sessions(): Promise<{ session_id: string; source: string; contact: string; transport: string }[]> {
  return (await world.gateway.api('GET', '/sip/sessions')).json.data;
}

describe('contract §4.1 expiry', () => {
  test.each([
    [[], 180],
    [[['Expires', '100']], 100],
    [[['Expires', '3600']], 180],
    [
      [
        ['Contact', '<sip:1001@10.0.4.1:5060>;expires=90'],
        ['Expires', '120'],
      ],
      90,
    ],
    [[['Expires', 'soon']], 180],
  ] as [HeaderList, number][])('%j is granted %i s', async (headers, granted) => {
    await start();
    const response = await enroll(await endpointAt('10.0.4.1'), '1001', headers);
    expect(response.statusCode).toBe(200);
    expect(contactsOf(response)).toEqual([`<sip:1001@10.0.4.1:5060>;expires=${granted}`]);
    await world.clock.advance(granted * 1000 - 200);
    expect(await sessions()).toHaveLength(1);
    await world.clock.advance(400);
    expect(await sessions()).toEqual([]);
    expect(world.hooks.routes()).toEqual(['auth', 'register', 'unregister']);
    expect(world.hooks.bodies('unregister')[0]?.session_id).toBe(world.sessionOf('1001'));
  });

  test('under 60 s: 423 with Min-Expires, nothing changes', async () => {
    await start();
    const response = await enroll(await endpointAt('10.0.4.1'), '1001', [['Expires', '59']]);
    expect(response.statusCode).toBe(423);
    expect(response.headers.get('Min-Expires')).toBe('60');
    expect(await sessions()).toEqual([]);
    expect(world.hooks.routes()).toEqual(['auth']);
  });

  test('a 200 has Contact, and Allow from what is handled', async () => {
    await start();
    const response = await enroll(await endpointAt('10.0.4.1'), '1001');
    const allow = (response.headers.get('Allow') ?? '').split(/\s*,\s*/);
    for (const method of ['INVITE', 'ACK', 'CANCEL', 'OPTIONS', 'BYE', 'REGISTER']) expect(allow).toContain(method);
  });

  test('a REGISTER without Contact only asks: 200 with the bindings there are', async () => {
    await start();
    const phone = await endpointAt('10.0.4.1');
    await enroll(phone, '1001');
    const asking = await endpointAt('10.0.4.1', 5062);
    const challenge = challengeOf(await ask(asking, '1001', [], 'other'));
    const response = await ask(asking, '1001', [['Contact', ''], answer(challenge, '1001')], 'other');
    expect(response.statusCode).toBe(200);
    expect(contactsOf(response)).toEqual(['<sip:1001@10.0.4.1:5060>;expires=180']);
    expect(await sessions()).toHaveLength(1);
    await world.clock.advance(50);
    expect(world.hooks.routes()).toEqual(['auth', 'register', 'auth']);
  });
});

describe('contract §2.7 §4.1 bindings', () => {
  test('a refresh from the same source keeps the session_id and calls no hook', async () => {
    await start();
    const phone = await endpointAt('10.0.4.1');
    await enroll(phone, '1001');
    const [before] = await sessions();
    await world.clock.advance(100_000);
    expect((await enroll(phone, '1001')).statusCode).toBe(200);
    const [after] = await sessions();
    expect(after?.session_id).toBe(before?.session_id);
    expect(world.hooks.routes()).toEqual(['auth', 'register']);
    await world.clock.advance(100_000);
    expect(await sessions()).toHaveLength(1);
  });

  test('another user at the same address is asked for anew', async () => {
    await start();
    const phone = await endpointAt('10.0.4.1');
    await enroll(phone, '1001', [], 'one');
    await enroll(phone, '1002', [], 'two');
    await world.clock.advance(50);
    expect(world.hooks.bodies('auth').map(({ username }) => username)).toEqual(['1001', '1002']);
    expect(await sessions()).toHaveLength(2);
  });

  test('same Call-ID from a new address replaces: one unregister for the old session, register for the new', async () => {
    await start();
    await enroll(await endpointAt('10.0.4.1'), '1001', [], 'same');
    const old = world.sessionOf('1001');
    // The moved phone goes on counting.
    const moved = await endpointAt('10.0.4.2');
    for (let skipped = 0; skipped < 2; skipped += 1) moved.send({ method: 'OPTIONS' });
    await enroll(moved, '1001', [], 'same');
    await world.clock.advance(200);
    expect(world.hooks.bodies('unregister').map(({ session_id }) => session_id)).toEqual([old]);
    const [only, ...others] = await sessions();
    expect([only?.source, others]).toEqual(['10.0.4.2:5060', []]);
    expect(only?.session_id).not.toBe(old);
    await world.clock.advance(400_000);
    expect(world.hooks.routes().filter((route) => route === 'unregister')).toHaveLength(2);
  });

  test('the same instance from a new address replaces', async () => {
    await start();
    const contact = (address: string): HeaderList => [
      ['Contact', `<sip:1001@${address}:5060>;+sip.instance="<urn:uuid:1>"`],
    ];
    await enroll(await endpointAt('10.0.4.1'), '1001', contact('10.0.4.1'), 'a');
    await enroll(await endpointAt('10.0.4.2'), '1001', contact('10.0.4.2'), 'b');
    expect((await sessions()).map(({ source }) => source)).toEqual(['10.0.4.2:5060']);
  });

  test('another phone of the same user has a session of its own; both are forked to, the first answer wins', async () => {
    await start('call_events: true');
    const first = await world.addRegistered('1001', { onInvite: 'ring' });
    const second = await world.addRegistered('1001', { onInvite: 'ring' });
    await world.clock.advance(50);
    expect(await sessions()).toHaveLength(2);
    await world.inviteClient('1001', 'r');
    const [one, two] = [await world.rung(first), await world.rung(second)];
    two.answer();
    await world.clock.advance(200);
    expect(two.log).toEqual(['confirmed']);
    expect(one.log).toEqual(['ended cancelled']);
    const [cancel] = world.sentTo(first, 'CANCEL');
    expect(cancel?.headers.get('Reason')).toBe('SIP;cause=200;text="Call completed elsewhere"');
    expect(one.ended?.reason[0]).toMatchObject({ protocol: 'SIP', cause: 200 });
    two.hangUp();
    await world.expectNothingLeft();
    expect(world.stories('out')).toEqual([['Connecting', 'Ringing', 'Connected', 'Ended']]);
  });

  test('Contact * with Expires 0 removes all of the user, each with its unregister hook', async () => {
    await start();
    const [one, two] = [await endpointAt('10.0.4.1'), await endpointAt('10.0.4.2')];
    await enroll(one, '1001', [], 'a');
    await enroll(two, '1001', [], 'b');
    const known = (await sessions()).map(({ session_id }) => session_id);
    const response = await enroll(
      two,
      '1001',
      [
        ['Contact', '*'],
        ['Expires', '0'],
      ],
      'b',
    );
    expect(response.statusCode).toBe(200);
    expect(contactsOf(response)).toEqual([]);
    await world.clock.advance(50);
    expect(await sessions()).toEqual([]);
    expect(
      world.hooks
        .bodies('unregister')
        .map(({ session_id }) => session_id)
        .sort(),
    ).toEqual([...known].sort());
  });

  test('Contact * without Expires 0: 400', async () => {
    await start();
    const phone = await endpointAt('10.0.4.1');
    await enroll(phone, '1001');
    expect(
      (
        await enroll(phone, '1001', [
          ['Contact', '*'],
          ['Expires', '60'],
        ])
      ).statusCode,
    ).toBe(400);
    expect(await sessions()).toHaveLength(1);
  });

  test('Expires 0 unbinds that contact, one unregister hook, and once only', async () => {
    await start();
    const phone = await endpointAt('10.0.4.1');
    await enroll(phone, '1001');
    expect((await enroll(phone, '1001', [['Expires', '0']])).statusCode).toBe(200);
    expect((await enroll(phone, '1001', [['Expires', '0']])).statusCode).toBe(200);
    await world.clock.advance(300_000);
    expect(world.hooks.routes().filter((route) => route === 'unregister')).toHaveLength(1);
  });

  test('the API rings the source address of the REGISTER, with the URI parameters of the Contact', async () => {
    await start();
    const phone = await endpointAt('10.0.4.1', 5099);
    await enroll(phone, '1001', [['Contact', '<sip:x77@192.168.1.5:7777;line=abc;ob>']]);
    await world.clock.advance(20);
    const made = await world.inviteClient('1001', 'r');
    await world.clock.advance(20);
    const [invite] = phone.requests('INVITE');
    expect(invite?.uri).toMatchObject({ user: '1001', host: '10.0.4.1', port: 5099 });
    expect(invite?.uri.scheme === 'sip' && [invite.uri.params.get('line'), invite.uri.params.has('ob')]).toEqual([
      'abc',
      true,
    ]);
    phone.respond(invite!, 486);
    await world.clock.advance(20);
    expect((await world.gateway.api('DELETE', `/sip/conn/${made.json.data.session_id}`)).json.error).toBe('NOT_FOUND');
  });
});

describe('contract §4.1 digest', () => {
  test('the username of the credentials must be the user of the To: 403 without a hook', async () => {
    await start();
    const phone = await endpointAt('10.0.4.1');
    const challenged = await ask(phone, '1001', []);
    const response = await ask(phone, '1001', [answer(challengeOf(challenged), '1002')]);
    expect(response.statusCode).toBe(403);
    expect(world.hooks.routes()).toEqual([]);
  });

  test('a nonce of 300 s is stale: 401 with stale=true, no hook', async () => {
    await start();
    const phone = await endpointAt('10.0.4.1');
    const challenge = challengeOf(await ask(phone, '1001', []));
    expect([challenge.stale, challenge.qop]).toEqual([false, ['auth']]);
    await world.clock.advance(300_100);
    const response = await ask(phone, '1001', [answer(challenge, '1001')]);
    expect(response.statusCode).toBe(401);
    expect(challengeOf(response).stale).toBe(true);
    expect(world.hooks.routes()).toEqual([]);
    expect((await ask(phone, '1001', [answer(challengeOf(response), '1001')])).statusCode).toBe(200);
  });

  test('a replayed nc is refused with a new challenge, the next count is good', async () => {
    await start();
    const phone = await endpointAt('10.0.4.1');
    const challenge = challengeOf(await ask(phone, '1001', []));
    expect((await ask(phone, '1001', [answer(challenge, '1001', { nc: 1 })])).statusCode).toBe(200);
    const replayed = await ask(phone, '1001', [answer(challenge, '1001', { nc: 1 })]);
    expect([replayed.statusCode, challengeOf(replayed).stale]).toEqual([401, true]);
    expect((await ask(phone, '1001', [answer(challenge, '1001', { nc: 2 })])).statusCode).toBe(200);
    expect(world.hooks.routes()).toEqual(['auth', 'register']);
  });

  test('an answer without qop is accepted once per nonce, then stale=true', async () => {
    await start();
    const phone = await endpointAt('10.0.4.1');
    const challenge = challengeOf(await ask(phone, '1001', []));
    expect((await ask(phone, '1001', [answer(challenge, '1001', { nc: null })])).statusCode).toBe(200);
    const again = await ask(phone, '1001', [answer(challenge, '1001', { nc: null })]);
    expect([again.statusCode, challengeOf(again).stale]).toEqual([401, true]);
  });

  test('digest_qop: none offers none', async () => {
    await start('digest_qop: none');
    const phone = await endpointAt('10.0.4.1');
    const challenge = challengeOf(await ask(phone, '1001', []));
    expect(challenge.qop).toEqual([]);
    expect((await ask(phone, '1001', [answer(challenge, '1001', { nc: null })])).statusCode).toBe(200);
  });

  test('digest_algorithms: one challenge each, strongest first; SHA-256 is named to the auth hook', async () => {
    await start('digest_algorithms: [MD5, SHA-256]');
    const phone = await endpointAt('10.0.4.1');
    const challenged = await ask(phone, '1001', []);
    const offered = challenged.headers.all('WWW-Authenticate').map((value) => {
      const read = parseChallenge(value);
      return read.ok ? read.value.algorithm : 'unreadable';
    });
    expect(offered).toEqual(['SHA-256', 'MD5']);
    expect((await ask(phone, '1001', [answer(challengeOf(challenged, 'SHA-256'), '1001')])).statusCode).toBe(200);
    expect(world.hooks.bodies('auth')[0]).toMatchObject({ username: '1001', algorithm: 'SHA-256' });
    const other = await endpointAt('10.0.4.2');
    expect((await enroll(other, '1002')).statusCode).toBe(200);
    expect(world.hooks.bodies('auth')[1]).not.toHaveProperty('algorithm');
  });

  test('a foreign nonce or realm is as good as none: 401, no hook', async () => {
    await start();
    const phone = await endpointAt('10.0.4.1');
    const challenge = challengeOf(await ask(phone, '1001', []));
    const foreign = await ask(phone, '1001', [answer({ ...challenge, nonce: 'f'.repeat(60) }, '1001')]);
    const realm = await ask(phone, '1001', [answer({ ...challenge, realm: 'elsewhere' }, '1001')]);
    expect([foreign.statusCode, realm.statusCode]).toEqual([401, 401]);
    expect(world.hooks.routes()).toEqual([]);
  });

  test('a cached HA1 that no longer matches: the hook is asked once, with the session_id of the binding', async () => {
    await start();
    const phone = await endpointAt('10.0.4.1');
    await enroll(phone, '1001');
    const sessionId = world.sessionOf('1001');
    world.hooks.passwords.set('1001', 'changed');
    const challenge = challengeOf(await ask(phone, '1001', []));
    const changed = await ask(phone, '1001', [answer(challenge, '1001', { password: 'changed' })]);
    expect(changed.statusCode).toBe(200);
    expect(world.hooks.bodies('auth').map(({ session_id }) => session_id)).toEqual([sessionId, sessionId]);
    expect((await sessions()).map(({ session_id }) => session_id)).toEqual([sessionId]);
    const next = challengeOf(await ask(phone, '1001', []));
    expect((await ask(phone, '1001', [answer(next, '1001', { password: 'wrong' })])).statusCode).toBe(403);
    expect(world.hooks.routes()).toEqual(['auth', 'register', 'auth', 'auth']);
    expect(await sessions()).toHaveLength(1);
  });

  test('a cached HA1 ends after 1 h', async () => {
    await start();
    const phone = await endpointAt('10.0.4.1');
    await enroll(phone, '1001');
    for (let minutes = 0; minutes < 58; minutes += 2) {
      await world.clock.advance(120_000);
      expect((await enroll(phone, '1001')).statusCode).toBe(200);
    }
    expect(world.hooks.routes()).toEqual(['auth', 'register']);
    await world.clock.advance(150_000);
    expect((await enroll(phone, '1001')).statusCode).toBe(200);
    expect(world.hooks.routes()).toEqual(['auth', 'register', 'auth']);
  });

  test('the vector of the contract: what a hook answers for 1001 is HA1 of the default realm', async () => {
    await start();
    world.hooks.on('auth', { json: { success: true, ha1: '7117fed7f9164de807886417593d5b67' } });
    expect((await enroll(await endpointAt('10.0.4.1'), '1001')).statusCode).toBe(200);
  });
});

describe('contract §4.1 requests outside dialogs', () => {
  test('OPTIONS 200; BYE of an unknown dialog 481; an unknown method 405 with Allow; REGISTER without To user 404', async () => {
    await start();
    const phone = await endpointAt('10.0.4.1');
    const sent = [
      phone.send({ method: 'OPTIONS' }),
      phone.send({ method: 'BYE', user: 'x', toTag: 'unknown' }),
      phone.send({ method: 'FROBNICATE', user: 'x' }),
      phone.send({ method: 'REGISTER', from: '1001', to: null }),
    ];
    await world.clock.advance(50);
    const answers = sent.map((request) => phone.answersTo(request)[0]);
    expect(answers.map((response) => response?.statusCode)).toEqual([200, 481, 405, 404]);
    expect(answers[2]?.headers.get('Allow')).toContain('INVITE');
    await world.expectNothingLeft();
  });
});

describe('design §8 restart', () => {
  test('UDP bindings are live again and callable; their register hook comes again with the same session_id, paced', async () => {
    await start();
    const store = new DurableStore();
    const first = await world.addGateway({ address: '10.0.0.9', store });
    const server = { address: '10.0.0.9', port: 5060 };
    const phones = [];
    for (const user of ['1001', '1002', '1003']) {
      const phone = await world.addQuietPhone(user, { server, onInvite: 'answer' });
      expect((await world.register(phone)).statusCode).toBe(200);
      phones.push(phone);
    }
    await world.clock.advance(100);
    const before = world.hooks.bodies('register');
    await first.stop();
    expect(world.hooks.routes()).not.toContain('unregister');
    world.hooks.calls.length = 0;

    const second = await world.addGateway({ address: '10.0.0.9', store });
    await world.clock.advance(1000);
    expect(world.hooks.bodies('register')).toEqual(before);
    const times = world.hooks.calls.map(({ atMs }) => atMs);
    expect(times.every((atMs, index) => index === 0 || atMs - times[index - 1]! >= 20)).toBe(true);
    const made = await second.api('POST', '/sip/invite/client', {
      room_id: 'r',
      dest_session_id: before[1]?.session_id,
      from_number: '7',
    });
    expect(made.status).toBe(200);
    await world.clock.advance(200);
    expect(phones[1]?.call?.log).toEqual(['confirmed']);

    world.hooks.calls.length = 0;
    expect((await world.register(phones[1]!)).statusCode).toBe(200);
    expect((await world.register(phones[1]!)).statusCode).toBe(200);
    await world.clock.advance(100);
    expect(world.hooks.calls.map(({ route, body }) => [route, body.session_id])).toEqual([
      ['auth', before[1]?.session_id],
    ]);
    phones[1]?.call?.hangUp();
    await world.clock.advance(200_000);
    expect(new Set(world.hooks.bodies('unregister').map(({ session_id }) => session_id)).size).toBe(3);
    expect(world.leftovers(second)).toEqual({});
  });

  test('a restored phone is known by its source when it calls; one over TCP is out of reach until it returns', async () => {
    await start();
    const store = new DurableStore();
    const server = { address: '10.0.0.9', port: 5060 };
    const first = await world.addGateway({ address: server.address, store });
    const udp = await world.addQuietPhone('1001', { server });
    const tcp = await world.addQuietPhone('1002', { server, transport: 'tcp', onInvite: 486 });
    for (const phone of [udp, tcp]) expect((await world.register(phone)).statusCode).toBe(200);
    await world.clock.advance(50);
    const sessionId = world.sessionOf('1002');
    await first.stop();
    const second = await world.addGateway({ address: server.address, store });
    await world.dial(udp, '9000', 'ended rejected');
    expect(world.hooks.bodies('invite')[0]?.username).toBe('1001');
    const ring = () =>
      second.api('POST', '/sip/invite/client', { room_id: 'r', dest_session_id: sessionId, from_number: '7' });
    expect((await ring()).json.error).toBe('NOT_FOUND');
    expect((await world.register(tcp)).statusCode).toBe(200);
    await world.clock.advance(50);
    const made = await second.api('POST', '/sip/invite/client', {
      room_id: 'r',
      dest_session_id: world.sessionOf('1002'),
      from_number: '7',
    });
    expect(made.status).toBe(200);
    await world.clock.advance(100);
    expect(tcp.calls).toHaveLength(1);
    await world.clock.advance(200_000);
    const told = world.hooks.bodies('unregister').map(({ session_id }) => session_id);
    expect(new Set(told).size).toBe(told.length);
    expect(world.leftovers(second)).toEqual({});
  });

  test('what expired while the gateway was down is unregistered at the start', async () => {
    await start();
    const store = new DurableStore();
    const first = await world.addGateway({ address: '10.0.0.9', store });
    const phone = await world.addQuietPhone('1001', { server: { address: '10.0.0.9', port: 5060 } });
    expect((await world.register(phone)).statusCode).toBe(200);
    await world.clock.advance(50);
    await first.stop();
    await world.clock.advance(200_000);
    world.hooks.calls.length = 0;
    await world.addGateway({ address: '10.0.0.9', store });
    await world.clock.advance(100);
    expect(world.hooks.routes()).toEqual(['unregister']);
  });

  test('without a durable store the shutdown itself unregisters, once per session', async () => {
    await start();
    await world.addRegistered('1001');
    await world.addRegistered('1002');
    await world.clock.advance(50);
    await world.gateway.stop();
    expect(world.hooks.routes().filter((route) => route === 'unregister')).toHaveLength(2);
  });
});

describe('design §6 a binding is a flow', () => {
  test('TCP: the call takes the connection of the REGISTER; after it closed NOT_FOUND, until the phone returns', async () => {
    await start();
    const phone = await world.addRegistered('1001', { transport: 'tcp', onInvite: 486 });
    await world.clock.advance(50);
    expect((await sessions())[0]?.transport).toBe('tcp');
    expect((await world.inviteClient('1001', 'r')).status).toBe(200);
    await world.clock.advance(100);
    expect(phone.calls).toHaveLength(1);
    await world.while(phone.close());
    await world.clock.advance(50);
    expect(await sessions()).toHaveLength(1);
    expect((await world.inviteClient('1001', 'r2')).json.error).toBe('NOT_FOUND');
    const back = await world.addRegistered('1001', { transport: 'tcp', address: phone.options.address, onInvite: 486 });
    await world.clock.advance(50);
    expect((await world.inviteClient('1001', 'r3')).status).toBe(200);
    await world.clock.advance(100);
    expect(back.calls).toHaveLength(1);
    await world.expectNothingLeft();
  });

  test('a UDP phone behind NAT gets a keep-alive every 25 s', async () => {
    await start();
    const phone = await endpointAt('10.0.4.1');
    let pings = 0;
    const { filter } = world.network;
    world.network.filter = (datagram) => {
      if (datagram.to.address === '10.0.4.1' && datagram.data.length <= 4) pings += 1;
      return filter?.(datagram) ?? true;
    };
    await enroll(phone, '1001', [['Contact', '<sip:1001@192.168.7.7:5060>']]);
    await world.clock.advance(170_000);
    expect(pings).toBeGreaterThanOrEqual(6);
    expect(pings).toBeLessThanOrEqual(7);
  });
});
