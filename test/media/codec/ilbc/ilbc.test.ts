import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFrame } from '../../../../media/codec/ilbc/bits.js';
import { ilbc } from '../../../../media/codec/ilbc/codec.js';
import { IlbcDecoder } from '../../../../media/codec/ilbc/decoder.js';
import { isPossible } from '../../../../media/codec/ilbc/excitation.js';
import { createIlbc, type IlbcFrames } from '../../../../media/codec/ilbc/ilbc.js';
import { ilbcModes } from '../../../../media/codec/ilbc/mode.js';
import { createSeededRandom } from '../../../support/seeded-random.js';
import { codedBy, decodedBy, highPassed, rms, segmentalSnrDb, snrDb, spectralDistanceDb, speech } from './sound.js';

const codecs = [createIlbc(20), createIlbc(30)];
const [ilbc20, ilbc30] = codecs as [IlbcFrames, IlbcFrames];

function encodeAll(codec: IlbcFrames, pcm: Int16Array, encoder = codec.createEncoder()): Uint8Array {
  const out = new Uint8Array(codec.maxPayloadBytes(pcm.length));
  expect(encoder.encode(pcm, 0, pcm.length, out, 0)).toBe(out.length);
  return out;
}

function decodeAll(codec: IlbcFrames, coded: Uint8Array, decoder = codec.createDecoder()): Int16Array {
  const out = new Int16Array((coded.length / codec.payloadBytes) * codec.frameSamples);
  expect(decoder.decode(coded, 0, coded.length, out, 0)).toBe(out.length);
  return out;
}

/** The coded speech with every frame that `isLost` concealed. */
function decodeWithLoss(codec: IlbcFrames, coded: Uint8Array, isLost: (frame: number) => boolean): Int16Array {
  const { payloadBytes, frameSamples } = codec;
  const decoder = codec.createDecoder();
  const out = new Int16Array((coded.length / payloadBytes) * frameSamples);
  for (let frame = 0; frame * payloadBytes < coded.length; frame += 1) {
    if (isLost(frame)) decoder.conceal(out, frame * frameSamples, frameSamples);
    else decoder.decode(coded, frame * payloadBytes, payloadBytes, out, frame * frameSamples);
  }
  return out;
}

/** A sound as no loss would leave it and what came of it, side by side: the enhancer is late by a sub-frame or two. */
function aligned(codec: IlbcFrames, decoded: Int16Array, sound = speech): [Int16Array, Int16Array] {
  const delay = codec.frameMs === 20 ? 40 : 80;
  return [highPassed(sound).subarray(0, decoded.length - delay), decoded.subarray(delay)];
}

function identicalFrames(codec: IlbcFrames, a: Uint8Array, b: Uint8Array): number {
  const size = codec.payloadBytes;
  let same = 0;
  for (let at = 0; at < a.length; at += size) {
    if (Buffer.compare(a.subarray(at, at + size), b.subarray(at, at + size)) === 0) same += 1;
  }
  return same / (a.length / size);
}

