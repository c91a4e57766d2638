import { expect, test } from 'vitest';
import { HandshakeLane } from '../../../media/dtls/handshake-lane.js';
import { ManualClock } from '../../support/manual-clock.js';

/** A lane beside a beat of 20 ms, of which the first is due at 20; what happened and when. */
function beside(beatMs = 20): { clock: ManualClock; lane: HandshakeLane; log: [string, number][] } {
  const clock = new ManualClock();
  const log: [string, number][] = [];
  const startMs = clock.nowMs();
  let dueMs = startMs + beatMs;
  const beat = (): void => {
    log.push(['beat', clock.nowMs() - startMs]);
    dueMs += beatMs;
    clock.setTimer(dueMs - clock.nowMs(), beat);
  };
  clock.setTimer(beatMs, beat);
  return { clock, lane: new HandshakeLane(clock, () => dueMs - clock.nowMs()), log };
}

test('twenty that come at once just before a beat: it comes first, and is not late', () => {
  const { clock, lane, log } = beside();
  clock.advanceSync(19);
  for (let i = 0; i < 20; i += 1) lane.run(() => log.push([`piece ${i}`, 0]));
  expect(log).toEqual([]);
  clock.advanceSync(1);
  expect(log).toEqual([['beat', 20]]);
  clock.advanceSync(100);
  expect(log.filter(([name]) => name !== 'beat').map(([name]) => name)).toEqual(
    Array.from({ length: 20 }, (_, i) => `piece ${i}`),
  );
});

test('a piece that nothing is in the way of is done at once, the next ones each in a turn of its own', () => {
  const { clock, lane, log } = beside();
  clock.advanceSync(5);
  for (let i = 0; i < 3; i += 1) lane.run(() => log.push([`piece ${i}`, 0]));
  expect(log).toHaveLength(1);
  clock.advanceSync(5);
  expect(log).toHaveLength(3);
});

test('where every beat is late a piece still has its turn each 20 ms', () => {
  const clock = new ManualClock();
  const lane = new HandshakeLane(clock, () => -5);
  let done = 0;
  for (let i = 0; i < 5; i += 1) lane.run(() => (done += 1));
  clock.advanceSync(110);
  expect(done).toBe(5);
});

test('512 wait at most, the others are dropped and counted; a closed lane does nothing', () => {
  const { clock, lane, log } = beside();
  clock.advanceSync(19);
  for (let i = 0; i < 600; i += 1) lane.run(() => log.push(['piece', 0]));
  expect(lane.dropped).toBe(88);
  lane.close();
  clock.advanceSync(1000);
  expect(log.every(([name]) => name === 'beat')).toBe(true);
});
