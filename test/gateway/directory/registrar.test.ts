import { afterEach, describe, expect, test } from 'vitest';
import { domainRegistrations } from '../../../contract/mediaswitch/registrations.js';
import type { HeaderList } from '../../../sip/build.js';
import type { SipResponse } from '../../../sip/message.js';
import { bling, controlUrl, DirectoryDesk } from '../../support/directory-desk.js';
import { DurableStore } from '../../support/durable-store.js';
import { answer, challengeOf } from '../../support/register-desk.js';
import type { SipEndpoint } from '../../support/sip-endpoint.js';

let desk: DirectoryDesk;

afterEach(() => desk.finish());

/** The gateway's own address as a domain, for endpoints that send what they are told. */
const here = '10.0.0.1';

async function start(users: Readonly<Record<string, string>> = { '1003': '1123654789' }): Promise<void> {
  desk = await DirectoryDesk.start();
  await desk.pushBling(users);
  const list = [
    { username: 'ann', secret: 'of ann' },
    { username: 'bob', secret: 'of bob' },
  ];
  await desk.ask('PUT', `/dir/${here}`, { control: controlUrl, users: list });
}

async function register(endpoint: SipEndpoint, user: string, headers: HeaderList, callId = 'c'): Promise<SipResponse> {
  const request = endpoint.send({ method: 'REGISTER', from: user, to: user, callId, headers });
  await desk.world.until(() => endpoint.answersTo(request).some(({ statusCode }) => statusCode >= 200), 'an answer');
  return endpoint.answersTo(request).at(-1)!;
}

/** Challenged and answered. */
async function enroll(endpoint: SipEndpoint, user: string, headers: HeaderList = [], callId = 'c') {
  const challenged = await register(endpoint, user, headers, callId);
  expect(challenged.statusCode).toBe(401);
  const proof = answer(challengeOf(challenged), user, { password: `of ${user}` });
  return register(endpoint, user, [...headers, proof], callId);
}

