import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JitterBuffer, type PushVerdict } from '../../media/jitter-buffer.js';
import { RtpHeader } from '../../media/rtp/packet.js';
import { createSeededRandom } from '../support/seeded-random.js';

interface Packet {
  /** What the packet says: its number in the sender's order. */
  readonly index: number;
  readonly arrivalMs: number;
  readonly timestamp: number;
  readonly sequence: number;
  readonly samples: number;
}

interface LineOptions {
  readonly sequence?: number;
  readonly timestamp?: number;
  readonly samples?: number;
  readonly periodMs?: number;
  /** Delay of packet `index` on its way. */
  readonly delayMs?: (index: number) => number;
}

/** `count` packets of a steady sender. */
function line(count: number, options: LineOptions = {}): Packet[] {
  const { sequence = 0, timestamp = 0, samples = 160, delayMs = () => 0 } = options;
  const periodMs = options.periodMs ?? samples / 8;
  return Array.from({ length: count }, (_, index) => ({
    index,
    arrivalMs: index * periodMs + delayMs(index),
    timestamp: (timestamp + index * samples) >>> 0,
    sequence: (sequence + index) & 0xffff,
    samples,
  }));
}

class Player {
  readonly buffer = new JitterBuffer({ clockRateHz: 8000 });
  /** Per beat, what was heard: a packet's index, `-` made up, `.` nothing; `<` behind what was cut, `>` what was stretched. */
  heard = '';
  readonly delaysMs: number[] = [];
  readonly verdicts: PushVerdict[] = [];
  /** Longest stay of a packet in the buffer. */
  #left = 0;

  push(packet: Packet): void {
    const header = new RtpHeader();
    header.sequence = packet.sequence;
    header.timestamp = packet.timestamp;
    header.payloadOffset = 2;
    header.payloadBytes = packet.samples;
    const data = new Uint8Array(packet.samples + 2).fill(packet.index);
    this.verdicts.push(this.buffer.push(header, data, packet.arrivalMs));
  }

  /** One beat of 160 ticks; sound is cut and stretched as much as is wished, to the tick. */
  beat(nowMs: number): void {
    while (this.#left < 160) {
      const missing = 160 - this.#left;
      const verdict = this.buffer.pull(nowMs, missing);
      if (verdict === 'packet') {
        const packet = this.buffer.packet!;
        this.heard += `${packet.payload[0]} `;
        this.delaysMs.push(nowMs - packet.arrivalMs + this.#left / 8);
        this.buffer.played(packet.payloadBytes);
        this.#left += packet.payloadBytes;
        if (packet.payloadBytes >= missing) this.#correct(nowMs);
      } else {
        this.heard += verdict === 'lost' ? '-' : '.';
        this.#left += verdict === 'lost' ? this.buffer.gapTicks : missing;
      }
    }
    this.#left -= 160;
    this.buffer.splices.left(this.#left / 8);
  }

  #correct(nowMs: number): void {
    const ms = this.buffer.correctionMs(nowMs);
    if (ms === 0) return;
    this.#left += ms * 8;
    this.buffer.splices.made(nowMs, ms);
    this.heard += ms < 0 ? '< ' : '> ';
  }

  /** Lets packets arrive at their time, with a beat every 20 ms from 5 ms on. */
  run(packets: readonly Packet[], untilMs: number, fromMs = 0): void {
    const arriving = [...packets].sort((a, b) => a.arrivalMs - b.arrivalMs);
    let next = 0;
    for (let nowMs = fromMs + 5; nowMs < untilMs; nowMs += 20) {
      while (next < arriving.length && arriving[next]!.arrivalMs <= nowMs) {
        this.push(arriving[next]!);
        next += 1;
      }
      this.beat(nowMs);
    }
  }

  /** The indices heard, in order. */
  get indices(): number[] {
    return [...this.heard.matchAll(/\d+/g)].map((match) => Number(match[0]));
  }
}

function play(packets: readonly Packet[], untilMs: number): Player {
  const player = new Player();
  player.run(packets, untilMs);
  return player;
}

const upTo = (count: number): number[] => [...Array(count).keys()];

describe('order', () => {
  test('packets in time are all heard, in order, without a gap', () => {
    const player = play(line(50), 1100);
    expect(player.heard).toMatch(/^\.+(\d+ (< )?)+\.+$/);
    expect(player.indices).toEqual(upTo(50));
  });

  test('RFC 3550 §5.1 any order within the target delay is put right, over the wrap of sequence and timestamp', () => {
    const late = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(late, (delays) => {
        const packets = line(40, {
          sequence: 65520,
          timestamp: 0xffff_ff00 - 1600,
          delayMs: (index) => delays[index]!,
        });
        const player = play(packets, 1200);
        expect(player.indices).toEqual(upTo(40));
        expect(player.heard).not.toContain('-');
      }),
    );
  });

  test('a lost packet is made up in its place while the later ones keep their time', () => {
    const player = play(
      line(12).filter(({ index }) => index !== 4 && index !== 7),
      400,
    );
    expect(player.heard.replace(/^\.+|\.+$/g, '')).toBe('0 1 2 3 -5 6 -8 9 10 11 ');
  });

  test('a packet after its turn is late: counted and not heard', () => {
    const player = play(line(20, { delayMs: (index) => (index === 5 ? 150 : 0) }), 500);
    expect(player.indices).toEqual(upTo(20).filter((index) => index !== 5));
    expect(player.buffer.packetsLate).toBe(1);
    expect(player.verdicts).toContain('late');
  });

  test('a second copy is heard once', () => {
    const packets = line(10);
    const player = play(
      [...packets, ...packets.map((packet) => ({ ...packet, arrivalMs: packet.arrivalMs + 1 }))],
      400,
    );
    expect(player.indices).toEqual(upTo(10));
    expect(player.buffer.packetsDuplicate + player.buffer.packetsLate).toBe(10);
  });
});

