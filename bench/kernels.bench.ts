/**
 * What the hot loops cost as WASM and as TypeScript: µs of CPU for 20 ms, copies in and out included, of sound that swells
 * and dies as speech does. Both take turns, so that other work on the machine meets both; the least of all rounds counts.
 * Run: npm run build && node dist/bench/kernels.bench.js
 */
import { G722Decoder, G722Encoder } from '../media/codec/g722.js';
import { KernelG722Decoder, KernelG722Encoder } from '../media/codec/g722-kernel.js';
import { type RateHz, Resampler } from '../media/codec/resample.js';
import { kernelsInUse, kernelsOfThread } from '../media/kernels/load.js';

const FRAMES = 250;
const ROUNDS = 60;
const LONGEST = 960;

/** A voice's overtones, louder and softer four times a second, with hiss; samples as of 16 kHz. */
function sound(): Int16Array {
  let state = 1;
  return Int16Array.from({ length: LONGEST * FRAMES }, (_, i) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    const turn = (2 * Math.PI * 140 * i) / 16000;
    const voice = Math.sin(turn) + Math.sin(3 * turn) / 2 + Math.sin(11 * turn) / 4 + Math.sin(31 * turn) / 8;
    const level = Math.sin((2 * Math.PI * 4 * i) / 16000) ** 2;
    return level * (5000 * voice + (state >> 20));
  });
}

type Work = (frame: number) => void;

function costUs(work: Work): number {
  const before = process.cpuUsage();
  for (let i = 0; i < FRAMES; i += 1) work(i);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / FRAMES;
}

function compare(name: string, plain: Work, kernel: Work): void {
  let leastPlain = Number.POSITIVE_INFINITY;
  let leastKernel = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    leastPlain = Math.min(leastPlain, costUs(plain));
    leastKernel = Math.min(leastKernel, costUs(kernel));
  }
  const [a, b] = [leastPlain.toFixed(2).padStart(8), leastKernel.toFixed(2).padStart(8)];
  process.stdout.write(
    `${name.padEnd(24)} TypeScript ${a} µs   WASM ${b} µs   ${(leastPlain / leastKernel).toFixed(1)} times\n`,
  );
}

const kernels = kernelsOfThread();
if (kernels === null) throw new Error(`no kernels: ${kernelsInUse().reason}`);

const pcm = sound();
const octets = new Uint8Array(pcm.length / 2);
const out = new Int16Array(LONGEST + 8);

const encoders = [new G722Encoder(), new KernelG722Encoder(kernels)].map(
  (encoder) => (i: number) => void encoder.encode(pcm, i * 320, 320, octets, i * 160),
);
compare('G.722 encode', encoders[0]!, encoders[1]!);
const decoders = [new G722Decoder(), new KernelG722Decoder(kernels)].map(
  (decoder) => (i: number) => void decoder.decode(octets, i * 160, 160, out, 0),
);
compare('G.722 decode', decoders[0]!, decoders[1]!);
const [shared, own, sharedTwin, ownTwin] = [
  new KernelG722Encoder(kernels),
  new KernelG722Encoder(kernels),
  new G722Encoder(),
  new G722Encoder(),
];
compare(
  'G.722 copy a state',
  () => ownTwin.copyFrom(sharedTwin),
  () => own.copyFrom(shared),
);

const pairs: readonly (readonly [RateHz, RateHz])[] = [
  [8000, 16000],
  [16000, 8000],
  [16000, 48000],
  [48000, 16000],
  [8000, 48000],
  [48000, 8000],
  [44100, 48000],
  [48000, 44100],
];
for (const [fromHz, toHz] of pairs) {
  const samples = fromHz / 50;
  const works = [new Resampler(fromHz, toHz, null), new Resampler(fromHz, toHz, kernels)].map(
    (resampler) => (i: number) => void resampler.process(pcm, i * samples, samples, out, 0),
  );
  compare(`${fromHz} to ${toHz} Hz`, works[0]!, works[1]!);
}