describe('mediaswitch row 6: a REGISTER', () => {
  test('is challenged with the To host as realm, MD5, opaque and qop; nobody outside is asked', async () => {
    await start();
    const phone = await desk.registered('1003');
    const challenge = desk.world.sentTo(phone, '401 REGISTER')[0]!.headers.all('WWW-Authenticate');
    expect(challenge).toHaveLength(1);
    expect(challenge[0]).toMatch(/^Digest realm="bling\.babblevoice\.com", .*nonce="[^"]{16,}"/);
    expect(challenge[0]).toMatch(/, algorithm=MD5\b/);
    expect(challenge[0]).toMatch(/, opaque="[^"]+"/);
    expect(challenge[0]).toMatch(/, qop="auth"/);
    expect(desk.asked.filter((url) => !url.startsWith(controlUrl))).toEqual([]);
    const accepted = desk.world.sentTo(phone, '200 REGISTER')[0]!;
    expect(accepted.headers.get('Contact')).toMatch(/^<sip:1003@10\.0\.1\.1[^>]*>;expires=3600$/);
  });

  test.each([
    ['the header field', [['Expires', '60']], 423],
    ['the Contact', [['Contact', '<sip:ann@10.0.4.1>;expires=3599']], 423],
    [
      'the Contact, which comes before the header field',
      [
        ['Contact', '<sip:ann@10.0.4.1>;expires=60'],
        ['Expires', '7200'],
      ],
      423,
    ],
    [
      'a Contact that asks for enough where the header field does not',
      [
        ['Contact', '<sip:ann@10.0.4.1>;expires=3600'],
        ['Expires', '60'],
      ],
      401,
    ],
    ['nobody', [], 401],
    ['0', [['Expires', '0']], 401],
  ] as const)('RFC 3261 §10.3 too short by %s: 423 before any challenge, else 401', async (_, headers, statusCode) => {
    await start();
    const endpoint = await desk.endpointAt('10.0.4.1');
    const response = await register(endpoint, 'ann', headers);
    expect([response.statusCode, response.headers.get('Min-Expires')]).toEqual([
      ...[statusCode, statusCode === 423 ? '3600' : undefined],
    ]);
  });

  test('gets an hour when it leaves it to us, and as long as it asks for', async () => {
    await start();
    const endpoint = await desk.endpointAt('10.0.4.1');
    expect((await enroll(endpoint, 'ann')).headers.get('Contact')).toMatch(/;expires=3600$/);
    const weeks = await enroll(endpoint, 'bob', [['Expires', '3000000']], 'd');
    expect(weeks.headers.get('Contact')).toMatch(/;expires=3000000$/);
  });

  test('with the credentials of another user, a wrong password or for nobody is 403', async () => {
    await start();
    const endpoint = await desk.endpointAt('10.0.4.1');
    const tries = [
      ['bob', 'ann', 'of ann'],
      ['ann', 'ann', 'of bob'],
      ['carl', 'carl', 'of carl'],
    ] as const;
    for (const [at, [to, username, password]] of tries.entries()) {
      const challenge = challengeOf(await register(endpoint, to, [], `c${at}`));
      const response = await register(endpoint, to, [answer(challenge, username, { password })], `c${at}`);
      expect([response.statusCode, response.reasonPhrase]).toEqual([403, 'Failed auth']);
    }
    expect((await desk.ask('GET', '/reg')).json).toEqual({ count: 0 });
    expect(desk.told).toEqual([]);
  });

  test('with the same name and password of another domain, or with another opaque, is challenged again', async () => {
    await start();
    const endpoint = await desk.endpointAt('10.0.4.1');
    const challenge = challengeOf(await register(endpoint, 'ann', []));
    const elsewhere = answer({ ...challenge, realm: bling }, 'ann', { password: 'of ann' });
    expect((await register(endpoint, 'ann', [elsewhere])).statusCode).toBe(401);
    const [name, proof] = answer(challenge, 'ann', { password: 'of ann' });
    expect((await register(endpoint, 'ann', [[name, `${proof}, opaque="not ours"`]])).statusCode).toBe(401);
    expect((await register(endpoint, 'ann', [[name, `${proof}, opaque="${challenge.opaque}"`]])).statusCode).toBe(200);
  });

  test('that takes itself back has to prove itself; then it is gone, and told', async () => {
    await start();
    const endpoint = await desk.endpointAt('10.0.4.1');
    expect((await enroll(endpoint, 'ann')).statusCode).toBe(200);
    const elsewhere = await desk.endpointAt('10.0.4.9');
    expect(
      (
        await register(
          elsewhere,
          'ann',
          [
            ['Contact', '*'],
            ['Expires', '0'],
          ],
          'x',
        )
      ).statusCode,
    ).toBe(401);
    expect(await desk.registrationOf('ann', here)).toMatchObject({ registered: true });
    expect((await enroll(endpoint, 'ann', [['Expires', '0']])).statusCode).toBe(200);
    expect(await desk.registrationOf('ann', here)).toEqual({ registered: false });
    expect(desk.news).toEqual([`PUT /reg/${here}/ann`, `DELETE /reg/${here}/ann`]);
  });

  test('is forgotten when its time is over', async () => {
    await start();
    // Answers pings.
    await desk.registered('1003');
    await desk.world.clock.advance(3_590_000);
    expect((await desk.registrations()).registered).toBe(1);
    await desk.world.clock.advance(11_000);
    expect([(await desk.registrations()).registered, desk.news.at(-1)]).toEqual([0, `DELETE /reg/${bling}/1003`]);
  });

  test('of a user who has another Contact takes its place: one binding, since his first', async () => {
    await start();
    const endpoint = await desk.endpointAt('10.0.4.1');
    await enroll(endpoint, 'ann');
    const first = await desk.registrationOf('ann', here);
    await desk.world.clock.advance(20_000);
    const two = [['Contact', '<sip:ann@10.0.4.2>, <sip:ann@10.0.4.3>']] as const;
    const moved = await enroll(await desk.endpointAt('10.0.4.3'), 'ann', two, 'another');
    expect(moved.headers.all('Contact')).toEqual([expect.stringMatching(/^<sip:ann@10\.0\.4\.3>;expires=/)]);
    const second = await desk.registrationOf('ann', here);
    expect(second).toMatchObject({ registered: true, remote: { host: '10.0.4.3' } });
    expect(second?.registered && second.epochs).toEqual(first?.registered && first.epochs);
    expect((await desk.ask('GET', '/reg')).json).toEqual({ count: 1 });
    expect(desk.news).toEqual([`PUT /reg/${here}/ann`, `PUT /reg/${here}/ann`]);
  });

  test('a new password counts from the next REGISTER on; who is registered stays so until then', async () => {
    await start();
    const phone = await desk.registered('1003');
    await desk.ask('PUT', `/dir/${bling}/1003`, { secret: 'another' });
    expect(await desk.registrationOf('1003')).toMatchObject({ registered: true });
    expect(await desk.register(phone)).toBe(403);
    expect(await desk.registrationOf('1003')).toMatchObject({ registered: true });
    const told = await desk.phone('1003', { password: 'another' });
    expect(await desk.register(told)).toBe(200);
  });
});

