import { type Heard, hearingRateHz, isAbsent, isWhole, Recording } from '../../support/hearing.js';
import type { Baresip } from './baresip.js';
import { figures, levels } from './report.js';
import { type Sound, sentences, speak } from './sound.js';

export interface Talker {
  readonly phone: Baresip;
  readonly sound: Sound;
}

/** What the talkers are to hear of each other, themselves included. */
export type Expectation = (listener: Talker, speaker: Talker) => 'whole' | 'absent';

/** Everybody but oneself. */
export const eachOther: Expectation = (listener, speaker) => (listener === speaker ? 'absent' : 'whole');

/** Times that everything is said again when something of it was missed. */
const ROUNDS = 4;
/** For what is still on its way when the longest sentence is over. */
const TRAILING_MS = 1500;

/** Gives each phone a voice and a sentence of its own. */
export function voices(directory: string, phones: readonly Baresip[]): Promise<Talker[]> {
  return Promise.all(
    phones.map(async (phone, index) => ({
      phone,
      sound: await speak(directory, sentences[index % sentences.length]!),
    })),
  );
}

/**
 * All of them say their sentences at the same time, in a call that is up, and afterwards it is looked up in the
 * recordings who heard whom. A machine that stands still loses sound like any network: then they say it again, as
 * people would. Resolves with what was not as expected in the last round; what was heard that must not be heard ends
 * the conversation at once. Figures of each round are printed.
 */
export async function converse(talkers: readonly Talker[], expected: Expectation): Promise<string[]> {
  for (let round = 1; ; round += 1) {
    const faults = await once(talkers, expected);
    const wasMissed = faults.some(({ wanted }) => wanted === 'whole');
    const wasOverheard = faults.some(({ wanted }) => wanted === 'absent');
    if (!wasMissed || wasOverheard || round === ROUNDS) return faults.map(({ text }) => text);
  }
}

async function once(
  talkers: readonly Talker[],
  expected: Expectation,
): Promise<{ readonly wanted: 'whole' | 'absent'; readonly text: string }[]> {
  const from = talkers.map(({ phone }) => phone.recordedMs());
  await Promise.all(talkers.map(({ phone, sound }) => phone.say(sound)));
  const longestMs = Math.max(...talkers.map(({ sound }) => sound.pcm.length / 8));
  await Promise.all(talkers.map(({ phone }) => phone.hearMore(longestMs + TRAILING_MS)));
  return talkers.flatMap((listener, index) => {
    const heard = listener.phone.heard().subarray((from[index]! * hearingRateHz) / 1000);
    const recording = new Recording(heard);
    console.log(levels(`${listener.phone.user} heard`, heard));
    return talkers.flatMap((speaker) => {
      const found = recording.find(speaker.sound.pcm);
      const wanted = expected(listener, speaker);
      const text = figures(`${speaker.phone.user}, who is to be ${wanted}`, found);
      console.log(`  ${text}`);
      return isAs(wanted, found) ? [] : [{ wanted, text: `${listener.phone.user} hears ${text}` }];
    });
  });
}

function isAs(wanted: 'whole' | 'absent', heard: Heard): boolean {
  return wanted === 'whole' ? isWhole(heard) : isAbsent(heard);
}
