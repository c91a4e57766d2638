import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createInlineCodecs } from '../../../gateway/sounds/codecs.js';
import { MemoryFolder } from '../../../gateway/sounds/memory-folder.js';
import { readSoundFile, samplesOf } from '../../../gateway/sounds/sound-reader.js';
import { recordingsIn, tones } from '../../support/recording-desk.js';
import { room, SoundDesk } from '../../support/sound-desk.js';
import { gapsOf, levelOf } from '../../support/voice.js';

describe('a disk', () => {
  test.each(['wav', 'ogg'] as const)(
    'that is full ends the recording; what is there can be played, and the call goes on (%s)',
    async (format) => {
      const desk = new SoundDesk();
      const [alice] = [await desk.member('a', 500), await desk.member('b', 1100)];
      const folder = new MemoryFolder(format === 'wav' ? 70_000 : 9000);
      const recordings = recordingsIn(desk, folder);
      await desk.stage.clock.advance(200);
      const begun = recordings.record(room, { format });
      expect(begun.ok).toBe(true);
      await desk.stage.clock.advance(6000);
      const [view] = recordings.list();
      expect(view).toMatchObject({ state: 'failed', error: 'ENOSPC', reason: null });
      expect(desk.directory.typesOf()).toEqual(['recording_started', 'recording_ready', 'recording_failed']);
      const [file] = view!.files;
      const bytes = folder.files.get(`${view!.recording_id}.${file!.file}`)!;
      expect([bytes.length, createHash('sha256').update(bytes).digest('hex')]).toEqual([file!.bytes, file!.sha256]);
      const reader = readSoundFile({
        file: (await folder.open(`${view!.recording_id}.${file!.file}`))!,
        format,
        rateHz: 16_000,
        codecs: createInlineCodecs(),
      });
      const pcm = samplesOf(await reader.read(16_000 * 60));
      expect(pcm.length).toBeGreaterThan(16_000);
      expect(Math.abs(pcm.length / 16 - file!.duration_ms)).toBeLessThan(10);
      expect(tones(pcm, [500, 1100])).toEqual([500, 1100]);
      expect(recordings.failed).toBe(1);
      alice!.voice.takeHeard();
      await desk.stage.clock.advance(300);
      expect(levelOf(alice!.voice.takeHeard(), 1100)).toBeGreaterThan(-20);
    },
  );

  test.each(['wav', 'ogg'] as const)(
    'on which a program died has a playable file after the next start (%s)',
    async (format) => {
      const desk = new SoundDesk();
      await desk.member('a', 500);
      const folder = new MemoryFolder(1e9);
      const before = recordingsIn(desk, folder);
      await desk.stage.clock.advance(200);
      before.record(room, { format, source: 'members' });
      await desk.stage.clock.advance(4000);
      const found = new MemoryFolder(1e9);
      for (const [name, bytes] of folder.files)
        found.files.set(name, bytes.slice(0, name.endsWith('json') ? undefined : bytes.length - 7));
      const after = recordingsIn(desk, found);
      await desk.while(after.start());
      const [view] = after.list();
      expect(view).toMatchObject({ state: 'stopped', reason: 'crashed' });
      const [file] = view!.files;
      expect(after.repaired).toBe(1);
      expect(file).toMatchObject({ member_id: 'a', start_ms: 0 });
      expect(file!.duration_ms).toBeGreaterThan(format === 'wav' ? 3400 : 1900);
      const opened = await found.open(`${view!.recording_id}.${file!.file}`);
      const whole = await opened!.read(0, 1e9);
      expect(createHash('sha256').update(whole).digest('hex')).toBe(file!.sha256);
      const reader = readSoundFile({ file: opened!, format, rateHz: 16_000, codecs: createInlineCodecs() });
      const pcm = samplesOf(await reader.read(16_000 * 60));
      expect(Math.abs(pcm.length / 16 - file!.duration_ms)).toBeLessThan(10);
      expect(tones(pcm, [500, 1100])).toEqual([500]);
      const again = recordingsIn(desk, found);
      await desk.while(again.start());
      expect([again.list(), again.repaired]).toEqual([after.list(), 0]);
    },
  );

  test('that fills while members are recorded: each has its whole file, the fault is told once, and nothing is left open', async () => {
    const desk = new SoundDesk();
    const [alice] = [await desk.member('a', 500), await desk.member('b', 1100), await desk.member('c', 1700)];
    const folder = new MemoryFolder(1e9);
    const recordings = recordingsIn(desk, folder);
    await desk.stage.clock.advance(200);
    const begun = recordings.record(room, { source: 'members', format: 'ogg', rate: 8000, split_s: 5 });
    if (!begun.ok) throw new Error(begun.code);
    await desk.stage.clock.advance(7800);
    folder.maxBytes = [...folder.files.values()].reduce((sum, { length }) => sum + length, 0);
    alice!.voice.takeHeard();
    await desk.stage.clock.advance(2000);
    // The room does not hear of it.
    expect(gapsOf(alice!.voice.takeHeard(), 1100)).toEqual([]);
    const [view] = recordings.list();
    expect(view).toMatchObject({ state: 'failed', error: 'ENOSPC', lost_ms: 0 });
    expect(view!.files).toHaveLength(6);
    expect(desk.directory.typesOf()).toEqual([
      'recording_started',
      ...Array(6).fill('recording_ready'),
      'recording_failed',
    ]);
    expect(folder.openFiles).toBe(0);
    const names = [...folder.files.keys()].filter((name) => name.endsWith('ogg'));
    expect(names.sort()).toEqual(view!.files.map(({ file }) => `${view!.recording_id}.${file}`).sort());
    for (const { file, sha256, duration_ms } of view!.files) {
      const bytes = folder.files.get(`${view!.recording_id}.${file}`)!;
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
      expect(duration_ms).toBeGreaterThan(1900);
    }
    // What is known of it could not be written; it is, once there is room.
    const kept = (from: MemoryFolder) => Buffer.from(from.files.get(`${view!.recording_id}.json`)!).toString();
    expect(JSON.parse(kept(folder)).state).toBe('recording');
    folder.maxBytes = 1e9;
    await desk.while(recordings.close());
    expect(JSON.parse(kept(folder))).toMatchObject({ state: 'failed', files: view!.files });
    const again = recordingsIn(desk, folder);
    await desk.while(again.start());
    expect([again.list(), again.repaired, again.bytes]).toEqual([recordings.list(), 0, recordings.bytes]);
  });

  test('that did not even let a file be ended: that is done at the next start, and the recording stays failed', async () => {
    const desk = new SoundDesk();
    await desk.member('a', 500);
    const folder = new MemoryFolder(60_000);
    const recordings = recordingsIn(desk, folder);
    await desk.stage.clock.advance(200);
    recordings.record(room, { split_s: 1 });
    await desk.stage.clock.advance(3000);
    const [view] = recordings.list();
    expect(view).toMatchObject({ state: 'failed', files: [{}, {}] });
    folder.maxBytes = 1e9;
    await desk.while(recordings.close());
    // Its header says nothing yet, and the last sample is half there.
    const whole = folder.files.get(`${view!.recording_id}.mix-001.wav`)!;
    const cut = whole.slice(0, 16_045);
    cut.fill(0, 40, 44);
    folder.files.set(`${view!.recording_id}.mix-003.wav`, cut);
    const after = recordingsIn(desk, folder);
    await desk.while(after.start());
    const [repaired] = after.list();
    expect(repaired).toMatchObject({ state: 'failed', error: 'ENOSPC', reason: null });
    expect(repaired!.files.slice(2)).toMatchObject([{ file: 'mix-003.wav', duration_ms: 500, bytes: 16_044 }]);
    expect([after.repaired, after.bytes]).toEqual([1, recordings.bytes + 16_044]);
  });

  test('that is full before anything is written leaves no file, and says so', async () => {
    const desk = new SoundDesk();
    await desk.member('a', 500);
    const folder = new MemoryFolder(10);
    const recordings = recordingsIn(desk, folder);
    for (const format of ['wav', 'ogg'] as const) recordings.record(room, { format });
    await desk.stage.clock.advance(2000);
    expect(recordings.list()).toMatchObject(Array(2).fill({ state: 'failed', error: 'ENOSPC', files: [] }));
    expect([folder.files.size, folder.openFiles, recordings.running]).toEqual([0, 0, 0]);
  });

  test('keeps so many files also of a recording that runs, and tells what it takes', async () => {
    const desk = new SoundDesk();
    await desk.member('a', 500);
    const folder = new MemoryFolder(1e9);
    const recordings = recordingsIn(desk, folder, { maxFiles: 3, maxBytes: 1e9 });
    const begun = recordings.record(room, { split_s: 1, rate: 8000 });
    if (!begun.ok) throw new Error(begun.code);
    await desk.stage.clock.advance(7900);
    const files = () => recordings.list()[0]!.files.map(({ file }) => file);
    expect(files()).toEqual(['mix-005.wav', 'mix-006.wav', 'mix-007.wav']);
    expect([recordings.expired, recordings.bytes]).toEqual([4, 3 * 16_044]);
    await desk.while(recordings.stop(begun.value.recording_id));
    expect(files()).toEqual(['mix-006.wav', 'mix-007.wav', 'mix-008.wav']);
    await desk.stage.clock.advance(50);
    expect(folder.files.size).toBe(4);
    expect(recordings.bytes).toBe(recordings.list()[0]!.files.reduce((sum, { bytes }) => sum + bytes, 0));
  });

  test('keeps so many files and bytes; the oldest finished ones go, and are counted', async () => {
    const desk = new SoundDesk();
    await desk.member('a', 500);
    const folder = new MemoryFolder(1e9);
    const recordings = recordingsIn(desk, folder, { maxFiles: 2, maxBytes: 1e9 });
    const ids: string[] = [];
    for (let i = 0; i < 4; i += 1) {
      const begun = recordings.record(room, {});
      if (begun.ok) ids.push(begun.value.recording_id);
      await desk.stage.clock.advance(1000);
      await desk.while(recordings.stop(ids.at(-1)!));
    }
    await desk.stage.clock.advance(50);
    expect(recordings.list().map((view) => view.recording_id)).toEqual(ids.slice(2));
    expect([...folder.files.keys()].sort()).toEqual(
      ids
        .slice(2)
        .flatMap((id) => [`${id}.json`, `${id}.mix-001.wav`])
        .sort(),
    );
    expect(recordings.expired).toBe(2);
  });
});
