import type { SocketAddress } from '../../../base/network.js';
import { eventually } from '../../support/eventually.js';
import { GatewayProcess } from '../../support/gateway-process.js';

/** The realm that every client is told. */
export const realm = 'hookline.test';

export interface CallRow {
  readonly session_id: string;
  readonly direction: 'in' | 'out';
  readonly room_id: string;
  readonly peer_id: string;
  readonly to_number: string;
  readonly state: string;
  readonly codec: string | null;
}

/** How many legs were answered, and how many ended in each way. */
export interface Outcome {
  readonly answered: number;
  readonly rejected: number;
  readonly canceled: number;
  readonly failed: number;
  readonly ended: number;
}

const nothing: Outcome = { answered: 0, rejected: 0, canceled: 0, failed: 0, ended: 0 };

/** The built gateway with its embedded hook server, which can be stopped and started again on the same data. */
export class Gateway {
  #process: GatewayProcess;
  #told: Outcome = nothing;
  readonly #dataDir: string;
  readonly #args: readonly string[];

  private constructor(process: GatewayProcess, dataDir: string, args: readonly string[]) {
    this.#process = process;
    this.#dataDir = dataDir;
    this.#args = args;
  }

  /** @param dataDir  whoever made it removes it */
  static async start(dataDir: string, more: readonly string[]): Promise<Gateway> {
    const args = ['--realm', realm, '--drain-ms', '0', '--log-level', 'debug', ...more];
    return new Gateway(await GatewayProcess.start({ dataDir, args }), dataDir, args);
  }

  /** `127.0.0.1:port`, where SIP goes. */
  get address(): string {
    const { address, port } = this.#process.sip;
    return `${address}:${port}`;
  }

  /** `http://127.0.0.1:port`. */
  get apiUrl(): string {
    return this.#process.apiUrl;
  }

  /** What it says to whoever started it. */
  get printed(): string {
    return this.#process.program.stdout;
  }

  get sipPort(): number {
    return this.#process.sip.port;
  }

  /** Of its HTTP listener. */
  get url(): string {
    return this.#process.apiUrl;
  }

  /** `127.0.0.1:port` of SIP over TLS; for a gateway that was given a certificate. */
  get sipsAddress(): string {
    const [ready] = this.logged('ready') as unknown as [{ listening: (SocketAddress & { kind: string })[] }];
    const { address, port } = ready.listening.find(({ kind }) => kind === 'tls')!;
    return `${address}:${port}`;
  }

  /** SIGHUP: it reads its certificate again. */
  async reload(): Promise<void> {
    const before = this.logged('certificate.loaded').length;
    this.#process.program.signal('SIGHUP');
    await eventually('certificate.loaded', () => this.logged('certificate.loaded').length > before);
  }

  /** SIGTERM, then the same again: same SIP port, same data. */
  async restart(): Promise<void> {
    const { sipPort } = this;
    const end = await this.#process.stop();
    if (end.code !== 0) throw new Error(`the gateway ended with ${JSON.stringify(end)}`);
    await this.again(sipPort);
  }

  /** Where it was ended: the same again. */
  async again(sipPort = this.sipPort): Promise<void> {
    this.#process = await GatewayProcess.start({ dataDir: this.#dataDir, args: this.#args, sipPort });
    this.#told = nothing;
  }

  /** To its process: SIGSTOP and SIGCONT let nothing of it answer for a while. */
  signal(signal: NodeJS.Signals): void {
    this.#process.program.signal(signal);
  }

  kill(): Promise<void> {
    return this.#process.program.kill();
  }

  async api(method: string, path: string, body?: object): Promise<unknown> {
    const headers = { 'content-type': 'application/json' };
    const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) };
    const response = await fetch(this.#process.apiUrl + path, init);
    const envelope = (await response.json()) as { status: boolean; data?: unknown };
    if (!envelope.status) throw new Error(`${method} ${path}: ${JSON.stringify(envelope)}`);
    return envelope.data;
  }

  async calls(): Promise<readonly CallRow[]> {
    return (await this.api('GET', '/sip/calls')) as CallRow[];
  }

  metrics(): Promise<Readonly<Record<string, number>>> {
    return this.#process.metrics();
  }

  logged(event: string): readonly Readonly<Record<string, unknown>>[] {
    return this.#process.logged(event);
  }

  /** Waits until exactly so many legs are up, all of them answered. */
  connected(count: number): Promise<readonly CallRow[]> {
    return eventually(`${count} legs connected`, async () => {
      const calls = await this.calls();
      return calls.length === count && calls.every(({ state }) => state === 'Connected') && calls;
    });
  }

  /** Waits until no call, room, port or dialog is left, and says what became of the calls since the last time. */
  async outcome(): Promise<Outcome> {
    await this.#isLeft((name) => name !== 'sip_transactions');
    const metrics = await this.metrics();
    const total = (what: string): number => metrics[`calls_${what}_total`] ?? Number.NaN;
    const now = {
      answered: total('answered'),
      rejected: total('rejected'),
      canceled: total('canceled'),
      failed: total('failed'),
      ended: total('ended'),
    };
    const before = this.#told;
    this.#told = now;
    return {
      answered: now.answered - before.answered,
      rejected: now.rejected - before.rejected,
      canceled: now.canceled - before.canceled,
      failed: now.failed - before.failed,
      ended: now.ended - before.ended,
    };
  }

  /** Waits for all of it: finished transactions stay for 32 s to answer what is resent. */
  async empty(): Promise<void> {
    await this.#isLeft(() => true);
  }

  #isLeft(counts: (registry: string) => boolean): Promise<unknown> {
    return eventually('nothing left in the gateway', async () => {
      return Object.keys(await this.#process.leftovers()).filter(counts).length === 0;
    });
  }
}
