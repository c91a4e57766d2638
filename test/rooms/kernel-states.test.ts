import { expect, test } from 'vitest';
import { kernelsOfThread } from '../../media/kernels/load.js';
import { MediaStage, roomId, type StagePhone } from '../support/media-stage.js';

test('what legs and rooms open of the G.722 kernel is closed with them, and used again by the next', async () => {
  const kernels = kernelsOfThread()!;
  const before = kernels.openStates;
  const counts: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const stage = new MediaStage();
    const phones: StagePhone[] = [];
    // More than are never gated: some hear the shared mix, talkers their own.
    for (let i = 0; i < 9; i += 1) {
      phones.push(await stage.phone(i < 2 ? 400 + 300 * i : 0, { codecs: ['g722'], rateHz: 16_000 }));
    }
    for (const { leg } of phones) leg.join(roomId('r'), { echo: false });
    await stage.clock.advance(1000);
    phones[0]!.voice.toneHz = 0;
    await stage.clock.advance(1500);
    counts.push(kernels.openStates - before);
    for (const { leg, voice } of phones) {
      await stage.close(leg);
      await voice.close();
    }
    await stage.clock.advance(2000);
    expect(kernels.openStates).toBe(before);
  }
  // A decoder and an encoder at both ends of each leg, and the shared line's two.
  expect(counts[0]).toBeGreaterThanOrEqual(4 * 9);
  expect(new Set(counts).size).toBe(1);
});
