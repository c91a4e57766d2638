import { describe, expect, test } from 'vitest';
import { OpusDecoder } from '../../../../media/codec/opus/decoder.js';
import { createOpusHost, OpusLimitError, OpusUnavailableError } from '../../../../media/codec/opus/opus.js';
import { WasmEngine } from '../../../../media/codec/opus/wasm.js';
import { bestDelay, snrDb } from '../../../support/fidelity.js';
import { decodeAll, encodeAll, toneAt, voiceAt } from '../../../support/opus-line.js';

const MIB = 1024 * 1024;

/** What opusscript leaves out is made up for, so its sound is the same but for the packets of its newer libopus. */
describe.each(['simd', 'plain', 'script'] as const)('the build %s', (build) => {
  test('encodes and decodes at every rate', () => {
    const host = createOpusHost({ builds: [build] });
    for (const rateHz of [8000, 16000, 48000] as const) {
      const pcm = toneAt(rateHz, 440, 0.5);
      const heard = decodeAll(host.createDecoder(rateHz), encodeAll(host.createEncoder(rateHz), pcm));
      expect(snrDb(pcm, heard, bestDelay(pcm, heard, rateHz / 50), rateHz / 5)).toBeGreaterThan(18);
    }
    expect(host.stats()).toMatchObject({ build, encoders: 3, decoders: 3, refused: 0 });
  });

  test('gives its memory to the next when one is closed', () => {
    const host = createOpusHost({ builds: [build] });
    const pcm = voiceAt(16000).subarray(0, 1600);
    const first = encodeAll(host.createEncoder(16000), pcm);
    const before = host.stats().memoryBytes;
    for (let i = 0; i < 3000; i += 1) {
      const encoder = host.createEncoder(16000, { bitrate: 6000 + i, complexity: i % 11, dtx: true });
      const decoder = host.createDecoder(16000);
      if (i % 1000 === 0) decodeAll(decoder, encodeAll(encoder, pcm));
      encoder.close();
      decoder.close();
    }
    expect(host.stats()).toMatchObject({ encoders: 1, decoders: 0, memoryBytes: before });
    expect(encodeAll(host.createEncoder(16000), pcm)).toEqual(first);
  });

  test('conceals and fills in for what it cannot restore', () => {
    const host = createOpusHost({ builds: [build] });
    const payloads = encodeAll(host.createEncoder(16000, { fec: true }), toneAt(16000, 440, 1));
    const decoder = host.createDecoder(16000);
    const heard = decodeAll(decoder, payloads, { lost: (index) => index % 9 === 8, fec: true });
    expect(heard.subarray(8 * 320, 9 * 320).some((sample) => Math.abs(sample) > 3000)).toBe(true);
    expect(decoder.concealedSamples + decoder.recoveredSamples).toBe(5 * 320);
  });

  test('works on when its memory grows', () => {
    const host = createOpusHost({ builds: [build], maxHandles: 900 });
    const pcm = voiceAt(16000).subarray(0, 3200);
    const early = host.createEncoder(16000);
    const before = host.stats().memoryBytes;
    for (let i = 0; i < 899; i += 1) host.createEncoder(16000);
    expect(host.stats().memoryBytes).toBeGreaterThan(before);
    const alone = createOpusHost({ builds: [build] }).createEncoder(16000);
    expect(encodeAll(early, pcm)).toEqual(encodeAll(alone, pcm));
  });
});

describe('limits', () => {
  test('1,000 encoders are in one instance, in less than 64 MiB, each with its own sound', () => {
    const host = createOpusHost();
    const encoders = Array.from({ length: 1000 }, () => host.createEncoder(16000));
    const { memoryBytes } = host.stats();
    console.log(`1,000 encoders: ${(memoryBytes / MIB).toFixed(1)} MiB of WASM memory`);
    expect(memoryBytes).toBeLessThan(64 * MIB);
    const pcm = [toneAt(16000, 300, 0.1), toneAt(16000, 700, 0.1)] as const;
    const alone = pcm.map((sound) => encodeAll(host.createEncoder(16000), sound));
    const frames = encoders.map((): Uint8Array[] => []);
    for (let at = 0; at < 1600; at += 320) {
      encoders.forEach((encoder, i) => {
        frames[i]!.push(...encodeAll(encoder, pcm[i % 2 === 0 ? 0 : 1].subarray(at, at + 320)));
      });
    }
    for (const i of [0, 1, 499, 998, 999]) expect(frames[i]).toEqual(alone[i % 2]);
  });

  test('beyond the limit there is an error that tells it, a count, and room again after a close', () => {
    const host = createOpusHost({ maxHandles: 2 });
    const encoder = host.createEncoder(16000);
    host.createDecoder(48000);
    expect(() => host.createEncoder(8000)).toThrow(OpusLimitError);
    expect(() => host.createDecoder(8000)).toThrow('2 Opus encoders and decoders are open, that is the limit');
    expect(host.stats()).toMatchObject({ encoders: 1, decoders: 1, refused: 2 });
    encoder.close();
    encoder.close();
    host.createDecoder(8000);
    expect(host.stats()).toMatchObject({ encoders: 0, decoders: 2, refused: 2 });
  });

  test('where no build can be run the error tells why', () => {
    expect(() => createOpusHost({ builds: [] })).toThrow(OpusUnavailableError);
  });
});

test('a trap of the code is a fault, and the decoder starts afresh', () => {
  const engine = new WasmEngine('simd');
  const handle = engine.openDecoder(16000);
  const decoder = new OpusDecoder(engine, handle, { sampleRateHz: 16000, onClose: () => undefined });
  const payloads = encodeAll(createOpusHost().createEncoder(16000), toneAt(16000, 440, 0.5));
  const first = decodeAll(decoder, payloads);
  // The state starts with the places of its parts: far outside the memory, every access traps.
  engine.bytes.fill(0x7f, handle, handle + 8);
  const out = new Int16Array(320);
  expect(decoder.decode(payloads[0]!, 0, payloads[0]!.length, out, 0)).toBe(0);
  expect(decoder.fault).toBe('internal');
  expect(decodeAll(decoder, payloads)).toEqual(first);
});

test('the lookahead is what libopus says', () => {
  const engine = new WasmEngine('simd');
  const host = createOpusHost();
  for (const rateHz of [8000, 12000, 16000, 24000, 48000] as const) {
    const encoder = engine.openEncoder(rateHz);
    // OPUS_GET_LOOKAHEAD
    expect(host.createEncoder(rateHz).lookaheadSamples).toBe(engine.getEncoder(encoder, 4027));
  }
});