describe('packet lengths', () => {
  test.each([40, 80, 160, 240, 320, 480])('packets of %i samples are all heard, in order', (samples) => {
    const count = Math.ceil(8000 / samples);
    const player = play(line(count, { samples }), 1300);
    expect(player.indices).toEqual(upTo(count));
    expect(player.heard).not.toContain('-');
  });

  test('a length that changes in mid-stream is followed', () => {
    const first = line(10);
    const second = line(10, { samples: 480, sequence: 10, timestamp: 1600 }).map((packet) => ({
      ...packet,
      index: packet.index + 10,
      arrivalMs: packet.arrivalMs + 240,
    }));
    const player = play([...first, ...second], 1100);
    expect(player.indices).toEqual(upTo(20));
  });

  test('a sender that counts less time than it sends is heard all the same', () => {
    const slow = line(20).map((packet) => ({ ...packet, timestamp: packet.index * 80 }));
    expect(play(slow, 600).indices).toEqual(upTo(20));
  });
});

describe('delay', () => {
  test('the first packet waits for the first target of 40 ms, up to the next beat', () => {
    const [first] = play(line(5), 200).delaysMs;
    expect(first).toBe(45);
  });

  test('without jitter the delay comes down to 20 to 40 ms, by two splices of a frame together', () => {
    const player = play(line(200), 4100);
    expect(player.buffer.targetMs).toBe(20);
    expect(Math.max(...player.delaysMs.slice(-50))).toBeLessThanOrEqual(40);
    expect(player.buffer.splices).toMatchObject({ cuts: 2, cutMs: 20, inserts: 0 });
    expect(player.indices).toEqual(upTo(200));
  });

  test('with 0 to 30 ms of jitter in order nothing is missed once the spread is known, at less than 60 ms', () => {
    const delays = line(1000).map(({ index }) => (index * 7919) % 31);
    for (let i = 1; i < delays.length; i += 1) delays[i] = Math.max(delays[i]!, delays[i - 1]! - 20);
    const player = play(line(1000, { delayMs: (index) => delays[index]! }), 20_000);
    const steady = player.heard.slice(player.heard.indexOf('100 '));
    expect(steady.replace(/\.+$/, '')).not.toMatch(/[-.]/);
    expect(player.buffer.targetMs).toBeLessThanOrEqual(40);
    const meanMs = player.delaysMs.reduce((sum, delayMs) => sum + delayMs, 0) / player.delaysMs.length;
    expect(meanMs).toBeLessThan(60);
  });

  test('a delay that grows by 100 ms loses nothing: time stands still, and is won back splice by splice', () => {
    const player = play(line(250, { delayMs: (index) => (index >= 50 && index < 60 ? 100 : 0) }), 5200);
    expect(new Set(player.indices).size).toBeGreaterThanOrEqual(244);
    expect(Math.max(...player.delaysMs.slice(-50))).toBeLessThanOrEqual(80);
    expect(player.buffer.splices.cutMs).toBeGreaterThan(60);
  });

  test('what piles up beyond 200 ms is dropped down to the target at once', () => {
    const player = play(line(100, { delayMs: (index) => (index >= 20 && index < 70 ? (70 - index) * 20 : 0) }), 2300);
    expect(player.buffer.packetsSkipped).toBeGreaterThan(30);
    expect(Math.max(...player.delaysMs)).toBeLessThanOrEqual(200);
    expect(player.indices.slice(-20)).toEqual(upTo(100).slice(-20));
  });

  test('nobody pulling costs bounded memory: the newest 200 ms stay', () => {
    const player = new Player();
    for (const packet of line(5000)) player.push(packet);
    expect(player.buffer.size).toBeLessThanOrEqual(11);
    const tiny = new Player();
    for (const packet of line(5000, { samples: 8 })) tiny.push(packet);
    expect(tiny.buffer.size).toBeLessThanOrEqual(48);
  });

  test.each([
    ['fast', 20 / 1.0002],
    ['slow', 20 / 0.9998],
  ])('a sender whose clock is %s by 200 ppm, for an hour: the delay stays, nothing is missed', (way, periodMs) => {
    const count = 180_000;
    const player = new Player();
    player.run(line(count, { periodMs }), count * 20 - 1000);
    const steady = player.delaysMs.slice(100);
    const most = steady.reduce((one, other) => Math.max(one, other));
    expect(most).toBeLessThanOrEqual(62);
    expect(player.buffer.packetsSkipped + player.buffer.packetsLate).toBe(0);
    expect(player.heard.slice(2)).not.toMatch(/[-.]/);
    const { cutMs, insertedMs, cuts, inserts } = player.buffer.splices;
    // 720 ms in all, and a frame for the delay that it began with.
    expect(Math.abs((way === 'fast' ? cutMs - insertedMs : insertedMs - cutMs) - 720)).toBeLessThanOrEqual(45);
    expect(cuts + inserts).toBeLessThan(150);
  });
});

