import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Browser } from './support/browser.js';
import { FakeRooms, someone } from './support/fake-rooms.js';

/** Where the pictures of the page are, for a person to look at. */
const pictures = join(tmpdir(), 'hookline-join-pictures');

let browser: Browser;
let rooms: FakeRooms;
let pages: Page[] = [];

beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  browser = await Browser.start();
});

afterAll(() => browser.close());

beforeEach(async () => {
  rooms = await FakeRooms.start();
});

afterEach(async () => {
  for (const page of pages.splice(0)) await page.context().close();
  await rooms.close();
});

type Looks = {
  readonly dark?: boolean;
  readonly phone?: boolean;
  readonly query?: string;
  readonly microphone?: boolean;
};

async function open({
  dark = false,
  phone = false,
  query = '?room=r&token=t',
  microphone = true,
}: Looks = {}): Promise<Page> {
  const page = await browser.visit(rooms.url + query, {
    colorScheme: dark ? 'dark' : 'light',
    viewport: phone ? { width: 390, height: 844 } : { width: 1100, height: 760 },
    permissions: microphone ? ['microphone'] : [],
  });
  pages = [...pages, page];
  return page;
}

async function enter(page: Page): Promise<void> {
  await page.getByLabel('Your name').fill('Anna');
  await page.getByRole('button', { name: 'Join' }).click();
  await page.getByText('Anna (you)').waitFor();
}