describe.each(codecs)('RFC 3951 iLBC of $frameMs ms', (codec) => {
  const { frameSamples, payloadBytes } = codec;

  test('decodes what the code of the RFC coded as that code does, to the last bit or one beside', () => {
    const decoded = decodeAll(codec, codedBy('rfc', codec.frameMs));
    const reference = decodedBy('rfc', codec.frameMs);
    const most = decoded.reduce((worst, sample, i) => Math.max(worst, Math.abs(sample - reference[i]!)), 0);
    expect(most).toBeLessThanOrEqual(2);
    expect(snrDb(reference, decoded)).toBeGreaterThan(60);
  });

  test('codes speech bit for bit as the code of the RFC does, but where its 32-bit numbers decide otherwise', () => {
    expect(identicalFrames(codec, encodeAll(codec, speech), codedBy('rfc', codec.frameMs))).toBeGreaterThan(0.95);
  });

  test('decodes what WebRTC coded as WebRTC does, as near as its 16-bit numbers allow', () => {
    const decoded = decodeAll(codec, codedBy('webrtc', codec.frameMs));
    const reference = decodedBy('webrtc', codec.frameMs);
    expect(snrDb(reference, decoded)).toBeGreaterThan(25);
    expect(segmentalSnrDb(reference, decoded)).toBeGreaterThan(30);
  });

  test('speech comes back as well as through the code of the RFC', () => {
    const [before, after] = aligned(codec, decodeAll(codec, encodeAll(codec, speech)));
    const [, reference] = aligned(codec, decodedBy('rfc', codec.frameMs));
    // Both get 12.5 dB, and 3.1 (20 ms) and 3.2 dB (30 ms) of difference between the spectra.
    expect(segmentalSnrDb(before, after)).toBeGreaterThan(segmentalSnrDb(before, reference) - 0.2);
    expect(segmentalSnrDb(before, after)).toBeGreaterThan(12);
    expect(spectralDistanceDb(before, after)).toBeLessThan(3.5);
  });

  test('silence stays silence', () => {
    const decoded = decodeAll(codec, encodeAll(codec, new Int16Array(frameSamples * 20)));
    expect(Math.max(...decoded.map(Math.abs))).toBeLessThan(20);
  });

  test('full scale is coded like any other level, and clipped where it comes out louder', () => {
    const sine = Int16Array.from({ length: frameSamples * 40 }, (_, i) => Math.round(32767 * Math.sin(i / 3)));
    const [before, after] = aligned(codec, decodeAll(codec, encodeAll(codec, sine)), sine);
    expect(snrDb(before, after)).toBeGreaterThan(18);
  });

  test('whatever is heard gives frames that an encoder can have made', () => {
    const mode = ilbcModes[codec.frameMs];
    const values = new Int32Array(mode.layout.count);
    const noise = createSeededRandom(5);
    const encoder = codec.createEncoder();
    const pcm = new Int16Array(frameSamples);
    const coded = new Uint8Array(payloadBytes);
    for (let frame = 0; frame < 200; frame += 1) {
      // Noise of any level, clicks, jumps between the extremes, offsets and nothing, in turn.
      const shift = noise.uint32() % 16;
      const kind = noise.uint32() % 5;
      const offset = (noise.uint32() % 65536) - 32768;
      for (let i = 0; i < frameSamples; i += 1) {
        const sample = (noise.uint32() % 65536) - 32768;
        pcm[i] = [sample >> shift, i % 100 === shift ? sample : 0, sample < 0 ? -32768 : 32767, offset, 0][kind]!;
      }
      encoder.encode(pcm, 0, frameSamples, coded, 0);
      expect(readFrame(mode.layout, coded, 0, values)).toBe(true);
      expect(isPossible(mode, values)).toBe(true);
    }
  });

  test('no bytes make the decoder throw or leave it unable to decode what comes after', () => {
    const anything = fc.array(
      fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 120 }), fc.constant(null), fc.constant(0)),
      { maxLength: 20 },
    );
    const coded = codedBy('rfc', codec.frameMs);
    const clean = decodeAll(codec, coded);
    fc.assert(
      fc.property(anything, (steps) => {
        const decoder = codec.createDecoder();
        const out = new Int16Array(1000);
        for (const step of steps) {
          if (step === null) expect(decoder.conceal(out, 3, 160)).toBe(160);
          else if (step === 0) expect(decoder.conceal(out, 0, 7)).toBe(7);
          else {
            const frames = Math.floor(step.length / payloadBytes);
            expect(decoder.decode(step, 0, step.length, out, 1)).toBe(frames * frameSamples);
          }
        }
        const decoded = decodeAll(codec, coded, decoder);
        const from = frameSamples * 20;
        expect(snrDb(clean.subarray(from), decoded.subarray(from))).toBeGreaterThan(15);
      }),
      { numRuns: 50 },
    );
  });

  test('RFC 3952 §3.2 a payload of several frames is decoded and encoded like its frames one by one', () => {
    const encoder = codec.createEncoder();
    const single = new Uint8Array(payloadBytes * 12);
    for (let frame = 0; frame < 12; frame += 1) {
      const at = frame * payloadBytes;
      expect(encoder.encode(speech, frame * frameSamples, frameSamples, single, at)).toBe(payloadBytes);
    }
    expect(encodeAll(codec, speech.subarray(0, 12 * frameSamples))).toEqual(single);
    expect(decodeWithLoss(codec, single, () => false)).toEqual(decodeAll(codec, single));
  });

  test('what is less than a frame is not coded, and not decoded', () => {
    const out = new Uint8Array(payloadBytes * 2).fill(7);
    expect(codec.maxPayloadBytes(frameSamples * 2 - 1)).toBe(payloadBytes);
    expect(codec.createEncoder().encode(speech, 0, frameSamples * 2 - 1, out, 0)).toBe(payloadBytes);
    expect(out.subarray(payloadBytes)).toEqual(new Uint8Array(payloadBytes).fill(7));
    const pcm = new Int16Array(frameSamples).fill(7);
    expect(codec.createDecoder().decode(out, 0, payloadBytes - 1, pcm, 0)).toBe(0);
    expect(pcm).toEqual(new Int16Array(frameSamples).fill(7));
  });

  test('frames that there is no room for are left out', () => {
    const coded = codedBy('rfc', codec.frameMs);
    const out = new Int16Array(frameSamples * 3 + 50);
    expect(codec.createDecoder().decode(coded, 0, coded.length, out, 51)).toBe(frameSamples * 2);
    expect(codec.createDecoder().decode(coded, 0, coded.length, out, 50)).toBe(frameSamples * 3);
  });

  test('reads and writes at the offsets given, and nothing beside', () => {
    const bytes = new Uint8Array(payloadBytes + 8).fill(0x5a);
    codec.createEncoder().encode(speech, 5, frameSamples, bytes, 4);
    expect([...bytes.subarray(0, 4), ...bytes.subarray(-4)]).toEqual(Array(8).fill(0x5a));
    expect(bytes.subarray(4, -4)).toEqual(encodeAll(codec, speech.subarray(5, 5 + frameSamples)));
    const pcm = new Int16Array(frameSamples + 6).fill(99);
    codec.createDecoder().decode(bytes, 4, payloadBytes, pcm, 3);
    expect([...pcm.subarray(0, 3), ...pcm.subarray(-3)]).toEqual(Array(6).fill(99));
  });

  test('an encoder goes on from a copied state bit by bit as the one it was copied from', () => {
    const middle = 20 * frameSamples;
    const one = codec.createEncoder();
    const other = codec.createEncoder();
    encodeAll(codec, speech.subarray(0, middle), one);
    encodeAll(codec, speech.subarray(1000, 1000 + middle), other);
    other.copyFrom(one);
    const rest = speech.subarray(middle, speech.length - (speech.length % frameSamples));
    const after = encodeAll(codec, rest, one);
    expect(encodeAll(codec, rest, other)).toEqual(after);
    expect(encodeAll(codec, rest)).not.toEqual(after);
  });
});

