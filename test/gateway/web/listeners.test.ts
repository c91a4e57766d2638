import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Direction } from '../../../media/index.js';
import { RoomWorld } from '../../support/room-world.js';
import { WebPage, type WebPageOptions } from '../../support/web-page.js';

/** Pages that offer to receive alone at /webrtc/endpoint: listeners, until they offer to send. */

let world: RoomWorld;
let pages: WebPage[];

beforeEach(async () => {
  world = await RoomWorld.start();
  pages = [];
});

afterEach(async () => {
  for (const page of pages) await page.close();
  await world.clock.advance(40_000);
  expect(Object.entries(world.gateway.gateway.leftovers()).filter(([, count]) => count !== 0)).toEqual([]);
  expect(await world.close()).toEqual({ sockets: [], timers: 0 });
});

async function listener(options: WebPageOptions = {}, claims: object = {}): Promise<WebPage> {
  const page = await WebPage.open(world, world.gateway, { toneHz: 440, direction: 'recvonly', ...options });
  pages.push(page);
  const body = { room: 'r1', peer: 'anna', ...claims };
  const { json } = await world.gateway.api('POST', '/app/webrtc_session', body);
  const { status } = await page.connect('/webrtc/endpoint', json.data.token);
  expect(status).toBe(201);
  return page;
}

/** A new offer in the same connection; what of it was agreed on, as the page sees it. */
async function offers(page: WebPage, direction: Direction): Promise<string | undefined> {
  page.voice.direction = direction;
  const body = page.voice.offer().toString();
  const answer = await page.patch(body, { 'content-type': 'application/sdp' });
  expect(answer.status).toBe(200);
  page.voice.accept(Buffer.from(answer.text));
  await world.clock.advance(500);
  return /a=(sendrecv|sendonly|recvonly|inactive)/.exec(answer.text)?.[1];
}

function names(): string[] {
  return [...world.runner().room.members.values()].map(({ peer, role }) => `${peer} ${role}`);
}

describe('a page that offers to receive alone at /webrtc/endpoint', () => {
  test('hears the room, is a listener, and keeps nobody company', async () => {
    const page = await listener();
    const [first, second] = [await world.come(1250), await world.come(800)];
    expect(names()).toEqual(['anna listener', '1001 member', '1002 member']);
    expect(await page.hears(800, 1250)).toEqual([800, 1250]);
    expect(await world.heard([first, second], [440, 800, 1250])).toEqual([[800], [1250]]);
    first.call?.hangUp();
    await world.clock.advance(100);
    expect(second.call?.log).toEqual(['answered', 'ended bye']);
  });

  test('is a member as others are once it offers to send: heard, and company', async () => {
    const page = await listener();
    const phone = await world.addPhone('1001', { toneHz: 1250 });
    await world.while(phone.register());
    world.answer({ strategy: 'WaitOtherPeers' });
    const call = await world.while(phone.dial('9000'));
    await world.clock.advance(1000);
    expect(call.log).toEqual(['180']);
    expect(await offers(page, 'sendrecv')).toBe('sendrecv');
    expect(call.log).toEqual(['180', 'answered']);
    expect(names()).toEqual(['anna member', '1001 member']);
    expect(world.events()).toContain('member_updated anna room');
    expect(await world.heard([phone], [440])).toEqual([[440]]);
    expect(await page.hears(1250)).toEqual([1250]);
    const other = await world.come(800, {}, '1002');
    other.call?.hangUp();
    await world.clock.advance(5000);
    expect(call.ended).toBe(null);
    // Who is silent for a while is no listener again.
    expect(await offers(page, 'recvonly')).toBe('sendonly');
    expect(names()).toEqual(['anna member', '1001 member']);
    await page.request('DELETE', page.location);
    await world.clock.advance(100);
    expect(call.log).toEqual(['180', 'answered', 'ended bye']);
  });

  test('comes muted where members do, and stays as muted as a host made it', async () => {
    await world.gateway.api('POST', '/rooms', { room_id: 'r1', mute_on_entry: true, empty_s: 0 });
    const page = await listener();
    const phone = await world.come(1250);
    await offers(page, 'sendrecv');
    const own = { muted: true, muted_by: 'self', role: 'member' };
    const [member] = [...world.runner().room.members.keys()];
    expect((await world.gateway.api('GET', `/rooms/r1/members/${member}`)).json).toMatchObject(own);
    expect(await world.heard([phone], [440])).toEqual([[]]);
    await world.gateway.api('PATCH', `/rooms/r1/members/${member}`, { muted: false });
    expect(await world.heard([phone], [440])).toEqual([[440]]);
    phone.call?.hangUp();
  });

  test('whose token lets it publish nothing is answered so, and stays a listener', async () => {
    const page = await listener({}, { publish: false });
    const phone = await world.come(1250);
    expect(await offers(page, 'sendrecv')).toBe('sendonly');
    expect(names()).toEqual(['anna listener', '1001 member']);
    expect(await world.heard([phone], [440])).toEqual([[]]);
    phone.call?.hangUp();
  });
});

describe('whom a host has muted', () => {
  test('cannot unmute itself with its token: 403 MUTED_BY_HOST, until it is asked to; nor others at all', async () => {
    const page = await listener({ direction: 'sendrecv' });
    const phone = await world.come(1250);
    const { json } = await world.gateway.api('POST', '/token/webrtc', { room: 'r1', peer: 'anna', ttl: 600 });
    const [own, other] = [...world.runner().room.members.keys()];
    const asMember = async (id: string | undefined, muted: boolean, token: string): Promise<unknown[]> => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ muted });
      const answer = await page.request('PATCH', `/rooms/r1/members/${id}`, { headers, body });
      const { code, muted_by } = JSON.parse(answer.text) as { code?: string; muted_by?: string };
      return [answer.status, code ?? muted_by];
    };
    const token = page.token;
    await world.gateway.api('PATCH', `/rooms/r1/members/${own}`, { muted: true });
    expect(await asMember(own, false, token)).toEqual([403, 'MUTED_BY_HOST']);
    // To mute itself as well is no way around it.
    expect(await asMember(own, true, token)).toEqual([200, 'host']);
    expect(await asMember(own, false, token)).toEqual([403, 'MUTED_BY_HOST']);
    expect(await world.heard([phone], [440])).toEqual([[]]);
    expect(await asMember(other, true, token)).toEqual([403, 'FORBIDDEN']);
    // Another token of the same name is not the one that it came by.
    expect(await asMember(own, false, json.data.token)).toEqual([403, 'FORBIDDEN']);
    await world.gateway.api('POST', `/rooms/r1/members/${own}/actions`, { action: 'ask_to_unmute' });
    expect(await asMember(own, false, token)).toEqual([200, null]);
    expect(await world.heard([phone], [440])).toEqual([[440]]);
    phone.call?.hangUp();
  });
});
