import { expect, test } from 'vitest';
import type { MediaRecorder, RecordOptions } from '../../rooms/index.js';
import { slopeOf, steepest } from '../support/clicks.js';
import { MediaStage, roomId } from '../support/media-stage.js';

const RATE_HZ = 16_000;

/** Keeps what is recorded. */
class Tape {
  readonly samples: number[] = [];
  recorder: MediaRecorder | null = null;

  start(open: (options: RecordOptions) => MediaRecorder | null): void {
    this.recorder = open({
      sampleRateHz: RATE_HZ,
      channels: 1,
      onChunk: (pcm) => {
        const view = new DataView(pcm.buffer, pcm.byteOffset, pcm.length);
        for (let at = 0; at < pcm.length; at += 2) this.samples.push(view.getInt16(at, true));
        this.recorder?.kept();
      },
      onEnded: () => undefined,
    });
  }
}

test.each([false, true])(
  'the recorder of a room, and of a member, goes on without a gap when the rate of the room changes; whispers: %s',
  async (whispers) => {
    const stage = new MediaStage();
    const exact = { codecs: ['l16-8000'] } as const;
    const phones = [await stage.phone(200, exact), await stage.phone(0, exact)];
    for (const { leg } of phones) leg.join(roomId('r'), { echo: false });
    const guest = await stage.phone(0, { codecs: ['l16-16000'], rateHz: 16_000 });
    if (whispers) phones[0]!.leg.setHearing({ heardBy: [phones[1]!.leg.legId], hears: null });
    await stage.clock.advance(300);
    const tapes = [new Tape(), new Tape(), new Tape()];
    tapes[0]!.start((options) => stage.pool.recordRoom(roomId('r'), options));
    for (const i of [0, 1]) tapes[i + 1]!.start((options) => phones[i]!.leg.record(options));
    for (let turn = 0; turn < 2; turn += 1) {
      await stage.clock.advance(130);
      guest.leg.join(roomId('r'), { echo: false });
      await stage.clock.advance(330);
      guest.leg.leave();
      await stage.clock.advance(1400);
    }
    for (const { recorder } of tapes) recorder?.close();
    await stage.clock.advance(40);
    for (const { samples } of tapes) {
      expect(samples.length).toBeGreaterThan(3 * RATE_HZ);
      // The filter of each recorder begins with silence.
      expect(steepest(samples.slice(100))).toBeLessThan(slopeOf(200, 8000, RATE_HZ) * 1.1);
    }
  },
);
