import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { toneHeardMs } from '../support/hearing.js';
import type { Baresip } from './support/baresip.js';
import type { Gateway } from './support/gateway.js';
import { requirePeers } from './support/peers.js';
import { tone } from './support/sound.js';
import { Stage } from './support/stage.js';
import { BARESIP_HZ, LINPHONE_HZ } from './support/two-phones.js';

/** The transfer keys of phones that others made, in a room whose `refer` is `room`. */

const OTHER_HZ = 1700;
let stage: Stage;

beforeEach(() => {
  stage = new Stage();
});

afterEach(() => stage.close());

async function phone(gateway: Gateway, user: string): Promise<Baresip> {
  return stage.baresip({ gateway, user });
}

async function letRefer(gateway: Gateway, room: string): Promise<void> {
  const init = { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: '{"refer":"room"}' };
  expect((await fetch(`${gateway.url}/rooms/${room}`, init)).status).toBe(200);
}

/** Waits until a phone hears a tone, from now on. */
async function hears(phone: Baresip, hz: number): Promise<void> {
  const from = phone.heard().length;
  await eventually(`baresip ${phone.user} hears ${hz} Hz`, () => toneHeardMs(phone.heard().subarray(from), hz) >= 500);
}

const rooms = async (gateway: Gateway): Promise<string[]> =>
  (await gateway.calls()).map(({ peer_id, room_id }) => `${peer_id} ${room_id}`).toSorted();

test('RFC 5589 §6 baresip sends who is with it to another room; he hears those there by the call that he has', async () => {
  requirePeers('baresip');
  const gateway = await stage.gateway();
  const [anna, bert, carl] = await Promise.all(['1001', '1002', '1003'].map((user) => phone(gateway, user)));
  await Promise.all([anna!.call('9000'), carl!.call('9100')]);
  await letRefer(gateway, '9000');
  await bert!.call('9000');
  await carl!.say(tone(stage.directory, OTHER_HZ, 100));
  await bert!.say(tone(stage.directory, BARESIP_HZ, 100));
  await anna!.command('transfer', 'sip:9100@127.0.0.1');
  await anna!.event('CALL_CLOSED');
  await Promise.all([hears(bert!, OTHER_HZ), hears(carl!, BARESIP_HZ)]);
  expect(await rooms(gateway)).toEqual(['1002 9100', '1003 9100']);
  expect(bert!.events.filter(({ type }) => type === 'CALL_CLOSED')).toEqual([]);
});

test('RFC 5589 §7 linphone consults a baresip and transfers it into the room of another', async () => {
  requirePeers('linphonec', 'baresip');
  const gateway = await stage.gateway();
  const [linphone, bert, carl] = await Promise.all([
    stage.linphone({ gateway, user: '2001', sound: tone(stage.directory, LINPHONE_HZ, 100) }),
    phone(gateway, '1002'),
    phone(gateway, '1003'),
  ]);
  await bert.call('9000');
  await letRefer(gateway, '9000');
  await bert.say(tone(stage.directory, BARESIP_HZ, 100));
  await linphone.call('9000');
  await linphone.hold();
  const consulted = linphone.call('1003');
  await carl.accept();
  await consulted;
  await carl.say(tone(stage.directory, OTHER_HZ, 100));
  await hears(carl, LINPHONE_HZ);
  linphone.transfer(1, 2);
  await Promise.all([hears(bert, OTHER_HZ), hears(carl, BARESIP_HZ)]);
  await eventually('linphone has gone', async () => (await gateway.calls()).length === 2);
  expect(await rooms(gateway)).toEqual(['1002 9000', '1003 9000']);
  for (const { events } of [bert, carl]) expect(events.filter(({ type }) => type === 'CALL_CLOSED')).toEqual([]);
});
