/**
 * What a frame of iLBC costs, encoding, decoding and concealing, in both frame lengths: CPU time, and bytes of heap
 * after warm-up. Run: npm run build && node dist/bench/ilbc.bench.js
 */
import { createIlbc } from '../media/codec/ilbc/ilbc.js';

const FRAMES = 1000;
const CLIP_FRAMES = 50;

/** A voice of sorts: a pulse train of 90 to 150 Hz through two resonances, louder and softer. */
function voice(samples: number): Int16Array {
  const pcm = new Int16Array(samples);
  let phase = 0;
  const memory = [0, 0, 0, 0];
  for (let i = 0; i < samples; i += 1) {
    phase += (120 + 30 * Math.sin(i / 3000)) / 8000;
    const pulse = phase >= 1 ? 3000 : 20 * Math.sin(i * i);
    if (phase >= 1) phase -= 1;
    const one = pulse + 1.6 * memory[0]! - 0.8 * memory[1]!;
    const two = one + 0.7 * memory[2]! - 0.7 * memory[3]!;
    memory.splice(0, 4, one, memory[0]!, two, memory[2]!);
    pcm[i] = Math.round(two * (0.3 + 0.2 * Math.sin(i / 5000)));
  }
  return pcm;
}

function measure(name: string, round: (index: number) => void): void {
  for (let i = 0; i < FRAMES; i += 1) round(i);
  const before = process.cpuUsage();
  for (let i = 0; i < FRAMES; i += 1) round(i);
  const { user, system } = process.cpuUsage(before);
  let leastBytes = Number.POSITIVE_INFINITY;
  for (let sample = 0; sample < 20; sample += 1) {
    const heapBefore = process.memoryUsage().heapUsed;
    for (let i = 0; i < CLIP_FRAMES; i += 1) round(i);
    const grown = process.memoryUsage().heapUsed - heapBefore;
    if (grown >= 0) leastBytes = Math.min(leastBytes, grown / CLIP_FRAMES);
  }
  const microseconds = ((user + system) / FRAMES).toFixed(0);
  process.stdout.write(`${name.padEnd(20)}${microseconds.padStart(6)} µs ${leastBytes.toFixed(0).padStart(6)} B\n`);
}

for (const frameMs of [20, 30] as const) {
  const codec = createIlbc(frameMs);
  const { frameSamples, payloadBytes } = codec;
  const pcm = voice(CLIP_FRAMES * frameSamples);
  const coded = new Uint8Array(CLIP_FRAMES * payloadBytes);
  const out = new Int16Array(frameSamples);
  const encoder = codec.createEncoder();
  const decoder = codec.createDecoder();
  measure(`encode ${frameMs} ms`, (i) => {
    const frame = i % CLIP_FRAMES;
    encoder.encode(pcm, frame * frameSamples, frameSamples, coded, frame * payloadBytes);
  });
  measure(`decode ${frameMs} ms`, (i) => {
    decoder.decode(coded, (i % CLIP_FRAMES) * payloadBytes, payloadBytes, out, 0);
  });
  measure(`conceal ${frameMs} ms`, () => void decoder.conceal(out, 0, frameSamples));
}
