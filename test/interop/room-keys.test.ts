import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MemberView } from '../../contract/room-events.js';
import { eventually } from '../support/eventually.js';
import { toneHeardMs } from '../support/hearing.js';
import type { Baresip } from './support/baresip.js';
import { requirePeers } from './support/peers.js';
import { tone } from './support/sound.js';
import { Stage } from './support/stage.js';

/** Keys of a phone that is none of ours: a PIN and a menu, by telephone-events (RFC 4733). */

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
  requirePeers('baresip');
});

afterEach(() => stage.close());

test('RFC 4733 two baresips key in the PIN of a room, hear each other, and one mutes itself by its menu', async () => {
  const gateway = await stage.gateway();
  const body = JSON.stringify({ room_id: '9000', pin: '4711', menu: { '*6': 'toggle_mute' } });
  const headers = { 'content-type': 'application/json' };
  expect((await fetch(`${gateway.url}/rooms`, { method: 'POST', headers, body })).status).toBe(201);
  const members = async (): Promise<MemberView[]> =>
    ((await (await fetch(`${gateway.url}/rooms/9000/members`)).json()) as { members: MemberView[] }).members;
  const press = async (phone: Baresip, keys: string): Promise<void> => {
    for (const key of keys) await phone.command('sndcode', key);
  };
  const pitches = [500, 900];
  const phones = [await stage.baresip({ gateway, user: '1001' }), await stage.baresip({ gateway, user: '1002' })];
  for (const [index, phone] of phones.entries()) {
    await phone.call('9000');
    await phone.say(tone(stage.directory, pitches[index]!, 120));
    await press(phone, '4711');
  }
  await eventually('both are in', async () => (await members()).filter(({ place }) => place === 'room').length === 2);
  /** How long each hears the other one in the next two seconds. */
  const heardMs = async (): Promise<number[]> => {
    const from = phones.map((phone) => phone.heard().length);
    await Promise.all(phones.map((phone) => phone.hearMore(2500)));
    return phones.map((phone, i) => toneHeardMs(phone.heard().subarray(from[i]!), pitches[1 - i]!));
  };
  await eventually('each hears the other', async () => (await heardMs()).every((ms) => ms >= 1500));
  await press(phones[1]!, '*6');
  await eventually('one is muted', async () => (await members()).some(({ peer, muted }) => peer === '1002' && muted));
  await eventually('it is not heard, and hears', async () => {
    const [first, second] = await heardMs();
    return first === 0 && second! >= 1500;
  });
});