describe('mediaswitch row 5: GET /reg', () => {
  test('counts live registrations, and tells of each user of a domain', async () => {
    await start({ '1003': '1123654789', '1000': 'x' });
    expect((await desk.ask('GET', '/reg/')).json).toEqual({ count: 0 });
    const since = Math.floor(desk.world.clock.epochMs() / 1000);
    const phone = await desk.registered('1003');
    const at = Math.floor(desk.world.clock.epochMs() / 1000);
    await desk.world.clock.advance(100_000);
    expect(await desk.register(phone)).toBe(200);
    expect((await desk.ask('GET', '/reg')).json).toEqual({ count: 1 });
    const all = (await desk.ask('GET', `/reg/${bling}`)).json;
    expect(domainRegistrations.parse(all)).toEqual(all);
    const seen = all.users['1003'];
    expect(all).toEqual({
      ...{ domain: bling, count: 2, registered: 1 },
      users: {
        '1000': { registered: false },
        '1003': {
          registered: true,
          outstandingping: 0,
          remote: { host: '10.0.1.1', port: 5060, ...(seen.remote.agent && { agent: seen.remote.agent }) },
          epochs: { registered: expect.any(Number) },
        },
      },
    });
    expect(seen.epochs.registered).toBeGreaterThanOrEqual(since);
    expect(seen.epochs.registered).toBeLessThanOrEqual(at);
    const one = (await desk.ask('GET', `/reg/${bling}/1000`)).json;
    expect(one).toEqual({ domain: bling, count: 2, registered: 0, users: { '1000': { registered: false } } });
    const nobody = (await desk.ask('GET', `/reg/${bling}/1009/`)).json;
    expect(nobody).toEqual({ domain: bling, count: 2, registered: 0, users: {} });
    expect(await desk.ask('GET', '/reg/nowhere.example')).toMatchObject({
      status: 404,
      json: { error: 'Domain not found' },
    });
    expect((await desk.ask('GET', '/reg/nowhere.example/1003')).status).toBe(404);
  });

  test('names the agent of a phone that has one', async () => {
    await start();
    const endpoint = await desk.endpointAt('10.0.4.1', 45_646);
    await enroll(endpoint, 'ann', [['User-Agent', 'Z 5.2.28 rv2.8.114']]);
    await enroll(await desk.endpointAt('10.0.4.2'), 'bob', [], 'd');
    expect(await desk.registrationOf('ann', here)).toMatchObject({
      remote: { host: '10.0.4.1', port: 45_646, agent: 'Z 5.2.28 rv2.8.114' },
    });
    const bob = await desk.registrationOf('bob', here);
    expect(bob?.registered && bob.remote).toEqual({ host: '10.0.4.2', port: 5060 });
  });
});

describe('mediaswitch row 7: OPTIONS', () => {
  test('are counted while they are not answered; at seven, within 240 s, the registration ends and is told', async () => {
    await start();
    const endpoint = await desk.endpointAt('10.0.4.1');
    await enroll(endpoint, 'ann', [['Expires', '7200']]);
    const { clock } = desk.world;
    await clock.advance(31_000);
    const outstanding = async (): Promise<number | null> => {
      const view = await desk.registrationOf('ann', here);
      return view?.registered === true ? view.outstandingping : null;
    };
    expect(await outstanding()).toBe(1);
    await clock.advance(60_000);
    expect(await outstanding()).toBe(3);
    endpoint.respond(endpoint.requests('OPTIONS').at(-1)!, 501);
    await clock.advance(100);
    expect(await outstanding()).toBe(2);
    await enroll(endpoint, 'ann', [['Expires', '7200']]);
    expect(await outstanding()).toBe(0);
    await clock.advance(207_000);
    expect(await outstanding()).not.toBeNull();
    await clock.advance(33_000);
    expect(await outstanding()).toBeNull();
    expect(desk.news).toEqual([`PUT /reg/${here}/ann`, `PUT /reg/${here}/ann`, `DELETE /reg/${here}/ann`]);
    const options = endpoint.requests('OPTIONS')[0];
    expect(options?.uri).toMatchObject({ user: 'ann', host: '10.0.4.1' });
  });
});

