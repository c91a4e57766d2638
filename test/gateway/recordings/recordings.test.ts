import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../../base/log.js';
import { rangeOf } from '../../../gateway/api/recordings.js';
import { Recordings, type RecordingsOptions } from '../../../gateway/recordings/recordings.js';
import { createInlineCodecs } from '../../../gateway/sounds/codecs.js';
import { MemoryFolder } from '../../../gateway/sounds/memory-folder.js';
import { readSoundFile, samplesOf } from '../../../gateway/sounds/sound-reader.js';
import { readWav } from '../../../media/index.js';
import type { RecordOptions } from '../../../rooms/index.js';
import { createSeededRandom } from '../../support/seeded-random.js';
import { room, SoundDesk } from '../../support/sound-desk.js';
import { levelOf } from '../../support/voice.js';

type Desk = SoundDesk;

async function record(desk: Desk, body: object = {}) {
  const { status, json } = await desk.ask('POST', '/rooms/r/recordings', body);
  expect(status).toBe(201);
  return json.recording_id as string;
}

/** A file as samples, whatever its kind. */
async function heard(
  desk: Desk,
  id: string,
  file: string,
  rateHz: 8000 | 16_000 | 48_000 = 16_000,
): Promise<Int16Array> {
  const { bytes } = await desk.ask('GET', `/recordings/${id}/files/${file}`);
  if (file.endsWith('.wav')) {
    const read = readWav(bytes);
    if (!read.ok) throw new Error(read.fault);
    return read.value.samples;
  }
  const source = {
    read: async (at: number, count: number) => bytes.subarray(at, at + count),
    close: async () => undefined,
  };
  const reader = readSoundFile({ file: source, format: 'ogg', rateHz, codecs: createInlineCodecs() });
  return samplesOf(await reader.read(rateHz * 600));
}

const tones = (pcm: Int16Array, hz: readonly number[], rateHz = 16_000): number[] =>
  hz.filter((one) => levelOf(pcm, one, rateHz) > -35);

describe('the mix of a room', () => {
  test.each(['wav', 'ogg'] as const)(
    'as %s has both voices, its length, its hash, and is there after the room',
    async (format) => {
      const desk = new SoundDesk();
      await desk.member('a', 500);
      await desk.member('b', 1100);
      await desk.stage.clock.advance(200);
      const id = await record(desk, { format });
      await desk.stage.clock.advance(3000);
      expect((await desk.ask('GET', `/recordings/${id}`)).json).toMatchObject({ state: 'recording', files: [] });
      const { json } = await desk.ask('DELETE', `/recordings/${id}`);
      expect(json).toMatchObject({ state: 'stopped', reason: 'requested', lost_ms: 0 });
      expect(json.files).toHaveLength(1);
      const [file] = json.files;
      expect(file).toMatchObject({ file: `mix-001.${format}`, member_id: null, start_ms: 0 });
      expect(Math.abs(file.duration_ms - 3000)).toBeLessThan(60);
      desk.directory.end(room);
      const { bytes } = await desk.ask('GET', `/recordings/${id}/files/${file.file}`);
      expect(bytes).toHaveLength(file.bytes);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(file.sha256);
      const pcm = await heard(desk, id, file.file);
      expect(Math.abs(pcm.length - file.duration_ms * 16)).toBeLessThan(20);
      expect(tones(pcm, [500, 800, 1100])).toEqual([500, 1100]);
      expect(desk.directory.typesOf()).toEqual(['recording_started', 'recording_ready', 'recording_stopped']);
      expect(desk.directory.events[1]).toMatchObject({ sha256: file.sha256, bytes: file.bytes });
      expect(desk.stage.pool.counts().sounds).toBe(0);
      expect(desk.directory.watchers).toBe(0);
    },
  );

  test('split by time has every sample once: the pieces put together are the sound', async () => {
    const desk = new SoundDesk();
    await desk.member('a', 500);
    await desk.stage.clock.advance(200);
    const whole = await record(desk, { rate: 8000 });
    const split = await record(desk, { rate: 8000, split_s: 1 });
    await desk.stage.clock.advance(3300);
    await desk.ask('DELETE', `/recordings/${whole}`);
    const { json } = await desk.ask('DELETE', `/recordings/${split}`);
    expect(json.files.map((file: { start_ms: number }) => file.start_ms)).toEqual([0, 1000, 2000, 3000]);
    const pieces: number[] = [];
    for (const { file } of json.files) pieces.push(...(await heard(desk, split, file)));
    const all = [...(await heard(desk, whole, 'mix-001.wav'))];
    const samples = Math.min(pieces.length, all.length);
    expect(samples).toBeGreaterThan(3000 * 8);
    // The second was started a beat later at most.
    const offset = [0, 160, 320].find((by) => pieces.slice(0, 8000).every((sample, i) => sample === all[i + by]));
    expect(offset).toBeDefined();
    expect(pieces.slice(0, samples - offset!)).toEqual(all.slice(offset, samples));
  });

  test('leaves out what is said in a pause, and ends at its longest', async () => {
    const desk = new SoundDesk();
    const alice = await desk.member('a', 500);
    await desk.stage.clock.advance(200);
    const id = await record(desk, { max_s: 3 });
    await desk.stage.clock.advance(1010);
    expect((await desk.ask('PATCH', `/recordings/${id}`, { paused: true })).json.state).toBe('paused');
    alice.voice.toneHz = 1300;
    await desk.stage.clock.advance(2000);
    alice.voice.toneHz = 700;
    await desk.stage.clock.advance(150);
    await desk.ask('PATCH', `/recordings/${id}`, { paused: false });
    await desk.stage.clock.advance(5000);
    const { json } = await desk.ask('GET', `/recordings/${id}`);
    expect(json).toMatchObject({ state: 'stopped', reason: 'max-length', files: [{ duration_ms: 3000 }] });
    const pcm = await heard(desk, id, 'mix-001.wav');
    expect(tones(pcm, [500, 700, 1300])).toEqual([500, 700]);
    expect(levelOf(pcm, 1300, 16_000)).toBeLessThan(-45);
    expect((await desk.ask('PATCH', `/recordings/${id}`, { paused: true })).json.code).toBe('WRONG_STATE');
  });
});

