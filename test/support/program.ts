import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { distFile, rootDir } from './dist.js';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A built program of ours as its user runs it: flags in, two streams and an exit code out. */
export class Program {
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';
  readonly #child: ChildProcess;
  readonly #watchers = new Set<() => void>();
  #over = false;

  /**
   * @param file  below dist/, as in `gateway/main.js`, or from the root where it is a script as it stands; `variables` replace
   *   the environment's HOOKLINE_ ones
   * @param nodeFlags  flags of Node itself, such as --expose-gc
   * @param wrapper  a program and its arguments that becomes it, such as `unshare`
   */
  constructor(
    file: string,
    args: readonly string[],
    variables: Readonly<Record<string, string>> = {},
    nodeFlags: readonly string[] = [],
    wrapper: readonly string[] = [],
  ) {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('HOOKLINE_'));
    const path = file.endsWith('.mjs') ? join(rootDir, file) : distFile(file);
    const [command = process.execPath, ...rest] = [...wrapper, process.execPath, ...nodeFlags, path, ...args];
    this.#child = spawn(command, rest, {
      cwd: rootDir,
      env: { ...Object.fromEntries(inherited), ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#hear('stdout', text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#hear('stderr', text));
    this.ended = new Promise((resolve) => {
      this.#child.on('close', (code, signal) => {
        this.#over = true;
        resolve({ code, signal });
        this.#tell();
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** The JSON log lines so far. */
  get log(): readonly Readonly<Record<string, unknown>>[] {
    const lines = this.stderr.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Resolves with the first log line of that event; rejects with all output when the program ends before. */
  event(name: string): Promise<Readonly<Record<string, unknown>>> {
    return this.#until(() => this.log.find((line) => line.event === name), `event ${name}`);
  }

  /** Resolves once standard output holds the text. */
  async prints(text: string): Promise<void> {
    await this.#until(() => (this.stdout.includes(text) ? text : undefined), `text ${text}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it, whatever state it is in. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  #hear(stream: 'stdout' | 'stderr', text: string): void {
    this[stream] += text;
    this.#tell();
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher();
  }

  #until<T>(find: () => T | undefined, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = find();
        if (found === undefined && !this.#over) return;
        this.#watchers.delete(look);
        if (found !== undefined) resolve(found);
        else reject(new Error(`ended without ${what}:\n${this.stdout}\n${this.stderr}`));
      };
      this.#watchers.add(look);
      look();
    });
  }
}
