import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { axeScript, violations } from './support/axe.js';
import { Browser } from './support/browser.js';
import { FakeRooms, someone } from './support/fake-rooms.js';

/** The page /join for who sees little, hears no screen reader wrong, or has no mouse: WCAG 2, levels A and AA. */

const sizes = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } } as const;

let browser: Browser;
let rooms: FakeRooms;
const pages: Page[] = [];

beforeAll(async () => {
  browser = await Browser.start();
});

afterAll(() => browser.close());

beforeEach(begin);

async function begin(): Promise<void> {
  rooms = await FakeRooms.start();
  rooms.members.push(
    someone({ member_id: 'b', peer: 'Ben', kind: 'sip', device: 'phone' }),
    someone({ member_id: 'c', peer: 'Dr. Maximiliane von und zu Hohenlohe-Langenburg', role: 'host' }),
    someone({ member_id: 'd', peer: 'Donaudampfschifffahrtsgesellschaft', place: 'lobby' }),
  );
  rooms.members[0]!.speaking = true;
  rooms.members[1]!.muted = true;
}

afterEach(async () => {
  for (const page of pages.splice(0)) await page.context().close();
  await rooms.close();
});

async function open(options: BrowserContextOptions = {}, query = '?room=r&token=t'): Promise<Page> {
  const page = await browser.visit(rooms.url + query, { permissions: ['microphone'], ...options }, axeScript);
  pages.push(page);
  return page;
}

async function enter(page: Page): Promise<void> {
  await page.getByLabel('Your name').fill('Anna');
  await page.getByRole('button', { name: 'Join' }).click();
  await inTheRoom(page);
}

async function inTheRoom(page: Page): Promise<void> {
  await page.getByText('Anna (you)').waitFor();
  await page.getByRole('status').filter({ hasText: 'Connected' }).waitFor();
}

async function sendAway(page: Page): Promise<void> {
  await eventually('a reader of events', () => rooms.asked.some((each) => each.endsWith('/rooms/r/events')));
  rooms.tell({ type: 'member_left', member_id: 'me', peer: 'Anna', cause: 'kicked' });
  await page.getByRole('alert').waitFor();
}

/** What the page is while somebody uses it, one after the other. */
const states: Readonly<Record<string, (page: Page) => Promise<unknown>>> = {
  'before joining': async () => undefined,
  joined: enter,
  'muted, with the keypad': async (page) => {
    await page.getByRole('button', { name: 'Mute' }).click();
    await page.getByRole('button', { name: 'Keypad' }).click();
  },
  'sent away': sendAway,
  'with a blocked microphone': async (page) => {
    await block(page);
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByRole('alert').filter({ hasText: 'blocked' }).waitFor();
  },
};

/** Somebody says no to the microphone; until then nothing can be pressed. */
async function block(page: Page): Promise<void> {
  await page.evaluate(`globalThis.ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async () => {
      for (let frame = 0; frame < 5; frame += 1) await new Promise(requestAnimationFrame);
      throw new DOMException('', 'NotAllowedError');
    };`);
}

/** Runs in each state; the first that finds something is told. */
async function inEachState(page: Page, look: (state: string) => Promise<void>): Promise<void> {
  for (const [state, come] of Object.entries(states)) {
    await come(page);
    await look(state);
  }
}

/** Where something sticks out to the side, or text is cut off. Names of people end in dots on purpose. */
async function cutOff(page: Page): Promise<unknown> {
  return page.evaluate(`[
    ...(document.documentElement.scrollWidth > innerWidth ? ['the page is ' + document.documentElement.scrollWidth + ' wide'] : []),
    ...[...document.querySelectorAll('h1, h2, p, label, button, small, input')]
      .filter((each) => each.checkVisibility())
      .filter((each) => each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).display !== 'inline')
      .map((each) => (each.id || each.textContent) + ' is cut'),
    ...[...document.querySelectorAll('button, input, select')]
      .filter((each) => each.checkVisibility())
      .filter((each) => each.getBoundingClientRect().right > innerWidth || each.getBoundingClientRect().left < 0)
      .map((each) => (each.id || each.textContent) + ' is outside'),
  ]`);
}

const focused = (page: Page): Promise<unknown> =>
  page.evaluate(
    'document.activeElement === document.body ? "nothing" : document.activeElement.id || document.activeElement.textContent',
  );

/** What Tab leads to, so many times. */
async function tabs(page: Page, count: number, key = 'Tab'): Promise<unknown[]> {
  const found: unknown[] = [];
  for (let pressed = 0; pressed < count; pressed += 1) {
    await page.keyboard.press(key);
    found.push(await focused(page));
  }
  return found;
}

