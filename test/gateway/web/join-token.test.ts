import { afterEach, describe, expect, test } from 'vitest';
import { RoomWorld } from '../../support/room-world.js';
import { FakeBot } from '../../support/stream-stage.js';
import { VirtualWebSockets } from '../../support/virtual-web-sockets.js';
import { WebPage } from '../../support/web-page.js';

/** POST /join/token: who gets in by the page /join without an invitation, and how far. */

const secret = 'the secret of the api';
const stranger = { remoteAddress: '203.0.113.7', localAddress: '198.51.100.1' };
const here = { remoteAddress: '127.0.0.1', localAddress: '127.0.0.1' };
let world: RoomWorld;
let pages: WebPage[];

async function begin(config: string): Promise<void> {
  world = await RoomWorld.start({ config });
  pages = [];
}

afterEach(async () => {
  for (const page of pages) await page.close();
  await world.clock.advance(40_000);
  expect(Object.entries(world.gateway.gateway.leftovers()).filter(([, count]) => count !== 0)).toEqual([]);
  expect(await world.close()).toMatchObject({ timers: 0 });
});

interface Asked {
  readonly from?: typeof here;
  readonly headers?: Record<string, string>;
}

async function ask(room: unknown, { from = stranger, headers = {} }: Asked = {}) {
  const init = {
    method: 'POST',
    body: JSON.stringify({ room }),
    headers: { host: '127.0.0.1', 'content-type': 'application/json', ...headers },
  };
  const response = await world.while(Promise.resolve(world.gateway.gateway.api.request('/join/token', init, from)));
  const { error, data } = (await response.json()) as { error?: string; data?: { token: string } };
  return { status: response.status, error, token: data?.token ?? '' };
}

async function pageOf(): Promise<WebPage> {
  const page = await WebPage.open(world, world.gateway, { toneHz: 440 });
  pages.push(page);
  return page;
}

async function press(page: WebPage, keys: string): Promise<void> {
  for (const key of keys) {
    page.voice.session.dtmf(key, 80);
    await world.clock.advance(250);
  }
}

