import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { signJwt } from '../../../gateway/web/jwt.js';
import { RoomWorld } from '../../support/room-world.js';
import { WebPage, type WebPageOptions } from '../../support/web-page.js';

let world: RoomWorld;
let pages: WebPage[];

const secret = 'the secret of this gateway';

async function begin(config = ''): Promise<void> {
  world = await RoomWorld.start({ config: `token_secret: ${secret}\n${config}` });
  pages = [];
}

beforeEach(() => begin());

afterEach(async () => {
  for (const page of pages) await page.close();
  await world.clock.advance(40_000);
  expect(Object.entries(world.gateway.gateway.leftovers()).filter(([, count]) => count !== 0)).toEqual([]);
  expect(await world.close()).toEqual({ sockets: [], timers: 0 });
});

function token(claims: object = {}): string {
  const exp = Math.floor(world.clock.epochMs() / 1000) + 3600;
  return signJwt({ iss: 'webrtc', room: 'r1', peer: null, exp, ...claims }, secret);
}

async function pageOf(options: WebPageOptions = {}): Promise<WebPage> {
  const page = await WebPage.open(world, world.gateway, { toneHz: 440, ...options });
  pages.push(page);
  return page;
}

async function connected(options: WebPageOptions = {}, claims: object = {}): Promise<WebPage> {
  const page = await pageOf(options);
  expect((await page.connect('/webrtc/endpoint', token(claims))).status).toBe(201);
  return page;
}

/** Status and error word of an offer that is not taken. */
async function refused(path: string, bearer: string | null, options: WebPageOptions = {}, type = 'application/sdp') {
  const page = await pageOf(options);
  const answer = await page.request('POST', path, {
    body: page.voice.offer().toString(),
    headers: { 'content-type': type, ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }) },
  });
  const { error, message = '' } = JSON.parse(answer.text) as { error: string; message?: string };
  return { status: answer.status, error, message, headers: answer.headers };
}

