import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Browser, type BrowserPhone } from './support/browser.js';
import type { Gateway } from './support/gateway.js';
import { KamailioWs } from './support/kamailio-ws.js';
import { requirePeers } from './support/peers.js';
import { Stage } from './support/stage.js';
import { sippInRoom } from './support/tone-phones.js';
import { toneOf, whatIsWrong } from './support/tones.js';

/** Pages whose WebSocket ends at kamailio: to the gateway they come by UDP. */

let browser: Browser;
let stage: Stage;

beforeAll(async () => {
  requirePeers('kamailio', 'sipp');
  browser = await Browser.start();
});

afterAll(() => browser.close());

beforeEach(() => {
  stage = new Stage();
});

afterEach(() => stage.close());

const libraries = ['jssip', 'sipjs'] as const;

async function registered(library: (typeof libraries)[number]): Promise<{ gateway: Gateway; page: BrowserPhone }> {
  const gateway = await stage.gateway();
  const kamailio = await KamailioWs.start(stage.directory, gateway.address);
  stage.onClose(() => kamailio.close());
  const account = { user: '1001', password: '1001', domain: '127.0.0.1', toneHz: toneOf[library] };
  const page = await browser.phone({ library, url: kamailio.url, ...account });
  stage.onClose(() => page.close());
  expect(await page.register()).toBe(200);
  const sessions = (await gateway.api('GET', '/sip/sessions')) as { transport: string; contact: string }[];
  expect(sessions).toMatchObject([{ transport: 'udp', contact: expect.stringContaining('transport=ws') }]);
  return { gateway, page };
}

async function devices(gateway: Gateway): Promise<string[]> {
  const response = await fetch(`${gateway.url}/rooms/9000/members`);
  const { members } = (await response.json()) as { members: { device: string }[] };
  return members.map(({ device }) => device).sort();
}

describe('RFC 7118 behind a WebSocket proxy', () => {
  test.each(libraries)(
    '%s calls in, is a browser to the room, and is noticed when its page crashes',
    async (library) => {
      const { gateway, page } = await registered(library);
      const sipp = await sippInRoom(stage, gateway, '9000');
      await page.call('sip:9000@127.0.0.1');
      await page.hears('calls', 'established');
      expect(await whatIsWrong([page, sipp])).toEqual([]);
      expect(await devices(gateway)).toEqual(['browser', 'phone']);
      await page.crash();
      await gateway.outcome();
      expect(gateway.logged('call.ended').map(({ cause }) => cause)).toEqual(['media-timeout', 'others-left']);
    },
  );

  test.each(libraries)('%s is rung with what browsers take, and hangs up', async (library) => {
    const { gateway, page } = await registered(library);
    const sipp = await sippInRoom(stage, gateway, '9000');
    const [session] = (await gateway.api('GET', '/sip/sessions')) as { session_id: string }[];
    const call = { room_id: '9000', from_number: '100', dest_session_id: session!.session_id };
    await gateway.api('POST', '/sip/invite/client', call);
    await page.accept();
    await page.hears('calls', 'established');
    expect(await whatIsWrong([page, sipp])).toEqual([]);
    const { remote } = await page.descriptions();
    expect(remote).toMatch(/UDP\/TLS\/RTP\/SAVPF[\s\S]*a=ssrc:\d+ cname:hookline-/);
    expect(gateway.logged('call.offered-again')).toEqual([]);
    expect(await devices(gateway)).toEqual(['browser', 'phone']);
    await page.hangUp();
    expect(await gateway.outcome()).toMatchObject({ answered: 2, ended: 2 });
  });
});
