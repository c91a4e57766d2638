import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/gateway-process.js';
import { Browser } from './support/browser.js';
import { requirePeers } from './support/peers.js';
import { Stage } from './support/stage.js';
import { baresipInRoom } from './support/tone-phones.js';
import { toneOf, whatIsWrong } from './support/tones.js';
import { memberOn, tokenOf, webMember } from './support/web-members.js';

/** What pages see of a connection by WHIP from another origin, and what the gateway sees of one that is gone without a word. */

let browser: Browser;
let stage: Stage;

beforeAll(async () => {
  requirePeers('baresip', 'sox');
  browser = await Browser.start();
});

afterAll(() => browser.close());

beforeEach(() => {
  stage = new Stage();
});

afterEach(() => stage.close());

interface Seen {
  readonly status: number;
  readonly error: string | null;
  readonly headers: Readonly<Record<string, string | null>>;
}

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What a script of the page can read of an answer; null: its browser keeps it away from it. */
function asks(page: Page, asked: Asked): Promise<Seen | null> {
  return page.evaluate(async ({ url, ...init }) => {
    const response = await fetch(url, init).catch(() => null);
    if (response === null) return null;
    const names = ['Location', 'ETag', 'Link', 'Accept-Patch', 'Accept-Post', 'Retry-After'];
    const headers = Object.fromEntries(names.map((name) => [name, response.headers.get(name)]));
    const error = /"error":"(\w+)"/.exec(await response.text())?.[1] ?? null;
    return { status: response.status, error, headers };
  }, asked);
}

describe('RFC 9725 §4.2 the WHATWG fetch standard: a page of another origin', () => {
  test('connects, patches and ends its connection, and reads what it needs and every refusal', async () => {
    const gateway = await stage.gateway(
      ...['--cors-origin', browser.origin, '--webrtc-ice-servers', '[{"urls":["stun:127.0.0.1:3478"]}]'],
    );
    const page = await browser.page(browser.origin);
    stage.onClose(() => page.close());
    const url = `${gateway.url}/webrtc/endpoint`;
    const offer = (await page.evaluate(`(() => {
      const connection = new RTCPeerConnection();
      connection.addTransceiver('audio');
      return connection.createOffer().then(({ sdp }) => sdp);
    })()`)) as string;
    const token = await tokenOf(gateway, 'webrtc', '9000');
    const headers = { 'Content-Type': 'application/sdp', Authorization: `Bearer ${token}` };
    const post = (changes: Partial<Asked>) => asks(page, { method: 'POST', url, headers, body: offer, ...changes });
    expect(await asks(page, { method: 'OPTIONS', url })).toMatchObject({
      headers: { 'Accept-Post': headers['Content-Type'] },
    });
    const refused = [
      await post({ headers: { ...headers, Authorization: 'Bearer x' } }),
      await post({ headers: { ...headers, 'Content-Type': 'text/plain' } }),
      await post({ body: `${offer}${'a=x-padding:y\r\n'.repeat(6000)}` }),
      await post({ body: offer.replace('m=audio', 'm=video') }),
    ];
    expect(refused.map((seen) => `${seen?.status} ${seen?.error}`)).toEqual([
      '401 INVALID_TOKEN',
      '415 UNSUPPORTED_MEDIA_TYPE',
      '413 PAYLOAD_TOO_LARGE',
      '406 NOT_ACCEPTABLE',
    ]);
    const taken = await post({});
    expect(taken).toMatchObject({
      status: 201,
      headers: {
        Location: expect.stringMatching(/^\/webrtc\/conn\//),
        ETag: expect.stringMatching(/^"/),
        Link: '<stun:127.0.0.1:3478>; rel="ice-server"',
        'Accept-Patch': 'application/trickle-ice-sdpfrag',
      },
    });
    const connection = new URL(taken?.headers.Location ?? '', gateway.url).href;
    const type = { 'Content-Type': 'application/trickle-ice-sdpfrag' };
    const body = 'a=end-of-candidates\r\n';
    const patch = (more: Record<string, string>) =>
      asks(page, { method: 'PATCH', url: connection, headers: { ...type, ...more }, body });
    const etag = taken?.headers.ETag ?? '';
    expect(await patch({})).toMatchObject({ status: 428, error: 'PRECONDITION_REQUIRED' });
    expect(await patch({ 'If-Match': '"other"' })).toMatchObject({ status: 412, headers: { ETag: etag } });
    expect(await patch({ 'If-Match': etag })).toMatchObject({ status: 204 });
    expect(await asks(page, { method: 'DELETE', url: connection })).toMatchObject({ status: 200 });
    expect(await asks(page, { method: 'DELETE', url: connection })).toMatchObject({
      status: 404,
      error: 'CONNECTION_NOT_FOUND',
    });
    const elsewhere = await browser.page(browser.origin.replace('127.0.0.1', 'localhost'));
    stage.onClose(() => elsewhere.close());
    expect(await asks(elsewhere, { method: 'POST', url, headers, body: offer })).toBeNull();
  });
});

describe('RFC 8842 §5.5 a page that begins anew on the same resource', () => {
  test('with another certificate and other credentials: it is heard and hears as before', async () => {
    const gateway = await stage.gateway('--cors-origin', browser.origin);
    const phone = await baresipInRoom(stage, gateway, '9000');
    const page = await browser.page(browser.origin);
    stage.onClose(() => page.close());
    const token = await tokenOf(gateway, 'webrtc', '9000');
    const options = {
      url: `${gateway.url}/webrtc/endpoint`,
      token,
      way: 'sendrecv',
      toneHz: toneOf.whip,
      isRelayed: false,
    };
    await page.evaluate((given) => globalThis.web.join(given), options);
    const member = memberOn(page, 'page', toneOf.whip);
    expect(await whatIsWrong([member, phone])).toEqual([]);
    const again = await page.evaluate((toneHz) => globalThis.web.again({ toneHz }), toneOf.whip);
    expect(again).toEqual({ isRestart: true });
    expect(await whatIsWrong([member, phone])).toEqual([]);
    expect(gateway.logged('web.joined')).toHaveLength(1);
  });
});

describe('RFC 7675 a browser that is killed', () => {
  test.each([
    ['a pair of ports', () => Promise.resolve([])],
    ['the one port for all', async () => ['--webrtc-port', String(await freePort())]],
  ])(
    'by SIGKILL, at %s: it is gone within ten seconds, and the phone that was with it gets its BYE',
    async (_, args) => {
      const doomed = await Browser.start();
      stage.onClose(() => doomed.close());
      const gateway = await stage.gateway('--cors-origin', doomed.origin, ...(await args()));
      const phone = await stage.baresip({ gateway, user: '1001' });
      await phone.call('9000');
      await webMember({ stage, browser: doomed, gateway }, 'whip', '9000');
      await phone.hearMore(1000);
      await doomed.kill();
      await phone.event('CALL_CLOSED');
      const ended = await eventually('it is told', () => gateway.logged('web.ended')[0]);
      expect(ended.cause).toBe('failed');
      // By the gateway's own clock, from the last that came to the beat on which it was seen.
      const silentMs = Number(/for (\d+) ms$/.exec(String(ended.reason))?.[1]);
      expect(silentMs).toBeGreaterThanOrEqual(9000);
      expect(silentMs).toBeLessThan(11_000);
    },
  );
});
