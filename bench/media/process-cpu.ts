import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_S = existsSync('/proc') ? Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })) : 100;

/** After the name, which may hold blanks and brackets. */
function statOf(pid: number | string): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

/** The process and all that it started, directly or not. */
export function treeOf(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (/^\d+$/.test(name)) parents.set(Number(name), Number(statOf(name)?.[1] ?? 0));
  }
  const tree = [root];
  for (const pid of tree) for (const [child, parent] of parents) if (parent === pid) tree.push(child);
  return tree;
}

export interface CpuTime {
  readonly userMs: number;
  readonly systemMs: number;
}

/** CPU time of a process with all its threads and children since they began, in its own code and in the kernel. */
export function cpuOf(root: number): CpuTime {
  let userMs = 0;
  let systemMs = 0;
  for (const pid of treeOf(root)) {
    const fields = statOf(pid);
    userMs += (Number(fields?.[11] ?? 0) * 1000) / TICKS_PER_S;
    systemMs += (Number(fields?.[12] ?? 0) * 1000) / TICKS_PER_S;
  }
  return { userMs, systemMs };
}

/** Resident memory of the tree, in bytes. */
export function residentOf(root: number): number {
  let bytes = 0;
  for (const pid of treeOf(root)) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      bytes += Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
    } catch {
      // It ended while we looked.
    }
  }
  return bytes;
}
