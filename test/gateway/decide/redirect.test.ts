import { afterEach, describe, expect, test } from 'vitest';
import { contactHeaders } from '../../../gateway/calls/redirect.js';
import type { Binding } from '../../../gateway/registrar/bindings.js';
import type { SipResponse } from '../../../sip/message.js';
import { answer, challengeOf, RegisterDesk } from '../../support/register-desk.js';
import type { EndpointRequest, SipEndpoint } from '../../support/sip-endpoint.js';

let desk: RegisterDesk;

afterEach(() => desk.finish());

const open = `
domains:
  - { name: "*", auth: none, allow: [10.0.4.0/24], routing: redirect, rooms: { "9000": lobby } }
`;

async function start(config = open, overrides = {}): Promise<void> {
  desk = await RegisterDesk.start(config, { overrides });
}

/** Sends an INVITE; the final response, acknowledged. */
async function invite(endpoint: SipEndpoint, user: string, more: Partial<EndpointRequest> = {}): Promise<SipResponse> {
  const request = endpoint.send({ method: 'INVITE', user, ...more });
  const final = (): SipResponse | undefined => endpoint.answersTo(request).find(({ statusCode }) => statusCode >= 200);
  await desk.world.until(() => final() !== undefined, 'a final response');
  const response = final()!;
  endpoint.acknowledge(request, response);
  await desk.world.clock.advance(10);
  return response;
}

function events(name: string): string {
  return JSON.stringify(desk.world.gateway.log.filter(({ event }) => event === name).map(({ fields }) => fields));
}

async function metric(name: string): Promise<number | undefined> {
  return desk.world.gateway.gateway.counters()[name];
}

