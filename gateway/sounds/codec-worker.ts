import { parentPort } from 'node:worker_threads';
import { CodecHost } from './codec-host.js';
import type { NumberedAnswer, NumberedCommand } from './codec-protocol.js';

/** The thread in which sound files are decoded and encoded; started from dist by codec-thread.ts, ended by it. */
if (parentPort !== null) {
  const port = parentPort;
  const host = new CodecHost();
  port.on('message', ({ id, command }: NumberedCommand) => {
    void host.handle(command).then((answer) => port.postMessage({ id, answer } satisfies NumberedAnswer));
  });
}
