import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codecs } from '../../media/codec/codec.js';
import { InbandDetector } from '../../media/dtmf/inband.js';
import { columnsHz, keypad, rowsHz } from '../../media/dtmf/keypad.js';
import { DtmfTones } from '../../media/dtmf/tones.js';
import { readWav } from '../../media/wav.js';
import { requirePeers, runPeer } from './support/peers.js';

let directory: string;

beforeAll(() => {
  requirePeers('espeak-ng', 'sox', 'multimon-ng');
  directory = mkdtempSync(join(tmpdir(), 'hookline-dtmf-'));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Vowels that are held, nasals, whistled sounds and numbers: what sounds like two tones, if anything does. */
const text = `Please leave a message after the tone, then press the pound key, or stay on the line for the next agent.
Ooh, ahh, eee! Moon, noon, food, wheel, feel, zeal. My mother memorises many numbers: nine hundred ninety nine, eight,
seven, six, five, four, three, two, one, zero. How do you do? We were away a year ago. Sally sells sea shells by the sea
shore, and the shells she sells are sea shells for sure. The quick brown fox jumps over the lazy dog.`;
const voices = [
  'en-us',
  'en-gb',
  'en-gb-scotland',
  'en+f1',
  'en+f3',
  'en+f4',
  'en+m1',
  'en+m5',
  'en+m7',
  'de',
  'it',
  'pl',
];
const pitches = [30, 60, 90];

function digitsIn(pcm: Int16Array, rateHz: number): string {
  let found = '';
  const detector = new InbandDetector({ sampleRateHz: rateHz, onDigit: (digit) => (found += digit) });
  const frame = rateHz / 50;
  for (let at = 0; at < pcm.length; at += frame) detector.push(pcm, at, Math.min(frame, pcm.length - at));
  detector.reset();
  return found;
}

async function atRate(file: string, rateHz: number): Promise<Int16Array> {
  const out = join(directory, 'at-rate.wav');
  await runPeer('sox', ['-D', file, '-r', String(rateHz), '-c', '1', '-b', '16', out, 'gain', '-n', '-3']);
  const read = readWav(readFileSync(out));
  if (!read.ok) throw new Error(read.fault);
  return read.value.samples;
}

function throughMuLaw(pcm: Int16Array): Int16Array {
  const payload = new Uint8Array(pcm.length);
  const out = new Int16Array(pcm.length);
  codecs.pcmu.createEncoder().encode(pcm, 0, pcm.length, payload, 0);
  codecs.pcmu.createDecoder().decode(payload, 0, pcm.length, out, 0);
  return out;
}

describe('talk-off', () => {
  test('ITU-T Q.24 twenty minutes of speech by twelve voices at three pitches are no digit', async () => {
    let seconds = 0;
    for (const voice of voices) {
      for (const pitch of pitches) {
        const said = join(directory, 'said.wav');
        await runPeer('espeak-ng', ['-v', voice, '-p', String(pitch), '-s', '150', '-w', said, text]);
        const [narrow, wide] = [await atRate(said, 8000), await atRate(said, 16_000)];
        expect([voice, pitch, digitsIn(narrow, 8000)]).toEqual([voice, pitch, '']);
        expect([voice, pitch, digitsIn(throughMuLaw(narrow), 8000)]).toEqual([voice, pitch, '']);
        expect([voice, pitch, digitsIn(wide, 16_000)]).toEqual([voice, pitch, '']);
        seconds += narrow.length / 8000;
      }
    }
    expect(seconds).toBeGreaterThan(20 * 60);
  });
});

describe('against other programs', () => {
  test('ITU-T Q.23 the digits that sox makes are found', async () => {
    for (const [key, digit] of [...keypad].entries()) {
      const file = join(directory, 'sox.wav');
      const tones = ['sine', String(rowsHz[key >> 2]), 'sine', String(columnsHz[key & 3]), 'remix', '-'];
      await runPeer('sox', [
        '-n',
        '-r',
        '8000',
        '-c',
        '1',
        '-b',
        '16',
        file,
        'synth',
        '0.05',
        ...tones,
        'pad',
        '0.1',
        '0.1',
      ]);
      expect(digitsIn(await atRate(file, 8000), 8000)).toBe(digit);
      expect(digitsIn(await atRate(file, 16_000), 16_000)).toBe(digit);
    }
  });

  test('ITU-T Q.23 multimon-ng finds the digits that we make', async () => {
    const tones = new DtmfTones({ sampleRateHz: 22_050 });
    tones.send(keypad, 80, 80);
    const pcm = new Int16Array(22_050 * 3);
    expect(tones.write(pcm, 0, pcm.length)).toBe(true);
    const file = join(directory, 'ours.raw');
    writeFileSync(file, Buffer.from(pcm.buffer));
    const heard = await runPeer('multimon-ng', ['-q', '-a', 'DTMF', '-t', 'raw', file]);
    expect(heard.match(/(?<=DTMF: ).$/gm)?.join('')).toBe(keypad);
  });
});
