import { describe, expect, test } from 'vitest';
import type { LegMedia, SendFormat } from '../../media/index.js';
import { MediaBench, mediaOf } from '../support/media-bench.js';
import type { HeardRtp } from '../support/rtp-peer.js';

const noise = { comfortNoise: [{ payloadType: 13, clockRateHz: 8000 }] };
const sound = new Int16Array(160).fill(1000);

async function bench(changes: Partial<LegMedia> = {}, comfortNoise: 'send' | 'off' = 'send'): Promise<MediaBench> {
  const made = await MediaBench.open({ comfortNoise });
  made.session.set(mediaOf({ ...noise, ...changes }));
  return made;
}

function ofType(heard: readonly HeardRtp[], payloadType: number): HeardRtp[] {
  return heard.filter((packet) => packet.payloadType === payloadType);
}

/** Nothing is missing in the sequence, and timestamps are those of the time that went by. */
function expectOneLine(heard: readonly HeardRtp[]): void {
  for (const [i, packet] of heard.entries()) {
    const before = heard[i - 1];
    if (before === undefined) continue;
    expect((packet.sequence - before.sequence) & 0xffff).toBe(1);
    expect((packet.timestamp - before.timestamp) >>> 0).toBe((packet.atMs - before.atMs) * 8);
  }
}

describe('RFC 3389 §5 comfort noise in place of silence', () => {
  test('goes out after 400 ms of silence and each second; sound comes back at once, in the same line, marked', async () => {
    const leg = await bench();
    leg.beats(10, undefined, sound);
    leg.beats(150);
    leg.beats(10, undefined, sound);
    leg.deliver();
    const { heard } = leg.peer;
    const told = ofType(heard, 13);
    expect(told.map(({ payload, marker }) => [[...payload], marker])).toEqual([
      [[127], false],
      [[127], false],
      [[127], false],
    ]);
    expect(told.map(({ atMs }) => atMs - told[0]!.atMs)).toEqual([0, 1000, 2000]);
    expect(ofType(heard, 0)).toHaveLength(10 + 20 + 10);
    expectOneLine(heard);
    expect(heard.filter(({ marker }) => marker)).toEqual([heard[0], heard.at(-10)]);
    expect(leg.session.stats()).toMatchObject({ packetsSent: 43, noiseSent: 3, bytesSent: 40 * 160 + 3 });
    await leg.session.close();
  });

  test('pauses of less are sent as they are', async () => {
    const leg = await bench();
    for (let i = 0; i < 5; i += 1) {
      leg.beats(5, undefined, sound);
      leg.beats(20);
    }
    leg.deliver();
    expect(leg.peer.heard).toHaveLength(125);
    expect(ofType(leg.peer.heard, 13)).toEqual([]);
    await leg.session.close();
  });

  test('a digit is sent in the middle of it, and sound after the digit', async () => {
    const leg = await bench();
    leg.beats(40);
    leg.session.dtmf('5', 100);
    leg.beats(40);
    leg.deliver();
    const { heard } = leg.peer;
    expect(ofType(heard, 101)).toHaveLength(7);
    // The digit's pause belongs to the sound, and silence counts from there.
    expect(ofType(heard, 0)).toHaveLength(20 + 3 + 20);
    expect(ofType(heard, 13)).toHaveLength(2);
    await leg.session.close();
  });

  test('packets of 30 ms end whole, and begin whole again', async () => {
    const send: SendFormat = { codec: 'pcmu', payloadType: 0, clockRateHz: 8000, ptimeMs: 30, parameters: '' };
    const leg = await bench({ send });
    leg.beats(9, undefined, sound);
    leg.beats(60);
    leg.beats(9, undefined, sound);
    leg.deliver();
    const { heard } = leg.peer;
    for (const { payload } of ofType(heard, 0)) expect(payload).toHaveLength(240);
    expect(ofType(heard, 13)).toHaveLength(1);
    const sequences = heard.map(({ sequence }) => sequence);
    expect(new Set(sequences.slice(1).map((sequence, i) => (sequence - sequences[i]!) & 0xffff))).toEqual(new Set([1]));
    await leg.session.close();
  });

  test.each<[string, Partial<LegMedia>, 'send' | 'off', number]>([
    ['it is off', {}, 'off', 0],
    ['the peer did not agree on it', { comfortNoise: [] }, 'send', 0],
    [
      'RFC 3389 §4 it has another clock than the sound',
      { comfortNoise: [{ payloadType: 98, clockRateHz: 16_000 }] },
      'send',
      0,
    ],
    ['it has another number there', { comfortNoise: [{ ...noise.comfortNoise[0]!, sendPayloadType: 97 }] }, 'send', 97],
  ])('%s', async (_name, media, policy, number) => {
    const leg = await bench(media, policy);
    leg.beats(60);
    leg.deliver();
    expect(leg.peer.heard).toHaveLength(number === 0 ? 60 : 21);
    expect(leg.peer.heard.at(-1)?.payloadType).toBe(number);
    await leg.session.close();
  });
});
