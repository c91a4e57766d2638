import { expect, test, vi } from 'vitest';
import { OpusEncoder } from '../../media/codec/opus/encoder.js';
import { codecNames, codecs } from '../../media/index.js';
import { MediaStage, roomId, type StagePhone } from '../support/media-stage.js';

const conference = roomId('conference');
const TALKER_HZ = 800;

/**
 * The largest sample, in dB of full scale, that a steady tone does not explain, in each 20 ms: a click stands out of the
 * noise of the codec.
 */
function residuesDb(heard: Int16Array, hz: number, rateHz: number): number[] {
  const twice = 2 * Math.cos((2 * Math.PI * hz) / rateHz);
  const frame = rateHz / 50;
  const out: number[] = [];
  for (let from = 2; from + frame <= heard.length; from += frame) {
    let worst = 1;
    for (let i = from; i < from + frame; i += 1) {
      worst = Math.max(worst, Math.abs(heard[i]! - twice * heard[i - 1]! + heard[i - 2]!));
    }
    out.push(20 * Math.log10(worst / 32768));
  }
  return out;
}

const stateful = codecNames.filter((name) => codecs[name].isStateful);

test.each(stateful)(
  'design §4 who begins and ends to speak hears no edge between the shared mix and its own: %s',
  async (codec) => {
    const stage = new MediaStage();
    const { sampleRateHz: rateHz } = codecs[codec];
    const options = { codecs: [codec], rateHz };
    const phones: StagePhone[] = [await stage.phone(TALKER_HZ, options)];
    // Enough members that those who are silent are left out, whatever their codec makes of silence.
    for (let i = 0; i < 8; i += 1) phones.push(await stage.phone(0, options));
    for (const phone of phones) phone.leg.join(conference, { echo: false });
    const [talker, other, listener] = [phones[0]!, phones[1]!, phones[2]!];
    // Opus takes more than a second until its noise in a tone is what it stays.
    await stage.clock.advance(codec === 'opus' ? 1400 : 600);
    for (const phone of phones) phone.voice.takeHeard();
    const beganMs = stage.clock.nowMs();
    const speech: [number, number][] = [];
    const frameNow = (): number => (stage.clock.nowMs() - beganMs) / 20;
    for (let turn = 0; turn < 2; turn += 1) {
      await stage.clock.advance(500);
      const from = frameNow();
      other.voice.toneHz = 2300;
      // Lasts no whole number of beats, so that each turn meets another part of the tone.
      await stage.clock.advance(527);
      other.voice.toneHz = 0;
      speech.push([from - 2, frameNow() + 30]);
      await stage.clock.advance(700);
      talker.voice.toneHz = 0;
      await stage.clock.advance(1000);
      talker.voice.toneHz = TALKER_HZ;
    }
    await stage.clock.advance(500);
    const residues = residuesDb(other.voice.takeHeard(), TALKER_HZ, rateHz);
    // Hears the talker begin and end too, always in the shared mix; but what the other says as well.
    const reference = residuesDb(listener.voice.takeHeard(), TALKER_HZ, rateHz);
    // The noise of the codec in a steady tone: at first, and before each turn, since after a silence it is another.
    const steady = speech.map(([from]) => residues.slice(from - 10, from - 1));
    const settled = Math.max(...residues.slice(0, 20), ...steady.flat());
    const excesses = residues.map((residue, frame) => {
      const isMasked = speech.some(([from, to]) => frame >= from && frame <= to);
      const near = Math.max(...reference.slice(Math.max(0, frame - 1), frame + 2));
      return residue - Math.max(-50, settled, isMasked ? -50 : near);
    });
    expect(Math.max(...excesses), `at frame ${excesses.indexOf(Math.max(...excesses))}`).toBeLessThan(3);
  },
  60_000,
);

test('design §4 a member of a conference on Opus costs an encoder while it speaks and 600 ms longer', async () => {
  const stage = new MediaStage();
  const options = { codecs: ['opus' as const], rateHz: 16_000 as const };
  const phones: StagePhone[] = [await stage.phone(TALKER_HZ, options)];
  for (let i = 0; i < 8; i += 1) phones.push(await stage.phone(0, options));
  for (const phone of phones) phone.leg.join(conference, { echo: false });
  await stage.clock.advance(1000);
  const encode = vi.spyOn(OpusEncoder.prototype, 'encode');
  const perBeat = async (): Promise<number> => {
    encode.mockClear();
    await stage.clock.advance(200);
    return encode.mock.calls.length / 10;
  };
  // Each phone's own; the talker's, who hears nobody; and one for all.
  expect(await perBeat()).toBe(phones.length + 2);
  phones[1]!.voice.toneHz = 2300;
  await stage.clock.advance(500);
  expect(await perBeat()).toBe(phones.length + 3);
  phones[1]!.voice.toneHz = 0;
  await stage.clock.advance(750);
  expect(await perBeat()).toBe(phones.length + 2);
  encode.mockRestore();
});
