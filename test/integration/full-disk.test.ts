import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { RecordingFile, RecordingView } from '../../contract/recordings.js';
import { createInlineCodecs } from '../../gateway/sounds/codecs.js';
import { readSoundFile, samplesOf } from '../../gateway/sounds/sound-reader.js';
import { eventually } from '../support/eventually.js';
import { hear, LoopbackRooms } from '../support/loopback-rooms.js';
import { levelOf, steadyLevelOf } from '../support/voice.js';

/** Recordings on a disk that takes no more, over real sockets and real files. */

interface Disk {
  readonly name: string;
  readonly error: string;
  /** What the gateway is started by, with its data in that folder. */
  wrapper(dataDir: string): readonly string[];
  /** From now on it takes no more, or soon. */
  fill(pid: number): void;
  /** It takes more again. */
  empty(rooms: LoopbackRooms, views: readonly RecordingView[]): Promise<void>;
}

/** Soft limits may be lowered and raised by anybody, of what is his own. */
const limit = (pid: number, bytes: number | 'unlimited'): void => {
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`]);
};

/** No file may be larger, as with a quota: needs no rights at all. */
const limited: Disk = {
  name: 'files that may not grow',
  error: 'EFBIG',
  wrapper: () => [],
  fill: (pid) => limit(pid, 24_000),
  empty: async ({ gateway }) => limit(gateway.program.pid, 'unlimited'),
};

const mounting = ['unshare', '-rm', 'sh', '-c', 'mkdir -p "$0" && mount -t tmpfs -o size=160k none "$0" && exec "$@"'];

/** A file system of its own of 160 KiB, which is gone with the process that has it. */
const small: Disk = {
  name: 'a file system that is full',
  error: 'ENOSPC',
  wrapper: (dataDir) => [...mounting, join(dataDir, 'recordings')],
  fill: () => undefined,
  empty: async (rooms, views) => {
    for (const { recording_id, files } of views) {
      for (const { file } of files) await rooms.api('DELETE', `/recordings/${recording_id}/files/${file}`);
    }
  },
};

/** Where containers may not mount, the first disk alone is left, which is everywhere. */
function disks(): Disk[] {
  const [command = '', ...rest] = mounting;
  const directory = mkdtempSync(join(tmpdir(), 'hookline-mount-'));
  try {
    execFileSync(command, [...rest, join(directory, 'm'), 'true'], { stdio: 'ignore' });
    return [limited, small];
  } catch {
    return [limited];
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const tones = [440, 800];
let rooms: LoopbackRooms;

afterEach(() => rooms.close());

/** A finished file as sound, at 8000 Hz: what was told of it must be so. */
async function soundOf(id: string, file: RecordingFile): Promise<Int16Array> {
  const { bytes } = await rooms.api('GET', `/recordings/${id}/files/${file.file}`);
  expect([bytes.length, createHash('sha256').update(bytes).digest('hex')]).toEqual([file.bytes, file.sha256]);
  const read = async (at: number, count: number): Promise<Buffer> => bytes.subarray(at, at + count);
  const pcm = await readSoundFile({
    file: { read, close: async () => undefined },
    format: file.file.endsWith('ogg') ? 'ogg' : 'wav',
    rateHz: 8000,
    codecs: createInlineCodecs(),
  }).read(8000 * 600);
  expect(Math.abs(pcm.length / 16 - file.duration_ms)).toBeLessThan(10);
  return samplesOf(pcm);
}

/** Names of files in the folder of recordings, as the gateway sees it, and which of them it has open. */
function folderOf(pid: number, dataDir: string) {
  const folder = join(dataDir, 'recordings');
  const open = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/${pid}/fd/${fd}`);
      return path.includes('/recordings/') ? [path] : [];
    } catch {
      return [];
    }
  });
  return { names: readdirSync(`/proc/${pid}/root${folder}`).sort(), open };
}

describe('a real disk', () => {
  test.each(disks().map((disk) => [disk.name, disk] as const))(
    '%s: every file is whole and told, the recordings fail with the reason, the room goes on, and records again',
    async (_name, disk) => {
      const directory = mkdtempSync(join(tmpdir(), 'hookline-disk-'));
      const dataDir = join(directory, 'data');
      rooms = await LoopbackRooms.start({ dataDir, wrapper: disk.wrapper(dataDir) });
      rooms.world.closeLater(async () => rmSync(directory, { recursive: true }));
      const { pid } = rooms.gateway.program;
      const room = rooms.name('full');
      await rooms.ask('POST', '/rooms', { room_id: room, empty_s: 1 });
      const [ann, bob] = [await rooms.come(room, 440), await rooms.come(room, 800)];
      const bothHear = () =>
        hear(
          [
            [ann, [800]],
            [bob, [440]],
          ],
          tones,
        );
      await bothHear();
      const start = async (body: object): Promise<string> =>
        (await rooms.ask('POST', `/rooms/${room}/recordings`, body)).recording_id;
      const ids = [
        await start({ rate: 8000 }),
        await start({ source: 'members', format: 'ogg', rate: 48_000 }),
      ] as const;
      const view = (id: string): Promise<RecordingView> => rooms.ask('GET', `/recordings/${id}`);
      await bothHear();
      disk.fill(pid);
      for (const id of ids) {
        await eventually('it failed', async () => {
          await bothHear();
          return (await view(id)).state === 'failed';
        });
      }
      await bothHear();
      const views = [await view(ids[0]), await view(ids[1])];
      const owners = await Promise.all([ann, bob].map(async (phone) => (await rooms.member(room, phone)).member_id));
      expect(views.map(({ error, files }) => [error, files.map(({ member_id }) => member_id).sort()])).toEqual([
        [disk.error, [null]],
        [disk.error, [...owners].sort()],
      ]);
      for (const { recording_id, files } of views) {
        for (const file of files) {
          const pcm = await soundOf(recording_id, file);
          expect(pcm.length).toBeGreaterThan(6000);
          const owned = tones.filter((_, index) => file.member_id === null || file.member_id === owners[index]);
          expect(tones.filter((hz) => steadyLevelOf(pcm, hz) > -24)).toEqual(owned);
          for (const hz of tones) if (!owned.includes(hz)) expect(levelOf(pcm, hz)).toBeLessThan(-40);
        }
        const told = (await rooms.events(room)).filter((event) => event.recording_id === recording_id);
        expect(told.map(({ type }) => type)).toEqual([
          'recording_started',
          ...files.map(() => 'recording_ready'),
          'recording_failed',
        ]);
        const ready = told.filter(({ type }) => type === 'recording_ready');
        expect(ready.map(({ sha256 }) => sha256)).toEqual(files.map(({ sha256 }) => sha256));
      }
      const sounds = views.flatMap(({ recording_id, files }) => files.map(({ file }) => `${recording_id}.${file}`));
      const { names, open } = folderOf(pid, dataDir);
      expect([names.filter((name) => !name.endsWith('json')), open]).toEqual([sounds.sort(), []]);
      await disk.empty(rooms, views);
      const again = await start({ rate: 8000, max_s: 1 });
      await eventually('a whole recording', async () => (await view(again)).state === 'stopped');
      const { files } = await view(again);
      expect(await soundOf(again, files[0]!)).toHaveLength(8000);
      await eventually('it is known', () => folderOf(pid, dataDir).names.includes(`${again}.json`));
      await bothHear();
    },
  );
});
