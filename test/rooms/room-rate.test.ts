import { describe, expect, test } from 'vitest';
import type { LegId, RoomId } from '../../base/ids.js';
import { Resampler, type SampleRateHz, type SharedSound } from '../../media/index.js';
import { PcmLine } from '../../media/pcm-line.js';
import { LegMember, type Speaker } from '../../rooms/member.js';
import { Room } from '../../rooms/room.js';
import { defaultRoomRules } from '../../rooms/room-rules.js';
import { levelOf } from '../support/voice.js';

const AMPLITUDE = 8000;

/** A leg without packets and without a lossy codec: says one tone at its own rate, keeps what it hears at that rate. */
class PlainSpeaker implements Speaker {
  readonly codecRateHz: SampleRateHz;
  readonly heard: number[] = [];
  readonly #toneHz: number;
  #line: PcmLine;
  #nextLine: PcmLine | null = null;
  #out: Resampler;
  #nextOut: Resampler | null = null;
  #said = 0;

  constructor(codecRateHz: SampleRateHz, toneHz: number) {
    this.codecRateHz = codecRateHz;
    this.#toneHz = toneHz;
    this.#line = new PcmLine(8000, 60);
    this.#out = new Resampler(8000, codecRateHz);
  }

  get sampleRateHz(): SampleRateHz {
    return this.#line.rateHz;
  }

  prepare(rateHz: SampleRateHz | null): void {
    this.#nextLine = rateHz === null ? null : new PcmLine(rateHz, 60);
    this.#nextOut = rateHz === null ? null : new Resampler(rateHz, this.codecRateHz);
  }

  retune(): void {
    this.#line = this.#nextLine ?? this.#line;
    this.#out = this.#nextOut ?? this.#out;
    this.prepare(null);
  }