describe('RFC 3951 iLBC', () => {
  test('the rows say what RFC 3952 registers', () => {
    expect(ilbc).toMatchObject({ encodingName: 'iLBC', staticPayloadType: null, clockRateHz: 8000, channels: 1 });
    expect([ilbc20.payloadBytes, ilbc30.payloadBytes]).toEqual([38, 50]);
  });

  test.each([
    ['mode=20', 'mode=20', 20, [20, 40, 60]],
    ['mode=20', 'mode=30', 30, [30, 30, 60]],
    ['mode=20', null, 30, [30, 30, 60]],
    ['mode=30', 'mode=20', 30, [30, 30, 60]],
    ['mode=20', 'mode=2', 30, [30, 30, 60]],
  ] as const)('RFC 3952 §5 we say %s, they say %s: frames of %i ms', (ours, theirs, frameMs, ptimesMs) => {
    const parameters = ilbc.agree(ours, theirs);
    const pcm = speech.subarray(0, 480);
    expect(ilbc.createEncoder(parameters).encode(pcm, 0, 480, new Uint8Array(200), 0)).toBe(frameMs === 20 ? 114 : 100);
    expect([20, 40, 60].map((wantedMs) => ilbc.ptimeMs(parameters, wantedMs, 120))).toEqual(ptimesMs);
  });

  test('RFC 3952 §5 our offer asks for 20 ms, our answer says what the offer does', () => {
    expect([null, '', 'mode=30', 'mode=20'].map((offered) => ilbc.ownFmtp(offered))).toEqual([
      'mode=20',
      'mode=30',
      'mode=30',
      'mode=20',
    ]);
  });

  test('frames of the other length are decoded too, whatever was agreed on', () => {
    const decoder = ilbc.createDecoder('mode=20');
    const out = new Int16Array(480);
    const lengths = [38, 100, 50, 76, 38].map((bytes) => decoder.decode(new Uint8Array(200), 0, bytes, out, 0));
    expect(lengths).toEqual([160, 480, 240, 320, 160]);
  });

  test('a state is not copied between frame lengths', () => {
    expect(() => ilbc20.createEncoder().copyFrom(ilbc30.createEncoder())).toThrow(RangeError);
  });

  test('§4.6 the enhancer changes the sound a little, and delays it', () => {
    const coded = codedBy('rfc', 20);
    const plain = decodeAll(ilbc20, coded, new IlbcDecoder(ilbcModes[20], false));
    const enhanced = decodeAll(ilbc20, coded);
    const [a, b] = [plain.subarray(0, -40), enhanced.subarray(40)];
    expect(snrDb(a, b)).toBeGreaterThan(10);
    expect(snrDb(a, b)).toBeLessThan(30);
    expect(segmentalSnrDb(highPassed(speech), plain)).toBeGreaterThan(14);
  });
});

