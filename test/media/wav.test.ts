import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readWav, writeWav } from '../../media/wav.js';

const sound = { sampleRateHz: 8000, channels: 1, samples: Int16Array.of(0, 1, -1, 32767, -32768) };

function chunk(name: string, body: Buffer, length = body.length): Buffer {
  const head = Buffer.alloc(8);
  head.write(name, 'latin1');
  head.writeUInt32LE(length, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length & 1)]);
}

function riff(...chunks: Buffer[]): Buffer {
  return Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVE', 'latin1'), ...chunks]);
}

function format(encoding: number, channels: number, bits: number): Buffer {
  const body = Buffer.alloc(16);
  body.writeUInt16LE(encoding, 0);
  body.writeUInt16LE(channels, 2);
  body.writeUInt32LE(16000, 4);
  body.writeUInt16LE(bits, 14);
  return chunk('fmt ', body);
}

describe('WAV files', () => {
  test('what is written is read again', () => {
    const samples = fc.array(fc.integer({ min: -32768, max: 32767 }), { minLength: 2, maxLength: 100 });
    fc.assert(
      fc.property(
        samples,
        fc.constantFrom(8000, 16000, 48000),
        fc.constantFrom(1, 2),
        (values, sampleRateHz, channels) => {
          const whole = values.slice(0, values.length - (values.length % channels));
          const written = { sampleRateHz, channels, samples: Int16Array.from(whole) };
          expect(readWav(writeWav(written))).toEqual({ ok: true, value: written });
        },
      ),
    );
  });

  test('the header is that of 16-bit PCM', () => {
    const file = writeWav(sound);
    expect(file.subarray(0, 44).toString('hex')).toBe(
      '524946462e00000057415645666d74201000000001000100401f0000803e000002001000646174610a000000',
    );
  });

  test('a killed recorder leaves the length 0: the sound runs to the end', () => {
    const file = writeWav(sound);
    file.writeUInt32LE(0, 4);
    file.writeUInt32LE(0, 40);
    expect(readWav(file)).toEqual({ ok: true, value: sound });
    file.writeUInt32LE(0xffffffff, 40);
    expect(readWav(file.subarray(0, file.length - 1))).toEqual({
      ok: true,
      value: { ...sound, samples: sound.samples.subarray(0, 4) },
    });
  });

  test('32-bit float becomes 16 bits, clipped', () => {
    const data = Buffer.alloc(16);
    for (const [i, value] of [0.5, -0.25, 2, -2].entries()) data.writeFloatLE(value, i * 4);
    const read = readWav(riff(format(3, 2, 32), chunk('data', data)));
    expect(read).toEqual({
      ok: true,
      value: { sampleRateHz: 16000, channels: 2, samples: Int16Array.of(16384, -8192, 32767, -32768) },
    });
  });

  test('the extensible form and chunks of other kinds are read past', () => {
    const guid = Buffer.alloc(40);
    guid.writeUInt16LE(0xfffe, 0);
    guid.writeUInt16LE(1, 2);
    guid.writeUInt32LE(8000, 4);
    guid.writeUInt16LE(16, 14);
    guid.writeUInt16LE(1, 24);
    const file = riff(chunk('LIST', Buffer.from('odd')), chunk('fmt ', guid), chunk('data', Buffer.from([1, 0, 2, 0])));
    expect(readWav(file)).toMatchObject({ ok: true, value: { sampleRateHz: 8000, samples: Int16Array.of(1, 2) } });
  });

  test.each([
    ['not-wav', Buffer.from('OggS')],
    ['not-wav', Buffer.from('RIFF\0\0\0\0AVI ')],
    ['no-format', riff()],
    ['no-format', riff(chunk('fmt ', Buffer.alloc(4)))],
    ['no-format', riff(chunk('data', Buffer.alloc(4)))],
    ['no-data', riff(format(1, 1, 16))],
    ['unsupported-format', riff(format(1, 1, 24), chunk('data', Buffer.alloc(6)))],
    ['unsupported-format', riff(format(1, 0, 16), chunk('data', Buffer.alloc(6)))],
  ])('%s', (fault, file) => {
    expect(readWav(file)).toMatchObject({ ok: false, fault });
  });

  test('no bytes make the reader throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat({ max: 60 }), (noise, at) => {
        const file = Buffer.concat([writeWav(sound)]);
        file.set(noise.subarray(0, Math.max(0, file.length - at)), Math.min(at, file.length));
        expect(typeof readWav(file).ok).toBe('boolean');
        expect(typeof readWav(noise).ok).toBe('boolean');
      }),
    );
  });
});
