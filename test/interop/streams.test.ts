import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { type Heard, hearingRateHz, isAbsent, isWhole, Recording } from '../support/hearing.js';
import { Program } from '../support/program.js';
import { writeSentence } from '../support/wav-file.js';
import type { Baresip } from './support/baresip.js';
import type { Gateway } from './support/gateway.js';
import { requirePeers } from './support/peers.js';
import { figures } from './support/report.js';
import { type Sound, sentences, speak } from './support/sound.js';
import { Stage } from './support/stage.js';

/** examples/voice-bot.mjs with real phones: it hears, answers with speech, and is interrupted. */

const TRAILING_MS = 1500;
let stage: Stage;
let gateway: Gateway;

beforeEach(async () => {
  stage = new Stage();
  requirePeers('baresip', 'espeak-ng', 'sox');
  gateway = await stage.gateway();
});

afterEach(() => stage.close());

/** The example, started as its user starts it, with something to answer. */
async function startBot(answer: Sound): Promise<Program> {
  const file = join(stage.directory, 'answer.wav');
  writeSentence(file, answer.pcm);
  const bot = new Program('examples/voice-bot.mjs', [`${gateway.apiUrl.replace('http', 'ws')}/streams/9000`, file]);
  stage.onClose(() => bot.kill());
  await eventually('the bot in the room', async () => (await streams()).length === 1);
  return bot;
}

async function streams(): Promise<{ readonly stream_id: string; readonly state: string }[]> {
  const response = await fetch(`${gateway.apiUrl}/streams`);
  return ((await response.json()) as { streams: { stream_id: string; state: string }[] }).streams;
}

/** How often it has sent that. */
function sent(bot: Program, event: string): number {
  return bot.stdout.split('\n').filter((line) => line === event).length;
}

/** What the phone heard since then. */
function heardSince(phone: Baresip, fromMs: number, sound: Sound): Heard {
  const heard = new Recording(phone.heard().subarray((fromMs * hearingRateHz) / 1000)).find(sound.pcm);
  console.log(figures(phone.user, heard));
  return heard;
}

test('a phone asks, the bot answers: its answer is heard whole, by every phone, and the question is not answered twice', async () => {
  const [question, answer] = [await speak(stage.directory, sentences[0]), await speak(stage.directory, sentences[1])];
  const phones = [await stage.baresip({ gateway, user: '1001' }), await stage.baresip({ gateway, user: '1002' })];
  const bot = await startBot(answer);
  for (const phone of phones) await phone.call('9000');
  const from = phones.map((phone) => phone.recordedMs());
  await phones[0]!.say(question);
  await eventually('the answer', () => sent(bot, 'media') === 1, 60_000);
  const answerMs = answer.pcm.length / (hearingRateHz / 1000);
  await Promise.all(phones.map((phone) => phone.hearMore(answerMs + TRAILING_MS)));
  for (const [index, phone] of phones.entries()) expect(isWhole(heardSince(phone, from[index]!, answer))).toBe(true);
  expect(isWhole(heardSince(phones[1]!, from[1]!, question))).toBe(true);
  expect(isAbsent(heardSince(phones[0]!, from[0]!, question))).toBe(true);
  expect([sent(bot, 'media'), sent(bot, 'clear')]).toEqual([1, 0]);
});

test('somebody speaks while it answers: it is silent at once, and answers when he has done', async () => {
  const [question, answer] = [await speak(stage.directory, sentences[0]), await speak(stage.directory, sentences[1])];
  const phone = await stage.baresip({ gateway, user: '1001' });
  const bot = await startBot(answer);
  await phone.call('9000');
  await phone.say(question);
  await eventually('the answer', () => sent(bot, 'media') === 1, 60_000);
  const from = phone.recordedMs();
  await phone.hearMore(500);
  await phone.say(question);
  await eventually('the interruption', () => sent(bot, 'clear') === 1);
  await phone.hearMore(TRAILING_MS);
  expect(isWhole(heardSince(phone, from, answer))).toBe(false);
  await eventually('the next answer', () => sent(bot, 'media') === 2, 60_000);
  const again = phone.recordedMs();
  await phone.hearMore(answer.pcm.length / (hearingRateHz / 1000) + TRAILING_MS);
  expect(isWhole(heardSince(phone, again - 500, answer))).toBe(true);
});

test('the caller hangs up: the bot is told, and nothing is left', async () => {
  const answer = await speak(stage.directory, sentences[1]);
  const phone = await stage.baresip({ gateway, user: '1001' });
  const bot = await startBot(answer);
  await phone.call('9000');
  await phone.hangUp();
  await bot.prints('closed: 1000 alone');
  expect(await streams()).toEqual([]);
  await gateway.outcome();
});
