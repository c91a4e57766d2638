import { describe, expect, test } from 'vitest';
import type { LegId, RoomId } from '../../base/ids.js';
import { type CodecName, codecs, EncodingLine, encodingKind, type SharedSound } from '../../media/index.js';
import { LegMember, type Speaker } from '../../rooms/member.js';
import { Room } from '../../rooms/room.js';
import { MediaStage, roomId, type StagePhone } from '../support/media-stage.js';

/** A listener that takes shared payloads where it can, and counts what it has to encode itself. */
class Listener implements Speaker {
  readonly sampleRateHz = 8000;
  readonly codecRateHz = 8000;
  readonly kind: ReturnType<typeof encodingKind>;
  own = 0;
  shared = 0;
  readonly #line: EncodingLine;

  constructor(codec: CodecName, ptimeMs: number, parameters = '') {
    this.kind = encodingKind({ codec, ptimeMs, parameters, clockRateHz: codecs[codec].clockRateHz });
    this.#line = new EncodingLine(this.kind, 8000);
  }

  prepare(): void {}

  retune(): void {}

  prime(): void {}

  leave(): void {}

  cut(): void {}

  pull(): boolean {
    return false;
  }

  push(): void {
    this.own += 1;
  }

  pushShared(_dueMs: number, shared: SharedSound): void {
    const payloads = shared.payloadsOf(this.kind, this.#line);
    if (payloads === null) this.own += 1;
    else {
      this.shared += 1;
      this.#line.pendingSamples = payloads.pendingSamples;
    }
  }
}

function roomOf(listeners: readonly Listener[]): Room {
  const room = new Room('r' as RoomId);
  for (const [index, listener] of listeners.entries()) {
    room.add(new LegMember(`l${index}` as LegId, listener, { echo: false }));
  }
  return room;
}

describe('payloads that are made once', () => {
  test('silence is shared as well, in packets of any length', () => {
    const listeners = [10, 20, 30, 40, 60].flatMap((ptimeMs) => [0, 1].map(() => new Listener('pcmu', ptimeMs)));
    const room = roomOf(listeners);
    for (let beat = 0; beat < 60; beat += 1) room.beat(beat, beat * 20);
    expect(new Set(listeners.map(({ own }) => own))).toEqual(new Set([0]));
    expect(room.shared.encodings).toBe(5 * 60);
  });

  test('what a peer asks of an encoder is shared with who asks the same; of 17 kinds one has to do without', () => {
    const kinds = Array.from({ length: 17 }, (_, i) => `maxaveragebitrate=${10_000 + i}`);
    const listeners = kinds.flatMap((parameters) => [0, 1].map(() => new Listener('opus', 20, parameters)));
    const room = roomOf(listeners);
    for (let beat = 0; beat < 5; beat += 1) room.beat(beat, beat * 20);
    expect(listeners.map(({ shared }) => shared)).toEqual([...Array(32).fill(5), 0, 0]);
    expect(room.shared.encodings).toBe(16 * 5);
    expect(room.shared.refusals).toBe(10);
    room.close();
  });

  test('a kind that nobody listens to any more makes way', () => {
    const listeners = Array.from({ length: 16 }, (_, i) => new Listener('pcmu', 20, String(i)));
    const room = roomOf(listeners);
    room.beat(0, 0);
    room.remove('l3' as LegId);
    const late = new Listener('pcma', 20);
    room.add(new LegMember('late' as LegId, late, { echo: false }));
    for (let beat = 1; beat <= 60; beat += 1) room.beat(beat, beat * 20);
    expect(late.own).toBeGreaterThan(40);
    expect(late.shared).toBeGreaterThan(5);
  });
});

describe('a codec whose decoder follows its encoder', () => {
  test('leaving the sound of all is heard as its end and not as a crack', async () => {
    const stage = new MediaStage();
    const rateHz = codecs.g722.sampleRateHz;
    const talker = await stage.phone(0, { roomId: 'r' });
    const listener = await stage.phone(0, { roomId: 'r', codecs: ['g722'], rateHz });
    // In a larger room the noise of its own codec does not make a speaker of it.
    const others: StagePhone[] = [];
    for (let i = 0; i < 6; i += 1) others.push(await stage.phone(0, { roomId: 'r' }));
    for (const { leg } of [talker, listener, ...others]) leg.join(roomId('r'), { echo: false });
    // What the listener's own encoder has heard until it shares is silence, and would be of no use.
    await stage.clock.advance(2000);
    talker.voice.toneHz = 500;
    await stage.clock.advance(2000);
    listener.voice.takeHeard();
    listener.leg.leave();
    await stage.clock.advance(600);
    const heard = listener.voice.takeHeard();
    const endAt = heard.findLastIndex((sample) => Math.abs(sample) > 4000);
    const after = heard.subarray(endAt + rateHz / 100);
    const loudest = after.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    expect(loudest).toBeLessThan(50);
  });
});
