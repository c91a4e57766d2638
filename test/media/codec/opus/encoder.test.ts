import { describe, expect, test } from 'vitest';
import { createOpusHost, defaultSettings } from '../../../../media/codec/opus/opus.js';
import { packetHasFec, packetSamples } from '../../../../media/codec/opus/packet.js';
import { bestDelay, snrDb, spectralDistanceDb } from '../../../support/fidelity.js';
import { decodeAll, encodeAll, toneAt, voiceAt } from '../../../support/opus-line.js';

const host = createOpusHost();
const rates = [8000, 16000, 48000] as const;

/** Bits per second of packets of `frameMs`. */
const bitrateOf = (payloads: readonly Uint8Array[], frameMs = 20): number =>
  (payloads.reduce((sum, { length }) => sum + length * 8, 0) * 1000) / (payloads.length * frameMs);

const configOf = (payload: Uint8Array): number => payload[0]! >> 3;

describe('there and back', () => {
  test.each(rates)('at %i Hz a tone has 20 dB of SNR, at its best delay of one frame', (rateHz) => {
    const pcm = toneAt(rateHz);
    const heard = decodeAll(host.createDecoder(rateHz), encodeAll(host.createEncoder(rateHz), pcm));
    const delay = bestDelay(pcm, heard, rateHz / 50);
    // The first 200 ms are left out: the encoder only then knows what it has.
    expect(snrDb(pcm, heard, delay, rateHz / 5)).toBeGreaterThan(20);
  });

  // Speech codecs keep what is heard, not the wave form: at these bit rates the levels of third octaves are 2 dB off.
  test.each(rates)('at %i Hz a voice keeps its spectrum to 2.5 dB, and is late by the lookahead', (rateHz) => {
    const pcm = voiceAt(rateHz);
    const encoder = host.createEncoder(rateHz);
    const heard = decodeAll(host.createDecoder(rateHz), encodeAll(encoder, pcm));
    const delay = bestDelay(pcm, heard, rateHz / 50);
    expect(Math.abs(delay - encoder.lookaheadSamples)).toBeLessThanOrEqual(2);
    expect(snrDb(pcm, heard, delay)).toBeGreaterThan(6);
    const aligned = heard.subarray(delay);
    expect(
      spectralDistanceDb(pcm, aligned, { sampleRateHz: rateHz, highestHz: Math.min(7000, rateHz * 0.45) }),
    ).toBeLessThan(2.5);
  });

  test('every packet length from 2.5 to 60 ms is made as asked, also at an offset', () => {
    const out = new Uint8Array(500).fill(0xee);
    for (const frameMs of [2.5, 5, 10, 20, 40, 60]) {
      const encoder = host.createEncoder(48000);
      const length = encoder.encode(toneAt(48000, 440, 1), 1000, 48 * frameMs, out, 7);
      expect(packetSamples(out, 7, length, 48000)).toBe(48 * frameMs);
      expect(out[6]).toBe(0xee);
      expect(out[7 + length]).toBe(0xee);
      out.fill(0xee);
      encoder.close();
    }
  });
});

describe('settings', () => {
  test('RFC 7587 §3.1.1 the bit rate is kept on average, and can be changed between packets', () => {
    const encoder = host.createEncoder(16000, { bitrate: 32_000 });
    expect(bitrateOf(encodeAll(encoder, voiceAt(16000)))).toBeLessThan(33_000);
    encoder.configure({ ...encoder.settings, bitrate: 12_000 });
    expect(bitrateOf(encodeAll(encoder, voiceAt(16000)))).toBeLessThan(13_000);
  });

  test('RFC 7587 §3.1.2 cbr gives packets of one length, vbr does not', () => {
    const lengths = (cbr: boolean): number =>
      new Set(encodeAll(host.createEncoder(16000, { cbr }), voiceAt(16000)).map(({ length }) => length)).size;
    expect(lengths(true)).toBe(1);
    expect(lengths(false)).toBeGreaterThan(10);
  });

  test('RFC 7587 §7.1 nothing above what the peer plays is encoded', () => {
    // Configurations 0 to 3 are narrowband, 8 to 11 wideband: RFC 6716 §3.1 table 2.
    const configs = (maxPlaybackRateHz: number): number[] => {
      const payloads = encodeAll(host.createEncoder(16000, { maxPlaybackRateHz }), voiceAt(16000));
      return [...new Set(payloads.map(configOf))];
    };
    expect(configs(8000)).toEqual([1]);
    expect(configs(12000)).toEqual([5]);
    expect(configs(16000)).toEqual([9]);
    expect(configs(48000)).toEqual([9]);
  });

  test.each(rates)(
    'RFC 7587 §3.3 with fec at %i Hz packets carry copies, in the same bandwidth as without',
    (rateHz) => {
      const without = encodeAll(host.createEncoder(rateHz, { maxPlaybackRateHz: 16000 }), voiceAt(rateHz));
      const fec = encodeAll(host.createEncoder(rateHz, { fec: true, maxPlaybackRateHz: 16000 }), voiceAt(rateHz));
      const copies = (payloads: readonly Uint8Array[]): number =>
        payloads.filter((payload) => packetHasFec(payload, 0, payload.length)).length;
      expect(copies(without)).toBe(0);
      expect(copies(fec)).toBeGreaterThan(fec.length / 2);
      expect(new Set(fec.map(configOf))).toEqual(new Set(without.map(configOf)));
    },
  );

  test('RFC 7587 §3.1.3 dtx tells once that it is quiet, sends nothing, and refreshes each 400 ms', () => {
    const pcm = new Int16Array(16000 * 4);
    pcm.set(voiceAt(16000));
    const lengths = encodeAll(host.createEncoder(16000, { dtx: true }), pcm).map(({ length }) => length);
    const quiet = lengths.indexOf(1);
    expect(quiet).toBeGreaterThan(100);
    expect(lengths.slice(0, quiet).every((length) => length > 2)).toBe(true);
    expect(lengths.slice(quiet + 1, quiet + 20)).toEqual(Array(19).fill(0));
    expect(lengths[quiet + 20]).toBeGreaterThan(2);
    expect(lengths.slice(quiet + 21, quiet + 41)).toEqual([1, ...Array<number>(19).fill(0)]);
    expect(encodeAll(host.createEncoder(16000), pcm).every(({ length }) => length > 2)).toBe(true);
  });

  test('numbers out of range count as the nearest in range', () => {
    const wild = { bitrate: 1e9, complexity: 99, expectedLossPercent: -5, maxPlaybackRateHz: 1e9 };
    const most = { bitrate: 510_000, complexity: 10, expectedLossPercent: 0, maxPlaybackRateHz: 48000 };
    const pcm = voiceAt(16000).subarray(0, 3200);
    expect(encodeAll(host.createEncoder(16000, wild), pcm)).toEqual(encodeAll(host.createEncoder(16000, most), pcm));
  });
});

