import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type CapturedPacket, readCapture, type WirePlan, type WireResult, writePlan } from './wire-files.js';

/** From dist/bench/media to the sources in C, which are not compiled into dist. */
const sources = new URL('../../../bench/media/c/', import.meta.url).pathname;
const address = '127.0.0.1';

export interface Heard {
  readonly result: WireResult;
  readonly packets: Map<number, CapturedPacket[]>;
}

/** N endpoints in a process of their own, see wire-files.ts. */
export interface Wire {
  readonly pid: number;
  readonly ports: readonly number[];
  /** @param onMeasuring the warm-up is over @param onMeasured the last packet left */
  run(plan: WirePlan, onMeasuring: () => void, onMeasured: () => void): Promise<Heard>;
  /** Ends a run that measures before its time. */
  finish(): void;
  stop(): Promise<void>;
}

let folder: string | null = null;

/** Where compiled programs and plans are, for the life of this process. */
export function workFolder(): string {
  if (folder === null) {
    const made = mkdtempSync(join(tmpdir(), 'hookline-media-bench-'));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  return folder;
}

/** A program of bench/media/c, compiled once; null where there is no compiler that takes it. */
export function compiled(name: 'endpoints' | 'reflector'): string | null {
  const program = join(workFolder(), name);
  if (existsSync(program)) return program;
  const compiler = process.env.CC ?? 'cc';
  const { status } = spawnSync(compiler, ['-O2', '-o', program, join(sources, `${name}.c`)], { stdio: 'ignore' });
  return status === 0 ? program : null;
}

/** A child's lines, one after the other; rejects when it ends instead. */
export class Lines {
  readonly #child: ChildProcess;
  readonly #waiting: string[] = [];
  #ask: { resolve(line: string): void; reject(error: Error): void } | null = null;

  constructor(child: ChildProcess) {
    this.#child = child;
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const ask = this.#ask;
      this.#ask = null;
      if (ask === null) this.#waiting.push(line);
      else ask.resolve(line);
    });
    child.once('exit', () => this.#ask?.reject(new Error(`${child.spawnfile} ended`)));
  }

  next(): Promise<string> {
    const line = this.#waiting.shift();
    if (line !== undefined) return Promise.resolve(line);
    if (this.#child.exitCode !== null) return Promise.reject(new Error(`${this.#child.spawnfile} ended`));
    return new Promise((resolve, reject) => {
      this.#ask = { resolve, reject };
    });
  }
}

export async function startWire(count: number, kind: 'c' | 'node'): Promise<Wire> {
  const program = kind === 'c' ? compiled('endpoints') : null;
  const command = program ?? process.execPath;
  const script = program === null ? [new URL('./endpoints-node.js', import.meta.url).pathname] : [];
  const child = spawn(command, [...script, String(count), address], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const lines = new Lines(child);
  const ports = (await lines.next()).split(' ').slice(1).map(Number);

  const run: Wire['run'] = async (plan, onMeasuring, onMeasured) => {
    const prefix = join(workFolder(), `run-${child.pid}`);
    writeFileSync(`${prefix}.plan`, writePlan(plan));
    child.stdin.write(`run ${prefix}.plan ${prefix}\n`);
    await lines.next();
    onMeasuring();
    await lines.next();
    onMeasured();
    await lines.next();
    const result = JSON.parse(readFileSync(`${prefix}.json`, 'utf8')) as WireResult;
    const packets = readCapture(readFileSync(`${prefix}.capture`));
    for (const end of ['plan', 'json', 'capture']) rmSync(`${prefix}.${end}`);
    return { result, packets };
  };
  const stop = async (): Promise<void> => {
    child.stdin.end();
    child.kill('SIGKILL');
    await ended;
  };
  const finish = (): void => void child.stdin.write('finish\n');
  return { pid: child.pid ?? 0, ports, run, finish, stop };
}