describe('mediaswitch row 8: the control server is told', () => {
  test('of every REGISTER that was accepted, refreshes too, and of the end', async () => {
    await start();
    const endpoint = await desk.endpointAt('10.0.4.1', 45_646);
    const agent = 'Z 5.2.28 rv2.8.114';
    await enroll(endpoint, 'ann', [['User-Agent', agent]]);
    await enroll(endpoint, 'ann', [['User-Agent', agent]]);
    const body = { host: '10.0.4.1', port: 45_646, agent, user: `ann@${here}` };
    await enroll(endpoint, 'ann', [['Expires', '0']]);
    expect(desk.told).toEqual([
      ['PUT', `${controlUrl}/reg/${here}/ann`, body],
      ['PUT', `${controlUrl}/reg/${here}/ann`, body],
      ['DELETE', `${controlUrl}/reg/${here}/ann`, null],
    ]);
  });

  test('by the host of the Request-URI, and with the user written for a path', async () => {
    await start();
    await desk.ask('PUT', `/dir/${bling}/a%2Fb`, { secret: 'x' });
    const phone = await desk.phone('a/b', { password: 'x' });
    const sent = phone.ua.request({
      ...{ method: 'REGISTER', target: phone.target },
      uri: { ...phone.addressOfRecord.uri, user: undefined, host: 'proxy.example' } as never,
      ...{ from: phone.addressOfRecord, to: phone.addressOfRecord },
      headers: [['Contact', '<sip:ab@10.0.1.1>']],
      credentials: () => ({ username: 'a/b', password: 'x' }),
    } as never);
    expect((await desk.world.while(sent)).statusCode).toBe(200);
    expect(desk.told).toMatchObject([['PUT', `${controlUrl}/reg/proxy.example/a%2Fb`, { user: `a/b@${bling}` }]]);
  });

  test('when a user or his domain is removed: he is unregistered, by the control server that the domain had', async () => {
    await start({ '1003': '1123654789', '1004': '1123654789', '1005': '1123654789' });
    for (const user of ['1003', '1004', '1005']) await desk.registered(user);
    desk.told.length = 0;
    await desk.ask('DELETE', `/dir/${bling}/1003`);
    await desk.world.clock.advance(100);
    expect(desk.news).toEqual([`DELETE /reg/${bling}/1003`]);
    // The next push has neither the user nor the control server any more.
    await desk.ask('PUT', `/dir/${bling}`, { users: [{ username: '1005', secret: '1123654789' }] });
    await desk.world.clock.advance(100);
    expect(desk.news).toEqual([`DELETE /reg/${bling}/1003`, `DELETE /reg/${bling}/1004`]);
    expect(await desk.registrations()).toMatchObject({ count: 1, registered: 1 });
    await desk.ask('PATCH', `/dir/${bling}`, { control: controlUrl });
    await desk.ask('DELETE', '/dir/com');
    await desk.world.clock.advance(100);
    expect([desk.news.at(-1), desk.news.length]).toEqual([`DELETE /reg/${bling}/1005`, 3]);
    expect((await desk.ask('GET', '/reg')).json).toEqual({ count: 0 });
  });

  test('nothing where the domain has none', async () => {
    await start();
    await desk.ask('PUT', `/dir/${bling}`, { users: [{ username: '1003', secret: '1123654789' }] });
    await desk.registered('1003');
    await desk.ask('DELETE', `/dir/${bling}`);
    await desk.world.clock.advance(100);
    expect(desk.asked).toEqual([]);
  });

  test('once more after a restart that kept the registration, and of those that ended meanwhile', async () => {
    const store = new DurableStore();
    desk = await DirectoryDesk.start('', { store });
    await desk.pushBling({ '1003': '1123654789', '1004': '1123654789' });
    await desk.registered('1004');
    await desk.world.clock.advance(1_800_000);
    await desk.registered('1003');
    const before = await desk.registrationOf('1003');
    await desk.gateway.stop();
    const gone = desk.told.length;
    await desk.world.clock.advance(1_900_000);
    const told: string[] = [];
    desk.gateway = await desk.world.addGateway({
      store,
      hooks: async ({ method, url }) => {
        told.push(`${method} ${url.slice(controlUrl.length)}`);
        return { status: 200, headers: {}, body: '' };
      },
    });
    await desk.world.clock.advance(1000);
    expect(desk.told.length).toBe(gone);
    expect(told).toEqual([`DELETE /reg/${bling}/1004`, `PUT /reg/${bling}/1003`]);
    expect((await desk.ask('GET', `/dir/${bling}`)).json).toEqual({ users: expect.any(Array), control: controlUrl });
    expect(await desk.registrationOf('1003')).toEqual(before);
    await desk.gateway.stop();
  });
});
