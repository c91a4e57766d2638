import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { rootDir } from '../../support/dist.js';
import { eventually } from '../../support/eventually.js';
import { freePort, rtpBase } from '../../support/gateway-process.js';
import { Program } from '../../support/program.js';
import type { Baresip } from './baresip.js';
import type { Linphone } from './linphone.js';
import { type Sound, tone } from './sound.js';
import { Stage } from './stage.js';

const HOST = '127.0.0.1';
/** A busy machine is late, and would refuse calls for it. */
const PATIENT = ['--max-lateness-ms', '0'];
/** What phones on hold hear, from the directory of the sounds. */
export const MOH_HZ = 700;

/** project-sip and project-rtp, or one hookline that is both; the script is always a process of its own. */
export type Arrangement = 'three processes' | 'one gateway and the script';

/**
 * SIP server, RTP server and a control script, HTTP between them on ports of their own, and
 * phones that are not ours around them.
 */
export class MediaswitchStage {
  readonly stage = new Stage();
  /** HTTP of the three servers. */
  readonly ports: { readonly sip: number; readonly us: number; readonly rtp: number };
  /** Where phones find the SIP server. */
  readonly sip: string;
  readonly #rtpPorts: readonly string[];
  #rtpServer: Program | null = null;
  #script: ChildProcess | null = null;
  #scriptFile = '';
  /** Everything the script has printed since it was started. */
  output = '';

  private constructor(ports: MediaswitchStage['ports'], sip: string) {
    this.ports = ports;
    this.sip = sip;
    const from = rtpBase();
    tone(this.stage.directory, MOH_HZ, 10);
    this.#rtpPorts = ['--rtp-ports', `${from}-${from + 99}`];
  }

  /** @param script  of the repository; resolves when all of it runs */
  static async start(script: string, arrangement: Arrangement): Promise<MediaswitchStage> {
    const ports = { sip: await freePort(), us: await freePort(), rtp: await freePort() };
    const stage = new MediaswitchStage(ports, `${HOST}:${await freePort()}`);
    try {
      await stage.#start(script, arrangement);
    } catch (error) {
      await stage.close();
      throw error;
    }
    return stage;
  }

  async #start(script: string, arrangement: Arrangement): Promise<void> {
    this.#scriptFile = join(rootDir, script);
    const { sip, rtp } = this.ports;
    if (arrangement === 'three processes') {
      const flags = ['--fg', '--cp', String(sip), '--sip-listen', this.sip, '--pa', HOST];
      await this.#run('project-sip', [...flags, ...PATIENT, '--data-dir', ':memory:', '--media-workers', '0']);
      await this.startRtpServer();
    } else {
      await this.#run('main', [
        ...['--sip-listen', this.sip, '--mediaswitch-listen', `${HOST}:${sip}`, '--http-listen', `${HOST}:0`],
        ...['--rtp-http-listen', `${HOST}:${rtp}`, '--sounds', this.stage.directory, ...this.#rtpPorts],
        ...['--hook-url', 'off', '--data-dir', ':memory:', ...PATIENT],
      ]);
    }
    this.startScript();
    await eventually('the script listens', () => this.calls().catch(() => null));
  }

  async #run(name: 'main' | 'project-sip' | 'project-rtp', args: readonly string[]): Promise<Program> {
    const program = new Program(`gateway/${name}.js`, args);
    this.stage.onClose(() => program.kill());
    await program.event('ready');
    return program;
  }

  async startRtpServer(): Promise<void> {
    const flags = ['--fg', '--port', String(this.ports.rtp), '--pa', HOST, '--chroot', this.stage.directory];
    this.#rtpServer = await this.#run('project-rtp', [...flags, ...this.#rtpPorts, '--maxworker', '1', ...PATIENT]);
  }

  async killRtpServer(): Promise<void> {
    await this.#rtpServer?.kill();
  }

  startScript(): void {
    this.output = '';
    const args = ['-r', join(rootDir, 'test/support/control-ports.cjs'), this.#scriptFile];
    const { sip, us, rtp } = this.ports;
    const env = { ...process.env, CONTROL_PORTS: `${sip},${us},${rtp}` };
    const child = spawn(process.execPath, args, { cwd: rootDir, env, stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.output += text;
    });
    this.stage.onClose(async () => child.kill('SIGKILL'));
    this.#script = child;
  }

  killScript(): void {
    this.#script?.kill('SIGKILL');
  }

  /** Waits until the script has printed that line so many times. */
  async prints(line: string, times = 1): Promise<void> {
    const count = (): number => this.output.split('\n').filter((each) => each === line).length;
    await eventually(`the script prints ${line}`, () => count() >= times).catch((error: Error) => {
      throw new Error(`${error.message}, not only:\n${this.output}`);
    });
  }

  async #json(port: number, path: string): Promise<unknown> {
    return (await fetch(`http://${HOST}:${port}${path}`)).json();
  }

  put(path: string, body: unknown): Promise<Response> {
    return fetch(`http://${HOST}:${this.ports.sip}${path}`, { method: 'PUT', body: JSON.stringify(body) });
  }

  /** Call-IDs of the script. */
  async calls(): Promise<string[]> {
    return (await this.#json(this.ports.us, '/calls')) as string[];
  }

  async dialogs(): Promise<number> {
    return ((await this.#json(this.ports.sip, '/dialog')) as { count: number }).count;
  }

  async channels(): Promise<number> {
    const text = await (await fetch(`http://${HOST}:${this.ports.rtp}/metrics`)).text();
    return Number(/^hookline_rtp_channels (\d+)$/m.exec(text)?.[1]);
  }

  /** Waits until there is no call anywhere, and no channel. */
  async idle(): Promise<void> {
    await eventually('no call is left at the script', async () => (await this.calls()).length === 0);
    await eventually('no dialog is left', async () => (await this.dialogs()) === 0);
    await eventually('no channel is left', async () => (await this.channels()) === 0);
  }

  /** Users of the control script, all of whose numbers are names. */
  baresip(user: string, domain = HOST, password = `secret-${user}`): Promise<Baresip> {
    return this.stage.baresip({
      ...{ gateway: { address: this.sip }, user, password, codec: 'PCMA', registerEveryS: 3600 },
      ...(domain !== HOST && { domain }),
    });
  }

  linphone(user: string, sound: Sound): Promise<Linphone> {
    const gateway = { address: this.sip };
    return this.stage.linphone({
      ...{ gateway, user, sound, password: `secret-${user}`, realm: HOST, registerEveryS: 3600 },
    });
  }

  close(): Promise<void> {
    return this.stage.close();
  }
}
