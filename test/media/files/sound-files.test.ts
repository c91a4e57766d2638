import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fileRatesHz, type SampleRateHz } from '../../../media/codec/resample.js';
import { createFileDecoder } from '../../../media/files/file-decoder.js';
import { concatenated } from '../../../media/files/ogg-opus-decoder.js';
import { OggOpusEncoder } from '../../../media/files/ogg-opus-encoder.js';
import { OggPageReader } from '../../../media/files/ogg-page.js';
import { type SoundFormat, soundFormatOf } from '../../../media/files/sound-file.js';
import { tone } from '../../../media/tone.js';
import { writeWav } from '../../../media/wav.js';
import { rootDir } from '../../support/dist.js';
import { readOggOpus } from '../../support/ogg-opus.js';
import { levelOf } from '../../support/voice.js';

const fixture = (name: string): Buffer => readFileSync(join(rootDir, 'test/fixtures/sounds', name));

/** Decodes a file in pieces of so many bytes. */
async function decoded(format: SoundFormat, file: Uint8Array, rateHz: SampleRateHz, pieceBytes = 1000) {
  const decoder = await createFileDecoder(format, rateHz);
  const pieces: Int16Array[] = [];
  let fault: string | null = null;
  for (let at = 0; at < file.length && fault === null; at += pieceBytes) {
    const made = decoder.decode(file.subarray(at, at + pieceBytes), at + pieceBytes >= file.length);
    if (made.ok) pieces.push(made.value.slice());
    else fault = made.fault;
  }
  const { info } = decoder;
  decoder.close();
  return { pcm: concatenated(pieces), fault, info };
}

function steady(hz: number, sampleRateHz: number, ms: number): Int16Array {
  return tone({ frequenciesHz: [hz], sampleRateHz, levelDb: -12, durationMs: ms });
}

describe('WAV', () => {
  test.each(fileRatesHz)('of %i Hz keeps its tone and its length at each rate of rooms', async (sampleRateHz) => {
    const file = writeWav({ sampleRateHz, channels: 1, samples: steady(600, sampleRateHz, 1000) });
    for (const rateHz of [8000, 16_000, 48_000] as const) {
      const { pcm, fault, info } = await decoded('wav', file, rateHz, 333);
      expect([fault, info?.sampleRateHz]).toEqual([null, sampleRateHz]);
      expect(Math.abs(pcm.length - rateHz)).toBeLessThan(2);
      expect(levelOf(pcm, 600, rateHz)).toBeCloseTo(-12, 0);
    }
  });

  test('of two channels is their mean, and what stands behind the sound is not heard', async () => {
    const left = steady(600, 8000, 500);
    const samples = new Int16Array(left.length * 2);
    for (const [i, sample] of left.entries()) samples[2 * i] = sample;
    const file = Buffer.concat([writeWav({ sampleRateHz: 8000, channels: 2, samples }), Buffer.alloc(5000, 0x55)]);
    const { pcm } = await decoded('wav', file, 8000, 7);
    expect(pcm).toHaveLength(left.length);
    expect(levelOf(pcm, 600)).toBeCloseTo(-18, 0);
  });

  test('of a rate, a number of channels or a coding that is not read is told from what is no WAV', async () => {
    const none = new Int16Array(800);
    const odd = writeWav({ sampleRateHz: 96_000, channels: 1, samples: none });
    const many = writeWav({ sampleRateHz: 8000, channels: 100, samples: none });
    const adpcm = writeWav({ sampleRateHz: 8000, channels: 1, samples: none });
    adpcm.writeUInt16LE(17, 20);
    for (const file of [odd, many, adpcm]) expect((await decoded('wav', file, 8000)).fault).toBe('unsupported-format');
    expect((await decoded('wav', Buffer.alloc(900, 'x'), 8000)).fault).toBe('not-sound');
    expect((await decoded('wav', odd.subarray(0, 30), 8000)).fault).toBe('unsupported-format');
    expect((await decoded('wav', odd.subarray(0, 36), 8000)).fault).toBe('no-sound');
  });
});

