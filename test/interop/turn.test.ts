import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Browser } from './support/browser.js';
import { Coturn } from './support/coturn.js';
import type { Gateway } from './support/gateway.js';
import { requirePeers } from './support/peers.js';
import { Stage } from './support/stage.js';
import { sippInRoom } from './support/tone-phones.js';
import { toneOf, whatIsWrong } from './support/tones.js';
import { joinByPage, joinMicrophone, tokenOf, webMember } from './support/web-members.js';

const room = '9000';
const secret = 'shared-with-the-turn-server';
let microphone: Stage;
let browser: Browser;
let stage: Stage;
let coturn: Coturn;

beforeAll(async () => {
  requirePeers('turnserver', 'sipp', 'sox');
  microphone = new Stage();
  browser = await Browser.start({ microphone: await joinMicrophone(microphone.directory) });
});

afterAll(async () => {
  await browser.close();
  await microphone.close();
});

beforeEach(async () => {
  stage = new Stage();
  coturn = await Coturn.start({ directory: stage.directory, secret });
  stage.onClose(() => coturn.close());
});

afterEach(() => stage.close());

function start(given = secret): Promise<Gateway> {
  const servers = [{ urls: [coturn.url], secret: given, ttl_s: 600 }];
  return stage.gateway('--cors-origin', browser.origin, '--webrtc-ice-servers', JSON.stringify(servers));
}

describe('RFC 8656 browsers that reach nothing but a TURN server', () => {
  test('the page /join, a publisher and a player come through coturn, and are in the room with a phone', async () => {
    const gateway = await start();
    const cast = { stage, browser, gateway };
    const sipp = await sippInRoom(stage, gateway, room);
    const { page, member } = await joinByPage(cast, room, 'Anna', true);
    const [whip, whep] = [await webMember(cast, 'whip', room, true), await webMember(cast, 'whep', room, true)];
    expect(await whatIsWrong([sipp, member, whip, whep])).toEqual([]);
    // Credentials that end, made for each page: RFC 9725 §4.5 in the Link headers.
    const users = new Set(coturn.allocated);
    expect(users.size).toBe(3);
    expect([...users]).toContainEqual(expect.stringMatching(/^\d{10}:Anna$/));
    await page.getByRole('button', { name: 'Hang up' }).click();
    await page.getByRole('status').filter({ hasText: 'You left the room' }).waitFor();
  });

  test('with a secret that is not the server’s nobody comes through, and the gateway holds nothing for it', async () => {
    const gateway = await start('another secret');
    const page = await browser.page(browser.origin);
    stage.onClose(() => page.close());
    const token = await tokenOf(gateway, 'whip', room);
    const options = {
      url: `${gateway.url}/whip/endpoint`,
      token,
      way: 'sendonly',
      toneHz: toneOf.whip,
      isRelayed: true,
    };
    await expect(page.evaluate((given) => globalThis.web.join(given), options)).rejects.toThrow();
    expect(coturn.allocated).toEqual([]);
    await gateway.outcome();
    expect(gateway.logged('web.ended')).toMatchObject([{ cause: 'failed' }]);
  });
});