describe('members', () => {
  test('have files of their own, also who comes later, on one time line, each with its voice alone', async () => {
    const desk = new SoundDesk();
    await desk.member('a', 500);
    await desk.stage.clock.advance(200);
    const id = await record(desk, { source: 'members', format: 'ogg', rate: 8000 });
    await desk.stage.clock.advance(1000);
    await desk.member('b', 1100);
    await desk.stage.clock.advance(2000);
    desk.directory.leave(room, 'b');
    await desk.stage.clock.advance(500);
    desk.directory.end(room);
    await desk.stage.clock.advance(200);
    const { json } = await desk.ask('GET', `/recordings/${id}`);
    expect(json).toMatchObject({ state: 'stopped', reason: 'room-ended' });
    const of = (who: string) => json.files.find((file: { member_id: string }) => file.member_id === who);
    expect(of('a').start_ms).toBe(0);
    expect(Math.abs(of('b').start_ms - 1000)).toBeLessThan(60);
    expect(Math.abs(of('b').duration_ms - 2000)).toBeLessThan(60);
    expect(tones(await heard(desk, id, of('a').file, 8000), [500, 1100], 8000)).toEqual([500]);
    expect(tones(await heard(desk, id, of('b').file, 8000), [500, 1100], 8000)).toEqual([1100]);
  });

  test('one alone may be recorded, once; others are refused with their word', async () => {
    const desk = new SoundDesk();
    await desk.member('a', 500);
    await record(desk, { source: 'a' });
    const codes: string[] = [];
    for (const body of [{ source: 'a' }, { source: 'members' }, { source: 'x' }, { rate: 44_100 }, { format: 'mp3' }]) {
      codes.push((await desk.ask('POST', '/rooms/r/recordings', body)).json.code);
    }
    codes.push((await desk.ask('POST', '/rooms/none/recordings', {})).json.code);
    expect(codes).toEqual([
      'ALREADY_RECORDED',
      'ALREADY_RECORDED',
      'MEMBER_NOT_FOUND',
      'BAD_REQUEST',
      'BAD_REQUEST',
      'ROOM_NOT_FOUND',
    ]);
    for (const path of ['/recordings/none', '/recordings/none/files/mix-001.wav']) {
      expect((await desk.ask('GET', path)).json.code).toBe('RECORDING_NOT_FOUND');
    }
    desk.directory.leave(room, 'a');
    await desk.stage.clock.advance(200);
    expect((await desk.ask('GET', '/recordings')).json.recordings).toMatchObject([{ reason: 'member-left' }]);
  });
});

