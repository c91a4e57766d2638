/**
 * What G.722 costs: µs of CPU to encode and to decode 20 ms, and to make 20 ms up after a loss, of sound that swells
 * and dies as speech does; bytes of heap per frame after warm-up.
 * Run: npm run build && node dist/bench/g722.bench.js
 */
import { g722 } from '../media/codec/g722.js';

const FRAME = 320;
const FRAMES = 500;
const PASSES = 30;

/** Ten seconds of a voice's overtones, louder and softer four times a second, with hiss. */
function sound(): Int16Array {
  let state = 1;
  return Int16Array.from({ length: FRAME * FRAMES }, (_, i) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    const turn = (2 * Math.PI * 140 * i) / 16000;
    const voice = Math.sin(turn) + Math.sin(3 * turn) / 2 + Math.sin(11 * turn) / 4 + Math.sin(31 * turn) / 8;
    const level = Math.sin((2 * Math.PI * 4 * i) / 16000) ** 2;
    return level * (5000 * voice + (state >> 20));
  });
}

const pcm = sound();
const octets = new Uint8Array(pcm.length / 2);
const heard = new Int16Array(FRAME);
const encoder = g722.createEncoder();
const decoder = g722.createDecoder();

function measure(name: string, round: (index: number) => void): void {
  let leastUs = Number.POSITIVE_INFINITY;
  let leastBytes = Number.POSITIVE_INFINITY;
  for (let pass = 0; pass < PASSES; pass += 1) {
    const heapBefore = process.memoryUsage().heapUsed;
    const before = process.cpuUsage();
    for (let i = 0; i < FRAMES; i += 1) round(i);
    const { user, system } = process.cpuUsage(before);
    const grown = process.memoryUsage().heapUsed - heapBefore;
    // The first passes warm up; of the others the least counts, because other work on the machine only ever adds.
    if (pass < PASSES / 3) continue;
    leastUs = Math.min(leastUs, (user + system) / FRAMES);
    if (grown >= 0) leastBytes = Math.min(leastBytes, grown / FRAMES);
  }
  process.stdout.write(
    `${name.padEnd(28)}${leastUs.toFixed(2).padStart(7)} µs ${leastBytes.toFixed(1).padStart(6)} B\n`,
  );
}

measure('encode 20 ms', (i) => void encoder.encode(pcm, i * FRAME, FRAME, octets, (i * FRAME) / 2));
measure('decode 20 ms', (i) => void decoder.decode(octets, (i * FRAME) / 2, FRAME / 2, heard, 0));
measure('lose 20 ms, decode 20 ms', (i) => {
  decoder.conceal(heard, 0, FRAME);
  decoder.decode(octets, (i * FRAME) / 2, FRAME / 2, heard, 0);
});
