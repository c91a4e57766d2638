import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { signJwt } from '../../../gateway/web/jwt.js';
import { RoomWorld } from '../../support/room-world.js';
import { FakeBot } from '../../support/stream-stage.js';
import { type VirtualRefusal, VirtualWebSockets } from '../../support/virtual-web-sockets.js';
import { WebPage, type WebPageOptions } from '../../support/web-page.js';

/** Tokens that are no good, on each door that takes one; offers without sound; tracks that stop. */

const secret = 'the secret of this gateway';
let world: RoomWorld;
let pages: WebPage[];

async function begin(config = ''): Promise<void> {
  world = await RoomWorld.start({ config: `token_secret: ${secret}\n${config}` });
  await world.gateway.streams.open(world.network.host('10.0.0.1'), { address: '10.0.0.1', port: 8002 });
  pages = [];
}

beforeEach(() => begin());

afterEach(async () => {
  for (const page of pages) await page.close();
  await world.clock.advance(40_000);
  expect(Object.entries(world.gateway.gateway.leftovers()).filter(([, count]) => count !== 0)).toEqual([]);
  expect(await world.close()).toMatchObject({ timers: 0 });
});

const token = (claims: object, key = secret): string => signJwt({ room: 'r1', peer: null, exp: 9e9, ...claims }, key);

async function pageOf(options: WebPageOptions = {}): Promise<WebPage> {
  const page = await WebPage.open(world, world.gateway, { toneHz: 440, ...options });
  pages.push(page);
  return page;
}

const wordOf = (text: string): string => {
  const { error, code } = JSON.parse(text) as { error?: string; code?: string };
  return error ?? code ?? '';
};

/** POST of an offer with its token: status and word. */
async function offered(door: string, bearer: string | null, options: WebPageOptions = {}): Promise<unknown[]> {
  const page = await pageOf(options);
  const headers = {
    'content-type': 'application/sdp',
    ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
  };
  const { status, text } = await page.request('POST', `/${door}/endpoint`, {
    body: page.voice.offer().toString(),
    headers,
  });
  return [status, wordOf(text)];
}

/** The same as the SDK sends it. */
async function connected(bearer: string | null, options: WebPageOptions = {}): Promise<unknown[]> {
  const page = await pageOf(options);
  const body = JSON.stringify({
    room: 'r1',
    peer: 'anna',
    token: bearer ?? undefined,
    sdp: page.voice.offer().toString(),
  });
  const headers = { 'content-type': 'application/json' };
  const { status, text } = await page.request('POST', '/webrtc/connect', { body, headers });
  return [status, wordOf(text)];
}

/** A request to the API as a page makes it. */
async function read(bearer: string | null): Promise<unknown[]> {
  const headers: Record<string, string> = bearer === null ? {} : { authorization: `Bearer ${bearer}` };
  const { status, json } = await world.gateway.fetch('GET', '/rooms/r1', undefined, headers);
  return [status, json.code];
}

/** A WebSocket to /streams: the status of the handshake. */
async function dialled(bearer: string | null, by: 'query' | 'header'): Promise<unknown> {
  const sockets = new VirtualWebSockets(world.network.host('10.0.0.9'));
  const query = by === 'query' && bearer !== null ? `?token=${bearer}` : '';
  const headers = {
    host: '127.0.0.1',
    ...(by === 'header' && bearer !== null ? { authorization: `Bearer ${bearer}` } : {}),
  };
  const page = { path: `/streams/r1${query}`, origin: null, protocols: [], headers };
  return world.while(
    sockets.dial({ address: '10.0.0.1', port: 8002 }, new FakeBot(), page).then(
      () => 101,
      ({ statusCode, message }: VirtualRefusal) => `${statusCode} ${message}`,
    ),
  );
}

describe('a token that is no good, on each door', () => {
  const kinds = {
    none: [null, 'UNAUTHORIZED'],
    garbage: ['x.y.z', 'INVALID_TOKEN'],
    'signed by another key': [token({ iss: 'webrtc' }, 'another key'), 'INVALID_TOKEN'],
    'of the first generation, by another key': [token({ protocol: 'Webrtc', ts: 1 }, 'another key'), 'INVALID_TOKEN'],
    expired: [token({ iss: 'webrtc', exp: 1 }), 'TOKEN_EXPIRED'],
    'expired, of the first generation': [token({ protocol: 'Webrtc', ts: 1, exp: 1 }), 'TOKEN_EXPIRED'],
    'for another door': [token({ iss: 'sip' }), 'INVALID_TOKEN'],
  } as const;

  test.each(Object.entries(kinds))('%s: WHIP, WHEP, WebRTC and the SDK', async (kind, [bearer, word]) => {
    for (const door of ['whip', 'whep', 'webrtc'])
      expect([door, ...(await offered(door, bearer))]).toEqual([door, 401, word]);
    // In the words of the contract; a body without a token is no body.
    expect(await connected(bearer)).toEqual(kind === 'none' ? [400, 'BAD_REQUEST'] : [200, 'INVALID_TOKEN']);
    expect(world.rooms.size).toBe(0);
  });

  test.each([
    ['where the API has a secret', 'api_secret: hush-hush'],
    ['where whoever reaches it may use it', ''],
  ])('/rooms and /streams, %s', async (_, config) => {
    await world.close();
    await begin(config);
    const phone = await world.come(1250);
    const isOpen = config === '';
    const usual = isOpen ? [200, undefined] : [401, 'UNAUTHORIZED'];
    expect(await read(null)).toEqual(usual);
    for (const kind of ['garbage', 'signed by another key'] as const) {
      const [bearer] = kinds[kind];
      expect(await read(bearer)).toEqual(usual);
      // One that is shown as a token has to be one.
      expect([kind, await dialled(bearer, 'query')]).toEqual([kind, expect.stringMatching(/^401 INVALID_TOKEN/)]);
      expect(await dialled(bearer, 'header')).toEqual(isOpen ? 101 : expect.stringMatching(/^401 UNAUTHORIZED/));
    }
    for (const kind of ['expired', 'expired, of the first generation'] as const) {
      const [bearer] = kinds[kind];
      expect(await read(bearer)).toEqual([401, 'TOKEN_EXPIRED']);
      for (const by of ['query', 'header'] as const) {
        expect(await dialled(bearer, by)).toMatch(/^401 TOKEN_EXPIRED/);
      }
    }
    const elsewhere = token({ iss: 'webrtc', room: 'r2' });
    expect(await read(elsewhere)).toEqual([403, 'FORBIDDEN']);
    for (const by of ['query', 'header'] as const) expect(await dialled(elsewhere, by)).toMatch(/^401 INVALID_TOKEN/);
    const good = token({ iss: 'webrtc' });
    expect(await read(good)).toEqual([200, undefined]);
    for (const by of ['query', 'header'] as const) expect(await dialled(good, by)).toBe(101);
    phone.call?.hangUp();
  });
});

