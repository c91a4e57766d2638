import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { CodecName } from '../../../media/index.js';

/** Endpoints' ports by room. */
export type RoomPorts = readonly (readonly number[])[];

/** A leg for each endpoint. */
export interface Opened {
  /** The server's ports, in the order of the endpoints. */
  readonly ports: readonly number[];
  readonly codec: CodecName;
  readonly payloadType: number;
  readonly frameMs: number;
}

export interface ServerMemory {
  /** Heap in use after a forced collection; of the main thread. */
  readonly heapBytes: number;
  /** The same with buffers outside of the heap. */
  readonly heldBytes: number;
}

/** A server under test, in a process of its own. */
export interface MediaServer {
  readonly pid: number;
  open(rooms: RoomPorts, codec: CodecName): Promise<Opened>;
  /** After a forced collection; only of servers on Node. */
  memory?(): Promise<ServerMemory>;
  stop(): Promise<void>;
}

/** What bench and server process say to each other. */
export type Ask =
  | { readonly ask: 'open'; readonly rooms: RoomPorts; readonly codec: CodecName }
  | { readonly ask: 'memory' };

/** A server of this folder in a process of its own, which answers each Ask with one message. */
export async function startServer(
  file: string,
  given: readonly string[],
  nodeArguments: readonly string[] = [],
): Promise<MediaServer> {
  const path = new URL(`./${file}`, import.meta.url).pathname;
  const child = fork(path, given, {
    execArgv: ['--expose-gc', ...nodeArguments],
    stdio: ['ignore', 2, 'inherit', 'ipc'],
  });
  await answerOf(child);
  const ask = async <T>(what: Ask): Promise<T> => {
    child.send(what);
    return (await answerOf(child)) as T;
  };
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    const late = setTimeout(() => child.kill('SIGKILL'), 8000);
    child.disconnect();
    await ended;
    clearTimeout(late);
  };
  return {
    pid: child.pid ?? 0,
    open: (rooms, codec) => ask({ ask: 'open', rooms, codec }),
    memory: () => ask({ ask: 'memory' }),
    stop,
  };
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const gone = new AbortController();
  const ended = once(child, 'exit', { signal: gone.signal }).then(([code]) => {
    throw new Error(`${child.spawnargs[1]} ended with ${code}`);
  });
  try {
    const [answer] = (await Promise.race([once(child, 'message', { signal: gone.signal }), ended])) as [unknown];
    const { failed } = answer as { failed?: string };
    if (failed !== undefined) throw new Error(failed);
    return answer;
  } finally {
    gone.abort();
    ended.catch(() => undefined);
  }
}

/** The server's end: answers what is asked until the bench lets go. */
export function serve(server: {
  open(rooms: RoomPorts, codec: CodecName): Promise<Opened>;
  close(): Promise<void>;
}): void {
  const memory = (): ServerMemory => {
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    return { heapBytes: heapUsed, heldBytes: heapUsed + external };
  };
  const answer = async (what: Ask): Promise<object> =>
    what.ask === 'open' ? server.open(what.rooms, what.codec) : memory();
  process.on('message', (what: Ask) => {
    answer(what).then(
      (given) => process.send?.(given),
      (error: unknown) => process.send?.({ failed: String(error) }),
    );
  });
  process.once('disconnect', () => void server.close().finally(() => process.exit(0)));
  process.send?.({ ready: true });
}
