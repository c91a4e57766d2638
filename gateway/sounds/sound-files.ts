import { accessSync, constants, mkdirSync, realpathSync } from 'node:fs';
import { type FileHandle, lstat, open, readdir, realpath, rename, truncate, unlink } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, sep } from 'node:path';
import { AppError, messageOf } from '../../base/errors.js';

/** A sound file that is open for reading. */
export interface SoundFile {
  /** Up to so many bytes from there; fewer only at the end of the file. */
  read(at: number, bytes: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A file that is being recorded. Rejects with the system's error (ENOSPC …). */
export interface SoundSink {
  write(at: number, bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** The files that sounds are read from and recorded to, by names below one directory. */
export interface SoundFiles {
  /** Null: there is none of that name that may be read. */
  open(name: string): Promise<SoundFile | null>;
  /** Empties one that is there. Null: the name is not one that may be written. Rejects with the system's error. */
  create(name: string): Promise<SoundSink | null>;
}

/** A file that is there. */
export interface FolderEntry {
  readonly name: string;
  readonly bytes: number;
  readonly changedMs: number;
}

/** One directory whose files are ours: what is uploaded, fetched or recorded. Names are `plainName`s; others reject. */
export interface SoundFolder extends SoundFiles {
  /** Plain files only, in no order. */
  list(): Promise<FolderEntry[]>;
  /** Opens one that is there for writing into it. Null: there is none. */
  update(name: string): Promise<SoundSink | null>;
  /** Cuts it to so many bytes. */
  truncate(name: string, bytes: number): Promise<void>;
  /** In the place of one that is there, at once and whole. */
  rename(from: string, to: string): Promise<void>;
  /** False: there is none. */
  remove(name: string): Promise<boolean>;
}

/** A name in a folder, which leads nowhere else. */
export function isPlainName(name: string): boolean {
  return /^[A-Za-z0-9._-]{1,200}$/.test(name) && name !== '.' && name !== '..';
}

/** Nothing is there, and nothing may be made: what holds without a directory. */
export const noSoundFiles: SoundFiles = { open: async () => null, create: async () => null };

/** A FIFO, whose other end nobody may ever open, is not waited for; what is no plain file is not read. */
const READ = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
const WRITE = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/**
 * The files below `directory`, which must be there (throws the system's error). There is no way out of it: no absolute name,
 * no `..`, and no symbolic link that leads elsewhere.
 */
export function createSoundFiles(directory: string): SoundFiles {
  const root = realpathSync(directory);
  return {
    open: async (name) => {
      if (!isBelow(name)) return null;
      try {
        const path = await realpath(join(root, name));
        return isIn(root, path) ? await readable(await open(path, READ)) : null;
      } catch {
        return null;
      }
    },
    create: async (name) => {
      if (!isBelow(name)) return null;
      const folder = await realpath(join(root, dirname(name))).catch(() => null);
      if (folder === null || (folder !== root && !isIn(root, folder))) return null;
      const handle = await open(join(folder, basename(name)), WRITE, 0o640);
      if ((await handle.stat()).isFile()) return sinkOf(handle);
      await handle.close();
      return null;
    },
  };
}

/** Files cannot be read and made in a folder. */
export class SoundFolderError extends AppError {
  readonly code = 'SOUND_FOLDER_UNUSABLE';
}

/** A folder on disk, made where it is missing. Throws SoundFolderError where it cannot be, or cannot be written. */
export function createSoundFolder(directory: string): SoundFolder {
  const root = usableFolder(directory);
  const files = createSoundFiles(root);
  const pathOf = (name: string): string => {
    if (!isPlainName(name)) throw new RangeError(`not a name of a file: ${JSON.stringify(name)}`);
    return join(root, name);
  };
  return {
    ...files,
    list: async () => {
      const found: FolderEntry[] = [];
      for (const name of await readdir(root)) {
        const stat = isPlainName(name) ? await lstat(join(root, name)).catch(() => null) : null;
        if (stat?.isFile()) found.push({ name, bytes: stat.size, changedMs: Math.floor(stat.mtimeMs) });
      }
      return found;
    },
    update: async (name) => {
      const handle = await open(pathOf(name), constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOFOLLOW).catch(
        () => null,
      );
      return handle === null ? null : sinkOf(handle);
    },
    truncate: async (name, bytes) => truncate(pathOf(name), bytes),
    rename: async (from, to) => rename(pathOf(from), pathOf(to)),
    remove: async (name) =>
      unlink(pathOf(name)).then(
        () => true,
        () => false,
      ),
  };
}

function usableFolder(directory: string): string {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o750 });
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    return realpathSync(directory);
  } catch (thrown) {
    throw new SoundFolderError(`${directory} cannot be used: ${messageOf(thrown)}`, { cause: thrown });
  }
}

function isBelow(name: string): boolean {
  if (isAbsolute(name) || name.includes('\0')) return false;
  const parts = name.split(/[/\\]/);
  return parts.every((part) => part !== '..') && !['', '.'].includes(parts.at(-1) ?? '');
}

function isIn(root: string, path: string): boolean {
  return path.startsWith(root.endsWith(sep) ? root : root + sep);
}

async function readable(handle: FileHandle): Promise<SoundFile | null> {
  if (!(await handle.stat()).isFile()) {
    await handle.close();
    return null;
  }
  return {
    read: async (at, bytes) => {
      const buffer = new Uint8Array(bytes);
      let had = 0;
      while (had < bytes) {
        const { bytesRead } = await handle.read(buffer, had, bytes - had, at + had);
        if (bytesRead === 0) break;
        had += bytesRead;
      }
      return buffer.subarray(0, had);
    },
    close: () => handle.close(),
  };
}

function sinkOf(handle: FileHandle): SoundSink {
  return {
    write: async (at, bytes) => {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at + done);
        done += bytesWritten;
      }
    },
    close: () => handle.close(),
  };
}
