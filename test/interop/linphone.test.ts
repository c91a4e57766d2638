import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { toneHeardMs } from '../support/hearing.js';
import { requirePeers } from './support/peers.js';
import { levels } from './support/report.js';
import { tone } from './support/sound.js';
import { Stage } from './support/stage.js';
import { BARESIP_HZ, callEachOther, expectBothHeard, LINPHONE_HZ } from './support/two-phones.js';

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
  requirePeers('linphonec', 'baresip');
});

afterEach(() => stage.close());

test('linphone registers, calls a room, is heard there and hears a baresip', async () => {
  const gateway = await stage.gateway();
  const linphone = await stage.linphone({ gateway, user: '2001', sound: tone(stage.directory, LINPHONE_HZ, 100) });
  const baresip = await stage.baresip({ gateway, user: '1001' });
  await baresip.call('9000');
  await baresip.say(tone(stage.directory, BARESIP_HZ, 100));
  await linphone.call('9000');
  expect((await gateway.connected(2)).map(({ codec }) => codec).sort()).toEqual(['opus', 'pcmu']);
  await Promise.all([linphone.hearMore(3000), baresip.hearMore(3000)]);
  await linphone.hangUp();
  await baresip.event('CALL_CLOSED');
  console.log(levels('linphone heard', linphone.heard()));
  console.log(levels('baresip heard', baresip.heard()));
  expect(toneHeardMs(linphone.heard(), BARESIP_HZ)).toBeGreaterThanOrEqual(1000);
  expect(toneHeardMs(linphone.heard(), LINPHONE_HZ)).toBe(0);
  expect(toneHeardMs(baresip.heard(), LINPHONE_HZ)).toBeGreaterThanOrEqual(1000);
  expect(toneHeardMs(baresip.heard(), BARESIP_HZ)).toBe(0);
  expect(await gateway.outcome()).toEqual({ answered: 2, rejected: 0, canceled: 0, failed: 0, ended: 2 });
});

test.each(['linphone', 'baresip'])('%s calls the other through the bridge of the hook server', async (caller) => {
  const gateway = await stage.gateway();
  const linphone = await stage.linphone({ gateway, user: '2001', sound: tone(stage.directory, LINPHONE_HZ, 100) });
  const baresip = await stage.baresip({ gateway, user: '1001' });
  await callEachOther({ linphone, baresip }, caller, stage.directory);
  await baresip.hangUp();
  await linphone.ended();
  expectBothHeard({ linphone, baresip });
  expect(await gateway.outcome()).toEqual({ answered: 2, rejected: 0, canceled: 0, failed: 0, ended: 2 });
});

test('RFC 3264 §8.4 linphone holds the call, resumes it, and presses keys', async () => {
  const gateway = await stage.gateway();
  const linphone = await stage.linphone({ gateway, user: '2001', sound: tone(stage.directory, LINPHONE_HZ, 100) });
  const baresip = await stage.baresip({ gateway, user: '1001' });
  await baresip.call('9000');
  await baresip.say(tone(stage.directory, BARESIP_HZ, 100));
  await linphone.call('9000');
  await gateway.connected(2);
  await baresip.hearMore(2000);
  await linphone.hold();
  const heldAtMs = baresip.recordedMs();
  await baresip.hearMore(2500);
  await linphone.resume();
  const resumedAtMs = baresip.recordedMs();
  await Promise.all([linphone.hearMore(2500), baresip.hearMore(2500)]);
  for (const key of ['4', '2']) {
    linphone.press(key);
    await baresip.hearMore(700);
  }
  const keys = await eventually('two keys', () => {
    const all = gateway.logged('call.dtmf');
    return all.length >= 2 && all;
  });
  await linphone.hangUp();
  await baresip.event('CALL_CLOSED');
  console.log(levels('baresip heard', baresip.heard()));
  console.log(levels('linphone heard', linphone.heard()));
  const between = (fromMs: number, toMs: number): number =>
    toneHeardMs(baresip.heard().subarray(fromMs * 8, toMs * 8), LINPHONE_HZ);
  expect(between(0, heldAtMs)).toBeGreaterThanOrEqual(500);
  // It plays its file as music on hold; the room is spared that. A second on both sides is left to whoever is slow.
  expect(between(heldAtMs + 1000, resumedAtMs - 500)).toBe(0);
  expect(between(resumedAtMs, Number.POSITIVE_INFINITY)).toBeGreaterThanOrEqual(1000);
  expect(toneHeardMs(linphone.heard(), BARESIP_HZ)).toBeGreaterThanOrEqual(1000);
  expect(keys).toHaveLength(2);
  expect(await gateway.outcome()).toEqual({ answered: 2, rejected: 0, canceled: 0, failed: 0, ended: 2 });
});
