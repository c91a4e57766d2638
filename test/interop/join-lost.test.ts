import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MemberView } from '../../contract/room-events.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/gateway-process.js';
import { Browser } from './support/browser.js';
import type { Gateway } from './support/gateway.js';
import { requirePeers } from './support/peers.js';
import { Stage } from './support/stage.js';
import { sippInRoom } from './support/tone-phones.js';
import { whatIsWrong } from './support/tones.js';
import { UdpRelay } from './support/udp-relay.js';
import { type JoinPage, joinMicrophone, openJoin } from './support/web-members.js';

const room = '9000';
/** Where the pictures of the page are, for a person to look at. */
const pictures = join(tmpdir(), 'hookline-lost-pictures');
const directory = mkdtempSync(join(tmpdir(), 'hookline-microphone-'));
/** Connections that the page has opened, to look at. */
const connections = `globalThis.opened = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration) {
      super(configuration);
      opened.push(this);
    }
  };`;

let browser: Browser;
let stage: Stage;
let gateway: Gateway;
let webrtcPort: number;

beforeAll(async () => {
  requirePeers('sipp', 'sox');
  mkdirSync(pictures, { recursive: true });
  browser = await Browser.start({ microphone: await joinMicrophone(directory) });
});

afterAll(async () => {
  await browser.close();
  rmSync(directory, { recursive: true });
});

beforeEach(async () => {
  stage = new Stage();
  webrtcPort = await freePort();
  const servers = [{ urls: ['turn:127.0.0.1:9?transport=udp'], secret: 'of the TURN server', ttl_s: 600 }];
  gateway = await stage.gateway(
    ...['--http-listen', `127.0.0.1:${await freePort()}`, '--token-secret', 'stays when the gateway is started again'],
    ...['--webrtc-port', String(webrtcPort), '--webrtc-ice-servers', JSON.stringify(servers)],
  );
});

afterEach(() => stage.close());

const statusOf = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text });

async function joined(): Promise<JoinPage> {
  const made = await openJoin({ stage, browser, gateway }, room, 'Anna', { script: connections });
  await made.page.getByRole('button', { name: 'Join' }).click();
  await made.page.getByText('Anna (you)').waitFor();
  return made;
}

async function members(): Promise<readonly MemberView[]> {
  const response = await fetch(`${gateway.url}/rooms/${room}/members`);
  return response.ok ? ((await response.json()) as { members: MemberView[] }).members : [];
}

const annas = async (): Promise<readonly MemberView[]> =>
  (await members()).filter(({ peer }) => peer.startsWith('Anna'));

/** It waits longer and longer: the next try is more than 8 s away. */
const isFarFromNextTry = (page: Page): Promise<void> =>
  page.getByText(/Trying again in (?:9|1\d) s\./).waitFor({ timeout: 90_000 });

function act(memberId: string, action: object): Promise<Response> {
  const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(action) };
  return fetch(`${gateway.url}/rooms/${room}/members/${memberId}/actions`, init);
}

/** User names of the TURN credentials of each connection, which begin with their end. */
const credentialsOn = (page: Page): Promise<string[]> =>
  page.evaluate('opened.map((each) => each.getConfiguration().iceServers[0]?.username)');

describe('the page /join whose connection is lost', () => {
  test('a gateway that dies and is started again: it says so, and comes back as it was', async () => {
    const { page, member } = await joined();
    await page.getByRole('button', { name: 'Mute' }).click();
    await eventually('muted', async () => (await annas())[0]?.muted === true);
    await gateway.kill();
    await statusOf(page, 'The connection was lost').waitFor();
    const again = page.getByRole('button', { name: 'Join again' });
    await again.waitFor();
    await page.getByText(/Trying again in \d+ s\./).waitFor();
    await page.screenshot({ path: join(pictures, 'reconnecting-desktop.png') });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.screenshot({ path: join(pictures, 'reconnecting-phone.png') });
    await gateway.again();
    await statusOf(page, 'Connected again').waitFor();
    expect(await again.isVisible()).toBe(false);
    await eventually('as it was', async () => {
      const [anna, ...more] = await annas();
      return anna?.peer === 'Anna' && anna.muted && more.length === 0;
    });
    const [first = '', second = ''] = await credentialsOn(page);
    expect(Number(second.split(':')[0])).toBeGreaterThan(Number(first.split(':')[0]));
    await page.getByRole('button', { name: 'Unmute' }).click();
    const sipp = await sippInRoom(stage, gateway, room);
    expect(await whatIsWrong([member, sipp])).toEqual([]);
  });

  test('a gateway that is restarted in order has not closed the room', async () => {
    const { page } = await joined();
    await gateway.restart();
    await statusOf(page, 'Connected again').waitFor();
    await eventually('one Anna', async () => (await annas()).map(({ peer }) => peer).join() === 'Anna');
  });

  test('“Join again” does not wait for the next try', async () => {
    const { page } = await joined();
    await gateway.kill();
    await isFarFromNextTry(page);
    await gateway.again();
    await page.getByRole('button', { name: 'Join again' }).click();
    await statusOf(page, 'Connected again').waitFor({ timeout: 6000 });
  });

  test('a gateway that stands still for a while', async () => {
    const { page, member } = await joined();
    gateway.signal('SIGSTOP');
    await statusOf(page, 'The connection was lost').waitFor();
    gateway.signal('SIGCONT');
    await statusOf(page, 'Connected again').waitFor();
    const sipp = await sippInRoom(stage, gateway, room);
    expect(await whatIsWrong([member, sipp])).toEqual([]);
    expect((await annas()).map(({ peer }) => peer)).toEqual(['Anna']);
  });

  test('RFC 8445 §9 sound alone that is gone for a while: ICE is restarted with fresh credentials, and it is the same member', async () => {
    const relay = await UdpRelay.start(webrtcPort);
    stage.onClose(() => relay.close());
    const { page, member } = await openJoin({ stage, browser, gateway }, room, 'Anna', { script: connections });
    // The way to the gateway leads through the relay.
    await page.route('**/webrtc/**', async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replaceAll(` ${webrtcPort} typ host`, ` ${relay.port} typ host`);
      await route.fulfill({ response, body });
    });
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByText('Anna (you)').waitFor();
    const [before] = await annas();
    const [first = ''] = await credentialsOn(page);
    relay.isCut = true;
    const restarted = page.waitForResponse((response) => response.request().method() === 'PATCH');
    await statusOf(page, 'The connection was lost').waitFor();
    await restarted;
    relay.isCut = false;
    await statusOf(page, 'Connected again').waitFor();
    expect((await annas()).map(({ member_id }) => member_id)).toEqual([before!.member_id]);
    const [second = '', ...more] = await credentialsOn(page);
    expect(more).toEqual([]);
    expect(Number(second.split(':')[0])).toBeGreaterThan(Number(first.split(':')[0]));
    const sipp = await sippInRoom(stage, gateway, room);
    expect(await whatIsWrong([member, sipp])).toEqual([]);
  });
});

