import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { RecordingFile } from '../../../contract/recordings.js';
import { Track, type TrackOptions, WAV_FRAMES } from '../../../gateway/recordings/track.js';
import { openTrackFile } from '../../../gateway/recordings/track-file.js';
import { createInlineCodecs } from '../../../gateway/sounds/codecs.js';
import { MemoryFolder } from '../../../gateway/sounds/memory-folder.js';
import type { SoundSink } from '../../../gateway/sounds/sound-files.js';
import { readSoundFile, samplesOf } from '../../../gateway/sounds/sound-reader.js';
import { OggPageReader, readWav, tone, wavHeader } from '../../../media/index.js';
import type { RecordOptions } from '../../../rooms/index.js';
import { levelOf } from '../../support/voice.js';

const rateHz = 8000;
type Format = 'wav' | 'ogg';

interface Taped {
  readonly folder: MemoryFolder;
  readonly files: readonly RecordingFile[];
  readonly fault: string | null;
  readonly lostFrames: number;
  /** The most files that were open at once. */
  readonly mostOpen: number;
}

/** What happens to a track, in order. */
type Step =
  | Int16Array
  | { readonly lost: number; readonly pcm: Int16Array }
  | { readonly pause: boolean; readonly atMs: number };

/** Writes everything to a new place, as some file systems do: what is cut off makes one. */
class CopyingFolder extends MemoryFolder {
  override async create(name: string): Promise<SoundSink | null> {
    const sink = await super.create(name);
    return (
      sink && {
        write: async (at, bytes) => {
          const length = this.files.get(name)?.length ?? 0;
          if (length + bytes.length > this.maxBytes) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
          await sink.write(at, bytes);
        },
        close: () => sink.close(),
      }
    );
  }
}

function fill(folder: MemoryFolder): void {
  folder.maxBytes = [...folder.files.values()].reduce((sum, { length }) => sum + length, 0);
}

/** Records into a folder, as the media host would give it; `fillAt`: the disk is full before that step. */
async function tape(
  steps: readonly Step[],
  options: Partial<TrackOptions> & {
    readonly format?: Format;
    readonly folder?: MemoryFolder;
    readonly maxBytes?: number;
    readonly fillAt?: number;
  } = {},
): Promise<Taped> {
  const { format = 'wav', maxBytes = 1e9, fillAt = -1, folder = new MemoryFolder(maxBytes), ...more } = options;
  const files: RecordingFile[] = [];
  const codecs = createInlineCodecs();
  let given: RecordOptions | null = null;
  let fault: string | null = null;
  let keep: () => void = () => undefined;
  let mostOpen = 0;
  const track = new Track({
    memberId: null,
    rateHz,
    channels: 1,
    startMs: 0,
    splitMs: null,
    maxMs: null,
    isPaused: false,
    record: (record) => {
      given = record;
      return { kept: () => keep(), close: () => queueMicrotask(() => record.onEnded('closed')) };
    },
    openFile: async (number) => {
      const name = `t-${number}.${format}`;
      return { name, file: await openTrackFile(format, { folder, name, rateHz, codecs, serial: number }) };
    },
    onFile: (file) => files.push(file),
    onFull: () => track.stop(),
    onEnded: (_end, what) => {
      fault = what;
    },
    ...more,
  });
  const { onChunk } = given as unknown as RecordOptions;
  for (const [index, step] of steps.entries()) {
    if (index === fillAt) fill(folder);
    if ('pause' in step) {
      track.pause(step.pause, step.atMs);
      continue;
    }
    const { lost, pcm } = 'pcm' in step ? step : { lost: 0, pcm: step };
    const kept = new Promise<void>((resolve) => {
      keep = resolve;
    });
    onChunk(new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength), lost);
    await Promise.race([kept, track.finished]);
    mostOpen = Math.max(mostOpen, folder.openFiles);
  }
  if (fillAt === steps.length) fill(folder);
  track.stop();
  await track.finished;
  expect(folder.openFiles).toBe(0);
  return { folder, files, fault, lostFrames: track.lostFrames, mostOpen };
}

/** So many seconds of a tone in chunks of half a second, as they come. */
const chunks = (seconds: number, hz = 500): Int16Array[] => {
  const sound = tone({ frequenciesHz: [hz], sampleRateHz: rateHz, levelDb: -12, durationMs: seconds * 1000 });
  return Array.from({ length: seconds * 2 }, (_, i) => sound.slice(i * 4000, (i + 1) * 4000));
};

