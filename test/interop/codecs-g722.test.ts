import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { g722 } from '../../media/codec/g722.js';
import { tone } from '../../media/tone.js';
import { readWav } from '../../media/wav.js';
import { createSeededRandom } from '../support/seeded-random.js';
import { requirePeers, runPeer } from './support/peers.js';
import { sentences } from './support/sound.js';

const rateHz = 16000;
/** Of encoder and decoder together, in samples. */
const delay = 22;
/** Settling of the step at the start is not counted. */
const settled = 320;

let directory = '';
let files = 0;

beforeAll(() => {
  requirePeers('ffmpeg', 'espeak-ng', 'sox');
  directory = mkdtempSync(join(tmpdir(), 'g722-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function newFile(ending: string): string {
  files += 1;
  return join(directory, `${files}.${ending}`);
}

const bytesOf = (pcm: Int16Array): Uint8Array => new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength);

/** A sentence at 16 kHz with a peak of −6 dB. */
async function speech({ voice, text }: (typeof sentences)[number]): Promise<Int16Array> {
  const raw = newFile('wav');
  const said = newFile('wav');
  await runPeer('espeak-ng', ['-v', voice, '-s', '150', '-w', raw, text]);
  await runPeer('sox', [raw, '-r', String(rateHz), '-b', '16', '-c', '1', said, 'gain', '-n', '-6']);
  const read = readWav(readFileSync(said));
  if (!read.ok) throw new Error(read.fault);
  return read.value.samples.slice(0, read.value.samples.length & ~1);
}

const rawPcm = ['-f', 's16le', '-ar', String(rateHz), '-ac', '1'];

async function encodedByFfmpeg(pcm: Int16Array): Promise<Uint8Array> {
  const from = newFile('s16');
  const to = newFile('g722');
  writeFileSync(from, bytesOf(pcm));
  await runPeer('ffmpeg', ['-v', 'error', ...rawPcm, '-i', from, '-c:a', 'g722', '-f', 'g722', to]);
  return readFileSync(to);
}

async function decodedByFfmpeg(octets: Uint8Array): Promise<Int16Array> {
  const from = newFile('g722');
  const to = newFile('s16');
  writeFileSync(from, octets);
  await runPeer('ffmpeg', ['-v', 'error', '-f', 'g722', '-i', from, ...rawPcm, to]);
  const bytes = readFileSync(to);
  return Int16Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readInt16LE(2 * i));
}

function encoded(pcm: Int16Array): Uint8Array {
  const out = new Uint8Array(g722.maxPayloadBytes(pcm.length));
  g722.createEncoder().encode(pcm, 0, pcm.length, out, 0);
  return out;
}

function decoded(octets: Uint8Array): Int16Array {
  const out = new Int16Array(2 * octets.length);
  g722.createDecoder().decode(octets, 0, octets.length, out, 0);
  return out;
}

/** In dB, over the whole. */
function snrOf(said: Int16Array, heard: Int16Array): number {
  let signal = 0;
  let noise = 1;
  for (let i = settled; i + delay < said.length; i += 1) {
    signal += said[i]! ** 2;
    noise += (heard[i + delay]! - said[i]!) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

/** How many differ: 0 is equal to the bit. */
function differences(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  let count = Math.abs(ours.length - theirs.length);
  for (let i = 0; i < Math.min(ours.length, theirs.length); i += 1) if (ours[i] !== theirs[i]) count += 1;
  return count;
}

/**
 * Both are exact implementations of one recommendation, so the bound is equality, in both directions; the SNR then says
 * that what is equal is also good. 64 kbit/s leave speech about 20 dB, tones of the lower band 30 and more, tones of
 * the higher band, which has 2 bits a sample, about 18.
 */
describe('G.722 against ffmpeg', () => {
  test.each(sentences)('$voice: ours decoded by ffmpeg, ffmpeg’s decoded by us', async (sentence) => {
    const said = await speech(sentence);
    const octets = encoded(said);
    expect(differences(octets, await encodedByFfmpeg(said))).toBe(0);
    const heard = await decodedByFfmpeg(octets);
    expect(differences(decoded(octets), heard)).toBe(0);
    expect(snrOf(said, heard)).toBeGreaterThan(18);
  });

  test.each([
    [150, 30],
    [440, 30],
    [1000, 30],
    [3400, 30],
    [4000, 15],
    [5000, 15],
    [7000, 15],
  ])('a tone of %d Hz', async (hz, leastDb) => {
    const said = tone({ frequenciesHz: [hz], sampleRateHz: rateHz, durationMs: 1000, levelDb: -6 });
    const octets = encoded(said);
    expect(differences(octets, await encodedByFfmpeg(said))).toBe(0);
    const heard = await decodedByFfmpeg(octets);
    expect(differences(decoded(octets), heard)).toBe(0);
    expect(snrOf(said, heard)).toBeGreaterThan(leastDb);
  });

  test('octets that no encoder would send sound the same', async () => {
    const random = createSeededRandom(1);
    const octets = Uint8Array.from({ length: 100_000 }, () => random.uint32() & 0xff);
    expect(differences(decoded(octets), await decodedByFfmpeg(octets))).toBe(0);
  });

  // The recommendation holds both bands to 15 bits (§5.2.1), ffmpeg lets them run over: octets differ, the sound is alike.
  test('a square wave at full scale, which overloads the bands, is decoded by ffmpeg without a wrap', async () => {
    const said = Int16Array.from({ length: rateHz }, (_, i) => (i % 36 < 18 ? 32767 : -32768));
    const heard = await decodedByFfmpeg(encoded(said));
    const theirs = await decodedByFfmpeg(await encodedByFfmpeg(said));
    expect(snrOf(said, heard)).toBeGreaterThan(snrOf(said, theirs) - 1);
  });
});
