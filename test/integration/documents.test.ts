import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Block, blocksOf, documents } from '../support/documents/blocks.js';
import { isStep } from '../support/documents/kinds.js';
import { Session } from '../support/documents/session.js';

/** Every document's examples, typed from top to bottom; those that are no steps are checked in test/documents. */
describe.each(documents.filter((file) => blocksOf(file).some(isStep)))('the examples of %s work as shown', (file) => {
  let session: Session;

  beforeAll(async () => {
    session = await Session.begin();
  });

  afterAll(async () => {
    await session.end();
  });

  test.each(
    blocksOf(file)
      .filter(isStep)
      .map((block) => [titleOf(block), block] as const),
  )('%s', async (_, block) => {
    await expect(session.step(block)).resolves.toBeUndefined();
  });
});

function titleOf({ at, words, text }: Block): string {
  const how = [...words].map(([word, value]) => (value === '' ? word : `${word} ${value}`)).join(' ');
  return `${at} ${how}: ${text.trim().split('\n', 1)[0] ?? ''}`;
}
