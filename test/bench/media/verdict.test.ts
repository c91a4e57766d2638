import { describe, expect, test } from 'vitest';
import { HeardLine } from '../../../bench/media/heard-line.js';
import { pcmOf, talkerHz, toneAmplitudeOfTalkers } from '../../../bench/media/sounds.js';
import { planOf, seatsOf } from '../../../bench/media/stage.js';
import { judge } from '../../../bench/media/verdict.js';
import { type CapturedPacket, readCapture, writePlan } from '../../../bench/media/wire-files.js';
import { codecs } from '../../../media/index.js';

const codec = codecs.pcmu;
const SECONDS = 6;
const frameSamples = 160;

/** Packets of that sound, 20 ms each, the first at `fromMs`. */
function packetsOf(pcm: Int16Array, fromMs: number): CapturedPacket[] {
  const encoder = codec.createEncoder();
  return Array.from({ length: Math.floor(pcm.length / frameSamples) }, (_, i) => {
    const payload = new Uint8Array(frameSamples);
    encoder.encode(pcm, i * frameSamples, frameSamples, payload, 0);
    const timestamp = (0xffff_fff0 + i * frameSamples) >>> 0;
    return { atMs: fromMs + i * 20, sequence: (65_530 + i) & 0xffff, timestamp, payload };
  });
}

/** A perfect mixer with that delay. */
function mixed(rooms: readonly number[], delayMs: number): Parameters<typeof judge>[0] {
  const seats = seatsOf({ rooms, pureTone: false });
  const said = seats.map(({ hz, bursts }) => (hz === null ? null : pcmOf({ hz, bursts }, 8000)));
  const packets = new Map<number, CapturedPacket[]>();
  for (const [index, seat] of seats.entries()) {
    if (!seat.isSampled) continue;
    const pcm = new Int16Array(SECONDS * 8000);
    for (const [other, sound] of said.entries()) {
      if (sound === null || other === index || seats[other]!.room !== seat.room) continue;
      for (let i = 0; i < pcm.length; i += 1) pcm[i]! += sound[i % sound.length]!;
    }
    packets.set(index, packetsOf(pcm, 1000 + delayMs));
  }
  const bursts = seats.flatMap(({ bursts: speaks }, index) =>
    speaks ? Array.from({ length: SECONDS / 1.2 }, (_, i): [number, number] => [index, 1000 + i * 1200]) : [],
  );
  return { seats, packets, bursts, codec, isReflector: false };
}

describe('who sits where', () => {
  test('three of each room talk, each with a tone of its own, and the third of a sampled room in bursts', () => {
    const seats = seatsOf({ rooms: [3, 10, 10, 10, 10], pureTone: false });
    expect(seats).toHaveLength(43);
    expect(new Set(seats.flatMap(({ hz }) => hz ?? [])).size).toBe(15);
    expect(seats.slice(3, 8).map(({ hz }) => hz)).toEqual([talkerHz(1, 0), talkerHz(1, 1), talkerHz(1, 2), null, null]);
    expect(seats.filter(({ bursts }) => bursts).map(({ room }) => room)).toEqual([0, 1, 3, 4]);
  });

  test('with a pure tone, room 0 has one talker', () => {
    const room = seatsOf({ rooms: [10, 10], pureTone: true }).filter((seat) => seat.room === 0);
    expect(room.filter(({ hz }) => hz !== null)).toMatchObject([{ place: 0, hz: 800, bursts: false }]);
  });
});