describe('RFC 9725 §4.2 an offer', () => {
  test('201 with the answer, where it is, its tag, and what may be patched', async () => {
    const page = await pageOf();
    const { status, text, headers } = await page.connect('/whip/endpoint', token());
    expect(status).toBe(201);
    expect(headers.get('content-type')).toMatch(/^application\/sdp/);
    expect(headers.get('location')).toMatch(/^\/whip\/conn\/[\w-]{24}\.[\w-]{22}$/);
    expect(headers.get('etag')).toMatch(/^"[\w-]{12}"$/);
    expect(headers.get('accept-patch')).toBe('application/trickle-ice-sdpfrag');
    expect(headers.get('link')).toBe(null);
    expect(text).toMatch(/a=ice-lite\r\n[\s\S]*a=group:BUNDLE 0\r\n|a=group:BUNDLE 0\r\n[\s\S]*a=ice-lite\r\n/);
    expect(text).toMatch(/a=candidate:1 1 UDP \d+ 10\.0\.0\.1 \d+ typ host\r\n/);
    for (const line of ['a=rtcp-mux', 'a=mid:0', 'a=sendrecv', 'a=end-of-candidates']) expect(text).toContain(line);
  });

  test('RFC 9143 video and data beside the audio are refused with port 0, and the group keeps the audio', async () => {
    const more =
      'm=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=sendonly\r\na=rtpmap:96 VP8/90000\r\n';
    const page = await connected({ edit: (sdp) => `${sdp.replace('BUNDLE 0', 'BUNDLE 0 1')}${more}` });
    expect(await page.hears(1)).toEqual([]);
    const phone = await world.come(1250);
    expect(await world.heard([phone], [440])).toEqual([[440]]);
    expect(await page.hears(440, 1250)).toEqual([1250]);
  });

  test.each([
    ['no token', null, 401, 'UNAUTHORIZED'],
    ['a token of somebody else', signJwt({ iss: 'whip', room: 'r', exp: 9e9 }, 'another key'), 401, 'INVALID_TOKEN'],
    ['garbage for a token', 'x.y', 401, 'INVALID_TOKEN'],
    ['an expired token', signJwt({ iss: 'whip', room: 'r', exp: 1 }, secret), 401, 'TOKEN_EXPIRED'],
    ['a token of another door', signJwt({ iss: 'whep', room: 'r', exp: 9e9 }, secret), 401, 'INVALID_TOKEN'],
    ['a token of a call', signJwt({ iss: 'call', call_id: '1', exp: 9e9 }, secret), 401, 'INVALID_TOKEN'],
  ])('%s', async (_, bearer, status, error) => {
    const answer = await refused('/whip/endpoint', bearer);
    expect(answer).toMatchObject({ status, error });
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  test.each([
    ['another room than the token', '/whip/endpoint?room=r2', {}, 401, 'INVALID_TOKEN'],
    ['another peer than the token', '/whip/endpoint?peer=bob', { peer: 'anna' }, 401, 'INVALID_TOKEN'],
    ['no room at all', '/whip/endpoint', { room: null }, 400, 'BAD_REQUEST'],
    ['a name without letters', '/whip/endpoint?room=', { room: null }, 400, 'BAD_REQUEST'],
  ])('%s', async (_, path, claims, status, error) => {
    expect(await refused(path, token(claims))).toMatchObject({ status, error });
  });

  test('a token for any room and peer goes where the query says', async () => {
    const page = await pageOf();
    await page.connect('/whip/endpoint?room=r7&peer=anna', token({ room: null }));
    expect(world.rooms.rooms().map(({ room }) => [room.id, [...room.members.values()][0]?.peer])).toEqual([
      ['r7', 'anna'],
    ]);
  });

  test.each([
    ['no SDP', () => 'hello', 400, 'BAD_REQUEST'],
    ['nothing', () => '', 400, 'BAD_REQUEST'],
    ['no audio', (sdp: string) => sdp.replace('m=audio', 'm=video'), 406, 'NOT_ACCEPTABLE'],
    ['audio that is refused', (sdp: string) => sdp.replace('m=audio 9', 'm=audio 0'), 406, 'NOT_ACCEPTABLE'],
    [
      'no codec of ours',
      (sdp: string) =>
        sdp
          .replaceAll('PCMU/8000', 'SPEEX/8000')
          .replace(/ 0( \d+)*\r/, ' 0\r')
          .replaceAll(/RTP\/SAVPF? 0/g, 'RTP/SAVPF 99'),
      406,
      'NOT_ACCEPTABLE',
    ],
    ['no fingerprint', (sdp: string) => sdp.replaceAll(/a=fingerprint.*\r\n/g, ''), 406, 'NOT_ACCEPTABLE'],
    ['no ICE', (sdp: string) => sdp.replaceAll(/a=ice-(?:ufrag|pwd).*\r\n/g, ''), 406, 'NOT_ACCEPTABLE'],
    ['no rtcp-mux', (sdp: string) => sdp.replaceAll('a=rtcp-mux\r\n', ''), 406, 'NOT_ACCEPTABLE'],
    ['both ways off', (sdp: string) => sdp.replace('a=sendrecv', 'a=inactive'), 406, 'NOT_ACCEPTABLE'],
  ])('%s', async (_, edit, status, error) => {
    expect(await refused('/webrtc/endpoint', token(), { edit })).toMatchObject({ status, error });
  });

  test('ways that the token does not allow: nothing is left', async () => {
    const bearer = token({ iss: 'whep' });
    const answer = await refused('/whep/endpoint', bearer, { direction: 'sendonly' });
    expect(answer).toMatchObject({ status: 406, error: 'NOT_ACCEPTABLE' });
    const listens = await connected({}, { iss: 'webrtc' });
    expect(listens.location).toMatch(/^\/webrtc\//);
  });

  test('another type of body, and one that is too large', async () => {
    const bearer = token();
    expect(await refused('/whip/endpoint', bearer, {}, 'application/json')).toMatchObject({
      status: 415,
      error: 'UNSUPPORTED_MEDIA_TYPE',
    });
    const edit = (sdp: string): string => sdp + 'a=x-padding:y\r\n'.repeat(6000);
    expect(await refused('/whip/endpoint', bearer, { edit })).toMatchObject({ status: 413 });
  });

  test('a room that takes nobody', async () => {
    await connected();
    const { policy } = world.runner().room;
    world.runner().post({ type: 'update', policy: { ...policy, isLocked: true } });
    await world.clock.advance(10);
    expect(await refused('/whip/endpoint', token())).toMatchObject({ status: 409, error: 'ROOM_LOCKED' });
  });

  test('as many as may be, and a gateway that shuts down: 503 with Retry-After', async () => {
    pages = [];
    await world.close();
    await begin('max_conn: 1');
    await connected();
    const full = await refused('/whip/endpoint', token());
    expect(full).toMatchObject({ status: 503, error: 'MAX_CONN' });
    expect(full.headers.get('retry-after')).toBe('5');
  });

  test('§4.2 no other method, and what OPTIONS says', async () => {
    const page = await pageOf();
    const got = await page.request('GET', '/whip/endpoint');
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
    const options = await page.request('OPTIONS', '/whip/endpoint');
    expect([options.status, options.headers.get('accept-post')]).toEqual([204, 'application/sdp']);
  });
});

describe('RFC 9725 §4.3 a PATCH', () => {
  const candidates = [
    'a=mid:0',
    'a=ice-ufrag:page',
    `a=ice-pwd:${'p'.repeat(24)}`,
    'a=candidate:1 1 udp 2113937151 0a1b2c3d-dead-beef-cafe-000000000000.local 5000 typ host',
    'a=candidate:1 1 tcp 1 10.0.0.9 9 typ host tcptype active',
    'a=end-of-candidates',
  ].join('\r\n');

  test('§4.3.1 candidates, mDNS or not: 204, and nothing changes', async () => {
    const page = await connected();
    const phone = await world.come(1250);
    expect(await page.patch(candidates)).toMatchObject({ status: 204, text: '' });
    expect(await page.patch('a=end-of-candidates')).toMatchObject({ status: 204 });
    expect(await page.hears(440, 1250)).toEqual([1250]);
    expect(await world.heard([phone], [440])).toEqual([[440]]);
    expect(world.gateway.gateway.counters().web_candidates_total).toBe(2);
  });

  test('§4.3.2 other credentials are a restart: 200, new ones of ours, another tag; the sound goes on', async () => {
    const page = await connected();
    const phone = await world.come(1250);
    page.ufrag = 'anew';
    const fragment = `a=ice-ufrag:anew\r\na=ice-pwd:${'q'.repeat(24)}\r\n`;
    const answer = await page.patch(fragment, { 'if-match': '*' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^application\/trickle-ice-sdpfrag/);
    expect(answer.headers.get('etag')).not.toBe(page.etag);
    expect(answer.text).toMatch(/^a=(?:group:BUNDLE 0|ice-lite)\r\n[\s\S]*m=audio \d+ [\s\S]*a=mid:0\r\n/);
    expect(answer.text).toMatch(/a=ice-ufrag:\w+\r\na=ice-pwd:\w+\r\na=candidate:[\s\S]*a=end-of-candidates\r\n$/);
    expect(answer.text).not.toContain('a=fingerprint');
    const late = await page.patch(candidates);
    expect([late.status, late.headers.get('etag')]).toEqual([412, answer.headers.get('etag')]);
    page.check(answer.text);
    expect(await page.hears(440, 1250)).toEqual([1250]);
    expect(await world.heard([phone], [440])).toEqual([[440]]);
    // Consent is by the new credentials alone.
    await world.clock.advance(30_000);
    expect(world.runner().room.members.size).toBe(2);
  });

  test.each([
    ['no tag', candidates, { 'if-match': '' }, 428, 'PRECONDITION_REQUIRED'],
    ['another tag', candidates, { 'if-match': '"other", W/"weak"' }, 412, 'PRECONDITION_FAILED'],
    ['another type', candidates, { 'content-type': 'text/plain' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['no fragment', '{"candidate":1}', {}, 400, 'BAD_REQUEST'],
    ['nothing', '', {}, 400, 'BAD_REQUEST'],
    ['a restart without a password', 'a=ice-ufrag:anew', {}, 400, 'BAD_REQUEST'],
    ['a short password', 'a=ice-ufrag:anew\r\na=ice-pwd:short', {}, 400, 'BAD_REQUEST'],
    ['an offer that is none', 'hello', { 'content-type': 'application/sdp' }, 400, 'BAD_REQUEST'],
  ])('%s', async (_, body, headers, status, error) => {
    const page = await connected();
    const answer = await page.patch(body, headers as Record<string, string>);
    expect([answer.status, JSON.parse(answer.text).error]).toEqual([status, error]);
    expect(await page.hears(440)).toEqual([]);
  });

  test('a new offer: it is put on hold and taken back, by the same connection', async () => {
    const page = await connected();
    const phone = await world.come(1250);
    const offer = async (direction: 'sendonly' | 'sendrecv'): Promise<void> => {
      page.voice.direction = direction;
      const body = page.voice.offer().toString();
      const answer = await page.patch(body, { 'content-type': 'application/sdp' });
      expect([answer.status, answer.headers.get('etag')]).toEqual([200, page.etag]);
      page.voice.accept(Buffer.from(answer.text));
      await world.clock.advance(500);
    };
    await offer('sendonly');
    expect(await page.hears(1250)).toEqual([]);
    await offer('sendrecv');
    expect(await page.hears(1250)).toEqual([1250]);
    expect(await world.heard([phone], [440])).toEqual([[440]]);
  });

  test('a connection that is not there', async () => {
    const page = await connected();
    await page.request('DELETE', page.location);
    for (const [method, path] of [
      ['PATCH', page.location],
      ['DELETE', page.location],
      ['PATCH', '/whep/conn/nobody'],
    ] as const) {
      const headers = { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': '*' };
      const answer = await page.request(method, path, { headers, ...(method === 'PATCH' ? { body: candidates } : {}) });
      expect([answer.status, JSON.parse(answer.text).error]).toEqual([404, 'CONNECTION_NOT_FOUND']);
    }
  });
});

describe('RFC 9725 §4.5 ICE servers', () => {
  const link = async (config: string): Promise<string | null> => {
    await world.close();
    await begin(config);
    const page = await pageOf();
    return (await page.connect('/whip/endpoint', token({ peer: 'anna' }))).headers.get('link');
  };

  test('stand in Link headers, with what a TURN server asks for', async () => {
    const config =
      'webrtc_ice_servers: [{urls: ["stun:stun.test"]}, {urls: ["turn:turn.test?transport=udp"], username: u, credential: "p\\"w"}]';
    expect(await link(config)).toBe(
      '<stun:stun.test>; rel="ice-server", <turn:turn.test?transport=udp>; rel="ice-server"; username="u"; credential="p\\"w"; credential-type="password"',
    );
  });

  test('with a secret shared with the TURN server they end', async () => {
    const value = await link('webrtc_ice_servers: [{urls: ["turns:turn.test"], secret: hush, ttl_s: 600}]');
    const expiry = Number(/username="(\d+):anna"/.exec(value ?? '')?.[1]);
    expect(expiry - Math.floor(world.clock.epochMs() / 1000)).toBeGreaterThan(590);
    expect(value).toMatch(/credential="[\w+/]{27}="/);
    expect(value).not.toContain('hush');
  });

  test('a new offer is answered with credentials that end later', async () => {
    await world.close();
    await begin('webrtc_ice_servers: [{urls: ["turns:turn.test"], secret: hush, ttl_s: 600}]');
    const page = await pageOf();
    const expiryOf = (answer: { headers: Headers }): number =>
      Number(/username="(\d+):anna"/.exec(answer.headers.get('link') ?? '')?.[1]);
    const first = await page.connect('/webrtc/endpoint', token({ peer: 'anna' }));
    await world.clock.advance(5000);
    const again = await page.patch(page.voice.offer().toString(), { 'content-type': 'application/sdp' });
    expect([again.status, expiryOf(again) - expiryOf(first)]).toEqual([200, 5]);
  });
});
