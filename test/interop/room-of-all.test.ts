import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MemberView, RoomEventPage } from '../../contract/room-events.js';
import { eventually } from '../support/eventually.js';
import { Browser } from './support/browser.js';
import type { Gateway } from './support/gateway.js';
import { requirePeers } from './support/peers.js';
import { Stage } from './support/stage.js';
import { baresipInRoom, sippInRoom } from './support/tone-phones.js';
import { type ToneMember, toneOf, whatIsWrong } from './support/tones.js';
import { joinByPage, joinMicrophone, webMember } from './support/web-members.js';

const room = '9000';
/** Where the pictures of the page are, for a person to look at. */
const pictures = join(tmpdir(), 'hookline-room-pictures');
const directory = mkdtempSync(join(tmpdir(), 'hookline-microphone-'));

let phones: Browser;
/** The person at the page /join. Its microphone is the browser's, so that it has one of its own. */
let person: Browser;
let stage: Stage;
let gateway: Gateway;

beforeAll(async () => {
  requirePeers('baresip', 'sipp', 'sox');
  mkdirSync(pictures, { recursive: true });
  phones = await Browser.start();
  person = await Browser.start({ microphone: await joinMicrophone(directory) });
});

afterAll(async () => {
  await Promise.all([phones.close(), person.close()]);
  rmSync(directory, { recursive: true });
});

beforeEach(async () => {
  stage = new Stage();
  gateway = await stage.gateway('--sip-ws-origins', phones.origin, '--cors-origin', phones.origin);
});

afterEach(() => stage.close());

/** JsSIP or SIP.js, registered and in the room. */
async function sipInBrowser(library: 'jssip' | 'sipjs', user: string): Promise<ToneMember> {
  const listening = gateway.logged('ready')[0]!.listening as { kind: string; port: number; path?: string }[];
  const { port, path } = listening.find(({ kind }) => kind === 'ws')!;
  const account = { user, password: user, domain: '127.0.0.1', toneHz: toneOf[library] };
  const phone = await phones.phone({ library, url: `ws://127.0.0.1:${port}${path}`, ...account });
  stage.onClose(() => phone.close());
  expect(await phone.register()).toBe(200);
  await phone.call(`sip:${room}@127.0.0.1`);
  await phone.hears('calls', 'established');
  return phone;
}

async function members(): Promise<readonly MemberView[]> {
  const response = await fetch(`${gateway.url}/rooms/${room}/members`);
  return ((await response.json()) as { members: MemberView[] }).members;
}

async function memberOf(name: string): Promise<MemberView> {
  return (await members()).find(({ peer }) => peer.includes(name))!;
}

/** As the application, which may do everything. */
async function mute(name: string, muted: boolean): Promise<void> {
  const { member_id } = await memberOf(name);
  const init = { method: 'PATCH', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ muted }) };
  const response = await fetch(`${gateway.url}/rooms/${room}/members/${member_id}`, init);
  expect(response.status).toBe(200);
}

