import { type ChildProcess, spawn, spawnSync } from 'node:child_process';

/** Programs of other people: command → Debian package. */
const packages = {
  baresip: 'baresip-core',
  linphonec: 'linphone-cli',
  sipp: 'sip-tester',
  sox: 'sox',
  'espeak-ng': 'espeak-ng',
  ffmpeg: 'ffmpeg',
  kamailio: 'kamailio',
  sipsak: 'sipsak',
  chromium: 'chromium',
  'multimon-ng': 'multimon-ng',
  turnserver: 'coturn',
} as const;

/** Servers are not on everybody's path. */
const searchPath = `${process.env.PATH}:/usr/sbin:/sbin`;

export type PeerName = keyof typeof packages;

/** Throws with the command that installs them when a peer is missing: a test without its peer fails. */
export function requirePeers(...names: readonly PeerName[]): void {
  const missing = names.filter(
    (name) => spawnSync('sh', ['-c', `command -v ${name}`], { env: { ...process.env, PATH: searchPath } }).status !== 0,
  );
  if (missing.length === 0) return;
  const wanted = missing.map((name) => packages[name]).join(' ');
  throw new Error(`${missing.join(', ')} is not installed: sudo apt-get install -y ${wanted}`);
}

export interface PeerOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface PeerEnd {
  readonly code: number | null;
  readonly output: string;
}

/** One running program of somebody else. Only this very process is ever signalled. */
export class PeerProcess {
  readonly ended: Promise<PeerEnd>;
  /** Both streams, as they came. */
  output = '';
  isOver = false;
  readonly #child: ChildProcess;

  constructor(name: PeerName, args: readonly string[], { cwd, env }: PeerOptions = {}) {
    requirePeers(name);
    this.#child = spawn(name, args, {
      cwd,
      env: { ...process.env, PATH: searchPath, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const hear = (text: string): void => {
      this.output += text;
    };
    this.#child.stdout?.setEncoding('latin1').on('data', hear);
    this.#child.stderr?.setEncoding('latin1').on('data', hear);
    this.#child.stdin?.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      this.#child.on('close', (code) => {
        this.isOver = true;
        resolve({ code, output: this.output });
      });
    });
  }

  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Asks it to end, and after `graceMs` makes it. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', graceMs = 3000): Promise<PeerEnd> {
    if (!this.isOver) this.#child.kill(signal);
    const force = setTimeout(() => this.#child.kill('SIGKILL'), graceMs);
    const end = await this.ended;
    clearTimeout(force);
    return end;
  }
}

/** Runs a program that ends by itself; throws with its output when it fails or takes longer than the deadline. */
export async function runPeer(name: PeerName, args: readonly string[], deadlineMs = 60_000): Promise<string> {
  const peer = new PeerProcess(name, args);
  const late = setTimeout(() => void peer.stop('SIGKILL'), deadlineMs);
  const { code, output } = await peer.ended;
  clearTimeout(late);
  if (code !== 0) throw new Error(`${name} ${args.join(' ')} ended with ${code}:\n${output}`);
  return output;
}
