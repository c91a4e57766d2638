import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, mkdtempSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gatewaySettings } from '../servers/gateway.js';
import { kamailioConfig } from '../servers/kamailio.js';
import type { ServerFigures } from '../servers/users.js';

/** A server under test, in a process of its own. */
export interface Server {
  readonly port: number;
  figures(): Promise<ServerFigures>;
  stop(): Promise<void>;
}

/** Clock ticks of /proc/<pid>/stat. */
const TICKS_PER_S = existsSync('/proc') ? Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })) : 100;

/** A UDP port nobody has now. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

function cpuOf(pid: number): Pick<ServerFigures, 'userUs' | 'systemUs'> {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const usOf = (ticks: string | undefined): number => (Number(ticks) / TICKS_PER_S) * 1e6;
  return { userUs: usOf(fields[11]), systemUs: usOf(fields[12]) };
}

function rssOf(pid: number): number {
  const [, kilobytes = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

/** The process and its children. */
function familyOf(pid: number): number[] {
  const family = [pid];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid) family.push(Number(name));
    } catch {
      // It ended while we looked.
    }
  }
  return family;
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

/** One of bench/servers, which tells its port and its figures over IPC. */
export async function startNode(file: string, nodeArguments: readonly string[] = []): Promise<Server> {
  const child = fork(file, [String(await freePort())], { execArgv: ['--expose-gc', ...nodeArguments] });
  const heard = <T>(): Promise<T> =>
    new Promise((resolve, reject) => {
      const gone = (): void => reject(new Error(`${file} ended`));
      child.once('exit', gone);
      child.once('message', (message) => {
        child.off('exit', gone);
        resolve(message as T);
      });
    });
  const { port } = await heard<{ port: number }>();
  const figures = async (): Promise<ServerFigures> => {
    const asked = heard<ServerFigures>();
    child.send('figures');
    const told = await asked;
    return existsSync('/proc') ? { ...told, ...cpuOf(child.pid ?? 0) } : told;
  };
  const stop = async (): Promise<void> => {
    // SIGTERM, so that a server under --cpu-prof writes its profile at `disconnect`.
    child.disconnect();
    await ended(child);
  };
  return { port, figures, stop };
}

/** The built gateway as its users run it. */
export async function startGateway(nodeArguments: readonly string[] = []): Promise<Server> {
  const port = await freePort();
  const httpPort = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'bench-gateway-'));
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify(gatewaySettings(port, httpPort)));
  const main = new URL('../../gateway/main.js', import.meta.url).pathname;
  const output = openSync(join(folder, 'log'), 'w');
  const child = spawn(process.execPath, [...nodeArguments, main, '--config', config], {
    stdio: ['ignore', output, output],
  });
  for (let asked = 0; !(await isReady(httpPort)); asked += 1) {
    if (child.exitCode !== null || asked > 100) {
      throw new Error(`the gateway did not start: ${readFileSync(join(folder, 'log'), 'utf8')}`);
    }
    await sleep(100);
  }
  return runningServer(child, port);
}

async function isReady(httpPort: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${httpPort}/ready`)).ok;
  } catch {
    return false;
  }
}

/** Whose figures are those of its process and of that one's children. */
function runningServer(child: ChildProcess, port: number): Server {
  const figures = (): Promise<ServerFigures> => {
    const family = familyOf(child.pid ?? 0);
    const sum = (of: (pid: number) => number): number => family.reduce((total, pid) => total + of(pid), 0);
    return Promise.resolve({
      userUs: sum((pid) => cpuOf(pid).userUs),
      systemUs: sum((pid) => cpuOf(pid).systemUs),
      rssBytes: sum(rssOf),
      heapBytes: 0,
    });
  };
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended(child);
  };
  return { port, figures, stop };
}

export async function startKamailio(): Promise<Server> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'bench-kamailio-'));
  const config = join(folder, 'kamailio.cfg');
  writeFileSync(config, kamailioConfig(port));
  const child = spawn('kamailio', ['-DD', '-m', '256', '-M', '16', '-Y', folder, '-f', config], {
    stdio: 'ignore',
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  await sleep(1500);
  if (child.exitCode !== null) throw new Error(`kamailio ended; see kamailio -c -f ${config}`);
  return runningServer(child, port);
}