  prime(frame: Int16Array | null): void {
    if (this.#nextOut !== null) this.#through(this.#nextOut, frame);
  }

  pull(_dueMs: number, out: Int16Array, next: Int16Array | null): boolean {
    if (this.#toneHz === 0) return false;
    const step = (2 * Math.PI * this.#toneHz) / this.codecRateHz;
    const sound = Int16Array.from({ length: this.codecRateHz / 50 }, (_, i) =>
      Math.round(AMPLITUDE * Math.sin(step * (this.#said + i))),
    );
    this.#said += sound.length;
    for (const [line, into] of [[this.#line, out] as const, [this.#nextLine, next] as const]) {
      line?.write(sound, this.codecRateHz, sound.length);
      line?.take(line.rateHz / 50, into);
    }
    return true;
  }

  push(_dueMs: number, frame: Int16Array | null): void {
    this.heard.push(...this.#through(this.#out, frame));
  }

  leave(): void {}

  cut(): void {}

  pushShared(dueMs: number, shared: SharedSound): void {
    this.push(dueMs, shared.frame);
  }

  #through(resampler: Resampler, frame: Int16Array | null): Int16Array {
    const out = new Int16Array(this.codecRateHz / 50);
    const samples = resampler.fromHz / 50;
    resampler.process(frame ?? new Int16Array(samples), 0, samples, out, 0);
    return out;
  }
}

class Stage {
  readonly room: Room;
  readonly rates: number[] = [];
  #beat = 0;

  constructor(maxRateHz: SampleRateHz = 16000) {
    this.room = new Room('r' as RoomId, { rules: { ...defaultRoomRules, maxRateHz } });
  }

  join(name: string, speaker: PlainSpeaker): void {
    this.room.add(new LegMember(name as LegId, speaker, { echo: false }));
  }

  leave(name: string): void {
    this.room.remove(name as LegId);
  }

  run(beats: number): void {
    for (let i = 0; i < beats; i += 1) {
      this.room.beat(this.#beat, this.#beat * 20);
      this.#beat += 1;
      if (this.rates.at(-1) !== this.room.rateHz) this.rates.push(this.room.rateHz);
    }
  }
}

/** The largest sample, in dB of full scale, that a steady tone of that frequency does not explain. */
function worstStepDb(heard: readonly number[], hz: number, rateHz: number): number {
  const twice = 2 * Math.cos((2 * Math.PI * hz) / rateHz);
  let worst = 1;
  for (let i = 2; i < heard.length; i += 1) {
    worst = Math.max(worst, Math.abs(heard[i]! - twice * heard[i - 1]! + heard[i - 2]!));
  }
  return 20 * Math.log10(worst / 32768);
}

describe('the rate of a room', () => {
  test('is 8 kHz while every member is narrowband, 16 with a wideband one, and 8 again a second after he has left', () => {
    const stage = new Stage();
    const phones = [new PlainSpeaker(8000, 440), new PlainSpeaker(8000, 0)];
    for (const [index, phone] of phones.entries()) stage.join(`n${index}`, phone);
    stage.run(50);
    stage.join('w', new PlainSpeaker(16000, 0));
    stage.run(50);
    stage.leave('w');
    stage.run(100);
    expect(stage.rates).toEqual([8000, 16000, 8000]);
  });

  test('a wideband voice reaches wideband ears whole; narrowband ones hear what they can, and no alias', () => {
    const stage = new Stage();
    const [high, wide, narrow] = [
      new PlainSpeaker(16000, 6000),
      new PlainSpeaker(16000, 1000),
      new PlainSpeaker(8000, 0),
    ];
    for (const [name, speaker] of Object.entries({ narrow, high, wide })) stage.join(name, speaker);
    stage.run(100);
    const settled = (speaker: PlainSpeaker): Int16Array => Int16Array.from(speaker.heard.slice(-speaker.codecRateHz));
    expect(levelOf(settled(wide), 6000, 16000)).toBeGreaterThan(-13);
    expect(levelOf(settled(wide), 1000, 16000)).toBeLessThan(-80);
    expect(levelOf(settled(narrow), 1000)).toBeGreaterThan(-13);
    expect(levelOf(settled(narrow), 2000)).toBeLessThan(-70);
  });

  test.each([
    [8000, 8000],
    [8000, 16000],
    [16000, 8000],
  ] as const)('design §4 a change of it is no step above −50 dB: from %i to %i Hz phones', (talkerHz, listenerHz) => {
    const stage = new Stage();
    const talker = new PlainSpeaker(talkerHz, 800);
    const listener = new PlainSpeaker(listenerHz, 0);
    // The room begins low, whoever is there first.
    stage.join('first', new PlainSpeaker(8000, 0));
    stage.run(2);
    stage.join('talker', talker);
    stage.join('listener', listener);
    for (let turn = 0; turn < 3; turn += 1) {
      stage.run(20);
      stage.join('guest', new PlainSpeaker(16000, 0));
      stage.run(33);
      stage.leave('guest');
      stage.run(70);
    }
    const isNarrow = talkerHz === 8000 && listenerHz === 8000;
    expect(stage.rates).toEqual(isNarrow ? [8000, 16000, 8000, 16000, 8000, 16000, 8000] : [8000, 16000]);
    // The tone begins with the talker, and after the room has settled.
    const steady = listener.heard.slice(listenerHz / 5);
    expect(worstStepDb(steady, 800, listenerHz)).toBeLessThan(-60);
  });

  test('whoever speaks while it changes hears the others without a step too', () => {
    const stage = new Stage();
    const [anna, bob] = [new PlainSpeaker(8000, 800), new PlainSpeaker(8000, 500)];
    stage.join('anna', anna);
    stage.join('bob', bob);
    stage.run(50);
    stage.join('guest', new PlainSpeaker(16000, 0));
    stage.run(50);
    stage.leave('guest');
    stage.run(100);
    expect(stage.rates).toEqual([8000, 16000, 8000]);
    expect(worstStepDb(anna.heard.slice(800), 500, 8000)).toBeLessThan(-60);
    expect(worstStepDb(bob.heard.slice(800), 800, 8000)).toBeLessThan(-60);
  });

  const fullband = ['first', 'talker', 'listener'] as const;
  const phones: readonly SampleRateHz[] = [8000, 16000, 48000];
  const steps = [
    [8000, 16000],
    [8000, 48000],
    [16000, 48000],
  ] as const;
  const cases = steps.flatMap(([lowHz, highHz]) =>
    phones
      .filter((hz) => hz <= lowHz)
      .flatMap((talkerHz) =>
        phones.filter((hz) => hz <= lowHz).map((listenerHz) => [lowHz, highHz, talkerHz, listenerHz] as const),
      ),
  );
  test.each(cases)(
    'design §4 from %i to %i Hz and back is no step above −50 dB, from %i to %i Hz phones',
    (lowHz, highHz, talkerHz, listenerHz) => {
      const stage = new Stage(48000);
      const listener = new PlainSpeaker(listenerHz, 0);
      const members = [new PlainSpeaker(lowHz, 0), new PlainSpeaker(talkerHz, 800), listener];
      for (const [index, name] of fullband.entries()) stage.join(name, members[index]!);
      for (let turn = 0; turn < 3; turn += 1) {
        stage.run(20);
        stage.join('guest', new PlainSpeaker(highHz, 0));
        stage.run(33);
        stage.leave('guest');
        stage.run(70);
      }
      expect(stage.rates).toEqual([lowHz, highHz, lowHz, highHz, lowHz, highHz, lowHz]);
      expect(worstStepDb(listener.heard.slice(listenerHz / 5), 800, listenerHz)).toBeLessThan(-60);
    },
  );

  test('a fullband phone has the room at 16 kHz unless 48 is allowed, and is heard there whole', () => {
    for (const [maxHz, reaches] of [
      [16000, false],
      [48000, true],
    ] as const) {
      const stage = new Stage(maxHz);
      const listener = new PlainSpeaker(48000, 0);
      stage.join('high', new PlainSpeaker(48000, 15_000));
      stage.join('low', new PlainSpeaker(48000, 1000));
      stage.join('listener', listener);
      stage.run(100);
      expect(stage.rates).toEqual([maxHz]);
      const settled = Int16Array.from(listener.heard.slice(-48_000));
      expect(levelOf(settled, 1000, 48_000)).toBeGreaterThan(-13);
      expect(levelOf(settled, 15_000, 48_000) > -13).toBe(reaches);
      if (!reaches) expect(levelOf(settled, 15_000, 48_000)).toBeLessThan(-70);
    }
  });

  test('narrowband alone is allowed too', () => {
    const stage = new Stage(8000);
    stage.join('wide', new PlainSpeaker(16000, 800));
    stage.join('other', new PlainSpeaker(16000, 0));
    stage.run(50);
    expect(stage.rates).toEqual([8000]);
  });
});
