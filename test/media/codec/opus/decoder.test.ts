import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createOpusHost } from '../../../../media/codec/opus/opus.js';
import { packetSamples } from '../../../../media/codec/opus/packet.js';
import { snrDb, spectralDistanceDb } from '../../../support/fidelity.js';
import { decodeAll, encodeAll, toneAt, voiceAt } from '../../../support/opus-line.js';

const host = createOpusHost();
const rates = [8000, 16000, 48000] as const;

const rms = (pcm: Int16Array): number => Math.sqrt(pcm.reduce((sum, sample) => sum + sample ** 2, 0) / pcm.length);

/** The parts of a sound that belong to lost packets. */
function lostParts(pcm: Int16Array, samples: number, lost: (index: number) => boolean): Int16Array {
  return pcm.filter((_, i) => lost(Math.floor(i / samples)));
}

describe('packets', () => {
  test.each([2.5, 5, 10, 20, 40, 60])(
    'of %f ms are decoded at every rate, whatever rate they were made at',
    (frameMs) => {
      for (const from of [16000, 48000] as const) {
        const payloads = encodeAll(host.createEncoder(from, { bitrate: 64_000 }), toneAt(from, 440, 0.6), frameMs);
        for (const to of rates) {
          const heard = decodeAll(host.createDecoder(to), payloads, { frameMs });
          expect(heard.length).toBe(payloads.length * frameMs * (to / 1000));
          expect(rms(heard.subarray(heard.length / 2))).toBeGreaterThan(5000);
        }
      }
    },
  );

  test('may change their length and bandwidth from one to the next', () => {
    const decoder = host.createDecoder(16000);
    const out = new Int16Array(5760);
    const narrow = encodeAll(host.createEncoder(8000), toneAt(8000), 60);
    const wide = encodeAll(host.createEncoder(48000, { bitrate: 96_000 }), toneAt(48000), 10);
    for (let i = 0; i < 20; i += 1) {
      expect(decoder.decode(narrow[i]!, 0, narrow[i]!.length, out, 0)).toBe(960);
      expect(decoder.decode(wide[i]!, 0, wide[i]!.length, out, 100)).toBe(160);
    }
  });

  test('several frames in one packet are all decoded', () => {
    const encoder = host.createEncoder(16000);
    const [first, second] = encodeAll(encoder, voiceAt(16000).subarray(8000, 8640)) as [Uint8Array, Uint8Array];
    // RFC 6716 §3.2.4: code 2 is two frames behind one first byte and the length of the first.
    const both = Uint8Array.from([first[0]! | 2, first.length - 1, ...first.subarray(1), ...second.subarray(1)]);
    const out = new Int16Array(640);
    expect(host.createDecoder(16000).decode(both, 0, both.length, out, 0)).toBe(640);
    expect([...out]).toEqual([...decodeAll(host.createDecoder(16000), [first, second])]);
  });

  test('after a reset the same packets give the same sound as in a new decoder', () => {
    const payloads = encodeAll(host.createEncoder(16000), voiceAt(16000));
    const decoder = host.createDecoder(16000);
    const first = decodeAll(decoder, payloads);
    decoder.reset();
    expect(decodeAll(decoder, payloads)).toEqual(first);
  });
});

