import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { missingLine } from './answers.js';

const PATIENCE_MS = 25_000;

/** A terminal in which somebody runs one program after the other: keys in, text out. */
export class Terminal {
  readonly #start: (command: string) => ChildProcess;
  #child: ChildProcess | null = null;
  #ended: Promise<void> = Promise.resolve();
  #isOver = true;
  #output = '';

  constructor(cwd: string, env: NodeJS.ProcessEnv) {
    // A process group of its own, because Ctrl-C goes to all that a terminal runs.
    this.#start = (command) => spawn('bash', ['-c', command], { cwd, env, detached: true });
  }

  /** Text printed since the program was started or typed into. */
  get output(): string {
    return this.#output;
  }

  async run(command: string): Promise<void> {
    await this.interrupt();
    const child = this.#start(command);
    this.#output = '';
    this.#isOver = false;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        // Escape sequences of colours; a carriage return begins a new line for us.
        // biome-ignore lint/suspicious/noControlCharactersInRegex: ESC is what begins them
        this.#output += text.replace(/\u001b\[[\d;]*m/g, '').replace(/\r/g, '\n');
      });
    }
    this.#ended = new Promise((resolve) => {
      child.on('close', () => {
        this.#isOver = true;
        resolve();
      });
    });
    this.#child = child;
  }

  type(text: string): void {
    this.#output = '';
    this.#child?.stdin?.write(text);
  }

  /** Resolves when the lines are there; rejects when they do not come, or cannot any more. */
  async prints(lines: string): Promise<void> {
    for (let waitedMs = 0; ; waitedMs += 50) {
      const missing = missingLine(lines, this.#output);
      if (missing === null) return;
      if (waitedMs > PATIENCE_MS || this.#isOver) throw new Error(`no line "${missing}" in:\n${this.#output}`);
      await sleep(50);
    }
  }

  /** Ctrl-C, and waits for the end. */
  async interrupt(): Promise<void> {
    if (this.#isOver) return;
    this.#kill('SIGINT');
    const late = new AbortController();
    const patience = sleep(PATIENCE_MS, 'late', { signal: late.signal }).catch(() => 'ended');
    const how = await Promise.race([patience, this.#ended]);
    late.abort();
    if (how === 'late') throw new Error(`does not end after Ctrl-C:\n${this.#output}`);
  }

  /** Ends it, whatever state it is in. */
  async kill(): Promise<void> {
    if (!this.#isOver) this.#kill('SIGKILL');
    await this.#ended;
  }

  #kill(signal: NodeJS.Signals): void {
    const pid = this.#child?.pid;
    try {
      if (pid !== undefined) process.kill(-pid, signal);
    } catch {
      // It has just ended.
    }
  }
}