const all = (pieces: readonly Int16Array[]): number[] => pieces.flatMap((piece) => [...piece]);

/** The sound of a file, which must be whole: as long as it was told, with its hash, and ended as its format demands. */
async function wholeSound(folder: MemoryFolder, file: RecordingFile): Promise<Int16Array> {
  const bytes = folder.files.get(file.file)!;
  expect([bytes.length, createHash('sha256').update(bytes).digest('hex')]).toEqual([file.bytes, file.sha256]);
  if (file.file.endsWith('wav')) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    expect([view.getUint32(4, true), view.getUint32(40, true)]).toEqual([bytes.length - 8, bytes.length - 44]);
    const read = readWav(bytes);
    if (!read.ok) throw new Error(read.fault);
    expect(file.duration_ms).toBe(Math.round((read.value.samples.length * 1000) / rateHz));
    return read.value.samples;
  }
  const reader = new OggPageReader();
  const pages = [...reader.read(bytes)];
  expect([reader.damaged, reader.wholeBytes]).toEqual([0, bytes.length]);
  // RFC 3533 §6: begin of stream on the first page, end of it on the last one, and on no other.
  expect(pages.map(({ flags }) => flags)).toEqual([2, ...Array(pages.length - 2).fill(0), 4]);
  expect(pages.map(({ sequence }) => sequence)).toEqual(pages.map((_, index) => index));
  const sound = await readSoundFile({
    file: (await folder.open(file.file))!,
    format: 'ogg',
    rateHz,
    codecs: createInlineCodecs(),
  }).read(rateHz * 3600);
  expect(Math.abs(sound.length / 2 - file.duration_ms * 8)).toBeLessThanOrEqual(8);
  return samplesOf(sound);
}

describe('a disk that is full', () => {
  const sizes = {
    wav: [44, 45, 4043, 8044, 8045, 12_000, 16_043, 16_044, 20_000, 50_000],
    ogg: [0, 100, 200, 1500, 1700, 2000, 2500, 3000, 4000, 5500],
  };

  test.each(['wav', 'ogg'] as const)(
    'at whatever byte: each %s file with sound is whole, no other is left, the fault is told',
    async (format) => {
      let withSound = 0;
      let withNone = 0;
      for (const splitMs of [null, 1000]) {
        for (const maxBytes of sizes[format]) {
          const { folder, files, fault } = await tape(chunks(6), { format, maxBytes, splitMs });
          expect(fault).toBe('ENOSPC');
          expect([...folder.files.keys()]).toEqual(files.map(({ file }) => file));
          for (const [index, file] of files.entries()) {
            const sound = await wholeSound(folder, file);
            expect(sound.length).toBeGreaterThan(0);
            expect(levelOf(sound, 500)).toBeGreaterThan(-16);
            expect(file.start_ms).toBe(index * 1000);
          }
          if (files.length > 0) withSound += 1;
          else withNone += 1;
        }
      }
      expect(withSound).toBeGreaterThan(8);
      expect(withNone).toBeGreaterThan(2);
    },
  );

  test.each([
    ['wav', 2500],
    ['ogg', 2000],
  ] as const)(
    'just as the recording is stopped: what the %s file has by then is told, then the fault',
    async (format, ms) => {
      const { folder, files, fault } = await tape(chunks(3).slice(0, 5), { format, fillAt: 5 });
      expect(files).toHaveLength(1);
      expect(Math.abs((await wholeSound(folder, files[0]!)).length / 8 - ms)).toBeLessThan(40);
      // The header of a WAV file takes no more place than it has.
      expect(fault).toBe(format === 'wav' ? null : 'ENOSPC');
    },
  );

  test.each(['wav', 'ogg'] as const)('just as a part ends: the %s parts before it are whole', async (format) => {
    const { folder, files, fault } = await tape(chunks(4), { format, splitMs: 2000, fillAt: 4 });
    expect(fault).toBe('ENOSPC');
    expect(files.map(({ file, start_ms, duration_ms }) => [file, start_ms, duration_ms])).toEqual([
      [`t-1.${format}`, 0, 2000],
    ]);
    await wholeSound(folder, files[0]!);
    expect([...folder.files.keys()]).toEqual([`t-1.${format}`]);
  });

  test('that needs a new place also for what is written over: the last sound makes room for the header', async () => {
    const { folder, files, fault } = await tape(chunks(6), { folder: new CopyingFolder(1e9), fillAt: 10 });
    expect(fault).toBe('ENOSPC');
    expect(files).toHaveLength(1);
    expect(await wholeSound(folder, files[0]!)).toHaveLength(5 * rateHz - 65_536 / 2);
  });

  test('a folder in which nothing can be made any more', async () => {
    const openFile = async (): Promise<never> => {
      throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
    };
    expect(await tape(chunks(2), { openFile })).toMatchObject({ files: [], fault: 'EMFILE' });
  });
});

