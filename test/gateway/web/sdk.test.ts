import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebTokens } from '../../../gateway/web/tokens.js';
import { RoomWorld } from '../../support/room-world.js';
import { WebPage } from '../../support/web-page.js';

const secret = 'the secret of this gateway';
let world: RoomWorld;
let page: WebPage;

async function begin(config = ''): Promise<void> {
  world = await RoomWorld.start({ config: `token_secret: ${secret}\n${config}` });
  page = await WebPage.open(world, world.gateway, { toneHz: 440 });
}

beforeEach(() => begin());

afterEach(async () => {
  await page.close();
  await world.clock.advance(40_000);
  expect(Object.entries(world.gateway.gateway.leftovers()).filter(([, count]) => count !== 0)).toEqual([]);
  expect(await world.close()).toEqual({ sockets: [], timers: 0 });
});

async function post(path: string, body: object, headers: Record<string, string> = {}) {
  const type = { 'content-type': 'application/json' };
  const answer = await page.request('POST', path, { body: JSON.stringify(body), headers: { ...type, ...headers } });
  return { status: answer.status, json: JSON.parse(answer.text) };
}

describe('contract atm0s §5.2 making tokens', () => {
  test.each(['rtmp', 'whip', 'whep', 'webrtc', 'sip'])('/app/%s_session answers with success', async (name) => {
    const { status, json } = await post(`/app/${name}_session`, { room: 'r1', peer: 'p', expires_in: 60 });
    expect([status, json.success]).toEqual([200, true]);
    expect(new WebTokens(world.clock, secret).read(json.data.token)).toMatchObject({
      grant: { door: name, peer: 'p' },
    });
  });

  test.each(['whip', 'whep', 'webrtc', 'rtpengine'])('/token/%s answers with status', async (name) => {
    const { status, json } = await post(`/token/${name}`, { room: 'r1', ttl: 60, extra_data: 'x' });
    expect([status, json.status]).toEqual([200, true]);
    const door = name === 'rtpengine' ? 'rtp' : name;
    expect(new WebTokens(world.clock, secret).read(json.data.token)).toMatchObject({ grant: { door, extraData: 'x' } });
  });

  test('bad bodies are refused by name', async () => {
    expect(await post('/token/whip', { room: 'r1' })).toMatchObject({ status: 400, json: { error: 'BAD_REQUEST' } });
    expect(await post('/token/whip', { room: '', ttl: 5 })).toMatchObject({ status: 400 });
    expect(await post('/app/whip_session', { expires_in: -1 })).toMatchObject({ status: 400 });
    expect(await post('/app/quic_session', {})).toMatchObject({ status: 404 });
  });

  test('with api_secret it is asked for, in the words of each generation', async () => {
    await page.close();
    await world.close();
    await begin('api_secret: hush-hush');
    expect(await post('/app/whip_session', {})).toMatchObject({ status: 401, json: { success: false } });
    expect(await post('/app/whip_session?app_secret=wrong', {})).toMatchObject({ status: 401 });
    expect(await post('/app/whip_session?app_secret=hush-hush', {})).toMatchObject({ json: { success: true } });
    const invalid = { status: 200, json: { status: false, error: 'APP_TOKEN_INVALID' } };
    expect(await post('/token/whip', { room: 'r1', ttl: 5 })).toEqual(invalid);
    expect(await post('/token/whip', { room: 'r1', ttl: 5 }, { authorization: 'Bearer wrong' })).toEqual(invalid);
    const right = { authorization: 'Bearer hush-hush' };
    expect(await post('/token/whip', { room: 'r1', ttl: 5 }, right)).toMatchObject({ json: { status: true } });
    // A page has no api_secret, and comes in all the same.
    const { json } = await post('/token/webrtc', { room: 'r1', ttl: 60 }, right);
    expect((await page.connect('/webrtc/endpoint', json.data.token)).status).toBe(201);
  });
});

