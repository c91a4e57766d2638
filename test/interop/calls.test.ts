import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { type Heard, isAbsent, isWhole, Recording } from '../support/hearing.js';
import type { Baresip } from './support/baresip.js';
import { requirePeers } from './support/peers.js';
import { figures, levels } from './support/report.js';
import { type Sound, sentences, speak } from './support/sound.js';
import { Stage } from './support/stage.js';

let stage: Stage;

beforeEach(() => {
  requirePeers('baresip', 'espeak-ng', 'sox');
  stage = new Stage();
});

afterEach(() => stage.close());

interface Talker {
  readonly phone: Baresip;
  readonly sound: Sound;
}

/** Both talk at the same time; both recordings grow until what was said must have arrived. */
async function talk(...talkers: readonly Talker[]): Promise<void> {
  await Promise.all(talkers.map(({ phone, sound }) => phone.say(sound)));
  const longestMs = Math.max(...talkers.map(({ sound }) => sound.pcm.length / 8));
  await Promise.all(talkers.map(({ phone }) => phone.hearMore(longestMs + 2000)));
}

function hears(listener: Talker, speaker: Talker): Heard {
  const pcm = listener.phone.heard();
  const heard = new Recording(pcm).find(speaker.sound.pcm);
  console.log(levels(`${listener.phone.user} heard`, pcm));
  console.log(figures(`  ${speaker.phone.user}`, heard));
  return heard;
}

/** The hook server rings the callee while the caller's invite hook is still open: contract 7.3. */
async function bridge(caller: Talker, callee: Talker): Promise<void> {
  await caller.phone.dial(callee.phone.user);
  await callee.phone.event('CALL_INCOMING');
  await caller.phone.event('CALL_RINGING');
  await callee.phone.command('accept');
  await Promise.all([caller, callee].map(({ phone }) => phone.event('CALL_ESTABLISHED')));
  await talk(caller, callee);
  await callee.phone.hangUp();
  await caller.phone.event('CALL_CLOSED');
}

async function talkers(...phones: readonly Promise<Baresip>[]): Promise<Talker[]> {
  return Promise.all(
    phones.map(async (phone, index) => ({
      phone: await phone,
      sound: await speak(stage.directory, sentences[index]!),
    })),
  );
}

test('two baresips: one calls the other through the bridge of the hook server, both hear the other', async () => {
  const gateway = await stage.gateway();
  const [anna, ben] = (await talkers(
    stage.baresip({ gateway, user: '1001' }),
    stage.baresip({ gateway, user: '1002', codec: 'PCMA' }),
  )) as [Talker, Talker];
  await bridge(anna, ben);
  expect(isWhole(hears(anna, ben)), 'anna hears ben').toBe(true);
  expect(isWhole(hears(ben, anna)), 'ben hears anna').toBe(true);
  expect(isAbsent(hears(anna, anna)), 'anna does not hear herself').toBe(true);
  expect(isAbsent(hears(ben, ben)), 'ben does not hear himself').toBe(true);
  expect(await gateway.outcome()).toEqual({ answered: 2, rejected: 0, canceled: 0, failed: 0, ended: 2 });
});

test('echo answers with the caller’s own voice', async () => {
  const gateway = await stage.gateway();
  const [anna] = (await talkers(stage.baresip({ gateway, user: '1001' }))) as [Talker];
  await anna.phone.call('echo');
  await talk(anna);
  await anna.phone.hangUp();
  expect(isWhole(hears(anna, anna))).toBe(true);
  expect(await gateway.outcome()).toEqual({ answered: 1, rejected: 0, canceled: 0, failed: 0, ended: 1 });
});

test('after a restart of the gateway the same calls work without anybody registering again', async () => {
  const gateway = await stage.gateway();
  const [anna, ben] = (await talkers(
    stage.baresip({ gateway, user: '1001' }),
    stage.baresip({ gateway, user: '1002' }),
  )) as [Talker, Talker];
  await gateway.restart();
  await bridge(anna, ben);
  expect(isWhole(hears(anna, ben)), 'anna hears ben').toBe(true);
  expect(isWhole(hears(ben, anna)), 'ben hears anna').toBe(true);
  expect(await gateway.outcome()).toEqual({ answered: 2, rejected: 0, canceled: 0, failed: 0, ended: 2 });
  await ben.phone.call('echo');
  await talk(ben);
  await ben.phone.hangUp();
  expect(isWhole(hears(ben, ben)), 'ben hears his echo').toBe(true);
  expect(await gateway.metrics()).toMatchObject({ registrations: 2, registrations_accepted_total: 0 });
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