describe('the page /join', () => {
  test('a person joins, sees who is there and who speaks, mutes, sends a key and hangs up', async () => {
    rooms.members.push(someone({ member_id: 'b', peer: 'Ben', kind: 'sip', device: 'phone' }));
    const page = await open();
    await enter(page);
    expect(rooms.asked[0]).toBe('POST /webrtc/endpoint?room=r&peer=Anna');
    await page.getByRole('status').filter({ hasText: 'Connected' }).waitFor();
    const people = page.getByRole('listitem');
    expect(await people.allInnerTexts()).toEqual([
      expect.stringContaining('Anna (you)'),
      expect.stringContaining('Ben'),
    ]);
    await eventually('a reader of events', () => rooms.asked.some((each) => each.endsWith('/rooms/r/events')));
    rooms.tell({ type: 'speaking_started', member_id: 'b', peer: 'Ben' });
    await people.filter({ hasText: 'speaking' }).waitFor();
    rooms.tell({ type: 'member_joined', member: someone({ member_id: 'c', peer: 'Cleo' }) as never });
    await page.getByRole('status').filter({ hasText: 'Cleo joined' }).waitFor();
    await page.getByRole('button', { name: 'Mute' }).click();
    await eventually('muted', () => rooms.bodies.includes('{"muted":true}'));
    expect(rooms.asked).toContain('PATCH /rooms/r/members/me');
    expect(await page.getByRole('button', { name: 'Unmute' }).getAttribute('aria-pressed')).toBe('true');
    await page.getByRole('button', { name: 'Keypad' }).click();
    await page.getByRole('button', { name: 'star' }).click();
    await page
      .getByRole('status')
      .filter({ hasText: /Sent \*|cannot/ })
      .waitFor();
    await page.getByRole('button', { name: 'Hang up' }).click();
    await eventually('the end is told', () => rooms.asked.includes('DELETE /webrtc/conn/me.key'));
    await page.getByRole('button', { name: 'Join' }).waitFor();
  });

  test('who is muted by a host is told, and stays so until he unmutes himself', async () => {
    const page = await open();
    await enter(page);
    await eventually('a reader of events', () => rooms.asked.some((each) => each.endsWith('/rooms/r/events')));
    rooms.tell({
      type: 'member_updated',
      member: { ...someone({ member_id: 'me', peer: 'Anna' }), muted: true } as never,
    });
    await page.getByRole('status').filter({ hasText: 'You were muted' }).waitFor();
    await page.getByRole('button', { name: 'Unmute' }).click();
    await eventually('unmuted', () => rooms.bodies.includes('{"muted":false}'));
    // What others do while the room still has the old state mutes nobody again.
    rooms.tell({ type: 'member_joined', member: someone({ member_id: 'c', peer: 'Cleo' }) as never });
    await page.getByRole('status').filter({ hasText: 'Cleo joined' }).waitFor();
    expect(await page.getByRole('button', { name: 'Mute' }).getAttribute('aria-pressed')).toBe('false');
  });

  test('what happened before the page came is not told as news', async () => {
    rooms.tell({ type: 'member_joined', member: someone({ member_id: 'b', peer: 'Ben' }) as never });
    rooms.tell({ type: 'member_left', member_id: 'b', peer: 'Ben', cause: 'left' });
    const page = await open();
    await page.evaluate(`globalThis.said = [];
      const status = document.getElementById('status');
      new MutationObserver(() => said.push(status.textContent)).observe(status, { childList: true });`);
    await enter(page);
    await eventually('a reader of events', () => rooms.asked.some((each) => each.endsWith('/rooms/r/events')));
    rooms.tell({ type: 'member_joined', member: someone({ member_id: 'c', peer: 'Cleo' }) as never });
    await page.getByRole('status').filter({ hasText: 'Cleo joined' }).waitFor();
    expect(String(await page.evaluate('said'))).not.toContain('Ben');
  });

  test('with “Original sound” the microphone is asked for as it is, and else for speech', async () => {
    const page = await open();
    await page.evaluate(`globalThis.wanted = [];
      const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = (wish) => {
        wanted.push(Object.values(wish.audio));
        return ask(wish);
      };`);
    await page.getByLabel('Original sound').check();
    await enter(page);
    await page.getByRole('button', { name: 'Hang up' }).click();
    await page.getByLabel('Original sound').uncheck();
    await enter(page);
    const wanted = (await page.evaluate('wanted')) as boolean[][];
    expect(wanted.map(String)).toContain('false,false,false');
    expect(wanted.at(-1)).toEqual([true, true, true]);
  });

  test('whoever is sent away is told why', async () => {
    const page = await open();
    await enter(page);
    await eventually('a reader of events', () => rooms.asked.some((each) => each.endsWith('/rooms/r/events')));
    rooms.tell({ type: 'member_left', member_id: 'me', peer: 'Anna', cause: 'kicked' });
    await page.getByRole('alert').filter({ hasText: 'You were removed from the room.' }).waitFor();
  });

  test.each([
    [401, 'TOKEN_EXPIRED', 'The invitation has expired.'],
    [409, 'ROOM_LOCKED', 'The room is locked.'],
    [503, 'SOMETHING', 'That did not work.'],
  ])('%i %s is said in words', async (status, code, words) => {
    rooms.refusal = { status, code };
    const page = await open();
    await page.getByLabel('Your name').fill('Anna');
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByRole('alert').filter({ hasText: words }).waitFor();
    rooms.refusal = null;
    await enter(page);
  });

  test('with the keyboard alone: name, Enter, and the focus is on the room', async () => {
    const page = await open();
    await page.getByLabel('Your name').focus();
    await page.keyboard.type('Anna');
    await page.keyboard.press('Enter');
    await page.getByText('Anna (you)').waitFor();
    expect(await page.evaluate('document.activeElement?.id')).toBe('title');
    for (const name of ['Mute', 'Keypad', 'Hang up']) {
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement?.textContent')).toBe(name);
    }
  });

  test('nothing of it is stopped by its own policy, and nothing of the token is told to others', async () => {
    const page = await open();
    const said: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    await page.reload();
    await enter(page);
    expect(said).toEqual([]);
    const { headers } = await fetch(rooms.url);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    const again = await fetch(rooms.url, { headers: { 'If-None-Match': headers.get('etag') ?? '' } });
    expect(again.status).toBe(304);
  });

  const looks = [false, true].flatMap((dark) => [false, true].map((phone) => [dark, phone] as const));
  test.each(looks)('has its picture taken (dark: %s, phone: %s), and nothing sticks out', async (dark, phone) => {
    const name = `${phone ? 'phone' : 'desktop'}-${dark ? 'dark' : 'light'}`;
    const people = ['Ben', 'Cleo', 'Dr. Maximiliane von und zu Hohenlohe-Langenburg', '+49 30 1234567'];
    rooms.members.push(
      ...people.map((peer, index) => someone({ member_id: `m${index}`, peer, kind: index % 2 ? 'sip' : 'webrtc' })),
    );
    rooms.members[0]!.speaking = true;
    rooms.members[1]!.muted = true;
    const page = await open({ dark, phone });
    await page.getByLabel('Your name').fill('Anna');
    await page.screenshot({ path: join(pictures, `${name}-entry.png`) });
    await enter(page);
    await page.getByRole('button', { name: 'Mute' }).click();
    await page.screenshot({ path: join(pictures, `${name}-call.png`) });
    await page.getByRole('button', { name: 'Keypad' }).click();
    await page.screenshot({ path: join(pictures, `${name}-keypad.png`), fullPage: true });
    const isWide = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
    expect(isWide).toBe(false);
    rooms.tell({ type: 'member_left', member_id: 'me', peer: 'Anna', cause: 'room-closed' });
    await page.getByRole('alert').waitFor();
    await page.screenshot({ path: join(pictures, `${name}-problem.png`) });
  });
});