describe('the parts of a long recording', () => {
  test.each([1, 13, 3999, 4000, 4001, 24_000])(
    'of %i samples: put together they are the sound, each sample once',
    async (mostFrames) => {
      const sound = chunks(mostFrames === 1 ? 1 : 5).slice(0, mostFrames === 1 ? 1 : 10);
      const pieces =
        mostFrames === 1 ? [sound[0]!.slice(0, 100)] : mostFrames === 13 ? [sound[0]!.slice(0, 1000)] : sound;
      const { folder, files, mostOpen } = await tape(pieces, { mostFrames, splitMs: 3_600_000 });
      const parts: Int16Array[] = [];
      for (const file of files) parts.push(await wholeSound(folder, file));
      expect(all(parts)).toEqual(all(pieces));
      expect(new Set(parts.slice(0, -1).map(({ length }) => length))).toEqual(
        new Set(files.length > 1 ? [mostFrames] : []),
      );
      expect(files.map(({ start_ms }) => start_ms)).toEqual(files.map((_, i) => Math.round((i * mostFrames) / 8)));
      expect(mostOpen).toBeLessThanOrEqual(1);
    },
  );

  test('a WAV file ends before its lengths of 32 bits do, to the second', () => {
    const header = wavHeader({ sampleRateHz: 48_000, channels: 1 }, WAV_FRAMES * 2);
    expect([header.readUInt32LE(40), header.readUInt32LE(4)]).toEqual([WAV_FRAMES * 2, WAV_FRAMES * 2 + 36]);
    expect([8000, 16_000, 48_000].map((hz) => WAV_FRAMES % hz)).toEqual([0, 0, 0]);
    expect(2 ** 32 - WAV_FRAMES * 2).toBeLessThan(200_000);
  });

  test('an hour in seconds: one file is open at a time, and nothing waits', async () => {
    const chunk = chunks(1)[0]!;
    const hour = Array<Int16Array>(7200).fill(chunk);
    const { files, mostOpen, lostFrames } = await tape(hour, { splitMs: 1000 });
    expect([files.length, mostOpen, lostFrames]).toEqual([3600, 1, 0]);
    expect(files.at(-1)).toMatchObject({ start_ms: 3_599_000, duration_ms: 1000 });
  });
});

describe('a pause', () => {
  const [sound, secret, after] = [chunks(1, 500), chunks(2, 1300), chunks(1, 700)];
  const paused = [...sound, { pause: true, atMs: 1000 }, ...secret, { pause: false, atMs: 3000 }, ...after];

  test('is left out of the file to the sample, and counts as nothing lost', async () => {
    const { folder, files, lostFrames } = await tape(paused);
    expect(files.map(({ start_ms, duration_ms }) => [start_ms, duration_ms])).toEqual([[0, 2000]]);
    expect(all([await wholeSound(folder, files[0]!)])).toEqual(all([...sound, ...after]));
    expect(lostFrames).toBe(0);
  });

  test('between two parts: the next begins when it is heard again', async () => {
    const { files } = await tape(paused, { splitMs: 1000 });
    expect(files.map(({ start_ms, duration_ms }) => [start_ms, duration_ms])).toEqual([
      [0, 1000],
      [3000, 1000],
    ]);
  });

  test('sound that was lost in it is missed by nobody; what was lost outside of it is silence, and counted', async () => {
    const lost = { lost: 4000, pcm: secret[0]! };
    const { folder, files, lostFrames } = await tape([
      ...sound,
      { pause: true, atMs: 1000 },
      ...secret.slice(0, 2),
      lost,
      { pause: false, atMs: 3000 },
      { lost: 2000, pcm: after[0]! },
    ]);
    expect(lostFrames).toBe(2000);
    expect(files).toMatchObject([{ duration_ms: 1750 }]);
    expect(all([await wholeSound(folder, files[0]!)])).toEqual(all([...sound, new Int16Array(2000), after[0]!]));
  });

  test('over the whole recording leaves no file', async () => {
    expect(await tape(secret, { isPaused: true })).toMatchObject({ files: [], fault: null });
  });
});
