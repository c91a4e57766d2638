import { describe, expect, test } from 'vitest';
import { codecs } from '../../../media/index.js';

const l16 = [codecs['l16-8000'], codecs['l16-16000'], codecs['l16-44100'], codecs['l16-48000']];

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

  test('§6 44.1 kHz mono has payload type 11: 10 ms are 882 octets, as many ticks as samples, made of 480 at 48 kHz', () => {
    const codec = codecs['l16-44100'];
    expect(codec).toMatchObject({ encodingName: 'L16', staticPayloadType: 11, clockRateHz: 44_100, channels: 1 });
    expect([codec.sampleRateHz, codec.maxPayloadBytes(480), codec.maxPayloadBytes(960)]).toEqual([48_000, 882, 1764]);
    const encoder = codec.createEncoder();
    const decoder = codec.createDecoder();
    const [payload, out] = [new Uint8Array(1764), new Int16Array(960)];
    for (let packet = 0; packet < 100; packet += 1) {
      expect(encoder.encode(new Int16Array(480), 0, 480, payload, 0)).toBe(882);
      expect(decoder.decode(payload, 0, 882, out, 0)).toBe(480);
    }
    expect(encoder.encode(new Int16Array(960), 0, 960, payload, 0)).toBe(1764);
    expect(decoder.decode(payload, 0, 1764, out, 0)).toBe(960);
  });

  test('at 44.1 kHz a tone comes back, also of packets of odd lengths, and a copied encoder goes on with the same octets', () => {
    const codec = codecs['l16-44100'];
    const tone = Int16Array.from({ length: 9600 }, (_, i) => 8000 * Math.sin((2 * Math.PI * 1000 * i) / 48_000));
    const [encoder, decoder] = [codec.createEncoder(), codec.createDecoder()];
    const payload = new Uint8Array(17_640);
    expect(encoder.encode(tone, 0, 9600, payload, 0)).toBe(17_640);
    const out = new Int16Array(9602);
    let written = 0;
    for (let at = 0, turn = 0; at < payload.length; turn += 1) {
      const length = Math.min(payload.length - at, 2 * (1 + ((turn * 37) % 441)));
      written += decoder.decode(payload, at, length, out, written);
      at += length;
    }
    expect(written).toBe(9600);
    // Both filters delay by 1.5 ms, 144 samples together.
    for (let i = 480; i < 9600; i += 1) expect(Math.abs(out[i]! - tone[i - 144]!)).toBeLessThan(20);
    const other = codec.createEncoder();
    other.copyFrom(encoder);
    const [a, b] = [new Uint8Array(882), new Uint8Array(882)];
    encoder.encode(tone, 0, 480, a, 0);
    other.encode(tone, 0, 480, b, 0);
    expect(b).toEqual(a);
  });
});
