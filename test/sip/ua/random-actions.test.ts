import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyAction, RandomSessions } from '../../support/random-sessions.js';

test('RFC 3261 §13 to §15, RFC 3262, RFC 3311 whatever happens, every session ends exactly once and leaves nothing behind', async () => {
  const visited = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.array(anyAction, { minLength: 50, maxLength: 150, size: 'max' }),
      async (seed, actions) => {
        const world = new RandomSessions(seed, visited);
        await world.start();
        for (const step of actions) await world.play(step);
        await world.finish();
      },
    ),
    { numRuns: 250, seed: 3261 },
  );
  expect(visited.size).toBeGreaterThan(40);
}, 60_000);
