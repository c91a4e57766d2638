import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OpusDecoder } from '../../../../media/codec/opus/decoder.js';
import type { OpusEncoderSettings } from '../../../../media/codec/opus/encoder.js';
import { createOpusHost } from '../../../../media/codec/opus/opus.js';
import { packetSamples } from '../../../../media/codec/opus/packet.js';
import { quietGain } from '../../../../media/codec/opus/quiet-packet.js';
import { decodeAll, encodeAll, toneAt, voiceAt } from '../../../support/opus-line.js';
import { createSeededRandom } from '../../../support/seeded-random.js';

const host = createOpusHost();
/** −55 dBov, as media/leg-receiver.ts has it for a line that is left out of a room until it speaks. */
const UNHEARD = 3395;
const FRAME = 320;

const powerDb = (sum: number, samples: number): number => 10 * Math.log10(sum / samples / 32768 ** 2 + 1e-14);

/** Of each 20 ms, in dBov. */
function levels(pcm: Int16Array): number[] {
  return Array.from({ length: pcm.length / FRAME }, (_, i) => {
    const frame = pcm.subarray(i * FRAME, (i + 1) * FRAME);
    return powerDb(
      frame.reduce((sum, sample) => sum + sample ** 2, 0),
      FRAME,
    );
  });
}

function differences(one: Int16Array, other: Int16Array): number[] {
  return levels(one.map((sample, i) => sample - other[i]!));
}

/** Talk, two seconds of pause, twice, over the noise of a room. */
function talk(rateHz: 16000 | 48000, amplitude: number): Int16Array {
  const random = createSeededRandom(9);
  const all = new Int16Array(rateHz * 8);
  all.set(voiceAt(rateHz, 3), rateHz * 2);
  all.set(voiceAt(rateHz, 4), rateHz * 6);
  return all.map((sample) => sample + Math.round((random.uint32() / 2 ** 31 - 1) * amplitude));
}

function rested(payloads: readonly Uint8Array[], unheardPower = UNHEARD): { heard: Int16Array; decoder: OpusDecoder } {
  const decoder = host.createDecoder(16000);
  decoder.unheardPower = unheardPower;
  return { heard: decodeAll(decoder, payloads), decoder };
}

describe('a line that nobody hears until it speaks', () => {
  test.each([
    ['wideband', 16000, {}, 12],
    ['wideband, a noisier room', 16000, {}, 40],
    ['wideband, digital silence', 16000, {}, 0],
    ['wideband with FEC', 16000, { fec: true }, 12],
    ['wideband, packets of one length', 16000, { cbr: true }, 12],
    ['narrowband', 16000, { maxPlaybackRateHz: 8000, bitrate: 12_000 }, 12],
    ['hybrid', 48000, { complexity: 5 }, 12],
  ] as const)('%s: what is left out is below −50 dBov, what is not is the same', (_, rateHz, settings, amplitude) => {
    const payloads = encodeAll(
      host.createEncoder(rateHz, settings as Partial<OpusEncoderSettings>),
      talk(rateHz, amplitude),
    );
    const full = decodeAll(host.createDecoder(16000), payloads);
    const { heard, decoder } = rested(payloads);
    // Of the four seconds of pause, but for 200 ms until it rests and a look each half second.
    expect(decoder.framesSaved).toBeGreaterThan(130);
    const apart = differences(full, heard);
    const told = levels(heard);
    for (const [i, difference] of apart.entries()) {
      expect(difference, `frame ${i}`).toBeLessThan(-50);
      if (told[i]! > -130) expect(difference, `frame ${i}, which was heard`).toBeLessThan(-90);
    }
  });

  test('what begins is heard from its first frame on', () => {
    const payloads = encodeAll(host.createEncoder(16000), talk(16000, 12));
    const { heard } = rested(payloads);
    const onset = payloads.findIndex((payload, i) => i > 90 && quietGain(payload, 0, payload.length) < 0);
    const full = decodeAll(host.createDecoder(16000), payloads);
    expect(levels(heard)[onset - 1]).toBeLessThan(-130);
    expect([...heard.subarray(onset * FRAME, (onset + 50) * FRAME)]).toEqual([
      ...full.subarray(onset * FRAME, (onset + 50) * FRAME),
    ]);
  });

  test('a long tone, which an encoder takes for a background, is decoded', () => {
    const payloads = encodeAll(host.createEncoder(16000), toneAt(16000, 440, 4));
    const quiet = payloads.filter((payload) => quietGain(payload, 0, payload.length) >= 0);
    expect(quiet.length).toBeGreaterThan(100);
    const { heard, decoder } = rested(payloads);
    expect(decoder.framesSaved).toBe(0);
    expect([...heard]).toEqual([...decodeAll(host.createDecoder(16000), payloads)]);
  });

  test('a noise that grows is heard once it is loud, at most half a second late and never above −50 dBov', () => {
    const random = createSeededRandom(2);
    const noise = Int16Array.from({ length: 16000 * 12 }, (_, i) =>
      Math.round((random.uint32() / 2 ** 31 - 1) * 10 * Math.exp((i / 16000) * 0.4)),
    );
    const payloads = encodeAll(host.createEncoder(16000), noise);
    const { heard, decoder } = rested(payloads);
    expect(decoder.framesSaved).toBeGreaterThan(100);
    for (const difference of differences(decodeAll(host.createDecoder(16000), payloads), heard)) {
      expect(difference).toBeLessThan(-50);
    }
    expect(levels(heard).at(-1)).toBeGreaterThan(-45);
  });

  test('a line that somebody hears is decoded whole, but for what is too quiet for any ear', () => {
    const payloads = encodeAll(host.createEncoder(16000), talk(16000, 12));
    const inaudible = 17;
    const { heard, decoder } = rested(payloads, inaudible);
    expect(decoder.framesSaved).toBe(0);
    expect([...heard]).toEqual([...decodeAll(host.createDecoder(16000), payloads)]);
    const silence = encodeAll(host.createEncoder(16000), new Int16Array(16000 * 3));
    expect(rested(silence, inaudible).decoder.framesSaved).toBeGreaterThan(110);
    expect(rested(payloads, 0).decoder.framesSaved).toBe(0);
  });

  test('when somebody hears it again it is decoded from the next packet on, as if it always had been', () => {
    const payloads = encodeAll(host.createEncoder(16000), talk(16000, 12));
    const decoder = host.createDecoder(16000);
    const full = host.createDecoder(16000);
    const [one, other] = [new Int16Array(FRAME), new Int16Array(FRAME)];
    for (let i = 0; i < 95; i += 1) {
      decoder.unheardPower = i < 80 ? UNHEARD : 17;
      const payload = payloads[i]!;
      decoder.decode(payload, 0, payload.length, one, 0);
      full.decode(payload, 0, payload.length, other, 0);
      if (i < 80) continue;
      expect(decoder.isResting).toBe(false);
      expect([...one]).toEqual([...other]);
    }
    expect(decoder.framesSaved).toBeGreaterThan(40);
  });
});

