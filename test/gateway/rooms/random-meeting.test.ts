import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyCalls, anyDeed, RandomMeeting } from '../../support/random-meeting.js';

/** After so many deeds everybody is listened to. */
const DEEDS_BETWEEN = 5;

test('whatever phones and the application do in any order, each hears exactly those whom the API says that it hears, and nothing is left', {
  timeout: 120_000,
}, async () => {
  let listened = 0;
  await fc.assert(
    fc.asyncProperty(anyCalls, fc.array(anyDeed, { minLength: 10, maxLength: 30 }), async (calls, deeds) => {
      const meeting = await RandomMeeting.start(calls);
      for (const [i, deed] of deeds.entries()) {
        await meeting.play(deed);
        if (i % DEEDS_BETWEEN !== DEEDS_BETWEEN - 1) continue;
        await meeting.listen();
        listened += 1;
      }
      await meeting.finish();
    }),
    { numRuns: 12, endOnFailure: true },
  );
  expect(listened).toBeGreaterThan(12);
});
