import { describe, expect, test } from 'vitest';
import { createOpusHost } from '../../media/codec/opus/opus.js';
import type { ReceiveFormat } from '../../media/sdp/leg-media.js';
import { snrDb } from '../support/fidelity.js';
import { encodeAll, voiceAt } from '../support/opus-line.js';
import { ReceiverLine } from '../support/receiver-line.js';
import { createSeededRandom } from '../support/seeded-random.js';

const opus: ReceiveFormat = { codec: 'opus', payloadType: 111, clockRateHz: 48_000, parameters: '' };
const host = createOpusHost();

/** Two seconds of a quiet room, then two of talk over it, twice. */
function talk(amplitude: number): Int16Array {
  const random = createSeededRandom(6);
  const all = new Int16Array(16_000 * 8);
  all.set(voiceAt(16_000, 3), 32_000);
  all.set(voiceAt(16_000, 5), 96_000);
  return all.map((sample) => sample + Math.round((random.uint32() / 2 ** 31 - 1) * amplitude));
}

function receive(payloads: readonly Uint8Array[], isUnheard: boolean, jitterMs = 0): ReceiverLine {
  const line = new ReceiverLine({ formats: [opus], rateHz: 16_000, isUnheard });
  const random = createSeededRandom(8);
  for (const [i, payload] of payloads.entries()) {
    const atMs = i * 20 + (random.uint32() / 2 ** 32) * jitterMs;
    if (payload.length > 0) line.send({ atMs, timestamp: i * 960, payload, payloadType: 111 });
  }
  line.run(payloads.length * 20 + 100);
  return line;
}

describe('design §4 a leg that nobody hears until it speaks', () => {
  const payloads = encodeAll(host.createEncoder(16_000), talk(12));

  test('is silent in pauses and the same as ever in speech, with no more delay', () => {
    const [full, resting] = [receive(payloads, false), receive(payloads, true)];
    const silent = resting.beats.filter(({ isHeard }) => !isHeard).length;
    expect(silent).toBeGreaterThan(150);
    expect(full.beats.filter(({ isHeard }) => !isHeard).length).toBeLessThan(10);
    const [before, after] = [full.heard, resting.heard];
    for (let i = 0; i < before.length; i += 320) {
      const apart = before.subarray(i, i + 320).map((sample, k) => sample - after[i + k]!);
      const power = apart.reduce((sum, sample) => sum + sample ** 2, 0) / 320;
      expect(10 * Math.log10(power / 32768 ** 2 + 1e-14), `at ${i / 16} ms`).toBeLessThan(-50);
    }
    expect(resting.receiver.framesConcealed).toBe(full.receiver.framesConcealed);
    expect(resting.receiver.packetsReceived).toBe(payloads.length);
  });

  test('30 ms of jitter move it as they move one that is decoded whole', () => {
    const [full, resting] = [receive(payloads, false, 30), receive(payloads, true, 30)];
    // What is cut or put in to follow the delay falls elsewhere where there is silence to do it in.
    const speech = { from: 16_000 * 2.4, to: 16_000 * 3.9 };
    let best = Number.NEGATIVE_INFINITY;
    const before = full.heard;
    const after = resting.heard.subarray(speech.from, speech.to);
    for (let shift = -640; shift <= 640; shift += 1) {
      best = Math.max(best, snrDb(before.subarray(speech.from + shift, speech.to + shift), after));
    }
    expect(best).toBeGreaterThan(0);
    expect(Math.abs(full.receiver.bufferTargetMs - resting.receiver.bufferTargetMs)).toBeLessThan(1);
  });

  test('one whose sound is heard is silent only where no ear could tell', () => {
    const silence = encodeAll(host.createEncoder(16_000), talk(0));
    const line = receive(silence, false);
    expect(line.beats.slice(30, 95).filter(({ isHeard }) => isHeard).length).toBeLessThan(5);
    expect(line.receiver.isResting).toBe(false);
    expect(receive(silence.slice(0, 90), false).receiver.isResting).toBe(false);
  });

  test('RFC 7587 §3.1.3 in the pauses of DTX too', () => {
    const sent = encodeAll(host.createEncoder(16_000, { dtx: true }), talk(12));
    const [full, resting] = [receive(sent, false), receive(sent, true)];
    expect(full.beats.slice(30, 95).filter(({ isHeard }) => isHeard).length).toBeGreaterThan(60);
    expect(resting.beats.slice(30, 95).filter(({ isHeard }) => isHeard).length).toBeLessThan(10);
    const onset = full.heard.subarray(16_000 * 2.1, 16_000 * 3.9);
    expect(snrDb(onset, resting.heard.subarray(16_000 * 2.1, 16_000 * 3.9))).toBeGreaterThan(20);
  });
});
