import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codecs } from '../../../media/codec/codec.js';
import { freePort } from '../../support/gateway-process.js';
import type { Gateway } from './gateway.js';
import { PeerProcess } from './peers.js';
import { freeRange } from './ports.js';
import type { Sound } from './sound.js';

export interface SippOptions {
  /** Whatever listens for SIP there. */
  readonly gateway: Pick<Gateway, 'address'>;
  /** A new folder below it holds the logs. */
  readonly directory: string;
  /** File in test/interop/sipp/, without .xml. */
  readonly scenario: string;
  readonly user?: string;
  /** The user's name unless told. */
  readonly password?: string;
  /** What is dialled. */
  readonly number?: string;
  /** Its SIP port; a free one unless told. */
  readonly port?: number;
  readonly transport?: 'udp' | 'tcp';
  /** How often the scenario is played; once unless told. */
  readonly calls?: number;
  /** Values of the scenario's own keywords. */
  readonly keys?: Readonly<Record<string, string>>;
  /** What the scenario plays: it is there as announcement.alaw. */
  readonly announcement?: Sound;
  /** How long it may take; 60 s unless told. */
  readonly limitS?: number;
  /** A final response or request that comes again is a message of the scenario. */
  readonly countsRetransmissions?: boolean;
}

const scenarios = new URL('../sipp/', import.meta.url).pathname;
const GIVE_UP_S = 60;
let runs = 0;

/** One sipp that runs one scenario once, with an echo for RTP. */
export class Sipp {
  readonly port: number;
  readonly #scenario: string;
  readonly #log: string;
  readonly #process: PeerProcess;

  private constructor(process: PeerProcess, port: number, scenario: string, log: string) {
    this.#process = process;
    this.port = port;
    this.#scenario = scenario;
    this.#log = log;
  }

  static async start(options: SippOptions): Promise<Sipp> {
    const { gateway, scenario, user = '3001', password = user, number = user, transport = 'udp', keys = {} } = options;
    const calls = String(options.calls ?? 1);
    const port = options.port ?? (await freePort());
    runs += 1;
    const directory = join(options.directory, `sipp-${runs}-${scenario}`);
    mkdirSync(directory);
    if (options.announcement !== undefined) {
      writeFileSync(join(directory, 'announcement.alaw'), alaw(options.announcement.pcm));
    }
    const log = join(directory, 'messages.log');
    const process = new PeerProcess(
      'sipp',
      [
        ...[
          '-sf',
          join(scenarios, `${scenario}.xml`),
          '-m',
          calls,
          '-l',
          calls,
          '-nostdin',
          '-nd',
          '-default_behaviors',
          'all',
        ],
        ...['-i', '127.0.0.1', '-p', String(port), '-cp', String(await freePort())],
        ...[
          '-mi',
          '127.0.0.1',
          '-mp',
          String(await freeRange(4)),
          '-rtp_echo',
          '-t',
          transport === 'tcp' ? 't1' : 'u1',
        ],
        ...['-s', number, '-au', user, '-ap', password, '-key', 'user', user, '-key', 'secret', password],
        ...Object.entries(keys).flatMap(([name, value]) => ['-key', name, value]),
        ...['-trace_msg', '-message_file', log, '-timeout', `${options.limitS ?? GIVE_UP_S}s`, '-timeout_error'],
        ...(options.countsRetransmissions === true ? ['-nr'] : []),
        gateway.address,
      ],
      { cwd: directory },
    );
    return new Sipp(process, port, scenario, log);
  }

  /** Waits for its end; throws with its output and the messages unless all went as in the scenario. */
  async finished(): Promise<void> {
    const { code, output } = await this.#process.ended;
    if (code === 0) return;
    throw new Error(`sipp ${this.#scenario} ended with ${code}:\n${output}\n${this.messages()}`);
  }

  /** Everything it sent and received. */
  messages(): string {
    try {
      return readFileSync(this.#log, 'utf8');
    } catch {
      return '(no messages)';
    }
  }

  async close(): Promise<void> {
    await this.#process.stop('SIGKILL');
  }
}

function alaw(pcm: Int16Array): Uint8Array {
  const out = new Uint8Array(pcm.length);
  codecs.pcma.createEncoder().encode(pcm, 0, pcm.length, out, 0);
  return out;
}
