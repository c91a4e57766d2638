import { readFile, stat } from 'node:fs/promises';

/** Small text files of the system, as everything in the project reads them; tests inject their own. */
export interface Files {
  /** The text of a file, or null when there is none or it cannot be read. */
  read(path: string): Promise<string | null>;
  /** When the file was last changed, in milliseconds since the epoch; null like `read`. */
  changedMs(path: string): Promise<number | null>;
}

/** The machine's files. */
export function createRealFiles(): Files {
  return {
    read: (path) => readFile(path, 'utf8').catch(() => null),
    changedMs: (path) =>
      stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => null,
      ),
  };
}