describe('the page /join that was ended', () => {
  const alertOf = (page: Page, text: string) => page.getByRole('alert').filter({ hasText: text });
  /** It is back at its entry, and has not come in again by itself. */
  const isOut = async (page: Page): Promise<void> => {
    await page.getByRole('button', { name: 'Join', exact: true }).waitFor();
    expect(await page.getByRole('button', { name: 'Join again' }).isVisible()).toBe(false);
    expect(gateway.logged('web.started')).toHaveLength(1);
    expect(await page.evaluate('opened.length')).toBe(1);
  };

  test('kicked with a reason: it tells the reason', async () => {
    const { page } = await joined();
    const [anna] = await annas();
    await act(anna!.member_id, { action: 'kick', reason: 'Too much noise' });
    await alertOf(page, 'You were removed from the room.').waitFor();
    const text = await page.getByRole('alert').innerText();
    expect(text).toContain('Too much noise');
    expect(text).not.toContain('Press Join to come back');
    await isOut(page);
    await page.screenshot({ path: join(pictures, 'kicked-desktop.png') });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.screenshot({ path: join(pictures, 'kicked-phone.png') });
  });

  test('the room was closed: coming back would be another room', async () => {
    const { page } = await joined();
    await fetch(`${gateway.url}/rooms/${room}`, { method: 'DELETE' });
    await alertOf(page, 'The room was closed.').waitFor();
    expect(await page.getByRole('alert').innerText()).not.toContain('Press Join');
    await isOut(page);
  });

  test('a token that has expired while the gateway was gone', async () => {
    const { token } = (await gateway.api('POST', '/token/webrtc', { room, ttl: 8 })) as { token: string };
    const { page } = await openJoin({ stage, browser, gateway }, room, 'Anna', { script: connections, token });
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByText('Anna (you)').waitFor();
    await gateway.kill();
    await isFarFromNextTry(page);
    await gateway.again();
    await alertOf(page, 'The invitation has expired.').waitFor();
  });

  test('moved to another room: the call goes on there, and back', async () => {
    const { page, member } = await joined();
    const [anna] = await annas();
    const sipp = await sippInRoom(stage, gateway, '9001');
    // Its own room waits for it, as for one that is taken aside.
    const moved = await act(anna!.member_id, { action: 'side_room', room_id: '9001' });
    expect(moved.status).toBe(200);
    await statusOf(page, 'You were moved to the room 9001').waitFor();
    await page.getByText('Your invitation does not show who is in this room.').waitFor();
    expect(await whatIsWrong([member, sipp])).toEqual([]);
    await page.getByRole('button', { name: 'Mute' }).click();
    expect(await whatIsWrong([member, sipp], (one) => (one === member ? [sipp] : []))).toEqual([]);
    await page.getByRole('button', { name: 'Unmute' }).click();
    await page.getByRole('button', { name: 'Mute' }).waitFor();
    const path = `${gateway.url}/rooms/9001/members/${anna!.member_id}/actions`;
    const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"action":"return"}' };
    expect((await fetch(path, init)).status).toBe(200);
    await statusOf(page, 'You are back').waitFor();
    await page.getByText('Anna (you)').waitFor();
    expect(await page.evaluate('opened.length')).toBe(1);
  });
});
