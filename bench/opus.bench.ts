/**
 * What Opus costs: µs of CPU per 20 ms encoded and decoded at 16 and 48 kHz with complexity 1 and 5, the price of
 * copying an encoder's state, bytes of heap per frame after warm-up, and WASM memory per encoder and decoder; and what
 * ADR 20 saves, both ways in turns: opus/ways.ts.
 * Run: npm run build && node dist/bench/opus.bench.js
 */
import type { OpusRateHz } from '../media/codec/opus/engine.js';
import { createOpusHost } from '../media/codec/opus/opus.js';
import { compareWays } from './opus/ways.js';

const FRAMES = 2_000;
const HANDLES = 1_000;

/** A second of something like a voice: a gliding pitch through overtones, in syllables, with a little noise. */
function voice(rateHz: number): Int16Array {
  let seed = 7;
  let turn = 0;
  return Int16Array.from({ length: rateHz }, (_, i) => {
    const t = i / rateHz;
    turn += (2 * Math.PI * (140 + 40 * Math.sin(2 * Math.PI * 2 * t))) / rateHz;
    seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
    let sum = 0;
    for (let k = 1; k <= 20; k += 1) sum += Math.sin(k * turn) / (1 + ((k - 5) / 3) ** 2);
    return 2500 * sum * Math.max(0, Math.sin(2 * Math.PI * 4 * t)) + (seed >> 24);
  });
}

/** CPU per round in µs, and the least heap that a tenth of the rounds took, per round: the collector's hand is in the rest. */
function measure(rounds: number, round: (index: number) => void): { readonly us: number; readonly heapBytes: number } {
  for (let i = 0; i < rounds; i += 1) round(i);
  const before = process.cpuUsage();
  for (let i = 0; i < rounds; i += 1) round(i);
  const { user, system } = process.cpuUsage(before);
  let heapBytes = Number.POSITIVE_INFINITY;
  for (let part = 0; part < 10; part += 1) {
    const heapBefore = process.memoryUsage().heapUsed;
    for (let i = 0; i < rounds / 10; i += 1) round(i);
    const grown = process.memoryUsage().heapUsed - heapBefore;
    if (grown >= 0) heapBytes = Math.min(heapBytes, grown / (rounds / 10));
  }
  return { us: (user + system) / rounds, heapBytes };
}

function line(name: string, { us, heapBytes }: ReturnType<typeof measure>): void {
  process.stdout.write(
    `${name.padEnd(44)}${us.toFixed(1).padStart(8)} µs ${heapBytes.toFixed(1).padStart(8)} B of heap\n`,
  );
}

function code(
  build: 'simd' | 'plain' | 'script',
  rateHz: OpusRateHz,
  settings: { complexity: number; fec?: boolean },
): void {
  const host = createOpusHost({ builds: [build] });
  const samples = rateHz / 50;
  const pcm = voice(rateHz);
  const encoder = host.createEncoder(rateHz, settings);
  const payloads = Array.from({ length: 50 }, () => new Uint8Array(500));
  const lengths = new Int32Array(50);
  const name = `${build} ${rateHz / 1000} kHz complexity ${settings.complexity}${settings.fec ? ' FEC' : ''}`;
  const encode = (i: number): void => {
    lengths[i % 50] = encoder.encode(pcm, (i % 50) * samples, samples, payloads[i % 50]!, 0);
  };
  line(`${name}: encode 20 ms`, measure(FRAMES, encode));
  const decoder = host.createDecoder(rateHz);
  const out = new Int16Array(samples);
  line(
    `${name}: decode`,
    measure(FRAMES, (i) => void decoder.decode(payloads[i % 50]!, 0, lengths[i % 50]!, out, 0)),
  );
  line(
    `${name}: conceal`,
    measure(FRAMES, () => void decoder.conceal(out, 0, samples)),
  );
}

for (const rateHz of [16000, 48000] as const) {
  for (const complexity of [1, 5]) code('simd', rateHz, { complexity });
}
code('simd', 16000, { complexity: 1, fec: true });
code('plain', 16000, { complexity: 1 });
code('script', 16000, { complexity: 1 });

compareWays(voice(16000));

const host = createOpusHost();
const [one, other] = [host.createEncoder(16000), host.createEncoder(16000)];
line(
  'simd copy of an encoder',
  measure(FRAMES * 10, () => void one.copyFrom(other)),
);

for (const kind of ['createEncoder', 'createDecoder'] as const) {
  const counted = createOpusHost();
  // The memory grows in steps: what is there beforehand is filled first.
  let before = counted.stats().memoryBytes;
  while (counted.stats().memoryBytes === before) counted[kind](16000);
  before = counted.stats().memoryBytes;
  let made = 0;
  while (made < HANDLES || counted.stats().memoryBytes === before) {
    counted[kind](16000);
    made += 1;
  }
  const { memoryBytes, encoders, decoders } = counted.stats();
  const each = (memoryBytes / (encoders + decoders) / 1024).toFixed(1);
  process.stdout.write(
    `${kind}: ${encoders + decoders} take ${(memoryBytes / 2 ** 20).toFixed(1)} MiB, ${each} KiB each\n`,
  );
}
