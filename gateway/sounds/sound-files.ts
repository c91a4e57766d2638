import { constants, realpathSync } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, sep } from 'node:path';

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
