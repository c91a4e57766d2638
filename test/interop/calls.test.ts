import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { converse, eachOther, type Talker, voices } from './support/conversation.js';
import { requirePeers } from './support/peers.js';
import { Stage } from './support/stage.js';

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
  requirePeers('baresip', 'espeak-ng', 'sox');
});

afterEach(() => stage.close());

/** The hook server rings the callee while the caller's invite hook is still open: contract 7.3. */
async function bridge(caller: Talker, callee: Talker): Promise<void> {
  await caller.phone.dial(callee.phone.user);
  await callee.phone.event('CALL_INCOMING');
  await caller.phone.event('CALL_RINGING');
  await callee.phone.accept();
  await Promise.all([caller, callee].map(({ phone }) => phone.event('CALL_ESTABLISHED')));
}

test('two baresips: one calls the other through the bridge of the hook server, both hear the other', async () => {
  const gateway = await stage.gateway();
  const phones = [
    await stage.baresip({ gateway, user: '1001' }),
    await stage.baresip({ gateway, user: '1002', codec: 'PCMA' }),
  ];
  const [anna, ben] = (await voices(stage.directory, phones)) as [Talker, Talker];
  await bridge(anna, ben);
  expect(await converse([anna, ben], eachOther)).toEqual([]);
  await ben.phone.hangUp();
  await anna.phone.event('CALL_CLOSED');
  expect(await gateway.outcome()).toEqual({ answered: 2, rejected: 0, canceled: 0, failed: 0, ended: 2 });
});

test('RFC 3551 §4.5.2 a wideband phone and two narrowband ones in one room: each hears the others and not itself', async () => {
  const gateway = await stage.gateway();
  const codecs = ['G722', 'PCMU', 'PCMA'] as const;
  const phones = await Promise.all(
    codecs.map((codec, index) => stage.baresip({ gateway, user: String(1001 + index), codec })),
  );
  const talkers = await voices(stage.directory, phones);
  for (const { phone } of talkers) await phone.call('9000');
  expect(await converse(talkers, eachOther)).toEqual([]);
  for (const { phone } of talkers.slice(1)) await phone.hangUp();
  expect(await gateway.outcome()).toEqual({ answered: 3, rejected: 0, canceled: 0, failed: 0, ended: 3 });
});

test('RFC 7587 a phone with Opus, one with linear sound and a narrowband one in one room: each hears the others and not itself', async () => {
  const gateway = await stage.gateway('--codecs', 'opus,g722,pcma,pcmu,l16-16000');
  const codecs = ['opus', 'L16', 'PCMU'] as const;
  const phones = await Promise.all(
    codecs.map((codec, index) => stage.baresip({ gateway, user: String(1001 + index), codec })),
  );
  const talkers = await voices(stage.directory, phones);
  for (const { phone } of talkers) await phone.call('9000');
  expect((await gateway.calls()).map(({ codec }) => codec)).toEqual(['opus', 'l16-16000', 'pcmu']);
  expect(await converse(talkers, eachOther)).toEqual([]);
  for (const { phone } of talkers.slice(1)) await phone.hangUp();
  expect(await gateway.outcome()).toEqual({ answered: 3, rejected: 0, canceled: 0, failed: 0, ended: 3 });
});

test('echo answers with the caller’s own voice', async () => {
  const gateway = await stage.gateway();
  const [anna] = (await voices(stage.directory, [await stage.baresip({ gateway, user: '1001' })])) as [Talker];
  await anna.phone.call('echo');
  expect(await converse([anna], () => 'whole')).toEqual([]);
  await anna.phone.hangUp();
  expect(await gateway.outcome()).toEqual({ answered: 1, rejected: 0, canceled: 0, failed: 0, ended: 1 });
});

test('after a restart of the gateway all of this works without anybody registering again', async () => {
  const gateway = await stage.gateway();
  const phones = await Promise.all(['1001', '1002', '1003'].map((user) => stage.baresip({ gateway, user })));
  const [anna, ben, carla] = (await voices(stage.directory, phones)) as [Talker, Talker, Talker];
  await gateway.restart();
  await bridge(anna, ben);
  expect(await converse([anna, ben], eachOther)).toEqual([]);
  await ben.phone.hangUp();
  await anna.phone.event('CALL_CLOSED');
  await carla.phone.call('echo');
  expect(await converse([carla], () => 'whole')).toEqual([]);
  await carla.phone.hangUp();
  for (const { phone } of [anna, ben, carla]) await phone.call('9000');
  expect(await converse([anna, ben, carla], eachOther)).toEqual([]);
  await anna.phone.hangUp();
  await ben.phone.hangUp();
  expect(await gateway.outcome()).toEqual({ answered: 6, rejected: 0, canceled: 0, failed: 0, ended: 6 });
  expect(await gateway.metrics()).toMatchObject({ registrations: 3, registrations_accepted_total: 0 });
});

test('RFC 4733 keys pressed at a baresip arrive once each', async () => {
  const gateway = await stage.gateway();
  const phone = await stage.baresip({ gateway, user: '1001' });
  await phone.call('9000');
  for (const key of '159#') await phone.command('sndcode', key);
  await eventually('four keys', () => gateway.logged('call.dtmf').length >= 4);
  await phone.hearMore(500);
  expect(gateway.logged('call.dtmf')).toHaveLength(4);
  await phone.hangUp();
});