describe('packets that are missing while a line rests', () => {
  const payloads = encodeAll(host.createEncoder(16000, { fec: true }), talk(16000, 12));
  const onset = payloads.findIndex((payload, i) => i > 90 && quietGain(payload, 0, payload.length) < 0);

  test('are left silent, and what follows is as near as libopus brings it', () => {
    const lost = (index: number): boolean => index > 60 && index < onset && index % 7 === 0;
    const decoder = host.createDecoder(16000);
    decoder.unheardPower = UNHEARD;
    const heard = decodeAll(decoder, payloads, { lost });
    expect(decoder.framesSaved).toBeGreaterThan(50);
    expect(decoder.concealedSamples).toBeGreaterThan(FRAME);
    const full = decodeAll(host.createDecoder(16000), payloads, { lost });
    for (const difference of differences(full, heard)) expect(difference).toBeLessThan(-50);
  });

  test('the first packet of speech is restored from the copy in the second', () => {
    const lost = (index: number): boolean => index === onset + 1;
    const decoder = host.createDecoder(16000);
    decoder.unheardPower = UNHEARD;
    const heard = decodeAll(decoder, payloads, { lost, fec: true });
    const full = decodeAll(host.createDecoder(16000), payloads, { lost, fec: true });
    expect(decoder.recoveredSamples).toBe(FRAME);
    const apart = differences(full, heard);
    for (const [i, difference] of apart.entries()) expect(difference, `frame ${i}`).toBeLessThan(-50);
  });

  test('RFC 7587 §3.1.3 the pauses of DTX cost nothing once they are known to be quiet', () => {
    const sent = encodeAll(host.createEncoder(16000, { dtx: true }), talk(16000, 12));
    expect(sent.filter(({ length }) => length === 0).length).toBeGreaterThan(80);
    const { heard, decoder } = rested(sent);
    expect(decoder.framesSaved).toBeGreaterThan(120);
    expect(decoder.comfortSamples).toBeGreaterThan(80 * FRAME);
    for (const difference of differences(decodeAll(host.createDecoder(16000), sent), heard)) {
      expect(difference).toBeLessThan(-50);
    }
  });

  test('a reset forgets what was kept', () => {
    const { decoder } = rested(payloads.slice(0, 90));
    decoder.reset();
    decoder.unheardPower = 0;
    const later = payloads.slice(onset);
    expect([...decodeAll(decoder, later)]).toEqual([...decodeAll(host.createDecoder(16000), later)]);
  });
});

describe('any bytes', () => {
  const quiet = encodeAll(host.createEncoder(16000), talk(16000, 12)).slice(30, 90);

  test('between quiet packets neither throw nor change how much sound there is', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 12 }), (noise) => {
        const decoder = host.createDecoder(16000);
        const out = new Int16Array(1920);
        for (let i = 0; i < quiet.length; i += 1) {
          decoder.unheardPower = UNHEARD;
          const payload = i >= 20 && i % 5 === 0 ? (noise[(i - 20) / 5] ?? quiet[i]!) : quiet[i]!;
          const samples = decoder.decode(payload, 0, payload.length, out, 0);
          if (decoder.fault === null) expect(samples).toBe(packetSamples(payload, 0, payload.length, 16000));
          else expect(samples).toBe(0);
        }
        decoder.close();
      }),
      { numRuns: 50 },
    );
  });
});
