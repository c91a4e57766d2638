import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TimeScale } from '../../media/time-scale.js';
import { babble } from '../support/babble.js';
import { snrDb } from '../support/fidelity.js';
import { Recording } from '../support/hearing.js';
import { createSeededRandom } from '../support/seeded-random.js';

const scales = { shorten: -1, lengthen: 1 } as const;
type Way = keyof typeof scales;
const ways = Object.keys(scales) as Way[];

function toneOf(hz: number, rateHz: number, samples: number, amplitude = 8000): Int16Array {
  return Int16Array.from({ length: samples }, (_, i) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * hz * i) / rateHz)),
  );
}

/** One splice of a packet; what is left of it or has become of it, and by how many samples it was changed. */
function splice(
  way: Way,
  pcm: Int16Array,
  rateHz: number,
  mostMs = 12,
  leastAlike = 0.85,
): { out: Int16Array; change: number } {
  const room = new Int16Array(pcm.length + rateHz / 50 + 10).fill(1234);
  room.set(pcm, 5);
  const most = (mostMs * rateHz) / 1000;
  const changed = new TimeScale(rateHz)[way](room, 5, pcm.length, most, leastAlike);
  const change = changed === 0 ? 0 : scales[way] * changed;
  expect([...room.subarray(0, 5)]).toEqual(Array(5).fill(1234));
  return { out: room.slice(5, 5 + pcm.length + change), change };
}

/** Power of what is no such tone over that of the tone, in dB: the best sine of that frequency is taken out. */
function residualDb(pcm: Int16Array, hz: number, rateHz: number): number {
  let [cc, ss, cs, xc, xs] = [0, 0, 0, 0, 0];
  pcm.forEach((sample, i) => {
    const [c, s] = [Math.cos((2 * Math.PI * hz * i) / rateHz), Math.sin((2 * Math.PI * hz * i) / rateHz)];
    [cc, ss, cs, xc, xs] = [cc + c * c, ss + s * s, cs + c * s, xc + sample * c, xs + sample * s];
  });
  const determinant = cc * ss - cs * cs;
  const [a, b] = [(xc * ss - xs * cs) / determinant, (xs * cc - xc * cs) / determinant];
  const tone = pcm.map((_, i) =>
    Math.round(a * Math.cos((2 * Math.PI * hz * i) / rateHz) + b * Math.sin((2 * Math.PI * hz * i) / rateHz)),
  );
  return -snrDb(tone, pcm);
}

describe.each(ways)('%s', (way) => {
  test.each([8000, 16_000, 48_000])(
    'a tone at %i Hz goes on in its phase: what a splice adds is 30 dB down',
    (rateHz) => {
      for (const hz of [85, 120, 187, 300, 437, 1000, 1234, 2718, 3300]) {
        const { out, change } = splice(way, toneOf(hz, rateHz, rateHz / 50), rateHz);
        expect(Math.abs(change)).toBeGreaterThanOrEqual((2.5 * rateHz) / 1000);
        expect(residualDb(out, hz, rateHz)).toBeLessThan(-30);
      }
    },
  );

  test('what is before and behind the splice stays as it was, to the sample', () => {
    const packet = toneOf(437, 8000, 480);
    const { out, change } = splice(way, packet, 8000);
    let before = 0;
    while (before < out.length && out[before] === packet[before]) before += 1;
    let behind = 0;
    while (behind < out.length && out[out.length - 1 - behind] === packet[packet.length - 1 - behind]) behind += 1;
    expect(out.length).toBe(480 + change);
    // All but the 8 ms in which both sides are faded into each other, and what is said again.
    expect(before + behind).toBeGreaterThanOrEqual(Math.min(480, out.length) - 64 - Math.abs(change));
  });

  test('of silence, and of what is nearly silent, as much as is wanted', () => {
    const hiss = Int16Array.from({ length: 160 }, (_, i) => ((i * 7919) % 61) - 30);
    for (const mostMs of [1, 3.25, 12]) {
      expect(splice(way, new Int16Array(160), 8000, mostMs).change).toBe(scales[way] * mostMs * 8);
      expect(splice(way, hiss, 8000, mostMs).change).toBe(scales[way] * mostMs * 8);
    }
  });

  test('nothing is done where the sound is not like itself, unless that is asked for', () => {
    const random = createSeededRandom(5);
    const noise = Int16Array.from({ length: 160 }, () => (random.uint32() % 16_000) - 8000);
    expect(splice(way, noise, 8000)).toEqual({ out: noise, change: 0 });
    expect(splice(way, noise, 8000, 12, -1).change).not.toBe(0);
  });

  test('a voice is changed by its own period, or several', () => {
    const syllable = Int16Array.from({ length: 160 }, (_, i) => {
      const turn = (2 * Math.PI * 125 * i) / 8000;
      return 4000 * (Math.sin(turn) + Math.sin(3 * turn) / 2 + Math.sin(7 * turn) / 4);
    });
    expect(Math.abs(splice(way, syllable, 8000).change)).toBe(64);
  });

  test.each([0, 1, 8, 20, 39])('%i samples are too few for a splice', (samples) => {
    expect(splice(way, toneOf(1000, 8000, samples), 8000).change).toBe(0);
  });

  test('whatever the sound, it stays within its room and range, and between 0 and what was asked for', () => {
    const sound = fc.array(fc.integer({ min: -32_768, max: 32_767 }), { maxLength: 600 });
    fc.assert(
      fc.property(
        sound,
        fc.integer({ min: 0, max: 12 }),
        fc.double({ min: -1, max: 1, noNaN: true }),
        (pcm, mostMs, alike) => {
          const { change } = splice(way, Int16Array.from(pcm), 8000, mostMs, alike);
          expect(Math.abs(change)).toBeLessThanOrEqual(mostMs * 8);
          expect(Math.abs(change)).toBeLessThanOrEqual(pcm.length);
        },
      ),
    );
  });
});

test.each(ways)('speech that is %sed once in 400 ms is heard whole', (way) => {
  const speech = babble(11, 4000);
  const scale = new TimeScale(8000);
  const out: number[] = [];
  let changed = 0;
  const room = new Int16Array(300);
  for (let at = 0; at < speech.length; at += 160) {
    room.set(speech.subarray(at, at + 160));
    const change = at % 3200 === 0 ? scales[way] * scale[way](room, 0, 160, 96, 0.85) : 0;
    changed += Math.abs(change);
    out.push(...room.subarray(0, 160 + change));
  }
  expect(changed).toBeGreaterThan(8 * 30);
  expect(new Recording(Int16Array.from(out)).find(speech).score).toBeGreaterThan(0.8);
});
