import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rootDir } from '../dist.js';
import { hear, isAbsent, isWhole } from '../hearing.js';
import { readRecording } from '../wav-file.js';
import { difference, missingLine } from './answers.js';
import { type Block, blocksOf } from './blocks.js';
import { Ports } from './free-ports.js';
import { Terminal } from './terminal.js';
import { joinAsVisitor } from './visitor.js';

/** What of the clone is not the user's own: its data, and what git and the tests keep. */
const notOurs = new Set(['.git', 'data', 'test-output', 'coverage']);

/**
 * One reader who types a document's examples from top to bottom, in a folder that looks like a clone. Only ports are
 * replaced. After a step that failed no other is tried.
 */
export class Session {
  readonly #directory: string;
  readonly #ports: Ports;
  readonly #env: NodeJS.ProcessEnv;
  readonly #terminals = new Map<string, Terminal>();
  #last: { readonly command: string; readonly eventually: boolean; output: string } | null = null;
  #failedAt: string | null = null;

  private constructor(directory: string, ports: Ports) {
    this.#directory = directory;
    this.#ports = ports;
    const inherited = Object.entries(process.env).filter(([name]) => !/^(?:HOOKLINE_|VITEST|NODE_ENV)/.test(name));
    this.#env = { ...Object.fromEntries(inherited), ...ports.variables };
  }

  static async begin(): Promise<Session> {
    const directory = mkdtempSync(join(tmpdir(), 'hookline-documents-'));
    for (const name of readdirSync(rootDir)) {
      if (!notOurs.has(name)) symlinkSync(join(rootDir, name), join(directory, name));
    }
    return new Session(directory, await Ports.find());
  }

  async end(): Promise<void> {
    for (const terminal of this.#terminals.values()) await terminal.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Does what the block says and checks what it shows. Throws what is wrong. */
  async step(block: Block): Promise<void> {
    if (this.#failedAt !== null) throw new Error(`${this.#failedAt} failed before`);
    this.#failedAt = block.at;
    await this.#do(block);
    this.#failedAt = null;
  }

  async #do({ words, text: given }: Block): Promise<void> {
    const text = this.#ports.in(given);
    const value = (word: string): string => words.get(word) ?? '';
    if (words.has('run')) this.#run(text, words.has('eventually'));
    else if (words.has('terminal')) await this.#terminal(value('terminal')).run(text);
    else if (words.has('type')) await this.#type(value('type').split(','), text, value('after'));
    else if (words.has('prints')) await this.#terminal(value('prints')).prints(text);
    else if (words.has('answer')) await this.#answer(text);
    else if (words.has('file')) writeFileSync(join(this.#directory, value('file')), text);
    else if (words.has('append')) appendFileSync(join(this.#directory, value('append')), text);
    else if (words.has('fixture')) await this.#phones(value('fixture').split(' ').slice(1));
    else if (words.has('heard')) this.#heard(value('heard'));
    else if (words.has('joined')) await joinAsVisitor(this.#ports.in(value('joined')));
    else throw new Error('nothing is known about this block');
  }

  #terminal(name: string): Terminal {
    const terminal = this.#terminals.get(name) ?? new Terminal(this.#directory, this.#env);
    this.#terminals.set(name, terminal);
    return terminal;
  }

  #run(command: string, eventually: boolean): void {
    const done = spawnSync('bash', ['-euo', 'pipefail', '-c', command], {
      cwd: this.#directory,
      env: this.#env,
      encoding: 'utf8',
      timeout: 50_000,
    });
    if (done.status !== 0) throw new Error(`exit code ${done.status}:\n${done.stdout}${done.stderr}`);
    this.#last = { command, eventually, output: done.stdout };
  }

  async #type(names: readonly string[], text: string, after: string): Promise<void> {
    if (after !== '') await sleep(Number(after.replace(/s$/, '')) * 1000);
    for (const name of names) {
      const terminal = this.#terminal(name);
      if (text.trim() === 'Ctrl-C') await terminal.interrupt();
      else terminal.type(text);
    }
  }

  async #answer(shown: string): Promise<void> {
    const last = this.#last;
    if (last === null) throw new Error('nothing was run');
    for (let tries = 1; ; tries += 1) {
      const wrong = wrongIn(shown, last.output);
      if (wrong === null) return;
      if (!last.eventually || tries > 300) throw new Error(`${wrong}\n${last.output}`);
      await sleep(100);
      this.#run(last.command, true);
      last.output = this.#last?.output ?? '';
    }
  }

  /** The README's phones, made by its own lines. */
  async #phones(names: readonly string[]): Promise<void> {
    const maker = blocksOf('README.md').find(({ text }) => text.startsWith('phone() {'));
    this.#run(this.#ports.in(maker?.text ?? 'false'), false);
    for (const name of names) {
      await this.#terminal(name).run(`baresip -f phones/${name}`);
      await this.#terminal(name).prints(`${name}@127.0.0.1: {0/UDP/v4} 200 OK (Hookline) [1 binding]`);
    }
  }

  /** `1001 hears 1002 1003 not 1001`, in the newest recording of 1001. */
  #heard(claim: string): void {
    const [listener = '', , ...others] = claim.split(' ');
    const folder = join(this.#directory, 'phones', listener);
    const newest = readdirSync(folder)
      .filter((file) => file.endsWith('-dec.wav'))
      .sort()
      .at(-1);
    const recording = readRecording(join(folder, newest ?? 'no recording'));
    const border = others.indexOf('not');
    for (const [index, voice] of others.entries()) {
      if (index === border) continue;
      const heard = hear(recording, this.#sentence(voice));
      const isMeant = border < 0 || index < border;
      const fits = isMeant ? isWhole(heard) : isAbsent(heard);
      if (!fits) throw new Error(`${listener}, ${voice}: ${JSON.stringify(heard)} in ${newest}`);
    }
  }

  /** The sentence of a phone, said once, without the pauses around it. */
  #sentence(name: string): Int16Array {
    const voice = readRecording(join(this.#directory, 'phones', name, 'voice.wav'));
    return voice.subarray(8000, voice.length / 100 - 8000);
  }
}

function wrongIn(shown: string, output: string): string | null {
  if (!/^\s*[{[]"|^\s*\{\n/.test(shown)) {
    const missing = missingLine(shown, output);
    return missing === null ? null : `no line "${missing}"`;
  }
  try {
    return difference(JSON.parse(shown), JSON.parse(output));
  } catch {
    return 'the answer is no JSON';
  }
}