describe('contract atm0s §5.2 the SDK', () => {
  async function tokenFor(door = 'webrtc', more: object = {}): Promise<string> {
    return (await post(`/token/${door}`, { room: 'r1', ttl: 60, ...more })).json.data.token;
  }

  async function connect(more: object = {}) {
    const sdp = page.voice.offer().toString();
    return post('/webrtc/connect', { room: 'r1', peer: 'anna', token: await tokenFor(), sdp, ...more });
  }

  test('connects with JSON, hears and is heard, sends candidates, and leaves', async () => {
    const phone = await world.come(1250);
    const { status, json } = await connect({
      senders: [{ kind: 'audio', name: 'audio_main', uuid: 'u', label: '', screen: null }],
      receivers: { audio: 1, video: 0 },
      sub_scope: 'Full',
      pub_scope: 'Full',
      mix_minus_audio: 'AllAudioStreams',
    });
    expect([status, json]).toMatchObject([200, { status: true, data: { node_id: 1 } }]);
    const { conn_id, sdp } = json.data as { conn_id: string; sdp: string };
    page.use(sdp);
    await world.clock.advance(500);
    const candidate = 'candidate:1 1 udp 1 0a1b.local 9 typ host';
    expect(await post('/webrtc/ice_remote', { conn_id, candidate })).toMatchObject({ json: { status: true } });
    expect(await post('/webrtc/ice_remote', { conn_id, candidate: '' })).toMatchObject({ status: 200 });
    expect(await page.hears(440, 1250)).toEqual([1250]);
    expect(await world.heard([phone], [440])).toEqual([[440]]);
    expect((await page.request('DELETE', `/webrtc/conn/${conn_id}`)).text).toBe('{"status":true,"data":"OK"}');
    expect(await post('/webrtc/ice_remote', { conn_id, candidate })).toMatchObject({ status: 404 });
  });

  test('GET /metrics tells of the ports that browsers share', async () => {
    await page.close();
    await world.close();
    await begin('webrtc_port: 41000');
    const { json } = await connect();
    page.use(json.data.sdp);
    await world.clock.advance(2500);
    const { text } = await page.request('GET', '/metrics');
    const figures = [...text.matchAll(/^hookline_media_shared_(\w+)\{host="0"\} (\d+)$/gm)].map(
      ([, name, value]) => `${name} ${value}`,
    );
    expect(figures).toEqual([
      'sockets 1',
      'legs 1',
      'sources 1',
      'strangers_total 0',
      'contested_total 0',
      'displaced_total 0',
      'failures_total 0',
      'handshakes_dropped_total 0',
    ]);
    expect(text).toContain('# TYPE hookline_media_shared_strangers_total counter\n');
  });

  test('mix_minus_audio Disabled hears nothing', async () => {
    await world.come(1250);
    const { json } = await connect({ mix_minus_audio: 'Disabled' });
    page.use(json.data.sdp);
    await world.clock.advance(500);
    expect(await page.hears(1250)).toEqual([]);
  });

  test('contract atm0s §4.4 pub_scope stream_only is heard, and who is with it alone hears what those hear who are alone', async () => {
    await page.request('POST', '/rooms', {
      body: JSON.stringify({ room_id: 'r1', alone_sound: 'tone:800:1000' }),
      headers: { 'content-type': 'application/json' },
    });
    const phone = await world.come(1250);
    const { json } = await connect({ pub_scope: 'stream_only' });
    page.use(json.data.sdp);
    await world.clock.advance(500);
    expect(await world.heard([phone], [440, 800])).toEqual([[440, 800]]);
    await page.request('DELETE', `/webrtc/conn/${json.data.conn_id}`);
    expect(await world.heard([phone], [440, 800])).toEqual([[800]]);
    const other = await connect({ peer: 'bert' });
    page.use(other.json.data.sdp);
    await world.clock.advance(500);
    expect(await world.heard([phone], [800])).toEqual([[]]);
    await page.request('DELETE', `/webrtc/conn/${other.json.data.conn_id}`);
    await page.request('DELETE', '/rooms/r1');
  });

  test('a bad token is told with status 200, as upstream does', async () => {
    const invalid = { status: 200, json: { status: false, error: 'INVALID_TOKEN' } };
    expect(await connect({ token: 'x' })).toEqual(invalid);
    expect(await connect({ token: await tokenFor('whip') })).toMatchObject(invalid);
    expect(await connect({ room: 'r2' })).toMatchObject(invalid);
    expect(await connect({ sdp: 'hello' })).toMatchObject({ status: 400, json: { error: 'BAD_REQUEST' } });
    expect(await connect({ mix_minus_audio: 'Loud' })).toMatchObject({ status: 400 });
  });
});

describe('the WHATWG fetch standard: pages of other origins', () => {
  test('with cors_origin they may ask, and read where their connection is', async () => {
    await page.close();
    await world.close();
    await begin('cors_origin: https://app.test');
    const ask = { origin: 'https://app.test', 'access-control-request-method': 'PATCH' };
    const preflight = await page.request('OPTIONS', '/whip/conn/x', {
      headers: { ...ask, 'access-control-request-headers': 'if-match,content-type,authorization' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://app.test');
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PATCH');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('if-match');
    expect(preflight.headers.get('accept-patch')).toBe('application/trickle-ice-sdpfrag');
    const endpoint = await page.request('OPTIONS', '/whip/endpoint', { headers: ask });
    expect([endpoint.status, endpoint.headers.get('accept-post')]).toEqual([204, 'application/sdp']);
    const { json } = await post('/token/webrtc', { room: 'r1', ttl: 60 });
    const { headers } = await page.connect('/webrtc/endpoint', json.data.token);
    expect(headers.get('access-control-expose-headers')).toMatch(/Location.*ETag.*Link.*Accept-Patch.*Accept-Post/);
    const refused = await page.request('POST', '/whip/endpoint', { headers: { origin: 'https://app.test' } });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, 'https://app.test']);
  });
});
