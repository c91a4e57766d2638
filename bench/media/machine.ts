import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, setPriority, totalmem } from 'node:os';
import { janusVersion } from './servers/janus.js';
import { projectrtpVersion } from './servers/projectrtp-install.js';

function firstLine(command: string, ...given: string[]): string {
  try {
    return (
      execFileSync(command, given, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
        .trim()
        .split('\n')[0] ?? ''
    );
  } catch {
    return 'none';
  }
}

/**
 * The bench and all that it starts go before other work on the machine, servers alike, where that is allowed: other
 * programs cost a starved server its schedule, and a mixer that skips beats looks cheap. The wire goes before the servers.
 */
export function takePriority(): void {
  try {
    setPriority(-10);
  } catch {
    // Only root may.
  }
}

/** What the figures depend on. */
export function describeMachine(wireKind: 'c' | 'node'): string[] {
  const hardware = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, load before the start ${loadavg()[0]?.toFixed(1)}`;
  const commit = firstLine('git', 'rev-parse', '--short', 'HEAD');
  const software = `Hookline ${commit}, Node ${process.version}, Janus ${janusVersion() ?? 'none'}, projectrtp ${projectrtpVersion}, ${firstLine('cc', '--version')}`;
  const load =
    wireKind === 'c' ? 'bench/media/c/endpoints.c, arrivals timed by the kernel' : 'bench/media/endpoints-node.ts';
  return [hardware, software, `load generator on the same cores: ${load}`];
}