describe('RFC 3261 §8.3 a redirect server', () => {
  test('RFC 3261 §13.3.1.2 answers 302 with the Contacts of who is called, best first, and what is left of their time', async () => {
    await start();
    const phones = [
      ['10.0.4.1', '<sip:bob@10.0.4.1:5060>;q=0.25'],
      ['10.0.4.2', '<sip:bob@10.0.4.2:5060;transport=tcp>;q=0.9'],
      ['10.0.4.3', '<sip:bob@10.0.4.3>'],
    ] as const;
    for (const [address, contact] of phones) {
      const phone = await desk.endpointAt(address);
      const headers: [string, string][] = [
        ['Contact', contact],
        ['Expires', '600'],
      ];
      expect((await desk.ask(phone, 'bob', headers, `reg-${address}`)).statusCode).toBe(200);
    }
    await desk.world.clock.advance(100_000);
    const response = await invite(await desk.endpointAt('10.0.4.9'), 'bob');
    expect([response.statusCode, response.reasonPhrase]).toEqual([302, 'Moved Temporarily']);
    expect(response.headers.all('Contact').map((value) => value.replace(/expires=(49|50)\d$/, 'expires=~500'))).toEqual(
      [
        '<sip:bob@10.0.4.3>;q=1;expires=~500',
        '<sip:bob@10.0.4.2:5060;transport=tcp>;q=0.9;expires=~500',
        '<sip:bob@10.0.4.1:5060>;q=0.25;expires=~500',
      ],
    );
    expect(response.to.params.get('tag')).toBeDefined();
  });

  test('makes no session, no call, no room and takes no port for it; the ACK ends its transaction', async () => {
    await start();
    const phone = await desk.endpointAt('10.0.4.1');
    await desk.ask(phone, 'bob', []);
    const request = phone.send({ method: 'INVITE', user: 'bob' });
    await desk.world.until(() => phone.answersTo(request).length > 0, '302');
    expect(desk.world.leftovers()).toEqual({ transactions: expect.any(Number) });
    expect(await metric('calls_total')).toBe(0);
    phone.acknowledge(request, phone.answersTo(request)[0]!);
    await desk.world.expectNothingLeft();
    expect(phone.answersTo(request).map(({ statusCode }) => statusCode)).toEqual([302]);
    expect(desk.world.hooks.calls).toEqual([]);
    expect(await metric('redirects_redirected_total')).toBe(1);
  });

  test('RFC 3261 §17.2.1 repeats the 302 until the ACK, and a repeated INVITE gets the same one', async () => {
    await start();
    const phone = await desk.endpointAt('10.0.4.1');
    await desk.ask(phone, 'bob', []);
    const parts = { method: 'INVITE', user: 'bob', branch: 'z9hG4bK-same', callId: 'c', sequence: 7, fromTag: 'f' };
    const request = phone.send(parts);
    await desk.world.clock.advance(100);
    phone.send(parts);
    await desk.world.clock.advance(1000);
    const answers = phone.answersTo(request);
    expect(answers.length).toBeGreaterThan(2);
    expect(new Set(answers.map(({ statusCode, to }) => `${statusCode} ${to.params.get('tag')}`)).size).toBe(1);
    phone.acknowledge(request, answers[0]!);
    await desk.world.expectNothingLeft();
  });

  test('RFC 3261 §8.3 sends nobody to the address that he has just called, and counts it', async () => {
    await start();
    const phone = await desk.endpointAt('10.0.4.1');
    await desk.ask(phone, 'bob', [['Contact', '<sip:bob@10.0.0.1>, <sip:bob@10.0.4.1>;q=0.5']]);
    const answer = await invite(phone, 'bob');
    expect(answer.headers.all('Contact')).toEqual([expect.stringContaining('<sip:bob@10.0.4.1>;q=0.5')]);
    expect(await metric('redirects_looping_total')).toBe(1);
    await desk.ask(phone, 'carol', [['Contact', '<sip:carol@10.0.0.1>']]);
    expect((await invite(phone, 'carol')).statusCode).toBe(480);
    expect(await metric('redirects_looping_total')).toBe(2);
  });

  test('RFC 3261 §21.4.5 answers 404 for who never came, and 404 again once his time is over', async () => {
    await start();
    const phone = await desk.endpointAt('10.0.4.1');
    expect((await invite(phone, 'bob')).statusCode).toBe(404);
    await desk.ask(phone, 'bob', [['Expires', '60']]);
    expect((await invite(phone, 'bob')).statusCode).toBe(302);
    await desk.world.clock.advance(61_000);
    expect((await invite(phone, 'bob')).statusCode).toBe(404);
    expect(events('call.refused')).toContain('"check":"user","outcome":"unknown"');
  });

  test('RFC 3261 §21.4.18 answers 480 for a user of the domain who is not there', async () => {
    await start('domains: [{ name: "*", auth: none, allow: 10.0.4.0/24, routing: redirect, users: { bob: x } }]');
    const phone = await desk.endpointAt('10.0.4.1');
    expect([(await invite(phone, 'bob')).statusCode, (await invite(phone, 'carol')).statusCode]).toEqual([480, 404]);
    expect((await desk.ask(phone, 'carol', [])).statusCode).toBe(404);
  });

  test('looks at the Request-URI, not at the To', async () => {
    await start();
    const phone = await desk.endpointAt('10.0.4.1');
    await desk.ask(phone, 'bob', []);
    expect((await invite(phone, 'bob', { to: 'carol', from: null })).statusCode).toBe(302);
    expect((await invite(phone, 'carol', { to: 'bob' })).statusCode).toBe(404);
  });

  test('RFC 3261 §8.2.2.3 refuses what it does not understand before it looks anybody up', async () => {
    await start();
    const phone = await desk.endpointAt('10.0.4.1');
    await desk.ask(phone, 'bob', []);
    expect((await invite(phone, 'bob', { headers: [['Require', 'teleport']] })).statusCode).toBe(420);
  });

  test('a number that is a room is answered as a call all the same', async () => {
    await start();
    const phone = await desk.endpointAt('10.0.4.1');
    const sdp = ['v=0', 'o=- 1 1 IN IP4 10.0.4.1', 's=-', 'c=IN IP4 10.0.4.1', 't=0 0', 'm=audio 4000 RTP/AVP 8', ''];
    const request = phone.send({ method: 'INVITE', user: '9000', body: Buffer.from(sdp.join('\r\n')) });
    await desk.world.until(() => phone.answersTo(request).some(({ statusCode }) => statusCode === 200), '200');
    expect((await desk.world.gateway.api('GET', '/sip/calls')).json.data).toMatchObject([{ room_id: 'lobby' }]);
    await desk.world.clock.advance(70_000);
  });
});

