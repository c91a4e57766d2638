import { afterEach, beforeEach, expect, test } from 'vitest';
import { isAbsent, isWhole, Recording } from '../support/hearing.js';
import { requirePeers } from './support/peers.js';
import { figures, levels } from './support/report.js';
import { sentences, speak } from './support/sound.js';
import { Stage } from './support/stage.js';

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
});

afterEach(() => stage.close());

test('three baresips in room 9000: each hears all that both others say and nothing of itself', async () => {
  requirePeers('baresip', 'espeak-ng', 'sox');
  const gateway = await stage.gateway();
  const speakers = await Promise.all(
    sentences.map(async (sentence, index) => ({
      // One line is A-law: the mix is coded for each listener in his own codec.
      phone: await stage.baresip({ gateway, user: `100${index + 1}`, codec: index === 2 ? 'PCMA' : 'PCMU' }),
      sound: await speak(stage.directory, sentence),
    })),
  );
  const [first, second, third] = speakers.map(({ phone }) => phone);
  for (const { phone } of speakers) await phone.call('9000');
  const rows = await gateway.connected(3);
  expect(rows.map(({ room_id }) => room_id)).toEqual(['9000', '9000', '9000']);
  expect(rows.map(({ codec }) => codec).sort()).toEqual(['pcma', 'pcmu', 'pcmu']);
  await Promise.all(speakers.map(({ phone, sound }) => phone.say(sound)));
  const longestMs = Math.max(...speakers.map(({ sound }) => sound.pcm.length / 8));
  await Promise.all(speakers.map(({ phone }) => phone.hearMore(longestMs + 2000)));
  await first?.hangUp();
  await second?.hangUp();
  await third?.event('CALL_CLOSED');

  for (const listener of speakers) {
    const heard = listener.phone.heard();
    const recording = new Recording(heard);
    console.log(levels(`${listener.phone.user} heard`, heard));
    for (const speaker of speakers) {
      const found = recording.find(speaker.sound.pcm);
      console.log(figures(`  ${speaker.phone.user}`, found));
      const isItself = speaker === listener;
      expect
        .soft(isItself ? isAbsent(found) : isWhole(found), `${listener.phone.user} hears ${speaker.phone.user}`)
        .toBe(true);
    }
  }
  expect(await gateway.outcome()).toEqual({ answered: 3, rejected: 0, canceled: 0, failed: 0, ended: 3 });
});