describe('the verdict', () => {
  const rooms = [3, 10];

  test('a perfect mixer: everybody right, no dropout, and the delay it has', () => {
    const verdict = judge(mixed(rooms, 42));
    expect(verdict.wrong).toEqual([]);
    expect(verdict.right).toBeGreaterThan(6);
    expect(verdict.dropouts).toBe(0);
    expect(verdict.transitsMs.length).toBeGreaterThan(10);
    for (const ms of verdict.transitsMs) expect(Math.abs(ms - 42)).toBeLessThan(1.5);
  });

  test('who hears itself, a stranger, or misses somebody is found', () => {
    const evidence = mixed(rooms, 42);
    const swapped = new Map(evidence.packets);
    swapped.set(0, evidence.packets.get(1)!);
    swapped.set(3, evidence.packets.get(0)!);
    swapped.set(5, []);
    const { wrong } = judge({ ...evidence, packets: swapped });
    expect(wrong).toEqual([
      'room 0, place 0: 1405 Hz is missing',
      expect.stringMatching(/^room 1, place 0: /),
      'room 1, place 2: only 0 ms of sound',
    ]);
  });

  test('of a reflector: everybody hears itself alone', () => {
    const evidence = mixed([3], 0);
    const packets = new Map(
      evidence.seats.map(({ hz, bursts }, index) => {
        const loop = pcmOf({ hz, bursts }, 8000);
        const pcm = Int16Array.from({ length: SECONDS * 8000 }, (_, i) => loop[i % loop.length]!);
        return [index, packetsOf(pcm, 1000)] as const;
      }),
    );
    expect(judge({ ...evidence, packets, isReflector: true }).wrong).toEqual([]);
    expect(judge({ ...evidence, packets, isReflector: false }).wrong).toHaveLength(3);
  });
});

describe('what was heard', () => {
  test('is put in order over the wrap of both counters, with holes where packets are missing', () => {
    const pcm = pcmOf({ hz: 405 }, 8000);
    const packets = packetsOf(pcm, 0);
    const whole = new HeardLine(packets, codec);
    const shuffled = packets.filter((_, i) => i !== 20);
    [shuffled[5], shuffled[6]] = [shuffled[6]!, shuffled[5]!];
    const line = new HeardLine(shuffled, codec);
    expect(line.pcm).toHaveLength(pcm.length);
    expect(line.pcm.slice(0, 20 * frameSamples)).toEqual(whole.pcm.slice(0, 20 * frameSamples));
    // The frame after a hole is blended with what was made up for it.
    expect(line.pcm.slice(22 * frameSamples)).toEqual(whole.pcm.slice(22 * frameSamples));
    expect(line.timeOf(30 * frameSamples + 80)).toBe(610);
  });
});

describe('the files of the wire', () => {
  test('a plan has all frames once, and its words where both wires read them', () => {
    const seats = seatsOf({ rooms: [3], pureTone: false });
    const opened = { ports: [10_000, 10_002, 10_004], codec: 'pcmu', payloadType: 0, frameMs: 20 } as const;
    const weather = { jitterMs: 30, loss: 0.02, noise: false };
    const plan = planOf(seats, opened, { warmMs: 1000, measureMs: 2000 }, weather);
    const file = writePlan(plan);
    const words = Array.from({ length: 16 }, (_, i) => file.readInt32LE(i * 4));
    expect(words.slice(0, 9)).toEqual([0x484b4c45, 3, 3, 180, 1000, 2000, 30, 200, 1]);
    expect(file).toHaveLength((16 + 3 * 8 + 3 * 4 + 180 * 2) * 4 + 180 * 160);
    expect(file.readInt32LE((16 + 8) * 4)).toBe(10_002);
    expect(file.subarray(-160)).toEqual(Buffer.from(plan.sounds[2]!.frames[59]!));
  });

  test('a capture is read by endpoint', () => {
    const head = Buffer.alloc(16);
    head.writeInt32LE(7, 0);
    head.writeInt32LE(14, 4);
    head.writeBigInt64LE(1_500_000n, 8);
    const packet = Buffer.from([0x80, 0, 0x12, 0x34, 0, 0, 0, 160, 1, 2, 3, 4, 0xaa, 0xbb]);
    const heard = readCapture(Buffer.concat([head, packet]));
    expect(heard.get(7)).toEqual([{ atMs: 1.5, sequence: 0x1234, timestamp: 160, payload: Buffer.from([0xaa, 0xbb]) }]);
  });
});

test('tones of talkers together fit into 16 bits', () => {
  expect(3 * toneAmplitudeOfTalkers).toBeLessThan(32_767);
});