describe('auth: none', () => {
  test('all others get 403, whatever they want', async () => {
    await start();
    const stranger = await desk.endpointAt('10.0.5.1');
    expect((await desk.ask(stranger, 'bob', [])).statusCode).toBe(403);
    expect((await invite(stranger, 'bob')).statusCode).toBe(403);
    expect(events('admission.denied')).toContain('not in allow of *');
  });

  test('who is believed without a password is not slowed down as a stranger', async () => {
    await start();
    const phone = await desk.endpointAt('10.0.4.1');
    await desk.ask(phone, 'bob', []);
    const caller = await desk.endpointAt('10.0.4.9');
    const sent = Array.from({ length: 200 }, () => caller.send({ method: 'INVITE', user: 'bob' }));
    await desk.world.clock.advance(100);
    const codes = sent.map((request) => caller.answersTo(request).at(-1)?.statusCode);
    expect(new Set(codes)).toEqual(new Set([302]));
    for (const request of sent) caller.acknowledge(request, caller.answersTo(request)[0]!);
    await desk.world.expectNothingLeft();
  });

  test('RFC 3261 §10.2.2 a phone takes its registration back without a password', async () => {
    await start();
    const phone = await desk.endpointAt('10.0.4.1');
    await desk.ask(phone, 'bob', []);
    expect(await desk.sessions()).toHaveLength(1);
    await desk.ask(phone, 'bob', [
      ['Contact', '*'],
      ['Expires', '0'],
    ]);
    expect(await desk.sessions()).toEqual([]);
    expect(desk.world.hooks.calls).toEqual([]);
  });
});

