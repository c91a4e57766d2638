import { describe, expect, test } from 'vitest';
import { codecs } from '../../media/codec/codec.js';
import type { CodecName } from '../../media/index.js';
import { babble } from '../support/babble.js';
import { Recording } from '../support/hearing.js';
import { g722Format, pcmuFormat, ReceiverLine } from '../support/receiver-line.js';
import { createSeededRandom } from '../support/seeded-random.js';

/** Payloads of 20 ms. */
function encoded(codec: CodecName, pcm: Int16Array): Uint8Array[] {
  const { sampleRateHz, createEncoder } = codecs[codec];
  const samples = sampleRateHz / 50;
  const encoder = createEncoder();
  return Array.from({ length: Math.floor(pcm.length / samples) }, (_, index) => {
    const payload = new Uint8Array(samples);
    return payload.slice(0, encoder.encode(pcm, index * samples, samples, payload, 0));
  });
}

/** What a decoder makes of them all. */
function decoded(codec: CodecName, payloads: readonly Uint8Array[]): Int16Array {
  const samples = codecs[codec].sampleRateHz / 50;
  const decoder = codecs[codec].createDecoder();
  const out = new Int16Array(payloads.length * samples);
  for (const [index, payload] of payloads.entries()) decoder.decode(payload, 0, payload.length, out, index * samples);
  return out;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** Both filters on the way, in and out (media/codec/resample.ts): what comes behind is in the beat after. */
const FILTERS_MS = 3;

describe('transit', () => {
  const MINUTE_MS = 60_000;
  const loud = new Uint8Array(160).fill(0x90);
  const silence = new Uint8Array(160).fill(0xff);

  /** Every second 200 ms of sound; from the packet's leaving to that of the packet in which it is mixed. */
  function transit(phaseMs: number, jitterMs: number): { p50: number; dropouts: number } {
    const random = createSeededRandom(phaseMs + 1);
    const line = new ReceiverLine({ phaseMs });
    const onsets: number[] = [];
    let leftMs = 0;
    for (let i = 0; i < MINUTE_MS / 20; i += 1) {
      leftMs = Math.max(leftMs, i * 20 + (random.uint32() / 2 ** 32) * jitterMs);
      const isOnset = i % 50 === 40;
      if (isOnset) onsets.push(leftMs);
      line.send({ atMs: leftMs, timestamp: i * 160, payload: i % 50 >= 40 ? loud : silence });
    }
    line.run(MINUTE_MS - 100);
    const { heard, beats } = line;
    const received: number[] = [];
    for (let i = 1, quietFor = 0; i < heard.length; i += 1) {
      if (heard[i]! < 8000) quietFor += 1;
      else {
        if (quietFor > 4000) received.push(beats[Math.floor((i + (FILTERS_MS * 8) / 2) / 160)]!.atMs);
        quietFor = 0;
      }
    }
    expect(received.length).toBe(onsets.length);
    return {
      p50: median(received.map((atMs, index) => atMs - onsets[index]!)),
      dropouts: line.receiver.framesConcealed / beats.length,
    };
  }

  test.each([
    { jitterMs: 0, at: 'any phase of the beat', most: 45 },
    { jitterMs: 30, at: 'any phase of the beat, with up to 30 ms of jitter in order', most: 60 },
  ])(
    'onset sent to onset mixed takes $most ms at most in the middle at $at, and nothing drops out',
    ({ jitterMs, most }) => {
      const all = Array.from({ length: 20 }, (_, phaseMs) => transit(phaseMs + 0.5, jitterMs));
      for (const { p50, dropouts } of all) {
        // Counted from the packet's leaving, so with jitter 15 ms less than from its due time on average.
        expect(p50 + jitterMs / 2).toBeLessThanOrEqual(most);
        expect(dropouts).toBeLessThan(0.001);
      }
    },
  );
});

describe('a clock that drifts', () => {
  const HOUR_MS = 3_600_000;
  const TONE_HZ = 437;
  const tone = Int16Array.from({ length: 8000 }, (_, i) =>
    Math.round(8000 * Math.sin((2 * Math.PI * TONE_HZ * i) / 8000)),
  );

  /** Where the sound goes on otherwise than before: by how many samples, and how long until it does so exactly. */
  function splicesOf(heard: Int16Array, reference: Int16Array, from: number): number[] {
    const splices: number[] = [];
    const is = (i: number, at: number): boolean => heard[i] === reference[(at + reference.length) % reference.length];
    let offset = -1;
    for (let shift = 0; shift < 8000 && offset < 0; shift += 1) {
      if (Array.from({ length: 400 }, (_, i) => is(from + i, shift + i)).every(Boolean)) offset = shift - from;
    }
    expect(offset).not.toBe(-1);
    const period = reference.length;
    offset = ((offset % period) + period) % period;
    for (let i = from; i < heard.length; i += 1) {
      if (is(i, (i + offset) % period)) continue;
      const behind = i + FADE_SAMPLES;
      const step = lags.find((lag) => {
        for (let k = 0; k < 100 && behind + k < heard.length; k += 1) {
          if (!is(behind + k, (behind + k + offset + lag + period) % period)) return false;
        }
        return true;
      });
      if (step === undefined) throw new Error(`no splice at ${i}`);
      splices.push(step);
      offset = (offset + step + period) % period;
      i = behind;
    }
    return splices;
  }
  /** The two sides of a splice are faded into each other for 8 ms at most. */
  const FADE_SAMPLES = 64;
  const lags = Array.from({ length: 96 }, (_, i) => i + 1).flatMap((lag) => [lag, -lag]);

  test.each([200, -200])(
    'by %i ppm for an hour: beside the splices every sample of a tone is as it was decoded',
    (ppm) => {
      const payloads = encoded('pcmu', tone);
      const line = new ReceiverLine({ phaseMs: 7 });
      for (let i = 0; i < HOUR_MS / 20; i += 1) {
        line.send({ atMs: (i * 20) / (1 + ppm / 1e6), timestamp: i * 160, payload: payloads[i % 50]! });
      }
      line.run(HOUR_MS - 1000);
      expect(line.receiver.framesConcealed).toBe(0);
      const splices = splicesOf(line.heard, decoded('pcmu', payloads), 8000);
      const driftMs = (HOUR_MS * ppm) / 1e6;
      const splicedMs = splices.reduce((sum, samples) => sum + samples, 0) / 8;
      // What is left is the frame that the delay may be longer than at the start, or shorter.
      expect(Math.abs(splicedMs - driftMs)).toBeLessThanOrEqual(45);
      expect(splices.length).toBeLessThan(200);
    },
  );

  test.each([pcmuFormat, g722Format])('by 2000 ppm, $codec: a voice is heard whole for a minute', (format) => {
    const rateHz = codecs[format.codec].sampleRateHz;
    const sentence = babble(3, 4000);
    const pcm =
      rateHz === 8000 ? sentence : Int16Array.from({ length: sentence.length * 2 }, (_, i) => sentence[i >> 1]!);
    const payloads = encoded(format.codec, pcm);
    const line = new ReceiverLine({ formats: [format] });
    const { payloadType } = format;
    for (let i = 0; i < 3000; i += 1) {
      line.send({ atMs: i * 20 * 0.998, timestamp: i * 160, payload: payloads[i % 200]!, payloadType });
    }
    line.run(59_000);
    expect(line.receiver.framesConcealed).toBe(0);
    for (const fromMs of [4000, 48_000]) {
      const part = line.heard.subarray(fromMs * 8, (fromMs + 9000) * 8);
      expect(new Recording(part).find(sentence).score).toBeGreaterThan(0.8);
    }
  });
});