describe.each([10, 20, 30, 40, 60])('packets of %i ms', (periodMs) => {
  test.each([0, 15, 30])(
    'with up to %i ms of jitter and a clock 200 ppm off, either way: nothing is missed',
    (jitterMs) => {
      for (const drift of [1.0002, 0.9998]) {
        const random = createSeededRandom(3);
        const packets = line(Math.floor(120_000 / periodMs), {
          samples: periodMs * 8,
          periodMs: periodMs * drift,
          delayMs: () => (random.uint32() / 2 ** 32) * jitterMs,
        });
        const player = play(packets, 119_000);
        const steady = player.heard.slice(player.heard.indexOf('60 '));
        expect(steady).not.toMatch(/[-.]/);
        expect(player.buffer.packetsLate + player.buffer.packetsSkipped).toBe(0);
        const meanMs = player.delaysMs.reduce((sum, ms) => sum + ms, 0) / player.delaysMs.length;
        expect(meanMs).toBeLessThan(70);
      }
    },
  );
});

describe('new lines', () => {
  test('after a pause the talkspurt gets its full delay again', () => {
    const first = line(10);
    const second = line(10).map((packet) => ({
      ...packet,
      index: packet.index + 10,
      sequence: packet.sequence + 10,
      timestamp: packet.timestamp + 16_000,
      arrivalMs: packet.arrivalMs + 2000,
    }));
    const player = play([...first, ...second], 2400);
    expect(player.indices).toEqual(upTo(20));
    expect(player.delaysMs[10]).toBeGreaterThanOrEqual(40);
    expect(player.heard).not.toContain('-');
  });

  test.each([
    ['back', 0x7000_0000],
    ['forward', 1_000_000],
    ['far forward', 0x9000_0000],
  ])('RFC 3550 §5.1 a timestamp that jumps %s costs a few frames and no more', (_name, jump) => {
    const first = line(20, { timestamp: 0x7800_0000 });
    const from = jump === 0x7000_0000 ? 0x7000_0000 : 0x7800_0000 + jump;
    const second = line(20, { timestamp: from, sequence: 20 }).map((packet) => ({
      ...packet,
      index: packet.index + 20,
      arrivalMs: packet.arrivalMs + 400,
    }));
    const player = play([...first, ...second], 1000);
    expect(player.indices.filter((index) => index >= 20)).toEqual(upTo(40).slice(20));
    expect(player.indices.length).toBeGreaterThanOrEqual(35);
  });

  test('reset forgets the old line, so that an older timestamp of a new source is heard', () => {
    const player = new Player();
    player.run(line(10, { timestamp: 50_000 }), 300);
    player.buffer.reset();
    player.run(
      line(10, { sequence: 9000 }).map((packet) => ({
        ...packet,
        index: packet.index + 10,
        arrivalMs: packet.arrivalMs + 300,
      })),
      700,
      300,
    );
    expect(player.indices).toEqual(upTo(20));
  });
});

test('no packets make it throw or hold more than its limit, whatever their numbers', () => {
  const wild = fc.array(
    fc.record({
      index: fc.integer({ min: 0, max: 255 }),
      arrivalMs: fc.integer({ min: 0, max: 400 }),
      timestamp: fc.oneof(fc.integer({ min: 0, max: 0xffff_ffff }), fc.integer({ min: 0, max: 4000 })),
      sequence: fc.integer({ min: 0, max: 0xffff }),
      samples: fc.integer({ min: 0, max: 1600 }),
    }),
    { maxLength: 120 },
  );
  fc.assert(
    fc.property(wild, (packets) => {
      const player = play(packets, 600);
      expect(player.buffer.size).toBeLessThanOrEqual(48);
    }),
  );
});