async function make(settings: object): Promise<void> {
  const init = { method: 'POST', body: JSON.stringify({ room_id: 'r1', ...settings }) };
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${secret}`, host: '127.0.0.1' };
  const made = await world.gateway.gateway.api.request('/rooms', { ...init, headers }, here);
  expect(made.status).toBe(201);
}

function places(): string[] {
  return [...world.runner().room.members.values()].map(({ peer, place }) => `${peer} ${place}`);
}

describe('POST /join/token', () => {
  test('without join_open: for who may use the API, and for nobody else', async () => {
    await begin(`api_secret: ${secret}`);
    for (const from of [stranger, here]) {
      expect(await ask('r1', { from })).toMatchObject({ status: 401, error: 'UNAUTHORIZED' });
    }
    expect((await ask('r1', { headers: { authorization: `Bearer ${secret}` } })).status).toBe(200);
  });

  test('on a listener of this machine alone: for who comes from here, and not for pages that rebind their name', async () => {
    await begin('');
    expect((await ask('r1', { from: here })).status).toBe(200);
    expect(await ask('r1', { from: here, headers: { host: 'evil.example' } })).toMatchObject({ status: 401 });
  });

  test('join_open: names, and beginnings of names, for anybody', async () => {
    await begin(`api_secret: ${secret}\njoin_open: ["9000", "meet-*"]`);
    for (const room of ['9000', 'meet-', 'meet-7']) expect([room, (await ask(room)).status]).toEqual([room, 200]);
    for (const room of ['9001', '90000', 'Meet-7', 'r1', 'meet']) {
      expect([room, (await ask(room)).status]).toEqual([room, 401]);
    }
    for (const room of ['', 'x'.repeat(256), 9000, undefined]) expect((await ask(room)).status).toBe(400);
  });

  test('the token is of that room alone, and owns what came by it and not what others came by', async () => {
    await begin(`api_secret: ${secret}\njoin_open: "*"`);
    const [first, second] = [await ask('r1'), await ask('r1')];
    expect(first.token).not.toBe(second.token);
    const [anna, ben] = [await pageOf(), await pageOf()];
    expect((await anna.connect('/webrtc/endpoint?room=r2&peer=Anna', first.token)).status).toBe(401);
    expect((await anna.connect('/webrtc/endpoint?peer=Anna', first.token)).status).toBe(201);
    expect((await ben.connect('/webrtc/endpoint?peer=Anna', second.token)).status).toBe(201);
    // A name that anybody may take takes nobody's place.
    expect(places()).toEqual(['Anna room', 'Anna~2 room']);
    const [annaId, benId] = [...world.runner().room.members.keys()];
    const headers = { authorization: `Bearer ${first.token}` };
    expect((await anna.request('DELETE', `/rooms/r1/members/${benId}`, { headers })).status).toBe(403);
    expect((await anna.request('DELETE', `/rooms/r1/members/${annaId}`, { headers })).status).toBe(200);
    expect((await anna.request('GET', '/sip/calls', { headers })).status).toBe(403);
    const { exp } = JSON.parse(Buffer.from(first.token.split('.')[1]!, 'base64url').toString()) as { exp: number };
    expect(exp * 1000 - world.clock.epochMs()).toBeGreaterThan(86_000_000);
    expect(exp * 1000 - world.clock.epochMs()).toBeLessThanOrEqual(86_400_000);
  });

  test('whoever has such a token is asked for the PIN, whom the application has invited is not', async () => {
    await begin(`api_secret: ${secret}\njoin_open: r1`);
    await make({ pin: '1234', empty_s: 0 });
    const { token } = await ask('r1');
    const page = await pageOf();
    await page.connect('/webrtc/endpoint?peer=Anna', token);
    expect(places()).toEqual(['Anna pin']);
    await press(page, '1111');
    expect(places()).toEqual(['Anna pin']);
    await press(page, '1234');
    expect(places()).toEqual(['Anna room']);
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${secret}` };
    const invited = await page.request('POST', '/token/webrtc', { headers, body: '{"room":"r1","ttl":60}' });
    const other = await pageOf();
    await other.connect('/webrtc/endpoint?peer=Ben', JSON.parse(invited.text).data.token);
    expect(places()).toEqual(['Anna room', 'Ben room']);
  });

  test('who else is there a guest reads once it has been let in, and not before', async () => {
    await begin(`api_secret: ${secret}\njoin_open: r1`);
    await make({ pin: '1234', empty_s: 0 });
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${secret}` };
    const anna = await pageOf();
    const invited = await anna.request('POST', '/token/webrtc', { headers, body: '{"room":"r1","ttl":600}' });
    await anna.connect('/webrtc/endpoint?peer=Anna', JSON.parse(invited.text).data.token);
    const annaId = [...world.runner().room.members.keys()][0];
    const { token } = await ask('r1');
    const ben = await pageOf();
    const read = async (path: string) => {
      const answer = await ben.request('GET', `/rooms/r1${path}`, { headers: { authorization: `Bearer ${token}` } });
      return { status: answer.status, names: [...new Set(answer.text.match(/Anna|Ben/g))].toSorted() };
    };
    const reads = async () => [await read('/members'), await read('/events'), await read(`/members/${annaId}`)];
    expect(await reads()).toEqual([
      { status: 200, names: [] },
      { status: 200, names: [] },
      { status: 403, names: [] },
    ]);
    await ben.connect('/webrtc/endpoint?peer=Ben', token);
    expect(places()).toEqual(['Anna room', 'Ben pin']);
    // Also of its own end.
    for (const key of ['1', '2', '3']) await press(ben, key.repeat(4));
    await world.clock.advance(3000);
    const { text } = await ben.request('GET', '/rooms/r1/events', { headers: { authorization: `Bearer ${token}` } });
    expect(text).toContain('pin-failed');
    expect(text).not.toContain('Anna');
    expect(places()).toEqual(['Anna room']);
    const again = await pageOf();
    await again.connect('/webrtc/endpoint?peer=Ben', token);
    expect(await reads()).toEqual([
      { status: 200, names: ['Ben'] },
      { status: 200, names: ['Ben'] },
      { status: 403, names: [] },
    ]);
    await press(again, '1234');
    expect(await reads()).toEqual([
      { status: 200, names: ['Anna', 'Ben'] },
      { status: 200, names: ['Anna', 'Ben'] },
      { status: 200, names: ['Anna'] },
    ]);
  });

  test('nor is there another way around the PIN: the SDK’s way asks too, and streams take no such token', async () => {
    await begin(`api_secret: ${secret}\njoin_open: r1`);
    await world.gateway.streams.open(world.network.host('10.0.0.1'), { address: '10.0.0.1', port: 8002 });
    await make({ pin: '1234', empty_s: 0 });
    const { token } = await ask('r1');
    const page = await pageOf();
    const body = JSON.stringify({ token, sdp: page.voice.offer().toString(), peer: 'Anna' });
    const headers = { 'content-type': 'application/json' };
    const answer = JSON.parse((await page.request('POST', '/webrtc/connect', { body, headers })).text);
    expect(answer.status).toBe(true);
    page.use(answer.data.sdp);
    await world.clock.advance(500);
    expect(places()).toEqual(['Anna pin']);
    const sockets = new VirtualWebSockets(world.network.host('10.0.0.9'));
    const stream = { path: `/streams/r1?token=${token}`, origin: null, protocols: [], headers: { host: '127.0.0.1' } };
    const dialled = sockets.dial({ address: '10.0.0.1', port: 8002 }, new FakeBot(), stream);
    await expect(world.while(dialled)).rejects.toMatchObject({ statusCode: 401 });
  });
});
