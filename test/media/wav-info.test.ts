import { describe, expect, test } from 'vitest';
import { writeWav } from '../../media/wav.js';
import { wavInfo, wavInfoLines } from '../../media/wav-info.js';

/** A file of one data chunk. */
function file(
  format: { tag: number; rateHz: number; channels?: number; block?: number; bits?: number },
  bytes: number,
): Buffer {
  const { tag, rateHz, channels = 1, block = 1, bits = 8 } = format;
  const out = writeWav({ sampleRateHz: rateHz, channels, samples: new Int16Array(bytes / 2) });
  out.writeUInt16LE(tag, 20);
  out.writeUInt16LE(block, 32);
  out.writeUInt16LE(bits, 34);
  return out;
}

function linesOf(bytes: Buffer, fileBytes = bytes.length): string[] {
  const read = wavInfo(bytes, fileBytes);
  return read.ok ? wavInfoLines(read.value) : [read.fault];
}

describe('mediaswitch row 27: --wavinfo', () => {
  test('mediaswitch row 27: format, rate, channels, length', () => {
    const wav = writeWav({ sampleRateHz: 16_000, channels: 2, samples: new Int16Array(48_000) });
    expect(linesOf(wav)).toEqual([
      'format: 16-bit PCM (format tag 1)',
      'sample rate: 16000 Hz',
      'channels: 2',
      'length: 1.500 s, 24000 samples',
      'sound: 96000 bytes from byte 44',
    ]);
  });

  test.each([
    [
      'PCM',
      { tag: 1, rateHz: 8000, block: 2, bits: 16 },
      1600,
      '16-bit PCM (format tag 1)',
      'length: 0.100 s, 800 samples',
    ],
    ['A-law', { tag: 6, rateHz: 8000 }, 800, 'A-law (format tag 6)', 'length: 0.100 s, 800 samples'],
    ['µ-law', { tag: 7, rateHz: 8000 }, 800, 'µ-law (format tag 7)', 'length: 0.100 s, 800 samples'],
    ['G.722', { tag: 0xa112, rateHz: 16_000 }, 800, 'G.722 (format tag 0xA112)', 'length: 0.100 s, 1600 samples'],
    ['iLBC', { tag: 0xa116, rateHz: 8000, block: 38 }, 190, 'iLBC (format tag 0xA116)', 'length: 0.100 s, 800 samples'],
  ])('mediaswitch row 27: %s', (_, format, bytes, name, length) => {
    const lines = linesOf(file(format, bytes));
    expect(lines[0]).toBe(`format: ${name}`);
    expect(lines[3]).toBe(length);
  });

  test('mediaswitch row 27: the beginning is enough, and a data chunk that is longer than the file ends with it', () => {
    const wav = writeWav({ sampleRateHz: 8000, channels: 1, samples: new Int16Array(8000) });
    expect(linesOf(wav.subarray(0, 44), wav.length)[3]).toBe('length: 1.000 s, 8000 samples');
    expect(linesOf(wav.subarray(0, 8044))[3]).toBe('length: 0.500 s, 4000 samples');
  });

  test('mediaswitch row 27: what is no WAV file, or of no format we know, is said to be that', () => {
    expect(linesOf(Buffer.from('text'))).toEqual(['not-wav']);
    expect(linesOf(file({ tag: 0x55, rateHz: 8000 }, 100))).toEqual(['unsupported-format']);
  });
});
