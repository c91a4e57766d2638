import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RoomWorld } from '../../support/room-world.js';
import type { WorldPhone } from '../../support/virtual-world.js';
import { WebPage, type WebPageOptions } from '../../support/web-page.js';

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

async function tokenFor(door: string, more: object = {}): Promise<string> {
  const { json } = await world.gateway.api('POST', `/token/${door}`, { room: 'r1', ttl: 3600, ...more });
  return json.data.token as string;
}

async function come(door: 'whip' | 'whep' | 'webrtc', options: WebPageOptions, more: object = {}): Promise<WebPage> {
  const page = await WebPage.open(world, world.gateway, options);
  pages.push(page);
  const answer = await page.connect(`/${door}/endpoint`, await tokenFor(door, more));
  expect([answer.status, answer.text.slice(0, 3)]).toEqual([201, 'v=0']);
  return page;
}

const publisher = (toneHz: number): Promise<WebPage> => come('whip', { toneHz, direction: 'sendonly' });
const player = (): Promise<WebPage> => come('whep', { direction: 'recvonly' });

function names(): string[] {
  return [...world.runner().room.members.values()].map(({ peer, role }) => `${peer} ${role}`);
}

describe('browsers in a room', () => {
  test('a publisher, a player, a page with both ways and a phone: each hears the others, and not itself', async () => {
    const whip = await publisher(440);
    const whep = await player();
    const both = await come('webrtc', { toneHz: 800 }, { peer: 'anna', extra_data: 'seat 4' });
    const phone = await world.come(1250);
    const tones = [440, 800, 1250];
    expect(names()).toEqual(['publisher member', 'whep-2 listener', 'anna member', '1001 member']);
    expect(await world.heard([phone], tones)).toEqual([[440, 800]]);
    expect(await both.hears(...tones)).toEqual([440, 1250]);
    expect(await whep.hears(...tones)).toEqual(tones);
    expect(await whip.hears(...tones)).toEqual([]);
    const anna = [...world.runner().room.members.values()].find(({ peer }) => peer === 'anna');
    expect(anna).toMatchObject({ kind: 'webrtc', identity: 'token:anna', extraData: 'seat 4' });
  });

  test('who reads the members with a token of the room cannot end or take over their connections', async () => {
    const [web, other] = [await publisher(440), await come('webrtc', { toneHz: 800 }, { peer: 'anna' })];
    const authorization = `Bearer ${await tokenFor('webrtc')}`;
    const { text } = await other.request('GET', '/rooms/r1/members', { headers: { authorization } });
    const { members } = JSON.parse(text) as { members: { member_id: string; peer: string }[] };
    const { member_id } = members.find(({ peer }) => peer === 'publisher')!;
    expect(web.location).toContain(member_id);
    const key = other.location.split('.')[1];
    for (const id of [member_id, `${member_id}.`, `${member_id}.${key}`]) {
      const headers = { authorization, 'content-type': 'application/sdp', 'if-match': '*' };
      const body = other.voice.offer().toString();
      expect((await other.request('DELETE', `/whip/conn/${id}`, { headers: { authorization } })).status).toBe(404);
      expect((await other.request('PATCH', `/whip/conn/${id}`, { headers, body })).status).toBe(404);
    }
    expect(names()).toEqual(['publisher member', 'anna member']);
    expect(await other.hears(440)).toEqual([440]);
  });

  test('contract §4.2 who waits for somebody is answered when the transport of a publisher is up, not by a player', async () => {
    const phone = await world.addPhone('1001', { toneHz: 1250 });
    await world.while(phone.register());
    world.answer({ strategy: 'WaitOtherPeers' });
    const call = await world.while(phone.dial('9000'));
    await world.clock.advance(1000);
    await player();
    await world.clock.advance(3000);
    expect(call.log).toEqual(['180']);
    await publisher(440);
    expect(call.log).toEqual(['180', 'answered']);
    expect(await world.heard([phone], [440, 1250])).toEqual([[440]]);
  });

  test('a namesake with the same token takes the place of the first; one by its own word gets another name', async () => {
    await come('webrtc', { toneHz: 440 }, { peer: 'anna' });
    await come('webrtc', { toneHz: 800 }, { peer: 'anna' });
    await publisher(1250);
    await publisher(2000);
    await world.clock.advance(100);
    expect(names()).toEqual(['anna member', 'publisher member', 'publisher~2 member']);
    expect(world.events().filter((event) => event.startsWith('member_left'))).toEqual(['member_left anna replaced']);
  });

  test('keys that a page presses (RFC 4733) are its keys in the room', async () => {
    const page = await come('webrtc', { toneHz: 440 }, { peer: 'anna' });
    page.voice.session.dtmf('5', 100);
    await world.clock.advance(1000);
    expect(world.events()).toContain('dtmf');
  });
});

