import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { silentLogger } from '../../../base/log.js';
import { createInlineCodecs } from '../../../gateway/sounds/codecs.js';
import { SoundLibrary } from '../../../gateway/sounds/library.js';
import { createSoundFolder } from '../../../gateway/sounds/sound-files.js';
import { tone, writeWav } from '../../../media/index.js';
import { ManualClock } from '../../support/manual-clock.js';
import { createSeededRandom } from '../../support/seeded-random.js';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

function directory(): string {
  directories.push(mkdtempSync(join(tmpdir(), 'hookline-sounds-')));
  return directories.at(-1)!;
}

const wav = writeWav({
  sampleRateHz: 8000,
  channels: 1,
  samples: tone({ frequenciesHz: [440], sampleRateHz: 8000, levelDb: -12, durationMs: 500 }),
});

function libraryIn(path: string, log = silentLogger): SoundLibrary {
  return new SoundLibrary({
    clock: new ManualClock(),
    random: createSeededRandom(1),
    log,
    folder: createSoundFolder(path),
    codecs: createInlineCodecs(),
    limits: { maxBytes: 1e6, maxTotalBytes: 1e7, maxSounds: 3, maxMs: 60_000 },
  });
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}

test('on disk it is found again; files put there by hand are too, and what is none is left and told', async () => {
  const path = directory();
  const library = libraryIn(path);
  await library.start();
  expect(await library.put('bell', pieces(wav))).toMatchObject({ ok: true, isNew: true });
  expect(await library.put('bell', pieces(Buffer.from('no sound')))).toMatchObject({ ok: false, fault: 'unreadable' });
  expect(readdirSync(path).sort()).toEqual(['.index.json', 'bell.wav']);
  writeFileSync(join(path, 'by-hand.wav'), wav);
  writeFileSync(join(path, 'broken.mp3'), 'nothing');
  writeFileSync(join(path, '.upload-0011'), 'half of a file');
  writeFileSync(join(path, 'notes.txt'), 'not ours');
  symlinkSync('/etc/passwd', join(path, 'link.wav'));
  const told: unknown[] = [];
  const warn = (event: string, fields: object = {}) => void told.push([event, fields]);
  const again = libraryIn(path, { ...silentLogger, warn });
  await again.start();
  expect(again.list().map(({ name }) => name)).toEqual(['bell', 'by-hand']);
  expect(again.get('bell')).toEqual(library.get('bell'));
  expect(told).toEqual([['sounds.refused', { file: 'broken.mp3', reason: 'not a WAV, Ogg Opus or MP3 file' }]]);
  expect(readdirSync(path)).not.toContain('.upload-0011');
  const reader = await again.open('by-hand', 16_000);
  const read = await reader!.read(20_000);
  await reader!.close();
  expect(read).toHaveLength(16_000);
  expect(await again.open('link', 8000)).toBeNull();
});

test('takes so many sounds, and a body that breaks off leaves nothing', async () => {
  const path = directory();
  const library = libraryIn(path);
  for (const name of ['a', 'b', 'c']) await library.put(name, pieces(wav));
  expect(await library.put('d', pieces(wav))).toMatchObject({ ok: false, fault: 'no-room' });
  expect(await library.put('a', pieces(wav))).toMatchObject({ ok: true, isNew: false });
  const broken = async function* (): AsyncGenerator<Uint8Array> {
    yield wav.subarray(0, 100);
    throw new Error('aborted');
  };
  expect(await library.put('a', broken())).toMatchObject({ ok: false, fault: 'broken-off' });
  expect(readdirSync(path).sort()).toEqual(['.index.json', 'a.wav', 'b.wav', 'c.wav']);
});