describe('losses', () => {
  const everySeventh = (index: number): boolean => index % 7 === 4;

  test.each(rates)('at %i Hz made-up sound has the length asked for, whole frames or not', (rateHz) => {
    const decoder = host.createDecoder(rateHz);
    decodeAll(decoder, encodeAll(host.createEncoder(rateHz), toneAt(rateHz, 440, 0.5)));
    const out = new Int16Array(rateHz).fill(77);
    for (const samples of [rateHz / 400, rateHz / 50, 1, 37, rateHz / 2 + 3]) {
      expect(decoder.conceal(out, 5, samples)).toBe(samples);
      expect([out[4], out[5 + samples]]).toEqual([77, 77]);
      out.fill(77);
    }
    expect(decoder.concealedSamples).toBe(rateHz / 400 + rateHz / 50 + 38 + rateHz / 2 + 3);
  });

  test.each(rates)('at %i Hz the sound goes on through a lost frame and is gone after a second', (rateHz) => {
    const decoder = host.createDecoder(rateHz);
    decodeAll(decoder, encodeAll(host.createEncoder(rateHz), toneAt(rateHz, 440, 0.5)));
    const out = new Int16Array(rateHz * 2);
    decoder.conceal(out, 0, out.length);
    expect(rms(out.subarray(0, rateHz / 50))).toBeGreaterThan(2000);
    expect(rms(out.subarray(rateHz))).toBeLessThan(100);
  });

  test('before anything was heard a loss is silence', () => {
    const out = new Int16Array(960).fill(1);
    expect(host.createDecoder(48000).conceal(out, 0, 960)).toBe(960);
    expect(rms(out)).toBe(0);
  });

  test.each(rates)(
    'RFC 6716 §2.1.6 at %i Hz the next packet restores a lost frame 4 dB better than concealment',
    (rateHz) => {
      const payloads = encodeAll(host.createEncoder(rateHz, { fec: true }), voiceAt(rateHz));
      const clean = decodeAll(host.createDecoder(rateHz), payloads);
      const concealed = decodeAll(host.createDecoder(rateHz), payloads, { lost: everySeventh });
      const decoder = host.createDecoder(rateHz);
      const restored = decodeAll(decoder, payloads, { lost: everySeventh, fec: true });
      const parts = (pcm: Int16Array): Int16Array => lostParts(pcm, rateHz / 50, everySeventh);
      expect(snrDb(parts(clean), parts(restored))).toBeGreaterThan(snrDb(parts(clean), parts(concealed)) + 4);
      const ear = { sampleRateHz: rateHz, highestHz: 3600 };
      expect(spectralDistanceDb(clean, restored, ear)).toBeLessThan(spectralDistanceDb(clean, concealed, ear) * 0.7);
      expect(decoder.recoveredSamples).toBeGreaterThan(decoder.concealedSamples);
    },
  );

  test('what a copy does not reach is concealed: no copy, a shorter one, none wanted', () => {
    const fec = encodeAll(host.createEncoder(16000, { fec: true }), voiceAt(16000));
    const plain = encodeAll(host.createEncoder(16000), voiceAt(16000));
    const out = new Int16Array(1920);
    const counts = (payload: Uint8Array, samples: number): number[] => {
      const decoder = host.createDecoder(16000);
      decodeAll(decoder, fec.slice(0, 50));
      expect(decoder.decodeFec(payload, 0, payload.length, out, 0, samples)).toBe(samples);
      return [decoder.recoveredSamples, decoder.concealedSamples];
    };
    expect(counts(fec[51]!, 320)).toEqual([320, 0]);
    expect(counts(plain[51]!, 320)).toEqual([0, 320]);
    expect(counts(fec[51]!, 1920)).toEqual([320, 1600]);
    expect(counts(fec[51]!, 160)).toEqual([0, 160]);
  });

  test('RFC 7587 §3.1.3 what is missing in a pause of DTX is comfort noise, not loss', () => {
    const pcm = new Int16Array(64_000);
    let seed = 5;
    for (let i = 0; i < pcm.length; i += 1) {
      seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
      pcm[i] = seed >> 26;
    }
    pcm.set(voiceAt(16000));
    const payloads = encodeAll(host.createEncoder(16000, { dtx: true }), pcm);
    expect(payloads.filter(({ length }) => length === 0).length).toBeGreaterThan(50);
    const decoder = host.createDecoder(16000);
    const heard = decodeAll(decoder, payloads);
    expect([decoder.concealedSamples, decoder.inDtx]).toEqual([0, true]);
    expect(decoder.comfortSamples).toBeGreaterThan(50 * 320);
    const [was, is] = [rms(pcm.subarray(48_000)), rms(heard.subarray(48_000))];
    expect(Math.abs(20 * Math.log10(is / was))).toBeLessThan(8);
    decodeAll(decoder, payloads.slice(0, 10));
    expect(decoder.inDtx).toBe(false);
  });
});