describe('contract §7 scenario 5 with browsers', () => {
  async function phones(count: number): Promise<WorldPhone[]> {
    const all = [];
    for (let at = 0; at < count; at += 1) all.push(await world.come(600 + 100 * at));
    return all;
  }

  test('the publisher leaves: BYE for the phone', async () => {
    const web = await publisher(440);
    const [phone] = await phones(1);
    expect(await world.heard([phone!], [440])).toEqual([[440]]);
    const answer = await web.request('DELETE', web.location);
    expect([answer.status, answer.text]).toEqual([200, '{"status":true,"data":"OK"}']);
    await world.clock.advance(100);
    expect(phone?.call?.log).toEqual(['answered', 'ended bye']);
    expect((await web.request('DELETE', web.location)).status).toBe(404);
  });

  test('of three members one leaves: the phones stay, until one of them is left', async () => {
    const web = await publisher(440);
    const [a, b] = await phones(2);
    await web.request('DELETE', web.location);
    await world.clock.advance(5000);
    expect([a?.call?.ended, b?.call?.ended]).toEqual([null, null]);
    a?.call?.hangUp();
    await world.clock.advance(100);
    expect(b?.call?.log).toEqual(['answered', 'ended bye']);
  });

  test('a player alone keeps nobody', async () => {
    await player();
    const [a, b] = await phones(2);
    a?.call?.hangUp();
    await world.clock.advance(100);
    expect(b?.call?.log).toEqual(['answered', 'ended bye']);
  });
});

describe('a page that goes', () => {
  test('RFC 7675 without a word is noticed within ten seconds, speaking or not, and the others are told', async () => {
    const speaks = await publisher(440);
    const [hears, stays] = [await player(), await come('webrtc', { toneHz: 800 }, { peer: 'anna' })];
    await world.clock.advance(30_000);
    expect(names()).toHaveLength(3);
    speaks.cut();
    hears.cut();
    await world.clock.advance(10_000);
    expect(names()).toEqual(['anna member']);
    const left = world.events().filter((event) => event.startsWith('member_left'));
    expect(left.sort()).toEqual(['member_left publisher failed', 'member_left whep-2 failed']);
    expect((await speaks.request('DELETE', speaks.location)).status).toBe(404);
    await stays.request('DELETE', stays.location);
  });

  test('RFC 5246 §7.2.1 with close_notify is gone at once', async () => {
    const web = await publisher(440);
    const other = await come('webrtc', { toneHz: 800 }, { peer: 'anna' });
    await web.close();
    await world.clock.advance(100);
    expect(names()).toEqual(['anna member']);
    expect(world.events().at(-1)).toBe('member_left publisher left');
    await other.request('DELETE', other.location);
  });

  test('that never connects is over after ten seconds, and never was in the room', async () => {
    const page = await WebPage.open(world, world.gateway, { toneHz: 440 });
    pages.push(page);
    page.cut();
    await page.connect('/webrtc/endpoint', await tokenFor('webrtc'));
    expect(world.gateway.gateway.leftovers()).toMatchObject({ webConnections: 1, openRooms: 0, rooms: 0 });
    await world.clock.advance(10_500);
    expect(world.gateway.gateway.leftovers()).toMatchObject({ webConnections: 0, mediaLegs: 0, portsInUse: 0 });
  });
});