describe('copies', () => {
  test('a copy of a state writes the same packets as the original from then on', () => {
    const pcm = voiceAt(16000);
    const shared = host.createEncoder(16000, { fec: true, dtx: true, bitrate: 36_000 });
    encodeAll(shared, pcm.subarray(0, 20_000));
    const own = host.createEncoder(16000);
    expect(own.copyFrom(shared)).toBe(true);
    expect(own.settings).toEqual(shared.settings);
    const rest = pcm.subarray(20_000);
    expect(encodeAll(own, rest)).toEqual(encodeAll(shared, rest));
  });

  test('a copy also knows that the listener was told of the silence', () => {
    const shared = host.createEncoder(16000, { dtx: true });
    encodeAll(shared, new Int16Array(16000));
    const own = host.createEncoder(16000);
    own.copyFrom(shared);
    expect(encodeAll(own, new Int16Array(320)).map(({ length }) => length)).toEqual([0]);
  });

  test('what differs in host or rate, or is closed, is not copied', () => {
    const encoder = host.createEncoder(16000, { bitrate: 20_000 });
    const closed = host.createEncoder(16000);
    closed.close();
    for (const other of [host.createEncoder(48000), createOpusHost().createEncoder(16000), closed]) {
      expect(encoder.copyFrom(other)).toBe(false);
    }
    expect(closed.copyFrom(encoder)).toBe(false);
    expect(encoder.settings.bitrate).toBe(20_000);
  });

  test('after a reset it writes what a new one writes', () => {
    const pcm = voiceAt(16000);
    const encoder = host.createEncoder(16000, { bitrate: 20_000 });
    const first = encodeAll(encoder, pcm);
    encoder.reset();
    expect(encodeAll(encoder, pcm)).toEqual(first);
  });
});

describe('faults', () => {
  const pcm = toneAt(16000, 440, 1);
  const out = new Uint8Array(100);

  test('a length that is no frame, or lies outside the samples, is a bad argument', () => {
    const encoder = host.createEncoder(16000);
    for (const [offset, samples] of [
      [0, 0],
      [0, -320],
      [-1, 320],
      [15_900, 320],
      [0, 321],
      [0, 1280],
      [0, 100_000],
    ]) {
      expect(encoder.encode(pcm, offset!, samples!, out, 0)).toBe(0);
      expect(encoder.fault).toBe('bad-argument');
    }
    expect(encoder.encode(pcm, 0, 320, out, 0)).toBeGreaterThan(2);
    expect(encoder.fault).toBe(null);
  });

  test('no room is a fault, little room a short packet', () => {
    const encoder = host.createEncoder(16000);
    for (const outOffset of [100, 200, -1]) {
      expect(encoder.encode(pcm, 0, 320, out, outOffset)).toBe(0);
      expect(encoder.fault).toBe('no-room');
    }
    expect(encoder.encode(pcm, 0, 320, out, 80)).toBeLessThanOrEqual(20);
    expect(encoder.fault).toBe(null);
  });

  test('a closed one says so, and may be closed and reset again', () => {
    const encoder = host.createEncoder(16000);
    encoder.close();
    encoder.close();
    encoder.reset();
    encoder.configure(defaultSettings(16000));
    expect(encoder.encode(pcm, 0, 320, out, 0)).toBe(0);
    expect(encoder.fault).toBe('closed');
  });
});
