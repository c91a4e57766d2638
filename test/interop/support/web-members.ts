import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { type Browser, bundlePage, heardOn } from './browser.js';
import type { Gateway } from './gateway.js';
import { runPeer } from './peers.js';
import type { Stage } from './stage.js';
import { TONE_PEAK, type ToneMember, toneOf } from './tones.js';

declare global {
  var web: {
    join(options: {
      url: string;
      token: string;
      way: string;
      toneHz: number | null;
      isRelayed: boolean;
    }): Promise<unknown>;
    /** Another connection on the same resource. */
    again(options: { toneHz: number }): Promise<{ isRestart: boolean }>;
  };
}

/** A token as an application makes it for one of its pages. */
export async function tokenOf(gateway: Gateway, door: 'whip' | 'whep' | 'webrtc', room: string): Promise<string> {
  const made = (await gateway.api('POST', `/token/${door}`, { room, ttl: 600 })) as { token: string };
  return made.token;
}

export function memberOn(page: Page, name: string, toneHz: number | null): ToneMember {
  return {
    name,
    toneHz,
    mark: () => page.evaluate(() => globalThis.ears.length()),
    since: (mark) => heardOn(page, mark),
  };
}

/**
 * A WHIP publisher, which plays its tone, or a WHEP player, which only hears.
 * @param isRelayed  through the TURN servers that the gateway names, and by no other way
 */
export async function webMember(
  { stage, browser, gateway }: { stage: Stage; browser: Browser; gateway: Gateway },
  door: 'whip' | 'whep',
  room: string,
  isRelayed = false,
): Promise<ToneMember> {
  const page = await browser.page(browser.origin);
  stage.onClose(() => page.close());
  const [way, toneHz] = door === 'whip' ? (['sendonly', toneOf.whip] as const) : (['recvonly', null] as const);
  const token = await tokenOf(gateway, door, room);
  const options = { url: `${gateway.url}/${door}/endpoint`, token, way, toneHz, isRelayed };
  await page.evaluate((given) => globalThis.web.join(given), options);
  return { ...memberOn(page, door, toneHz), isDeaf: door === 'whip' };
}

/** A microphone that hears the tone of the page /join, without a seam where the file begins again. */
export async function joinMicrophone(directory: string): Promise<string> {
  const file = join(directory, 'microphone.wav');
  const sound = ['synth', '10', 'sine', String(toneOf.join), 'vol', String(TONE_PEAK)];
  await runPeer('sox', ['-n', '-r', '48000', '-b', '16', '-c', '1', file, ...sound]);
  return file;
}

export interface JoinPage {
  readonly page: Page;
  readonly member: ToneMember;
}

interface Cast {
  readonly stage: Stage;
  readonly browser: Browser;
  readonly gateway: Gateway;
}

export interface JoinLooks {
  /** From where nothing but a TURN server is reached. */
  readonly isRelayed?: boolean;
  /** Whether the browser gives it the microphone; yes unless told. */
  readonly isAllowed?: boolean;
  readonly token?: string;
  readonly viewport?: { readonly width: number; readonly height: number };
  /** Runs before the page's own. */
  readonly script?: string;
}

/** The page /join as a person with a link opens it, with a name typed, before Join is pressed. */
export async function openJoin(
  { stage, browser, gateway }: Cast,
  room: string,
  name: string,
  { isRelayed = false, isAllowed = true, token, viewport = { width: 1280, height: 800 }, script = '' }: JoinLooks = {},
): Promise<JoinPage> {
  const query = new URLSearchParams({ room, token: token ?? (await tokenOf(gateway, 'webrtc', room)) });
  const options = { permissions: isAllowed ? ['microphone'] : [], viewport };
  const policy = `globalThis.iceTransportPolicy = '${isRelayed ? 'relay' : 'all'}';`;
  const whole = policy + (await bundlePage('page-ears.mjs')) + script;
  const page = await browser.visit(`${gateway.url}/join?${query}`, options, whole);
  stage.onClose(() => page.context().close());
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Original sound').check();
  return { page, member: memberOn(page, 'join', toneOf.join) };
}

/** The same, up to `Connected`. */
export async function joinByPage(cast: Cast, room: string, name: string, isRelayed = false): Promise<JoinPage> {
  const { page, member } = await openJoin(cast, room, name, { isRelayed });
  await page.getByRole('button', { name: 'Join' }).click();
  await page.getByRole('status').filter({ hasText: 'Connected' }).waitFor();
  return { page, member };
}