const withoutAudio = {
  'no audio': (sdp: string) => sdp.replace('m=audio', 'm=video'),
  'audio that is refused': (sdp: string) => sdp.replace('m=audio 9', 'm=audio 0'),
  'no medium at all': (sdp: string) => sdp.slice(0, sdp.indexOf('m=audio')),
};

describe('an offer without sound', () => {
  test.each(Object.entries(withoutAudio))('%s: 406 on each door', async (_, edit) => {
    for (const door of ['whip', 'whep', 'webrtc']) {
      const direction = door === 'whep' ? 'recvonly' : 'sendrecv';
      const answer = await offered(door, token({ iss: door }), { edit, direction });
      expect([door, ...answer]).toEqual([door, 406, 'NOT_ACCEPTABLE']);
    }
    expect(await connected(token({ iss: 'webrtc' }), { edit })).toEqual([406, 'NOT_ACCEPTABLE']);
    expect(world.rooms.size).toBe(0);
  });

  test.each(Object.entries(withoutAudio))(
    '%s, from one that is in: 406, and it is heard as before',
    async (_, edit) => {
      let isBad = false;
      const page = await pageOf({ edit: (sdp) => (isBad ? edit(sdp) : sdp) });
      expect((await page.connect('/webrtc/endpoint', token({ iss: 'webrtc' }))).status).toBe(201);
      const phone = await world.come(1250);
      isBad = true;
      const answer = await page.patch(page.voice.offer().toString(), { 'content-type': 'application/sdp' });
      expect([answer.status, wordOf(answer.text)]).toEqual([406, 'NOT_ACCEPTABLE']);
      expect(await page.hears(1250)).toEqual([1250]);
      expect(await world.heard([phone], [440])).toEqual([[440]]);
    },
  );
});

describe('a track that stops', () => {
  test('of a page that stays: silence for the others, nobody speaks, it hears on; and it is heard again when it goes on', async () => {
    const page = await pageOf();
    await page.connect('/webrtc/endpoint', token({ iss: 'webrtc', peer: 'anna' }));
    const phone = await world.come(1250);
    const unfollow = world.runner().follow();
    await world.clock.advance(2000);
    expect(await world.heard([phone], [440])).toEqual([[440]]);
    let isStopped = true;
    // Sound alone; its checks and RTCP go on (RFC 7983 §7).
    world.network.filter = ({ from, data }) => !(isStopped && from.address.startsWith('10.0.3.') && isRtp(data));
    await world.clock.advance(60_000);
    expect(await world.heard([phone], [440])).toEqual([[]]);
    expect(world.peakOf(phone, 440)).toBeLessThan(-60);
    expect(await page.hears(1250)).toEqual([1250]);
    expect(world.events()).toContain('speaking_stopped anna');
    expect(world.runner().room.members.size).toBe(2);
    isStopped = false;
    await world.clock.advance(1000);
    expect(await world.heard([phone], [440])).toEqual([[440]]);
    expect(world.events().filter((event) => event === 'speaking_started anna')).toHaveLength(2);
    unfollow();
    phone.call?.hangUp();
  });

  test('of a phone: silence for the others at once, and no end of the call before rtp_timeout_ms', async () => {
    await world.close();
    await begin('rtp_timeout_ms: 30000');
    const [first, second] = [await world.come(440), await world.come(800)];
    expect(await world.heard([first, second], [440, 800])).toEqual([[800], [440]]);
    const { address } = first.options;
    world.network.filter = ({ from }) => !(from.address === address && from.port !== 5060);
    await world.clock.advance(1000);
    expect(await world.heard([first, second], [440, 800])).toEqual([[800], []]);
    world.network.filter = null;
    await world.clock.advance(500);
    expect(await world.heard([first, second], [440, 800])).toEqual([[800], [440]]);
    world.network.filter = ({ from }) => !(from.address === address && from.port !== 5060);
    await world.clock.advance(31_000);
    expect(first.call?.ended?.cause).toBe('bye');
    world.network.filter = null;
  });
});

function isRtp(data: Buffer): boolean {
  const isMedia = data[0]! >= 128 && data[0]! <= 191;
  return isMedia && !(data[1]! >= 192 && data[1]! <= 223);
}