describe('a domain whose users register through hooks', () => {
  const byHooks = 'domains: [{ name: 10.0.0.1, routing: redirect }]';

  test('redirects their callers without asking the invite hook', async () => {
    await start(byHooks);
    const phone = await desk.endpointAt('10.0.4.1');
    await desk.enroll(phone, 'bob');
    const response = await invite(await desk.endpointAt('10.0.4.9'), 'bob');
    expect([response.statusCode, response.headers.all('Contact')]).toEqual([
      302,
      [expect.stringMatching(/^<sip:bob@10\.0\.4\.1:5060>;q=1;expires=1[78]\d$/)],
    ]);
    expect(desk.world.hooks.routes()).toEqual(['auth', 'register']);
  });

  test('RFC 3261 §22.2 asks a stranger for a password first where unknown_call says so', async () => {
    await start(`unknown_call: challenge\n${byHooks}`);
    const phone = await desk.endpointAt('10.0.4.1');
    await desk.enroll(phone, 'bob');
    const caller = await desk.endpointAt('10.0.4.9');
    const challenged = await invite(caller, 'bob');
    expect(challenged.statusCode).toBe(401);
    const proof = answer(challengeOf(challenged), 'eve', { method: 'INVITE', uri: 'sip:bob@10.0.0.1' });
    expect((await invite(caller, 'bob', { headers: [proof] })).statusCode).toBe(302);
    desk.world.hooks.on('auth', { json: { success: false, ha1: null } });
    const again = await invite(caller, 'bob');
    const bad = answer(challengeOf(again), 'mallory', { method: 'INVITE', uri: 'sip:bob@10.0.0.1' });
    expect((await invite(caller, 'bob', { headers: [bad] })).statusCode).toBe(403);
  });

  test('RFC 3261 §9.2 a CANCEL while the password is judged ends it with 487', async () => {
    await start(`unknown_call: challenge\n${byHooks}`);
    const caller = await desk.endpointAt('10.0.4.9');
    const challenged = await invite(caller, 'bob');
    desk.world.hooks.on('auth', { json: { success: true, ha1: '0'.repeat(32) }, delayMs: 3000 });
    const proof = answer(challengeOf(challenged), 'eve', { method: 'INVITE', uri: 'sip:bob@10.0.0.1' });
    const parts = { user: 'bob', branch: 'z9hG4bK-x', callId: 'c9', sequence: 9, fromTag: 'f' };
    const request = caller.send({ method: 'INVITE', ...parts, headers: [proof] });
    await desk.world.clock.advance(1000);
    caller.send({ method: 'CANCEL', ...parts });
    await desk.world.clock.advance(100);
    const final = caller.answersTo(request).at(-1)!;
    expect(final.statusCode).toBe(487);
    caller.acknowledge(request, final);
    await desk.world.expectNothingLeft();
    expect(caller.answersTo(request).filter(({ statusCode }) => statusCode >= 200)).toHaveLength(1);
  });

  test('RFC 6026 §7.1 a caller whose connection closes while the password is judged leaves nothing behind', async () => {
    await start(`unknown_call: challenge\n${byHooks}`);
    const caller = await desk.endpointAt('10.0.4.9');
    const challenged = await invite(caller, 'bob');
    desk.world.hooks.on('auth', { json: { success: true, ha1: '0'.repeat(32) }, delayMs: 3000 });
    const [name, value] = answer(challengeOf(challenged), 'eve', { method: 'INVITE', uri: 'sip:bob@10.0.0.1' });
    const handlers = { onData: () => undefined, onClose: () => undefined };
    const server = { address: '10.0.0.1', port: 5060 };
    const connection = await desk.world.while(desk.world.network.host('10.0.4.9').connectTcp(server, handlers));
    const lines = [
      'INVITE sip:bob@10.0.0.1 SIP/2.0',
      'Via: SIP/2.0/TCP 10.0.4.9;branch=z9hG4bK-gone',
      'Max-Forwards: 70',
      'From: <sip:eve@10.0.0.1>;tag=f',
      'To: <sip:bob@10.0.0.1>',
      'Call-ID: gone',
      'CSeq: 1 INVITE',
      'Contact: <sip:eve@10.0.4.9;transport=tcp>',
      `${name}: ${value}`,
      'Content-Length: 0',
    ];
    connection.write(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`));
    await desk.world.clock.advance(50);
    connection.destroy();
    await desk.world.clock.advance(10_000);
    await desk.world.expectNothingLeft();
  });
});

describe('the Contacts of a 302', () => {
  const binding = (contact: string, more: Partial<Binding> = {}): Binding =>
    ({
      contact,
      q: 1,
      expiresAtMs: 61_000,
      connection: null,
      flow: { kind: 'udp' },
      ...more,
    }) as unknown as Binding;

  test('RFC 7118 §B.1 leave out what nobody else can reach', async () => {
    await start();
    const tcp = { kind: 'tcp' } as Binding['flow'];
    const contacts = contactHeaders(
      [
        binding('sip:a@df7jal23ls0d.invalid;transport=ws'),
        binding('sip:b@10.0.0.2;transport=tcp', { flow: tcp }),
        binding('sip:c@x.invalid.example'),
      ],
      1000,
    );
    expect(contacts).toEqual([['Contact', '<sip:c@x.invalid.example>;q=1;expires=60']]);
  });

  test.each([
    [1, '1'],
    [0, '0'],
    [0.5, '0.5'],
    [0.12345, '0.123'],
  ])('RFC 3261 §25.1 q %s is written %s', async (q, text) => {
    await start();
    expect(contactHeaders([binding('sip:a@b', { q })], 1000)[0]?.[1]).toBe(`<sip:a@b>;q=${text};expires=60`);
  });
});
