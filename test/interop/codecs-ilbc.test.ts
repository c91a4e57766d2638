import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { IlbcDecoder } from '../../media/codec/ilbc/decoder.js';
import { createIlbc, type IlbcFrames } from '../../media/codec/ilbc/ilbc.js';
import { ilbcModes } from '../../media/codec/ilbc/mode.js';
import { codedBy, highPassed, samplesOf, segmentalSnrDb, spectralDistanceDb } from '../media/codec/ilbc/sound.js';
import { requirePeers, runPeer } from './support/peers.js';
import { sentences, speak } from './support/sound.js';

/**
 * Against the decoder of ffmpeg (5.1 in Debian 12), which is fixed-point and has no enhancer. Debian has no encoder of
 * iLBC: that direction is the bit streams of two other encoders in test/fixtures/ilbc, here decoded by ffmpeg and by us.
 */

/** ffmpeg's first frames begin from filters of its own and are noise; after this they are what was coded. */
const FFMPEG_START = 480;

let directory = '';
const spoken: Int16Array[] = [];

beforeAll(async () => {
  requirePeers('ffmpeg', 'espeak-ng', 'sox');
  directory = mkdtempSync(join(tmpdir(), 'hookline-ilbc-'));
  for (const sentence of sentences) spoken.push((await speak(directory, sentence)).pcm);
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Has ffmpeg decode frames as a file of RFC 3952 §4.1. */
async function decodedByFfmpeg(codec: IlbcFrames, coded: Uint8Array): Promise<Int16Array> {
  const [from, to] = [join(directory, 'coded.lbc'), join(directory, 'decoded.s16')];
  writeFileSync(from, Buffer.concat([Buffer.from(`#!iLBC${codec.frameMs}\n`), coded]));
  await runPeer('ffmpeg', ['-v', 'error', '-y', '-f', 'ilbc', '-i', from, '-f', 's16le', '-ac', '1', to]);
  const decoded = samplesOf(readFileSync(to));
  expect(decoded.length).toBe((coded.length / codec.payloadBytes) * codec.frameSamples);
  return decoded;
}

function encode(codec: IlbcFrames, pcm: Int16Array): Uint8Array {
  const coded = new Uint8Array(codec.maxPayloadBytes(pcm.length));
  codec.createEncoder().encode(pcm, 0, pcm.length, coded, 0);
  return coded;
}

/** Without the enhancer, like ffmpeg. */
function decode(codec: IlbcFrames, coded: Uint8Array): Int16Array {
  const pcm = new Int16Array((coded.length / codec.payloadBytes) * codec.frameSamples);
  new IlbcDecoder(ilbcModes[codec.frameMs], false).decode(coded, 0, coded.length, pcm, 0);
  return pcm;
}

const started = (pcm: Int16Array): Int16Array => pcm.subarray(FFMPEG_START);

describe.each([createIlbc(20), createIlbc(30)])('RFC 3951 iLBC of $frameMs ms and ffmpeg', (codec) => {
  test('ffmpeg hears in what we coded what was said', async () => {
    for (const pcm of spoken) {
      const heard = started(await decodedByFfmpeg(codec, encode(codec, pcm)));
      const said = started(highPassed(pcm)).subarray(0, heard.length);
      const [snr, distance] = [segmentalSnrDb(said, heard), spectralDistanceDb(said, heard)];
      console.log(`iLBC ${codec.frameMs} ms, ffmpeg: ${snr.toFixed(1)} dB, spectra ${distance.toFixed(1)} dB apart`);
      // The RFC's own encoder gets 13.0 to 15.0 dB, and 3.6 to 4.5 dB between the spectra, of these sentences.
      expect(snr).toBeGreaterThan(12);
      expect(distance).toBeLessThan(5);
    }
  });

  test('ffmpeg and we decode the same frames alike', async () => {
    for (const pcm of spoken) {
      const coded = encode(codec, pcm);
      const snr = segmentalSnrDb(started(await decodedByFfmpeg(codec, coded)), started(decode(codec, coded)));
      console.log(`iLBC ${codec.frameMs} ms, our frames, ffmpeg and we: ${snr.toFixed(1)} dB`);
      // What 16-bit arithmetic leaves of it.
      expect(snr).toBeGreaterThan(27);
    }
  });

  test.each(['rfc', 'webrtc'] as const)('we decode frames of another encoder as ffmpeg does: %s', async (maker) => {
    const coded = codedBy(maker, codec.frameMs);
    const snr = segmentalSnrDb(started(await decodedByFfmpeg(codec, coded)), started(decode(codec, coded)));
    console.log(`iLBC ${codec.frameMs} ms, frames by ${maker}, ffmpeg and we: ${snr.toFixed(1)} dB`);
    expect(snr).toBeGreaterThan(27);
  });
});
