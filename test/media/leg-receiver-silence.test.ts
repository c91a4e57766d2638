import { describe, expect, test } from 'vitest';
import { codecs, type SampleRateHz } from '../../media/index.js';
import type { ReceiveFormat } from '../../media/sdp/leg-media.js';
import { pcmuFormat, ReceiverLine, type ReceiverLineOptions } from '../support/receiver-line.js';

const pcmaFormat: ReceiveFormat = { codec: 'pcma', payloadType: 8, clockRateHz: 8000, parameters: '' };
const ilbcFormat: ReceiveFormat = { codec: 'ilbc', payloadType: 97, clockRateHz: 8000, parameters: 'mode=20' };
const l16Format: ReceiveFormat = { codec: 'l16-16000', payloadType: 98, clockRateHz: 16_000, parameters: '' };
/** Muted, speaks, muted, speaks: seconds. */
const muted = (atMs: number): boolean => atMs % 2000 < 1300;

interface Sending {
  readonly format?: ReceiveFormat;
  readonly packetMs?: number;
  readonly isLost?: (atMs: number) => boolean;
  /** How late a packet comes. */
  readonly lateMs?: (atMs: number) => number;
}

/** Six seconds of a phone that is muted now and then. */
function listen(options: ReceiverLineOptions, sending: Sending = {}): ReceiverLine {
  const { format = pcmuFormat, packetMs = 20, isLost = () => false, lateMs = () => 0 } = sending;
  const line = new ReceiverLine({ ...options, formats: [format] });
  const { sampleRateHz, createEncoder, maxPayloadBytes } = codecs[format.codec];
  const encoder = createEncoder(format.parameters);
  const samples = (packetMs * sampleRateHz) / 1000;
  const room = new Uint8Array(maxPayloadBytes(samples));
  for (let atMs = 0; atMs < 6000; atMs += packetMs) {
    const pcm = Int16Array.from({ length: samples }, (_, i) => {
      const t = atMs / 1000 + i / sampleRateHz;
      return muted(t * 1000) ? 0 : 8000 * Math.sin(2 * Math.PI * 440 * t);
    });
    const payload = room.slice(0, encoder.encode(pcm, 0, samples, room, 0));
    const { payloadType } = format;
    const sequence = atMs / packetMs;
    if (!isLost(atMs))
      line.send({
        atMs: atMs + lateMs(atMs),
        timestamp: (atMs * format.clockRateHz) / 1000,
        payload,
        payloadType,
        sequence,
      });
  }
  line.run(6200);
  return line;
}

/** In-band digits need every sample, so nothing is left out there. */
const whole = { inbandDtmf: 'auto' } as const;

function largestDifference(a: Int16Array, b: Int16Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, sample, i) => Math.max(most, Math.abs(sample - b[i]!)), 0);
}

describe('silence that is left out', () => {
  /** The name, the room's rate, what is sent, and by how much a sample may differ. */
  const cases: [string, SampleRateHz, Sending, number?][] = [
    ['PCMU', 8000, {}],
    ['PCMU in a room of 16 kHz', 16_000, {}],
    ['PCMU in a room of 48 kHz', 48_000, {}],
    ['packets of 30 ms', 8000, { packetMs: 30 }],
    ['packets of 60 ms', 16_000, { packetMs: 60 }],
    ['losses in silence and in sound', 8000, { isLost: (atMs) => atMs % 340 === 0 }],
    ['PCMA, whose silence is ±8', 8000, { format: pcmaFormat }, 8],
    ['iLBC', 8000, { format: ilbcFormat }, 8],
    ['iLBC with losses', 8000, { format: ilbcFormat, isLost: (atMs) => atMs % 1700 === 0 }, 8],
    ['L16', 16_000, { format: l16Format }, 0],
  ];

  test.each(cases)('sounds like silence that is decoded: %s', (_, rateHz, sending, mostApart = 0) => {
    const line = listen({ rateHz }, sending);
    const reference = listen({ rateHz, ...whole }, sending);
    expect(largestDifference(line.heard, reference.heard)).toBeLessThanOrEqual(mostApart);
    expect(line.receiver.framesConcealed).toBe(reference.receiver.framesConcealed);
    // Beats of nothing are told as such, so that no room mixes them.
    expect(line.beats.filter(({ isHeard }) => isHeard).length).toBeLessThan(200);
    expect(reference.beats.filter(({ isHeard }) => isHeard).length).toBeGreaterThan(290);
  });

  test('is what is cut and put in when the delay has to change', () => {
    const shaken = (atMs: number): number => (atMs > 500 && atMs < 1200 ? (atMs * 7) % 50 : 0);
    const line = listen({}, { lateMs: shaken });
    const sounding = line.beats.filter(({ isHeard }) => isHeard).length;
    expect(sounding).toBeGreaterThan(90);
    expect(line.receiver.framesConcealed).toBeLessThan(6);
    expect(line.receiver.bufferTargetMs).toBeLessThanOrEqual(60);
    // The tone after it is whole: 700 ms of each two seconds.
    const heard = line.heard;
    const loud = heard.filter((sample) => Math.abs(sample) > 3000).length / 8;
    expect(loud).toBeGreaterThan(0.7 * 3 * 700);
  });
});
