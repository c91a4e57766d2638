import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { MemberView } from '../../contract/room-events.js';
import { signJwt } from '../../gateway/web/jwt.js';
import { eventually } from '../support/eventually.js';
import { hearingRateHz } from '../support/hearing.js';
import { axeScript, violations } from './support/axe.js';
import { Browser, bundlePage, heardOn } from './support/browser.js';
import type { Gateway } from './support/gateway.js';
import { requirePeers } from './support/peers.js';
import { Stage } from './support/stage.js';
import { levelOf, toneOf } from './support/tones.js';
import { joinMicrophone } from './support/web-members.js';

/** Rooms that do not let everybody in, as a person at the page /join meets them. */

const secret = 'the secret of the api';
const tokenSecret = 'the secret of all tokens';
const HOLD_HZ = 1130;
const directory = mkdtempSync(join(tmpdir(), 'hookline-join-rooms-'));
const stage = new Stage();

let browser: Browser;
let gateway: Gateway;
let ears: string;
const pages: Page[] = [];

beforeAll(async () => {
  requirePeers('sox');
  browser = await Browser.start({ microphone: await joinMicrophone(directory) });
  stage.onClose(() => browser.close());
  ears = `${await bundlePage('page-ears.mjs')};${axeScript}`;
  const flags = ['--api-secret', secret, '--token-secret', tokenSecret, '--join-open', '9000,meet-*'];
  gateway = await stage.gateway(...flags);
});

afterEach(async () => {
  for (const page of pages.splice(0)) await page.context().close();
});

afterAll(async () => {
  await stage.close();
  rmSync(directory, { recursive: true });
});

async function api(method: string, path: string, body?: object): Promise<unknown> {
  const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
  const response = await fetch(gateway.url + path, { method, headers, body: JSON.stringify(body) });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
  return answer;
}

async function makeRoom(room: string, settings: object): Promise<void> {
  await api('POST', '/rooms', { room_id: room, ...settings });
}

async function membersOf(room: string): Promise<readonly MemberView[]> {
  return ((await api('GET', `/rooms/${room}/members`)) as { members: MemberView[] }).members;
}

/** `Anna room`, in the order in which they came. */
async function placesIn(room: string): Promise<string[]> {
  return (await membersOf(room)).map(({ peer, place }) => `${peer} ${place}`);
}

function invitation(room: string, exp = 9e9): string {
  return signJwt({ iss: 'webrtc', room, peer: null, exp }, tokenSecret);
}

async function visit(link: string, name = 'Anna'): Promise<Page> {
  const page = await browser.visit(link, { permissions: ['microphone'] }, ears);
  pages.push(page);
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Original sound').check();
  return page;
}

function open(room: string, { token, name }: { token?: string; name?: string } = {}): Promise<Page> {
  const query = new URLSearchParams({ room, ...(token === undefined ? {} : { token }) });
  return visit(`${gateway.url}/join?${query}`, name);
}

const pressJoin = (page: Page): Promise<void> => page.getByRole('button', { name: 'Join' }).click();
const says = (page: Page, text: string): Promise<void> => page.getByRole('status').filter({ hasText: text }).waitFor();

/** An alert in words, and the way back to the button. */
async function complains(page: Page, text: string): Promise<void> {
  await page.getByRole('alert').filter({ hasText: text }).waitFor();
  expect(await page.getByRole('button', { name: 'Join' }).isEnabled()).toBe(true);
}

async function comesIn(page: Page): Promise<void> {
  await pressJoin(page);
  await says(page, 'Connected');
  expect(await page.getByRole('alert').isVisible()).toBe(false);
}

async function enterPin(page: Page, keys: string): Promise<void> {
  for (const key of keys) await page.getByRole('group', { name: 'Keypad' }).getByRole('button', { name: key }).click();
}

/** Until a second of what it hears has the one tone and not the other. */
async function hears(page: Page, toneHz: number, notHz: number): Promise<void> {
  await eventually(`${toneHz} Hz without ${notHz} Hz`, async () => {
    const from = await page.evaluate(() => globalThis.ears.length());
    await eventually('a second of sound', async () => {
      return (await page.evaluate(() => globalThis.ears.length())) > from + hearingRateHz;
    });
    const pcm = await heardOn(page, from);
    return levelOf(pcm, toneHz) > -42 && levelOf(pcm, toneHz) - levelOf(pcm, notHz) > 18;
  });
}

describe('who opens the page /join', () => {
  test('by the link that the start prints is in the room, without an invitation', async () => {
    const link = await eventually('the link', () => /^4\. Talk in a browser: +(\S+)$/m.exec(gateway.printed)?.[1]);
    expect(link).toBe(`${gateway.url}/join?room=9000`);
    const page = await visit(link);
    await comesIn(page);
    expect(await placesIn('9000')).toEqual(['Anna room']);
    // It came by a token of its own, so that it may mute itself and be muted.
    await page.getByRole('button', { name: 'Mute' }).click();
    await eventually('muted', async () => (await membersOf('9000'))[0]?.muted);
  });

  test.each([
    ['without an invitation', undefined, 'You need an invitation.'],
    ['with a token of somebody else', signJwt({ iss: 'webrtc', room: 'board', exp: 9e9 }, 'another key'), 'not good'],
    ['with one for another room', invitation('cellar'), 'The invitation is not good for this room.'],
    ['with one that has expired', invitation('board', 1), 'The invitation has expired.'],
  ])('of a room that is not open, %s, is told what to do', async (_, token, words) => {
    const page = await open('board', token === undefined ? {} : { token });
    await pressJoin(page);
    await complains(page, words);
    expect(((await api('GET', '/rooms')) as { rooms: { room_id: string }[] }).rooms).not.toContainEqual(
      expect.objectContaining({ room_id: 'board' }),
    );
  });

  test('with an invitation is in that room', async () => {
    const page = await open('board', { token: invitation('board') });
    await comesIn(page);
    expect(await placesIn('board')).toEqual(['Anna room']);
  });
});

