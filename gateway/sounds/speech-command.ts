import { spawn } from 'node:child_process';
import { messageOf } from '../../base/errors.js';
import { SoundSourceError } from './download.js';
import type { RunCommand } from './speech.js';

/** No setting of ours, of which some are secrets, is its business. */
const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' };
/** What is kept of a program's complaints, for the error. */
const COMPLAINT_CHARS = 500;

/** Programs of this machine, each with an argument list of its own and no shell. */
export const runCommand: RunCommand = async ({ argv, input, signal, onOutput }) => {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
    env: ENVIRONMENT,
  });
  let complaint = '';
  child.stderr.on('data', (bytes: Buffer) => {
    complaint = `${complaint}${bytes.toString('utf8')}`.slice(0, COMPLAINT_CHARS);
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  ended.catch(() => undefined);
  // A program that takes its text as an argument may have ended before it was given none.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  try {
    for await (const piece of child.stdout) await onOutput(piece as Buffer);
    const code = await ended;
    if (code !== 0) throw new Error(`${program} ended with ${code}: ${complaint.trim()}`);
  } catch (thrown) {
    child.kill('SIGKILL');
    if (thrown instanceof SoundSourceError) throw thrown;
    throw new SoundSourceError('SPEECH_FAILED', messageOf(thrown), { cause: thrown });
  }
};
