import { describe, expect, test } from 'vitest';
import { type SampleRateHz, tone } from '../../media/index.js';
import type { MediaRecorder, MediaStream, RecordOptions } from '../../rooms/index.js';
import { MediaStage, roomId } from '../support/media-stage.js';
import { levelOf } from '../support/voice.js';

const plain = { echo: false };

/** What a recorder gave, put together. */
class Tape {
  readonly ends: string[] = [];
  lostFrames = 0;
  readonly recorder: MediaRecorder;
  readonly #channels: 1 | 2;
  readonly #samples: number[] = [];

  constructor(sampleRateHz: SampleRateHz, channels: 1 | 2, record: (options: RecordOptions) => MediaRecorder | null) {
    this.#channels = channels;
    const recorder = record({
      sampleRateHz,
      channels,
      onChunk: (pcm, lostFrames) => {
        const bytes = Buffer.from(pcm);
        for (let at = 0; at < bytes.length; at += 2) this.#samples.push(bytes.readInt16LE(at));
        this.lostFrames += lostFrames;
        this.recorder.kept();
      },
      onEnded: (end) => this.ends.push(end),
    });
    if (recorder === null) throw new Error('nothing to record');
    this.recorder = recorder;
  }

  /** 0: left, which is what is said, or the only one; 1: right, what is heard. */
  side(channel: 0 | 1 = 0): Int16Array {
    return Int16Array.from(this.#samples.filter((_, index) => index % this.#channels === channel));
  }
}

function streamIn(stage: MediaStage, room: string, sampleRateHz: SampleRateHz): MediaStream {
  const stream = stage.pool.openStream({
    roomId: roomId(room),
    sampleRateHz,
    ways: 'both',
    of: 'mix',
    chunkMs: 20,
    bufferMs: 60_000,
    onChunk: () => stream.kept(),
    onMark: () => undefined,
    onEnded: () => undefined,
  });
  return stream;
}

function soundOf(hz: number, sampleRateHz: SampleRateHz, durationMs: number, levelDb = -30): Uint8Array {
  const samples = tone({ frequenciesHz: [hz], sampleRateHz, levelDb, durationMs });
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
}

describe('an application in a room', () => {
  test.each([
    [8000, 8000],
    [16_000, 8000],
    [8000, 16_000],
    [16_000, 48_000],
  ] as const)(
    'at %i Hz, recorded at %i Hz: its file, a phone’s and the mix line up sample for sample',
    async (streamHz, rateHz) => {
      const stage = new MediaStage();
      const phone = await stage.phone(500, { roomId: 'r' });
      phone.voice.toneHz = 0;
      phone.leg.join(roomId('r'), plain);
      const stream = streamIn(stage, 'r', streamHz);
      await stage.clock.advance(200);
      // The first that a room hears of anybody fades in, in the mix alone.
      stream.feed(soundOf(1400, streamHz, 60));
      phone.voice.say(tone({ frequenciesHz: [700], sampleRateHz: 8000, levelDb: -30, durationMs: 60 }));
      await stage.clock.advance(600);
      const mix = new Tape(rateHz, 1, (options) => stage.pool.recordRoom(roomId('r'), options));
      const tapes = [phone.leg, stream].map((line) => new Tape(rateHz, 2, (options) => line.record(options)));
      await stage.clock.advance(110);
      stream.feed(soundOf(1400, streamHz, 900));
      await stage.clock.advance(200);
      phone.voice.say(tone({ frequenciesHz: [700], sampleRateHz: 8000, levelDb: -30, durationMs: 800 }));
      await stage.clock.advance(1800);
      for (const { recorder } of [mix, ...tapes]) recorder.close();
      await stage.clock.advance(40);
      const [ofPhone, ofStream] = tapes.map((tape) => tape.side()) as [Int16Array, Int16Array];
      const all = mix.side();
      expect(all.length).toBeGreaterThan(2 * rateHz);
      expect([ofPhone.length, ofStream.length]).toEqual([all.length, all.length]);
      const middle = (pcm: Int16Array): Int16Array => pcm.subarray(rateHz * 0.5, rateHz * 0.9);
      expect([700, 1400].map((hz) => levelOf(middle(ofStream), hz, rateHz) > -40)).toEqual([false, true]);
      expect([700, 1400].map((hz) => levelOf(middle(ofPhone), hz, rateHz) > -40)).toEqual([true, false]);
      // A filter rounds each line for itself.
      const off = all.map((sample, i) => Math.abs(sample - ofPhone[i]! - ofStream[i]!));
      expect(Math.max(...off)).toBeLessThanOrEqual(streamHz === rateHz || rateHz === 48_000 ? 2 : 3);
      // What one hears is what the other says.
      const heard = tapes.map((tape) => tape.side(1)) as [Int16Array, Int16Array];
      expect(Math.max(...heard[0].map((sample, i) => Math.abs(sample - ofStream[i]!)))).toBeLessThanOrEqual(1);
      expect(Math.max(...heard[1].map((sample, i) => Math.abs(sample - ofPhone[i]!)))).toBeLessThanOrEqual(1);
      expect([mix, ...tapes].map(({ ends, lostFrames }) => [ends, lostFrames])).toEqual(Array(3).fill([['closed'], 0]));
    },
  );

  test.each([1, 2])('is recorded without a hole where it moves, in %i hosts, until it ends', async (hosts) => {
    const stage = new MediaStage(hosts);
    await stage.clock.advance(20);
    const [here, there] = [await stage.phone(0, { roomId: 'r' }), await stage.phone(0, { roomId: 's' })];
    here.leg.join(roomId('r'), plain);
    there.leg.join(roomId('s'), plain);
    const stream = streamIn(stage, 'r', 8000);
    await stage.clock.advance(100);
    stream.feed(soundOf(1400, 8000, 30_000));
    await stage.clock.advance(100);
    const tape = new Tape(8000, 2, (options) => stream.record(options));
    await stage.clock.advance(1000);
    stream.join(roomId('s'));
    await stage.clock.advance(1000);
    stream.join(roomId('r'));
    await stage.clock.advance(1000);
    stream.close();
    await stage.clock.advance(40);
    expect([tape.ends, tape.lostFrames]).toEqual([['gone'], 0]);
    const said = tape.side();
    expect(Math.abs(said.length - 24_000)).toBeLessThanOrEqual(320);
    for (let at = 0; at + 800 <= said.length; at += 800) {
      expect(levelOf(said.subarray(at, at + 800), 1400)).toBeGreaterThan(-33);
    }
    expect(stream.record({ sampleRateHz: 8000, channels: 2, onChunk: () => undefined, onEnded: () => undefined })).toBe(
      null,
    );
    expect((await stage.report()).map(({ recorders, commandsRefused }) => [recorders, commandsRefused])).toEqual(
      Array(hosts).fill([0, 0]),
    );
  });

  test('has one recorder: a second one takes its place', async () => {
    const stage = new MediaStage();
    await stage.clock.advance(20);
    const stream = streamIn(stage, 'r', 8000);
    await stage.clock.advance(40);
    const [first, second] = [0, 1].map(() => new Tape(8000, 2, (options) => stream.record(options))) as [Tape, Tape];
    await stage.clock.advance(600);
    expect([first.ends, second.ends, second.side().length]).toEqual([['replaced'], [], 4000]);
  });
});

/** The largest sample, in dB of full scale, that a steady tone of that frequency does not explain. */
function worstStepDb(heard: Int16Array, hz: number, rateHz: number): number {
  const twice = 2 * Math.cos((2 * Math.PI * hz) / rateHz);
  let worst = 1;
  for (let i = 2; i < heard.length; i += 1) {
    worst = Math.max(worst, Math.abs(heard[i]! - twice * heard[i - 1]! + heard[i - 2]!));
  }
  return 20 * Math.log10(worst / 32768);
}

test.each([
  [8000, 'all hear'],
  [16_000, 'all hear'],
  [48_000, 'all hear'],
  [16_000, 'one is whispered'],
] as const)(
  'design §4 a change of the room’s rate is no step above −50 dB in what is recorded at %i Hz of what %s',
  async (rateHz, whose) => {
    const stage = new MediaStage();
    await stage.clock.advance(20);
    const stream = streamIn(stage, 'r', 8000);
    const phone = await stage.phone(0, { roomId: 'r' });
    phone.leg.join(roomId('r'), plain);
    await stage.clock.advance(100);
    if (whose !== 'all hear') stream.setHearing({ heardBy: [phone.leg.legId], hears: null });
    stream.feed(soundOf(800, 8000, 20_000, -12));
    await stage.clock.advance(300);
    const mix = new Tape(rateHz, 1, (options) => stage.pool.recordRoom(roomId('r'), options));
    const [ofPhone, ofStream] = [phone.leg, stream].map(
      (line) => new Tape(rateHz, 2, (options) => line.record(options)),
    ) as [Tape, Tape];
    for (let turn = 0; turn < 2; turn += 1) {
      await stage.clock.advance(300);
      const wide = await stage.phone(0, { roomId: 'r', codecs: ['g722'] });
      wide.leg.join(roomId('r'), plain);
      await stage.clock.advance(300);
      wide.leg.leave();
      await stage.clock.advance(1500);
    }
    const lines = { mix: mix.side(), heard: ofPhone.side(1), said: ofStream.side(0) };
    const steps = Object.entries(lines).map(([name, pcm]) => {
      const sound = pcm.subarray(rateHz / 10);
      expect(levelOf(sound.subarray(0, rateHz / 10), 800, rateHz)).toBeGreaterThan(-13);
      return [name, worstStepDb(sound, 800, rateHz)] as const;
    });
    expect(steps.filter(([, db]) => db > -50)).toEqual([]);
  },
);
