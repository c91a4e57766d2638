import { describe, expect, test } from 'vitest';
import type { StreamFormat } from '../../../gateway/streams/format.js';
import { mediaRateOf } from '../../../gateway/streams/format.js';
import { SoundEdge } from '../../../gateway/streams/sound-edge.js';
import { codecs } from '../../../media/index.js';
import { levelOf } from '../../support/voice.js';

/** −12.2 dB. */
const AMPLITUDE = 8000;

function tone(hz: number, rateHz: number, ms: number): Int16Array {
  return Int16Array.from({ length: (rateHz * ms) / 1000 }, (_, i) =>
    Math.round(AMPLITUDE * Math.sin((2 * Math.PI * hz * i) / rateHz)),
  );
}

function bytes(pcm: Int16Array): Uint8Array {
  return new Uint8Array(pcm.buffer.slice(pcm.byteOffset, pcm.byteOffset + pcm.byteLength));
}

function samples(given: Uint8Array): Int16Array {
  return new Int16Array(given.slice().buffer);
}

function mulaw(pcm: Int16Array): Uint8Array {
  const codes = new Uint8Array(pcm.length);
  codecs.pcmu.createEncoder().encode(pcm, 0, pcm.length, codes, 0);
  return codes;
}

function fromMulaw(codes: Uint8Array): Int16Array {
  const pcm = new Int16Array(codes.length);
  codecs.pcmu.createDecoder().decode(codes, 0, codes.length, pcm, 0);
  return pcm;
}

const formats = (['mulaw', 'l16'] as const).flatMap((encoding) =>
  ([8000, 16_000, 24_000] as const).map((rateHz): StreamFormat => ({ encoding, rateHz, frames: 'json', chunkMs: 20 })),
);

describe.each(formats)('$encoding at $rateHz Hz', (format) => {
  const { encoding, rateHz } = format;
  const hostHz = mediaRateOf(rateHz);

  test('a tone of the room is a tone for the application, in its encoding and rate', () => {
    const edge = new SoundEdge(format);
    const heard: number[] = [];
    const sound = tone(1000, hostHz, 500);
    for (let at = 0; at < sound.length; at += hostHz / 50) {
      const wire = edge.toWire(bytes(sound.slice(at, at + hostHz / 50)));
      expect(wire.length).toBe(20 * edge.bytesPerMs);
      heard.push(...(encoding === 'mulaw' ? fromMulaw(wire.slice()) : samples(wire)));
    }
    const settled = Int16Array.from(heard).subarray(rateHz / 10, (rateHz * 4) / 10);
    expect(levelOf(settled, 1000, rateHz)).toBeCloseTo(-12.2, 0);
    expect(levelOf(settled, 1500, rateHz)).toBeLessThan(-50);
  });

  test('a tone of the application is a tone in the room, however it is cut', () => {
    const edge = new SoundEdge(format);
    const said: number[] = [];
    const sound = tone(1000, rateHz, 500);
    const sent = encoding === 'mulaw' ? mulaw(sound) : bytes(sound);
    const step = encoding === 'mulaw' ? 77 : 154;
    for (let at = 0; at < sent.length; at += step) {
      said.push(...samples(edge.toHost(sent.subarray(at, Math.min(at + step, sent.length)))));
    }
    expect(said.length).toBe(hostHz / 2);
    const settled = Int16Array.from(said).subarray(hostHz / 10, (hostHz * 4) / 10);
    expect(levelOf(settled, 1000, hostHz)).toBeCloseTo(-12.2, 0);
    expect(levelOf(settled, 1500, hostHz)).toBeLessThan(-50);
  });

  test('half a second goes at once', () => {
    const edge = new SoundEdge(format);
    expect(edge.toHost(new Uint8Array(edge.pieceBytes)).length).toBe(hostHz);
    expect(edge.toWire(new Uint8Array(hostHz)).length).toBe(edge.pieceBytes);
  });
});
