import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Browser } from './support/browser.js';
import { FakeRooms, someone } from './support/fake-rooms.js';

/** Every track of a microphone that the page was given; `slow` holds the next ones back. */
const watchTracks = `globalThis.tracks = [];
  globalThis.slow = Promise.resolve();
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wish) => {
    const stream = await ask(wish);
    tracks.push(...stream.getTracks());
    await slow;
    return stream;
  };`;

let browser: Browser;
let rooms: FakeRooms;
let page: Page;

beforeAll(async () => {
  browser = await Browser.start();
});

afterAll(() => browser.close());

beforeEach(async () => {
  rooms = await FakeRooms.start();
  const options = { viewport: { width: 1100, height: 760 }, permissions: ['microphone'] };
  page = await browser.visit(`${rooms.url}?room=r&token=t`, options, watchTracks);
  await page.getByLabel('Your name').fill('Anna');
});

afterEach(async () => {
  await page.context().close();
  await rooms.close();
});

const press = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
const statusOf = (text: string) => page.getByRole('status').filter({ hasText: text });
const pressedOf = (): Promise<string | null> =>
  page.getByRole('button', { name: /mute/i }).getAttribute('aria-pressed');
const live = (): Promise<number> =>
  page.evaluate<number>(`tracks.filter(({ readyState }) => readyState === 'live').length`);

/** What is asked for from now on comes only with `go()`. */
const hold = (): Promise<void> => page.evaluate('void (slow = new Promise((resolve) => { globalThis.go = resolve; }))');

async function enter(): Promise<void> {
  await press('Join');
  await page.getByText('Anna (you)').waitFor();
  await isReading();
}

const isReading = (times = 1): Promise<unknown> =>
  eventually(
    'a reader of events',
    () => rooms.asked.filter((each) => each.endsWith('/rooms/r/events')).length >= times,
  );

/** The room has it of this member. */
function tellOwn(state: object): void {
  const member = { ...someone({ member_id: 'me', peer: 'Anna' }), ...state };
  rooms.tell({ type: 'member_updated', member: member as never });
}

describe('what the page /join leaves behind', () => {
  test('no microphone after a refusal', async () => {
    rooms.refusal = { status: 409, code: 'ROOM_LOCKED' };
    await press('Join');
    await page.getByRole('alert').waitFor();
    expect(await live()).toBe(0);
  });

  test('no second microphone where another one is chosen before the first is there, nor by joining meanwhile', async () => {
    await eventually('the bar moves', async () => (await live()) === 1);
    await hold();
    const choice = page.getByRole('combobox', { name: 'Microphone' });
    await choice.selectOption('Fake Audio Input 1');
    await choice.selectOption('Fake Audio Input 2');
    await eventually('both are asked for', async () => (await page.evaluate('tracks.length')) === 3);
    await page.evaluate('go()');
    await eventually('one is left', async () => (await live()) === 1);
    await hold();
    await choice.selectOption('Fake Audio Input 1');
    await eventually('it is asked for', async () => (await page.evaluate('tracks.length')) === 4);
    await press('Join');
    await page.evaluate('go()');
    await page.getByText('Anna (you)').waitFor();
    expect(await live()).toBe(1);
    await press('Hang up');
    await eventually('none is left', async () => (await live()) === 0);
  });

  test('no member where it is hung up before the answer', async () => {
    let go = (): void => undefined;
    rooms.held = new Promise<void>((resolve) => {
      go = resolve;
    });
    await press('Join');
    await eventually('an offer', () => rooms.asked.some((each) => each.startsWith('POST')));
    await press('Hang up');
    await statusOf('You left the room').waitFor();
    expect(await live()).toBe(0);
    go();
    await eventually('the end is told', () => rooms.asked.includes('DELETE /webrtc/conn/me.key'));
    expect(await page.getByRole('alert').isVisible()).toBe(false);
  });

  test('no member where the page is closed', async () => {
    await enter();
    await page.goto('about:blank');
    await eventually('the end is told', () => rooms.asked.includes('DELETE /webrtc/conn/me.key'));
  });
});

describe('a room that the page /join may not read any more', () => {
  test('is told, is heard on, is left to oneself to mute in, and is shown again once it may be read', async () => {
    await enter();
    rooms.roomRefusal = { status: 401, code: 'TOKEN_EXPIRED' };
    rooms.drop();
    await page.getByText('Your invitation has expired. You still hear it and are heard.').waitFor();
    expect(await page.getByRole('listitem').count()).toBe(0);
    await press('Mute');
    expect(await page.evaluate('tracks.at(-1).enabled')).toBe(false);
    // The room has never heard that it was muted.
    await press('Unmute');
    await eventually('unmuted', async () => (await page.evaluate('tracks.at(-1).enabled')) === true);
    expect(await pressedOf()).toBe('false');
    rooms.roomRefusal = null;
    await page.getByText('Anna (you)').waitFor();
    expect(await page.getByText('Your invitation has expired.').isVisible()).toBe(false);
  });
});

describe('mute on the page /join', () => {
  test('by a host: it says by whom, cannot be lifted, and is lifted by asking', async () => {
    await enter();
    tellOwn({ muted: true, muted_by: 'host' });
    await statusOf('You were muted by a host').waitFor();
    await page.getByRole('listitem').filter({ hasText: 'muted by a host' }).waitFor();
    rooms.roomRefusal = { status: 403, code: 'MUTED_BY_HOST' };
    await press('Unmute');
    await statusOf('only a host can change that').waitFor();
    expect([await pressedOf(), await page.evaluate('tracks.at(-1).enabled')]).toEqual(['true', false]);
    rooms.roomRefusal = null;
    tellOwn({ muted: true, muted_by: 'self' });
    await statusOf('You may unmute yourself now').waitFor();
    rooms.tell({ type: 'unmute_asked', member_id: 'me', peer: 'Anna' });
    await statusOf('You are asked to unmute yourself').waitFor();
    const asked = page.getByText('A host asks you to speak: press Unmute.');
    await asked.waitFor();
    await press('Unmute');
    await asked.waitFor({ state: 'hidden' });
    await eventually('unmuted', () => rooms.bodies.includes('{"muted":false}'));
    expect(await page.evaluate('tracks.at(-1).enabled')).toBe(true);
  });

  test('on entry: the button says so', async () => {
    rooms.ownState = { muted: true, muted_by: 'self' };
    await enter();
    await statusOf('You are muted. Unmute yourself to speak').waitFor();
    expect([await pressedOf(), await page.evaluate('tracks.at(-1).enabled')]).toEqual(['true', false]);
  });

  test('by Alt+M, which is no typing, and is told to who looks for it', async () => {
    expect(await page.locator('#mute').getAttribute('aria-keyshortcuts')).toBe('Alt+M');
    await page.getByLabel('Your name').press('Alt+m');
    await page.getByLabel('Your name').fill('Mammamia');
    expect(await page.getByLabel('Your name').inputValue()).toBe('Mammamia');
    await page.getByLabel('Your name').fill('Anna');
    await enter();
    await page.getByText('mutes and unmutes.').waitFor();
    for (const key of ['m', 'Control+Alt+m', 'Shift+Alt+m']) await page.keyboard.press(key);
    expect(await pressedOf()).toBe('false');
    await page.keyboard.press('Alt+m');
    expect(await pressedOf()).toBe('true');
    await eventually('muted', () => rooms.bodies.includes('{"muted":true}'));
    await page.keyboard.press('Alt+m');
    expect(await pressedOf()).toBe('false');
  });
});