/** Recordings in a folder that the test holds. */
function recordingsIn(
  desk: Desk,
  folder: MemoryFolder,
  limits: RecordingsOptions['limits'] = { maxFiles: 100, maxBytes: 1e9 },
) {
  return new Recordings({ ...optionsIn(desk, folder), limits });
}

function optionsIn(desk: Desk, folder: MemoryFolder): RecordingsOptions {
  return {
    clock: desk.stage.clock,
    random: createSeededRandom(5),
    log: silentLogger,
    directory: desk.directory,
    pool: desk.stage.pool,
    folder,
    codecs: createInlineCodecs(),
    limits: { maxFiles: 100, maxBytes: 1e9 },
  };
}

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

test('recordings of nothing are forgotten at last', async () => {
  const desk = new SoundDesk();
  await desk.member('a', 500);
  const folder = new MemoryFolder(1e9);
  const pool = {
    recordRoom: (_roomId: unknown, options: RecordOptions) => {
      queueMicrotask(() => options.onEnded('gone'));
      return { kept: () => undefined, close: () => undefined };
    },
  };
  const recordings = new Recordings({ ...optionsIn(desk, folder), pool });
  for (let i = 0; i < 510; i += 1) {
    expect(recordings.record(room, {}).ok).toBe(true);
    await desk.stage.clock.advance(1);
  }
  await desk.while(recordings.close());
  expect(recordings.list()).toHaveLength(500);
  expect(folder.files.size).toBe(500);
});

describe('RFC 9110 §14 a file of a recording', () => {
  test('is read as a whole or in ranges, and deleted', async () => {
    const desk = new SoundDesk();
    await desk.member('a', 500);
    const id = await record(desk);
    await desk.stage.clock.advance(1000);
    await desk.ask('DELETE', `/recordings/${id}`);
    const path = `/recordings/${id}/files/mix-001.wav`;
    const whole = await desk.ask('GET', path);
    expect([whole.status, whole.headers.get('content-type'), whole.headers.get('accept-ranges')]).toEqual([
      200,
      'audio/wav',
      'bytes',
    ]);
    const head = await desk.ask('HEAD', path);
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(whole.bytes.length)]);
    const part = await desk.ask('GET', path, undefined, { range: 'bytes=8-11' });
    expect([part.status, part.bytes.toString(), part.headers.get('content-range')]).toEqual([
      206,
      'WAVE',
      `bytes 8-11/${whole.bytes.length}`,
    ]);
    const beyond = await desk.ask('GET', path, undefined, { range: 'bytes=999999-' });
    expect([beyond.status, beyond.json.code]).toEqual([416, 'RANGE_NOT_SATISFIABLE']);
    expect((await desk.ask('GET', `/recordings/${id}/files/..%2F..%2Fx`)).json.code).toBe('FILE_NOT_FOUND');
    expect((await desk.ask('DELETE', path)).status).toBe(204);
    expect((await desk.ask('GET', path)).json.code).toBe('RECORDING_NOT_FOUND');
  });

  test.each([
    [undefined, [0, 10, false]],
    ['bytes=0-', [0, 10, true]],
    ['bytes=-3', [7, 10, true]],
    ['bytes=-30', [0, 10, true]],
    ['bytes=2-400', [2, 10, true]],
    ['bytes=5-2', [0, 10, false]],
    ['bytes=0-1,3-4', [0, 10, false]],
    ['lines=0-1', [0, 10, false]],
    ['bytes=10-', null],
    ['bytes=-0', null],
  ] as const)('range %s of ten bytes', (header, expected) => {
    const range = rangeOf(header, 10);
    expect(range === null ? null : [range.from, range.to, range.isPart]).toEqual(expected);
  });
});
