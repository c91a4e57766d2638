import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { signJwt } from '../../../gateway/web/jwt.js';
import { RoomWorld } from '../../support/room-world.js';
import { WebPage, type WebPageOptions } from '../../support/web-page.js';

/** Clients of WHIP and WHEP that do the lite side of ICE, as media servers with public addresses do. */

const secret = 'the secret of this gateway';
let world: RoomWorld;
let pages: WebPage[];

async function begin(config = ''): Promise<void> {
  world = await RoomWorld.start({ config: `token_secret: ${secret}\n${config}` });
  pages = [];
}

beforeEach(() => begin());

afterEach(async () => {
  for (const page of pages) await page.close();
  await world.clock.advance(40_000);
  expect(Object.entries(world.gateway.gateway.leftovers()).filter(([, count]) => count !== 0)).toEqual([]);
  expect(await world.close()).toMatchObject({ timers: 0 });
});

const token = (): string => signJwt({ iss: 'webrtc', room: 'r1', peer: null, exp: 9e9 }, secret);

async function pageOf(options: WebPageOptions): Promise<WebPage> {
  const page = await WebPage.open(world, world.gateway, { isLite: true, ...options });
  pages.push(page);
  return page;
}

async function joined(options: WebPageOptions, door = 'webrtc'): Promise<{ page: WebPage; answer: string }> {
  const page = await pageOf(options);
  const { status, text } = await page.connect(`/${door}/endpoint`, token());
  expect([status, text.slice(0, 3)]).toEqual([201, 'v=0']);
  return { page, answer: text };
}

describe.each([
  ['a pair of ports each', ''],
  ['one port for all', 'webrtc_port: 4443'],
])('RFC 8445 §6.1.1 a lite client is checked, %s', (_, config) => {
  beforeEach(async () => {
    await world.close();
    await begin(config);
  });

  test('it hears the phone and is heard; the answer is that of a full agent', async () => {
    const phone = await world.come(1250);
    const { page, answer } = await joined({ toneHz: 440 });
    expect(answer).not.toContain('a=ice-lite');
    expect(answer).toMatch(/a=ice-ufrag:\w+\r\na=ice-pwd:\w+\r\na=candidate:/);
    expect(await page.hears(440, 1250)).toEqual([1250]);
    expect(await world.heard([phone], [440])).toEqual([[440]]);
  });

  test('two of them and a browser that checks itself: each hears the others and not itself', async () => {
    const { page: one } = await joined({ toneHz: 440 });
    const { page: two } = await joined({ toneHz: 800 });
    const { page: full } = await joined({ toneHz: 1250, isLite: false });
    expect(await one.hears(440, 800, 1250)).toEqual([800, 1250]);
    expect(await two.hears(440, 800, 1250)).toEqual([440, 1250]);
    expect(await full.hears(440, 800, 1250)).toEqual([440, 800]);
  });

  test.each(['whip', 'whep'] as const)(
    'RFC 7675 by %s, it is there as long as it answers, and no longer',
    async (door) => {
      const { page } = await joined({ direction: door === 'whip' ? 'sendonly' : 'recvonly' }, door);
      const { answered } = page;
      // Nothing but checks: who plays need not send RTCP.
      world.network.filter = ({ from, data }) => !(from.address.startsWith('10.0.3.') && data[0]! >= 128);
      await world.clock.advance(30_000);
      expect(page.answered - answered).toBeGreaterThanOrEqual(6);
      expect(world.runner().room.members.size).toBe(1);
      page.cut();
      // Its last answer may be 4 s old.
      await world.clock.advance(5000);
      expect(world.rooms.size).toBe(1);
      await world.clock.advance(6000);
      expect(world.events()).toContain(`member_left ${door === 'whip' ? 'publisher' : 'whep-1'} failed`);
      world.network.filter = null;
    },
  );

  test('RFC 8445 §9 new credentials: it is checked with those, and the sound goes on', async () => {
    const phone = await world.come(1250);
    const { page } = await joined({ toneHz: 440 });
    page.ufrag = 'anew';
    const candidate = /a=candidate:.*/.exec(page.voice.offer().toString())![0];
    const { answered } = page;
    const fragment = `a=ice-ufrag:anew\r\na=ice-pwd:${'p'.repeat(24)}\r\n${candidate}\r\na=end-of-candidates\r\n`;
    const answer = await page.patch(fragment);
    expect([answer.status, answer.text]).toEqual([200, expect.not.stringContaining('a=ice-lite')]);
    await world.clock.advance(500);
    expect(page.answered).toBeGreaterThan(answered);
    expect(await page.hears(440, 1250)).toEqual([1250]);
    expect(await world.heard([phone], [440])).toEqual([[440]]);
  });
});

describe('RFC 8839 §4.2 a lite client that cannot be checked gets 406', () => {
  test.each([
    ['no candidate', (sdp: string) => sdp.replace(/a=candidate.*\r\n/, '')],
    ['a name behind mDNS alone', (sdp: string) => sdp.replace(/(a=candidate.* )10\S+/, '$10a1b2c3d.local')],
    ['TCP alone', (sdp: string) => sdp.replace(/(a=candidate:1 1) UDP/, '$1 TCP')],
    ['a multicast group', (sdp: string) => sdp.replace(/(a=candidate.* )10\S+/, '$1239.1.2.3')],
  ])('%s', async (_, edit) => {
    const page = await pageOf({ edit });
    const { status, text } = await page.connect('/webrtc/endpoint', token());
    const { error, message } = JSON.parse(text) as { error: string; message: string };
    expect([status, error, message]).toEqual([406, 'NOT_ACCEPTABLE', expect.stringContaining('ICE-lite')]);
    expect(world.rooms.size).toBe(0);
  });
});
