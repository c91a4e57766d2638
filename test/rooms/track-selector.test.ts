import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TrackSelector } from '../../rooms/track-selector.js';

const members = ['a', 'b', 'c', 'd'].map((name) => ({ name }));
const [a, b, c, d] = members as [{ name: string }, { name: string }, { name: string }, { name: string }];

function full(): TrackSelector<{ name: string }> {
  const selector = new TrackSelector<{ name: string }>(3);
  expect([selector.choose(a, -30, 0), selector.choose(b, -40, 0), selector.choose(c, -50, 0)]).toEqual([0, 1, 2]);
  return selector;
}

describe('contract 5.4 which members are sent as tracks', () => {
  test('a slot is kept, however quiet its member becomes, while nobody is 30 dB louder', () => {
    const selector = full();
    expect(selector.choose(d, -21, 20)).toBe(-1);
    expect(selector.choose(c, -80, 20)).toBe(2);
    expect(selector.choose(d, -51, 20)).toBe(-1);
    expect(selector.choose(d, -50, 40)).toBe(2);
    expect([0, 1, 2].map((slot) => selector.holderOf(slot)?.name)).toEqual(['a', 'b', 'd']);
    expect(selector.choose(c, -45, 60)).toBe(-1);
  });

  test('the quietest makes room, not the first', () => {
    const selector = full();
    selector.choose(b, -90, 20);
    expect(selector.choose(d, -10, 40)).toBe(1);
  });

  test('a second without packets is silence', () => {
    const selector = full();
    for (const member of [a, c]) selector.choose(member, -30, 900);
    expect(selector.choose(d, -60, 999)).toBe(-1);
    expect(selector.choose(d, -60, 1000)).toBe(1);
  });

  test('packets without a level are left out, also of who has a slot', () => {
    const selector = full();
    expect([selector.choose(a, null, 20), selector.choose(d, null, 20)]).toEqual([-1, -1]);
  });

  test('who leaves makes room for anybody', () => {
    const selector = full();
    selector.drop(b);
    selector.drop(d);
    expect(selector.choose(d, -120, 20)).toBe(1);
  });

  test('no member ever has two slots, and no slots take nobody', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), fc.integer({ min: -127, max: 0 }), fc.nat(600))), (packets) => {
        const selector = new TrackSelector<object>(2);
        let nowMs = 0;
        for (const [index, level, step] of packets) {
          nowMs += step;
          const slot = selector.choose(members[index]!, level, nowMs);
          if (slot >= 0) expect(selector.holderOf(slot)).toBe(members[index]);
          const holders = [0, 1].map((each) => selector.holderOf(each)).filter((holder) => holder !== null);
          expect(new Set(holders).size).toBe(holders.length);
        }
        expect(new TrackSelector<object>(0).choose(a, 0, 0)).toBe(-1);
      }),
    );
  });
});
