import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { UdpBackendChoice } from '../base/batched-network.js';
import { messageOf } from '../base/errors.js';
import type { HostEvent, HostPort } from './protocol.js';

export interface ProcessHostOptions {
  /** Old generation of one process, in MB: what it may take before it is ended, alone; 256 unless told. */
  readonly maxOldGenerationSizeMb?: number;
  /** What carries its packets; `dgram` unless told. */
  readonly mediaBackend?: UdpBackendChoice;
}

/** A semi-space, of which V8 has up to three: as much young generation as a media thread has. */
const SEMI_SPACE_MB = 16;
/** Standard error that is kept to tell why a process ended; the last of it counts. */
const MAX_OUTPUT_CHARS = 8192;
/** Of one log line. */
const MAX_LINE_CHARS = 2000;

/**
 * A media host in a process of its own, started from dist/rooms/host-process.js: not even a native fault of it reaches
 * us. It gets our messages over an IPC channel and nothing else: no environment (which may hold secrets), no flags of
 * ours. What it writes to standard error, which is V8 and Node alone, becomes log lines.
 */
export function createProcessHost(options: ProcessHostOptions = {}): HostPort {
  const backend = options.mediaBackend ?? 'dgram';
  const child = fork(fileURLToPath(new URL('./host-process.js', import.meta.url)), [backend], {
    serialization: 'advanced',
    env: {},
    execArgv: [
      `--max-old-space-size=${options.maxOldGenerationSizeMb ?? 256}`,
      `--max-semi-space-size=${SEMI_SPACE_MB}`,
    ],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const eventListeners: ((event: HostEvent) => void)[] = [];
  const exitListeners: ((reason: string) => void)[] = [];
  let reason: string | null = null;
  let output = '';
  let closed = false;
  let gone = false;

  const deliver = (event: HostEvent): void => {
    for (const listener of eventListeners) listener(event);
  };
  const exit = (why: string): void => {
    if (gone) return;
    gone = true;
    if (closed) return;
    for (const listener of exitListeners) listener(reason ?? why);
  };

  child.on('message', (message) => {
    const event = message as HostEvent;
    if (event.type === 'closed') closed = true;
    if (event.type === 'failed') reason ??= event.reason;
    deliver(event);
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-MAX_OUTPUT_CHARS);
    deliver({
      type: 'log',
      level: 'warn',
      event: 'media-host.output',
      fields: { pid: child.pid, text: text.slice(0, MAX_LINE_CHARS) },
    });
  });
  // A process that could not be started has no exit; every other fault of a running one is followed by it.
  child.on('error', (error) => {
    if (child.pid === undefined) exit(`media host process cannot be started: ${messageOf(error)}`);
  });
  // After the last message, and the last word on standard error.
  child.on('close', (code, signal) => exit(describe(code, signal, output)));

  return {
    post: (command) => {
      // A process that is gone takes nothing; that it is gone is told by its exit.
      if (child.connected) child.send(command, () => undefined);
    },
    onEvent: (listener) => {
      eventListeners.push(listener);
    },
    onExit: (listener) => {
      exitListeners.push(listener);
    },
    kill: (why) => {
      reason ??= why;
      child.kill('SIGKILL');
    },
  };
}

function describe(code: number | null, signal: NodeJS.Signals | null, output: string): string {
  const fatal = /^.*(?:fatal (?:error:|\w+ OOM)|Error: ).*$/im.exec(output)?.[0].trim().slice(0, MAX_LINE_CHARS);
  const end = signal === null ? `with code ${code}` : `by ${signal}`;
  return `media host process ended ${end}${fatal === undefined ? '' : `: ${fatal}`}`;
}