describe.each(codecs)('RFC 3951 §4.5 concealment, frames of $frameMs ms', (codec) => {
  const { frameSamples, payloadBytes } = codec;
  const coded = encodeAll(codec, speech);
  const clean = decodeAll(codec, coded);
  /** Frames that begin before this sample were received; it is in a vowel. */
  const lossFrame = Math.floor(4800 / frameSamples);

  test('a single lost frame in ten is bridged: the sound stays like the one without loss', () => {
    const lossy = decodeWithLoss(codec, coded, (frame) => frame % 10 === 9);
    expect(segmentalSnrDb(clean, lossy)).toBeGreaterThan(25);
    expect(spectralDistanceDb(clean, lossy)).toBeLessThan(1.5);
  });

  test('a loss that lasts fades to silence within 200 ms', () => {
    const lossy = decodeWithLoss(codec, coded, (frame) => frame >= lossFrame);
    const level = (fromMs: number): number => {
      const from = lossFrame * frameSamples + fromMs * 8;
      return rms(lossy.subarray(from, from + 160));
    };
    expect(level(0)).toBeGreaterThan(500);
    expect(level(100)).toBeLessThan(level(0));
    for (let fromMs = 220; fromMs < 400; fromMs += 20) expect(level(fromMs)).toBeLessThan(5);
  });

  test('after a loss the sound is soon what it would have been', () => {
    const lossy = decodeWithLoss(codec, coded, (frame) => frame >= lossFrame && frame < lossFrame + 5);
    const from = (lossFrame + 5) * frameSamples + 800;
    expect(snrDb(clean.subarray(from), lossy.subarray(from))).toBeGreaterThan(20);
  });

  test('before the first frame there is silence', () => {
    const out = new Int16Array(1000).fill(5);
    expect(codec.createDecoder().conceal(out, 0, 1000)).toBe(1000);
    expect(Math.max(...out.map(Math.abs))).toBe(0);
  });

  test('any number of samples is made up, piece by piece the same as at once', () => {
    const [once, pieces] = [codec.createDecoder(), codec.createDecoder()];
    decodeAll(codec, coded.subarray(0, lossFrame * payloadBytes), once);
    decodeAll(codec, coded.subarray(0, lossFrame * payloadBytes), pieces);
    const whole = new Int16Array(700);
    const cut = new Int16Array(700);
    once.conceal(whole, 0, 700);
    for (const [from, to] of [[0, 160] as const, [160, 161] as const, [161, 500] as const, [500, 700] as const]) {
      expect(pieces.conceal(cut, from, to - from)).toBe(to - from);
    }
    expect(cut).toEqual(whole);
  });

  test('a frame that comes while made-up sound is left passes over from it without a step', () => {
    const decoder = codec.createDecoder();
    const out = new Int16Array(lossFrame * frameSamples + 100 + frameSamples);
    decoder.decode(coded, 0, lossFrame * payloadBytes, out, 0);
    const lossAt = lossFrame * frameSamples;
    decoder.conceal(out, lossAt, 100);
    decoder.decode(coded, (lossFrame + 1) * payloadBytes, payloadBytes, out, lossAt + 100);
    const stepAt = (at: number): number => Math.abs(out[at]! - out[at - 1]!);
    let usual = 0;
    for (let at = lossAt - 300; at < lossAt; at += 1) usual = Math.max(usual, stepAt(at));
    expect(stepAt(lossAt + 100)).toBeLessThan(usual * 1.2);
  });

  test('§3.5.1, §3.8 a frame marked empty, or of an impossible start, is concealed', () => {
    const empty = coded.slice();
    const impossible = coded.slice();
    const at = lossFrame * payloadBytes;
    empty[at + payloadBytes - 1] = empty[at + payloadBytes - 1]! | 1;
    // start is behind 20 bits of LSFs, or 40.
    if (codec.frameMs === 20) impossible[at + 2] = impossible[at + 2]! & 0xf3;
    else impossible[at + 5] = impossible[at + 5]! & 0x1f;
    const lost = decodeWithLoss(codec, coded, (frame) => frame === lossFrame);
    expect(decodeAll(codec, empty)).toEqual(lost);
    expect(decodeAll(codec, impossible)).toEqual(lost);
  });
});

test('RFC 3951 table 3.1 shapes beyond the codebook of 23 samples make a frame of 20 ms a lost one', () => {
  const coded = encodeAll(ilbc20, speech);
  const damaged = coded.slice();
  const at = 30 * 38;
  // Bits 29 to 34 are all that class 1 has of the shape: 126 or 127, where 125 is the last.
  damaged[at + 3] = damaged[at + 3]! | 0x07;
  damaged[at + 4] = damaged[at + 4]! | 0xe0;
  const lost = decodeWithLoss(ilbc20, coded, (frame) => frame === 30);
  expect(decodeAll(ilbc20, damaged)).toEqual(lost);
});
