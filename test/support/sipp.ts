import { spawn } from 'node:child_process';
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
    ...['-m', String(run.calls), '-r', String(run.callsPerSecond), '-l', '400'],
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
  if (code !== 0) throw new Error(`sipp ended with ${code}:\n${tail}`);
}
