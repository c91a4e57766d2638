import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MemberView } from '../../contract/room-events.js';
import { eventually } from '../support/eventually.js';
import { Browser } from './support/browser.js';
import type { Gateway } from './support/gateway.js';
import { requirePeers } from './support/peers.js';
import { Stage } from './support/stage.js';
import { sippInRoom } from './support/tone-phones.js';
import { type ToneMember, whatIsWrong } from './support/tones.js';
import { joinByPage, joinMicrophone, openJoin } from './support/web-members.js';

const room = '9000';
/** Where the pictures of the page are, for a person to look at. */
const pictures = join(tmpdir(), 'hookline-microphone-pictures');
const directory = mkdtempSync(join(tmpdir(), 'hookline-microphone-'));

let browser: Browser;
let stage: Stage;
let gateway: Gateway;

beforeAll(async () => {
  requirePeers('sipp', 'sox');
  mkdirSync(pictures, { recursive: true });
  browser = await Browser.start({ microphone: await joinMicrophone(directory), isGuarded: true });
});

afterAll(async () => {
  await browser.close();
  rmSync(directory, { recursive: true });
});

beforeEach(async () => {
  stage = new Stage();
  gateway = await stage.gateway();
});

afterEach(() => stage.close());

const statusOf = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text });

async function anna(): Promise<MemberView> {
  const response = await fetch(`${gateway.url}/rooms/${room}/members`);
  const { members } = (await response.json()) as { members: MemberView[] };
  const found = members.filter(({ peer }) => peer.startsWith('Anna'));
  expect(found).toHaveLength(1);
  return found[0]!;
}

/** Only the phone is heard: by the page, and not by itself. */
const hearsOnly = (member: ToneMember, sipp: ToneMember): Promise<string[]> =>
  whatIsWrong([member, sipp], (one) => (one === member ? [sipp] : []));

const microphoneOf = (page: Page) => page.getByRole('combobox', { name: 'Microphone' });

describe('the page /join without a microphone', () => {
  test('that is denied: it listens, and speaks once it is allowed', async () => {
    const sipp = await sippInRoom(stage, gateway, room);
    const { page, member } = await openJoin({ stage, browser, gateway }, room, 'Anna', { isAllowed: false });
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByRole('alert').filter({ hasText: 'The microphone is blocked.' }).waitFor();
    await page.screenshot({ path: join(pictures, 'denied.png') });
    await page.getByRole('button', { name: 'Listen without a microphone' }).click();
    await statusOf(page, 'Connected. You are listening only').waitFor();
    await page.getByText('Anna (you)').waitFor();
    expect((await anna()).role).toBe('listener');
    expect(await hearsOnly(member, sipp)).toEqual([]);
    expect(await page.getByRole('button', { name: 'Mute' }).isVisible()).toBe(false);
    await page.getByText('To speak, allow it for this page').waitFor();
    await page.screenshot({ path: join(pictures, 'listening-desktop.png') });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.screenshot({ path: join(pictures, 'listening-phone.png') });
    // Still denied: it says so, and goes on listening.
    const turnOn = page.getByRole('button', { name: 'Turn on the microphone' });
    await turnOn.click();
    await statusOf(page, 'The microphone is blocked').waitFor();
    await page.context().grantPermissions(['microphone']);
    await turnOn.click();
    await statusOf(page, 'Connected: you can speak now').waitFor();
    await page.getByRole('button', { name: 'Mute' }).waitFor();
    await page.getByText('Anna (you)').waitFor();
    expect((await anna()).role).toBe('member');
    expect(await whatIsWrong([member, sipp])).toEqual([]);
    expect(await turnOn.isVisible()).toBe(false);
  });

  test('that nobody wants: it asks for none, and a locked room is not left for it', async () => {
    await sippInRoom(stage, gateway, room);
    const { page } = await openJoin({ stage, browser, gateway }, room, 'Anna', { isAllowed: false });
    await microphoneOf(page).selectOption('None: listen only');
    await page.getByRole('button', { name: 'Join' }).click();
    await statusOf(page, 'Connected. You are listening only').waitFor();
    await page.getByText('Anna (you)').waitFor();
    const { member_id } = await anna();
    const headers = { 'Content-Type': 'application/json' };
    const locked = { method: 'PATCH', headers, body: '{"locked":true}' };
    expect((await fetch(`${gateway.url}/rooms/${room}`, locked)).status).toBe(200);
    await page.context().grantPermissions(['microphone']);
    await page.getByRole('button', { name: 'Turn on the microphone' }).click();
    await statusOf(page, 'The room is locked').waitFor();
    expect((await anna()).member_id).toBe(member_id);
  });
});

describe('the microphone of the page /join', () => {
  test('is changed while it is heard, stays muted by that, and its loss is told and made up for', async () => {
    const sipp = await sippInRoom(stage, gateway, room);
    const { page, member } = await joinByPage({ stage, browser, gateway }, room, 'Anna');
    await page.getByText('Anna (you)').waitFor();
    const { member_id } = await anna();
    await page.evaluate(`globalThis.tracks = [];
      const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (wish) => {
        const stream = await ask(wish);
        tracks.push(...stream.getTracks());
        return stream;
      };`);
    await microphoneOf(page).selectOption('Fake Audio Input 2');
    await statusOf(page, 'The microphone was changed').waitFor();
    expect(await page.evaluate('tracks.map(({ label }) => label)')).toEqual(['Fake Audio Input 2']);
    expect(await whatIsWrong([member, sipp])).toEqual([]);
    await page.getByRole('button', { name: 'Mute' }).click();
    await microphoneOf(page).selectOption('Fake Audio Input 1');
    await eventually('the other one', async () => (await page.evaluate('tracks.length')) === 2);
    expect(await hearsOnly(member, sipp)).toEqual([]);
    expect(await page.evaluate('tracks.map(({ enabled, readyState }) => [enabled, readyState])')).toEqual([
      [false, 'ended'],
      [false, 'live'],
    ]);
    await page.getByRole('button', { name: 'Unmute' }).click();
    // Chromium's fake devices cannot be unplugged: the track says so as that of a device that was.
    await page.evaluate(`tracks[1].stop();
      tracks[1].dispatchEvent(new Event('ended'));`);
    await statusOf(page, 'Fake Audio Input 1 is gone. The default microphone is used now').waitFor();
    expect(await microphoneOf(page).inputValue()).toBe('');
    expect(await whatIsWrong([member, sipp])).toEqual([]);
    expect((await anna()).member_id).toBe(member_id);
  });

  test('is taken from the page by the browser: it says that nobody hears it, and takes it back', async () => {
    const sipp = await sippInRoom(stage, gateway, room);
    const { page, member } = await joinByPage({ stage, browser, gateway }, room, 'Anna');
    await page.getByText('Anna (you)').waitFor();
    // To revoke the permission ends its tracks.
    await page.context().clearPermissions();
    await statusOf(page, 'Nobody hears you').waitFor();
    expect(await hearsOnly(member, sipp)).toEqual([]);
    await page.context().grantPermissions(['microphone']);
    await page.getByRole('button', { name: 'Turn on the microphone' }).click();
    await page.getByRole('button', { name: 'Turn on the microphone' }).waitFor({ state: 'hidden' });
    expect(await whatIsWrong([member, sipp])).toEqual([]);
  });
});
