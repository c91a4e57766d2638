import { describe, expect, test } from 'vitest';
import { expectedShare, hostForLeg, leastLoaded, type Placeable } from '../../rooms/placement.js';

const host = (busyShare: number, legs = 0, more: { late?: number; legCount?: number } = {}): Placeable => ({
  legCount: more.legCount ?? legs,
  measured: { busyShare, legs, beatLatenessMs: more.late ?? 1 },
});

describe('what a host is expected to use', () => {
  test('its last measure, and of the legs since then what its own have cost on average', () => {
    expect(expectedShare(host(0.5, 100))).toBe(0.5);
    expect(expectedShare(host(0.5, 100, { legCount: 110 }))).toBeCloseTo(0.55);
    expect(expectedShare(host(0.5, 100, { legCount: 50 }))).toBeCloseTo(0.25);
  });

  test('where few were measured, what a leg costs elsewhere; never less than nothing', () => {
    expect(expectedShare(host(0.02, 2, { legCount: 12 }))).toBeCloseTo(0.026);
    expect(expectedShare(host(0, 0, { legCount: 100 }))).toBeCloseTo(0.06);
    expect(expectedShare(host(0.001, 9, { legCount: 0 }))).toBe(0);
  });
});

describe('where a room goes', () => {
  test('nowhere without hosts; to the first of equals', () => {
    const equals = [host(0.1), host(0.1)];
    expect(leastLoaded([])).toBeNull();
    expect(leastLoaded(equals)).toBe(equals[0]);
  });

  test('never to a late host while one is in time; to the least busy of late ones', () => {
    const late = host(0.1, 10, { late: 30 });
    const inTime = host(0.7, 10);
    const later = host(0.05, 10, { late: 90 });
    expect(leastLoaded([late, inTime, later])).toBe(inTime);
    expect(leastLoaded([late, later])).toBe(later);
  });
});

describe('where a leg of a room goes', () => {
  const idle = host(0.1);

  test('to the room, while that is not crowded', () => {
    const home = host(0.79, 100);
    expect(hostForLeg(home, idle)).toBe(home);
    expect(hostForLeg(home, null)).toBe(home);
    expect(hostForLeg(home, home)).toBe(home);
  });

  test('elsewhere, when the host of the room is crowded or late and the other has a good deal more to give', () => {
    const crowded = host(0.85, 100);
    expect(hostForLeg(crowded, idle)).toBe(idle);
    expect(hostForLeg(host(0.5, 100, { late: 25 }), idle)).toBe(idle);
    expect(hostForLeg(crowded, host(0.7))).toBe(crowded);
    expect(hostForLeg(crowded, host(0.1, 0, { late: 25 }))).toBe(crowded);
  });
});
