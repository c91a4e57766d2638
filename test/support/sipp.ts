import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { rootDir } from './dist.js';
import { freePort, rtpBase } from './gateway-process.js';

export interface SippRun {
  /** File below test/, with path. */
  readonly scenario: string;
  readonly server: { readonly address: string; readonly port: number };
  /** User part of the Request-URI. */
  readonly user: string;
  readonly calls: number;
  readonly callsPerSecond: number;
  /** More calls wait until others are over, so that a busy machine has fewer; 400 unless told. */
  readonly atOnce?: number;
  readonly directory: string;
  /** Of sipp itself, `-t t1` for instance. */
  readonly arguments?: readonly string[];
}

/** Runs a scenario of ours with sipp; rejects with sipp's own words when a call did not go as written. */
export async function runSipp(run: SippRun): Promise<void> {
  const { server } = run;
  const port = await freePort(server.address);
  const args = [
    ...['-sf', `${rootDir}/test/${run.scenario}`, '-s', run.user],
    ...['-i', server.address, '-p', String(port), '-mp', String(rtpBase())],
    ...['-m', String(run.calls), '-r', String(run.callsPerSecond), '-l', String(run.atOnce ?? 400)],
    ...['-nostdin', '-trace_err', '-error_file', `${run.directory}/sipp-errors.log`],
    ...['-timeout', '300', '-timeout_error', ...(run.arguments ?? []), `${server.address}:${server.port}`],
  ];
  const child = spawn('sipp', args, { cwd: run.directory, stdio: ['ignore', 'pipe', 'pipe'] });
  let tail = '';
  const keep = (text: string): void => {
    tail = (tail + text).slice(-6000);
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`sipp ended with ${code}:\n${firstErrors(run.directory)}\n${tail}`);
}

/** Why the first calls were not as written. */
function firstErrors(directory: string): string {
  const file = `${directory}/sipp-errors.log`;
  if (!existsSync(file)) return '';
  const entries = readFileSync(file, 'latin1').split(/(?=\d{4}-\d\d-\d\d\t)/);
  // A repetition that came when its call was over is none.
  return entries
    .filter((entry) => !entry.includes('Dead call'))
    .slice(0, 4)
    .join('');
}