describe('faults', () => {
  const payloads = encodeAll(host.createEncoder(16000, { fec: true }), voiceAt(16000));
  const out = new Int16Array(5760);

  test('any bytes are decoded or refused, and the next good packets are heard', () => {
    const decoder = host.createDecoder(48000);
    const good = encodeAll(host.createEncoder(48000), toneAt(48000));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (payload, fec) => {
        const samples = fec
          ? decoder.decodeFec(payload, 0, payload.length, out, 0, 960)
          : decoder.decode(payload, 0, payload.length, out, 0);
        if (samples === 0) expect(decoder.fault).toBe('invalid-packet');
        else {
          expect(decoder.fault).toBe(null);
          expect(samples).toBe(fec ? 960 : packetSamples(payload, 0, payload.length, 48000));
        }
      }),
      { numRuns: 2000 },
    );
    const heard = decodeAll(decoder, good);
    expect(rms(heard.subarray(48_000))).toBeGreaterThan(5000);
  });

  test('a damaged packet is decoded or refused, wherever the damage is', () => {
    const decoder = host.createDecoder(16000);
    fc.assert(
      fc.property(
        fc.nat(payloads.length - 1),
        fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { minLength: 1, maxLength: 5 }),
        fc.nat(80),
        (index, flips, cut) => {
          const payload = payloads[index]!.slice(0, Math.max(1, payloads[index]!.length - cut));
          for (const [at, value] of flips) payload[at % payload.length] = value;
          const samples = decoder.decode(payload, 0, payload.length, out, 0);
          expect(samples === 0).toBe(decoder.fault !== null);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('what lies outside the bytes given, or is longer than any packet, is no packet', () => {
    const decoder = host.createDecoder(16000);
    const payload = payloads[5]!;
    for (const [offset, length] of [
      [0, 0],
      [-1, 5],
      [0, payload.length + 1],
      [payload.length, 1],
    ] as const) {
      expect(decoder.decode(payload, offset, length, out, 0)).toBe(0);
      expect(decoder.fault).toBe('invalid-packet');
      expect(decoder.decodeFec(payload, offset, length, out, 0, 320)).toBe(0);
      expect(decoder.fault).toBe('invalid-packet');
    }
    const huge = new Uint8Array(9000).fill(9 << 3, 0, 1);
    expect(decoder.decode(huge, 0, 9000, out, 0)).toBe(0);
    expect(decoder.fault).toBe('invalid-packet');
  });

  test('no room for the sound is a fault, and nothing is written', () => {
    const decoder = host.createDecoder(16000);
    const payload = payloads[5]!;
    const small = new Int16Array(330).fill(7);
    for (const outOffset of [11, -1]) {
      for (const written of [
        () => decoder.decode(payload, 0, payload.length, small, outOffset),
        () => decoder.decodeFec(payload, 0, payload.length, small, outOffset, 320),
        () => decoder.conceal(small, outOffset, 320),
      ]) {
        expect(written()).toBe(0);
        expect(decoder.fault).toBe('no-room');
      }
    }
    expect(small.every((sample) => sample === 7)).toBe(true);
  });

  test('a loss that FEC cannot be asked for is a bad argument', () => {
    const decoder = host.createDecoder(16000);
    for (const samples of [0, -320, 30, 321, 1960]) {
      expect(decoder.decodeFec(payloads[5]!, 0, payloads[5]!.length, out, 0, samples)).toBe(0);
      expect(decoder.fault).toBe('bad-argument');
    }
    expect(decoder.conceal(out, 0, 0)).toBe(0);
    expect(decoder.fault).toBe('bad-argument');
  });

  test('a closed one says so, and may be closed and reset again', () => {
    const decoder = host.createDecoder(16000);
    decoder.close();
    decoder.close();
    decoder.reset();
    const payload = payloads[5]!;
    for (const written of [
      decoder.decode(payload, 0, payload.length, out, 0),
      decoder.decodeFec(payload, 0, payload.length, out, 0, 320),
      decoder.conceal(out, 0, 320),
    ]) {
      expect([written, decoder.fault]).toEqual([0, 'closed']);
    }
  });
});
