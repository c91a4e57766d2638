import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Browser, type BrowserPhone, type BrowserPhoneOptions } from './support/browser.js';
import type { Gateway } from './support/gateway.js';
import { requirePeers } from './support/peers.js';
import { Stage } from './support/stage.js';
import { baresipInRoom, sippInRoom } from './support/tone-phones.js';
import { toneOf, whatIsWrong } from './support/tones.js';

let browser: Browser;
let stage: Stage;

beforeAll(async () => {
  requirePeers('baresip', 'sipp', 'sox');
  browser = await Browser.start();
});

afterAll(() => browser.close());

beforeEach(() => {
  stage = new Stage();
});

afterEach(() => stage.close());

const libraries = ['jssip', 'sipjs'] as const;
type Library = BrowserPhoneOptions['library'];

function wsUrl(gateway: Gateway): string {
  const listening = gateway.logged('ready')[0]!.listening as { kind: string; port: number; path?: string }[];
  const at = listening.find((each) => each.kind === 'ws')!;
  return `ws://127.0.0.1:${at.port}${at.path}`;
}

function start(...more: readonly string[]): Promise<Gateway> {
  return stage.gateway('--sip-ws-origins', browser.origin, ...more);
}

/** A page that has registered. */
async function registered(gateway: Gateway, library: Library, user = '1001'): Promise<BrowserPhone> {
  const account = { user, password: user, domain: '127.0.0.1', toneHz: toneOf[library] };
  const phone = await browser.phone({ library, url: wsUrl(gateway), ...account });
  stage.onClose(() => phone.close());
  expect(await phone.register()).toBe(200);
  return phone;
}

/** Its registration as the application sees it. */
async function sessionOf(gateway: Gateway, user: string): Promise<string> {
  const all = (await gateway.api('GET', '/sip/sessions')) as { session_id: string; username: string }[];
  return all.find(({ username }) => username === user)!.session_id;
}

/** Has a registered user rung, and put into a room. */
async function ring(gateway: Gateway, user: string, room: string): Promise<void> {
  const dest_session_id = await sessionOf(gateway, user);
  await gateway.api('POST', '/sip/invite/client', { room_id: room, from_number: '100', dest_session_id });
}

describe('RFC 8834 browsers and phones in one room', () => {
  test('JsSIP, SIP.js, baresip on G.722, sipp on PCMA: each hears each other one, and not itself', async () => {
    const gateway = await start();
    const pages = await Promise.all([registered(gateway, 'jssip', '1001'), registered(gateway, 'sipjs', '1002')]);
    const phones = [await baresipInRoom(stage, gateway, '9000'), await sippInRoom(stage, gateway, '9000')];
    for (const page of pages) await page.call('sip:9000@127.0.0.1');
    for (const page of pages) await page.hears('calls', 'established');
    const calls = await gateway.connected(4);
    expect(calls.map(({ codec }) => codec).sort()).toEqual(['g722', 'opus', 'opus', 'pcma']);
    expect(await whatIsWrong([...pages, ...phones])).toEqual([]);
    await pages[0].hangUp();
    await pages[0].hears('calls', 'ended');
    await gateway.connected(3);
    const left = [pages[1], ...phones];
    expect(await whatIsWrong(left)).toEqual([]);
  });
});

