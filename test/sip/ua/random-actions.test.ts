import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyAction, RandomSessions } from '../../support/random-sessions.js';

test('RFC 3261 §13 to §15 whatever happens, every session ends exactly once and leaves nothing behind', async () => {
  const visited = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.array(anyAction, { maxLength: 60 }),
      async (seed, actions) => {
        const world = new RandomSessions(seed, visited);
        await world.start();
        for (const step of actions) await world.play(step);
        await world.finish();
      },
    ),
    { numRuns: 300, seed: 3261 },
  );
  expect(visited.size).toBeGreaterThan(20);
}, 60_000);