describe('who has no microphone', () => {
  test('listens: it is shown as a listener, and hears the others', async () => {
    const speaker = await open('meet-talk');
    await comesIn(speaker);
    const page = await open('meet-talk', { name: 'Ben' });
    await page.getByLabel('Microphone', { exact: true }).selectOption({ label: 'None: listen only' });
    await comesIn(page);
    await page.getByRole('group', { name: 'Listening only' }).waitFor();
    expect((await membersOf('meet-talk')).map(({ peer, role }) => `${peer} ${role}`)).toEqual([
      'Anna member',
      'Ben listener',
    ]);
    await hears(page, toneOf.join, HOLD_HZ);
    expect(await violations(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await violations(page)).toEqual([]);
  });
});

describe('a room', () => {
  test('that is locked says so, and lets in once it is unlocked', async () => {
    await makeRoom('meet-locked', { locked: true });
    const page = await open('meet-locked');
    await pressJoin(page);
    await complains(page, 'The room is locked.');
    await api('PATCH', '/rooms/meet-locked', { locked: false });
    await comesIn(page);
  });

  test('that is full says so, and lets in once somebody has left', async () => {
    await makeRoom('meet-full', { max_members: 1 });
    const [first, second] = [await open('meet-full'), await open('meet-full', { name: 'Ben' })];
    await comesIn(first);
    await pressJoin(second);
    await complains(second, 'The room is full.');
    await first.getByRole('button', { name: 'Hang up' }).click();
    await says(first, 'You left the room');
    await eventually('an empty room', async () => (await membersOf('meet-full')).length === 0);
    await comesIn(second);
  });

  test('with a PIN asks strangers for it: three wrong ones, then the right one; whom it invites it does not ask', async () => {
    await makeRoom('meet-pin', { pin: '2580' });
    const page = await open('meet-pin');
    await pressJoin(page);
    await says(page, 'This room has a PIN');
    await enterPin(page, '1111');
    await says(page, 'That PIN was wrong: you can try 2 more times');
    await enterPin(page, '2222');
    await says(page, 'That PIN was wrong: you can try once more');
    await enterPin(page, '3333');
    await complains(page, 'The PIN was wrong.');
    expect(await placesIn('meet-pin')).toEqual([]);
    await pressJoin(page);
    await says(page, 'This room has a PIN');
    expect(await placesIn('meet-pin')).toEqual(['Anna pin']);
    const invited = await open('meet-pin', { token: invitation('meet-pin'), name: 'Ben' });
    await comesIn(invited);
    const ben = page.getByRole('listitem').filter({ hasText: 'Ben' });
    await enterPin(page, '1');
    expect(await ben.count()).toBe(0);
    await enterPin(page, '111');
    await says(page, 'That PIN was wrong: you can try 2 more times');
    await enterPin(page, '2580');
    await says(page, 'You are in the room');
    // Who was there before is a guest's to know from now on.
    await ben.waitFor();
    expect(await placesIn('meet-pin')).toEqual(['Anna room', 'Ben room']);
  });

  test('with a lobby lets wait: with a sound, without the room, until somebody is let in', async () => {
    await makeRoom('meet-lobby', { lobby: true, hold_sound: `tone:${HOLD_HZ}*0.3:1000` });
    const first = await open('meet-lobby');
    await pressJoin(first);
    await says(first, 'You wait until somebody lets you in');
    const admit = async (name: string): Promise<void> => {
      const { member_id } = (await membersOf('meet-lobby')).find(({ peer }) => peer === name)!;
      await api('POST', `/rooms/meet-lobby/members/${member_id}/actions`, { action: 'admit' });
    };
    await admit('Anna');
    await says(first, 'You are in the room');
    const second = await open('meet-lobby', { name: 'Ben' });
    await pressJoin(second);
    await says(second, 'You wait until somebody lets you in');
    await hears(second, HOLD_HZ, toneOf.join);
    expect(await placesIn('meet-lobby')).toEqual(['Anna room', 'Ben lobby']);
    await admit('Ben');
    await says(second, 'You are in the room');
    await hears(second, toneOf.join, HOLD_HZ);
    await hears(first, toneOf.join, HOLD_HZ);
  });

  test('whose lobby nobody looks into says so', async () => {
    await makeRoom('meet-nobody', { lobby: true, lobby_timeout_s: 1 });
    const page = await open('meet-nobody');
    await pressJoin(page);
    await complains(page, 'Nobody let you in.');
  });
});