describe('RFC 7845 Opus in Ogg', () => {
  test('of another program, in pieces, has its tone and its exact length', async () => {
    for (const [rateHz, pieceBytes] of [
      [8000, 1],
      [16_000, 999],
      [48_000, 65_536],
    ] as const) {
      const { pcm, fault, info } = await decoded('ogg', fixture('tone-900.ogg'), rateHz, pieceBytes);
      expect([fault, info?.channels]).toEqual([null, 2]);
      expect(pcm).toHaveLength(2 * rateHz);
      expect(levelOf(pcm, 900, rateHz)).toBeGreaterThan(-10);
      expect(levelOf(pcm, 700, rateHz)).toBeLessThan(-50);
    }
  });

  test.each([8000, 16_000, 48_000] as const)(
    '§4.4 what we write at %i Hz comes back with every sample',
    async (rateHz) => {
      const sound = steady(500, rateHz, 3217);
      const encoder = new OggOpusEncoder({ rateHz, serial: 7 });
      const parts: Uint8Array[] = [];
      for (let at = 0; at < sound.length; at += 4001) parts.push(encoder.encode(sound.subarray(at, at + 4001)));
      parts.push(encoder.finish());
      const file = Buffer.concat(parts);
      expect(readOggOpus(file)).toMatchObject({ channels: 1, preSkip: 312 });
      const { pcm } = await decoded('ogg', file, rateHz);
      expect(pcm).toHaveLength(sound.length);
      expect(Math.abs(levelOf(pcm, 500, rateHz) + 12)).toBeLessThan(1);
    },
  );

  test('a file of nothing, and one that ends with a page, are whole', async () => {
    for (const samples of [0, 16_000 - 104, 16_000, 32_000]) {
      const encoder = new OggOpusEncoder({ rateHz: 16_000, serial: 1 });
      const file = Buffer.concat([encoder.encode(new Int16Array(samples)), encoder.finish()]);
      const { pcm, fault } = await decoded('ogg', file, 16_000);
      expect([pcm.length, fault]).toEqual([samples, null]);
    }
  });

  test('RFC 3533 §6 a page that is damaged is passed over, and what was cut off is known to a byte', async () => {
    const file = Buffer.from(fixture('tone-900.ogg'));
    const reader = new OggPageReader();
    const pages = [...reader.read(file)];
    expect([reader.wholeBytes, reader.damaged]).toEqual([file.length, 0]);
    const cut = new OggPageReader();
    expect([...cut.read(file.subarray(0, file.length - 10))]).toHaveLength(pages.length - 1);
    expect(cut.wholeBytes).toBe(file.length - pages.at(-1)!.body.length - pages.at(-1)!.lacing.length - 27);
    const second = file.indexOf('OggS', 200);
    file[second + 60] = file[second + 60]! ^ 1;
    expect((await decoded('ogg', file, 8000)).pcm.length).toBeLessThan(2 * 8000);
  });

  test('§3 files chained one behind the other are heard one after the other; what begins as Ogg only is no sound', async () => {
    const file = fixture('tone-900.ogg');
    expect((await decoded('ogg', Buffer.concat([file, file]), 8000)).pcm).toHaveLength(4 * 8000);
    expect((await decoded('ogg', Buffer.alloc(9000, 'OggS'), 8000)).fault).toBe('not-sound');
  });
});

describe('MP3', () => {
  test('of 22,050 Hz, in pieces, has its tone and about its length', async () => {
    for (const rateHz of [8000, 16_000, 48_000] as const) {
      const { pcm, fault, info } = await decoded('mp3', fixture('tone-700.mp3'), rateHz, 777);
      expect([fault, info?.sampleRateHz]).toEqual([null, 22_050]);
      expect(Math.abs(pcm.length / rateHz - 2)).toBeLessThan(0.06);
      expect(levelOf(pcm, 700, rateHz)).toBeGreaterThan(-10);
      expect(levelOf(pcm, 900, rateHz)).toBeLessThan(-50);
    }
  });

  test('what is none is told', async () => {
    expect((await decoded('mp3', Buffer.alloc(20_000, 'x'), 8000)).fault).toBe('not-sound');
  });
});

test('a file is known by its start', () => {
  const names = ['tone-700.mp3', 'tone-900.ogg'];
  expect(names.map((name) => soundFormatOf(fixture(name)))).toEqual(['mp3', 'ogg']);
  expect(soundFormatOf(writeWav({ sampleRateHz: 8000, channels: 1, samples: new Int16Array(1) }))).toBe('wav');
  expect(soundFormatOf(Buffer.from('<html>'))).toBeNull();
  expect(soundFormatOf(new Uint8Array(0))).toBeNull();
});

describe('no bytes make a decoder throw', () => {
  const seeds: Readonly<Record<SoundFormat, Buffer>> = {
    wav: writeWav({ sampleRateHz: 44_100, channels: 2, samples: steady(600, 8000, 300) }),
    ogg: fixture('tone-900.ogg'),
    mp3: fixture('tone-700.mp3'),
  };
  test.each(['wav', 'ogg', 'mp3'] as const)('%s', async (format) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(9000), fc.nat(255)), { maxLength: 30 }),
        fc.nat(9000),
        fc.integer({ min: 1, max: 5000 }),
        async (changes, length, pieceBytes) => {
          const file = Buffer.from(seeds[format].subarray(0, length));
          for (const [at, value] of changes) if (at < file.length) file[at] = value;
          await decoded(format, file, 16_000, pieceBytes);
        },
      ),
      { numRuns: 60 },
    );
  });
});