describe('one room for all', () => {
  test('the page /join, WHIP, WHEP, JsSIP, SIP.js, baresip on G.722, sipp on PCMA: each hears each other one', async () => {
    const cast = { stage, browser: phones, gateway };
    const speakers = [
      await baresipInRoom(stage, gateway, room),
      await sippInRoom(stage, gateway, room),
      await sipInBrowser('jssip', '1001'),
      await sipInBrowser('sipjs', '1002'),
    ];
    const [whip, whep] = [await webMember(cast, 'whip', room), await webMember(cast, 'whep', room)];
    const { page, member } = await joinByPage({ ...cast, browser: person }, room, 'Anna');
    const all = [member, ...speakers, whip, whep];
    const codecs = (await gateway.calls()).map(({ codec }) => codec).sort();
    expect(codecs).toEqual(['g722', 'opus', 'opus', 'pcma']);
    expect(await whatIsWrong(all)).toEqual([]);
    const people = page.getByRole('listitem');
    await eventually('everybody is shown', async () => (await people.count()) === (await members()).length);
    const shown = (await people.allInnerTexts()).join('\n');
    for (const { peer } of await members()) expect(shown).toContain(peer);
    expect(shown).toContain('Anna (you)');
    const devices = (await members()).map(({ peer, kind, device }) => `${peer} ${kind} ${device}`);
    expect(devices).toEqual(expect.arrayContaining(['1001 sip browser', '1002 sip browser', '1702 sip phone']));
    expect(shown).toMatch(/1001\n+browser/);
    await people.filter({ hasText: '1702' }).filter({ hasText: 'speaking' }).waitFor();
    await page.screenshot({ path: join(pictures, 'desktop.png') });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.screenshot({ path: join(pictures, 'phone.png'), fullPage: true });
    expect(await page.evaluate('document.documentElement.scrollWidth > innerWidth')).toBe(false);
  });

  test('a person mutes, is muted and hangs up: the room shows it, and the others hear it', async () => {
    const sipp = await sippInRoom(stage, gateway, room);
    const { page, member } = await joinByPage({ stage, browser: person, gateway }, room, 'Anna');
    const rowOf = (name: string, state: string) =>
      page.getByRole('listitem').filter({ hasText: name }).filter({ hasText: state });
    await rowOf('1702', 'speaking').waitFor();
    const whip = await webMember({ stage, browser: phones, gateway }, 'whip', room);
    await page.getByRole('status').filter({ hasText: 'joined' }).waitFor();
    /** The publisher is heard by both all the time, the others as long as they are not muted. */
    const isRight = async (...muted: readonly ToneMember[]): Promise<void> => {
      const wanted = (listener: ToneMember): readonly ToneMember[] =>
        [member, sipp, whip].filter((other) => other !== listener && !muted.includes(other));
      expect(await whatIsWrong([member, sipp, whip], wanted)).toEqual([]);
    };
    await isRight();
    await page.getByRole('button', { name: 'Mute' }).click();
    await eventually('Anna is muted', async () => (await memberOf('Anna')).muted);
    await isRight(member);
    await page.getByRole('button', { name: 'Unmute' }).click();
    await eventually('Anna is not muted', async () => !(await memberOf('Anna')).muted);
    await rowOf('Anna (you)', 'speaking').waitFor();
    await mute('Anna', true);
    await page.getByRole('status').filter({ hasText: 'You were muted' }).waitFor();
    await rowOf('Anna (you)', 'muted').waitFor();
    await mute('1702', true);
    await rowOf('1702', 'muted').waitFor();
    await isRight(member, sipp);
    await page.screenshot({ path: join(pictures, 'muted.png') });
    // Whom a host muted, only a host can unmute.
    await mute('Anna', false);
    await page.getByRole('button', { name: 'Unmute' }).click();
    await mute('1702', false);
    await rowOf('1702', 'speaking').waitFor();
    await isRight();
    await page.getByRole('button', { name: 'Hang up' }).click();
    await page.getByRole('status').filter({ hasText: 'You left the room' }).waitFor();
    await eventually('Anna has left', async () => (await members()).every(({ peer }) => peer !== 'Anna'));
    expect(gateway.logged('web.ended')).toMatchObject([{ cause: 'left' }]);
  });

  test('the page’s keys are heard by the room, and who is sent away is told', async () => {
    await sippInRoom(stage, gateway, room);
    const { page } = await joinByPage({ stage, browser: person, gateway }, room, 'Anna');
    await page.getByRole('button', { name: 'Keypad' }).click();
    await page.getByRole('button', { name: 'star' }).click();
    await page.getByRole('status').filter({ hasText: 'Sent *' }).waitFor();
    const { member_id } = await memberOf('Anna');
    await eventually('the key', async () => {
      const { events } = (await (await fetch(`${gateway.url}/rooms/${room}/events`)).json()) as RoomEventPage;
      return events.some((event) => event.type === 'dtmf' && event.member_id === member_id && event.digit === '*');
    });
    const sent = await fetch(`${gateway.url}/rooms/${room}/members/${member_id}`, { method: 'DELETE' });
    expect(sent.status).toBe(200);
    await page.getByRole('alert').filter({ hasText: 'You were removed from the room.' }).waitFor();
  });
});