describe('WCAG 2 A and AA', () => {
  const looks = Object.keys(sizes).flatMap((size) => ['light', 'dark'].map((scheme) => [size, scheme] as const));

  test.each(looks)('axe finds nothing in any state (%s, %s)', async (size, scheme) => {
    const viewport = sizes[size as keyof typeof sizes];
    const page = await open({ viewport, colorScheme: scheme as 'light' | 'dark' });
    await inEachState(page, async (state) => expect([state, ...(await violations(page))]).toEqual([state]));
  });

  test('§1.4.10 nothing is scrolled to the side at 320 pixels, in any state', async () => {
    const page = await open({ viewport: { width: 320, height: 640 } });
    await inEachState(page, async (state) => expect([state, await cutOff(page)]).toEqual([state, []]));
  });

  test('§1.4.4 with text twice as large nothing is cut off, on a phone and on a screen', async () => {
    for (const viewport of Object.values(sizes)) {
      await rooms.close();
      await begin();
      const page = await open({ viewport });
      await page.evaluate('document.documentElement.style.fontSize = "200%"; undefined');
      await inEachState(page, async (state) =>
        expect([viewport, state, await cutOff(page)]).toEqual([viewport, state, []]),
      );
    }
  });

  test('§2.3.3 nothing moves for who wants that', async () => {
    for (const reducedMotion of ['no-preference', 'reduce'] as const) {
      const page = await open({ reducedMotion });
      const moves = await page.evaluate(`(() => {
        const face = document.createElement('span');
        face.className = 'face';
        document.body.append(face);
        return getComputedStyle(face).transitionDuration;
      })()`);
      expect([reducedMotion, moves === '0s']).toEqual([reducedMotion, reducedMotion === 'reduce']);
    }
  });
});

describe('§2.1.1 with the keyboard alone', () => {
  test('in, muted and not, keys, and out again; the focus is always somewhere', async () => {
    const page = await open({}, '?token=t');
    expect(await tabs(page, 5)).toEqual(['room', 'name', 'microphone', 'original', 'join']);
    expect(await tabs(page, 4, 'Shift+Tab')).toEqual(['original', 'microphone', 'name', 'room']);
    await page.keyboard.type('r');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Anna');
    await page.keyboard.press('Enter');
    await inTheRoom(page);
    expect(await focused(page)).toBe('title');
    expect(await tabs(page, 1)).toEqual(['mute']);
    for (const [key, pressed] of [
      ['Enter', 'true'],
      ['Space', 'false'],
    ] as const) {
      await page.keyboard.press(key);
      await eventually(`muted ${pressed}`, () => rooms.bodies.includes(`{"muted":${pressed}}`));
      expect([await focused(page), await page.locator('#mute').getAttribute('aria-pressed')]).toEqual([
        'mute',
        pressed,
      ]);
    }
    expect(await tabs(page, 1)).toEqual(['keys']);
    await page.keyboard.press('Enter');
    expect(await focused(page)).toBe('1');
    expect(await tabs(page, 9)).toEqual(['2', '3', '4', '5', '6', '7', '8', '9', '*']);
    await page.keyboard.press('Enter');
    await page
      .getByRole('status')
      .filter({ hasText: /Sent \*|cannot/ })
      .waitFor();
    expect(await focused(page)).toBe('*');
    await page.keyboard.press('Escape');
    expect([await focused(page), await page.locator('#keypad').isVisible()]).toEqual(['keys', false]);
    expect(await tabs(page, 1)).toEqual(['leave']);
    await page.keyboard.press('Enter');
    await page.getByRole('status').filter({ hasText: 'You left the room' }).waitFor();
    expect(await focused(page)).toBe('join');
    expect(rooms.asked).toContain('DELETE /webrtc/conn/me.key');
  });

  test.each([
    ['a room that takes nobody', { status: 409, code: 'ROOM_LOCKED' }, 'The room is locked.'],
    ['a microphone that is blocked', null, 'The microphone is blocked.'],
  ])('after %s the focus is on Join, and Enter tries again', async (_, refusal, words) => {
    const page = await open();
    rooms.refusal = refusal;
    if (refusal === null) await block(page);
    await page.getByLabel('Your name').focus();
    await page.keyboard.type('Anna');
    await tabs(page, 3);
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: words }).waitFor();
    expect(await focused(page)).toBe('join');
    rooms.refusal = null;
    if (refusal === null) await page.evaluate('navigator.mediaDevices.getUserMedia = globalThis.ask; undefined');
    await page.keyboard.press('Enter');
    await inTheRoom(page);
    expect(await focused(page)).toBe('title');
  });

  test('who is sent away is at Join', async () => {
    const page = await open();
    await enter(page);
    await tabs(page, 1);
    await sendAway(page);
    expect(await focused(page)).toBe('join');
  });
});