describe('RFC 7118 a browser', () => {
  test.each(libraries)('%s is rung by the application, and is in the room', async (library) => {
    const gateway = await start();
    const page = await registered(gateway, library);
    const sipp = await sippInRoom(stage, gateway, '9000');
    await ring(gateway, '1001', '9000');
    await page.accept();
    await page.hears('calls', 'established');
    expect(await whatIsWrong([page, sipp])).toEqual([]);
    const { remote } = await page.descriptions();
    expect(remote).toMatch(/a=group:BUNDLE 0[\s\S]*UDP\/TLS\/RTP\/SAVPF[\s\S]*a=mid:0/);
    expect(remote).toMatch(/UDP\/TLS\/RTP\/SAVPF[\s\S]*a=ice-ufrag[\s\S]*a=rtcp-mux/);
    expect(gateway.logged('call.answered').map(({ srtp }) => srtp)).toContain('DTLS');
    await page.hangUp();
    // Nobody is left for the other.
    expect(await gateway.outcome()).toMatchObject({ answered: 2, ended: 2 });
  });

  test('RFC 3261 §13.2.1 SIP.js leaves the offer to us, answers it in its ACK, and is in the room', async () => {
    const gateway = await start();
    const page = await registered(gateway, 'sipjs');
    const sipp = await sippInRoom(stage, gateway, '9000');
    await page.call('sip:9000@127.0.0.1', 'late');
    await page.hears('calls', 'established');
    expect(await whatIsWrong([page, sipp])).toEqual([]);
    const { local, remote } = await page.descriptions();
    for (const sdp of [local, remote]) expect(sdp).toMatch(/a=group:BUNDLE 0[\s\S]*a=mid:0/);
    await page.hangUp();
    expect(await gateway.outcome()).toMatchObject({ answered: 2, ended: 2 });
  });

  test.each(libraries)('%s and a desk phone of the same user both ring; the desk phone answers', async (library) => {
    const gateway = await start();
    const page = await registered(gateway, library);
    const desk = await stage.baresip({ gateway, user: '1001' });
    await ring(gateway, '1001', '9000');
    await page.hears('calls', 'ringing');
    await desk.accept();
    await page.hears('calls', library === 'jssip' ? 'failed' : 'ended');
    const [call] = await gateway.connected(1);
    expect(call?.codec).toBe('pcmu');
    await desk.hearMore(1000);
    await desk.hangUp();
  });

  test.each(libraries)('RFC 3264 §8.4 %s holds, is not heard and hears nothing, and comes back', async (library) => {
    const gateway = await start();
    const [page, sipp] = [await registered(gateway, library), await sippInRoom(stage, gateway, '9000')];
    await page.call('sip:9000@127.0.0.1');
    await page.hears('calls', 'established');
    expect(await whatIsWrong([page, sipp])).toEqual([]);
    await page.hold();
    const { remote } = await page.descriptions();
    expect(remote).toMatch(/a=(?:recvonly|inactive)/);
    expect(await whatIsWrong([sipp, { ...silent(page), since: async () => new Int16Array(8000) }], () => [])).toEqual(
      [],
    );
    await page.unhold();
    expect(await whatIsWrong([page, sipp])).toEqual([]);
  });

  test.each(libraries)('RFC 8445 §9 %s restarts ICE in a call, and gets new credentials of ours', async (library) => {
    const gateway = await start();
    const [page, sipp] = [await registered(gateway, library), await sippInRoom(stage, gateway, '9000')];
    await page.call('sip:9000@127.0.0.1');
    await page.hears('calls', 'established');
    expect(await whatIsWrong([page, sipp])).toEqual([]);
    const ufragOf = (sdp: string): string | undefined => /a=ice-ufrag:(\S+)/.exec(sdp)?.[1];
    const before = await page.descriptions();
    await page.restartIce();
    const after = await page.descriptions();
    expect(ufragOf(after.local)).not.toBe(ufragOf(before.local));
    expect(ufragOf(after.remote)).not.toBe(ufragOf(before.remote));
    expect(await whatIsWrong([page, sipp])).toEqual([]);
  });

  test.each(libraries)(
    'RFC 7675 %s whose page crashes is noticed, and whoever was with it gets a BYE',
    async (library) => {
      const gateway = await start();
      const [page, sipp] = [await registered(gateway, library), await sippInRoom(stage, gateway, '9000')];
      await page.call('sip:9000@127.0.0.1');
      await page.hears('calls', 'established');
      expect(await whatIsWrong([page, sipp])).toEqual([]);
      await page.crash();
      await gateway.outcome();
      expect(gateway.logged('call.ended').map(({ cause }) => cause)).toEqual(['media-timeout', 'others-left']);
    },
  );

  test('RFC 7675 a page that was rung crashes in the middle of a hold: it is noticed too', async () => {
    const gateway = await start();
    const [page] = [await registered(gateway, 'jssip'), await sippInRoom(stage, gateway, '9000')];
    await ring(gateway, '1001', '9000');
    await page.accept();
    await page.hears('calls', 'established');
    await page.hold();
    await page.crash();
    await gateway.outcome();
    expect(gateway.logged('call.ended').map(({ cause }) => cause)).toContain('media-timeout');
  });

  test('a tab that is closed ends its call, whether it could still end its DTLS or not', async () => {
    const gateway = await start();
    const [page] = [await registered(gateway, 'sipjs'), await sippInRoom(stage, gateway, '9000')];
    await page.call('sip:9000@127.0.0.1');
    await page.hears('calls', 'established');
    await gateway.connected(2);
    await page.close();
    await gateway.outcome();
    expect(['media-insecure', 'media-timeout']).toContain(gateway.logged('call.ended')[0]!.cause);
  });

  const ways = libraries.flatMap((library) => (['info', 'rtp'] as const).map((way) => [library, way] as const));
  test.each(ways)('RFC 4733 RFC 6086 %s sends digits by %s', async (library, way) => {
    const gateway = await start();
    const page = await registered(gateway, library);
    await page.call('sip:9000@127.0.0.1');
    await page.hears('calls', 'established');
    // A browser has a sender of digits once its sound flows.
    await eventually('sound', () => gateway.logged('call.media-started').length > 0);
    await page.dtmf('12#', way);
    await eventually('three digits', () => gateway.logged('call.dtmf').length >= 3);
    const source = way === 'rtp' ? 'rfc4733' : 'info';
    expect(gateway.logged('call.dtmf')).toMatchObject([{ source }, { source }, { source }]);
    await page.hangUp();
    await page.hears('calls', 'ended');
    expect(await gateway.outcome()).toMatchObject({ answered: 1, ended: 1 });
  });
});

/** The same member, which says nothing. */
function silent(page: BrowserPhone): { name: string; toneHz: number; mark(): Promise<number> } {
  return { name: page.name, toneHz: page.toneHz ?? 0, mark: () => page.mark() };
}
