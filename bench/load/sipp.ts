import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PASSWORD, USERS, userName } from '../servers/users.js';
import { freePort } from './processes.js';

export interface Load {
  /** bench/scenarios/<name>.xml */
  readonly scenario: string;
  readonly port: number;
  readonly perSecond: number;
  readonly seconds: number;
  /** One user for all of them; 10,000 in turn unless told. */
  readonly user?: string;
}

/** What sipp counted. */
export interface LoadResult {
  readonly done: number;
  readonly failed: number;
  readonly retransmitted: number;
  readonly seconds: number;
}

/** Runs one scenario to its end: `perSecond × seconds` calls, each with the next of the users. */
export async function runSipp(load: Load): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-sipp-'));
  const users = join(folder, 'users.csv');
  const statistics = join(folder, 'statistics.csv');
  const names = load.user === undefined ? Array.from({ length: USERS }, (_, i) => userName(i)) : [load.user];
  const lines = names.map((name) => `${name};${authentication(name)}`);
  writeFileSync(users, `SEQUENTIAL\n${lines.join('\n')}\n`);
  const { scenario, port, perSecond, seconds } = load;
  const file = new URL(`../../../bench/scenarios/${scenario}.xml`, import.meta.url).pathname;
  const rate = ['-r', String(perSecond), '-rp', '1000', '-m', String(perSecond * seconds), '-l', '20000'];
  const where = [`127.0.0.1:${port}`, '-i', '127.0.0.1', '-p', String(await freePort())];
  const output = ['-nostdin', '-trace_stat', '-stf', statistics, '-fd', '1', '-buff_size', '4194304'];
  const began = performance.now();
  const sipp = spawn(
    'sipp',
    [...where, '-sf', file, '-inf', users, ...rate, ...output, '-timeout', `${seconds + 60}`],
    {
      stdio: 'ignore',
      cwd: folder,
    },
  );
  await new Promise((resolve, reject) => {
    sipp.once('exit', resolve);
    sipp.once('error', reject);
  });
  const took = (performance.now() - began) / 1000;
  const result = { ...readStatistics(statistics), seconds: took };
  rmSync(folder, { recursive: true, force: true });
  return result;
}

/** sipp reads keywords in a field only when they are all of it. */
function authentication(user: string): string {
  return `[authentication username=${user} password=${PASSWORD}]`;
}

function readStatistics(file: string): Omit<LoadResult, 'seconds'> {
  const [head = '', ...rows] = readFileSync(file, 'utf8').trim().split('\n');
  const names = head.split(';');
  const last = (rows.at(-1) ?? '').split(';');
  const value = (name: string): number => Number(last[names.indexOf(name)] ?? 0);
  return {
    done: value('SuccessfulCall(C)'),
    failed: value('FailedCall(C)'),
    retransmitted: value('Retransmissions(C)'),
  };
}
