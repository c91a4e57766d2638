import { describe, expect, test, vi } from 'vitest';
import type { OpusEncoderSettings } from '../../../../media/codec/opus/encoder.js';
import { createOpusHost } from '../../../../media/codec/opus/opus.js';
import { WasmEngine } from '../../../../media/codec/opus/wasm.js';
import { spectralDistanceDb } from '../../../support/fidelity.js';
import { decodeAll, encodeAll, voiceAt } from '../../../support/opus-line.js';

const host = createOpusHost();
const FRAME = 320;

/** Talk, three seconds of nothing, other talk. */
function talk(): Int16Array {
  const all = new Int16Array(16_000 * 7);
  all.set(voiceAt(16_000, 3), 0);
  all.set(voiceAt(16_000, 4), 16_000 * 5);
  return all;
}

/** What an encoder writes for which everything is encoded: one sample is not zero. */
function encodedAll(settings: Partial<OpusEncoderSettings>): Uint8Array[] {
  const pcm = talk();
  for (let i = 0; i < pcm.length; i += FRAME) if (pcm[i] === 0) pcm[i] = 1;
  return encodeAll(host.createEncoder(16_000, settings), pcm);
}

describe('a long digital silence', () => {
  const settings = [
    ['as ever', {}],
    ['with FEC', { fec: true }],
    ['packets of one length', { cbr: true }],
    ['narrowband', { maxPlaybackRateHz: 8000, bitrate: 12_000 }],
  ] as const;

  test.each(settings)('is encoded for half a second, then sent again: %s', (_, own) => {
    const encode = vi.spyOn(WasmEngine.prototype, 'encode');
    const payloads = encodeAll(host.createEncoder(16_000, own), talk());
    expect(payloads.length - encode.mock.calls.length).toBeGreaterThan(115);
    encode.mockRestore();
    const silence = payloads.slice(130, 245);
    expect(new Set(silence.map((payload) => payload.join())).size).toBe(1);
    const heard = decodeAll(host.createDecoder(16_000), payloads).subarray(130 * FRAME, 245 * FRAME);
    expect(Math.max(...heard.map(Math.abs))).toBeLessThanOrEqual(1);
  });

  test.each(settings)('what follows is as good as if all had been encoded: %s', (_, own) => {
    const later = (payloads: Uint8Array[]): Int16Array =>
      decodeAll(host.createDecoder(16_000), payloads).subarray(16_000 * 4.9);
    const original = talk().subarray(16_000 * 4.9 - 104);
    const ear = { sampleRateHz: 16_000, highestHz: 3500 };
    const repeated = later(encodeAll(host.createEncoder(16_000, own), talk()));
    const encoded = later(encodedAll(own));
    const distance = (heard: Int16Array): number => spectralDistanceDb(original, heard, ear);
    expect(distance(repeated)).toBeLessThan(distance(encoded) + 0.2);
  });

  test('a copy of an encoder goes on with it, and other settings, another length or a reset begin anew', () => {
    const encoder = host.createEncoder(16_000);
    const silence = new Int16Array(FRAME * 60);
    const out = new Uint8Array(500);
    const encode = vi.spyOn(WasmEngine.prototype, 'encode');
    const encodes = (of: typeof encoder, frames: number, samples = FRAME): number => {
      encode.mockClear();
      for (let i = 0; i < frames; i += 1) of.encode(silence, 0, samples, out, 0);
      return encode.mock.calls.length;
    };
    expect(encodes(encoder, 60)).toBe(25);
    const copy = host.createEncoder(16_000);
    copy.copyFrom(encoder);
    expect(encodes(copy, 10)).toBe(0);
    copy.configure({ ...copy.settings, bitrate: 16_000 });
    expect(encodes(copy, 10)).toBe(10);
    expect(encodes(encoder, 10, 2 * FRAME)).toBe(10);
    encoder.reset();
    expect(encodes(encoder, 10)).toBe(10);
    encode.mockRestore();
  });

  test('RFC 7587 §3.1.3 with DTX next to nothing is sent, as ever', () => {
    const payloads = encodeAll(host.createEncoder(16_000, { dtx: true }), new Int16Array(16_000 * 4));
    expect(payloads.filter(({ length }) => length > 0).length).toBeLessThan(50);
    expect(payloads.slice(60).filter(({ length }) => length > 2).length).toBeGreaterThan(3);
  });
});
