import { describe, expect, test } from 'vitest';
import { codecs } from '../../../media/index.js';

const l16 = [codecs['l16-8000'], codecs['l16-16000'], codecs['l16-48000']];

describe('RFC 3551 §4.5.11 L16', () => {
  test('samples go out in network byte order and come back as they were', () => {
    const pcm = Int16Array.of(0, 1, -1, 258, 32_767, -32_768);
    const payload = new Uint8Array(14);
    expect(l16[0]!.createEncoder().encode(pcm, 0, 6, payload, 1)).toBe(12);
    expect([...payload.subarray(1, 13)]).toEqual([0, 0, 0, 1, 255, 255, 1, 2, 127, 255, 128, 0]);
    const out = new Int16Array(8);
    expect(l16[0]!.createDecoder().decode(payload, 1, 13, out, 1)).toBe(6);
    expect([...out]).toEqual([0, ...pcm, 0]);
  });

  test('packets are as long as a datagram holds', () => {
    expect(l16.map((codec) => [20, 60].map((wantedMs) => codec.ptimeMs('', wantedMs, 60)))).toEqual([
      [20, 60],
      [20, 40],
      [10, 10],
    ]);
  });

  test('a lost packet is made up from the sound before it, and fades', () => {
    const decoder = codecs['l16-16000'].createDecoder();
    const tone = Int16Array.from({ length: 640 }, (_, i) => 8000 * Math.sin((2 * Math.PI * 200 * i) / 16_000));
    const payload = new Uint8Array(1280);
    codecs['l16-16000'].createEncoder().encode(tone, 0, 640, payload, 0);
    const out = new Int16Array(1600);
    decoder.decode(payload, 0, 1280, out, 0);
    decoder.conceal(out, 640, 960);
    expect(Math.max(...out.subarray(640, 960))).toBeGreaterThan(5000);
    expect(Math.max(...out.subarray(1580))).toBeLessThan(200);
  });
});
